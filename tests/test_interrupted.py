"""Ctrl-C in the midst of a store's work leaves nothing open behind it."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from rag.errors import StoreError
from rag.loaders import make_document
from rag.store import Store
from tests.small_encoder import WordEncoder


class _Interrupted(sqlite3.Connection):
    """Ctrl-C comes while SQLite begins a transaction; Python says so when that has happened."""

    pending = False

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        done = super().execute(sql, *values)
        if self.pending and sql.startswith("BEGIN"):
            _Interrupted.pending = False
            raise KeyboardInterrupt
        return done


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose next transaction is interrupted at its beginning."""
    connect = sqlite3.connect
    monkeypatch.setattr(
        "rag.database.sqlite3.connect", lambda *a, **k: connect(*a, **k, factory=_Interrupted)
    )
    monkeypatch.setattr("rag.database.BUSY_SECONDS", 0.1)
    store = Store(tmp_path / "store")
    monkeypatch.setattr(_Interrupted, "pending", True)
    return store


def test_an_interrupted_writer_holds_no_lock(interrupted: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted.set_meta("key", "lost")
    with Store(interrupted.folder) as other:
        other.set_meta("key", "others")
    interrupted.set_meta("key", "own")
    with interrupted.snapshot() as snapshot:
        assert snapshot.meta("key") == "own"


def test_an_interrupted_reader_sees_what_comes_later(interrupted: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted.documents()
    assert interrupted.documents() == []
    with Store(interrupted.folder) as other:
        other.add([make_document("Text.", "t", "t.txt", "text/plain")], WordEncoder())
    assert [info.source for info in interrupted.documents()] == ["t.txt"]


def test_what_is_refused_within_a_snapshot_leaves_it_as_it_is(tmp_path: Path) -> None:
    with Store(tmp_path) as store, Store(tmp_path) as other:
        with store.snapshot() as snapshot:
            assert snapshot.version == 0
            with pytest.raises(StoreError, match="while its snapshot is read"):
                store.set_meta("key", "value")
            assert store.documents() == []
            other.add([make_document("Text.", "t", "t.txt", "text/plain")], WordEncoder())
            assert snapshot.version == 0
        assert store.version == 1
