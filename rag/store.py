"""The single source of truth: documents, passages, vectors and the lexical index.

A document is one transaction: after ``add`` returns it is there, before that nothing of it is.
Writers take turns, readers work on snapshots and never wait.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from rag.database import Database
from rag.encoder import Encoder, Vectors
from rag.errors import ModelError, ModelMismatch, StoreError
from rag.passages import split
from rag.snapshot import DocumentInfo, Snapshot
from rag.types import Document, Passage

EMBED_AT_ONCE = 256  # passages

_Split = tuple[Document, list[Passage]]


class Store:
    """A folder with ``store.sqlite`` (the truth) and the vector index derived from it."""

    def __init__(self, folder: Path | str) -> None:
        """Open the store, or make an empty one.

        Raises:
            StoreError: the folder cannot be used, or the file in it is not a sound store.
        """
        self.folder = Path(folder)
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

    def copy(self, folder: Path | str) -> "Store":
        """A store of its own in a new folder, holding what this one holds now.

        Raises:
            StoreError: the folder cannot be written, or already has a store.
        """
        path = Path(folder) / "store.sqlite"
        if path.exists():
            raise StoreError(f"{path} is there already; copy into a new folder")
        with self._database.reading() as connection:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path)) as copied:
                connection.backup(copied)
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
        """Store documents, each in one transaction; returns the ids of those that were new.

        A text that is already stored is not embedded again. A source that now has another text
        loses its old passages in the same transaction. ``progress`` is called with each document
        once it is stored.

        Raises:
            ModelMismatch: the store holds the vectors of another encoder.
            StoreError: the disk is full, the store locked or damaged; what was stored stays.
        """
        self.require_encoder(encoder)
        new = []
        for batch in self._batches(documents):
            vectors = _embed([p.text for _, passages in batch for p in passages], encoder)
            begin = 0
            for document, passages in batch:
                end = begin + len(passages)
                if self._write(document, passages, vectors[begin:end], encoder):
                    new.append(document.id)
                begin = end
                if progress:
                    progress(document)
        return new

    def remove(self, document_id: str) -> bool:
        """Remove a document with all its sources and passages; False where it is not there."""
        with self._database.writing() as connection:
            found = connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            if found.rowcount:
                _bump(connection)
            return bool(found.rowcount)

    def remove_source(self, source: str) -> bool:
        """Forget a source, and its document where no other source has the same text."""
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT document_id FROM sources WHERE source = ?", (source,)
            ).fetchone()
            if row is None:
                return False
            connection.execute("DELETE FROM sources WHERE source = ?", (source,))
            _drop_unnamed(connection, row[0])
            _bump(connection)
            return True

    def set_meta(self, key: str, value: str) -> None:
        """Write a value of the manifest; the documents, and so the version, stay as they are."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def require_encoder(self, encoder: Encoder) -> None:
        """Check that the stored vectors are this encoder's; an empty store takes any.

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
                "open it with that encoder, or index into another folder"
            )

    def _batches(self, documents: Iterable[Document]) -> Iterator[list[_Split]]:
        """Documents with their passages, so many at once that embedding is worth it.

        A document that is already stored has no passages to embed.
        """
        batch: list[_Split] = []
        passages = 0
        for document in documents:
            with self.snapshot() as snapshot:
                known = snapshot.has_document(document.id)
            batch.append((document, [] if known else split(document)))
            passages += len(batch[-1][1])
            if passages >= EMBED_AT_ONCE:
                yield batch
                batch, passages = [], 0
        if batch:
            yield batch

    def _write(
        self, document: Document, passages: Sequence[Passage], vectors: Vectors, encoder: Encoder
    ) -> bool:
        """Store one document in one transaction; whether its text was new."""
        with self._database.writing() as connection:
            snapshot = Snapshot(connection)
            self._match(snapshot, encoder)
            stored = snapshot.has_document(document.id)
            if not stored and not passages:  # another writer has removed it in the meantime
                passages = split(document)
                vectors = _embed([p.text for p in passages], encoder)
            if not stored:
                _insert(connection, document, passages, vectors, encoder)
            if _point_source(connection, document) or not stored:
                _bump(connection)
            return not stored


def _insert(
    connection: sqlite3.Connection,
    document: Document,
    passages: Sequence[Passage],
    vectors: Vectors,
    encoder: Encoder,
) -> None:
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('encoder', ?)", (encoder.fingerprint,))
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            document.title,
            document.text,
            document.sha256,
            document.media_type,
            json.dumps(document.pages),
            json.dumps(dict(document.metadata), sort_keys=True),
            datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    )
    connection.executemany(
        "INSERT INTO passages (document_id, start, stop, page, heading, text, vector) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (p.document_id, p.start, p.end, p.page, p.heading, p.text, v.astype("<f2").tobytes())
            for p, v in zip(passages, vectors, strict=True)
        ),
    )


def _point_source(connection: sqlite3.Connection, document: Document) -> bool:
    """Let the source name this document; its former document goes when nothing else names it."""
    row = connection.execute(
        "SELECT document_id FROM sources WHERE source = ?", (document.source,)
    ).fetchone()
    if row == (document.id,):
        return False
    connection.execute(
        "INSERT OR REPLACE INTO sources VALUES (?, ?)", (document.source, document.id)
    )
    if row is not None:
        _drop_unnamed(connection, row[0])
    return True


def _drop_unnamed(connection: sqlite3.Connection, document_id: str) -> None:
    """Remove a document that no source names any more."""
    connection.execute(
        "DELETE FROM documents WHERE id = ? "
        "AND NOT EXISTS (SELECT 1 FROM sources WHERE document_id = ?)",
        (document_id, document_id),
    )


def _bump(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'version'")


def _embed(texts: Sequence[str], encoder: Encoder) -> Vectors:
    parts = [
        encoder.encode_passages(texts[i : i + EMBED_AT_ONCE])
        for i in range(0, len(texts), EMBED_AT_ONCE)
    ]
    vectors = np.concatenate(parts) if parts else np.zeros((0, encoder.dimension), np.float32)
    if vectors.shape != (len(texts), encoder.dimension) or not np.isfinite(vectors).all():
        raise ModelError(f"{encoder.fingerprint} gave {vectors.shape} vectors or ones not finite")
    return vectors
