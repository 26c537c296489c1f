"""What a filter leaves of a store, and which of a text's sources says what it asks for."""

import json
import sqlite3

from rag.filters import Filter

# How many of the pairs asked for a source says of its text.
_PAIRS_SAID = """(
    SELECT count(*) FROM json_each(said.metadata) told JOIN json_each(:where) asked
    ON (told.key, told.value) = (asked.key, asked.value)
)"""
_SOURCES = "FROM sources LEFT JOIN said USING (source) LEFT JOIN named USING (source)"

_WITH_PAIRS = """
    SELECT document_id FROM json_each(:where) asked JOIN facts
    ON (facts.key, facts.value) = (asked.key, asked.value)
    GROUP BY document_id HAVING count(*) = :pairs
"""
# What a source of an older store says is not known; it may be what another source does not say.
_WITH_PAIRS_OF_ONE_SOURCE = f"""
    SELECT document_id {_SOURCES} WHERE document_id IN ({_WITH_PAIRS})
    AND (said.metadata IS NULL OR {_PAIRS_SAID} = :pairs)
"""


def chosen(only: Filter) -> tuple[str, dict[str, str | int]]:
    """A query for the ids of the documents that a filter leaves, and what is bound to it."""
    parts = []
    if only.documents is not None:
        parts.append("SELECT value FROM json_each(:documents)")
    if only.where:
        parts.append(_WITH_PAIRS if len(only.where) == 1 else _WITH_PAIRS_OF_ONE_SOURCE)
    return " INTERSECT ".join(parts), {
        "documents": json.dumps(sorted(only.documents or ())),
        "where": json.dumps(dict(only.where)),
        "pairs": len(only.where),
    }


def unknown(connection: sqlite3.Connection, only: Filter) -> str:
    """What a filter names and no document has: all of its ids, or a key; "" for none."""

    def there(query: str, value: str) -> bool:
        return connection.execute(f"{query} = ? LIMIT 1", (value,)).fetchone() is not None

    ids = only.documents or ()
    if ids and not any(there("SELECT 1 FROM documents WHERE id", id_) for id_ in ids):
        return f"the id {min(ids)!r}"
    for key, _ in sorted(only.where):
        if not there("SELECT 1 FROM facts WHERE key", key):
            return f"metadata called {key!r}"
    return ""


def source_saying(
    connection: sqlite3.Connection, document_id: str, only: Filter
) -> tuple[str, str]:
    """The source of a stored document that says what a filter asks for, and its title.

    Of several the first in order; where it is not known who says it, of those that say the most.
    """
    source: tuple[str, str] = connection.execute(
        f"SELECT source, coalesce(named.title, d.title) {_SOURCES} JOIN documents d "
        f"ON d.id = document_id WHERE d.id = :id ORDER BY {_PAIRS_SAID} DESC, source",
        {"id": document_id, "where": json.dumps(dict(only.where))},
    ).fetchone()
    return source
