"""The store: what was added is there once, and damage is said, not served."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from rag.encoder import Vectors
from rag.errors import ModelMismatch, StoreError
from rag.filters import Filter
from rag.loaders import make_document
from rag.passages import split
from rag.store import Store
from rag.types import Document
from tests.rights import folder_with_rights
from tests.small_encoder import WordEncoder


def document(text: str, source: str = "a.txt") -> Document:
    return make_document(text, source, source, "text/plain")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


def test_keeps_documents_passages_and_vectors(store: Store) -> None:
    encoder = WordEncoder()
    added = document("First paragraph here.\n\n" + "Another sentence follows. " * 60)
    assert store.add([added], encoder) == [added.id]
    assert store.document(added.id) == added
    expected = split(added)
    with store.snapshot() as snapshot:
        numbers, vectors = next(snapshot.vectors(encoder.dimension))
        stored = snapshot.passages(numbers.tolist())
        assert [stored[n] for n in numbers] == expected
    assert {p.about for p in expected} == {"a.\n"}
    exact = WordEncoder().encode_passages(["a.\n" + p.text for p in expected])
    np.testing.assert_allclose(vectors, exact, atol=1e-3)


TABLE = "| Item | Price |\n|---|---|\n" + "\n".join(f"| Item {n} | €{n} |" for n in range(120))


def test_keeps_the_headers_of_tables(store: Store) -> None:
    added = document(TABLE)
    store.add([added], WordEncoder())
    expected = split(added)
    assert expected[-1].header == "| Item | Price |"
    with store.snapshot() as snapshot:
        stored = snapshot.passages(snapshot.numbers().tolist())
    assert list(stored.values()) == expected


def older_store(folder: Path, old: Document) -> None:
    """One from before the headers of tables and what passages are about."""
    with Store(folder) as store:
        store.add([replace(old, title="")], WordEncoder())
    with sqlite3.connect(next(folder.glob("*.sqlite*"))) as connection:
        connection.executescript(
            "DROP TRIGGER passage_added; DROP TRIGGER passage_removed;"
            "ALTER TABLE passages DROP COLUMN header; ALTER TABLE passages DROP COLUMN about;"
            "ALTER TABLE passages DROP COLUMN searched;"
            "ALTER TABLE documents DROP COLUMN split_by;"
            "CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN"
            " INSERT INTO lexical (rowid, text) VALUES (new.number, new.text); END;"
            "CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN"
            " INSERT INTO lexical (lexical, rowid, text) VALUES ('delete', old.number, old.text);"
            " END;"
        )
    connection.close()


def test_an_older_store_opens_and_takes_new_documents(tmp_path: Path) -> None:
    old, new = document("The old one.", "Jam.txt"), document(TABLE, "Prices.txt")
    older_store(tmp_path, old)
    with Store(tmp_path) as store:
        store.add([new], WordEncoder())
        with store.snapshot() as snapshot:
            stored = snapshot.passages(snapshot.numbers().tolist())
            found = [number for number, _ in snapshot.lexical("old", 9)]
            named = [number for number, _ in snapshot.lexical("prices", 9)]
        assert [stored[number] for number in found] == split(replace(old, title=""))
        assert sorted(named) == sorted(set(stored) - set(found))
        assert store.remove(old.id)
        assert store.remove(new.id)
        with store.snapshot() as snapshot:
            assert snapshot.lexical("old OR prices OR item", 9) == []


def test_a_document_of_an_older_store_is_split_anew_when_it_is_added(tmp_path: Path) -> None:
    old = document("The old one.", "Jam.txt")
    older_store(tmp_path, old)
    with Store(tmp_path) as store:
        before, encoder = store.version, WordEncoder()
        assert store.add([old], encoder) == []  # its text is not new
        assert encoder.encoded == ["Jam.\nThe old one."]
        assert store.version > before
        assert store.document(old.id) == old
        with store.snapshot() as snapshot:
            stored = snapshot.passages(snapshot.numbers().tolist())
            assert list(stored.values()) == split(old)
            assert [number for number, _ in snapshot.lexical("jam", 9)] == list(stored)
        store.add([old], encoder)
        assert len(encoder.encoded) == 1


def test_adding_twice_changes_nothing(store: Store) -> None:
    encoder = WordEncoder()
    store.add([document("The same text.")], encoder)
    version, encoded = store.version, list(encoder.encoded)
    assert store.add([document("The same text.")], encoder) == []
    assert store.version == version
    assert encoder.encoded == encoded


def test_adding_more_embeds_only_the_new(store: Store) -> None:
    encoder = WordEncoder()
    store.add([document("The old one.")], encoder)
    encoder.encoded.clear()
    store.add([document("The old one."), document("The new one.", "b.txt")], encoder)
    assert encoder.encoded == ["b.\nThe new one."]


def test_many_small_documents_are_embedded_together(store: Store) -> None:
    calls: list[int] = []

    class Counting(WordEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            calls.append(len(texts))
            return super().encode_passages(texts)

    documents = [document(f"Text number {i}.", f"{i}.txt") for i in range(300)]
    seen: list[str] = []
    assert len(store.add(documents, Counting(), lambda d: seen.append(d.source))) == 300
    assert calls == [256, 44]
    assert seen == [d.source for d in documents]
    with store.snapshot() as snapshot:
        numbers, vectors = next(snapshot.vectors(32))
        texts = [p.searched for p in snapshot.passages(numbers.tolist()).values()]
    np.testing.assert_allclose(vectors, WordEncoder().encode_passages(texts), atol=1e-3)


def test_documents_that_are_known_are_not_all_held_at_once(store: Store) -> None:
    encoder = WordEncoder()
    large = [document(" " * 500_000 + str(i), f"{i}.txt") for i in range(8)]
    store.add(large, encoder)
    held = most = 0

    def taken() -> Iterator[Document]:
        nonlocal held, most
        for one in large:
            held += len(one.text)
            most = max(most, held)
            yield one

    def stored(one: Document) -> None:
        nonlocal held
        held -= len(one.text)

    assert store.add(taken(), encoder, stored) == []
    assert most < 2_000_000  # of 4,000,000


def test_a_changed_file_replaces_its_passages(store: Store) -> None:
    encoder = WordEncoder()
    old, new = document("Apples are red."), document("Pears are green.")
    store.add([old], encoder)
    store.add([new], encoder)
    assert [d.id for d in store.documents()] == [new.id]
    with store.snapshot() as snapshot:
        assert snapshot.passage_count() == 1
        assert snapshot.lexical('"apples"', 5) == []
        assert len(snapshot.lexical('"pears"', 5)) == 1


def test_metadata_follow_their_source(store: Store) -> None:
    encoder = WordEncoder()

    def add(year: str | None, source: str = "a.txt") -> int:
        told = {"year": year} if year else None
        one = make_document("The fee is due.", "Fees", source, "text/plain", metadata=told)
        store.add([one], encoder)
        return store.version

    def found(year: str) -> int:
        with store.snapshot() as snapshot:
            return len(snapshot.numbers_of(Filter(where=frozenset({("year", year)}))))

    add("2021")
    version = add("2023")
    assert (found("2021"), found("2023")) == (0, 1)
    assert add("2023") == add(None) == version  # nothing new, nothing said
    add("2024", "b.txt")
    assert (found("2023"), found("2024")) == (1, 1)
    (known,) = {info.id for info in store.documents()}
    assert (store.document(known) or document("")).metadata == {"year": "2024"}


def test_a_text_of_several_names_is_called_by_the_first(store: Store) -> None:
    encoder = WordEncoder()
    named = [make_document("Shared text.", name, name, "text/plain") for name in "zamk"]
    for one in named:
        store.add([one], encoder)
    found = store.document(named[0].id)
    assert found is not None
    assert (found.title, found.source) == ("a", "a")
    with store.snapshot() as snapshot:
        (passage,) = snapshot.passages(snapshot.numbers().tolist()).values()
    assert passage.searched == "a.\nShared text."


def test_one_text_under_two_names_goes_with_the_last_name(store: Store) -> None:
    encoder = WordEncoder()
    one, two = document("Shared text.", "a.txt"), document("Shared text.", "b.txt")
    store.add([one, two], encoder)
    assert [d.source for d in store.documents()] == ["a.txt", "b.txt"]
    assert store.remove_source("a.txt")
    assert store.document(one.id) is not None
    assert store.remove_source("b.txt")
    assert store.document(one.id) is None
    assert not store.remove_source("b.txt")


def test_remove_takes_everything(store: Store) -> None:
    encoder = WordEncoder()
    added = document("Apples are red.")
    store.add([added], encoder)
    assert store.remove(added.id)
    assert not store.remove(added.id)
    assert store.documents() == []
    with store.snapshot() as snapshot:
        assert snapshot.passage_count() == 0
        assert snapshot.lexical('"apples"', 5) == []


def test_another_encoder_is_refused_by_name(store: Store) -> None:
    store.add([document("Some text.")], WordEncoder())
    with pytest.raises(ModelMismatch, match=r"words-32.*other-32"):
        store.add([document("More text.", "b.txt")], WordEncoder(name="other"))


def test_a_snapshot_does_not_see_later_changes(store: Store) -> None:
    encoder = WordEncoder()
    store.add([document("Before.")], encoder)

    def add() -> None:
        store.add([document("After.", "b.txt")], encoder)

    with store.snapshot() as snapshot:
        before = snapshot.version
        writer = threading.Thread(target=add)
        writer.start()
        writer.join()
        assert snapshot.version == before
        assert len(snapshot.documents()) == 1
    assert len(store.documents()) == 2


def test_writers_of_several_threads_lose_nothing(store: Store) -> None:
    def add(worker: int) -> None:
        for i in range(10):
            store.add([document(f"Text {worker} {i}.", f"{worker}-{i}")], WordEncoder())

    workers = [threading.Thread(target=add, args=(w,)) for w in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(store.documents()) == 40
    assert store.version == 40


def test_a_store_that_is_closed_is_read_to_the_end_by_who_reads_it(store: Store) -> None:
    store.add([document("The boat is called Petrel.")], WordEncoder())
    with store.snapshot() as snapshot:
        closer = threading.Thread(target=store.close)
        closer.start()
        closer.join()
        assert snapshot.passage_count() == 1
    assert len(store.documents()) == 1  # opened again


def test_a_store_is_closed_while_others_ask(tmp_path: Path) -> None:
    """SQLite would crash the process."""
    store = Store(tmp_path / "store")
    store.add([document("The boat is called Petrel.")], WordEncoder())
    until = time.monotonic() + 2

    def look() -> None:
        while time.monotonic() < until:
            assert len(store.documents()) == 1

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(look) for _ in range(4)]
        while time.monotonic() < until:
            store.close()
        for one in asked:
            one.result()
    store.close()


def test_ended_threads_leave_no_files_open(store: Store) -> None:
    def look() -> None:
        with store.snapshot() as snapshot:
            assert snapshot.passage_count() == 0

    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(2):
        one = threading.Thread(target=look)
        one.start()
        one.join()
    before = opened()
    for _ in range(20):
        one = threading.Thread(target=look)
        one.start()
        one.join()
    assert opened() <= before


def test_an_interrupted_document_leaves_nothing(store: Store) -> None:
    class Failing(WordEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Vectors:  # noqa: ARG002 - the protocol has it
            raise KeyboardInterrupt

    store.add([document("Kept.")], WordEncoder())
    with pytest.raises(KeyboardInterrupt):
        store.add([document("Lost.", "b.txt")], Failing())
    assert [d.source for d in store.documents()] == ["a.txt"]


def test_a_store_opens_while_another_connection_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.database.BUSY_SECONDS", 0.1)
    with Store(tmp_path) as store:
        store.add([document("Kept.")], WordEncoder())
    with closing(sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with Store(tmp_path) as reader:
            assert [d.source for d in reader.documents()] == ["a.txt"]


def test_a_new_store_waits_while_another_process_makes_it(tmp_path: Path) -> None:
    with closing(
        sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        ended = threading.Timer(0.3, other.execute, ["ROLLBACK"])
        ended.start()
        with Store(tmp_path) as store:
            assert store.documents() == []
        ended.join()


def test_a_store_in_a_folder_that_cannot_be_written_is_read_until_it_is_changed() -> None:
    with folder_with_rights() as folder:
        owner = Store(folder / "store")
        owner.add([document("Kept.")], WordEncoder())
        owner.close()
        (folder / "store").chmod(0o500)
        with Store(folder / "store") as reader:
            assert [d.source for d in reader.documents()] == ["a.txt"]
            with pytest.raises(StoreError, match="cannot be used now"):
                reader.add([document("New.", "b.txt")], WordEncoder())
            (folder / "store").chmod(0o700)
            with Store(folder / "store") as owner:
                owner.add([document("New.", "b.txt")], WordEncoder())
                with pytest.raises(StoreError, match="changed by another user"):
                    reader.documents()
            with pytest.raises(StoreError, match="changed by another user"):
                reader.documents()


def test_a_store_in_a_folder_that_cannot_be_entered_is_an_error() -> None:
    with folder_with_rights() as folder:
        Store(folder / "store").close()
        (folder / "store").chmod(0o400)
        with pytest.raises(StoreError, match="the rights on the folder"):
            Store(folder / "store")


def tables(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def test_a_refused_file_is_left_as_it_is(tmp_path: Path) -> None:
    older_store(tmp_path / "later", document("Text."))
    (tmp_path / "theirs").mkdir()
    for name, script, reason in (
        ("later", "UPDATE meta SET value = '2' WHERE key = 'format'", "has the format 2"),
        ("theirs", "CREATE TABLE passages (id INTEGER, body TEXT)", "another program's"),
    ):
        path = tmp_path / name / "store.sqlite"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(script)
        before, content = tables(path), path.read_bytes()
        with pytest.raises(StoreError, match=reason):
            Store(path.parent)
        assert tables(path) == before
        assert path.read_bytes() == content


def test_what_the_store_does_not_take_is_no_damage(store: Store) -> None:
    nobody = replace(document("Text."), metadata=cast("dict[str, str]", {"author": None}))
    with pytest.raises(StoreError, match="check the document"):
        store.add([nobody], WordEncoder())
    assert store.documents() == []


def test_an_error_of_the_caller_stays_his(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), store.snapshot():
        (tmp_path / "absent").read_text("utf-8")


@pytest.mark.parametrize("damage", ["garbage", "truncated", "other program's"])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, damage: str) -> None:
    with Store(tmp_path / "s") as opened:
        opened.add([document(f"Text {i}.", str(i)) for i in range(20)], WordEncoder())
    path = tmp_path / "s" / "store.sqlite"
    if damage == "garbage":
        path.write_bytes(b"no database at all" * 500)
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.unlink()
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE theirs (x)")
        connection.close()
    with pytest.raises(StoreError, match=r"store\.sqlite"):
        Store(tmp_path / "s")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file" / "store")
    with pytest.raises(StoreError, match="null byte"):
        Store(tmp_path / "a\0b")


def test_a_missing_passage_is_raised_not_dropped(store: Store) -> None:
    with store.snapshot() as snapshot, pytest.raises(StoreError, match="not in the store"):
        snapshot.passages([7])
