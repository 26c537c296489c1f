"""The page in a real browser, against a real server over the seed document."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag.store import Store
from rag.types import Document
from tests.ui.conftest import ask, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page, Route

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]
QUESTION = "Who urged caution?"
ANSWERED = {
    "Who urged caution?": "China",
    "What has Russia advocated?": "sanctions and talks",
    "When was the agreement between Seoul and Pyongyang outlined?": "2021",
}
NOT_ANSWERED = ("Who won the 2018 World Cup?", "How many warheads does North Korea have?")
WIDTHS = (390, 768, 1440)


def box(page: "Page", selector: str) -> "FloatRect":
    """Where an element is in the window, in pixels."""
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found


def chosen(page: "Page") -> tuple[str, str]:
    """The turn and citation that the source panel shows."""
    panel = page.locator("#source .source")
    return panel.get_attribute("data-turn") or "", panel.get_attribute("data-citation") or ""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ask_read_and_check(
    open_page: Open, address: str, seed_document: Document, shots: Path, width: int, scheme: str
) -> None:
    page = open_page(address, width, scheme)
    page.screenshot(path=shots / f"{width}-{scheme}-welcome.png")
    ask(page, QUESTION)
    assert "China" in page.inner_text(".turn .reply")
    page.locator("#conversation .citation").first.click()
    page.wait_for_selector('.citation[aria-pressed="true"]')
    marked = page.locator("#source mark.cited").text_content()
    record = json.loads(page.get_attribute("[aria-label='Copy as JSON']", "data-copy") or "")
    cited = record["citations"][0]
    assert marked == seed_document.text[cited["start"] : cited["end"]]
    assert marked == cited["quote"] == record["text"]
    mark, question = box(page, "#source mark.cited"), box(page, "#question")
    assert mark["y"] > 0
    assert mark["y"] + 20 < question["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=shots / f"{width}-{scheme}-answer.png")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_not_in_the_documents(
    open_page: Open,
    unsure_address: str,
    seed_document: Document,
    shots: Path,
    width: int,
    scheme: str,
) -> None:
    page = open_page(unsure_address, width, scheme)
    ask(page, "Who won the 2018 World Cup?")
    assert page.inner_text(".verbatim") == "Not in these documents"
    assert "too little" in page.locator(".reply .why").first.inner_text()
    assert page.locator(".nearest .citation").count() > 0
    assert page.locator("mark.cited").count() == 0
    page.locator(".nearest .citation").first.click()
    near = page.locator("#source mark.near").text_content()
    assert near
    assert near in seed_document.text
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=shots / f"{width}-{scheme}-abstain.png")


def test_the_page_as_scripts_chat_starts_it(default_address: str, open_page: Open) -> None:
    page = open_page(default_address)
    for question, words in ANSWERED.items():
        ask(page, question)
        assert words in (page.locator(".verbatim").last.text_content() or "")
        assert words in (page.locator("#source mark.cited").text_content() or "")
    for question in NOT_ANSWERED:
        ask(page, question)
        assert page.locator(".verbatim").last.text_content() == "Not in these documents"


def test_every_citation_shows_its_characters(
    open_page: Open, address: str, seed_document: Document
) -> None:
    page = open_page(address)
    for question in (QUESTION, "What has Russia advocated?", "What does the rhetoric underscore?"):
        ask(page, question)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")
    copies = page.locator("[aria-label='Copy as JSON']")
    for turn in range(copies.count()):
        record = json.loads(copies.nth(turn).get_attribute("data-copy") or "")
        cited = [*record["citations"], *(a["citation"] for a in record["alternatives"])]
        for index, citation in enumerate(cited):
            page.click(f'.citation[data-turn="{turn}"][data-citation="{index}"]')
            page.wait_for_selector(f'.source[data-turn="{turn}"][data-citation="{index}"]')
            marked = page.locator("#source mark.cited, #source mark.near").text_content()
            assert marked == seed_document.text[citation["start"] : citation["end"]]


def test_next_and_previous_go_round(open_page: Open, unsure_address: str) -> None:
    page = open_page(unsure_address)
    ask(page, QUESTION)
    total = page.locator("#conversation .citation").count()
    seen = [chosen(page)]
    for step in range(1, total + 1):
        page.click("[aria-label='Next source']")
        page.wait_for_selector(f'.source[data-citation="{step % total}"]')
        seen.append(chosen(page))
    assert seen[0] == seen[-1]
    assert len(set(seen)) == total


def test_examples_copies_documents_and_new_chat(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.locator(".example").first.click()
    page.wait_for_selector(".turn .tools")
    for name, part in (("Text", "characters"), ("Markdown", "> **")):
        page.click(f"[aria-label='Copy as {name}']")
        assert part in page.evaluate("navigator.clipboard.readText()")
    page.click("[aria-label='Copy as JSON']")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["text"] == page.locator("#source mark.cited").text_content()
    page.click("[data-library]")
    page.locator(".document").first.click()
    page.wait_for_selector("#source .text")
    page.click("[data-reset]")
    page.wait_for_selector(".welcome")
    assert page.locator(".turn").count() == 0


def test_a_copied_link_reopens_question_and_source(open_page: Open, unsure_address: str) -> None:
    page = open_page(unsure_address)
    ask(page, QUESTION)
    page.locator("#conversation .citation").nth(1).click()
    page.wait_for_selector('.source[data-citation="1"]')
    page.click("[aria-label='Copy a link to this answer']")
    link = page.evaluate("navigator.clipboard.readText()")
    again = open_page(link)
    assert again.inner_text(".question") == QUESTION
    assert chosen(again) == ("0", "1")


def test_what_is_typed_before_the_answer_comes_stays(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.evaluate(
        """() => {
          const shown = document.querySelector("#conversation");
          const typed = (words) => {
            const box = document.querySelector("#question textarea");
            box.focus();
            document.execCommand("insertText", false, words);
          };
          new MutationObserver((_, observer) => {
            if (!shown.querySelector(".pending")) return;
            observer.disconnect();
            typed("What has Russia");
            new MutationObserver((_, observer) => {
              if (!shown.querySelector(".tools")) return;
              observer.disconnect();
              typed(" advocated?");
            }).observe(shown, { childList: true, subtree: true });
          }).observe(shown, { childList: true, subtree: true });
        }"""
    )
    ask(page, QUESTION)
    page.wait_for_timeout(300)  # the end of the request comes after its last update
    assert page.input_value("#question textarea") == "What has Russia advocated?"
    page.press("#question textarea", "Enter")
    page.locator(".turn .tools").nth(1).wait_for()
    assert page.locator(".verbatim").last.inner_text() == ANSWERED["What has Russia advocated?"]
    assert page.input_value("#question textarea") == ""


def test_a_question_sent_before_the_answer_comes_is_asked_next(
    open_page: Open, address: str
) -> None:
    page = open_page(address)
    page.evaluate(
        """() => {
          const shown = document.querySelector("#conversation");
          const box = document.querySelector("#question textarea");
          const enter = { key: "Enter", code: "Enter", keyCode: 13, bubbles: true };
          new MutationObserver((_, observer) => {
            if (!shown.querySelector(".pending")) return;
            observer.disconnect();
            document.execCommand("insertText", false, "What has Russia advocated?");
            box.dispatchEvent(new KeyboardEvent("keypress", enter));
          }).observe(shown, { childList: true, subtree: true });
        }"""
    )
    ask(page, QUESTION)
    page.locator(".turn .tools").nth(1).wait_for()
    expected = [ANSWERED[QUESTION], ANSWERED["What has Russia advocated?"]]
    assert page.locator(".verbatim").all_inner_texts() == expected
    assert page.input_value("#question textarea") == ""


def test_a_question_may_be_sent_while_the_page_still_opens(
    browser: "Browser", address: str
) -> None:
    page = browser.new_page()
    page.set_default_timeout(120_000)  # a busy machine is slow, not wrong
    sent: list[Route] = []

    def first_waits(route: "Route") -> None:
        sent.append(route)
        if len(sent) > 1:
            route.continue_()

    page.route("**/queue/join*", first_waits)
    page.goto(address)
    page.fill("#question textarea", QUESTION)
    while len(sent) < 1:
        page.wait_for_timeout(50)
    with page.expect_response("**/queue/join*"):
        page.press("#question textarea", "Enter")
    page.wait_for_timeout(300)  # the question is there, its visitor is not
    sent[0].continue_()
    page.locator(".turn .tools").wait_for()
    assert page.inner_text(".verbatim") == ANSWERED[QUESTION]
    page.close()


def test_what_was_unfolded_stays_so_when_the_next_answer_comes(
    open_page: Open, address: str
) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.click("text=How this was found")
    ask(page, "What has Russia advocated?")
    folds = page.locator("details[data-key$='details']")
    assert [folds.nth(n).get_attribute("open") is not None for n in range(2)] == [True, False]


def test_what_was_unfolded_in_one_chat_is_not_so_in_the_next(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.click("text=How this was found")
    page.wait_for_selector(".ranks")
    page.click("[data-reset]")
    page.wait_for_selector(".welcome")
    ask(page, QUESTION)
    assert page.locator("details[open]").count() == 0


def test_conversations_of_two_browsers_are_apart(open_page: Open, address: str) -> None:
    first, second = open_page(address), open_page(address)
    ask(first, QUESTION)
    ask(second, "What has Russia advocated?")
    assert first.locator(".question").all_inner_texts() == [QUESTION]
    assert second.locator(".question").all_inner_texts() == ["What has Russia advocated?"]


def test_an_overlong_question_gets_one_clear_error(open_page: Open, address: str) -> None:
    page = open_page(address)
    ask(page, "a" * 10_000)
    assert "10,000" in page.inner_text(".error")
    ask(page, QUESTION)
    assert page.locator(".turn .tools").count() == 1


PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=http://198.51.100.1/x.png onerror=alert(2)>",
    "<iframe src=http://198.51.100.1/></iframe>",
    '<form action="http://198.51.100.1/"><input name=a><button>Send</button></form>',
    '<div style="position:fixed;inset:0;background:url(http://198.51.100.1/b)">over</div>',
    "<a href=javascript:alert(3)>link</a> ![x](http://198.51.100.1/c.png)",
    "${alert(4)} {{constructor.constructor('alert(5)')()}} {% raw %}",
    "</mark></div></section><svg onload=alert(6)>",
    "'\"><b onmouseover=alert(7)>",
    "<style>*{background:url(http://198.51.100.1/d)}</style>",
    "<video autoplay><source src=http://198.51.100.1/v onerror=alert(8)></video>",
    "<meta http-equiv=refresh content='0;url=http://198.51.100.1/'>",
)


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[tuple[str, Store]]:
    """A server over documents whose names, titles and text attack the page, and its store."""
    files, folder = tmp_path / "files", tmp_path / "store"
    files.mkdir()
    for number, payload in enumerate(PAYLOADS):
        text = f"Payload {payload} headline\n\nThe keeper of tower {number} is {payload} Ada.\n"
        (files / f"keeper <img src=x onerror=alert({number})>.txt").write_text(text, "utf-8")
    with serving("--store", folder, "--documents", files) as server, Store(folder) as store:
        yield server.address, store


def test_documents_and_questions_cannot_write_markup(
    hostile: tuple[str, Store], open_page: Open
) -> None:
    address, store = hostile
    page = open_page(address)
    for number in range(0, len(PAYLOADS), 3):
        ask(page, f"Who is the keeper of tower {number}? {' '.join(PAYLOADS[number : number + 3])}")
        assert page.locator("#source mark").first.text_content()
    assert len(store.documents()) == len(PAYLOADS)
    for info in store.documents():
        page.click("[data-library]")
        page.click(f'[data-document="{info.id}"]')
        page.wait_for_selector("#source .text")
        document = store.document(info.id)
        assert document is not None
        assert page.locator("#source .text").text_content() == document.text
    foreign = page.eval_on_selector_all(
        ".turns, .source",
        "(parts) => parts.flatMap((part) => [...part.querySelectorAll("
        "'script, img, iframe, form, input, svg, a, b, style, video, meta, [onload], [onerror]')]"
        ".map((element) => element.outerHTML))",
    )
    assert foreign == []
