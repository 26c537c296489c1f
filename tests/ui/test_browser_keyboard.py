"""The page by keyboard alone: nothing is out of reach, and the focus never gets lost."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import ask
from tests.ui.test_browser_documents import drop, files

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]
QUESTION = "Who urged caution?"


def press(page: "Page", selector: str, key: str = "Enter") -> None:
    """Press a key on an element."""
    page.focus(selector)
    page.keyboard.press(key)


def focused(page: "Page", selector: str) -> None:
    """Wait until what has the focus fits a selector."""
    page.wait_for_function("(wanted) => document.activeElement.matches(wanted)", arg=selector)


def test_the_keyboard_alone(open_page: Open, unsure_address: str) -> None:
    page = open_page(unsure_address)
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn .tools")
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")
    page.focus(".citation")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector('.source[data-citation="1"]')
    assert page.evaluate("document.activeElement.dataset.citation") == "1"
    page.keyboard.press("ArrowUp")
    page.wait_for_selector('.source[data-citation="0"]')
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Escape")
    page.wait_for_selector("#source .library")
    assert page.evaluate("document.activeElement.dataset.citation") == "0"


def test_every_control_is_reached_by_tab(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.click("[data-library]")
    page.wait_for_selector(".library")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("button, textarea, summary")]
          .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled).length"""
    )
    reached = page.evaluate_handle("new Set()")
    for _ in range(2 * wanted):
        page.keyboard.press("Tab")
        page.evaluate("(reached) => reached.add(document.activeElement)", reached)
    count = (
        """(reached) => [...reached].filter((e) => e.matches("button, textarea, summary")).length"""
    )
    assert page.evaluate(count, reached) == wanted


def test_the_focus_goes_along_from_list_to_document_and_back(open_page: Open, address: str) -> None:
    page = open_page(address)
    press(page, "#source .document")
    focused(page, "#source .text")
    page.keyboard.press("Escape")
    focused(page, "#source .document")
    press(page, "[data-event=remove]")
    page.wait_for_selector(".undo")
    focused(page, "#source .library")
    press(page, "[data-event=undo]")
    page.wait_for_selector(".undo", state="detached")
    focused(page, "#source .library")
    press(page, ".tick", "Space")
    page.wait_for_selector(".tick[aria-checked=false]")
    focused(page, ".tick")


def test_escape_closes_the_source_also_from_the_question(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.wait_for_selector("#source [data-close]")
    press(page, "#question textarea", "Escape")
    page.wait_for_selector("#source .library")
    focused(page, ".citation")


COMPOSED = """([selector, key]) => document.querySelector(selector).dispatchEvent(
  new KeyboardEvent("keydown", { key, isComposing: true, bubbles: true }))"""


def test_keys_that_belong_to_an_input_method_do_nothing_else(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.wait_for_selector("#source [data-close]")
    page.evaluate(COMPOSED, ["#question textarea", "Escape"])
    page.wait_for_timeout(500)
    assert page.locator("#source mark.cited").count() == 1
    press(page, "[data-event=chats]")
    press(page, "[data-event=edit]")
    focused(page, "input.name")
    page.keyboard.type("Half")
    for key in ("Enter", "Escape"):
        page.evaluate(COMPOSED, ["input.name", key])
    page.wait_for_timeout(500)
    assert page.input_value("input.name") == "Half"


def test_a_chat_is_renamed_or_not(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    press(page, "[data-event=chats]")
    for name, key, shown in (("Dropped", "Escape", QUESTION), ("Kept", "Enter", "Kept")):
        page.wait_for_selector("[data-event=edit]")
        press(page, "[data-event=edit]")
        focused(page, "input.name")
        page.keyboard.type(name)
        page.keyboard.press(key)
        page.wait_for_selector("input.name", state="detached")
        assert page.inner_text(".chats .title") == shown
        focused(page, "#source *")
    page.keyboard.press("Escape")
    page.wait_for_selector("#source .library[aria-label=Documents]")


def test_an_example_leaves_the_focus_in_the_question(open_page: Open, address: str) -> None:
    page = open_page(address)
    press(page, ".example >> nth=0")
    focused(page, "#question textarea")
    page.wait_for_selector(".turn .tools")


def test_what_became_of_files_is_read_and_closed(
    open_page: Open, address: str, tmp_path: Path
) -> None:
    page = open_page(address)
    drop(page, *files(tmp_path, note_txt="The bakery of Olm opens at six.\n"))
    press(page, "[data-event=dismiss]")
    page.wait_for_selector(".intake", state="detached")
    focused(page, "#source .library")
