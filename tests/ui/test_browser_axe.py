"""Every view of the page under axe, at each width, light and dark, with its screenshot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import SeedQuestion
from tests.ui.conftest import ask
from tests.ui.test_browser_documents import drop, files
from tests.ui.test_browser_evaluation import measured
from tests.ui.test_evaluation import lines

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]
Check = Callable[["Page", str], None]
# The report's frame is closed to the page and so to axe; it is tested where it is made.
OPTIONS = {"iframes": False}


@pytest.fixture
def check(shots: Path) -> Check:
    """Fails where axe finds anything, or the view is wider than the window."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="of the test extra"
    ).Axe()

    def checked(page: "Page", view: str) -> None:
        width = page.evaluate("innerWidth")
        scheme = "dark" if page.evaluate("document.body.classList.contains('dark')") else "light"
        page.screenshot(path=shots / f"{width}-{scheme}-axe-{view}.png")
        found = axe.run(page, options=OPTIONS).response["violations"]
        assert (view, [(v["id"], [n["html"] for n in v["nodes"]]) for v in found]) == (view, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    return checked


@pytest.mark.parametrize(
    "look", [(width, scheme) for width in (390, 768, 1440) for scheme in ("light", "dark")]
)
def test_no_finding_of_axe(
    open_page: Open,
    default_address: str,
    seed_questions: list[SeedQuestion],
    tmp_path: Path,
    check: Check,
    look: tuple[int, str],
) -> None:
    page = open_page(default_address, *look)
    page.locator(".example").first.wait_for()
    check(page, "welcome")
    ask(page, "Who urged caution?")
    page.wait_for_selector("#source mark.cited")
    page.click("text=How this was found")
    page.wait_for_selector(".ranks")
    page.click("[data-event=rate][data-value=no]")
    page.wait_for_selector("[data-value=no][aria-pressed=true]")
    check(page, "answer")
    ask(page, "How many warheads does North Korea have?")
    page.wait_for_selector("#source mark.near")
    check(page, "abstention")
    page.click("[data-event=chats]")
    page.wait_for_selector(".saving")
    check(page, "chats")
    page.click("[data-event=edit]")
    page.wait_for_selector("input.name")
    check(page, "renaming")
    page.click("[data-library]")
    drop(page, *files(tmp_path, note_txt="The bakery of Olm opens at six.\n", page_xyz="x"))
    page.locator("[data-event=remove]").nth(1).click()
    page.wait_for_selector(".undo")
    check(page, "documents")
    questions = tmp_path / "asked.jsonl"
    questions.write_text(lines(seed_questions[:3]), "utf-8")
    measured(page, questions)
    check(page, "evaluation")


def test_the_view_of_the_endpoints_reports_no_error(open_page: Open, address: str) -> None:
    page = open_page(address)  # which fails on errors in the console
    with page.expect_response("**/mcp/schema"), page.expect_response("**/monitoring/summary"):
        page.click("footer button")
    page.wait_for_selector(".api-docs:has-text('/ask')")
    info = page.evaluate("fetch('monitoring/summary').then((answer) => answer.json())")
    assert json.dumps(info) == '{"functions": {}}'
