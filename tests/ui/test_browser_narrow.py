"""The page on phones narrower than most."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

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
