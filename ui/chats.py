"""The list of chats as HTML, and files for the browser to save."""

from collections.abc import Sequence

from ui import wording
from ui.documents import undo
from ui.history import MAX_NAME_CHARS, Conversation
from ui.html import attributes, button, tag, text
from ui.source import close_button, panel

FORMATS = {"markdown": "Markdown", "html": "HTML", "json": "JSON"}


def chats(
    listed: Sequence[Conversation],
    current: int,
    renaming: int | None = None,
    deleted: str | None = None,
) -> str:
    """Every conversation: open, rename, delete; and what can be saved of the open one.

    ``deleted`` is the title of one that can be put back.
    """
    navigation = tag("nav", close_button("Close chats"), aria_label="Chats")
    heading = text("h2", wording.count(len(listed), "chat"))
    hint = text("p", "Kept until this page is closed.", class_="where")
    rows = "".join(_row(chat, current, renaming=chat.number == renaming) for chat in listed)
    return panel(
        tag("header", navigation + heading + hint)
        + undo("Deleted", deleted, "restore")
        + tag("ul", rows, class_="library chats", aria_label="Chats")
        + _saving()
    )


def file(name: str, content: str, count: int) -> str:
    """What the page's script offers as a download; ``count`` tells equal files apart."""
    return tag("span", "", hidden=True, data_download=name, data_content=content, data_count=count)


def _row(chat: Conversation, current: int, *, renaming: bool) -> str:
    number = str(chat.number)
    if renaming:
        shown = attributes(
            class_="name",
            value=chat.title,
            maxlength=MAX_NAME_CHARS,
            aria_label="Name of this chat",
            data_event="rename",
            data_value=number,
        )
        return tag("li", f"<input{shown}>" + button("Keep", "rename", number))
    content = text("span", chat.title, class_="title", dir="auto")
    content += text("span", wording.count(len(chat.turns), "question"), class_="position")
    opened = tag(
        "button",
        content,
        type="button",
        class_="document",
        aria_current="true" if chat.number == current else None,
        data_event="open",
        data_value=number,
    )
    rename = button("Rename", "edit", number, label=f"Rename {chat.title}")
    delete = button("Delete", "delete", number, label=f"Delete {chat.title}")
    return tag("li", opened + rename + delete)


def _saving() -> str:
    buttons = "".join(
        button(name, "save", kind, label=f"Save this chat as {name}")
        for kind, name in FORMATS.items()
    )
    questions = button(
        "Questions", "save", "questions", label="Save the answers you judged as a question set"
    )
    words = text("span", "Save this chat as")
    return tag("p", words + buttons + questions, class_="saving")
