"""A conversation offered to the browser as a file to save."""

from collections.abc import Callable

from ui import transcript
from ui.chats import file
from ui.feedback import as_questions
from ui.history import Conversation
from ui.library import Library
from ui.update import Update

_FILES: dict[str, tuple[str, Callable[[Conversation], str]]] = {
    "markdown": (".md", transcript.as_markdown),
    "html": (".html", transcript.as_html),
    "json": (".json", transcript.as_json),
}


class Saving:
    """Counts what it offers: the same file twice is two downloads."""

    def __init__(self, library: Library) -> None:
        """Answers are from a library; nothing was offered yet."""
        self._library = library
        self._count = 0

    def offer(self, chat: Conversation, kind: str) -> Update:
        """A conversation as "markdown", "html", "json" or, where judged, "questions"."""
        if kind == "questions":
            ending = "-questions.jsonl"
            content = as_questions(chat.turns, self._library.documents())
        elif kind in _FILES:
            ending, write = _FILES[kind]
            content = write(chat)
        else:
            return Update()
        self._count += 1
        return Update(outbox=file(f"citespan-chat-{chat.number}{ending}", content, self._count))
