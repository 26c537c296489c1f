"""The rows of one document, written inside a transaction that the caller holds."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from rag.encoder import Encoder, Vectors
from rag.errors import ModelError
from rag.passages import VERSION, split
from rag.snapshot import Snapshot
from rag.types import Document, Passage

EMBED_AT_ONCE = 256  # passages


def put(
    connection: sqlite3.Connection,
    document: Document,
    passages: Sequence[Passage],
    vectors: Vectors,
    encoder: Encoder,
) -> bool:
    """Store one document and its source; whether its text was new.

    Passages that are not as they would be made today are replaced.
    """
    snapshot = Snapshot(connection)
    is_new, is_current = snapshot.split_by(document.id) is None, snapshot.is_current(document)
    if not is_current:
        if not passages:  # another writer has removed it in the meantime
            passages = split(document)
            vectors = embed(passages, encoder)
        connection.execute(
            "INSERT OR IGNORE INTO meta VALUES ('encoder', ?)", (encoder.fingerprint,)
        )
        if is_new:
            _insert_document(connection, document)
        else:
            _renew_document(connection, document)
        _insert_passages(connection, passages, vectors)
    pointed, told = _point_source(connection, document), _tell(connection, document)
    connection.execute(
        "INSERT INTO named VALUES (?, ?, ?) ON CONFLICT (source) DO UPDATE "
        "SET title = excluded.title, media_type = excluded.media_type "
        "WHERE (title, media_type) <> (excluded.title, excluded.media_type)",
        (document.source, document.title, document.media_type),
    )
    if pointed or told or not is_current:
        bump(connection)
    return is_new


def holds(connection: sqlite3.Connection, document: Document) -> bool:
    """Whether ``put`` would change nothing."""
    row = connection.execute(
        "SELECT s.document_id, n.title, n.media_type, said.metadata FROM sources s "
        "LEFT JOIN named n USING (source) LEFT JOIN said USING (source) WHERE source = ?",
        (document.source,),
    ).fetchone()
    if row is None or row[:3] != (document.id, document.title, document.media_type):
        return False
    given = _given(document)
    told = not given or (row[3] is not None and json.loads(row[3]) == given)
    return told and Snapshot(connection).is_current(document)


def _given(document: Document) -> dict[str, str]:
    return {str(key): str(value) for key, value in document.metadata.items()}


def _renew_document(connection: sqlite3.Connection, document: Document) -> None:
    """Drop a document's passages; it is called from now on as those to come are."""
    connection.execute("DELETE FROM passages WHERE document_id = ?", (document.id,))
    connection.execute(
        "UPDATE documents SET title = ?, media_type = ?, split_by = ? WHERE id = ?",
        (document.title, document.media_type, VERSION, document.id),
    )


def _insert_document(connection: sqlite3.Connection, document: Document) -> None:
    connection.execute(
        "INSERT INTO documents "
        "(id, title, text, sha256, media_type, pages, metadata, added, split_by) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            document.title,
            document.text,
            document.sha256,
            document.media_type,
            json.dumps(document.pages),
            json.dumps(dict(document.metadata), sort_keys=True),
            datetime.now(UTC).isoformat(timespec="seconds"),
            VERSION,
        ),
    )


def _insert_passages(
    connection: sqlite3.Connection, passages: Sequence[Passage], vectors: Vectors
) -> None:
    connection.executemany(
        "INSERT INTO passages "
        "(document_id, start, stop, page, heading, header, about, text, searched, vector) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                p.document_id,
                p.start,
                p.end,
                p.page,
                p.heading,
                p.header,
                p.about,
                p.text,
                None if (searched := p.searched) == p.about + p.text else searched,
                v.astype("<f2").tobytes(),
            )
            for p, v in zip(passages, vectors, strict=True)
        ),
    )


def _point_source(connection: sqlite3.Connection, document: Document) -> bool:
    """Let the source name this document; its former document goes when nothing else names it."""
    former = Snapshot(connection).named_by(document.source)
    if former == document.id:
        return False
    connection.execute(
        "INSERT OR REPLACE INTO sources VALUES (?, ?)", (document.source, document.id)
    )
    connection.execute("INSERT OR REPLACE INTO said VALUES (?, '{}')", (document.source,))
    if former is not None:
        drop_unnamed(connection, former)
    return True


def _tell(connection: sqlite3.Connection, document: Document) -> bool:
    """Let a stored document have the metadata that it comes with, if any; whether that is new.

    They take the place of what its source said before, and stand beside what other sources said.
    """
    given = _given(document)
    if not given:
        return False
    connection.execute(
        "INSERT OR REPLACE INTO said VALUES (?, ?)", (document.source, json.dumps(given))
    )
    return _gather(connection, document.id)


def _gather(connection: sqlite3.Connection, document_id: str) -> bool:
    """Let a document have the metadata that its sources say; whether that is new.

    A filter finds all of it; of several values of one key the document shows the one of the last
    source in order. What a source of an older store said is not known by itself, so it stays.
    """
    stored = connection.execute(
        "SELECT metadata FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    if stored is None:
        return False
    rows = connection.execute(
        "SELECT said.metadata FROM sources LEFT JOIN said USING (source) "
        "WHERE document_id = ? ORDER BY source",
        (document_id,),
    )
    said = [line and json.loads(line) for (line,) in rows]
    before = set(
        connection.execute("SELECT key, value FROM facts WHERE document_id = ?", (document_id,))
    )
    facts, shown = (before, json.loads(stored[0])) if None in said else (set(), {})
    for told in filter(None, said):
        facts = facts | {(key, str(value)) for key, value in told.items()}
        shown |= told
    metadata = json.dumps(shown, sort_keys=True)
    if (facts, metadata) == (before, stored[0]):
        return False
    connection.execute("UPDATE documents SET metadata = ? WHERE id = ?", (metadata, document_id))
    connection.execute("DELETE FROM facts WHERE document_id = ?", (document_id,))
    connection.executemany(
        "INSERT INTO facts VALUES (?, ?, ?)", [(*fact, document_id) for fact in sorted(facts)]
    )
    return True


def drop_unnamed(connection: sqlite3.Connection, document_id: str) -> None:
    """Remove a document that no source names any more; else what only a former one said of it."""
    connection.execute(
        "DELETE FROM documents WHERE id = ? "
        "AND NOT EXISTS (SELECT 1 FROM sources WHERE document_id = ?)",
        (document_id, document_id),
    )
    _gather(connection, document_id)


def bump(connection: sqlite3.Connection) -> None:
    """Count one change of the store."""
    connection.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'version'")


def embed(passages: Sequence[Passage], encoder: Encoder) -> Vectors:
    """The vectors of passages, (passages, dimension), of what they are about and say.

    Raises:
        ModelError: the encoder gave something else.
    """
    texts = [passage.searched for passage in passages]
    parts = [
        encoder.encode_passages(texts[i : i + EMBED_AT_ONCE])
        for i in range(0, len(texts), EMBED_AT_ONCE)
    ]
    vectors = np.concatenate(parts) if parts else np.zeros((0, encoder.dimension), np.float32)
    if vectors.shape != (len(texts), encoder.dimension) or not np.isfinite(vectors).all():
        raise ModelError(f"{encoder.fingerprint} gave {vectors.shape} vectors or ones not finite")
    return vectors
