"""From what the page sends to what it shows; no Gradio here.

Every event of a Gradio page can be called by anyone who reaches the server, with any JSON, so
each method takes ``object`` and checks it.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag.answerer import Answerer
from rag.errors import CitespanError, QuestionError
from rag.types import Answer, Document, Hit
from ui import render, source
from ui.documents import Shelf, library
from ui.search import MAX_PASSAGES, Found, Search, named, search
from ui.turns import Turn, place_of, sentence_offset

SHOWN_TURNS = 50
"""Older turns of a conversation leave the page; the chat, and what is saved of it, keeps them."""
SHOWN_QUESTION_CHARS = 500
_MAX_NAMES, _MAX_NAME_CHARS = 200, 255

_log = logging.getLogger(__name__)
_BROKEN = "Something went wrong while answering. The terminal that runs citespan says what."
_NO_DOCUMENTS = "There are no documents yet. Add files or a folder, then ask again."
_NONE_ASKED = "No document is asked. Choose at least one in the list of documents."
_GONE = Search(0, 0, store_version=-1, found=())  # no answer is of this version


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows after an event, and the turns that it then holds."""

    conversation: str
    source: str
    turns: tuple[Turn, ...]


class Chat:
    """The page's behaviour over one answerer. Holds nothing of any visitor."""

    def __init__(
        self,
        answerer: Answerer,
        documents: Collection[str] | None = None,
        removed: str | None = None,
        *,
        own: bool = False,
    ) -> None:
        """``documents`` are searched (None: all).

        ``removed`` is the title of a document that can be put back; ``own`` says whether the
        documents are one visitor's alone.
        """
        self._answerer = answerer
        self._documents = documents
        self._removed = removed
        self._own = own

    def view(self, turns: Sequence[Turn] = ()) -> View:
        """The page with these turns and the last one's first source open."""
        kept = tuple(turns)[-SHOWN_TURNS:]
        html = self.conversation(turns)
        if kept and kept[-1].citations:
            return View(html, self._panel(kept[-1], 0), kept)
        return View(html, self.library(), kept)

    def conversation(self, turns: Sequence[Turn]) -> str:
        """The turns alone, also those that are not answered yet."""
        kept = tuple(turns)[-SHOWN_TURNS:]
        documents = 0 if kept else len(self._sources())
        return render.conversation(kept, render.welcome(documents), len(turns) - len(kept))

    def ask(self, question: object, turns: Sequence[Turn]) -> View:
        """Answer a question, or say in its place what was wrong with it."""
        asked = text_of(question)
        number = turns[-1].number + 1 if turns else 0
        return self.view((*turns, self.answered(asked, number)) if asked else turns)

    def link(self, query: Mapping[str, str]) -> View:
        """The page that a link opens: ``q`` is asked, and its source number ``c`` shown."""
        view = self.ask(query.get("q"), ())
        number = query.get("c", "")
        if view.turns and number.isascii() and number.isdigit():
            turn = view.turns[0].number
            opened = self.cite({"turn": turn, "citation": int(number[:4]) - 1}, view.turns)
            return replace(view, source=opened or view.source)
        return view

    def cite(self, event: object, turns: Sequence[Turn]) -> str | None:
        """The source panel for ``{"turn": n, "citation": i}``; None where there is no such.

        With ``"start"`` or ``"end"`` it shows the part of the document that begins or ends there.
        """
        place = place_of(turns, integer(event, "turn"))
        citation = integer(event, "citation")
        if place is None or citation is None or not 0 <= citation < len(turns[place].citations):
            return None
        return self._panel(turns[place], citation, event)

    def explain(self, event: object, turns: Sequence[Turn]) -> tuple[Turn, ...] | None:
        """The turns, with what was searched for ``{"turn": n}``; None where there is no such."""
        place = place_of(turns, integer(event, "turn"))
        if place is None:
            return None
        answer = turns[place].answer
        if answer is None or turns[place].search is not None:
            return None
        try:
            found = search(self._answerer, answer.question, turns[place].asked)
        except CitespanError:
            found = _GONE
        return (*turns[:place], replace(turns[place], search=found), *turns[place + 1 :])

    def preview(
        self, event: object, turns: Sequence[Turn] = (), number: int | None = None
    ) -> str | None:
        """The source panel for ``{"document": id}``; None where the store has no such.

        In it the right answer is marked of the turn of this number, else of the last answered. The
        part that is shown is named as for ``cite``.
        """
        wanted = event.get("document") if isinstance(event, Mapping) else None
        document = self._answerer.store.document(wanted) if isinstance(wanted, str) else None
        if document is None:
            return None
        place = place_of(turns, number)
        answered = [turn for turn in turns if turn.answer]
        last = answered[-1] if answered else None
        turn = last if place is None else turns[place]
        return source.preview(document, turn, _part(document, event))

    def library(self) -> str:
        """The source panel with the list of documents."""
        return library(Shelf(self._answerer.store.documents(), self._documents, self._removed))

    def answer(self, question: object) -> dict[str, Any]:
        """The answer as JSON, for the programming interface.

        Raises:
            QuestionError: the question is no text, empty or too long.
        """
        if not isinstance(question, str):
            raise QuestionError("the question must be a string")
        return self._answerer.ask(question).to_dict()

    def search(self, question: object, limit: object = None) -> list[dict[str, Any]]:
        """The best passages as JSON, for the programming interface.

        Raises:
            QuestionError: the question is no text, empty or too long, or the limit no number.
        """
        if not isinstance(question, str):
            raise QuestionError("the question must be a string")
        if limit is not None and not (
            isinstance(limit, int) and not isinstance(limit, bool) and 1 <= limit <= MAX_PASSAGES
        ):
            raise QuestionError(f"the limit must be a whole number from 1 to {MAX_PASSAGES}")
        return [one.to_dict() for one in search(self._answerer, question, limit=limit).found]

    def answered(self, question: str, number: int = 0) -> Turn:
        """The turn of a question, with its answer or what was wrong."""
        *_, turn = self.steps(question, number)
        return turn

    def steps(self, question: str, number: int = 0) -> Iterator[Turn]:
        """The turn at once, then with the passages that are read, then as ``answered``."""
        turn = Turn(_shortened(question), asked=self._documents, number=number, own=self._own)
        yield turn
        try:
            for step in self._answerer.ask_steps(question, documents=self._documents):
                if isinstance(step, Answer):
                    turn = self._settled(turn, step)
                else:
                    turn = replace(turn, reading=self._reading(step))
                yield turn
        except CitespanError as error:
            yield replace(turn, error=str(error))
        except Exception:  # noqa: BLE001 - the page must not wait for ever; the log has the cause
            _log.exception("a question was not answered")
            yield replace(turn, error=_BROKEN)

    def _settled(self, turn: Turn, answer: Answer) -> Turn:
        """The turn with its answer, or what to do where nothing was there to be asked."""
        if answer.citations:
            return replace(turn, answer=answer, offset=self._offset(answer))
        known = set(self._sources().values())
        if not known:
            return replace(turn, error=_NO_DOCUMENTS)
        if self._documents is not None and known.isdisjoint(self._documents):
            return replace(turn, error=_NONE_ASKED)
        return replace(turn, answer=answer)

    def _sources(self) -> dict[str, str]:
        with self._answerer.store.snapshot() as snapshot:
            return snapshot.sources()

    def _offset(self, answer: Answer) -> int | None:
        document = self._answerer.store.document(answer.citations[0].document_id)
        return sentence_offset(document.text, answer) if document else None

    def _reading(self, hits: Sequence[Hit]) -> tuple[Found, ...]:
        wanted = {hit.passage.document_id for hit in hits}
        found = filter(None, map(self._answerer.store.document, wanted))
        return named(hits, {document.id: document for document in found})

    def _panel(self, turn: Turn, index: int, event: object = None) -> str:
        citation = turn.citations[index]
        document = self._answerer.store.document(citation.document_id)
        if document is None or document.sha256 != citation.sha256:
            return source.missing(turn.number, turn, index)
        return source.cited(document, turn.number, turn, index, _part(document, event))


