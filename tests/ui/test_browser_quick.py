"""A visitor who is quicker than the server, which is far away: nothing sent or typed is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]
QUESTIONS = (
    "Who urged caution?",
    "What has Russia advocated?",
    "When was the agreement between Seoul and Pyongyang outlined?",
    "What could the refusal to compromise lead to?",
    "Who is Kim Jong Un?",
    "What has China urged?",
)
BOX = "#question textarea"


def far(page: "Page", latency_ms: int) -> None:
    """Let every request take this much longer."""
    devtools = page.context.new_cdp_session(page)
    devtools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": latency_ms,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        },
    )


@pytest.mark.parametrize("latency_ms", [0, 500])
def test_what_is_typed_right_after_enter_stays(
    open_page: Open, address: str, latency_ms: int
) -> None:
    page = open_page(address)
    far(page, latency_ms)
    page.fill(BOX, QUESTIONS[0])
    page.press(BOX, "Enter")
    page.keyboard.type("What has Russia ", delay=5)
    page.locator(".turn .tools").wait_for()
    page.keyboard.type("advocated?")
    page.wait_for_timeout(300)  # the end of the request comes after its last update
    assert page.input_value(BOX) == "What has Russia advocated?"
    assert page.inner_text(".question") == QUESTIONS[0]


def test_the_arrow_brings_the_last_question_back(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTIONS[0])
    page.press(BOX, "ArrowUp")
    assert page.input_value(BOX) == QUESTIONS[0]
    page.fill(BOX, "Another")
    page.press(BOX, "ArrowUp")
    assert page.input_value(BOX) == "Another"


def test_questions_sent_at_once_are_all_answered_in_their_order(
    open_page: Open, address: str
) -> None:
    page = open_page(address)
    far(page, 500)
    page.evaluate(
        """() => {
          window.pending = 0; // the most of them that the page has shown at once
          const shown = document.querySelector("#conversation");
          new MutationObserver(() => {
            const now = shown.querySelectorAll(".pending").length;
            window.pending = Math.max(window.pending, now);
          }).observe(shown, { childList: true, subtree: true });
        }"""
    )
    for question in QUESTIONS:
        page.fill(BOX, question)
        page.press(BOX, "Enter")
        assert page.input_value(BOX) == ""
        page.wait_for_timeout(200)  # in the very same instant the order is that of threads
    page.locator(".turn .tools").nth(len(QUESTIONS) - 1).wait_for()
    page.wait_for_timeout(300)
    assert page.locator(".question").all_inner_texts() == list(QUESTIONS)
    assert page.locator(".turn .tools").count() == len(QUESTIONS)
    assert page.evaluate("window.pending") == 1


def click_each(page: "Page", selector: str) -> None:
    """Click everything that fits a selector, one after the other, before the server can answer."""
    far(page, 1000)
    page.evaluate(
        """async (wanted) => {
          for (const one of document.querySelectorAll(wanted)) {
            one.click();
            await new Promise((done) => setTimeout(done, 50));
          }
        }""",
        selector,
    )
    far(page, 0)


def test_every_judgement_counts_and_the_last_source_is_shown(open_page: Open, address: str) -> None:
    page = open_page(address)
    for question in QUESTIONS[:3]:
        ask(page, question)
    click_each(page, ".judgement [data-value=yes]")
    page.locator(".judgement [data-value=yes][aria-pressed=true]").nth(2).wait_for()
    click_each(page, '.citation[data-citation="0"]:not([data-turn="2"])')
    page.wait_for_selector('.source[data-turn="1"]')
    page.wait_for_timeout(500)  # what would come late
    assert page.get_attribute("#source .source", "data-turn") == "1"


def test_every_tick_and_removal_counts(open_page: Open, address: str, tmp_path: Path) -> None:
    page = open_page(address)
    notes = [tmp_path / f"{name}.txt" for name in ("one", "two", "three", "four")]
    for note in notes:
        note.write_text(f"The keeper of tower {note.stem} is Ada Brandt.\n", "utf-8")
    page.set_input_files("#drop input[type=file] >> nth=0", notes)
    page.locator(".tick").nth(4).wait_for()
    page.wait_for_selector(".intake:has([data-event=dismiss])")
    click_each(page, ".library li:not(:first-child) .tick")
    page.wait_for_selector("#scope p:has-text('Asking 1 of 5')")
    click_each(page, ".library li:not(:first-child) [data-event=remove]")
    page.locator(".tick").nth(1).wait_for(state="detached")
    assert page.locator(".tick").count() == 1
