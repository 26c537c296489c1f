"""The source panel as HTML: the cited characters, marked, in their surroundings."""

from collections.abc import Sequence

from rag.types import Citation, Document
from ui import wording
from ui.html import button, escape, tag, text
from ui.turns import Turn

SURROUNDINGS = 3000
"""Characters shown before and after the cited passage; documents may be megabytes long."""
PREVIEW_CHARS = 12000


Bounds = tuple[int, int]


def preview(document: Document, turn_number: int | None = None) -> str:
    """The start of a document; the right answer of a turn can be marked in it."""
    shown = document.text[:PREVIEW_CHARS]
    rest = len(document.text) - len(shown)
    note = wording.count(len(document.text), "character") + (
        f", the first {PREVIEW_CHARS:,} shown" if rest else ""
    )
    title = text("h2", document.title, dir="auto")
    line = text("p", note, class_="where")
    header = tag("header", _navigation("") + title + line + _marker(turn_number))
    return panel(header + _body(document, 0, escape(shown) + (_CUT if rest else "")))


def cited(document: Document, turn_number: int, turn: Turn, index: int) -> str:
    """The cited characters of ``turn.citations[index]`` and, in another colour, the others'.

    ``mark.cited`` holds exactly ``document.text[citation.start:citation.end]``.
    """
    citation = turn.citations[index]
    own = turn.answer.citations if turn.answer else ()
    evidence = own if index < len(own) else ()
    others = [
        (other.start, other.end)
        for other in evidence
        if other.document_id == citation.document_id and other.supports and other != citation
    ]
    kind = _kind(citation, own=index < len(own))
    steps = _steps(turn_number, index, len(turn.citations))
    low, shown = _surroundings(document.text, citation, others)
    header = _header(citation, kind, steps, turn_number)
    return panel(header + _body(document, low, shown), turn_number, index)


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
_CUT = text("span", " \N{HORIZONTAL ELLIPSIS} ", class_="cut", aria_hidden="true")


def panel(content: str, turn: int | None = None, citation: int | None = None) -> str:
    """What stands on the right; with a turn and a citation where it shows one."""
    return tag("section", content, class_="source", data_turn=turn, data_citation=citation)


def _kind(citation: Citation, *, own: bool) -> str:
    if not citation.supports:
        return "Nearest passage, not an answer"
    return "Quoted" if own else "Another possible answer"


def _body(document: Document, low: int, shown: str) -> str:
    """The text from character ``low`` on; its script needs to know what is selected in it."""
    return tag("div", shown, data_document=document.id, data_start=low, **_BODY)


def _marker(turn: int | None) -> str:
    if turn is None:
        return ""
    words = "Select the right answer in the text, then mark it."
    return tag(
        "p",
        button("Mark as right answer", "mark", turn=turn) + text("span", words),
        class_="marker",
    )


def _header(citation: Citation, kind: str, steps: str, turn: int) -> str:
    title = text("h2", citation.title, dir="auto", title=citation.title)
    heading = text("p", citation.heading, class_="section", dir="auto") if citation.heading else ""
    line = text("p", f"{kind} \N{MIDDLE DOT} {wording.position(citation)}", class_="where")
    return tag("header", _navigation(steps) + title + heading + line + _marker(turn))


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


def _surroundings(document: str, citation: Citation, others: Sequence[Bounds]) -> tuple[int, str]:
    """The offset of the first character shown, and the HTML."""
    start = min(citation.passage_start, citation.start)
    end = max(citation.passage_end, citation.end)
    low, high = max(0, start - SURROUNDINGS), min(len(document), end + SURROUNDINGS)
    chosen = text(
        "mark",
        document[citation.start : citation.end],
        class_="cited" if citation.supports else "near",
    )
    passage = (
        _with_evidence(document, start, citation.start, others)
        + chosen
        + _with_evidence(document, citation.end, end, others)
    )
    return low, (
        (_CUT if low else "")
        + _with_evidence(document, low, start, others)
        + tag("span", passage, class_="passage")
        + _with_evidence(document, end, high, others)
        + (_CUT if high < len(document) else "")
    )


def _with_evidence(document: str, low: int, high: int, others: Sequence[Bounds]) -> str:
    """``document[low:high]`` with the parts that other citations quote marked as evidence."""
    written, position = "", low
    for other_start, other_end in sorted(others):
        start, end = max(other_start, position), min(other_end, high)
        if start < end:
            written += escape(document[position:start])
            written += text("mark", document[start:end], class_="evidence")
            position = end
    return written + escape(document[position:high])
