"""Metadata of a text that several sources hold: what each of them says, as long as it says it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag.answerer import Answerer
from rag.config import Settings
from rag.errors import QuestionError
from rag.filters import Filter
from rag.loaders import make_document
from rag.store import Store
from tests.small_encoder import WordEncoder

YEARS = ("2021", "2022", "2023", "2024")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


def say(store: Store, source: str, year: str | None, text: str = "The fee is due.") -> str:
    """The id of a text that a source gives with a year."""
    told = {"year": year} if year else None
    one = make_document(text, "Fees", source, "text/plain", metadata=told)
    store.add([one], WordEncoder())
    return one.id


def found(store: Store) -> list[str]:
    """The years that a filter finds a document by."""
    with store.snapshot() as snapshot:
        return [
            year
            for year in YEARS
            if len(snapshot.numbers_of(Filter(where=frozenset({("year", year)}))))
        ]


def shown(store: Store, identifier: str) -> dict[str, str]:
    document = store.document(identifier)
    assert document is not None
    return dict(document.metadata)


def test_a_source_takes_back_what_it_said_and_not_what_others_say(store: Store) -> None:
    say(store, "a.txt", "2021")
    text = say(store, "b.txt", "2024")
    assert found(store) == ["2021", "2024"]
    say(store, "a.txt", "2022")
    assert found(store) == ["2022", "2024"]
    assert shown(store, text) == {"year": "2024"}  # the last source's, in order
    say(store, "b.txt", "2022")
    say(store, "a.txt", "2023")
    assert found(store) == ["2022", "2023"]


def test_what_a_source_said_goes_with_it(store: Store) -> None:
    say(store, "a.txt", "2021")
    text = say(store, "b.txt", "2024")
    say(store, "c.txt", None)
    store.remove_source("b.txt")
    assert (found(store), shown(store, text)) == (["2021"], {"year": "2021"})
    version = store.version
    say(store, "a.txt", None, "Another text.")
    assert (found(store), shown(store, text)) == ([], {})
    assert store.version == version + 1


def test_adding_the_same_again_changes_nothing(store: Store) -> None:
    for _ in range(2):
        say(store, "a.txt", "2021")
        say(store, "b.txt", "2024")
        say(store, "c.txt", None)
        assert store.version == 3


def test_an_older_store_keeps_what_its_sources_said(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        say(store, "a.txt", "2021")
        say(store, "b.txt", "2024")
        alone = say(store, "c.txt", "2023", "Another text.")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.executescript("DROP TABLE said;")
    with Store(tmp_path) as store:
        assert found(store) == ["2021", "2023", "2024"]
        say(store, "b.txt", "2024")  # nobody knows who said 2021
        say(store, "d.txt", None, "Another text.")
        assert store.version == 4
        store.remove_source("c.txt")
        assert (found(store), shown(store, alone)) == (["2021", "2024"], {})
        say(store, "a.txt", "2022")
        assert found(store) == ["2022", "2024"]


@pytest.mark.parametrize(
    "where", [{"year": ["2021", "2022"]}, {"year": ("2021",)}, {"year": None}, {2021: "year"}]
)
def test_a_key_takes_one_text(where: Any) -> None:
    with pytest.raises(QuestionError, match="takes keys and values, one text each"):
        Filter.of(where=where)


def tell(store: Store, source: str, text: str = "The bell rings at six.", **facts: str) -> None:
    one = make_document(text, f"Note {source}", source, "text/plain", metadata=facts)
    store.add([one], WordEncoder())


def cited(store: Store, **where: str) -> list[tuple[str, str]]:
    """The sources and titles that an answer cites, whatever its confidence."""
    settings = Settings(reader="sentence", min_confidence=0.0)
    asked = Answerer(store, settings, encoder=WordEncoder())
    answer = asked.ask("When does the bell ring?", where=where or None)
    places = [*answer.citations, *(a.citation for a in answer.alternatives)]
    assert {p.source for p in places} == {e.source for e in answer.evidence}
    assert answer.verify(store) == []
    return [(place.source, place.title) for place in places]


def test_who_asks_for_one_tenant_is_told_of_no_other(store: Store) -> None:
    tell(store, "acme.txt", tenant="acme")
    tell(store, "beta.txt", tenant="beta", year="2021")
    tell(store, "gamma.txt", tenant="beta", year="2022")
    tell(store, "z.txt", "Another text.", tenant="acme", year="2021")
    assert cited(store) == [("acme.txt", "Note acme.txt")]
    assert cited(store, tenant="acme") == [("acme.txt", "Note acme.txt")]
    assert cited(store, tenant="beta") == [("beta.txt", "Note beta.txt")]
    assert cited(store, tenant="beta", year="2022") == [("gamma.txt", "Note gamma.txt")]


def test_all_pairs_are_said_by_one_source(store: Store) -> None:
    odd = {'q"x': "2", "a.b": "'", "ключ": "да", "": ""}
    tell(store, "x.txt", team="x", year="2021", **odd)
    tell(store, "y.txt", team="y", year="2022")
    assert cited(store, team="x", year="2022") == []
    assert cited(store, team="x", year="2021", **odd) == [("x.txt", "Note x.txt")]
    assert cited(store, team="y", year="2022") == [("y.txt", "Note y.txt")]
    store.remove_source("x.txt", WordEncoder())
    assert cited(store, year="2022", team="y") == [("y.txt", "Note y.txt")]


def test_a_filter_of_several_pairs_finds_what_an_older_store_said(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        tell(store, "x.txt", team="x", year="2021")
        tell(store, "y.txt", team="y", year="2022")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.executescript("DROP TABLE said;")
    with Store(tmp_path) as store:  # nobody knows who said what
        assert cited(store, team="x", year="2022") == [("x.txt", "Note x.txt")]
        tell(store, "x.txt", team="x", year="2021")
        tell(store, "y.txt", team="y", year="2022")
        assert cited(store, team="y", year="2022") == [("y.txt", "Note y.txt")]
