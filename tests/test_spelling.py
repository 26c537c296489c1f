"""Texts with ligatures and broken words: found and read as they are spelled, quoted as they are."""

import sqlite3
from pathlib import Path

from rag.loaders import make_document
from rag.store import Store
from rag.types import Document
from tests.small_encoder import WordEncoder


def document(text: str, source: str = "a.txt") -> Document:
    return make_document(text, source, source, "text/plain")


def test_words_in_other_signs_are_found_as_written(tmp_path: Path) -> None:
    """Ligatures and words broken at line ends; quotes stay what they are."""
    text, encoder = "The oﬃce is for-\nbidden.", WordEncoder()
    added = document(text)
    with Store(tmp_path) as store:
        store.add([added], encoder)
        assert encoder.encoded == ["a.\nThe office is forbidden."]
        with store.snapshot() as snapshot:
            (number,) = snapshot.numbers().tolist()
            assert snapshot.passages([number])[number].text == text
            assert [n for n, _ in snapshot.lexical("office AND forbidden AND a", 9)] == [number]
        store.remove(added.id)
        with store.snapshot() as snapshot:
            assert snapshot.lexical("office OR forbidden OR bidden OR a", 9) == []


def test_a_store_that_indexed_signs_as_they_stand_loses_what_is_removed(tmp_path: Path) -> None:
    old = document("The oﬃce is for-\nbidden.")
    with Store(tmp_path) as store:
        store.add([document("Jam.", "Jam.txt")], WordEncoder())
    with sqlite3.connect(next(tmp_path.glob("*.sqlite*"))) as connection:
        connection.executescript(
            "DROP TRIGGER passage_added; DROP TRIGGER passage_removed;"
            "ALTER TABLE passages DROP COLUMN searched;"
            "CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN"
            " INSERT INTO lexical (rowid, text) VALUES (new.number, new.about || new.text); END;"
            "CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN"
            " INSERT INTO lexical (lexical, rowid, text)"
            " VALUES ('delete', old.number, old.about || old.text); END;"
        )
        connection.execute(
            "INSERT INTO documents (id, title, text, sha256, media_type, pages, metadata, added)"
            " VALUES (?, 'a.txt', ?, ?, 'text/plain', '[]', '{}', '')",
            (old.id, old.text, old.sha256),
        )
        connection.execute("INSERT INTO sources VALUES ('a.txt', ?)", (old.id,))
        connection.execute(
            "INSERT INTO passages (document_id, start, stop, text, vector) VALUES (?, 0, ?, ?, ?)",
            (old.id, len(old.text), old.text, b"\0" * 64),
        )
    connection.close()
    with Store(tmp_path) as store:
        with store.snapshot() as snapshot:
            assert len(snapshot.lexical("bidden", 9)) == 1
        store.add([old], WordEncoder())  # split anew
        with store.snapshot() as snapshot:
            assert snapshot.lexical("bidden", 9) == []
            assert len(snapshot.lexical("office AND forbidden", 9)) == 1
        store.remove(old.id)
        with store.snapshot() as snapshot:
            assert snapshot.lexical("office OR bidden OR forbidden", 9) == []
