"""A visitor outlives a broken connection, but not the page."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from rag.answerer import Answerer
from tests.ui.conftest import ask
from ui import app

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEPT_S = 4


def test_a_page_is_known_while_it_is_open(
    sure: Answerer,
    open_page: Callable[..., "Page"],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its connection breaks once; it goes on being heard of, until it is closed."""
    monkeypatch.setenv("GRADIO_IS_E2E_TEST", "1")  # breaks are noticed in a second, and cost all
    monkeypatch.setattr(app, "KEPT_S", KEPT_S)
    monkeypatch.setattr(app, "HEARD_S", 1)
    served = app.build(sure)
    address = app.launch(served, None)
    try:
        page = open_page(address)
        (session,) = served.state_holder.session_data
        with urlopen(f"{address}gradio_api/heartbeat/{session}") as broken:  # noqa: S310 - our own
            broken.readline()
        page.wait_for_timeout(2000 * KEPT_S)
        state = served.state_holder.session_data[session]
        assert state.is_closed
        ask(page, "Who urged caution?")
        assert page.locator(".turn").count() == 1
        page.close()
        time.sleep(KEPT_S / 2)
        assert any(state.state_data.values()), "not kept as long as a laptop may sleep"
        late = time.monotonic() + 60
        while any(state.state_data.values()):
            assert time.monotonic() < late, "a visitor who has left is still held"
            time.sleep(0.2)
    finally:
        served.close()
