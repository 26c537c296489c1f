"""The store's files: another's in their place, copied, where nothing can be written."""

import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Settings
from rag.errors import StoreError
from rag.library import open_store
from rag.loaders import make_document
from rag.retriever import Retriever
from rag.store import Store
from rag.types import Document
from tests.rights import folder_with_rights
from tests.small_encoder import WordEncoder


def document(text: str, source: str = "a.txt", **told: str) -> Document:
    return make_document(text, source, source, "text/plain", metadata=told)


@contextmanager
def another_writer(folder: Path) -> Iterator[None]:
    """Another connection that holds the write lock of a store."""
    path = folder / "store.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize("then", ["replaced", "removed"])
def test_a_store_whose_file_is_gone_is_used_no_more(tmp_path: Path, then: str) -> None:
    encoder = WordEncoder()
    folder = tmp_path / "store"
    with Store(folder) as store, ThreadPoolExecutor(1) as other_thread:
        store.add([document("Before.")], encoder)
        if then == "replaced":
            with Store(tmp_path / "new") as new:
                new.add([document("After.")], encoder)
            folder.rename(tmp_path / "old")
            (tmp_path / "new").rename(folder)
        else:
            shutil.rmtree(folder)
        before = {path.name for path in folder.glob("*")}
        for work in (
            store.documents,
            lambda: store.add([document("Lost.", "b.txt")], encoder),
            lambda: store.set_meta("key", "value"),
            lambda: store.copy(tmp_path / "copy"),
        ):
            with pytest.raises(StoreError, match=r"replaced or removed; open the store again"):
                work()
            with pytest.raises(StoreError, match=r"replaced or removed; open the store again"):
                other_thread.submit(work).result()
        assert {path.name for path in folder.glob("*")} == before
    with Store(folder) as opened:
        held = [told.id for told in opened.documents()]
    assert held == ([document("After.").id] if then == "replaced" else [])


def test_a_question_goes_on_with_the_file_that_it_began_with(tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        store.add([document("Before.")], WordEncoder())
        with store.snapshot() as snapshot:
            shutil.rmtree(tmp_path / "store")
            with store.snapshot() as nested:
                assert nested.passage_count() == snapshot.passage_count() == 1


@pytest.mark.parametrize("changed", ["text", "id", "sha256"])
def test_a_document_that_was_not_made_of_its_text_is_refused(tmp_path: Path, changed: str) -> None:
    made = document("The pot is clay.", "pot.txt")
    wrong = {
        "text": replace(made, text="The pot is brass."),
        "id": replace(made, id="pot"),
        "sha256": replace(made, sha256="0" * 64),
    }
    with Store(tmp_path) as store:
        with pytest.raises(StoreError, match=r"pot\.txt.*make_document"):
            store.add([wrong[changed]], WordEncoder())
        assert store.documents() == []


def test_unchanged_documents_wait_for_no_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.database.BUSY_SECONDS", 0.05)
    encoder = WordEncoder()
    told = [document("One.", year="2021"), document("Two.", "b.txt"), document("Two.", "c.txt")]
    with Store(tmp_path) as store:
        store.add(told, encoder)
        with another_writer(tmp_path):
            seen: list[str] = []
            assert store.add(told, encoder, lambda one: seen.append(one.source)) == []
            assert seen == ["a.txt", "b.txt", "c.txt"]
            for changed in (
                document("One, new.", year="2021"),
                document("One.", year="2022"),
                document("One.", year="2021", by="Ada"),
                document("Two.", "d.txt"),
                replace(told[2], title="Second"),
                replace(told[2], media_type="text/markdown"),
            ):
                with pytest.raises(StoreError, match="locked"):
                    store.add([changed], encoder)


def test_a_source_that_comes_twice_says_what_it_said_last(tmp_path: Path) -> None:
    encoder = WordEncoder()
    one, two = document("One."), document("Two.")
    with Store(tmp_path) as store:
        store.add([one], encoder)
        store.add([two, one], encoder)
        assert [told.id for told in store.documents()] == [one.id]


def test_documents_that_are_there_are_added_where_nothing_can_be_written() -> None:
    encoder = WordEncoder()
    with folder_with_rights() as folder:
        with Store(folder / "store") as owner:
            owner.add([document("Kept.")], encoder)
        (folder / "store").chmod(0o500)
        with Store(folder / "store") as reader:
            assert reader.add([document("Kept.")], encoder) == []


@pytest.mark.parametrize("linked", [True, False])
def test_a_copy_has_the_indexes_and_its_own_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, linked: bool
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("rag.index.SAVE_FROM", 5)
    monkeypatch.setattr("rag.lexical.POSTINGS_FROM", 5)
    if not linked:
        monkeypatch.setattr("os.link", no_links)
    encoder = WordEncoder()

    def prepared(store: Store) -> dict[str, bytes]:
        Retriever(store, encoder, Settings()).prepare()
        return cached(store)

    def cached(store: Store) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in store.folder.glob("*.cache")}

    def files(store: Store) -> set[int]:
        return {path.stat().st_ino for path in store.folder.glob("*.cache")}

    huts = [document(f"Hut {n} is red.", f"{n}") for n in range(40)]
    with Store(tmp_path / "store") as store:
        store.add(huts[:20], encoder)
        made = prepared(store)
        assert {name.split("-")[0] for name in made} == {"vectors", "words"}
        former = store.folder / "vectors-0123456789abcdef.cache"
        former.write_bytes(b"of an earlier state")
        with store.copy(tmp_path / "copy") as copied:
            assert cached(copied) == made
            as_copied = files(copied)
            assert (as_copied <= files(store)) == linked
            assert prepared(copied) == made
            assert files(copied) == as_copied  # none was made anew
            copied.add(huts[20:], encoder)
            assert len(prepared(copied).keys() - made) == 2
        former.unlink()
        assert cached(store) == made


def test_an_index_that_cannot_be_copied_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.SAVE_FROM", 5)
    encoder = WordEncoder()
    with Store(tmp_path / "store") as store:
        store.add([document(f"Hut {n} is red.", f"{n}") for n in range(9)], encoder)
        Retriever(store, encoder, Settings()).prepare()
        for path in store.folder.glob("*.cache"):
            path.unlink()
            path.mkdir()
        with store.copy(tmp_path / "copy") as copied:
            assert list(copied.folder.glob("*.cache")) == []
            assert Retriever(copied, encoder, Settings()).retrieve("Hut 3", 1)


def test_a_log_left_behind_where_nothing_can_be_written_is_told_apart() -> None:
    with folder_with_rights() as folder:
        (folder / "left").mkdir()
        with Store(folder / "store") as writer:
            writer.add([document("Kept.")], WordEncoder())
            for name in ("store.sqlite", "store.sqlite-wal"):
                shutil.copyfile(folder / "store" / name, folder / "left" / name)
        (folder / "left").chmod(0o500)
        with pytest.raises(StoreError, match="open it once where it can be written"):
            Store(folder / "left")
        (folder / "left").chmod(0o700)
        with Store(folder / "left") as store:
            assert len(store.documents()) == 1


def test_no_path_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="empty"):
        open_store("")
    with Store(tmp_path / "store") as store, pytest.raises(StoreError, match="empty"):
        store.copy("")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    Store(".").close()
    assert (tmp_path / "store.sqlite").exists()
