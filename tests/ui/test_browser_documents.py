"""Documents that visitors bring, in real browsers against a real server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import ask, serving, settings_file

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def shared_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the seed document, with one library for all."""
    settings = settings_file(tmp_path_factory.mktemp("shared"), 0.0)
    with serving("--settings", settings, "--shared") as server:
        yield server.address


def files(folder: Path, **texts: str) -> list[Path]:
    """Text files; ``a_txt`` becomes ``a.txt``."""
    made = []
    for name, words in texts.items():
        made.append(folder / name.replace("_", "."))
        made[-1].write_text(words, "utf-8")
    return made


def drop(page: "Page", *paths: Path) -> str:
    """Give files to the drop area; returns what the page says became of them."""
    page.set_input_files("#drop input[type=file] >> nth=0", paths)
    page.wait_for_selector(".intake:has([data-event=dismiss])")
    page.wait_for_selector("#drop input[type=file]", state="attached")
    return page.inner_text(".intake")


def test_two_browsers_never_see_each_others_uploads(
    open_page: Open, address: str, tmp_path: Path
) -> None:
    first, second = open_page(address), open_page(address)
    for page, name in ((first, "Ada Brandt"), (second, "Bo Lind")):
        folder = tmp_path / name
        folder.mkdir()
        said = drop(page, *files(folder, keeper_txt=f"The keeper of Velm is {name}.\n"))
        assert "1 document added" in said
    for page, own, other in ((first, "Ada Brandt", "Bo Lind"), (second, "Bo Lind", "Ada Brandt")):
        ask(page, "Who is the keeper of Velm?")
        assert own in page.inner_text(".turn .reply")
        assert other not in page.content()
    third = open_page(address)
    assert third.locator(".library .document").count() == 1


def test_files_are_reported_listed_chosen_removed_and_put_back(
    open_page: Open, address: str, tmp_path: Path, shots: Path
) -> None:
    page = open_page(address)
    given = files(tmp_path, note_txt="The bakery of Olm opens at six.\n", page_xyz="x")
    said = drop(page, *given)
    assert "1 document added, 1 could not be read." in said
    assert "page.xyz: " in said
    page.screenshot(path=shots / "1280-documents.png")
    page.locator(".tick").nth(1).click()
    page.wait_for_selector("#scope p:has-text('Asking 1 of 2')")
    ask(page, "When does the bakery of Olm open?")
    assert "six" not in page.inner_text(".verbatim")
    page.click("[data-library]")
    page.locator("[data-event=remove]").first.click()
    page.wait_for_selector(".undo")
    page.keyboard.press("Tab")
    page.click("[data-event=undo]")
    page.wait_for_selector(".undo", state="detached")
    assert page.locator(".library .document").count() == 2
    page.locator(".library .document").first.click()
    page.wait_for_selector("#source .text")


def test_one_library_for_all(open_page: Open, shared_address: str, tmp_path: Path) -> None:
    first = open_page(shared_address)
    drop(first, *files(tmp_path, keeper_txt="The keeper of Velm is Ada Brandt.\n"))
    second = open_page(shared_address)
    assert second.locator(".library .document").count() == 2
    ask(second, "Who is the keeper of Velm?")
    assert "Ada Brandt" in second.inner_text(".turn .reply")


def test_the_explanation_shows_what_was_searched(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, "Who urged caution?")
    page.click("text=How this was found")
    page.wait_for_selector(".ranks")
    assert "Searched 1 document" in page.inner_text(".turn details[open]")
    assert page.locator(".ranks tbody tr").count() > 1
