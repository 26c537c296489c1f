"""Everything that is read from a store, from one consistent state of it."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.encoder import Vectors
from rag.errors import StoreError
from rag.types import Document, Passage

ROWS_AT_ONCE = 4096
_VARIABLES = 30_000  # below SQLite's limit of 32,766 bound values

_PASSAGE = "p.document_id, p.start, p.stop, p.text, p.page, p.heading"


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What a list of documents shows. ``added`` is ISO 8601 in UTC."""

    id: str
    title: str
    source: str
    characters: int
    passages: int
    media_type: str
    added: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Read access inside one transaction. Passages are numbered by the store."""

    connection: sqlite3.Connection

    def meta(self, key: str) -> str | None:
        """A value of the manifest."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    @property
    def version(self) -> int:
        """Counts the changes made to the store."""
        return int(self.meta("version") or 0)

    def passage_count(self) -> int:
        """Number of passages."""
        return int(self.connection.execute("SELECT count(*) FROM passages").fetchone()[0])

    def document(self, document_id: str) -> Document | None:
        """The document with this id, or None."""
        row = self.connection.execute(
            "SELECT d.id, d.title, min(s.source), d.text, d.sha256, d.media_type, d.pages, "
            "d.metadata FROM documents d JOIN sources s ON s.document_id = d.id WHERE d.id = ?",
            (document_id,),
        ).fetchone()
        if row[0] is None:
            return None
        identifier, title, source, text, sha256, media_type, pages, metadata = row
        return Document(
            identifier,
            title,
            source,
            text,
            sha256,
            media_type,
            tuple(json.loads(pages)),
            json.loads(metadata),
        )

    def has_document(self, document_id: str) -> bool:
        """Whether a document with this id is stored."""
        row = self.connection.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,))
        return row.fetchone() is not None

    def documents(self) -> list[DocumentInfo]:
        """Every source and its document, ordered by source."""
        rows = self.connection.execute(
            "SELECT d.id, d.title, s.source, length(d.text), "
            "(SELECT count(*) FROM passages p WHERE p.document_id = d.id), "
            "d.media_type, d.added FROM sources s JOIN documents d ON d.id = s.document_id "
            "ORDER BY s.source"
        )
        return [DocumentInfo(*row) for row in rows]

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        """The passages with these numbers.

        Raises:
            StoreError: one of them is not there; a lost passage is never dropped in silence.
        """
        found: dict[int, Passage] = {}
        for begin in range(0, len(numbers), _VARIABLES):
            some = list(numbers[begin : begin + _VARIABLES])
            rows = self.connection.execute(
                f"SELECT p.number, {_PASSAGE} FROM passages p "  # noqa: S608 - only marks
                f"WHERE p.number IN ({_marks(some)})",
                some,
            )
            found.update((row[0], _passage(row[1:])) for row in rows)
        if missing := set(numbers) - found.keys():
            raise StoreError(f"passages {sorted(missing)[:5]} are not in the store; open it again")
        return found

    def numbers_of(self, document_ids: Collection[str]) -> NDArray[np.int64]:
        """Numbers of all passages of some documents, ascending."""
        numbers: list[int] = []
        for document_id in sorted(set(document_ids)):
            rows = self.connection.execute(
                "SELECT number FROM passages WHERE document_id = ?", (document_id,)
            )
            numbers.extend(row[0] for row in rows)
        return np.sort(np.asarray(numbers, dtype=np.int64))

    def lexical(
        self, match: str, limit: int, document_ids: Collection[str] | None = None
    ) -> list[tuple[int, float]]:
        """Passage numbers with BM25 scores (higher is better) for an FTS5 match expression."""
        only, values = "", []
        if document_ids is not None:
            values = sorted(set(document_ids))
            only = f"AND p.document_id IN ({_marks(values)})"
        rows = self.connection.execute(
            "SELECT p.number, -bm25(lexical) AS score FROM lexical "  # noqa: S608 - only marks
            f"JOIN passages p ON p.number = lexical.rowid WHERE lexical MATCH ? {only} "
            "ORDER BY score DESC, p.number LIMIT ?",
            (match, *values, limit),
        )
        return [(int(number), float(score)) for number, score in rows]

    def vectors_of(self, numbers: Sequence[int], dimension: int) -> Vectors:
        """The vectors of some passages, (numbers, dimension), in the order given."""
        found: dict[int, bytes] = {}
        for begin in range(0, len(numbers), _VARIABLES):
            some = list(numbers[begin : begin + _VARIABLES])
            found.update(
                self.connection.execute(
                    f"SELECT number, vector FROM passages WHERE number IN ({_marks(some)})",  # noqa: S608 - only marks
                    some,
                )
            )
        return _matrix([found[number] for number in numbers], dimension)

    def vectors(self, dimension: int) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Chunks of passage numbers (rows,) and their vectors (rows, dimension), ascending.

        Raises:
            StoreError: a stored vector has another length or is not finite.
        """
        cursor = self.connection.execute("SELECT number, vector FROM passages ORDER BY number")
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            numbers = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
            yield numbers, _matrix([row[1] for row in rows], dimension)


def _matrix(blobs: Sequence[bytes], dimension: int) -> Vectors:
    if any(len(blob) != 2 * dimension for blob in blobs):
        raise StoreError("a stored vector is damaged; index the documents again")
    halves = np.frombuffer(b"".join(blobs), dtype="<f2")
    matrix = halves.reshape(len(blobs), dimension).astype(np.float32)
    if not np.isfinite(matrix).all():
        raise StoreError("a stored vector is damaged; index the documents again")
    return matrix


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _passage(row: tuple[str, int, int, str, int | None, str | None]) -> Passage:
    document_id, start, end, text, page, heading = row
    return Passage(f"{document_id}:{start}-{end}", document_id, start, end, text, page, heading)
