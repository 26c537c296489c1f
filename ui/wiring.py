"""What happens on the page when a visitor does something: its events, connected to the handlers."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any

import gradio as gr

from ui import leaving
from ui.events import ASK, CHANGING, EVENTS, JOBS, MEASURING, Event, Job
from ui.in_turn import InTurn
from ui.layout import Parts
from ui.update import Update
from ui.visitor import Visitor

KEPT_S = 24 * 3600
"""Seconds that a visitor is kept who is not heard of and has not said goodbye: a laptop that sleeps
is silent all night."""
HEARD_S = 300
"""Seconds from one sign of life of an open page to the next."""
ENTERING_S = 5
"""Seconds that a question waits for its visitor: it may be asked while the page still opens."""
UPLOADS_AT_ONCE = 2
MEASURED_AT_ONCE = 2
MAX_WAITING = 200
"""Requests that may wait; further ones are refused at once. A quarter of a minute's work."""

Outputs = tuple[object, ...]

_REFUSED = "() => document.dispatchEvent(new CustomEvent('lost'))"
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_EACH: dict[str, Any] = {"trigger_mode": "multiple"}
"""No click is dropped; a visitor's of one kind are dealt with in their order, so that each sees
what the one before it changed, and the last one's page is shown last."""
_ONE_LONG: dict[str, Any] = {
    "concurrency_limit": MEASURED_AT_ONCE,
    "concurrency_id": "evaluation",
}


def wire(page: gr.Blocks, parts: Parts, enter: Callable[[], Visitor]) -> None:
    """Connect what a visitor does to the handlers; none of these is a public endpoint."""
    visitor, outputs = parts.visitor, parts.outputs

    def start(request: gr.Request) -> Outputs:
        entered = enter()
        if request.session_hash is not None:
            page.state_holder[request.session_hash].STATE_TTL_WHEN_CLOSED = KEPT_S
        said = leaving.note(request.session_hash or "")
        return (*_outputs(entered.start(dict(request.query_params))), entered, said)

    suggest = _job(JOBS["suggest"])
    opened = [*outputs, visitor, gr.HTML(visible="hidden")]
    page.load(start, None, opened, **_QUIET).then(suggest, visitor, outputs, **_QUIET)
    # Gradio counts a page as closed once its connection has broken, and makes no new one; storing
    # the visitor anew starts the time until it is dropped from the beginning.
    gr.Timer(HEARD_S).tick(lambda held: held, visitor, visitor, queue=False, **_QUIET)
    header = parts.header  # its script sends the events of the whole page
    for name, job in JOBS.items():
        limit = _ONE_LONG if name in MEASURING else {}
        getattr(header, name)(_job(job), visitor, outputs, **_QUIET, **limit)
    for name, event in EVENTS.items():
        done = getattr(header, name)(_handler(event), visitor, outputs, **_QUIET, **_EACH)
        if name in CHANGING:
            done.then(suggest, visitor, outputs, **_QUIET)
    _wire_question(page, parts)
    _wire_uploads(parts)


def _wire_question(page: gr.Blocks, parts: Parts) -> None:
    """Questions, one after the other; one asked while the page opens waits for its visitor."""
    asked = InTurn[Outputs](MAX_WAITING)

    def entered(request: gr.Request) -> object:
        until = time.monotonic() + ENTERING_S
        key = parts.visitor._id  # noqa: SLF001 - what states are found by; it has no public name
        while request.session_hash is not None and time.monotonic() < until:
            held = page.state_holder[request.session_hash][key]
            if held is not None:
                return held
            time.sleep(0.05)
        return None

    def answer(
        held: object, data: gr.EventData, request: gr.Request, chat: int | None
    ) -> Iterator[Outputs]:
        yield from map(_outputs, _present(held or entered(request)).ask(_sent(data), chat))

    def ask(held: object, data: gr.EventData, request: gr.Request) -> Iterator[Outputs]:
        chat = held.open_chat if isinstance(held, Visitor) else None  # it may change meanwhile
        yield from _in_turn(asked, request, answer(held, data, request, chat))

    sent = getattr(parts.header, ASK)
    done = sent(ask, parts.visitor, parts.outputs, trigger_mode="multiple", **_QUIET)
    done.failure(None, js=_REFUSED, **_QUIET)


def _wire_uploads(parts: Parts) -> None:
    """Dropped files and folders; the drop areas are empty again as soon as they are here."""

    def upload(held: object, files: object) -> Iterator[Outputs]:
        cleared: object = None  # once: what is dropped meanwhile is still to be sent
        for outputs in _updates(_present(held).upload(files)):
            yield (cleared, cleared, *outputs)
            cleared = gr.skip()

    def measure(held: object, file: object) -> Iterator[Outputs]:
        for outputs in _updates(_present(held).evaluation.upload(file)):
            yield (None, *outputs)

    for drop in (parts.files, parts.folder):
        drop.upload(
            upload,
            [parts.visitor, drop],
            [parts.files, parts.folder, *parts.outputs],
            concurrency_limit=UPLOADS_AT_ONCE,
            concurrency_id="upload",
            trigger_mode="multiple",  # "once" would drop what comes while files are taken in
            **_QUIET,
        ).then(_job(JOBS["suggest"]), parts.visitor, parts.outputs, **_QUIET)
    asked = parts.questions
    asked.upload(measure, [parts.visitor, asked], [asked, *parts.outputs], **_QUIET, **_ONE_LONG)


def _handler(event: Event) -> Callable[[object, gr.EventData, gr.Request], Iterator[Outputs]]:
    clicks = InTurn[Outputs](MAX_WAITING)

    def dealt_with(held: object, data: gr.EventData) -> Iterator[Outputs]:
        yield _outputs(event(_present(held), _sent(data)))

    def handle(held: object, data: gr.EventData, request: gr.Request) -> Iterator[Outputs]:
        yield from _in_turn(clicks, request, dealt_with(held, data))

    return handle


def _in_turn(
    turns: InTurn[Outputs], request: gr.Request, work: Iterator[Outputs]
) -> Iterator[Outputs]:
    """The work of a visitor in its turn, after an update that changes nothing, as ``_updates``."""
    yield _outputs(Update())
    yield from turns.run(request.session_hash or "", work)


def _job(job: Job) -> Callable[[object, gr.EventData], Iterator[Outputs]]:
    def handle(held: object, data: gr.EventData) -> Iterator[Outputs]:
        yield from _updates(job(_present(held), _sent(data)))

    return handle


def _present(held: object) -> Visitor:
    """The visitor of a session; none where the server has restarted or dropped it since."""
    if not isinstance(held, Visitor):
        words = "The server no longer knows this page. Reload it; private documents are gone."
        raise gr.Error(words, print_exception=False)
    return held


def leave(held: object) -> None:
    """Let the visitor of a session go."""
    if isinstance(held, Visitor):
        held.close()


def _outputs(update: Update) -> Outputs:
    parts = (getattr(update, field.name) for field in fields(update))
    return tuple(gr.skip() if part is None else part for part in parts)


def _updates(updates: Iterable[Update]) -> Iterator[Outputs]:
    """Outputs of each update, after one that changes nothing.

    Gradio clears the page where a generator ends without having yielded.
    """
    yield _outputs(Update())
    yield from map(_outputs, updates)


def _sent(event: gr.EventData) -> object:
    """What the page's script sent with an event; anything that JSON can say."""
    return event._data  # noqa: SLF001 - its public access is by attribute and raises
