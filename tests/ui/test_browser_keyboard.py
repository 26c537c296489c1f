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


def entry(page: "Page", number: int) -> bool:
    """Whether a document of the list has the focus and is within what is shown of the list."""
    inside: bool = page.evaluate(
        """(number) => {
          const list = document.querySelector("#source .library");
          const wanted = list.querySelectorAll(".document")[number];
          const { top, bottom } = wanted.getBoundingClientRect();
          const shown = list.getBoundingClientRect();
          const inside = top >= shown.top - 1 && bottom <= shown.bottom + 1;
          return inside && document.activeElement === wanted;
        }""",
        number,
    )
    return inside


def test_a_long_list_stays_where_it_was(open_page: Open, address: str, tmp_path: Path) -> None:
    page = open_page(address)
    named = {f"n{number}_txt": f"The keeper of tower {number} is Ada.\n" for number in range(40)}
    drop(page, *files(tmp_path, **named))
    page.wait_for_selector(".library .document >> nth=40")
    place = "document.querySelector('#source .library').scrollTop"
    page.evaluate(f"{place} = 900")
    page.wait_for_timeout(100)  # the browser tells of it with the next frame
    page.locator(".library .document").nth(25).click()
    page.wait_for_selector("#source [data-close]")
    page.keyboard.press("Escape")
    focused(page, "#source .document")
    before = page.evaluate(place)
    assert before > 500
    assert entry(page, 25)
    for press_one in ("li:nth-child(26) .tick", "li:nth-child(26) [data-event=remove]"):
        page.click(f".library {press_one}")
        page.wait_for_selector("#scope p, .undo")
        page.wait_for_timeout(200)
        assert page.evaluate(place) == before
    page.wait_for_selector(".undo")
    page.click("[data-event=undo]")
    page.wait_for_selector(".undo", state="detached")
    assert page.evaluate(place) == before
    ask(page, QUESTION)
    page.click("[data-library]")
    page.wait_for_selector("#source .library")
    page.wait_for_timeout(100)
    assert page.evaluate(place) == before


def names(page: "Page", selector: str) -> list[str]:
    """What Chromium calls all elements of a selector, for those who do not see them."""
    devtools = page.context.new_cdp_session(page)
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    wanted = {"nodeId": root, "selector": selector}
    found = devtools.send("DOM.querySelectorAll", wanted)["nodeIds"]
    trees = [
        devtools.send("Accessibility.getPartialAXTree", {"nodeId": one, "fetchRelatives": False})
        for one in found
    ]
    return [tree["nodes"][0]["name"]["value"] for tree in trees]


def test_controls_tell_what_they_are_for(open_page: Open, unsure_address: str) -> None:
    page = open_page(unsure_address)
    for _ in range(2):
        assert names(page, "#question .submit-button") == ["Ask"]
        assert names(page, "#question textarea") == ["Question"]
        ask(page, QUESTION)
    assert names(page, ".judgement") == [f"Is this right? {QUESTION}"] * 2
    previews = page.locator(".nearest .preview").all_inner_texts()
    called = names(page, ".nearest .citation")
    assert len(called) == len(previews) > 0
    for name, preview in zip(called, previews, strict=True):
        assert preview[:40] in name
