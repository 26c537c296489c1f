"""What can be done with an answer, as HTML: copy it, link to it, judge it."""

from rag.types import Answer
from ui import export, wording
from ui.html import tag, text
from ui.turns import Turn

NAMED_CHARS = 90
"""Of a question, in the name of what stands under its answer."""


def under(number: int, turn: Turn, answer: Answer) -> str:
    """Buttons that copy an answer or a link to it, and ask whether it is right."""
    copies = (
        ("Text", export.as_text(answer)),
        ("Markdown", export.as_markdown(answer)),
        ("JSON", export.as_json(answer)),
    )
    buttons = "".join(
        text("button", name, type="button", data_copy=value, aria_label=f"Copy as {name}")
        for name, value in copies
    )
    if not turn.own:  # who follows a link asks everyone's documents
        buttons += text(
            "button",
            "Link",
            type="button",
            data_link=answer.question,
            data_turn=number,
            aria_label="Copy a link to this answer",
        )
    copying = tag("p", text("span", "Copy") + buttons, class_="tools")
    return copying + _judgement(number, turn)


def _judgement(number: int, turn: Turn) -> str:
    """Whether the answer is right, and the right one where the visitor has marked it."""
    choices = "".join(
        tag(
            "button",
            name,
            type="button",
            class_="plain",
            aria_pressed="true" if turn.rating is right else "false",
            data_event="rate",
            data_value=name.lower(),
            data_turn=number,
        )
        for name, right in (("Yes", True), ("No", False))
    )
    line = tag(
        "p",
        text("span", "Is this right?") + choices,
        class_="judgement",
        role="group",
        aria_label=f"Is this right? {wording.shorten(turn.question, NAMED_CHARS)}",
    )
    if turn.right is not None:
        line += text("p", f"You marked {turn.right.line}", class_="marked", dir="auto")
    elif turn.rating is False:
        hint = "Open a document or a source, select the right answer and mark it."
        line += text("p", hint, class_="why")
    return line
