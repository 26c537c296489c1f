"""The source panel as HTML: the cited characters, marked, in their surroundings."""

from collections.abc import Sequence

from rag.types import Citation, Document, Evidence
from ui import wording
from ui.html import button, escape, tag, text
from ui.turns import Turn

SURROUNDINGS = 3000
"""Characters shown before and after the cited passage; documents may be megabytes long."""
PREVIEW_CHARS = 12000
"""Characters shown of a document that is opened, or from where a source is cut."""
CUT_CHARS = 200
"""Characters before a cut among which the end of a line or a word is looked for."""
QUESTION_CHARS = 80
"""Of the question whose right answer can be marked."""
CLOSEST = 3
"""Sentences marked where there is no answer."""

Bounds = tuple[int, int]


def part(document: str, start: int | None, end: int | None) -> Bounds | None:
    """The part of a text that begins at ``start``, or ends at ``end``; None where none does."""
    if start is not None and 0 <= start < len(document):
        return start, _cut(document, start + PREVIEW_CHARS)
    if end is not None and 0 < end <= len(document):
        return _cut(document, end - PREVIEW_CHARS), end
    return None


def preview(document: Document, turn: Turn | None = None, part: Bounds | None = None) -> str:
    """A part of a document, else its start; the right answer of a turn can be marked in it."""
    low, high = part or (0, _cut(document.text, PREVIEW_CHARS))
    note = wording.count(len(document.text), "character")
    if (low, high) != (0, len(document.text)):
        note += f", {f'{low:,}{_TO}' if low else 'the first '}{high:,} shown"
    title = text("h2", document.title, dir="auto")
    line = text("p", note, class_="where")
    marker = _marker(turn.number, turn.question) if turn else ""
    header = tag("header", _navigation("") + title + line + marker)
    return panel(header + _body(document, (low, high), escape(document.text[low:high])))


def cited(
    document: Document, turn_number: int, turn: Turn, index: int, part: Bounds | None = None
) -> str:
    """The cited characters of ``turn.citations[index]`` and, in another colour, the evidence.

    ``mark.cited`` holds exactly ``document.text[citation.start:citation.end]``, or what the part
    has of it; without a part what surrounds the citation is shown.
    """
    citation = turn.citations[index]
    bounds = part or _surroundings(document.text, citation)
    shown = _marked(document.text, bounds, citation, _evidence(turn, citation))
    below = _legend(citation, shown) + _marker(turn_number, turn.question)
    note = f" \N{MIDDLE DOT} {bounds[0]:,}{_TO}{bounds[1]:,} shown" if part else ""
    header = _header(turn_number, turn, index, note) + below
    body = _body(document, bounds, shown, turn_number, index)
    return panel(tag("header", header) + body, turn_number, index)


def close_button(label: str) -> str:
    """The cross that brings the documents back."""
    return text("button", _CROSS, type="button", data_close=True, aria_label=label)


def missing(turn_number: int, turn: Turn, index: int) -> str:
    """The panel for a citation whose document has left the store."""
    words = f"{turn.citations[index].title} is no longer among the documents."
    header = tag("header", _header(turn_number, turn, index))
    return panel(header + text("p", words, class_="error", role="alert"), turn_number, index)


_BODY: dict[str, str | int | bool | None] = {
    "class_": "text",
    "dir": "auto",
    "tabindex": 0,
    "role": "document",
}
_CROSS = "\N{MULTIPLICATION X}"
_EVIDENCE = '<mark class="evidence">'
_TO = "\N{EN DASH}"


def panel(content: str, turn: int | None = None, citation: int | None = None) -> str:
    """What stands on the right; with a turn and a citation where it shows one."""
    return tag("section", content, class_="source", data_turn=turn, data_citation=citation)


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


def _body(
    document: Document,
    bounds: Bounds,
    shown: str,
    turn: int | None = None,
    citation: int | None = None,
) -> str:
    """A part of the text, as HTML; the page's script needs to know what is selected in it.

    Where it is cut a button leads to what is beside it, of the citation or of the document.
    """
    (low, high), whole = bounds, len(document.text)
    of: dict[str, str | int | bool | None] = {"data_turn": turn, "data_citation": citation}
    if citation is None:
        of = {"data_document": document.id}
    earlier = _beside("Earlier", data_end=low, **of) if low else ""
    later = _beside("Later", data_start=high, **of) if high < whole else ""
    label = f"Characters {low:,}{_TO}{high:,} of {whole:,}" if earlier or later else None
    return tag(
        "div",
        earlier + shown + later,
        data_document=document.id,
        data_start=low,
        aria_label=label,
        **_BODY,
    )


def _beside(name: str, **data: str | int | bool | None) -> str:
    """A button at a cut; its direction is not the text's."""
    pressed = text("button", name, type="button", class_="plain", **data)
    return tag("span", pressed, class_="cut", dir="ltr")


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


def _header(turn_number: int, turn: Turn, index: int, note: str = "") -> str:
    """What stands above the text of a citation."""
    citation = turn.citations[index]
    own = turn.answer.citations if turn.answer else ()
    kind = _kind(citation, own=index < len(own))
    steps = _steps(turn_number, index, len(turn.citations))
    title = text("h2", citation.title, dir="auto", title=citation.title)
    heading = text("p", citation.heading, class_="section", dir="auto") if citation.heading else ""
    line = f"{kind} \N{MIDDLE DOT} {wording.position(citation)}{note}"
    return _navigation(steps) + title + heading + text("p", line, class_="where")


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


def _surroundings(document: str, citation: Citation) -> Bounds:
    low = min(citation.passage_start, citation.start) - SURROUNDINGS
    high = max(citation.passage_end, citation.end) + SURROUNDINGS
    return _cut(document, low), _cut(document, high)


def _cut(document: str, at: int) -> int:
    """Where a text is cut: after the last line, else word, that ends shortly before ``at``."""
    if not 0 < at < len(document):
        return min(max(0, at), len(document))
    first = max(0, at - CUT_CHARS)
    ends = (document.rfind(end, first, at) + 1 for end in ("\n", " "))
    return next(filter(None, ends), at)


def _marked(document: str, bounds: Bounds, citation: Citation, others: Sequence[Bounds]) -> str:
    """A part of a document, with what is in it of a citation and of its evidence."""
    low, high = bounds
    edges = (
        min(citation.passage_start, citation.start),
        citation.start,
        citation.end,
        max(citation.passage_end, citation.end),
    )
    first, start, end, last = (min(max(edge, low), high) for edge in edges)
    chosen = ""
    if start < end and citation.supports:
        chosen = text("mark", document[start:end], class_="cited")
    elif start < end:  # a whole passage: what bears on the question stands inside it
        inside = _with_evidence(document, start, end, others)
        chosen = tag("mark", inside, class_="near")
    passage = (
        _with_evidence(document, first, start, others)
        + chosen
        + _with_evidence(document, end, last, others)
    )
    return (
        _with_evidence(document, low, first, others)
        + (tag("span", passage, class_="passage") if passage else "")
        + _with_evidence(document, last, high, others)
    )


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
