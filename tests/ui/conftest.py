"""A real server, started once for all tests of the page, and pages of a real browser."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag.answerer import Answerer
from rag.config import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass(frozen=True, slots=True)
class Server:
    """A running ``python -m ui``."""

    process: subprocess.Popen[str]
    address: str


@contextmanager
def serving(*arguments: str | Path, program: Sequence[str] = ("-m", "ui")) -> Iterator[Server]:
    """Run ``python -m ui`` until it says that it is ready; end it as a terminal would."""
    command = [sys.executable, *program, "--no-browser", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            assert found, f"no address but {line!r}"
            yield Server(process, found[0])
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0


def settings_file(folder: Path, min_confidence: float) -> Path:
    """A settings file that decides when an answer counts as one."""
    file = folder / "settings.toml"
    file.write_text(f"min_confidence = {min_confidence}\n", "utf-8")
    return file


def ask(page: "Page", question: str) -> None:
    """Type a question, send it with Enter and wait for what comes back."""
    before = page.locator(".turn .reply:not(:has(.pending))").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.locator(".turn .reply:not(:has(.pending))").nth(before).wait_for()


@pytest.fixture(scope="session")
def sure(answerer: Answerer) -> Answerer:
    """Over the seed document; it always answers, so that what is shown of answers is tested."""
    return Answerer(answerer.store, Settings(min_confidence=0.0), encoder=answerer.encoder)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the seed document; it always answers."""
    with serving("--settings", settings_file(tmp_path_factory.mktemp("sure"), 0.0)) as server:
        yield server.address


@pytest.fixture(scope="session")
def unsure_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the seed document; it always abstains."""
    with serving("--settings", settings_file(tmp_path_factory.mktemp("unsure"), 1.0)) as server:
        yield server.address


@pytest.fixture(scope="session")
def default_address() -> Iterator[str]:
    """The page as `scripts/chat` starts it without options."""
    with serving() as server:
        yield server.address


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[Callable[..., "Page"]]:
    """Opens addresses in contexts of their own; console errors and foreign requests fail."""
    complaints: list[str] = []
    contexts = []

    def opened(address: str, width: int = 1280, scheme: str = "light") -> "Page":
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme="dark" if scheme == "dark" else "light",
            permissions=["clipboard-read", "clipboard-write"],
            reduced_motion="reduce",
        )
        context.set_default_timeout(120_000)  # a busy machine is slow, not wrong
        contexts.append(context)
        page = context.new_page()
        origin = "/".join(address.split("/")[:3]) + "/"
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith((origin, "data:", "blob:")) else complaints.append(r.url)
            ),
        )
        page.goto(address)
        page.wait_for_selector(".welcome, .turn .tools")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: CITESPAN_SHOTS, or a folder that is thrown away."""
    folder = Path(os.environ.get("CITESPAN_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
