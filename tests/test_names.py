"""A text is called after a source that names it now, in its passages and vectors too."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from rag.encoder import Vectors
from rag.errors import LoadError, ModelMismatch
from rag.ingest import add_files
from rag.loaders import make_document
from rag.passages import split
from rag.store import Store
from rag.types import Document
from tests.small_encoder import WordEncoder

RENT = "The rent is 900 euros a month. It is due on the first day."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


def lease(name: str, text: str = RENT, kind: str = "plain") -> Document:
    return make_document(text, f"Lease of {name}", f"{name}.txt", f"text/{kind}")


def assert_holds_just(store: Store, *expected: Document) -> None:
    """The store is as if it had been made of these documents."""
    with Store(store.folder.parent / "anew") as anew:
        anew.add(expected, WordEncoder())
        for stored, fresh in zip(store.documents(), anew.documents(), strict=True):
            assert store.document(stored.id) == anew.document(fresh.id)
            assert (stored.title, stored.media_type) == (fresh.title, fresh.media_type)
        assert stored_passages(store) == stored_passages(anew)


def stored_passages(store: Store) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store.folder / "store.sqlite")) as connection:
        return connection.execute(
            "SELECT document_id, start, stop, heading, about, vector FROM passages ORDER BY 1, 2"
        ).fetchall()


def test_the_name_of_a_removed_source_goes_with_it(store: Store) -> None:
    store.add([lease("Anna"), lease("Bob"), lease("Carl")], WordEncoder())
    assert store.remove_source("Anna.txt", WordEncoder())
    assert_holds_just(store, lease("Bob"), lease("Carl"))


def test_the_kind_of_a_removed_source_goes_with_it(store: Store) -> None:
    text = "# Rent\n\nIt is 900 euros.\n\n# Term\n\nIt is a year."
    plain, markdown = lease("Bob", text), lease("Anna", text, "markdown")
    assert [p.heading for p in split(plain)] != [p.heading for p in split(markdown)]
    store.add([markdown, plain], WordEncoder())
    store.remove_source("Anna.txt", WordEncoder())
    assert_holds_just(store, plain)


def test_the_name_of_a_source_with_another_text_goes_with_it(store: Store) -> None:
    store.add([lease("Anna"), lease("Bob")], WordEncoder())
    store.add([lease("Anna", "It ended.")], WordEncoder())
    assert_holds_just(store, lease("Anna", "It ended."), lease("Bob"))


def test_a_later_source_takes_no_name_along(store: Store) -> None:
    store.add([lease("Anna"), lease("Bob")], WordEncoder())
    encoder = WordEncoder()
    store.remove_source("Bob.txt", encoder)
    assert_holds_just(store, lease("Anna"))
    assert encoder.encoded == []


def test_of_many_names_that_go_one_follows(store: Store, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.txt" for number in range(9)]
    for file in files:
        file.write_text(RENT)
    add_files(store, WordEncoder(), files)
    for number, file in enumerate(files[:8]):
        file.write_text(f"Contract {number} ended." if number % 2 else "")
    encoder = WordEncoder()
    add_files(store, encoder, files)
    assert [text for text in encoder.encoded if RENT in text] == [f"8.\n{RENT}"]
    assert_holds_just(
        store,
        *(
            make_document(file.read_text(), file.name, str(file), "text/plain")
            for file in (*files[1::2], files[8])
        ),
    )


def test_each_source_has_its_own_name_in_the_list(store: Store) -> None:
    store.add([lease("Anna"), lease("Bob"), lease("Bob")], WordEncoder())
    assert [info.title for info in store.documents()] == ["Lease of Anna", "Lease of Bob"]
    assert store.version == 2


@pytest.mark.parametrize("added", ["Bob", "Carl"])
def test_without_an_encoder_the_name_stays_until_the_text_is_added_again(
    store: Store, added: str
) -> None:
    store.add([lease("Anna"), lease("Bob"), lease("Carl")], WordEncoder())
    store.remove_source("Anna.txt")
    version = store.version
    store.add([lease(added)], WordEncoder())
    assert store.version > version
    assert_holds_just(store, lease("Bob"), lease("Carl"))


def test_another_encoder_removes_nothing(store: Store) -> None:
    store.add([lease("Anna"), lease("Bob")], WordEncoder())
    with pytest.raises(ModelMismatch):
        store.remove_source("Anna.txt", WordEncoder(8))
    assert len(store.documents()) == 2


def test_an_older_store_learns_the_names_when_its_files_are_added(store: Store) -> None:
    store.add([lease("Anna"), lease("Bob"), lease("Carl", "Another.")], WordEncoder())
    with closing(sqlite3.connect(store.folder / "store.sqlite")) as connection:
        connection.executescript("DROP TABLE named;")
    with Store(store.folder) as older:
        assert [info.title for info in older.documents()][::2] == ["Lease of Anna", "Lease of Carl"]
        assert older.add([lease("Bob")], WordEncoder()) == []
        older.remove_source("Anna.txt", WordEncoder())
        assert_holds_just(older, lease("Bob"), lease("Carl", "Another."))


def test_an_emptied_file_takes_its_name_along(store: Store, tmp_path: Path) -> None:
    anna, bob = tmp_path / "anna lease.txt", tmp_path / "bob lease.txt"
    for file in (anna, bob):
        file.write_text(RENT)
    add_files(store, WordEncoder(), [anna, bob])
    anna.write_text("")
    (error,) = add_files(store, WordEncoder(), [anna]).errors
    assert isinstance(error, LoadError)
    assert_holds_just(store, make_document(RENT, bob.name, str(bob), "text/plain"))


def test_a_source_that_comes_twice_at_once_leaves_no_name(store: Store) -> None:
    first, other = lease("Dora"), lease("Anna", "The rent is 700 euros.")
    store.add([first], WordEncoder())
    store.add([lease("Anna"), other], WordEncoder())
    assert_holds_just(store, first, other)


def test_others_may_write_while_a_text_is_called_anew(store: Store) -> None:
    class Interrupted(WordEncoder):
        """While it embeds, another writer comes and goes."""

        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            written = threading.Thread(target=store.set_meta, args=("seen", "yes"), daemon=True)
            written.start()
            written.join(timeout=20)
            assert not written.is_alive()
            return super().encode_passages(texts)

    store.add([lease("Anna"), lease("Bob")], WordEncoder())
    store.remove_source("Anna.txt", Interrupted())
    assert_holds_just(store, lease("Bob"))
