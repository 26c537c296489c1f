"""The characters that the page highlights are the document's, in answers read back as HTML.

A quarter of the 200 questions in an ordinary run; CITESPAN_FULL=1 asks them all.
"""

import json
import os
import random
from collections.abc import Iterator

import pytest

from rag.answerer import Answerer
from rag.config import Settings
from rag.encoder import SentenceTransformerEncoder
from rag.loaders import make_document
from rag.store import Store
from rag.types import Document
from tests.ui.page import read
from ui.library import Library
from ui.visitor import Visitor

EVERY = 1 if os.environ.get("CITESPAN_FULL") else 4
NAMES = ("Ada Brandt", "Bo <Lind>", "Çelik & Søn", "李明", "O’Neil \N{FAMILY}", 'Eve "E" Stone')
PLACES = ("Velm", "Olm", "Karsk", "Tibury", "Ostrand", "Pell", "Quay", "Ruhme", "Sandvik", "Torp")
ROLES = ("keeper", "mayor", "baker", "pilot", "judge")
ODD = ("\r\n", "\n", "\N{NO-BREAK SPACE}", "\t", " \N{MATHEMATICAL BOLD CAPITAL A} ", "\x0b", " ")


def town(place: str, chance: random.Random) -> Document:
    """A document on who does what in a place, full of characters that shift offsets."""
    parts = []
    for role in ROLES:
        name, gap = chance.choice(NAMES), chance.choice(ODD)
        parts.append(f"The {role} of {place} is{gap}{name}, since {chance.randrange(1800, 2020)}.")
    return make_document("\n\n".join(parts), f"Town {place}", f"{place}.txt", "text/plain")


@pytest.fixture(scope="module")
def towns(
    tmp_path_factory: pytest.TempPathFactory, encoder: SentenceTransformerEncoder
) -> Iterator[Answerer]:
    """An answerer over the towns; it always answers."""
    chance = random.Random(7)  # noqa: S311 - a seed, not a secret
    with Store(tmp_path_factory.mktemp("towns")) as store:
        store.add([town(place, chance) for place in PLACES], encoder)
        yield Answerer(store, Settings(min_confidence=0.0), encoder=encoder)


@pytest.mark.slow
def test_every_highlight_is_the_cited_text(
    towns: Answerer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    visitor = Visitor(Library(towns, tmp_path_factory.mktemp("private")))
    asked = [
        f"{word} {role} of {place}?"
        for word in ("Who is the", "Since when is there a", "Name the", "What of the")
        for role in ROLES
        for place in PLACES
    ]
    assert len(asked) == 200
    for question in asked[::EVERY]:
        visitor.reset()
        (*_, last) = visitor.ask({"question": question})
        page = read(last.conversation or "")
        (copied,) = (e for e in page.elements if e.attributes.get("aria-label") == "Copy as JSON")
        record = json.loads(copied.attributes["data-copy"] or "")
        turn = next(int(e.attributes["data-turn"] or "") for e in page.find("button", "citation"))
        for index, cited in enumerate(record["citations"]):
            document = towns.store.document(cited["document_id"])
            assert document is not None
            panel = read(visitor.cite({"turn": turn, "citation": index}).source or "")
            (marked,) = panel.find("mark", "cited")
            assert marked.text == document.text[cited["start"] : cited["end"]] == cited["quote"]
        assert record["text"] is not None
