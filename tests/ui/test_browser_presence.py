"""A visitor outlives a broken connection, but not the page."""

import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.ui.conftest import ask, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

KEPT_S = 4
IMPATIENT = f"""
from ui import __main__, app
app.KEPT_S, app.HEARD_S = {KEPT_S}, 1
raise SystemExit(__main__.main())
"""


def test_documents_are_kept_while_the_page_is_open(
    browser: "Browser", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its connection breaks, yet it goes on being heard of; closed, it is kept for some time."""
    monkeypatch.setenv("GRADIO_IS_E2E_TEST", "1")  # a break is noticed at once, and costs all
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    note = tmp_path / "note.txt"
    note.write_text("The keeper of Velm is Ada Brandt.\n", "utf-8")

    def kept() -> list[Path]:
        return list(tmp_path.glob("citespan-*/visitor-*"))

    with serving(program=("-c", IMPATIENT)) as server:
        page = browser.new_page()
        page.set_default_timeout(120_000)  # a busy machine is slow, not wrong
        with page.expect_request("**/heartbeat/*") as connection:
            page.goto(server.address)
        page.wait_for_selector(".welcome")
        page.set_input_files("#drop input[type=file] >> nth=0", note)
        page.wait_for_selector(".intake:has([data-event=dismiss])")
        with urlopen(connection.value.url) as broken:  # noqa: S310 - our own server
            broken.readline()
        page.wait_for_timeout(2000 * KEPT_S)
        ask(page, "Who is the keeper of Velm?")
        assert "Ada Brandt" in page.inner_text(".turn .reply")
        page.close()
        time.sleep(KEPT_S / 2)
        assert kept(), "not kept as long as a laptop may sleep"
        late = time.monotonic() + 60
        while kept():
            assert time.monotonic() < late, "a visitor who has left is still held"
            time.sleep(0.2)
