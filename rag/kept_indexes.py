"""Indexes derived from the store, as of the states last asked for: opened once for all threads."""

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from rag.snapshot import Snapshot
from rag.store import Store

STATES = 2
"""Of the store: a batch goes on asking of the one it began with while others ask of a newer one."""


class Derived(Protocol):
    """An index of one state of the store."""

    store_version: int

    @property
    def outgrown(self) -> bool:
        """Whether so much has changed since its large part was made that making it anew pays."""
        ...


Index = TypeVar("Index", bound=Derived)
Open = Callable[[Snapshot, Index | None, bool], Index]
"""Opens the index of a snapshot, from what is sound of a former one; or makes it anew where that
is outgrown, if it may take its time."""


class KeptIndexes(Generic[Index]):
    """One kind of index of the last states asked for. Safe to share between threads."""

    def __init__(self, opened: Open[Index], saved: Callable[[Index], None]) -> None:
        """Take what opens an index, and what saves one that was newly made."""
        self._open = opened
        self._save = saved
        self._of: dict[int, Index] = {}  # by version of the store, the last asked for at the end
        self._lock = threading.Lock()
        self._renewing = threading.Lock()

    def of(self, snapshot: Snapshot) -> Index:
        """The index of the snapshot, opened or made where that has not been done."""
        version = snapshot.version
        with self._lock:
            index = self._of.get(version)
            if index is None:
                former = min(
                    self._of.values(),
                    key=lambda kept: abs(kept.store_version - version),
                    default=None,
                )
                index = self._opened(snapshot, former, renewing=False)
            self._keep(index)
        return index

    def prepare(self, store: Store) -> None:
        """Make the index of the newest state anew where it is outgrown, and save it.

        Meanwhile others are answered from the former one. Call it outside a snapshot.
        """
        with self._renewing:
            with store.snapshot() as snapshot:
                index = self.of(snapshot)
                if index.outgrown:
                    index = self._opened(snapshot, index, renewing=True)
            self._save(index)
            with self._lock:
                self._keep(index)

    def save(self) -> None:
        """Save the index of the newest state, if it was newly made; call it outside a snapshot."""
        with self._lock:
            newest = max(self._of.items(), default=None, key=lambda item: item[0])
        if newest is not None:
            self._save(newest[1])

    def _opened(self, snapshot: Snapshot, former: Index | None, *, renewing: bool) -> Index:
        return self._open(snapshot, former, renewing)

    def _keep(self, index: Index) -> None:
        self._of.pop(index.store_version, None)
        self._of[index.store_version] = index
        if len(self._of) > STATES:
            del self._of[next(iter(self._of))]
