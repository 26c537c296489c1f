"""The single source of truth: documents, passages, vectors and the lexical index.

Each transaction stores whole documents, a few at a time; after ``add`` returns all are there.
Writers take turns, readers work on snapshots and never wait.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rag import copying
from rag.database import Database
from rag.document_rows import EMBED_AT_ONCE, bump, drop_unnamed, embed, holds, put
from rag.encoder import Encoder, Vectors
from rag.errors import LoadError, ModelMismatch, StoreError
from rag.loaders import make_document
from rag.passages import split
from rag.snapshot import DocumentInfo, Snapshot
from rag.types import Document, Passage

HELD_AT_ONCE = 1_000_000
"""Characters of documents after which a batch is stored, however few passages are new."""

_Split = tuple[Document, list[Passage]]


class Store:
    """A folder with ``store.sqlite`` (the truth) and the vector index derived from it."""

    def __init__(self, folder: Path | str) -> None:
        """Open the store, or make an empty one.

        Raises:
            StoreError: the folder cannot be used, or the file in it is not a sound store.
        """
        _require_named(folder)
        try:
            self.folder = Path(folder).absolute()  # wherever the process goes meanwhile
        except OSError as error:
            raise StoreError(f"{folder}: {error}; the working directory is gone") from error
        self._database = Database(self.folder / "store.sqlite")

    def __enter__(self) -> Self:
        """Return the open store."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the store's files."""
        self._database.close()

    def is_there(self) -> bool:
        """Whether the store is still the one that was opened, neither removed nor replaced."""
        return self._database.is_there()

    def copy(self, folder: Path | str) -> "Store":
        """A store of its own in a new folder, holding what this one holds now, or no store.

        It shares the files of the indexes, which are never written again, where the disk lets it.

        Raises:
            StoreError: the folder cannot be written, or already has a store.
        """
        _require_named(folder)
        path = Path(folder) / "store.sqlite"
        copying.require_absent(path)
        with self._database.reading() as connection:
            copying.back_up(connection, path)
            copying.share_indexes(connection, self.folder, path.parent)
        return Store(folder)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One consistent view for everything that answers one question."""
        with self._database.reading() as connection:
            yield Snapshot(connection)

    @property
    def version(self) -> int:
        """Counts the changes; equal versions of one store hold equal documents."""
        with self.snapshot() as snapshot:
            return snapshot.version

    def document(self, document_id: str) -> Document | None:
        """The document with this id, or None."""
        with self.snapshot() as snapshot:
            return snapshot.document(document_id)

    def named_by(self, source: str) -> str | None:
        """The id of the document that a source names, or None."""
        with self.snapshot() as snapshot:
            return snapshot.named_by(source)

    def documents(self) -> list[DocumentInfo]:
        """Every source and its document, ordered by source."""
        with self.snapshot() as snapshot:
            return snapshot.documents()

    def add(
        self,
        documents: Iterable[Document],
        encoder: Encoder,
        progress: Callable[[Document], None] | None = None,
    ) -> list[str]:
        """Store documents as they come; returns the ids of those that were new.

        Documents are taken from the iterable a few at a time, embedded together and stored in
        one transaction, so memory does not grow with their number, and an interrupted call goes
        on where it was: a text that is already stored is not embedded again, unless an earlier
        version made its passages in another way (``rag.passages.VERSION``), or its only source
        calls it otherwise now. A source that now has
        another text loses its old passages in the same transaction. ``progress`` is called with
        each document once it is stored.

        Raises:
            ModelMismatch: the store holds the vectors of another encoder.
            StoreError: the disk is full, the store locked or damaged, or a document is none that
                ``make_document`` makes; what was stored stays.
        """
        self.require_encoder(encoder)
        new = []
        for batch in self._batches(documents):
            vectors = embed([p for _, passages in batch for p in passages], encoder)
            new += self._write(batch, vectors, encoder)
            if progress:
                for document, _ in batch:
                    progress(document)
        return new

    def remove(self, document_id: str) -> bool:
        """Remove a document with all its sources and passages; False where it is not there."""
        with self._database.writing() as connection:
            found = connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            if found.rowcount:
                bump(connection)
            return bool(found.rowcount)

    def remove_source(self, source: str, encoder: Encoder | None = None) -> bool:
        """Forget a source, and its document where no other source has the same text.

        A document that stays is called as the first of its other sources calls it, which takes
        the ``encoder``; without one it keeps the title of the source that is gone, in what is
        searched and cited too, until another of its sources is added again.

        Raises:
            ModelMismatch: the store holds the vectors of another encoder; nothing is removed.
            StoreError: the store cannot be written; as above.
            ModelError: the encoder gave no vectors that can be stored; the source is gone, and
                the document keeps its title.
        """
        with self._database.writing() as connection:
            if encoder:
                self._match(Snapshot(connection), encoder)
            document_id = Snapshot(connection).named_by(source)
            if document_id is None:
                return False
            connection.execute("DELETE FROM sources WHERE source = ?", (source,))
            drop_unnamed(connection, document_id)
            bump(connection)
        if encoder:
            self._call_anew([document_id], encoder)
        return True

    def set_meta(self, key: str, value: str) -> None:
        """Write a value of the manifest; the documents, and so the version, stay as they are."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def require_encoder(self, encoder: Encoder) -> None:
        """Check that the stored vectors are this encoder's; a new store takes any.

        Raises:
            ModelMismatch: they are another's.
        """
        with self.snapshot() as snapshot:
            self._match(snapshot, encoder)

    def _match(self, snapshot: Snapshot, encoder: Encoder) -> None:
        stored = snapshot.meta("encoder")
        if stored not in (None, encoder.fingerprint):
            raise ModelMismatch(
                f"{self.folder} was made with the encoder {stored}, not {encoder.fingerprint}; "
                "open it with that encoder, or delete the folder and index again"
            )

    def _batches(self, documents: Iterable[Document]) -> Iterator[list[_Split]]:
        """Documents with their passages, so many at once that embedding is worth it.

        A document that is already stored has no passages to embed, and counts as one; what is
        held of the texts is bounded by itself.
        """
        batch: list[_Split] = []
        size = held = 0
        for document in documents:
            _require_made(document)
            with self.snapshot() as snapshot:
                known = snapshot.is_current(document)
            batch.append((document, [] if known else split(document)))
            size += max(1, len(batch[-1][1]))
            held += len(document.text)
            if size >= EMBED_AT_ONCE or held >= HELD_AT_ONCE:
                yield batch
                batch, size, held = [], 0, 0
        if batch:
            yield batch

    def _write(self, batch: Sequence[_Split], vectors: Vectors, encoder: Encoder) -> list[str]:
        """Store documents in one transaction; the ids of those whose text was new.

        ``vectors`` holds those of all passages, in order.
        """
        with self._database.reading() as connection:
            known = all(holds(connection, document) for document, _ in batch)
        if known:  # waits for no other writer, and needs no right to write
            self._call_anew(sorted({document.id for document, _ in batch}), encoder)
            return []
        new = []
        begin = 0
        with self._database.writing() as connection:
            self._match(Snapshot(connection), encoder)
            former: set[str | None] = set()
            for document, passages in batch:
                former.add(Snapshot(connection).named_by(document.source))
                end = begin + len(passages)
                if put(connection, document, passages, vectors[begin:end], encoder):
                    new.append(document.id)
                begin = end
        self._call_anew(sorted(filter(None, former)), encoder)
        return new

    def _call_anew(self, document_ids: Sequence[str], encoder: Encoder) -> None:
        """Let documents be called as the first of their sources calls them."""
        with self.snapshot() as snapshot:
            called = [found for id_ in document_ids if (found := snapshot.called_anew(id_))]
        if called:
            self.add(called, encoder)  # embeds while others may write


def _require_named(folder: Path | str) -> None:
    if not os.fspath(folder):
        raise StoreError('the path of the store is empty; name a folder, "." for the working one')


def _require_made(document: Document) -> None:
    """Refuse what could not be cited: passages are found by the hash of their document's text."""
    try:
        made = make_document(document.text, "", document.source, "")
    except LoadError as error:
        raise StoreError(f"{document.source}: {error}") from error
    if (made.id, made.sha256) != (document.id, document.sha256):
        raise StoreError(
            f"{document.source}: the document's id and sha256 are not those of its text; "
            "make it with make_document"
        )
