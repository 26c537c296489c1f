"""Which passages the terms of a store occur in, read from the tables of SQLite's FTS5."""

import sqlite3
from collections.abc import Iterator

import numpy as np

from rag.postings import Group, Integers

_TOGETHER = 500_000  # occurrences parsed at once


def lengths(connection: sqlite3.Connection) -> tuple[Integers, Integers]:
    """Passage numbers, ascending, and lengths in tokens, from FTS5's own table of them."""
    rows = connection.execute("SELECT id FROM lexical_docsize ORDER BY id")
    numbers = np.fromiter((row[0] for row in rows), dtype=np.int64)
    rows = connection.execute("SELECT sz FROM lexical_docsize ORDER BY id")
    return numbers, np.fromiter((_varints(row[0])[0] for row in rows), dtype=np.int64)


def totals(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many passages there are, and tokens in all of them, from FTS5's own record of them."""
    (record,) = connection.execute("SELECT block FROM lexical_data WHERE id = 1").fetchone()
    passages, tokens = _varints(record)
    return passages, tokens


def holding(connection: sqlite3.Connection, term: str) -> int:
    """How many passages hold a term."""
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.held USING fts5vocab ('main', 'lexical', 'row')"
    )
    row = connection.execute("SELECT doc FROM temp.held WHERE term = ?", (term,)).fetchone()
    return 0 if row is None else int(row[0])


def _varints(data: bytes) -> list[int]:
    """SQLite's integers of variable length: seven bits a byte, the highest first."""
    values, value = [], 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if byte < 128:
            values.append(value)
            value = 0
    return values


def groups(connection: sqlite3.Connection) -> Iterator[Group]:
    """All terms with the passages they occur in, some thousand terms at once."""
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.occurrences "
        "USING fts5vocab ('main', 'lexical', 'instance')"
    )
    terms: list[str] = []
    sizes: list[int] = []
    joined: list[str] = []
    total = 0
    for term, size, numbers in connection.execute(
        "SELECT term, count(*), group_concat(doc) FROM temp.occurrences GROUP BY term"
    ):
        terms.append(term)
        sizes.append(size)
        joined.append(numbers)
        total += size
        if total >= _TOGETHER:
            yield _group(terms, sizes, joined)
            terms, sizes, joined, total = [], [], [], 0
    if terms:
        yield _group(terms, sizes, joined)


def _group(terms: list[str], sizes: list[int], joined: list[str]) -> Group:
    numbers = np.fromstring(",".join(joined), dtype=np.int64, sep=",")
    return Group(terms, np.asarray(sizes, dtype=np.int64), numbers)
