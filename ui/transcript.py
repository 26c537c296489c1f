"""A conversation as a file: Markdown, HTML, JSON."""

import json

from ui import export, wording
from ui.history import Conversation
from ui.html import escape, tag, text
from ui.turns import Turn

_STYLE = (
    "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}"
    "h2{font-size:1.1rem;margin:2rem 0 .5rem}blockquote{margin:.5rem 0;padding-left:1rem;"
    "border-left:3px solid #bbb}"
)


def as_markdown(conversation: Conversation) -> str:
    """Every turn as it is copied from the page."""
    parts = [f"# {export.literal(conversation.title)}"]
    for turn in conversation.turns:
        if turn.answer is None:
            parts.append(f"**{export.literal(turn.question)}**\n\n{export.literal(_failure(turn))}")
        else:
            parts.append(export.as_markdown(turn.answer) + _marked_markdown(turn))
    return "\n\n".join(parts) + "\n"


def as_json(conversation: Conversation) -> str:
    """The answers as ``ask`` returns them, with what the visitor said of them."""
    turns = [
        {
            "question": turn.question,
            "answer": turn.answer.to_dict() if turn.answer else None,
            "error": turn.error,
            "rating": turn.rating,
            "right": _place(turn),
        }
        for turn in conversation.turns
    ]
    return json.dumps({"title": conversation.title, "turns": turns}, ensure_ascii=False, indent=2)


def as_html(conversation: Conversation) -> str:
    """A page of its own: no script, nothing loaded, every word escaped."""
    head = (
        '<meta charset="utf-8">'
        + text("title", conversation.title)
        + tag("style", _STYLE)
        + '<meta name="viewport" content="width=device-width">'
    )
    body = text("h1", conversation.title) + "".join(map(_html_turn, conversation.turns))
    return f"<!doctype html>{tag('html', tag('head', head) + tag('body', body), lang='en')}\n"


def _html_turn(turn: Turn) -> str:
    asked = text("h2", turn.question, dir="auto")
    answer = turn.answer
    if answer is None:
        return asked + text("p", _failure(turn))
    sources = "".join(
        text("li", export.source_line(citation), dir="auto") for citation in answer.citations
    )
    marked = tag("p", escape(_marked(turn)), dir="auto") if turn.right else ""
    if answer.text is None:
        nearest = text("p", f"{export.NOT_THERE} {export.NEAREST}") + tag("ul", sources)
        return asked + nearest + marked
    parts = (
        tag("p", tag("strong", text("q", answer.text)), dir="auto"),
        text("blockquote", answer.sentence or "", dir="auto"),
        text("p", wording.confidence(answer.confidence)),
        tag("ul", sources),
        marked,
    )
    return asked + "".join(parts)


def _failure(turn: Turn) -> str:
    return turn.error or "not answered"


def _place(turn: Turn) -> dict[str, object] | None:
    if turn.right is None:
        return None
    right = turn.right
    return {
        "document_id": right.document_id,
        "source": right.source,
        "start": right.start,
        "end": right.end,
        "quote": right.quote,
    }


def _marked(turn: Turn) -> str:
    return f"Marked as the right answer: {turn.right.line}" if turn.right else ""


def _marked_markdown(turn: Turn) -> str:
    return f"\n\n{export.literal(_marked(turn))}" if turn.right else ""
