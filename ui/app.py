"""The Gradio page: events and endpoints are wired here and nowhere else."""

import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from rag.answerer import Answerer
from rag.errors import SettingsError
from ui import absent, leaving
from ui.endpoints import add_endpoints
from ui.events import ASK, CHANGING, EVENTS, JOBS, MEASURING, Event, Job
from ui.in_turn import InTurn
from ui.layout import ASSETS, Parts, make_parts
from ui.library import MAX_FILE_BYTES, Library
from ui.own_site import OwnSite
from ui.security import SecurityHeaders
from ui.suggestions import Suggestions
from ui.tools import write_json
from ui.update import Update
from ui.visitor import Visitor

MAX_WAITING = 200
"""Requests that may wait; further ones are refused at once. A quarter of a minute's work."""
AT_ONCE = 4
"""Requests of one kind that run at the same time."""

MAX_SESSIONS = 2_000
"""Open pages and calls that are remembered; Gradio keeps up to half a megabyte of each. Of more it
drops those used longest ago, and each API call without a session is one: a script that asks some
hundred questions so must not push out a visitor who is reading."""
KEPT_S = 24 * 3600
"""Seconds that a visitor is kept who is not heard of and has not said goodbye: a laptop that sleeps
is silent all night."""
HEARD_S = 300
"""Seconds from one sign of life of an open page to the next."""
ENTERING_S = 5
"""Seconds that a question waits for its visitor: it may be asked while the page still opens."""
UPLOADS_AT_ONCE = 2
MEASURED_AT_ONCE = 2
MCP_PATH = "gradio_api/mcp/"

Outputs = tuple[object, ...]


def build(
    answerer: Answerer,
    *,
    uploads: Path | None = None,
    shared: Library | None = None,
    examples: Sequence[str] = (),
) -> gr.Blocks:
    """The page over one answerer.

    Args:
        answerer: What is asked until a visitor changes the documents.
        uploads: A private folder for the visitors' own documents; None: the system's.
        shared: One library for all visitors, in place of one each.
        examples: Questions offered until a visitor changes the documents; none: some are made.
    """
    parent = uploads or Path(tempfile.gettempdir())
    page = gr.Blocks(
        title="citespan", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    )
    with page:
        add_endpoints(shared or Library(answerer, parent))  # first, for the plain names
        parts = make_parts(gr.State(None, delete_callback=_leave))
        common = Suggestions()

        def enter() -> Visitor:
            library = shared or Library(answerer, parent)
            return Visitor(library, examples, shared=shared is not None, suggestions=common)

        _wire(page, parts, enter)
    page.queue(max_size=MAX_WAITING, default_concurrency_limit=AT_ONCE)
    return page


def launch(
    page: gr.Blocks, port: int | None, *, mcp: bool = False, names: Collection[str] = ()
) -> str:
    """Serve the page on 127.0.0.1 without blocking; returns its address.

    ``mcp`` offers the endpoints as tools of the Model Context Protocol, under ``MCP_PATH``.
    ``names`` are hosts that the page is reached by beside this machine's own names.

    Raises:
        OSError: the port is taken; with ``None`` the next free one from 7860 is used.
        SettingsError: what MCP needs is not installed.
    """
    if mcp and find_spec("mcp") is None:
        raise SettingsError(
            "--mcp needs more packages: pip install 'citespan[mcp]', "
            "in a checkout .venv/bin/pip install -c constraints.txt -e '.[mcp]'"
        )
    with redirect_stdout(sys.stderr):  # quiet does not cover what Gradio says of MCP
        address = _launch(page, port, mcp=mcp, names=names)
    if page.mcp_error:
        page.close()
        raise SettingsError(f"the MCP server did not start: {page.mcp_error}")
    if mcp:
        write_json(page)
    return address


def _launch(page: gr.Blocks, port: int | None, *, mcp: bool, names: Collection[str]) -> str:
    answers = absent.MONITORING if mcp else absent.MONITORING | absent.MCP

    def leave(session: str) -> None:
        page.state_holder.delete_state(session)

    _, address, _ = page.launch(
        server_name="127.0.0.1",
        server_port=port,
        prevent_thread_lock=True,
        share=False,
        inbrowser=False,
        quiet=True,
        show_error=False,
        ssr_mode=False,
        strict_cors=True,
        allowed_paths=[],
        max_file_size=MAX_FILE_BYTES,
        state_session_capacity=MAX_SESSIONS,
        enable_monitoring=False,
        run_history=False,
        pwa=False,
        mcp_server=mcp,
        footer_links=["api"],
        theme=gr.themes.Base(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        head=_head(),
        app_kwargs={
            "middleware": [
                Middleware(SecurityHeaders),
                Middleware(OwnSite, names=names),
                Middleware(absent.Absent, answers=answers),
                Middleware(leaving.Leaving, leave=leave),
            ]
        },
    )
    return address


def _head() -> str:
    # Not css_paths: that way Gradio rewrites selectors, and breaks those in media queries.
    style = (ASSETS / "style.css").read_text("utf-8")
    scripts = [(ASSETS / name).read_text("utf-8") for name in ("files.js", "leave.js")]
    return f"<style>{style}</style>" + "".join(f"<script>{script}</script>" for script in scripts)


_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_EACH: dict[str, Any] = {"trigger_mode": "multiple"}
"""No click is dropped; a visitor's of one kind are dealt with in their order, so that each sees
what the one before it changed, and the last one's page is shown last."""
_ONE_LONG: dict[str, Any] = {
    "concurrency_limit": MEASURED_AT_ONCE,
    "concurrency_id": "evaluation",
}


def _wire(page: gr.Blocks, parts: Parts, enter: Callable[[], Visitor]) -> None:
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
        yield from _updates(_present(held or entered(request)).ask(_sent(data), chat))

    def ask(held: object, data: gr.EventData, request: gr.Request) -> Iterator[Outputs]:
        yield _outputs(Update())
        chat = held.open_chat if isinstance(held, Visitor) else None  # it may change meanwhile
        yield from asked.run(request.session_hash or "", answer(held, data, request, chat))

    sent = getattr(parts.header, ASK)
    sent(ask, parts.visitor, parts.outputs, trigger_mode="multiple", **_QUIET)


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
        yield _outputs(Update())
        yield from clicks.run(request.session_hash or "", dealt_with(held, data))

    return handle


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


def _leave(held: object) -> None:
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
