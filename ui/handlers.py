"""From what the page sends to what it shows; no Gradio here.

Every event of a Gradio page can be called by anyone who reaches the server, with any JSON, so
each method takes ``object`` and checks it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag.answerer import Answerer
from rag.errors import CitespanError, QuestionError
from ui import render, source
from ui.turns import Turn, sentence_offset

MAX_TURNS = 50
"""Older turns of a conversation leave the page."""
SHOWN_QUESTION_CHARS = 500

_log = logging.getLogger(__name__)
_BROKEN = "Something went wrong while answering. The terminal that runs citespan says what."


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows after an event, and the conversation it then holds."""

    conversation: str
    source: str
    turns: tuple[Turn, ...]


class Chat:
    """The page's behaviour over one answerer. Holds nothing of any visitor."""

    def __init__(self, answerer: Answerer, examples: Sequence[str] = ()) -> None:
        """Examples are questions offered while the conversation is empty."""
        self._answerer = answerer
        self._examples = tuple(examples)

    def view(self, turns: Sequence[Turn] = ()) -> View:
        """The page with these turns and the last one's first source open."""
        kept = tuple(turns)[-MAX_TURNS:]
        documents = self._answerer.store.documents()
        html = render.conversation(kept, render.welcome(self._examples, len(documents)))
        last = len(kept) - 1
        if kept and kept[last].citations:
            return View(html, self._panel(kept, last, 0), kept)
        return View(html, source.library(documents), kept)

    def waiting(self, question: object, turns: Sequence[Turn]) -> View | None:
        """The page while the question is being answered; None where there is no question."""
        asked = _question(question)
        if not asked:
            return None
        shown = Turn(_shortened(asked))
        view = self.view((*turns, shown))
        return replace(view, turns=view.turns[:-1])

    def ask(self, question: object, turns: Sequence[Turn]) -> View:
        """Answer a question, or say in its place what was wrong with it."""
        asked = _question(question)
        return self.view((*turns, self._answered(asked)) if asked else turns)

    def link(self, query: Mapping[str, str]) -> View:
        """The page that a link opens: ``q`` is asked, and its source number ``c`` shown."""
        view = self.ask(query.get("q"), ())
        number = query.get("c", "")
        if view.turns and number.isascii() and number.isdigit():
            opened = self.cite({"turn": 0, "citation": int(number[:4]) - 1}, view.turns)
            return replace(view, source=opened or view.source)
        return view

    def cite(self, event: object, turns: Sequence[Turn]) -> str | None:
        """The source panel for ``{"turn": n, "citation": i}``; None where there is no such."""
        turn = _integer(event, "turn")
        citation = _integer(event, "citation")
        if turn is None or not 0 <= turn < len(turns):
            return None
        if citation is None or not 0 <= citation < len(turns[turn].citations):
            return None
        return self._panel(turns, turn, citation)

    def preview(self, event: object) -> str | None:
        """The source panel for ``{"document": id}``; None where the store has no such."""
        wanted = event.get("document") if isinstance(event, Mapping) else None
        document = self._answerer.store.document(wanted) if isinstance(wanted, str) else None
        return None if document is None else source.preview(document)

    def library(self) -> str:
        """The source panel with the list of documents."""
        return source.library(self._answerer.store.documents())

    def answer(self, question: object) -> dict[str, Any]:
        """The answer as JSON, for the programming interface.

        Raises:
            QuestionError: the question is no text, empty or too long.
        """
        if not isinstance(question, str):
            raise QuestionError("the question must be a string")
        return self._answerer.ask(question).to_dict()

    def _answered(self, question: str) -> Turn:
        shown = _shortened(question)
        try:
            answer = self._answerer.ask(question)
            offset = None
            if answer.citations:
                document = self._answerer.store.document(answer.citations[0].document_id)
                offset = sentence_offset(document.text, answer) if document else None
        except CitespanError as error:
            return Turn(shown, error=str(error))
        except Exception:  # noqa: BLE001 - the page must not wait for ever; the log has the cause
            _log.exception("a question was not answered")
            return Turn(shown, error=_BROKEN)
        return Turn(shown, answer, offset)

    def _panel(self, turns: Sequence[Turn], turn: int, index: int) -> str:
        citation = turns[turn].citations[index]
        document = self._answerer.store.document(citation.document_id)
        if document is None or document.sha256 != citation.sha256:
            return source.missing(citation)
        return source.cited(document, turn, turns[turn], index)


def _question(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _shortened(question: str) -> str:
    if len(question) <= SHOWN_QUESTION_CHARS:
        return question
    return question[:SHOWN_QUESTION_CHARS] + "\N{HORIZONTAL ELLIPSIS}"


def _integer(event: object, key: str) -> int | None:
    value = event.get(key) if isinstance(event, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
