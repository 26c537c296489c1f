"""The Gradio page: components, events and endpoints are wired here and nowhere else."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from rag.answerer import Answerer
from rag.errors import SettingsError
from ui import render
from ui.endpoints import add_endpoints
from ui.events import EVENTS, Event
from ui.library import Library
from ui.security import SecurityHeaders
from ui.visitor import Update, Visitor

ASSETS = Path(__file__).with_name("assets")
MAX_WAITING = 32
"""Requests that may wait; further ones are refused at once."""
AT_ONCE = 4
"""Requests of one kind that run at the same time."""

UPLOADS_AT_ONCE = 2
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
        examples: Questions offered at the start.
    """
    parent = uploads or Path(tempfile.gettempdir())
    page = gr.Blocks(
        title="citespan", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    )
    with page:
        add_endpoints(shared or Library(answerer, parent))  # first, for the plain names
        parts = _parts()

        def enter() -> Visitor:
            library = shared or Library(answerer, parent)
            return Visitor(library, examples, shared=shared is not None)

        _wire(page, parts, enter)
    page.queue(max_size=MAX_WAITING, default_concurrency_limit=AT_ONCE)
    return page


def launch(page: gr.Blocks, port: int | None, *, mcp: bool = False) -> str:
    """Serve the page on 127.0.0.1 without blocking; returns its address.

    ``mcp`` offers the endpoints as tools of the Model Context Protocol, under ``MCP_PATH``.

    Raises:
        OSError: the port is taken; with ``None`` the next free one from 7860 is used.
        SettingsError: what MCP needs is not installed.
    """
    if mcp and find_spec("mcp") is None:
        raise SettingsError("--mcp needs more packages: pip install 'citespan[mcp]'")
    with redirect_stdout(sys.stderr):  # quiet does not cover what Gradio says of MCP
        address = _launch(page, port, mcp=mcp)
    if page.mcp_error:
        page.close()
        raise SettingsError(f"the MCP server did not start: {page.mcp_error}")
    return address


def _launch(page: gr.Blocks, port: int | None, *, mcp: bool) -> str:
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
        max_file_size="20mb",
        enable_monitoring=False,
        run_history=False,
        pwa=False,
        mcp_server=mcp,
        footer_links=["api"],
        theme=gr.themes.Base(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        # Not css_paths: that way Gradio rewrites selectors, and breaks those in media queries.
        head=f"<style>{(ASSETS / 'style.css').read_text('utf-8')}</style>",
        app_kwargs={"middleware": [Middleware(SecurityHeaders)]},
    )
    return address


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components of the page that take part in events."""

    header: gr.HTML
    conversation: gr.HTML
    scope: gr.HTML
    question: gr.Textbox
    source: gr.HTML
    intake: gr.HTML
    outbox: gr.HTML
    files: gr.File
    folder: gr.UploadButton
    visitor: gr.State

    @property
    def outputs(self) -> list[gr.HTML]:
        """What an ``Update`` writes to, in the order of its fields."""
        return [self.conversation, self.source, self.intake, self.scope, self.outbox]


def _parts() -> _Parts:
    """The layout: a bar, the conversation left, the source and the documents right."""
    visitor = gr.State(None, delete_callback=_leave)
    header = _html("status", render.header())
    with gr.Row(elem_id="columns"):
        with gr.Column(elem_id="left", scale=5, min_width=320):
            conversation = _html("conversation")
            scope = _html("scope")
            question = _question_box()
        with gr.Column(elem_id="right", scale=4, min_width=320):
            source = _html("source")
            intake = _html("intake")
            with gr.Row(elem_id="drop"):
                # No file_types: a file of another kind would keep the rest out, unexplained.
                files = gr.File(
                    label="Add documents", show_label=False, file_count="multiple", height=84
                )
                folder = gr.UploadButton("Add a folder", file_count="directory", size="sm")
    return _Parts(
        header=header,
        conversation=conversation,
        scope=scope,
        question=question,
        source=source,
        intake=intake,
        outbox=_html("outbox"),
        files=files,
        folder=folder,
        visitor=visitor,
    )


def _html(name: str, value: str = "") -> gr.HTML:
    # Gradio knows a custom event by its name, in quotes, in the script.
    names = " ".join(f'"{name}"' for name in ("ask", *EVENTS))
    script = f"// {names}\n{(ASSETS / 'page.js').read_text('utf-8')}"
    return gr.HTML(value, js_on_load=script, apply_default_css=False, elem_id=name)


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        label="Question",
        placeholder="Ask a question",
        show_label=False,
        container=False,
        autofocus=True,
        submit_btn=True,
        lines=1,
        max_lines=6,
        elem_id="question",
    )


_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def _wire(page: gr.Blocks, parts: _Parts, enter: Callable[[], Visitor]) -> None:
    """Connect what a visitor does to the handlers; none of these is a public endpoint."""
    visitor, outputs = parts.visitor, parts.outputs

    def start(request: gr.Request) -> Outputs:
        entered = enter()
        return (*_outputs(entered.start(dict(request.query_params))), entered)

    def submit(held: object, question: str) -> Iterator[Outputs]:
        for update in _present(held).ask(question):
            yield ("", *_outputs(update))

    def ask(held: object, event: gr.EventData) -> Iterator[Outputs]:
        for update in _present(held).ask(_field(_sent(event), "question")):
            yield _outputs(update)

    page.load(start, None, [*outputs, visitor], **_QUIET)
    box = parts.question
    box.submit(submit, [visitor, box], [box, *outputs], **_QUIET)
    for part in (parts.header, *outputs):
        part.ask(ask, visitor, outputs, **_QUIET)
        for name, method in EVENTS.items():
            getattr(part, name)(_handler(method), visitor, outputs, **_QUIET)
    _wire_uploads(parts)


def _wire_uploads(parts: _Parts) -> None:
    """Dropped files and folders; the drop area is empty again as soon as they are here."""

    def upload(held: object, files: object) -> Iterator[Outputs]:
        for update in _present(held).upload(files):
            yield (None, None, *_outputs(update))

    for drop in (parts.files, parts.folder):
        drop.upload(
            upload,
            [parts.visitor, drop],
            [parts.files, parts.folder, *parts.outputs],
            concurrency_limit=UPLOADS_AT_ONCE,
            concurrency_id="upload",
            **_QUIET,
        )


def _handler(method: Event) -> Callable[[object, gr.EventData], Outputs]:
    def handle(held: object, event: gr.EventData) -> Outputs:
        return _outputs(method(_present(held), _sent(event)))

    return handle


def _present(held: object) -> Visitor:
    """The visitor of a session; there is none where the server has restarted since."""
    if not isinstance(held, Visitor):
        raise gr.Error("The server has been restarted. Reload the page.", print_exception=False)
    return held


def _leave(held: object) -> None:
    if isinstance(held, Visitor):
        held.close()


def _outputs(update: Update) -> Outputs:
    parts = (update.conversation, update.source, update.intake, update.scope, update.outbox)
    return tuple(gr.skip() if part is None else part for part in parts)


def _sent(event: gr.EventData) -> object:
    """What the page's script sent with an event; anything that JSON can say."""
    return event._data  # noqa: SLF001 - its public access is by attribute and raises


def _field(sent: object, name: str) -> object:
    return sent.get(name) if isinstance(sent, dict) else None
