"""The page on phones narrower than most."""

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


@pytest.mark.parametrize("width", [320, 375, 520])
def test_every_button_of_the_bar_is_within_reach(open_page: Open, address: str, width: int) -> None:
    page = open_page(address, width)
    boxes = [button.bounding_box() for button in page.locator(".bar nav button").all()]
    assert len(boxes) == 5
    for box in boxes:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.click("[data-theme]")
    assert page.evaluate("document.body.classList.contains('dark')")


def in_sight(page: "Page", selector: str) -> None:
    """Wait until the middle of an element is shown, with nothing before it."""
    page.wait_for_function(
        """(wanted) => {
          const one = document.querySelector(wanted);
          const { left, top, width, height } = one.getBoundingClientRect();
          return one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
        }""",
        arg=selector,
    )


def test_what_the_page_says_is_in_sight_and_goes(open_page: Open, address: str) -> None:
    page = open_page(address, 390)
    ask(page, "Who urged caution?")
    page.evaluate(  # long waits are over soon
        """() => {
          const real = window.setTimeout;
          window.setTimeout = (done, ms) => real(done, ms > 5000 ? 500 : ms);
        }"""
    )
    page.fill("#question textarea", "A question\nof several\nlines")
    copy = page.locator("[aria-label='Copy as Text']")
    copy.scroll_into_view_if_needed()
    copy.click()
    page.wait_for_selector(".bar [role=status]:text-is('Text copied')")
    in_sight(page, ".bar [role=status]")
    above, box = (page.locator(one).bounding_box() for one in (".bar [role=status]", "#question"))
    assert above is not None
    assert box is not None
    assert above["y"] + above["height"] <= box["y"]
    page.wait_for_selector(".bar [role=status]:empty", state="attached")


def test_what_became_of_files_is_brought_into_sight(
    open_page: Open, address: str, tmp_path: Path
) -> None:
    page = open_page(address, 390)
    named = {f"n{number}_txt": f"The keeper {number} is Ada.\n" for number in range(12)}
    drop(page, *files(tmp_path, **named))
    in_sight(page, ".intake [role=status]")