def text_of(value: object) -> str:
    """A line that the page sent, or nothing where it sent something else."""
    return value.strip() if isinstance(value, str) else ""


def value_of(event: object) -> str:
    """The text that a button of the page carries, or nothing where something else was sent."""
    return text_of(event.get("value")) if isinstance(event, Mapping) else ""


def names_of(event: object, key: str = "names") -> list[str] | None:
    """``{key: [text]}`` that the page sent, within limits, or None."""
    names = event.get(key) if isinstance(event, Mapping) else None
    if not isinstance(names, list):
        return None
    return [name[:_MAX_NAME_CHARS] for name in names[:_MAX_NAMES] if isinstance(name, str)]


def number_of(event: object) -> int | None:
    """The number that a button of the page carries, or None."""
    value = value_of(event)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _part(document: Document, event: object) -> tuple[int, int] | None:
    """The part of a document that an event names, if any."""
    return source.part(document.text, integer(event, "start"), integer(event, "end"))


def _shortened(question: str) -> str:
    if len(question) <= SHOWN_QUESTION_CHARS:
        return question
    return question[:SHOWN_QUESTION_CHARS] + "\N{HORIZONTAL ELLIPSIS}"


def integer(event: object, key: str) -> int | None:
    """A whole number that the page sent, or None where it sent something else."""
    value = event.get(key) if isinstance(event, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
