"""A library with a choice of the documents that are asked."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from rag.errors import CitespanError
from ui.documents import Intake, Shelf
from ui.library import Library


class Selection:
    """One visitor's choice; what the visitor adds or puts back is asked as well."""

    def __init__(self, library: Library) -> None:
        """Ask all documents."""
        self.library = library
        self._chosen: frozenset[str] | None = None
        self._stops = set[threading.Event]()  # of what is being taken in, one each

    @property
    def chosen(self) -> frozenset[str] | None:
        """Ids of the documents that are asked, of those that are there; None: all."""
        return None if self._chosen is None else self._chosen & self.library.ids()

    def shelf(self) -> Shelf:
        """What the list of documents shows."""
        return Shelf(self.library.documents(), self._chosen, self.library.removed)

    def choose(self, value: str) -> None:
        """Ask a document or leave it out, by its id, or "all" or "none" of them."""
        known = self.library.ids()
        if value == "all":
            self._chosen = None
        elif value == "none":
            self._chosen = frozenset()
        elif value in known:
            asked = (known if self._chosen is None else self._chosen & known) ^ {value}
            self._chosen = None if asked == known else asked

    def add(self, files: Sequence[Path]) -> Iterator[Intake]:
        """Take files in, with progress."""
        before, stop = self.library.ids(), threading.Event()
        self._stops.add(stop)
        try:
            yield from self.library.add(files, stop.is_set)
        finally:
            self._stops.discard(stop)
            new = self.library.ids() - before
            self._ask(new)
        if new:
            with suppress(CitespanError):  # the next question makes the index, or says why not
                self.library.answerer.retriever.prepare()

    def stop(self) -> None:
        """Stop taking files in: those at work are left out, earlier ones are in."""
        for stop in tuple(self._stops):
            stop.set()

    def undo(self) -> None:
        """Put the last removed document back."""
        restored = self.library.undo()
        if restored:
            self._ask({restored})

    def _ask(self, new: set[str] | frozenset[str]) -> None:
        if self._chosen is not None:
            self._chosen |= new
