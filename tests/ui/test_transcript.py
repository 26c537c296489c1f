"""Conversations as files, and the list they are saved from."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.ui.page import read
from tests.ui.samples import abstention, answer, cite, document
from ui import transcript
from ui.chats import chats, file
from ui.history import Conversation
from ui.turns import Place, Turn

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAYLOAD = "</title><script>alert(1)</script> ![x](http://198.51.100.1/c.png)"


def conversation() -> Conversation:
    """An answer with a marked place, an abstention and an error, all hostile."""
    of = document(f"{PAYLOAD} is in the text", title=PAYLOAD)
    right = Place(of.id, of.title, of.source, 0, PAYLOAD)
    return Conversation(
        3,
        (
            Turn(PAYLOAD, answer(cite(of, PAYLOAD), question=PAYLOAD), right=right, rating=False),
            Turn("Who?", abstention(cite(of, "text", supports=False))),
            Turn("Why?", error=f"bad {PAYLOAD}"),
        ),
    )


def test_markdown_holds_every_turn_as_text() -> None:
    written = transcript.as_markdown(conversation())
    assert "<script>" not in written
    assert "![x]" not in written
    assert "Marked as the right answer" in written
    assert "*Not in these documents.*" in written
    assert written.count(r"\<script\>") >= 4


def test_html_is_one_page_without_script_or_foreign_content() -> None:
    written = transcript.as_html(conversation())
    body = written.removeprefix("<!doctype html>").strip()
    page = read(body)
    assert not page.find("script")
    assert not page.find("img")
    assert page.find("title")[0].text == PAYLOAD
    assert [e.text for e in page.find("h2")] == [PAYLOAD, "Who?", "Why?"]
    assert page.find("q")[0].text == PAYLOAD
    assert "Not in these documents." in page.find("body")[0].text


@pytest.mark.browser
def test_a_long_word_makes_no_page_wider_than_the_window(browser: "Browser") -> None:
    of = document("w" * 300)
    right = Place(of.id, of.title, of.source, 0, of.text)
    found = answer(cite(of, of.text), question=of.text)
    turns = (Turn(of.text, found, right=right), Turn("Why?", error=of.text))
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.set_content(transcript.as_html(Conversation(1, turns, of.text)))
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.close()


def test_every_form_holds_the_answer_that_was_marked_where_there_was_none() -> None:
    of = document()
    right = Place(of.id, of.title, of.source, 69, "1934")
    turn = Turn("Who?", abstention(cite(of, "market", supports=False)), right=right, rating=False)
    chat = Conversation(1, (turn,))
    assert right.line in read(transcript.as_html(chat).partition(">")[2].strip()).find("p")[1].text
    assert "Marked as the right answer: “1934”" in transcript.as_markdown(chat)
    assert json.loads(transcript.as_json(chat))["turns"][0]["right"]["quote"] == "1934"


def test_json_holds_the_records_and_what_was_said_of_them() -> None:
    chat = conversation()
    record = json.loads(transcript.as_json(chat))
    first = record["turns"][0]
    assert chat.turns[0].answer is not None
    assert first["answer"] == chat.turns[0].answer.to_dict()
    assert first["right"]["end"] == len(PAYLOAD)
    assert (first["rating"], record["turns"][2]["answer"]) == (False, None)


def test_the_list_of_chats_opens_renames_and_deletes() -> None:
    listed = (conversation(), Conversation(1, name="Old"))
    page = read(chats(listed, 3))
    rows = [
        (b.attributes["data-event"], b.attributes["data-value"]) for b in page.find("button")[1:]
    ]
    assert rows[:6] == [
        ("open", "3"),
        ("edit", "3"),
        ("delete", "3"),
        ("open", "1"),
        ("edit", "1"),
        ("delete", "1"),
    ]
    assert [value for event, value in rows if event == "save"] == [
        "markdown",
        "html",
        "json",
        "questions",
    ]
    assert page.find("button", "document")[0].attributes["aria-current"] == "true"
    field = read(chats(listed, 3, renaming=3)).find("input")[0].attributes
    assert field["value"] == PAYLOAD


def test_a_file_carries_its_content_as_it_is() -> None:
    offered = read(file("a.md", f"{PAYLOAD}\r\n", 2)).find("span")[0].attributes
    assert (offered["data-download"], offered["data-content"]) == ("a.md", f"{PAYLOAD}\r\n")
