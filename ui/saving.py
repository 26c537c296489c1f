"""A conversation offered to the browser as a file to save."""

from collections.abc import Callable

from ui import transcript
from ui.chats import file
from ui.feedback import as_questions
from ui.history import Conversation
from ui.update import Update

_FILES: dict[str, tuple[str, Callable[[Conversation], str]]] = {
    "markdown": (".md", transcript.as_markdown),
    "html": (".html", transcript.as_html),
    "json": (".json", transcript.as_json),
    "questions": ("-questions.jsonl", lambda chat: as_questions(chat.turns)),
}


class Saving:
    """Counts what it offers: the same file twice is two downloads."""

    def __init__(self) -> None:
        """Nothing was offered yet."""
        self._count = 0

    def offer(self, chat: Conversation, kind: str) -> Update:
        """A conversation as "markdown", "html", "json" or, where judged, "questions"."""
        if kind not in _FILES:
            return Update()
        ending, written = _FILES[kind]
        self._count += 1
        name = f"citespan-chat-{chat.number}{ending}"
        return Update(outbox=file(name, written(chat), self._count))
