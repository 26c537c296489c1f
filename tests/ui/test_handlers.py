"""The page's behaviour over the real answerer, and what it does with hostile input."""

from dataclasses import fields
from pathlib import Path

import gradio as gr
import pytest

from rag.answerer import Answerer
from rag.config import Settings
from rag.errors import QuestionError
from rag.loaders import make_document
from rag.store import Store
from rag.types import Document
from tests.ui.page import read
from ui import wiring
from ui.handlers import SHOWN_QUESTION_CHARS, SHOWN_TURNS, Chat
from ui.turns import Turn
from ui.update import Update

QUESTION = "Who urged caution?"


@pytest.fixture(scope="module")
def chat(sure: Answerer) -> Chat:
    """The page over the seed document."""
    return Chat(sure)


@pytest.fixture(scope="module")
def turns(chat: Chat) -> tuple[Turn, ...]:
    """A conversation of one answered question."""
    return chat.ask(QUESTION, ()).turns


def test_an_empty_page_says_what_it_is_and_lists_the_documents(
    chat: Chat, seed_document: Document
) -> None:
    view = chat.view()
    assert read(view.conversation).find("section", "welcome")
    listed = read(view.source).find("button", "document")
    assert [b.attributes["data-document"] for b in listed] == [seed_document.id]
    assert view.turns == ()


def test_an_answer_opens_its_first_source(chat: Chat, seed_document: Document) -> None:
    view = chat.ask(QUESTION, ())
    answer = view.turns[0].answer
    assert answer is not None
    first = answer.citations[0]
    marked = read(view.source).find("mark", "cited")
    assert [m.text for m in marked] == [seed_document.text[first.start : first.end]]
    assert "China" in read(view.conversation).find("article", "turn")[0].text


def test_every_citation_of_a_turn_can_be_opened(
    chat: Chat, seed_document: Document, turns: tuple[Turn, ...]
) -> None:
    for index, citation in enumerate(turns[0].citations):
        panel = chat.cite({"turn": 0, "citation": index}, turns)
        assert panel is not None
        marks = [m.text for m in read(panel).find("mark") if m.classes & {"cited", "near"}]
        assert marks == [seed_document.text[citation.start : citation.end]]


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "turn",
        {},
        {"turn": 0},
        {"turn": 1, "citation": 0},
        {"turn": -1, "citation": 0},
        {"turn": 0, "citation": 99},
        {"turn": 0, "citation": -1},
        {"turn": "0", "citation": 0},
        {"turn": True, "citation": 0},
        {"turn": 0.0, "citation": 0},
        {"turn": 10**40, "citation": 0},
    ],
)
def test_forged_citations_change_nothing(
    chat: Chat, turns: tuple[Turn, ...], event: object
) -> None:
    assert chat.cite(event, turns) is None


@pytest.mark.parametrize("event", [None, {}, {"document": 1}, {"document": "../../etc/passwd"}])
def test_forged_documents_change_nothing(chat: Chat, event: object) -> None:
    assert chat.preview(event) is None


def test_a_listed_document_can_be_read(chat: Chat, seed_document: Document) -> None:
    panel = chat.preview({"document": seed_document.id})
    assert panel is not None
    assert read(panel).find("div", "text")[0].text == seed_document.text


@pytest.mark.parametrize("nothing", [None, "", "  \n", 7, {"a": 1}, ["x"]])
def test_no_question_adds_no_turn(chat: Chat, nothing: object) -> None:
    assert chat.ask(nothing, ()).turns == ()


def test_a_question_that_cannot_be_answered_gets_its_reason(chat: Chat) -> None:
    view = chat.ask("why " * 2500, ())
    turn = view.turns[0]
    assert turn.answer is None
    assert "10,000" in (turn.error or "") or "9,999" in (turn.error or "")
    assert len(turn.question) == SHOWN_QUESTION_CHARS + 1
    assert len(read(view.conversation).find("p", "error")) == 1


