"""The components of the page and where they stand; no events here."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import gradio as gr

from rag.loaders import supported_suffixes
from ui import render, report
from ui.events import ASK, EVENTS, JOBS
from ui.library import MAX_FILE_BYTES

ASSETS = Path(__file__).with_name("assets")
_SCRIPTS = ("places.js", "page.js")


@dataclass(frozen=True, slots=True)
class Parts:
    """The components of the page that take part in events."""

    header: gr.HTML
    conversation: gr.HTML
    suggestions: gr.HTML
    scope: gr.HTML
    question: gr.Textbox
    source: gr.HTML
    intake: gr.HTML
    outbox: gr.HTML
    files: gr.File
    folder: gr.UploadButton
    questions: gr.File
    evaluation: gr.HTML
    visitor: gr.State

    @property
    def outputs(self) -> list[gr.HTML]:
        """What an ``Update`` writes to, in the order of its fields."""
        return [
            self.conversation,
            self.source,
            self.intake,
            self.scope,
            self.outbox,
            self.suggestions,
            self.evaluation,
        ]


def make_parts(visitor: gr.State) -> Parts:
    """The layout: a bar; conversation left, source and documents right; or the evaluation."""
    header = _html(
        "status",
        _header(),
        events=(ASK, *JOBS, *EVENTS),
        scripts=("connection.js", *_SCRIPTS),
    )
    with gr.Row(elem_id="columns"):
        with gr.Column(elem_id="left", scale=5, min_width=320):
            conversation = _html("conversation")
            suggestions = _html("suggestions")
            scope = _html("scope")
            question = _question_box()
        with gr.Column(elem_id="right", scale=4, min_width=320):
            source = _html("source")
            intake = _html("intake")
            with gr.Row(elem_id="drop"):
                files = _drop("Add documents", "multiple")
                folder = gr.UploadButton("Add a folder", file_count="directory", size="sm")
    with gr.Column(elem_id="bench"):
        _html("measures", report.introduction())
        with gr.Row(elem_id="questions"):
            questions = _drop("Question file", "single")
        evaluation = _html("evaluation")
    return Parts(
        header=header,
        conversation=conversation,
        suggestions=suggestions,
        scope=scope,
        question=question,
        source=source,
        intake=intake,
        outbox=_html("outbox"),
        files=files,
        folder=folder,
        questions=questions,
        evaluation=evaluation,
        visitor=visitor,
    )


def _header() -> str:
    return render.header(supported_suffixes(), MAX_FILE_BYTES)


def _html(
    name: str, value: str = "", events: Iterable[str] = (), scripts: Iterable[str] = _SCRIPTS
) -> gr.HTML:
    # Gradio knows a custom event by its name, in quotes, in the script.
    names = " ".join(f'"{event}"' for event in events)
    script = "\n".join([f"// {names}", *((ASSETS / file).read_text("utf-8") for file in scripts)])
    return gr.HTML(value, js_on_load=script, apply_default_css=False, elem_id=name)


def _drop(label: str, count: Literal["single", "multiple"]) -> gr.File:
    # No file_types: a file of another kind would keep the rest out, unexplained.
    return gr.File(label=label, show_label=False, file_count=count, height=84)


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
