"""A visitor's conversations: one is open, the others wait in the list of chats."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from ui.turns import Turn

MAX_CHATS = 100
"""The oldest chats beyond these are forgotten."""
MAX_TURNS = 5_000
"""Of all chats together; beyond these the first ones of the oldest chat are forgotten."""
MAX_NAME_CHARS = 80

Turns = tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns under a name; without one it goes by its first question."""

    number: int
    turns: Turns = ()
    name: str = ""

    @property
    def title(self) -> str:
        """What the list calls it."""
        return self.name or (self.turns[0].question if self.turns else "New chat")


class History:
    """All conversations of one visitor, newest first. Safe to share between threads."""

    def __init__(self) -> None:
        """One empty conversation is open."""
        self._lock = threading.Lock()
        self._chats = {1: Conversation(1)}
        self._deleted: dict[int, Conversation] = {}  # the last one
        self._current = 1
        self._next = 2

    @property
    def current(self) -> Conversation:
        """The open one."""
        with self._lock:
            return self._chats[self._current]

    def all(self) -> tuple[Conversation, ...]:
        """Those that hold something, and the open one; newest first."""
        with self._lock:
            kept = [c for c in self._chats.values() if c.turns or c.number == self._current]
            return tuple(reversed(kept))

    @property
    def deleted(self) -> str | None:
        """Title of the conversation that ``restore`` would put back."""
        with self._lock:
            return next((chat.title for chat in self._deleted.values()), None)

    def change(self, number: int, change: Callable[[Turns], Turns]) -> Conversation:
        """Change the turns of a conversation; one that was deleted meanwhile stays deleted."""
        with self._lock:
            kept = self._deleted if number in self._deleted else self._chats
            chat = kept.get(number, Conversation(number))
            chat = replace(chat, turns=change(chat.turns))
            if number in kept:
                kept[number] = chat
                self._forget()
            return kept.get(number, chat)

    def start(self) -> None:
        """Open a new conversation; one that is empty is taken again."""
        with self._lock:
            if self._chats[self._current].turns:
                self._begin()

    def open(self, number: int | None) -> None:
        """Open a conversation, where there is one of this number."""
        with self._lock:
            if number in self._chats:
                self._current = number

    def rename(self, number: int | None, name: str) -> None:
        """Give a conversation a name; an empty one takes it away."""
        with self._lock:
            if number in self._chats:
                line = " ".join(name.split())[:MAX_NAME_CHARS]
                self._chats[number] = replace(self._chats[number], name=line)

    def delete(self, number: int | None) -> None:
        """Take a conversation away; where it was open a new one is begun.

        The last one in which something was asked can be put back.
        """
        with self._lock:
            if number in self._chats:
                chat = self._chats.pop(number)
                if chat.turns:
                    self._deleted = {chat.number: chat}
                if number == self._current:
                    self._begin()

    def restore(self) -> None:
        """Put the conversation deleted last back; it is open where nothing was asked since."""
        with self._lock:
            back, self._deleted = self._deleted, {}
            self._chats = dict(sorted({**self._chats, **back}.items()))
            if not self._chats[self._current].turns:
                self._current = next(iter(back), self._current)
            self._forget(*back)

    def _forget(self, *stay: int) -> None:
        """Keep to the limits; the open conversation stays, and those of the numbers given."""
        over = sum(len(chat.turns) for chat in self._chats.values()) - MAX_TURNS
        for number, chat in tuple(self._chats.items()):
            if over > 0:
                self._chats[number] = replace(chat, turns=chat.turns[over:])
                over -= len(chat.turns)
        others = [number for number in self._chats if number not in (self._current, *stay)]
        others.sort(key=lambda number: bool(self._chats[number].turns))  # the empty ones first
        for number in others[: max(0, len(self._chats) - MAX_CHATS)]:
            del self._chats[number]

    def _begin(self) -> None:
        self._current = self._next
        self._next += 1
        self._chats[self._current] = Conversation(self._current)
        self._forget()
