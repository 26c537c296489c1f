"""An answer for the clipboard: plain text, Markdown, JSON. Every source is named."""

import json
import re

from rag.types import Answer, Citation
from ui import wording

NOT_THERE = "Not in these documents."
NEAREST = "Nearest passages:"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&])")


def as_text(answer: Answer) -> str:
    """Question, answer, sentence and sources as plain lines."""
    lines = [answer.question, ""]
    if answer.text is None:
        lines.append(f"{NOT_THERE} {NEAREST}")
    else:
        lines.append(f"\N{LEFT DOUBLE QUOTATION MARK}{answer.text}\N{RIGHT DOUBLE QUOTATION MARK}")
        if answer.sentence and answer.sentence != answer.text:
            lines.append(answer.sentence)
        lines.append(wording.confidence(answer.confidence))
    lines += ["", *(source_line(citation) for citation in answer.citations)]
    return "\n".join(lines)


def as_markdown(answer: Answer) -> str:
    """The same as Markdown; characters that Markdown would act on are escaped."""
    lines = [f"**{literal(answer.question)}**", ""]
    if answer.text is None:
        lines.append(f"*{NOT_THERE}* {NEAREST}")
    else:
        lines += [f"> **{literal(answer.text)}**", ">", f"> {literal(answer.sentence or '')}"]
        lines += ["", wording.confidence(answer.confidence)]
    lines += ["", *(f"- {literal(source_line(citation))}" for citation in answer.citations)]
    return "\n".join(lines)


def as_json(answer: Answer) -> str:
    """``Answer.to_dict()``, indented."""
    return json.dumps(answer.to_dict(), ensure_ascii=False, indent=2)


def source_line(citation: Citation) -> str:
    """Number, title, place and the start of the checksum of a source."""
    where = f"{citation.title}, {wording.position(citation)}"
    return f"[{citation.number}] {where}, SHA-256 {citation.sha256[:12]}"


def literal(text: str) -> str:
    """One Markdown line of literal text."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
