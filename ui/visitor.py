"""One browser tab: its documents, its conversation, and what each of its events does.

Every event of a Gradio page can be called by anyone who reaches the server, with any JSON, so
each method takes ``object`` and checks it.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from rag.errors import CitespanError
from ui.chats import chats
from ui.documents import library, scope, trouble
from ui.evaluation import Evaluation
from ui.feedback import MAX_MARKED_CHARS, marked, rated
from ui.handlers import Chat, View, integer, number_of, text_of, value_of
from ui.history import Conversation, History, Turns
from ui.library import Library
from ui.render import said, suggestions
from ui.saving import Saving
from ui.selection import Selection
from ui.suggestions import Suggestions
from ui.turns import with_changes
from ui.update import Update
from ui.uploads import Uploads

Panel = Literal["documents", "name", "other"]
"""What the source panel shows: the list of documents, a field for a chat's name, or the rest."""

_MARKED = "Marked as the right answer"
_NOT_MARKED = f"Not marked: select up to {MAX_MARKED_CHARS:,} characters of text"


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
        self._numbers = itertools.count()
        self._saving = Saving(library)
        self._selection = Selection(library)
        self.uploads = Uploads(self._selection)
        self._shown: Panel = "documents"
        self._said = 0
        self._dealt_with: int | None = None  # the turn last cited, rated or marked

    def start(self, query: Mapping[str, str]) -> Update:
        """The page that an address opens."""
        view = self._chat().link(query)
        self._numbers = itertools.count(len(view.turns))
        self._history.change(self._history.current.number, lambda _: view.turns)
        return self._show(view)

    @property
    def open_chat(self) -> int:
        """The number of the conversation that is open."""
        return self._history.current.number

    def ask(self, event: object, number: int | None = None) -> Iterator[Update]:
        """Answer ``{"question": words}``: the question, what is read for it, the answer.

        It is of the chat of this ``number``, else of the one that is open. Nothing changes where
        there is no question.
        """
        asked = text_of(event.get("question")) if isinstance(event, Mapping) else ""
        if not asked:
            return
        chat = self._chat()
        number = self.open_chat if number is None else number
        for turn in chat.steps(asked, next(self._numbers)):
            if turn.pending and number == self._history.current.number:
                yield Update(chat.conversation((*self._turns, turn)))
        changed = self._history.change(number, lambda held: (*held, turn))
        if number == self._history.current.number:
            view = chat.view(changed.turns)
            yield Update(view.conversation) if self._shown == "name" else self._show(view)

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
        panel = self._chat().cite(event, self._turns)
        self._deal_with(event, panel)
        return self._open(panel)

    def preview(self, event: object) -> Update:
        """Open a document in the source panel."""
        return self._open(self._chat().preview(event, self._turns, self._dealt_with))

    def explain(self, event: object) -> Update:
        """Show how an answer was found."""
        open_now = self._history.current
        return self._turns_changed(open_now, self._chat().explain(event, open_now.turns))

    def rate(self, event: object) -> Update:
        """Say that an answer is right or wrong."""
        open_now = self._history.current
        turns = rated(open_now.turns, event)
        self._deal_with(event, turns)
        return self._turns_changed(open_now, turns)

    def mark(self, event: object) -> Update:
        """Say where in a document the right answer stands."""
        open_now, store = self._history.current, self._library.answerer.store
        turns = marked(open_now.turns, event, store)
        self._deal_with(event, turns)
        self._said += 1
        words = said(_NOT_MARKED if turns is None else _MARKED, self._said)
        return replace(self._turns_changed(open_now, turns), outbox=words)

    def reset(self) -> Update:
        """A new conversation; the old one stays in the list of chats."""
        self._history.start()
        return self._show(self._chat().view())

    def chats(self, renaming: int | None = None) -> Update:
        """The list of conversations in the source panel."""
        self._shown = "other" if renaming is None else "name"
        current = self._history.current.number
        held = self._history
        return Update(source=chats(held.all(), current, renaming, held.deleted))

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
        """Delete the conversation ``{"value": number}``; the last one can be put back."""
        self._history.delete(number_of(event))
        return self._listed()

    def restore(self) -> Update:
        """Put the conversation deleted last back."""
        self._history.restore()
        return self._listed()

    def _listed(self) -> Update:
        """The open conversation and the list of all."""
        view = self._chat().view(self._turns)
        return Update(view.conversation, self.chats().source)

    def save(self, event: object) -> Update:
        """Offer the open conversation as a file: ``{"value": kind}``."""
        return self._saving.offer(self._history.current, value_of(event))

    def library(self) -> Update:
        """The list of documents in the source panel."""
        self._shown = "documents"
        welcome = None if self._turns else self._chat().conversation(())
        shelf = self._selection.shelf()
        return Update(welcome, library(shelf), scope=scope(shelf))

    def choose(self, event: object) -> Update:
        """Ask a document or leave it out: ``{"value": id}``, or "all" or "none" of them."""
        self._selection.choose(value_of(event))
        return self.library()

    def remove(self, event: object) -> Update:
        """Remove the source ``{"value": source}``; it can be put back."""
        return self._changed(lambda: self._library.remove(value_of(event)))

    def undo(self) -> Update:
        """Put the last removed document back."""
        return self._changed(self._selection.undo)

    def upload(self, files: object) -> Iterator[Update]:
        """Take in the files that Gradio has received, with progress."""
        update = None
        for update in self.uploads.take(files):
            yield update
        if update:
            yield self.library() if self._shown == "documents" else Update(scope=self._scope())

    def close(self) -> None:
        """Stop what is under way, and delete what is the visitor's alone."""
        self.evaluation.close()
        self.uploads.close()
        if not self._shared:
            self._library.close()

    def _chat(self) -> Chat:
        mine = self._library
        own = mine.changed and not self._shared
        return Chat(mine.answerer, self._selection.chosen, mine.removed, own=own)

    def _scope(self) -> str:
        return scope(self._selection.shelf())

    @property
    def _turns(self) -> Turns:
        return self._history.current.turns

    def _turns_changed(self, before: Conversation, turns: Turns | None) -> Update:
        """The conversation after one of its turns has changed; None: it has not."""
        if turns is None:
            return Update()
        changed = self._history.change(
            before.number, lambda held: with_changes(held, before.turns, turns)
        )
        if before.number != self._history.current.number:
            return Update()
        return Update(self._chat().view(changed.turns).conversation)

    def _deal_with(self, event: object, done: object) -> None:
        """Remember the turn of an event, unless it was none (``done`` is None)."""
        if done is not None:
            self._dealt_with = integer(event, "turn")

    def _show(self, view: View) -> Update:
        cited = view.turns and view.turns[-1].citations
        self._shown = "other" if cited else "documents"
        self._dealt_with = None  # the last one's source is shown
        return Update(view.conversation, view.source)

    def _open(self, panel: str | None) -> Update:
        if panel is not None:
            self._shown = "other"
        return Update(source=panel)

    def _changed(self, change: Callable[[], object]) -> Update:
        """The list after a change, or what went wrong with it."""
        try:
            change()
        except CitespanError as error:
            return Update(intake=trouble(str(error)))
        return self.library()
