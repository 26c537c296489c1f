"""The source panel as HTML: the cited characters, marked, in their surroundings."""

from collections.abc import Sequence

from rag.snapshot import DocumentInfo
from rag.types import Citation, Document
from ui import wording
from ui.html import escape, tag, text
from ui.turns import Turn

SURROUNDINGS = 3000
"""Characters shown before and after the cited passage; documents may be megabytes long."""
PREVIEW_CHARS = 12000


Bounds = tuple[int, int]


def library(documents: Sequence[DocumentInfo], limit: int = 500) -> str:
    """The loaded documents; each opens its own text."""
    items = "".join(tag("li", _document_button(info)) for info in documents[:limit])
    if len(documents) > limit:
        items += text("li", f"and {len(documents) - limit:,} more")
    heading = text("h2", wording.count(len(documents), "document"))
    hint = text("p", "Choose a citation to see it in its document.", class_="where")
    return _panel(tag("header", heading + hint) + tag("ul", items, class_="library"))


def preview(document: Document) -> str:
    """The start of a document, nothing marked."""
    shown = document.text[:PREVIEW_CHARS]
    rest = len(document.text) - len(shown)
    note = wording.count(len(document.text), "character") + (
        f", the first {PREVIEW_CHARS:,} shown" if rest else ""
    )
    title = text("h2", document.title, dir="auto")
    header = tag("header", _navigation("") + title + text("p", note, class_="where"))
    return _panel(header + tag("div", escape(shown) + (_CUT if rest else ""), **_BODY))


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
    body = tag("div", _surroundings(document.text, citation, others), **_BODY)
    return _panel(_header(citation, kind, steps) + body, turn_number, index)


def missing(citation: Citation) -> str:
    """The panel for a citation whose document has left the store."""
    words = f"{citation.title} is no longer among the documents."
    return _panel(text("p", words, class_="error", role="alert"))


_BODY: dict[str, str | int | bool | None] = {
    "class_": "text",
    "dir": "auto",
    "tabindex": 0,
    "role": "document",
}
_CROSS = "\N{MULTIPLICATION X}"
_CUT = text("span", " \N{HORIZONTAL ELLIPSIS} ", class_="cut", aria_hidden="true")


def _panel(content: str, turn: int | None = None, citation: int | None = None) -> str:
    return tag("section", content, class_="source", data_turn=turn, data_citation=citation)


def _document_button(info: DocumentInfo) -> str:
    size = f"{info.characters:,} characters, {wording.count(info.passages, 'passage')}"
    content = text("span", info.title, class_="title", dir="auto")
    content += text("span", size, class_="position")
    return tag("button", content, type="button", class_="document", data_document=info.id)


def _kind(citation: Citation, *, own: bool) -> str:
    if not citation.supports:
        return "Nearest passage, not an answer"
    return "Quoted" if own else "Another possible answer"


def _header(citation: Citation, kind: str, steps: str) -> str:
    title = text("h2", citation.title, dir="auto", title=citation.title)
    heading = text("p", citation.heading, class_="section", dir="auto") if citation.heading else ""
    line = text("p", f"{kind} \N{MIDDLE DOT} {wording.position(citation)}", class_="where")
    return tag("header", _navigation(steps) + title + heading + line)


def _steps(turn: int, index: int, total: int) -> str:
    if total == 1:
        return ""
    return (
        _step("Previous source", "\N{LEFTWARDS ARROW}", turn, (index - 1) % total)
        + text("span", f"{index + 1} of {total}", class_="count")
        + _step("Next source", "\N{RIGHTWARDS ARROW}", turn, (index + 1) % total)
    )


def _navigation(steps: str) -> str:
    close = text("button", _CROSS, type="button", data_close=True, aria_label="Close source")
    return tag("nav", steps + close, aria_label="Source")


def _step(label: str, arrow: str, turn: int, index: int) -> str:
    return text(
        "button", arrow, type="button", aria_label=label, data_turn=turn, data_citation=index
    )


def _surroundings(document: str, citation: Citation, others: Sequence[Bounds]) -> str:
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
    return (
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
