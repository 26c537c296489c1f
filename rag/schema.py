"""The tables of a store, and what an older one lacks of them."""

import sqlite3
from pathlib import Path

from rag.errors import StoreError

FORMAT = "1"
TOKENIZER = "porter unicode61 remove_diacritics 2"

_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL, sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, pages TEXT NOT NULL, metadata TEXT NOT NULL, added TEXT NOT NULL
);
CREATE TABLE sources (
    source TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX sources_by_document ON sources (document_id);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, page INTEGER, heading TEXT,
    text TEXT NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX passages_by_document ON passages (document_id);
CREATE VIRTUAL TABLE lexical USING fts5 (
    text, content='passages', content_rowid='number',
    tokenize="{TOKENIZER}"
);
INSERT INTO meta VALUES ('format', '1'), ('version', '0');
"""  # noqa: S608 - nothing but a constant

# What came later; an older store takes it when it is opened.
_HEADER = "ALTER TABLE passages ADD COLUMN header TEXT;"
_ABOUT = """
ALTER TABLE passages ADD COLUMN about TEXT NOT NULL DEFAULT '';
DROP TRIGGER IF EXISTS passage_added;
DROP TRIGGER IF EXISTS passage_removed;
CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
    INSERT INTO lexical (rowid, text) VALUES (new.number, new.about || new.text);
END;
CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN
    INSERT INTO lexical (lexical, rowid, text)
    VALUES ('delete', old.number, old.about || old.text);
END;
"""

# What is found by, where that is not ``about`` and ``text`` as they stand, as in an older store.
_SEARCHED = """
ALTER TABLE passages ADD COLUMN searched TEXT;
DROP TRIGGER IF EXISTS passage_added;
DROP TRIGGER IF EXISTS passage_removed;
CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
    INSERT INTO lexical (rowid, text)
    VALUES (new.number, coalesce(new.searched, new.about || new.text));
END;
CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN
    INSERT INTO lexical (lexical, rowid, text)
    VALUES ('delete', old.number, coalesce(old.searched, old.about || old.text));
END;
"""

# Which ``rag.passages.VERSION`` made a document's passages.
_SPLIT_BY = "ALTER TABLE documents ADD COLUMN split_by INTEGER NOT NULL DEFAULT 0;"

# Metadata by key and value, for filters; older stores get this table when they are opened.
_FACTS = """
CREATE TABLE facts (
    key TEXT NOT NULL, value TEXT NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (key, value, document_id)
) WITHOUT ROWID;
CREATE INDEX facts_by_document ON facts (document_id);
CREATE TRIGGER document_added AFTER INSERT ON documents BEGIN
    INSERT INTO facts SELECT key, value, new.id FROM json_each(new.metadata);
END;
INSERT INTO facts SELECT j.key, j.value, d.id FROM documents d, json_each(d.metadata) j;
"""

# What each source says of its document, as JSON; a source without a row is an older store's, whose
# document has other sources too.
_SAID = """
CREATE TABLE said (
    source TEXT PRIMARY KEY REFERENCES sources (source) ON DELETE CASCADE, metadata TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO said SELECT min(s.source), d.metadata
    FROM sources s JOIN documents d ON d.id = s.document_id GROUP BY d.id HAVING count(*) = 1;
"""

# What each source calls its document; a source without a row is an older store's, whose document is
# called as another source of it.
_NAMED = """
CREATE TABLE named (
    source TEXT PRIMARY KEY REFERENCES sources (source) ON DELETE CASCADE,
    title TEXT NOT NULL, media_type TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO named SELECT min(s.source), d.title, d.media_type
    FROM sources s JOIN documents d ON d.id = s.document_id GROUP BY d.id;
"""

# By the table and the column that show whether a store has them.
_ADDED = (
    ("facts", "key", _FACTS),
    ("said", "source", _SAID),
    ("named", "source", _NAMED),
    ("passages", "header", _HEADER),
    ("passages", "about", _ABOUT),
    ("passages", "searched", _SEARCHED),
    ("documents", "split_by", _SPLIT_BY),
)


def missing(connection: sqlite3.Connection, path: Path) -> list[str]:
    """The scripts that make a store of an empty file, or bring an older store up to date.

    Raises:
        StoreError: the file is another program's, or another version's.
    """
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        return [_SCHEMA, *(script for _, _, script in _ADDED)]
    if _columns(connection, "meta") != {"key", "value"}:
        raise StoreError(f"{path} is another program's; choose another folder")
    found = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    if found != (FORMAT,):
        raise StoreError(
            f"{path} has the format {found and found[0]}, this citespan reads {FORMAT}; "
            "index the documents again into another folder"
        )
    return [script for table, column, script in _ADDED if column not in _columns(connection, table)]


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """The names of a table's columns; none where there is no such table."""
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def run(connection: sqlite3.Connection, script: str) -> None:
    """Run a script's statements within the transaction."""
    statement = ""
    for line in script.splitlines():  # executescript would commit the transaction
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
