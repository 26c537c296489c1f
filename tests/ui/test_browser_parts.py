"""A long document is read to its end, and what has gone is left, in a real browser."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import ask
from tests.ui.test_browser_documents import drop, files
from tests.ui.test_browser_keyboard import focused, press
from ui.source import PREVIEW_CHARS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]
CLAUSES = [f"Clause {n}: duty {7 * n} is \N{GRINNING FACE} owed." for n in range(1200)]
CONTRACT = "\n\n".join(["The contract", "The keeper of Velm is Ada Brandt.", *CLAUSES])
QUESTION = "Who is the keeper of Velm?"
SELECT = """(words) => {
  const nodes = document.createNodeIterator(
    document.querySelector("#source .text"), NodeFilter.SHOW_TEXT);
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    const at = node.data.indexOf(words);
    if (at >= 0) getSelection().setBaseAndExtent(node, at, node, at + words.length);
  }
  return getSelection().toString();
}"""


@pytest.fixture
def page(open_page: Open, address: str, tmp_path: Path) -> "Page":
    """A page that has been asked of a long contract of the visitor's own."""
    opened = open_page(address)
    drop(opened, *files(tmp_path, lease_txt=CONTRACT))
    ask(opened, QUESTION)
    opened.wait_for_selector("#source mark.cited")
    return opened


def end(page: "Page") -> int:
    """The character of the contract after the last that is shown."""
    label = page.get_attribute("#source .text", "aria-label") or ""
    return int(re.findall(r"[\d,]+", label)[1].replace(",", ""))


def go(page: "Page", name: str) -> None:
    """Press "Earlier" or "Later" by keyboard; the text then shown has the focus."""
    before = page.get_attribute("#source .text", "data-start")
    page.focus(f"#source .cut :text-is('{name}')")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#source .text:not([data-start='{before}'])")
    focused(page, "#source .text")


def marked(page: "Page", words: str) -> None:
    """Mark words of the part that is shown, and see where they are said to stand."""
    assert page.evaluate(SELECT, words) == words
    page.click("#source [data-event=mark]")
    page.wait_for_selector(f".marked:has-text('{words}')")
    start = CONTRACT.index(words)
    assert f"characters {start:,}–{start + len(words):,}" in page.inner_text(".marked")


def test_the_right_answer_is_marked_in_any_part_of_a_long_document(
    page: "Page", shots: Path
) -> None:
    go(page, "Later")
    page.screenshot(path=shots / "1280-later.png")
    assert page.locator("#source mark.cited").count() == 0
    assert page.evaluate("document.querySelector('#source .text').scrollTop") == 0
    marked(page, CONTRACT[: end(page)].split("\n\n")[-2])
    go(page, "Later")
    go(page, "Earlier")
    bottom = "(e) => e.scrollHeight - e.scrollTop - e.clientHeight"
    assert page.locator("#source .text").evaluate(bottom) < 2
    while page.locator("#source mark.cited").count() == 0:
        go(page, "Earlier")
    page.keyboard.press("Escape")
    page.wait_for_selector("#source .library")
    page.click("#source .document:has-text('contract')")
    page.wait_for_selector("#source .cut")
    while page.locator("#source .cut :text-is('Later')").count():
        go(page, "Later")
    assert end(page) == len(CONTRACT)
    assert len(CONTRACT) > 3 * PREVIEW_CHARS
    marked(page, CLAUSES[-1])


def test_a_triple_click_beside_a_cut_marks_the_paragraph_alone(page: "Page") -> None:
    words = CONTRACT[: end(page)].split("\n\n")[-2]
    assert page.evaluate(SELECT, words) == words
    x, y = page.evaluate(
        """() => {
          const around = getSelection().getRangeAt(0);
          around.startContainer.parentElement.closest(".text").scrollTop = 1e6;
          const { left, bottom } = around.getBoundingClientRect();
          return [left + 30, bottom - 5];
        }"""
    )
    page.mouse.click(x, y, click_count=3)
    page.click("#source [data-event=mark]")
    page.wait_for_selector(".marked")
    start = CONTRACT.index(words)
    assert f"characters {start:,}–{start + len(words):,}" in page.inner_text(".marked")


def test_the_source_of_a_removed_document_is_left_with_escape(page: "Page") -> None:
    page.click("[data-library]")
    page.click("[data-event=remove][data-value='uploads/lease.txt']")
    page.wait_for_selector(".undo")
    press(page, ".citation")
    page.wait_for_selector("#source .error")
    page.keyboard.press("Escape")
    page.wait_for_selector("#source .library")
    focused(page, ".citation")