def test_a_question_shows_what_is_read_for_it_before_its_answer(
    chat: Chat, turns: tuple[Turn, ...], sure: Answerer
) -> None:
    asked, reading, answered = chat.steps("What has Russia advocated?")
    assert (asked.pending, reading.pending, answered.pending) == (True, True, False)
    page = read(chat.conversation((*turns, asked)))
    assert [h.text for h in page.find("h2", "question")] == [QUESTION, asked.question]
    assert len(page.find("p", "pending")) == 1
    hits = sure.search("What has Russia advocated?")
    assert reading.reading is not None
    assert [one.hit.passage for one in reading.reading] == [hit.passage for hit in hits]
    page = read(chat.conversation((*turns, reading)))
    assert f"reading {len(hits)} passages" in page.find("p", "pending")[0].text
    assert len(page.find("div", "citation")) == len(hits)
    given, expected = answered.answer, sure.ask("What has Russia advocated?")
    assert given is not None
    assert {**given.to_dict(), "timings_ms": 0} == {**expected.to_dict(), "timings_ms": 0}


def test_a_link_asks_and_opens_the_named_source(chat: Chat, turns: tuple[Turn, ...]) -> None:
    last = len(turns[0].citations)
    view = chat.link({"q": QUESTION, "c": str(last)})
    panel = read(view.source).find("section", "source")[0].attributes
    assert panel["data-citation"] == str(last - 1)


@pytest.mark.parametrize("number", ["", "0", "x", "-1", "99999999999", "²", "1; drop"])
def test_a_link_with_a_bad_source_number_opens_an_existing_one(chat: Chat, number: str) -> None:
    view = chat.link({"q": QUESTION, "c": number})
    assert len(view.turns) == 1
    assert len(read(view.source).find("mark", "cited")) == 1


def test_old_turns_leave_the_page(chat: Chat) -> None:
    view = chat.view([Turn(f"question {n}", error="none") for n in range(SHOWN_TURNS + 3)])
    assert len(view.turns) == SHOWN_TURNS
    assert view.turns[0].question == "question 3"
    assert "3 earlier questions are in the saved chat" in view.conversation


def test_the_programming_interface_returns_the_answer_record(chat: Chat, sure: Answerer) -> None:
    given = chat.answer(QUESTION)
    expected = sure.ask(QUESTION).to_dict()
    assert {**given, "timings_ms": 0} == {**expected, "timings_ms": 0}
    with pytest.raises(QuestionError, match="must be a string"):
        chat.answer(7)


def test_a_removed_document_is_reported_not_shown(answerer: Answerer, tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        text = "The lighthouse keeper is Ada.\n"
        store.add([make_document(text, "Keeper", "keeper.txt", "text/plain")], answerer.encoder)
        chat = Chat(Answerer(store, Settings(min_confidence=0.0), encoder=answerer.encoder))
        turns = chat.ask("Who is the lighthouse keeper?", ()).turns
        store.remove(store.documents()[0].id)
        panel = chat.cite({"turn": 0, "citation": 0}, turns)
        assert panel is not None
        assert "no longer among the documents" in read(panel).find("p", "error")[0].text


def test_search_returns_the_passages_that_are_read_with_their_ranks(
    chat: Chat, sure: Answerer, seed_document: Document
) -> None:
    rows = chat.search(QUESTION, 3)
    hits = sure.search(QUESTION, top_k=3)
    assert [(r["rank"], r["score"], r["dense_rank"], r["lexical_rank"]) for r in rows] == [
        (h.rank, h.score, h.dense_rank, h.lexical_rank) for h in hits
    ]
    for row in rows:
        assert seed_document.text[row["start"] : row["end"]] == row["text"]
        assert row["title"] == seed_document.title


@pytest.mark.parametrize("limit", [0, -1, 101, True, "8", 2.0])
def test_search_refuses_limits_that_are_none(chat: Chat, limit: object) -> None:
    with pytest.raises(QuestionError, match="from 1 to 100"):
        chat.search(QUESTION, limit)


def test_an_explanation_is_the_search_of_the_answer(chat: Chat, turns: tuple[Turn, ...]) -> None:
    explained = chat.explain({"turn": 0}, turns)
    assert explained is not None
    search, given = explained[0].search, turns[0].answer
    assert search is not None
    assert given is not None
    assert search.documents == 1
    assert search.store_version == given.store_version
    read = {(f.hit.passage.start, f.hit.passage.end) for f in search.found}
    assert {(c.passage_start, c.passage_end) for c in given.citations} <= read
    assert chat.explain({"turn": 0}, explained) is None
    assert chat.explain({"turn": 1}, turns) is None
    assert chat.explain("turn", turns) is None


def test_a_job_with_nothing_to_say_leaves_the_page_as_it_is() -> None:
    (outputs,) = wiring._updates(())  # noqa: SLF001 - what Gradio is given
    assert len(outputs) == len(fields(Update))
    assert all(part == gr.skip() for part in outputs)
