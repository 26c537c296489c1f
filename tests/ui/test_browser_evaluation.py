"""The evaluation tab and the example questions in a real browser."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import SeedQuestion
from tests.ui.conftest import ask, serving
from tests.ui.test_evaluation import lines
from tests.ui.test_suggestions import TIBURY, VELM

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]
WIDTHS = (390, 768, 1440)


@pytest.fixture(scope="module")
def towns_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over two documents of the visitor's own choice, without fixed examples."""
    folder = tmp_path_factory.mktemp("towns")
    (folder / "velm.txt").write_text(VELM, "utf-8")
    (folder / "tibury.txt").write_text(TIBURY, "utf-8")
    with serving("--documents", folder) as server:
        yield server.address


@pytest.fixture
def question_file(seed_questions: list[SeedQuestion], tmp_path: Path) -> Path:
    """Three questions after a faulty first line."""
    path = tmp_path / "asked.jsonl"
    path.write_text("no JSON\n" + lines(seed_questions[:3]), "utf-8")
    return path


@pytest.fixture
def long_file(seed_questions: list[SeedQuestion], tmp_path: Path) -> Path:
    """Questions for half a minute and more."""
    path = tmp_path / "many.jsonl"
    path.write_text(
        "".join(
            json.dumps({"question": q.question, "answers": q.answers}) + "\n"
            for q in seed_questions * 12
        ),
        "utf-8",
    )
    return path


def measured(page: "Page", path: Path) -> None:
    """Open the tab, give it a file and wait for the report."""
    page.click("[data-view]")
    page.wait_for_selector("#questions input[type=file]", state="attached")
    page.set_input_files("#questions input[type=file]", path)
    page.wait_for_selector("iframe.report")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_question_file_is_measured_and_its_report_shown(
    open_page: Open, address: str, question_file: Path, shots: Path, width: int, scheme: str
) -> None:
    page = open_page(address, width, scheme)
    measured(page, question_file)
    assert "asked.jsonl: line 1: " in page.inner_text("#evaluation .errors")
    report = page.frame_locator("iframe.report")
    assert report.locator("h1").inner_text() == "Evaluation of asked.jsonl"
    report.locator("#list li").nth(2).wait_for()  # the report's own script has run
    assert report.locator("body").evaluate("() => self.origin") == "null"
    assert report.locator("body").evaluate(
        "() => matchMedia('(prefers-color-scheme: dark)').matches"
    ) is (scheme == "dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=shots / f"{width}-{scheme}-evaluation.png")


def test_the_report_can_be_saved_and_the_chat_is_still_there(
    open_page: Open, address: str, question_file: Path, tmp_path: Path
) -> None:
    page = open_page(address)
    ask(page, "Who urged caution?")
    measured(page, question_file)
    assert not page.locator("#conversation").is_visible()
    kept = {}
    for kind in ("html", "json"):
        with page.expect_download() as download:
            page.click(f"[data-event=report][data-value={kind}]")
        assert download.value.suggested_filename == f"report.{kind}"
        download.value.save_as(tmp_path / kind)
        kept[kind] = (tmp_path / kind).read_text("utf-8")
    assert json.loads(kept["json"])["questions"] == 3
    assert kept["html"] == page.get_attribute("iframe.report", "srcdoc")
    page.click("[data-view]")
    assert page.inner_text(".question") == "Who urged caution?"


def test_a_run_is_stopped_by_keyboard_and_reports_what_was_asked(
    open_page: Open, address: str, long_file: Path
) -> None:
    page = open_page(address)
    page.click("[data-view]")
    page.set_input_files("#questions input[type=file]", long_file)
    page.wait_for_selector("#evaluation p:has-text('left')")
    page.focus("#evaluation [data-event=stop]")
    page.keyboard.press("Enter")
    page.wait_for_selector("iframe.report")
    assert "stopped after" in page.inner_text("#evaluation .errors")


def test_the_server_can_be_ended_in_the_middle_of_a_run(
    browser: "Browser", long_file: Path
) -> None:
    with serving() as server:  # which asserts how it ends
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(server.address)
        page.wait_for_selector(".welcome")
        page.click("[data-view]")
        page.wait_for_selector("#questions input[type=file]", state="attached")
        page.set_input_files("#questions input[type=file]", long_file)
        page.wait_for_selector("#evaluation p:has-text('left')")
    page.close()


def test_examples_made_from_the_documents_are_answered(
    open_page: Open, towns_address: str, shots: Path
) -> None:
    page = open_page(towns_address)
    page.locator(".example").first.wait_for()
    page.screenshot(path=shots / "1280-examples.png")
    page.locator(".example").first.click()
    page.wait_for_selector(".turn .tools")
    assert page.inner_text(".verbatim") != "Not in these documents"
    assert not page.locator(".example").first.is_visible()


def test_what_is_read_is_shown_before_the_answer(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.evaluate(
        """() => {
          window.seen = [];
          new MutationObserver(() => {
            const line = document.querySelector("#conversation .pending");
            if (line) window.seen.push(line.parentElement.innerText);
          }).observe(document.querySelector("#conversation"), { childList: true, subtree: true });
        }"""
    )
    ask(page, "Who urged caution?")
    seen = page.evaluate("window.seen")
    reading = [words for words in seen if words.startswith("Searching: reading ")]
    assert reading
    assert "Kim Jong Un" in reading[0]
    assert "characters" in reading[0]
