"""A visitor outlives a broken connection, but not the page."""

import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.ui.conftest import Server, ask, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

KEPT_S = 4
IMPATIENT = f"""
from ui import __main__, wiring
wiring.KEPT_S, wiring.HEARD_S = {KEPT_S}, 1
raise SystemExit(__main__.main())
"""


def opened(browser: "Browser", server: Server) -> "Page":
    """A page that has just come, and answers."""
    page = browser.new_page()
    page.set_default_timeout(120_000)  # a busy machine is slow, not wrong
    page.goto(server.address)
    page.wait_for_selector(".welcome")
    return page


def add(page: "Page", folder: Path) -> None:
    """Add a document."""
    note = folder / "note.txt"
    note.write_text("The keeper of Velm is Ada Brandt.\n", "utf-8")
    page.set_input_files("#drop input[type=file] >> nth=0", note)
    page.wait_for_selector(".intake:has([data-event=dismiss])")


def copies(folder: Path) -> list[Path]:
    """The private copies of all visitors."""
    return list(folder.glob("citespan-*/visitor-*"))


def wait_for_copies(folder: Path, number: int) -> None:
    """Wait until no more than so many are left."""
    late = time.monotonic() + 60
    while len(copies(folder)) > number:
        assert time.monotonic() < late, "a visitor who has left is still held"
        time.sleep(0.2)


@pytest.mark.parametrize("leave", ["reload", "close"])
def test_documents_go_with_the_page(
    browser: "Browser", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, leave: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serving() as server:
        page, stays = opened(browser, server), opened(browser, server)
        add(page, tmp_path)
        add(stays, tmp_path)
        assert len(copies(tmp_path)) == 2
        getattr(page, leave)()
        wait_for_copies(tmp_path, 1)
        ask(stays, "Who is the keeper of Velm?")
        assert "Ada Brandt" in stays.inner_text(".turn .reply")
        stays.close()


def test_documents_are_kept_while_the_page_is_open(
    browser: "Browser", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its connection breaks, yet it goes on being heard of; silent, it is kept for some time."""
    monkeypatch.setenv("GRADIO_IS_E2E_TEST", "1")  # a break is noticed at once, and costs all
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serving(program=("-c", IMPATIENT)) as server:
        page = browser.new_page()
        page.set_default_timeout(120_000)  # a busy machine is slow, not wrong
        with page.expect_request("**/heartbeat/*") as connection:
            page.goto(server.address)
        page.wait_for_selector(".welcome")
        add(page, tmp_path)
        with urlopen(connection.value.url) as broken:  # noqa: S310 - our own server
            broken.readline()
        page.wait_for_timeout(2000 * KEPT_S)
        ask(page, "Who is the keeper of Velm?")
        assert "Ada Brandt" in page.inner_text(".turn .reply")
        page.evaluate("document.querySelector('[data-session]').remove()")  # no goodbye is said
        page.close()
        time.sleep(KEPT_S / 2)
        assert copies(tmp_path), "not kept as long as a laptop may sleep"
        wait_for_copies(tmp_path, 0)
