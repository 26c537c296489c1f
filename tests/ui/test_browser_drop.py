"""What is dropped beside the drop area, or is no file, in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import ask
from tests.ui.test_browser_documents import drag, files

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]


def test_dragged_words_are_no_files(open_page: Open, address: str, tmp_path: Path) -> None:
    page = open_page(address)
    drag(page, words="Who urged caution?")
    page.wait_for_timeout(500)  # what would come late
    assert page.inner_text("#intake") == ""
    drag(page, words="Who urged caution?", onto="#question textarea")
    page.wait_for_function("document.querySelector('#question textarea').value != ''")
    assert page.input_value("#question textarea") == "Who urged caution?"
    drag(page, *files(tmp_path, note_txt="The bakery of Olm opens at six.\n"))
    page.wait_for_selector(".intake:has-text('1 document added.')")


@pytest.mark.parametrize("onto", ["#conversation", "#question textarea", "#source", ".bar"])
def test_files_may_fall_anywhere(open_page: Open, address: str, tmp_path: Path, onto: str) -> None:
    page = open_page(address)
    ask(page, "Who urged caution?")
    page.wait_for_selector("#source mark.cited")
    assert not page.is_visible("#drop")
    drag(page, *files(tmp_path, note_txt="The bakery of Olm opens at six.\n"), onto=onto)
    page.wait_for_selector(".intake:has-text('1 document added.')")
    assert page.url == address
    assert page.input_value("#question textarea") == ""


def test_files_that_fall_on_the_evaluation_are_question_files(
    open_page: Open, address: str, tmp_path: Path
) -> None:
    page = open_page(address)
    page.click("[data-view]")
    drag(page, *files(tmp_path, asked_jsonl="no questions\n"), onto="#measures")
    page.wait_for_selector("#evaluation .error:has-text('asked.jsonl')")
    assert page.url == address
