"""A connection that breaks: nothing that the visitor has is lost, and nothing is asked twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

FIRST, SECOND = "Who urged caution?", "What has Russia advocated?"
BOX = "#question textarea"


@pytest.fixture
def page(browser: "Browser", address: str) -> Iterator["Page"]:
    """A page with an answer, on which the browser may complain of requests that fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 844})
    context.set_default_timeout(120_000)  # a busy machine is slow, not wrong
    opened = context.new_page()
    opened.goto(address)
    opened.wait_for_selector(".welcome")
    ask(opened, FIRST)
    opened.evaluate("window.same = true")
    yield opened
    assert opened.evaluate("window.same"), "the page was loaded anew"
    context.close()


@contextmanager
def offline(page: "Page") -> Iterator[None]:
    """No request gets through, and the browser knows."""
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)


def send(page: "Page", question: str) -> None:
    """Ask without waiting for an answer."""
    page.fill(BOX, question)
    page.press(BOX, "Enter")


def asked(page: "Page") -> list[str]:
    """All questions that the page shows."""
    return page.locator(".question").all_inner_texts()


def goes_on(page: "Page") -> None:
    """Nothing is lost: the first answer is there and can be judged."""
    page.locator(".judgement [data-value=yes]").first.click()
    page.wait_for_selector(".judgement [data-value=yes][aria-pressed=true]")
    assert asked(page)[0] == FIRST


def test_a_question_asked_offline_is_answered_when_the_connection_is_back(page: "Page") -> None:
    with offline(page):
        send(page, SECOND)
        page.wait_for_selector('#question[aria-busy="true"]')
        page.wait_for_timeout(700)  # at least one more try
    page.locator(".turn .tools").nth(1).wait_for()
    assert asked(page) == [FIRST, SECOND]
    page.wait_for_selector('#question[aria-busy="false"]')
    assert page.locator(".toast-body").count() == 0


def test_a_request_that_may_have_arrived_is_not_sent_again(page: "Page") -> None:
    sent = []

    def reset(route: "Route") -> None:
        """The server has it; its answer gets lost."""
        sent.append(route.fetch().status)
        route.abort("connectionreset")

    page.route("**/queue/join*", reset)
    send(page, SECOND)
    page.wait_for_selector(".toast-body:has-text('The connection broke')")
    assert sent == [200]
    assert page.input_value(BOX) == SECOND
    assert page.get_attribute("#question", "aria-busy") == "false"
    page.unroute("**/queue/join*")
    goes_on(page)


def test_a_stream_that_breaks_loses_no_more_than_its_answer(page: "Page") -> None:
    page.route("**/queue/data*", lambda route: route.abort("connectionreset"), times=1)
    send(page, SECOND)
    page.wait_for_selector(".toast-body:has-text('The connection broke')")
    assert page.locator("#conversation .pending").count() == 0
    goes_on(page)


def test_a_sign_of_life_that_fails_is_no_loss(page: "Page") -> None:
    """What the page's timer sends, for which Gradio would load the page anew."""
    with offline(page):
        sign = "fetch('/gradio_api/run/predict', { method: 'POST' }).then((found) => found.json())"
        assert page.evaluate(sign) == {"data": [None]}
    goes_on(page)


def test_an_answer_that_breaks_off_loses_no_more_than_itself(page: "Page") -> None:
    page.evaluate(  # what comes of the next stream breaks after its first part
        """() => {
          const { getReader } = ReadableStream.prototype;
          ReadableStream.prototype.getReader = function (...how) {
            ReadableStream.prototype.getReader = getReader;
            const reader = getReader.apply(this, how);
            const read = reader.read.bind(reader);
            let parts = 0;
            reader.read = async () => {
              if (!parts++) return read();
              await reader.cancel();
              throw new TypeError("network error");
            };
            return reader;
          };
        }"""
    )
    send(page, SECOND)
    page.wait_for_selector(".toast-body:has-text('The connection broke')")
    assert page.locator("#conversation .pending").count() == 0
    goes_on(page)


def test_an_answer_under_way_is_not_called_lost_beside_another_request_that_fails(
    page: "Page",
) -> None:
    left = """(detail) => {
        const reply = document.querySelector("#conversation .reply");
        reply.insertAdjacentHTML("beforeend", '<p class="pending">Reading</p>');
        document.dispatchEvent(new CustomEvent("lost", { detail }));
        return reply.querySelectorAll(".pending").length;
    }"""
    assert page.evaluate(left, {"turn": 1, "value": "yes"}) == 1
    assert page.evaluate(left, None) == 2
    assert page.evaluate(left, {"answers": True}) == 0
