"""Everything that is read from a store, from one consistent state of it."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag import filtered
from rag.encoder import Vectors
from rag.errors import StoreError
from rag.filters import Filter
from rag.passages import VERSION
from rag.types import Document, Passage

ROWS_AT_ONCE = 4096

_PASSAGE = "p.document_id, p.start, p.stop, p.text, p.page, p.heading, p.header, p.about"


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What a list of documents shows: of a text with several sources, each by its own title.

    ``added`` is ISO 8601 in UTC.
    """

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
        row = self._row("SELECT value FROM meta WHERE key = ?", key)
        return None if row is None else str(row[0])

    @property
    def version(self) -> int:
        """Counts the changes made to the store."""
        return int(self.meta("version") or 0)

    def passage_count(self) -> int:
        """Number of passages."""
        return int(self.connection.execute("SELECT count(*) FROM passages").fetchone()[0])

    def document(self, document_id: str, only: Filter | None = None) -> Document | None:
        """The document with this id, or None.

        It has the name of the first of its sources, with a filter of the first that says what the
        filter asks for.
        """
        row = self._row(
            "SELECT d.id, d.title, min(s.source), d.text, d.sha256, d.media_type, d.pages, "
            "d.metadata FROM documents d JOIN sources s ON s.document_id = d.id WHERE d.id = ? "
            "GROUP BY d.id",
            document_id,
        )
        if row is None:
            return None
        id_, title, source, text, sha256, kind, pages, facts = row
        if only and only.where:
            source, title = filtered.source_saying(self.connection, document_id, only)
        starts = tuple(json.loads(pages))
        return Document(id_, title, source, text, sha256, kind, starts, json.loads(facts))

    def named_by(self, source: str) -> str | None:
        """The id of the document that a source names, or None."""
        row = self._row("SELECT document_id FROM sources WHERE source = ?", source)
        return None if row is None else str(row[0])

    def named(self, source: str) -> Document | None:
        """The document that a source names, with this source and as it calls it, or None."""
        row = self.connection.execute(
            "SELECT s.document_id, n.title, n.media_type FROM sources s "
            "LEFT JOIN named n USING (source) WHERE s.source = ?",
            (source,),
        ).fetchone()
        document = row and self.document(row[0])
        if document is None:
            return None
        title, media_type = row[1] or document.title, row[2] or document.media_type
        return replace(document, source=source, title=title, media_type=media_type)

    def called_anew(self, document_id: str) -> Document | None:
        """The document, if it is there, as the first of its sources calls it otherwise."""
        called = self.connection.execute(
            "SELECT n.title, n.media_type FROM documents d JOIN named n ON n.source = "
            "(SELECT min(source) FROM sources WHERE document_id = d.id) "
            "WHERE d.id = ? AND (n.title, n.media_type) <> (d.title, d.media_type)",
            (document_id,),
        ).fetchone()
        stored = self.document(document_id) if called else None
        if stored is None:
            return None
        return replace(stored, title=called[0], media_type=called[1], metadata={})

    def split_by(self, document_id: str) -> int | None:
        """The ``rag.passages.VERSION`` that made the passages of a document; None: not stored."""
        row = self._row("SELECT split_by FROM documents WHERE id = ?", document_id)
        return None if row is None else int(row[0])

    def is_current(self, document: Document) -> bool:
        """Whether it is stored, in passages as they are made today, under a name it still has.

        A text that several sources hold has the name of the first of them in order.
        """
        if self.split_by(document.id) != VERSION:
            return False
        (called_anew,) = self.connection.execute(
            "SELECT (title, media_type) <> (?, ?) AND NOT EXISTS "
            "(SELECT 1 FROM sources WHERE document_id = id AND source < ?) "
            "FROM documents WHERE id = ?",
            (document.title, document.media_type, document.source, document.id),
        ).fetchone()
        return not called_anew

    def documents(self) -> list[DocumentInfo]:
        """Every source and its document, ordered by source."""
        rows = self.connection.execute(
            "SELECT d.id, coalesce(n.title, d.title), s.source, length(d.text), "
            "(SELECT count(*) FROM passages p WHERE p.document_id = d.id), "
            "coalesce(n.media_type, d.media_type), d.added "
            "FROM sources s JOIN documents d ON d.id = s.document_id "
            "LEFT JOIN named n ON n.source = s.source ORDER BY s.source"
        )
        return [DocumentInfo(*row) for row in rows]

    def sources(self) -> dict[str, str]:
        """Every source with the id of its document; the texts are not read."""
        return dict(self.connection.execute("SELECT source, document_id FROM sources"))

    def sizes_under(self, prefix: str) -> dict[str, tuple[str, int]]:
        """Every source whose name begins so, with the id and the characters of its document."""
        rows = self.connection.execute(
            "SELECT s.source, d.id, length(d.text) FROM sources s JOIN documents d "
            "ON d.id = s.document_id WHERE s.source >= ? AND s.source < ?",
            (prefix, prefix + "\U0010ffff"),
        )
        return {source: (id_, characters) for source, id_, characters in rows}

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        """The passages with these numbers.

        Raises:
            StoreError: one of them is not there; a lost passage is never dropped in silence.
        """
        rows = self.connection.execute(
            f"SELECT p.number, {_PASSAGE} FROM passages p "  # noqa: S608 - only constants
            "WHERE p.number IN (SELECT value FROM json_each(?))",
            (json.dumps(list(numbers)),),
        )
        found = {row[0]: _passage(row[1:]) for row in rows}
        if missing := set(numbers) - found.keys():
            raise StoreError(f"passages {sorted(missing)[:5]} are not in the store; open it again")
        return found

    def numbers(self, after: int = 0) -> NDArray[np.int64]:
        """Numbers of all passages, or of those above ``after``, ascending."""
        if not after:  # answered from the smallest index of the table
            return self._numbers("SELECT number FROM passages", ())
        return self._numbers("SELECT number FROM passages WHERE number > ?", (after,))

    def stored(self, numbers: Sequence[int]) -> set[int]:
        """Those of some numbers that are a passage's."""
        rows = self.connection.execute(
            "SELECT number FROM passages WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(list(numbers)),),
        )
        return {row[0] for row in rows}

    def numbers_of(self, only: Filter) -> NDArray[np.int64]:
        """Numbers of all passages of the documents that a filter leaves, ascending."""
        query, values = filtered.chosen(only)
        return self._numbers(f"SELECT number FROM passages WHERE document_id IN ({query})", values)  # noqa: S608 - ours

    def unknown(self, only: Filter) -> str:
        """What a filter names and no document has: all of its ids, or a key; "" for none."""
        return filtered.unknown(self.connection, only)

    def lexical(
        self, match: str, limit: int, only: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Passage numbers with BM25 scores (higher is better) for an FTS5 match expression.

        ``only`` restricts the search to some numbers, given in ascending order.
        """
        kept = ""
        values: tuple[int | bytes, ...] = ()
        if only is not None:
            if not len(only):
                return []
            first = int(only[0])
            marked = np.zeros(int(only[-1]) - first + 1, dtype=np.uint8)
            marked[only - first] = 1
            # One byte a number: a look-up of constant time in SQLite, without a list or a table.
            kept = "AND rowid BETWEEN ? AND ? AND substr(?, rowid - ? + 1, 1) = x'01'"
            values = (first, int(only[-1]), marked.tobytes(), first)
        rows = self.connection.execute(
            "SELECT rowid, -bm25(lexical) AS score FROM lexical "  # noqa: S608 - only marks
            f"WHERE lexical MATCH ? {kept} ORDER BY score DESC, rowid LIMIT ?",
            (match, *values, limit),
        )
        return [(int(number), float(score)) for number, score in rows]

    def terms(self, texts: Sequence[str]) -> list[list[str]]:
        """The terms that FTS5 makes of each text, in their order."""
        found: list[list[str]] = [[] for _ in texts]
        self.connection.executemany(
            "INSERT INTO temp.asked (rowid, text) VALUES (?, ?)", enumerate(texts)
        )
        rows = self.connection.execute('SELECT doc, term FROM temp.terms ORDER BY doc, "offset"')
        for row, term in rows:
            found[row].append(term)
        self.connection.execute("DELETE FROM temp.asked")
        return found

    def vectors_of(self, numbers: Sequence[int], dimension: int) -> Vectors:
        """The vectors of some passages, (numbers, dimension), in the order given.

        Raises:
            StoreError: one of them is not there, or damaged.
        """
        found, vectors = self.vectors_found(numbers, dimension)
        row_of = {number: row for row, number in enumerate(found)}
        if missing := set(numbers) - row_of.keys():
            raise StoreError(f"passages {sorted(missing)[:5]} are not in the store; open it again")
        return vectors[[row_of[number] for number in numbers]]

    def vectors_found(self, numbers: Sequence[int], dimension: int) -> tuple[list[int], Vectors]:
        """Those of some passages that are stored, and their vectors (found, dimension).

        Raises:
            StoreError: a stored vector has another length or is not finite.
        """
        rows = self.connection.execute(
            "SELECT number, vector FROM passages WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(list(numbers)),),
        ).fetchall()
        return [number for number, _ in rows], _matrix([blob for _, blob in rows], dimension)

    def vectors(
        self, dimension: int, after: int = 0
    ) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Chunks of passage numbers (rows,) above ``after`` and vectors (rows, dimension).

        Numbers ascend.

        Raises:
            StoreError: a stored vector has another length or is not finite.
        """
        cursor = self.connection.execute(
            "SELECT number, vector FROM passages WHERE number > ? ORDER BY number", (after,)
        )
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            numbers = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
            yield numbers, _matrix([row[1] for row in rows], dimension)

    def _row(self, query: str, value: str) -> Any:
        """The first row of a query for a text; None for a text that no store can hold."""
        try:
            return self.connection.execute(query, (value,)).fetchone()
        except UnicodeEncodeError:
            return None

    def _numbers(self, query: str, values: Sequence[int] | Mapping[str, Any]) -> NDArray[np.int64]:
        """The one column of a query, ascending; joined by SQLite, which is three times as fast."""
        row = self.connection.execute(f"SELECT group_concat(number) FROM ({query})", values)  # noqa: S608 - ours
        joined = row.fetchone()[0]
        numbers = np.fromstring(joined or "", dtype=np.int64, sep=",")
        return np.sort(numbers)


def _matrix(blobs: Sequence[bytes], dimension: int) -> Vectors:
    if any(len(blob) != 2 * dimension for blob in blobs):
        raise StoreError("a stored vector is damaged; index the documents again")
    halves = np.frombuffer(b"".join(blobs), dtype="<f2")
    matrix = halves.reshape(len(blobs), dimension).astype(np.float32)
    if not np.isfinite(matrix).all():
        raise StoreError("a stored vector is damaged; index the documents again")
    return matrix


def _passage(row: tuple[str, int, int, str, int | None, str | None, str | None, str]) -> Passage:
    document_id, start, end, *_ = row
    return Passage(f"{document_id}:{start}-{end}", *row)
