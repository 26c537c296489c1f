"""One document embedded a part at a time, so that it shows progress and can be stopped."""

from collections.abc import Callable, Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.encoder import Encoder
from rag.errors import LoadError
from rag.passages import split
from rag.store import Store
from rag.types import Document

AT_ONCE = 64
"""Passages embedded between two looks at whether to stop."""

_Vector = NDArray[np.float32]


def prepare(
    store: Store, document: Document, encoder: Encoder, stopped: Callable[[], bool]
) -> Generator[float, None, Encoder]:
    """Embed what a store lacks of a document; returns an encoder with which adding it is quick.

    Yields the share (0..1) of it that is embedded, as long as that takes more than a moment.

    Raises:
        LoadError: it was stopped.
        StoreError: the store cannot be read.
    """
    with store.snapshot() as snapshot:
        known = snapshot.is_current(document)
    texts = [] if known else [passage.searched for passage in split(document)]
    vectors: dict[str, _Vector] = {}
    for begin in range(0, len(texts), AT_ONCE):
        if begin:
            yield begin / len(texts)
        if stopped():
            raise LoadError(f"{document.title}: adding it was stopped")
        some = texts[begin : begin + AT_ONCE]
        vectors.update(zip(some, encoder.encode_passages(some), strict=True))
    return _Prepared(encoder, vectors)


class _Prepared:
    """An encoder that has the vectors of some passages ready."""

    def __init__(self, encoder: Encoder, vectors: dict[str, _Vector]) -> None:
        self._encoder = encoder
        self._vectors = vectors

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode_passages(self, texts: Sequence[str]) -> _Vector:
        """(texts, dimension); what is not ready is embedded now."""
        missing = [text for text in texts if text not in self._vectors]
        if missing:  # another visitor of a shared library has removed the document just now
            self._vectors.update(zip(missing, self._encoder.encode_passages(missing), strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def encode_questions(self, texts: Sequence[str]) -> _Vector:
        return self._encoder.encode_questions(texts)
