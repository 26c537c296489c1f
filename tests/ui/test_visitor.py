"""What each event of the page does, over the real answerer, and with hostile input."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answerer import Answerer
from tests.ui.page import read
from ui.feedback import MAX_MARKED_CHARS
from ui.handlers import SHOWN_TURNS
from ui.library import Library
from ui.update import Update
from ui.visitor import Visitor

QUESTION = "Who urged caution?"
FORGED: tuple[object, ...] = (
    None,
    7,
    "x",
    [],
    {},
    {"value": None},
    {"value": 3},
    {"value": "../../etc/passwd"},
)


@pytest.fixture
def visitor(sure: Answerer, tmp_path: Path) -> Iterator[Visitor]:
    """A visitor who has just come."""
    folder = tmp_path / "private"
    folder.mkdir()
    came = Visitor(Library(sure, folder), [QUESTION])
    came.start({})
    yield came
    came.close()


def file(folder: Path, name: str, words: str) -> str:
    """A file as Gradio hands it over."""
    path = folder / name
    path.write_text(words, "utf-8")
    return str(path)


def drop(visitor: Visitor, *files: str) -> list[Update]:
    """Drop files and wait until they are in."""
    return list(visitor.upload([*files]))


def ids(visitor: Visitor) -> dict[str, str]:
    """The listed documents by title."""
    page = read(visitor.library().source or "")
    return {
        t.attributes["aria-label"].removeprefix("Ask "): str(t.attributes["data-value"])
        for t in page.find("button", "tick")
        if t.attributes["aria-label"]
    }


def ask(visitor: Visitor, question: str) -> str:
    """The last reply as text."""
    updates = list(visitor.ask({"question": question}))
    return read(updates[-1].conversation or "").find("div", "reply")[-1].text


def test_a_question_shows_at_once_and_then_its_answer(visitor: Visitor) -> None:
    waiting, reading, answered = visitor.ask({"question": QUESTION})
    for update in (waiting, reading):
        assert len(read(update.conversation or "").find("p", "pending")) == 1
        assert update.source is None
    assert "China" in (answered.conversation or "")
    assert read(answered.source or "").find("mark", "cited")
    assert list(visitor.ask({"question": "  "})) == []
    assert list(visitor.ask({"question": {"a": 1}})) == []
    assert list(visitor.ask("x")) == []


def test_dropped_files_are_asked_and_listed(visitor: Visitor, tmp_path: Path) -> None:
    updates = drop(visitor, file(tmp_path, "keeper.txt", "The keeper of Velm is Ada Brandt.\n"))
    assert any("progress" in (u.intake or "") for u in updates)
    assert "1 document added" in (updates[-2].intake or "")
    assert "2 documents" in (updates[-1].source or "")
    assert "Ask 2 documents" in (updates[-1].conversation or "")
    assert "Ada Brandt" in ask(visitor, "Who is the keeper of Velm?")


def test_an_open_source_stays_open_while_files_come_in(visitor: Visitor, tmp_path: Path) -> None:
    ask(visitor, QUESTION)
    updates = drop(visitor, file(tmp_path, "n.txt", "A note.\n"))
    assert [u.source for u in updates] == [None] * len(updates)


def test_only_the_chosen_documents_are_asked(visitor: Visitor, tmp_path: Path) -> None:
    drop(visitor, file(tmp_path, "keeper.txt", "The keeper of Velm is Ada Brandt.\n"))
    known = ids(visitor)
    keeper = next(i for title, i in known.items() if "keeper" in title.lower())
    update = visitor.choose({"value": keeper})
    assert "Asking 1 of 2" in (update.scope or "")
    assert "Ada Brandt" not in ask(visitor, "Who is the keeper of Velm?")
    assert visitor.choose({"value": keeper}).scope == ""
    assert "none of 2" in (visitor.choose({"value": "none"}).scope or "")
    assert "Choose at least one" in ask(visitor, QUESTION)
    drop(visitor, file(tmp_path, "new.txt", "The new mayor of Olm is Bo Lind.\n"))
    assert "Asking 1 of 3" in (visitor.library().scope or "")
    assert "Bo Lind" in ask(visitor, "Who is the mayor of Olm?")
    assert visitor.choose({"value": "all"}).scope == ""


def test_documents_that_were_chosen_and_removed_are_asked_no_more(
    visitor: Visitor, tmp_path: Path
) -> None:
    drop(visitor, file(tmp_path, "keeper.txt", "The keeper of Velm is Ada Brandt.\n"))
    (seed,) = (i for title, i in ids(visitor).items() if "keeper" not in title.lower())
    visitor.choose({"value": seed})
    assert "Ada Brandt" in ask(visitor, "Who is the keeper of Velm?")
    visitor.remove({"value": "uploads/keeper.txt"})
    assert "Choose at least one" in ask(visitor, QUESTION)
    shown = read(visitor.explain({"turn": 0}).conversation or "").find("p", "why")
    assert "Searched 0 documents" in shown[-1].text
    assert "have changed since" in shown[-1].text
    visitor.undo()
    assert "Ada Brandt" in ask(visitor, "Who is the keeper of Velm?")


def test_remove_and_undo(visitor: Visitor) -> None:
    (cross,) = read(visitor.library().source or "").find("button", "plain")
    assert cross.attributes["data-event"] == "remove"
    removed = visitor.remove({"value": cross.attributes["data-value"]})
    assert "0 documents" in (removed.source or "")
    assert read(removed.source or "").find("p", "undo")
    assert "There are no documents yet" in ask(visitor, QUESTION)
    assert "No documents yet" in (visitor.reset().conversation or "")
    back = visitor.undo()
    assert "1 document" in (back.source or "")
    assert not read(back.source or "").find("p", "undo")


@pytest.mark.parametrize("event", FORGED)
def test_forged_events_change_nothing(visitor: Visitor, event: object) -> None:
    before = ids(visitor)
    assert visitor.choose(event).scope == ""
    visitor.remove(event)
    assert visitor.explain(event) == Update()
    assert visitor.cite(event) == Update()
    assert list(visitor.upload(event)) == []
    assert ids(visitor) == before


def test_an_explanation_is_fetched_once(visitor: Visitor) -> None:
    ask(visitor, QUESTION)
    shown = visitor.explain({"turn": 0}).conversation or ""
    assert "Searched 1 document" in shown
    assert visitor.explain({"turn": 0}) == Update()


def test_a_new_chat_is_empty(visitor: Visitor) -> None:
    ask(visitor, QUESTION)
    assert read(visitor.reset().conversation or "").find("section", "welcome")


def test_a_question_that_waited_is_of_the_chat_it_was_sent_in(visitor: Visitor) -> None:
    ask(visitor, QUESTION)
    sent_in = visitor.open_chat
    visitor.reset()
    assert list(visitor.ask({"question": "What has Russia advocated?"}, sent_in)) == []
    opened = visitor.open({"value": str(sent_in)}).conversation or ""
    assert [h.text for h in read(opened).find("h2", "question")] == [
        QUESTION,
        "What has Russia advocated?",
    ]


def test_chats_are_kept_opened_renamed_and_deleted(visitor: Visitor) -> None:
    ask(visitor, QUESTION)
    visitor.reset()
    ask(visitor, "What has Russia advocated?")
    listed = read(visitor.chats().source or "").find("button", "document")
    assert [b.attributes["data-value"] for b in listed] == ["2", "1"]
    opened = visitor.open({"value": "1"})
    assert read(opened.conversation or "").find("h2", "question")[0].text == QUESTION
    assert read(visitor.edit({"value": "1"}).source or "").find("input")
    assert "Caution" in (visitor.rename({"value": "1", "name": "Caution"}).source or "")
    deleted = visitor.delete({"value": "1"})
    assert "Caution" not in [t.text for t in read(deleted.source or "").find("span", "title")]
    assert read(deleted.conversation or "").find("section", "welcome")
    assert QUESTION in (visitor.restore().conversation or "")


def test_judged_answers_can_be_saved(visitor: Visitor, sure: Answerer) -> None:
    ask(visitor, QUESTION)
    rated = visitor.rate({"turn": 0, "value": "yes"}).conversation or ""
    pressed = [
        b.text for b in read(rated).find("button") if b.attributes.get("aria-pressed") == "true"
    ]
    assert pressed == ["Yes"]
    (info,) = sure.store.documents()
    marked = visitor.mark({"turn": 0, "document": info.id, "start": 0, "end": 8})
    assert read(marked.conversation or "").find("p", "marked")
    for kind in ("markdown", "html", "json", "questions"):
        offered = visitor.save({"value": kind}).outbox or ""
        assert QUESTION in (read(offered).find("span")[0].attributes["data-content"] or "")


def said(update: Update) -> str:
    """What the line of the bar says."""
    return read(update.outbox or "").find("span")[0].attributes["data-say"] or ""


def test_what_is_said_of_a_mark_is_what_became_of_it(visitor: Visitor, sure: Answerer) -> None:
    ask(visitor, QUESTION)
    (info,) = sure.store.documents()
    place = {"turn": 0, "document": info.id, "start": 0}
    refused = visitor.mark({**place, "end": MAX_MARKED_CHARS + 1})
    assert said(refused) == "Not marked: select up to 2,000 characters of text"
    assert refused.conversation is None
    marked = visitor.mark({**place, "end": 8})
    assert said(marked) == "Marked as the right answer"
    assert read(marked.conversation or "").find("p", "marked")
    again = visitor.mark({**place, "end": 8})
    assert again.outbox != marked.outbox  # equal words are said again


def judged(update: Update, value: str = "yes") -> list[dict[str, str | None]]:
    """The buttons that say so of the answers on the page."""
    buttons = read(update.conversation or "").find("button", "plain")
    return [b.attributes for b in buttons if b.attributes["data-value"] == value]


def test_a_judgement_in_a_full_chat_is_of_its_own_answer_while_the_next_is_awaited(
    visitor: Visitor,
) -> None:
    unanswerable = "why " * 2500
    questions = [unanswerable] * SHOWN_TURNS
    questions[10:12] = [QUESTION, "What has Russia advocated?"]
    for question in questions:
        ask(visitor, question)
    coming = visitor.ask({"question": QUESTION})
    _, second = judged(next(coming))
    rated = visitor.rate({"turn": int(second["data-turn"] or ""), "value": "yes"})
    assert [button["aria-pressed"] for button in judged(rated)] == ["false", "true"]
    *_, answered = coming
    assert [button["aria-pressed"] for button in judged(answered)] == ["false", "true", "false"]
    opened = visitor.cite({"turn": int(second["data-turn"] or ""), "citation": 0})
    assert "sanctions and talks" in read(opened.source or "").find("mark", "cited")[0].text


def test_turns_of_two_chats_have_no_number_in_common(visitor: Visitor) -> None:
    ask(visitor, QUESTION)
    visitor.reset()
    assert visitor.rate({"turn": 0, "value": "yes"}) == Update()
    (update,) = list(visitor.ask({"question": QUESTION}))[-1:]
    (button,) = judged(update)
    assert button["data-turn"] == "1"


def test_a_name_that_is_being_typed_is_not_taken_away_by_an_answer(visitor: Visitor) -> None:
    ask(visitor, QUESTION)
    coming = visitor.ask({"question": "What has Russia advocated?"})
    next(coming)
    assert read(visitor.edit({"value": "1"}).source or "").find("input")
    *_, answered = coming
    assert "sanctions and talks" in (answered.conversation or "")
    assert answered.source is None
    visitor.rename({"value": "1", "name": "Talks"})
    *_, answered = visitor.ask({"question": QUESTION})
    assert read(answered.source or "").find("mark", "cited")


def test_text_that_cannot_be_sent_on_is_refused_or_shown_without(visitor: Visitor) -> None:
    *_, asked = visitor.ask({"question": "Who \ud800 urged caution?"})
    assert "no valid text" in read(asked.conversation or "").find("p", "error")[0].text
    named = visitor.rename({"value": "1", "name": "A \udfff name"})
    refused = visitor.uploads.refuse({"names": ["\ud800.txt"], "unread": ["\ud800"]})
    for html in (asked.conversation, named.source, refused.intake):
        assert (html or "").encode()


@pytest.mark.parametrize("event", FORGED)
def test_forged_events_leave_the_chats_alone(visitor: Visitor, event: object) -> None:
    ask(visitor, QUESTION)
    for method in (visitor.rate, visitor.save):
        assert method(event) == Update()
    assert replace(visitor.mark(event), outbox=None) == Update()
    visitor.delete(event)
    visitor.rename(event)
    visitor.edit(event)
    assert QUESTION in (visitor.open(event).conversation or "")


def test_a_shared_library_outlives_its_visitors(sure: Answerer, tmp_path: Path) -> None:
    library = Library(sure, tmp_path)
    first, second = Visitor(library, shared=True), Visitor(library, shared=True)
    drop(first, file(tmp_path, "keeper.txt", "The keeper of Velm is Ada Brandt.\n"))
    first.close()
    assert "Ada Brandt" in ask(second, "Who is the keeper of Velm?")
    library.close()
