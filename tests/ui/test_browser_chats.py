"""Conversations, judgements and files to save, in a real browser."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag.types import Document
from tests.ui.conftest import ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]
QUESTION = "Who urged caution?"
SELECT = """(length) => {
  const mark = document.querySelector("#source mark.cited");
  const next = mark.nextSibling;
  const range = document.createRange();
  range.setStart(mark.firstChild, 1);
  range.setEnd(next.nodeType === 3 ? next : next.firstChild, length);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def saved(page: "Page", kind: str, folder: Path) -> str:
    """The open chat as a file."""
    with page.expect_download() as download:
        page.click(f"[data-event=save][data-value={kind}]")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path.read_text("utf-8")


def test_chats_are_listed_renamed_opened_and_deleted(
    open_page: Open, address: str, shots: Path
) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.click("[data-reset]")
    page.wait_for_selector(".welcome")
    ask(page, "What has Russia advocated?")
    page.click("[data-event=chats]")
    page.wait_for_selector(".chats li >> nth=1")
    page.screenshot(path=shots / "1280-chats.png")
    page.locator("[data-event=edit]").nth(1).click()
    page.wait_for_selector("input.name")
    page.keyboard.type("Caution")
    page.keyboard.press("Enter")
    page.click(".chats .document:has-text('Caution')")
    page.wait_for_selector(f".question:has-text('{QUESTION}')")
    page.click("[data-event=chats]")
    page.locator("[data-event=delete]").nth(1).click()
    page.wait_for_selector(".welcome")
    assert page.locator(".chats .document:has-text('Caution')").count() == 0
    page.screenshot(path=shots / "1280-chats-deleted.png")
    page.click(".undo:has-text('Deleted Caution') [data-event=restore]")
    page.wait_for_selector(f".question:has-text('{QUESTION}')")
    assert page.locator(".chats .document:has-text('Caution')").count() == 1
    assert page.locator(".undo").count() == 0


def test_the_right_answer_is_marked_in_the_source_and_saved(
    open_page: Open, address: str, seed_document: Document, tmp_path: Path
) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.click("[data-event=mark]")
    page.wait_for_selector("#status [role=status]:has-text('First select')")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#source .text'))")
    page.click("[data-event=mark]")
    page.wait_for_selector("#status [role=status]:has-text('Not marked: select up to 2,000')")
    assert page.locator(".marked").count() == 0
    page.evaluate(SELECT, 12)
    chosen = page.evaluate("getSelection().toString()")
    page.click("[data-event=mark]")
    page.wait_for_selector("#status [role=status]:has-text('Marked as the right answer')")
    page.wait_for_selector(".marked")
    page.click("[data-event=chats]")
    page.wait_for_selector(".saving")
    (line,) = saved(page, "questions", tmp_path).splitlines()
    (gold,) = json.loads(line)["answers"]
    start = gold["answer_start"]
    assert gold["text"] == chosen.strip()
    assert seed_document.text[start : start + len(gold["text"])] == gold["text"]
    assert QUESTION in saved(page, "html", tmp_path)
    assert json.loads(saved(page, "json", tmp_path))["turns"][0]["question"] == QUESTION
    assert QUESTION.rstrip("?") in saved(page, "markdown", tmp_path)


def test_answers_are_judged_by_keyboard(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.focus("[data-event=rate][data-value=yes]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-event=rate][data-value=yes][aria-pressed=true]")
    assert page.evaluate("document.activeElement.dataset.value") == "yes"


def test_a_triple_click_on_the_last_paragraph_marks_it(
    open_page: Open, address: str, tmp_path: Path
) -> None:
    page = open_page(address)
    last = "The last line names the caretaker Jonas Brill."
    note = tmp_path / "note.txt"
    note.write_text(f"The bakery of Olm opens at six.\n\n{last}", "utf-8")
    page.set_input_files("#drop input[type=file] >> nth=0", note)
    page.wait_for_selector(".intake:has([data-event=dismiss])")
    ask(page, "When does the bakery of Olm open?")
    page.wait_for_selector("#source mark.cited")
    x, y = page.evaluate(
        """() => {
          const words = document.createRange();
          words.selectNodeContents(document.querySelector("#source .text"));
          const lines = words.getClientRects();
          const { left, bottom } = lines[lines.length - 1];
          return [left + 30, bottom - 5];
        }"""
    )
    page.mouse.click(x, y, click_count=3)
    assert page.evaluate("getSelection().toString().trim()") == last
    page.click("#source [data-event=mark]")
    page.wait_for_selector(".marked")
    assert last in page.inner_text(".marked")
