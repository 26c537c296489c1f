"""What someone asks for while earlier work of theirs is under way is done after it."""

import threading
from collections import deque
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class InTurn(Generic[T]):
    """Work by who it is for: one after the other, in the order in which it came.

    Of calls in the same instant that is the order in which their threads begin. Only the first one
    works: it goes on with what the others leave, so that none of them waits.
    """

    def __init__(self, most: int) -> None:
        """Of more than ``most`` pieces of work that wait for one, the oldest are left out."""
        self._most = most
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[Iterator[T]]] = {}  # of those for whom work is under way

    def run(self, who: str, work: Iterator[T]) -> Generator[T, None, None]:
        """Yield what ``work`` yields, then what all that came for ``who`` meanwhile does.

        Nothing where earlier work is under way; where work fails, what waits for it is left out.
        """
        with self._lock:
            busy = who in self._waiting
            self._waiting.setdefault(who, deque(maxlen=self._most)).append(work)
        if busy:
            return
        try:
            while (todo := self._next(who)) is not None:
                yield from todo
        except BaseException:
            with self._lock:
                del self._waiting[who]
            raise

    def _next(self, who: str) -> Iterator[T] | None:
        with self._lock:
            if self._waiting[who]:
                return self._waiting[who].popleft()
            del self._waiting[who]
            return None
