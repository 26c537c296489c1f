"""What a visitor says of answers, as the page sends it: which it is of, and what is saved."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answerer import Answerer
from rag.library import open_store
from tests.ui.page import read
from ui.handlers import SHOWN_TURNS
from ui.library import Library
from ui.visitor import Visitor

QUESTION = "Who urged caution?"


@pytest.fixture
def visitor(sure: Answerer, tmp_path: Path) -> Iterator[Visitor]:
    """A visitor of the seed document; it always answers."""
    came = Visitor(Library(sure, tmp_path))
    yield came
    came.close()


def ask(visitor: Visitor, question: str) -> None:
    """Ask, and wait for the answer."""
    list(visitor.ask({"question": question}))


def test_a_judged_answer_names_one_document_where_two_files_have_one_name(
    answerer: Answerer, tmp_path: Path
) -> None:
    base = Answerer(open_store(tmp_path / "store"), answerer.settings, encoder=answerer.encoder)
    days = {"2023": "Monday", "2024": "Tuesday"}
    for year, day in days.items():
        folder = tmp_path / "docs" / year
        folder.mkdir(parents=True)
        words = f"# Minutes of {year}\n\nIn {year} the board met on {day} in the hall.\n"
        (folder / "minutes.md").write_text(words, "utf-8")
    base.add(str(tmp_path / "docs"))
    visitor = Visitor(Library(base, tmp_path))
    for number, year in enumerate(days):
        ask(visitor, f"When did the board meet in {year}?")
        visitor.rate({"turn": number, "value": "yes"})
    (offered,) = read(visitor.save({"value": "questions"}).outbox or "").find("span")
    rows = [json.loads(row) for row in (offered.attributes["data-content"] or "").splitlines()]
    assert [row["document"] for row in rows] == ["2023/minutes.md", "2024/minutes.md"]
    list(visitor.judged())
    (offered,) = read(visitor.evaluation.save({"value": "json"}).outbox or "").find("span")
    report = json.loads(offered.attributes["data-content"] or "")
    assert (report["errors"], report["questions"]) == ([], 2)
    visitor.close()


def test_a_place_in_an_opened_document_is_marked_for_the_answer_last_dealt_with(
    visitor: Visitor, sure: Answerer
) -> None:
    (info,) = sure.store.documents()
    ask(visitor, QUESTION)
    ask(visitor, "What has Russia advocated?")

    def marked_for() -> tuple[str | None, str]:
        page = read(visitor.preview({"document": info.id}).source or "")
        (line,) = page.find("p", "marker")
        return page.find("button", "plain")[0].attributes["data-turn"], line.text

    turn, words = marked_for()
    assert (turn, "“What has Russia advocated?”" in words) == ("1", True)
    visitor.rate({"turn": 0, "value": "no"})
    turn, words = marked_for()
    assert (turn, f"“{QUESTION}”" in words) == ("0", True)
    visitor.cite({"turn": 1, "citation": 0})
    assert marked_for()[0] == "1"
    visitor.mark({"turn": 0, "document": info.id, "start": 0, "end": 8})
    visitor.cite({"turn": 9, "citation": 0})
    assert marked_for()[0] == "0"
    ask(visitor, "How many warheads does North Korea have?")
    assert marked_for()[0] == "2"
    visitor.rate({"turn": 0, "value": "yes"})
    visitor.reset()
    ask(visitor, QUESTION)
    assert marked_for()[0] == "3"


def test_what_has_left_the_page_is_still_in_the_chat_and_can_be_judged(
    visitor: Visitor, sure: Answerer
) -> None:
    ask(visitor, QUESTION)
    for _ in range(SHOWN_TURNS - 1):
        ask(visitor, "why " * 2500)
    full = visitor.open({"value": "1"}).conversation or ""
    assert "saved chat" not in full
    (begun, *_, update) = visitor.ask({"question": QUESTION})
    assert len(read(begun.conversation or "").find("article", "turn")) == SHOWN_TURNS
    page = read(update.conversation or "")
    assert page.find("p", "why")[0].text == "1 earlier question is in the saved chat."
    assert len(page.find("article", "turn")) == SHOWN_TURNS
    assert [
        button.attributes["data-turn"]
        for button in page.find("button", "plain")
        if button.text == "Yes"
    ] == [str(SHOWN_TURNS)]
    later = visitor.rate({"turn": 0, "value": "yes"}).conversation or ""
    assert read(later).find("p", "why")[0].text.startswith("1 earlier question")
    (info,) = sure.store.documents()
    visitor.mark({"turn": SHOWN_TURNS, "document": info.id, "start": 0, "end": 8})
    assert read(visitor.cite({"turn": 0, "citation": 0}).source or "").find("mark", "cited")
    saved = {
        kind: read(visitor.save({"value": kind}).outbox or "").find("span")[0].attributes
        for kind in ("json", "questions")
    }
    turns = json.loads(saved["json"]["data-content"] or "")["turns"]
    assert len(turns) == SHOWN_TURNS + 1
    assert [turns[0]["rating"], turns[-1]["rating"]] == [True, False]
    assert len((saved["questions"]["data-content"] or "").splitlines()) == 2
    assert f"{SHOWN_TURNS + 1} questions" in (visitor.chats().source or "")
