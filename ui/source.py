"""The source panel as HTML: the cited characters, marked, in their surroundings."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.types import Citation, Document, Evidence
from ui import wording
from ui.html import button, escape, tag, text
from ui.turns import Turn

SURROUNDINGS = 3000
"""Characters shown before and after the cited passage; documents may be megabytes long."""
PREVIEW_CHARS = 12000
QUESTION_CHARS = 80
"""Of the question whose right answer can be marked."""
CLOSEST = 3
"""Sentences marked where there is no answer."""


Bounds = tuple[int, int]


def preview(document: Document, turn: Turn | None = None) -> str:
    """The start of a document; the right answer of a turn can be marked in it."""
    shown = document.text[:PREVIEW_CHARS]
    rest = len(document.text) - len(shown)
    note = wording.count(len(document.text), "character") + (
        f", the first {PREVIEW_CHARS:,} shown" if rest else ""
    )
    title = text("h2", document.title, dir="auto")
    line = text("p", note, class_="where")
    marker = _marker(turn.number, turn.question) if turn else ""
    header = tag("header", _navigation("") + title + line + marker)
    return panel(header + _body(document, 0, escape(shown) + (_CUT if rest else "")))


def cited(document: Document, turn_number: int, turn: Turn, index: int) -> str:
    """The cited characters of ``turn.citations[index]`` and, in another colour, the evidence.

    ``mark.cited`` holds exactly ``document.text[citation.start:citation.end]``.
    """
    citation = turn.citations[index]
    own = turn.answer.citations if turn.answer else ()
    kind = _kind(citation, own=index < len(own))
    steps = _steps(turn_number, index, len(turn.citations))
    shown = _surroundings(document.text, citation, _evidence(turn, citation))
    below = _legend(citation, shown.html) + _marker(turn_number, turn.question)
    header = _header(citation, kind, steps, below)
    return panel(header + _body(document, shown.low, shown.html), turn_number, index)


def close_button(label: str) -> str:
    """The cross that brings the documents back."""
    return text("button", _CROSS, type="button", data_close=True, aria_label=label)


def missing(citation: Citation) -> str:
    """The panel for a citation whose document has left the store."""
    words = f"{citation.title} is no longer among the documents."
    return panel(text("p", words, class_="error", role="alert"))


_BODY: dict[str, str | int | bool | None] = {
    "class_": "text",
    "dir": "auto",
    "tabindex": 0,
    "role": "document",
}
_CROSS = "\N{MULTIPLICATION X}"
_EVIDENCE = '<mark class="evidence">'
_CUT = text("span", " \N{HORIZONTAL ELLIPSIS} ", class_="cut", aria_hidden="true")


def panel(content: str, turn: int | None = None, citation: int | None = None) -> str:
    """What stands on the right; with a turn and a citation where it shows one."""
    return tag("section", content, class_="source", data_turn=turn, data_citation=citation)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A part of a document as HTML, from character ``low`` on."""

    low: int
    html: str


def _evidence(turn: Turn, citation: Citation) -> list[Bounds]:
    """What else in the cited document bears on the question, or is quoted for the answer.

    Without an answer it is the few sentences that come closest to one.
    """
    if turn.answer is None:
        return []
    bearing = turn.answer.evidence
    if turn.answer.text is None:
        bearing = bearing[:CLOSEST]
    quoted = (other for other in turn.answer.citations if other.supports and other != citation)
    others: list[Evidence | Citation] = [*bearing, *quoted]
    return [
        (other.start, other.end)
        for other in others
        if other.document_id == citation.document_id and other.sha256 == citation.sha256
    ]


def _legend(citation: Citation, shown: str) -> str:
    """What the two colours mean, where both are there."""
    if _EVIDENCE not in shown:
        return ""
    words, kind, others = "answer", "key cited", "evidence"
    if not citation.supports:
        words, kind, others = "nearest passage", "key near", "closest sentences"
    keys = text("span", words, class_=kind) + text("span", others, class_="key evidence")
    return tag("p", keys, class_="legend")


def _kind(citation: Citation, *, own: bool) -> str:
    if not citation.supports:
        return "Nearest passage, not an answer"
    return "Quoted" if own else "Another possible answer"


def _body(document: Document, low: int, shown: str) -> str:
    """The text from character ``low`` on; its script needs to know what is selected in it."""
    return tag("div", shown, data_document=document.id, data_start=low, **_BODY)


def _marker(number: int, asked: str) -> str:
    question = text("bdi", wording.shorten(asked, QUESTION_CHARS))
    words = (
        f"Select the right answer to \N{LEFT DOUBLE QUOTATION MARK}{question}"
        "\N{RIGHT DOUBLE QUOTATION MARK}, then mark it."
    )
    return tag(
        "p",
        button("Mark as right answer", "mark", turn=number) + tag("span", words),
        class_="marker",
    )


def _header(citation: Citation, kind: str, steps: str, below: str) -> str:
    title = text("h2", citation.title, dir="auto", title=citation.title)
    heading = text("p", citation.heading, class_="section", dir="auto") if citation.heading else ""
    line = text("p", f"{kind} \N{MIDDLE DOT} {wording.position(citation)}", class_="where")
    return tag("header", _navigation(steps) + title + heading + line + below)


def _steps(turn: int, index: int, total: int) -> str:
    if total == 1:
        return ""
    return (
        _step("Previous source", "\N{LEFTWARDS ARROW}", turn, (index - 1) % total)
        + text("span", f"{index + 1} of {total}", class_="count")
        + _step("Next source", "\N{RIGHTWARDS ARROW}", turn, (index + 1) % total)
    )


def _navigation(steps: str) -> str:
    return tag("nav", steps + close_button("Close source"), aria_label="Source")


def _step(label: str, arrow: str, turn: int, index: int) -> str:
    return text(
        "button", arrow, type="button", aria_label=label, data_turn=turn, data_citation=index
    )


def _surroundings(document: str, citation: Citation, others: Sequence[Bounds]) -> _Shown:
    start = min(citation.passage_start, citation.start)
    end = max(citation.passage_end, citation.end)
    low, high = max(0, start - SURROUNDINGS), min(len(document), end + SURROUNDINGS)
    if citation.supports:
        chosen = text("mark", document[citation.start : citation.end], class_="cited")
    else:  # a whole passage: what bears on the question stands inside it
        inside = _with_evidence(document, citation.start, citation.end, others)
        chosen = tag("mark", inside, class_="near")
    passage = (
        _with_evidence(document, start, citation.start, others)
        + chosen
        + _with_evidence(document, citation.end, end, others)
    )
    html = (
        (_CUT if low else "")
        + _with_evidence(document, low, start, others)
        + tag("span", passage, class_="passage")
        + _with_evidence(document, end, high, others)
        + (_CUT if high < len(document) else "")
    )
    return _Shown(low, html)


def _with_evidence(document: str, low: int, high: int, others: Sequence[Bounds]) -> str:
    """``document[low:high]`` with what is evidence marked as such."""
    written, position = "", low
    for other_start, other_end in sorted(others):
        start, end = max(other_start, position), min(other_end, high)
        if start < end:
            written += escape(document[position:start])
            written += text("mark", document[start:end], class_="evidence")
            position = end
    return written + escape(document[position:high])
