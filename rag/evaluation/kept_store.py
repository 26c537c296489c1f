"""The store that an evaluation keeps beside its report, and empties for other documents."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.errors import SettingsError
from rag.store import Store
from rag.types import Document

_MARK = ("made_by", "evaluation")
"""Key and value in the manifest of a store that an evaluation made."""


@contextmanager
def kept_store(folder: Path, encoder: str, option: str = "--out") -> Iterator[Store]:
    """The store in a folder for an encoder (``Settings.encoder``), marked as an evaluation's.

    A store holds the vectors of one encoder, so each encoder has its own. ``option`` is what gives
    another folder.

    Raises:
        SettingsError: the store there has documents and no mark: it may be a person's own.
    """
    digest = hashlib.sha256(encoder.encode()).hexdigest()[:8]
    with Store(folder / (f"store-{digest}" if encoder else "store")) as store:
        _require_own(store, option)
        store.set_meta(*_MARK)
        yield store


def forget_others(store: Store, documents: Sequence[Document]) -> None:
    """Remove what is in the store and not among the documents.

    It goes by source: a text keeps the title of its first source, so that none of an earlier
    name may stay.
    """
    wanted = {document.source for document in documents}
    for info in store.documents():
        if info.source not in wanted:
            store.remove_source(info.source)


def _require_own(store: Store, option: str) -> None:
    key, value = _MARK
    with store.snapshot() as snapshot:
        if snapshot.meta(key) != value and snapshot.passage_count():
            raise SettingsError(
                f"{store.folder}: holds documents and is not marked as made by an evaluation, "
                f"which would remove them; choose another folder with {option}, or delete this "
                "store if it is left from an evaluation by an earlier version"
            )
