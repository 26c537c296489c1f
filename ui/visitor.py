"""One browser tab: its documents, its conversation, and what each of its events does.

Every event of a Gradio page can be called by anyone who reaches the server, with any JSON, so
each method takes ``object`` and checks it.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

from rag.errors import CitespanError
from ui import transcript
from ui.chats import chats, file
from ui.documents import progress, scope, trouble
from ui.evaluation import Evaluation
from ui.feedback import as_questions, marked, rated
from ui.handlers import MAX_TURNS, Chat, View, number_of, text_of, value_of
from ui.history import Conversation, History, Turns
from ui.library import Library
from ui.render import suggestions
from ui.selection import Selection
from ui.suggestions import Suggestions
from ui.update import Update

_FILES: dict[str, tuple[str, Callable[[Conversation], str]]] = {
    "markdown": (".md", transcript.as_markdown),
    "html": (".html", transcript.as_html),
    "json": (".json", transcript.as_json),
    "questions": ("-questions.jsonl", lambda chat: as_questions(chat.turns)),
}
_log = logging.getLogger(__name__)


class Visitor:
    """Lives in the session's state, never in a global; its library may be shared by all."""

    def __init__(
        self,
        library: Library,
        examples: Sequence[str] = (),
        *,
        shared: bool = False,
        suggestions: Suggestions | None = None,
    ) -> None:
        """A shared library outlives the visitor.

        ``examples`` are offered until the documents change; without them ``suggestions`` makes
        some, as it does for all visitors.
        """
        self._library = library
        self.evaluation = Evaluation(library)
        self._common = suggestions or Suggestions()
        self._own = self._common if shared else Suggestions()
        self._shared = shared
        self._examples = examples
        self._history = History()
        self._saved = 0
        self._selection = Selection(library)
        self._shelf_shown = True

    def start(self, query: Mapping[str, str]) -> Update:
        """The page that an address opens."""
        view = self._chat().link(query)
        self._history.change(self._history.current.number, lambda _: view.turns)
        return self._show(view)

    def ask(self, event: object) -> Iterator[Update]:
        """Answer ``{"question": words}``: the question, what is read for it, the answer.

        Nothing changes where there is no question.
        """
        asked = text_of(event.get("question")) if isinstance(event, Mapping) else ""
        if not asked:
            return
        chat, number = self._chat(), self._history.current.number
        for turn in chat.steps(asked):
            if turn.pending and number == self._history.current.number:
                yield Update(chat.conversation((*self._turns, turn)))
        changed = self._history.change(number, lambda held: (*held, turn)[-MAX_TURNS:])
        if number == self._history.current.number:
            yield self._show(chat.view(changed.turns))

    def suggest(self) -> Iterator[Update]:
        """Example questions for the documents that are asked, while the chat is empty."""
        if self._turns:
            return
        library = self._library
        if self._examples and not library.changed:
            yield Update(suggestions=suggestions(self._examples))
            return
        makes = self._own if library.changed else self._common
        try:
            made = makes.of(library.answerer, self._selection.chosen)
        except CitespanError:
            made = ()  # the documents were changed or have gone in the meantime
        yield Update(suggestions=suggestions(made))

    def judged(self) -> Iterator[Update]:
        """Measure with the answers of the open conversation that were judged."""
        return self.evaluation.judged(self._turns)

    def stop(self) -> Update:
        """End the evaluation that is under way."""
        self.evaluation.stop()
        return Update()

    def cite(self, event: object) -> Update:
        """Open a citation in the source panel."""
        return self._open(self._chat().cite(event, self._turns))

    def preview(self, event: object) -> Update:
        """Open a document in the source panel."""
        return self._open(self._chat().preview(event, self._turns))

    def explain(self, event: object) -> Update:
        """Show how an answer was found."""
        return self._judged(self._chat().explain(event, self._turns))

    def rate(self, event: object) -> Update:
        """Say that an answer is right or wrong."""
        return self._judged(rated(self._turns, event))

    def mark(self, event: object) -> Update:
        """Say where in a document the right answer stands."""
        return self._judged(marked(self._turns, event, self._library.answerer.store))

    def reset(self) -> Update:
        """A new conversation; the old one stays in the list of chats."""
        self._history.start()
        return self._show(self._chat().view())

    def chats(self, renaming: int | None = None) -> Update:
        """The list of conversations in the source panel."""
        self._shelf_shown = False
        current = self._history.current.number
        return Update(source=chats(self._history.all(), current, renaming))

    def edit(self, event: object) -> Update:
        """The list with a field for a new name of ``{"value": number}``."""
        return self.chats(number_of(event))

    def rename(self, event: object) -> Update:
        """Name a conversation: ``{"value": number, "name": name}``."""
        name = event.get("name") if isinstance(event, Mapping) else None
        if isinstance(name, str):
            self._history.rename(number_of(event), name)
        return self.chats()

    def open(self, event: object) -> Update:
        """Open the conversation ``{"value": number}``."""
        self._history.open(number_of(event))
        return self._show(self._chat().view(self._turns))

    def delete(self, event: object) -> Update:
        """Forget the conversation ``{"value": number}``."""
        self._history.delete(number_of(event))
        view = self._chat().view(self._turns)
        return Update(view.conversation, self.chats().source)

    def save(self, event: object) -> Update:
        """Offer the open conversation as a file: ``{"value": kind}``."""
        kind, chat = value_of(event), self._history.current
        if kind not in _FILES:
            return Update()
        ending, written = _FILES[kind]
        self._saved += 1
        return Update(
            outbox=file(f"citespan-chat-{chat.number}{ending}", written(chat), self._saved)
        )

    def library(self) -> Update:
        """The list of documents in the source panel."""
        self._shelf_shown = True
        chat = self._chat()
        welcome = None if self._turns else chat.view().conversation
        return Update(welcome, chat.library(), scope=self._scope())

    def choose(self, event: object) -> Update:
        """Ask a document or leave it out: ``{"value": id}``, or "all" or "none" of them."""
        self._selection.choose(value_of(event))
        return self.library()

    def remove(self, event: object) -> Update:
        """Remove the document ``{"value": id}``; it can be put back."""
        return self._changed(lambda: self._library.remove(value_of(event)))

    def undo(self) -> Update:
        """Put the last removed document back."""
        return self._changed(self._selection.undo)

    def upload(self, files: object) -> Iterator[Update]:
        """Take in the files that Gradio has received, with progress."""
        paths = [Path(file) for file in files if isinstance(file, str)] if _many(files) else []
        if not paths:
            return
        try:
            for intake in self._selection.add(paths):
                yield Update(intake=progress(intake))
        except Exception:  # noqa: BLE001 - the page must not wait for ever; the log has the cause
            _log.exception("files were not taken in")
            yield Update(intake=trouble("Adding the files failed; the terminal says why."))
        yield self.library() if self._shelf_shown else Update(scope=self._scope())

    def cancel(self) -> Update:
        """Stop taking in files."""
        self._library.cancel()
        return Update()

    def dismiss(self) -> Update:
        """Clear what was said about files."""
        return Update(intake="")

    def close(self) -> None:
        """Stop what is under way, and delete what is the visitor's alone."""
        self.evaluation.stop()
        if not self._shared:
            self._library.close()

    def _chat(self) -> Chat:
        library = self._library
        return Chat(library.answerer, self._selection.chosen, library.removed)

    def _scope(self) -> str:
        return scope(self._selection.shelf())

    @property
    def _turns(self) -> Turns:
        return self._history.current.turns

    def _judged(self, turns: Turns | None) -> Update:
        """The conversation after one of its turns has changed; None: it has not."""
        if turns is None:
            return Update()
        changed = self._history.change(  # an answer may have come in meanwhile
            self._history.current.number, lambda held: (*turns, *held[len(turns) :])
        )
        return Update(self._chat().view(changed.turns).conversation)

    def _show(self, view: View) -> Update:
        self._shelf_shown = not (view.turns and view.turns[-1].citations)
        return Update(view.conversation, view.source)

    def _open(self, panel: str | None) -> Update:
        if panel is not None:
            self._shelf_shown = False
        return Update(source=panel)

    def _changed(self, change: Callable[[], object]) -> Update:
        """The list after a change, or what went wrong with it."""
        try:
            change()
        except CitespanError as error:
            return Update(intake=trouble(str(error)))
        return self.library()


def _many(files: object) -> TypeGuard[list[object]]:
    return isinstance(files, list)
