"""Documents that visitors bring, in real browsers against a real server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import ask, serving, settings_file
from ui.library import MAX_FILE_BYTES

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


def drag(page: "Page", *paths: Path, onto: str = "#drop .block", words: str = "") -> None:
    """Let files or folders fall onto the drop area, as from a file manager; or words."""
    box = page.locator(onto).first.bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    items = [{"mimeType": "text/plain", "data": words}] if words else []
    data = {"items": items, "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send(
            "Input.dispatchDragEvent",
            {"type": kind, "x": box["x"] + 40, "y": box["y"] + 20, "data": data},
        )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of two documents, among what is none and what is hidden."""
    folder = tmp_path / "tree"
    (folder / "inner").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("a.txt", "inner/a.txt", ".git/hidden.txt", ".hidden.txt", "code.py"):
        (folder / name).write_text(f"The keeper of {name} is Ada Brandt.\n", "utf-8")
    return folder


@pytest.mark.parametrize("way", ["dragged", "chosen"])
def test_a_folder_gives_its_documents_and_no_others(
    open_page: Open, address: str, tree: Path, way: str
) -> None:
    page = open_page(address)
    if way == "dragged":
        drag(page, tree)
    else:
        page.set_input_files("#drop input[webkitdirectory]", tree)
    page.wait_for_selector(".intake:has([data-event=dismiss])")
    assert page.inner_text(".intake p span") == "2 documents added."
    page.wait_for_selector(".library .document >> nth=2")


def test_what_cannot_be_opened_leaves_the_rest_of_a_folder_in(
    open_page: Open, address: str, tree: Path
) -> None:
    page = open_page(address)
    lost = files(tree, lost_txt="x", lost_py="x")

    def lose() -> None:
        for file in lost:
            file.unlink(missing_ok=True)

    page.expose_function("lose", lose)
    page.evaluate(  # lost after the folder was listed, before its files are opened
        """() => {
          const { prototype } = DataTransferItem;
          const asEntry = prototype.webkitGetAsEntry;
          prototype.webkitGetAsEntry = function () {
            const folder = asEntry.call(this);
            const reader = Object.getPrototypeOf(folder.createReader());
            const { readEntries } = reader;
            reader.readEntries = function (done, fail) {
              readEntries.call(this, (part) => window.lose().then(() => done(part)), fail);
            };
            return folder;
          };
        }"""
    )
    drag(page, tree)
    page.wait_for_selector(".intake:has-text('2 documents added, 1 could not be read.')")
    assert "tree/lost.txt: the browser could not open it" in page.inner_text(".intake .errors")


def test_a_file_that_is_too_large_leaves_the_rest_in(
    open_page: Open, address: str, tmp_path: Path
) -> None:
    page = open_page(address)
    (large,) = files(tmp_path, film_txt="a")
    with large.open("r+b") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    note = files(tmp_path, note_txt="The bakery of Olm opens at six.\n")
    page.set_input_files("#drop input[type=file] >> nth=0", [large, *note])
    page.wait_for_selector(".intake:has-text('1 document added, 1 could not be read.')")
    assert "film.txt: larger than 20 MB" in page.inner_text(".intake .errors")
    drag(page, large)
    page.wait_for_selector(".intake:has-text('0 documents added, 1 could not be read.')")
    page.click("[data-view]")
    page.set_input_files("#questions input[type=file]", large)
    page.wait_for_selector("#evaluation .error:has-text('film.txt: larger than 20 MB')")


LONG = "".join(f"Passage {n} of the log. {'The pier is old. ' * 40}\n\n" for n in range(2000))


def test_files_may_be_dropped_while_others_are_taken_in(
    open_page: Open, address: str, tmp_path: Path
) -> None:
    page = open_page(address)
    field = "#drop input[type=file] >> nth=0"
    page.set_input_files(field, files(tmp_path, log_txt=LONG))
    page.wait_for_selector(".intake:has-text('Indexing 1 of 1 (')")
    late = files(tmp_path, late_txt="The bakery of Olm opens at six.\n", broken_pdf="%PDF-1.7")
    page.set_input_files(field, late)
    page.wait_for_selector(".library .document:has-text('late')")
    page.wait_for_selector(".intake:has-text('Indexing 1 of 1 (') .errors:has-text('broken.pdf')")
    page.click("[data-event=cancel]")
    page.wait_for_selector(".intake:has-text('1 cancelled.') .errors:has-text('broken.pdf')")
    assert page.locator(".library .document").count() == 2


def test_a_long_file_shows_its_progress_and_is_cancelled(
    open_page: Open, address: str, tmp_path: Path
) -> None:
    page = open_page(address)
    page.set_input_files("#drop input[type=file] >> nth=0", files(tmp_path, log_txt=LONG))
    page.wait_for_selector(".intake:has-text('Indexing 1 of 1 (')")
    bar = page.locator(".intake progress")
    assert 1 < float(bar.get_attribute("value") or 0) < float(bar.get_attribute("max") or 0)
    ask(page, "Who urged caution?")
    assert "China" in page.inner_text(".turn .reply")
    page.click("[data-event=cancel]")
    page.wait_for_selector(".intake:has-text('0 documents added, 1 cancelled.')")


@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_many_documents_with_long_names_fit(
    open_page: Open, address: str, tmp_path: Path, shots: Path, width: int, scheme: str
) -> None:
    page = open_page(address, width, scheme)
    named = {
        f"{'minutes' * 20 if number % 3 else 'n'}{number}_txt": f"The keeper {number} is Ada.\n"
        for number in range(12)
    }
    drop(page, *files(tmp_path, **named, broken_pdf="%PDF-1.7", empty_txt=""))
    page.wait_for_selector(".library .document >> nth=12")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".intake").scroll_into_view_if_needed()
    page.screenshot(path=shots / f"{width}-{scheme}-documents.png")
    for overflowing in (".library li", ".intake"):
        right = page.locator(overflowing).first.evaluate("(e) => e.getBoundingClientRect().right")
        assert right <= width


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
