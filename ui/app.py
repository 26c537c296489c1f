"""The Gradio page: components, events and endpoints are wired here and nowhere else."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api
from starlette.middleware import Middleware

from rag.answerer import Answerer
from rag.errors import CitespanError
from ui import render
from ui.handlers import Chat, View
from ui.security import SecurityHeaders
from ui.turns import Turn

ASSETS = Path(__file__).with_name("assets")
MAX_WAITING = 32
"""Requests that may wait; further ones are refused at once."""
AT_ONCE = 4
"""Requests of one kind that run at the same time."""

Turns = tuple[Turn, ...]
Outputs = tuple[str, str, Turns]


def build(answerer: Answerer, *, examples: Sequence[str] = ()) -> gr.Blocks:
    """The page over one answerer; ``examples`` are questions offered at the start."""
    chat = Chat(answerer, examples)
    script = (ASSETS / "page.js").read_text("utf-8")
    page = gr.Blocks(
        title="citespan", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    )
    with page:
        _endpoints(chat, answerer)  # first, so that these get the plain names
        turns = gr.State(())
        header = _html(render.header(), script, "status")
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="left", scale=5, min_width=320):
                conversation = _html("", script, "conversation")
                question = _question_box()
            with gr.Column(elem_id="right", scale=4, min_width=320):
                source = _html("", script, "source")
        _wire(chat, page, turns, question, (header, conversation, source))
    page.queue(max_size=MAX_WAITING, default_concurrency_limit=AT_ONCE)
    return page


def launch(page: gr.Blocks, port: int | None, **options: Any) -> str:
    """Serve the page on 127.0.0.1 without blocking; returns its address.

    Raises:
        OSError: the port is taken; with ``None`` the next free one from 7860 is used.
    """
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
        mcp_server=False,
        footer_links=["api"],
        theme=gr.themes.Base(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        # Not css_paths: that way Gradio rewrites selectors, and breaks those in media queries.
        head=f"<style>{(ASSETS / 'style.css').read_text('utf-8')}</style>",
        app_kwargs={"middleware": [Middleware(SecurityHeaders)]},
        **options,
    )
    return address


def _html(value: str, script: str, name: str) -> gr.HTML:
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


def _wire(
    chat: Chat,
    page: gr.Blocks,
    turns: gr.State,
    question: gr.Textbox,
    parts: tuple[gr.HTML, gr.HTML, gr.HTML],
) -> None:
    """Connect what a visitor does to the handlers; none of these is a public endpoint."""
    _, conversation, source = parts
    everything = [conversation, source, turns]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    def start(request: gr.Request) -> Outputs:
        return _outputs(chat.link(dict(request.query_params)))

    def submit(asked: str, held: Turns) -> Iterator[tuple[object, ...]]:
        for view in _answering(chat, asked, held):
            yield ("", *view)

    def ask(held: Turns, event: gr.EventData) -> Iterator[Outputs]:
        yield from _answering(chat, _field(_sent(event), "question"), held)

    def cite(held: Turns, event: gr.EventData) -> object:
        return _or_same(chat.cite(_sent(event), held))

    def preview(event: gr.EventData) -> object:
        return _or_same(chat.preview(_sent(event)))

    page.load(start, None, everything, **quiet)
    question.submit(submit, [question, turns], [question, *everything], **quiet)
    for part in parts:
        part.ask(ask, turns, everything, **quiet)
        part.cite(cite, turns, source, **quiet)
        part.preview(preview, None, source, **quiet)
        part.library(chat.library, None, source, **quiet)
        part.reset(lambda: _outputs(chat.view()), None, everything, **quiet)


def _endpoints(chat: Chat, answerer: Answerer) -> None:
    """The programming interface, listed under "Use via API"."""

    def ask(question: str) -> dict[str, Any]:
        try:
            return chat.answer(question)
        except CitespanError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def documents() -> list[dict[str, Any]]:
        return [asdict(info) for info in answerer.store.documents()]

    api(
        ask,
        api_name="ask",
        api_description="Answer a question with a verbatim quotation and its place in the source.",
    )
    api(documents, api_name="documents", api_description="List the loaded documents.")


def _answering(chat: Chat, asked: object, held: Turns) -> Iterator[Outputs]:
    """The question at once, then its answer; nothing changes where there is no question."""
    waiting = chat.waiting(asked, held)
    if waiting is not None:
        yield _outputs(waiting)
    yield _outputs(chat.ask(asked, held))


def _outputs(view: View) -> Outputs:
    return view.conversation, view.source, view.turns


def _or_same(panel: str | None) -> object:
    return gr.skip() if panel is None else panel


def _sent(event: gr.EventData) -> object:
    """What the page's script sent with an event; anything that JSON can say."""
    return event._data  # noqa: SLF001 - its public access is by attribute and raises


def _field(sent: object, name: str) -> object:
    return sent.get(name) if isinstance(sent, dict) else None
