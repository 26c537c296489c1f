"""The documents that a visitor asks: everyone's until the first change, then a private copy."""

import shutil
import stat
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from rag.answerer import Answerer
from rag.encoder import Encoder
from rag.errors import CitespanError, LoadError
from rag.snapshot import DocumentInfo
from rag.store import Store
from rag.types import Document
from ui.child import Child
from ui.documents import Intake
from ui.indexing import prepare

MAX_FILES = 200
"""New files taken in at once."""
MAX_FILE_BYTES = 20 * 2**20
"""Of one file that is sent to the page."""
MAX_CHARACTERS = 64 * 10**6
"""Of all texts that were added to one library, and of those that can be put back."""
KEPT_REMOVED = 200
"""Documents that can be put back, the one removed last first."""
_ADDED = "uploads/"  # how the sources of added files begin


class Library:
    """An answerer whose documents can be added to and removed. Safe to share between threads.

    What was removed, or replaced by a file of its name, can be put back, the last first; it takes
    the place of nothing then.

    The base is not changed: its store is copied into a folder of mode 0700 before the first
    change, and the copy is deleted by ``close``, or with the library where Gradio drops a visitor
    without a word. The models are the base's.
    """

    def __init__(self, base: Answerer, parent: Path | None) -> None:
        """``parent`` is where the copy's folder is made; None: change the base's own store."""
        self._base = base
        self._parent = parent
        self._own: Answerer | None = None if parent else base
        self._lock = threading.RLock()  # held from looking at the documents to changing them
        self._removed: deque[Document] = deque(maxlen=KEPT_REMOVED)

    @property
    def answerer(self) -> Answerer:
        """Answers from the documents as they are now."""
        return self._own or self._base

    @property
    def changed(self) -> bool:
        """Whether the documents are, or may be, other than the base's."""
        return self._own is not None

    @property
    def folder(self) -> Path | None:
        """Where copies of the documents may be made; None: the system's folder for such."""
        return self._parent

    @property
    def removed(self) -> str | None:
        """Title of the document that ``undo`` would put back."""
        with suppress(IndexError):
            return self._removed[-1].title
        return None

    def documents(self) -> list[DocumentInfo]:
        """Every document, ordered by source."""
        return self.answerer.store.documents()

    def ids(self) -> frozenset[str]:
        """Of every document."""
        with self.answerer.store.snapshot() as snapshot:
            return frozenset(snapshot.sources().values())

    def add(
        self, files: Sequence[Path], stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Intake]:
        """Take files in one by one, saying how far it is; each is deleted once it is read.

        ``stopped`` is asked all the while: the file at work is then left out, earlier ones are in.
        """
        state, names = Intake(0, len(files)), set[str]()
        try:
            with Child(stopped) as child:
                for number, file in enumerate(files, 1):
                    state = replace(state, name=file.name, stage="Reading", share=0.0)
                    yield state
                    try:
                        document = _read(file, child)
                        source = _beside(_ADDED + file.name, names)
                        names.add(source)
                        document = replace(document, source=source)
                        state = yield from self._index(document, state, stopped)
                    except CitespanError as error:
                        if stopped():
                            break
                        words = str(error).replace(str(file), file.name)
                        state = replace(state, errors=(*state.errors, words))
                    state = replace(state, done=number)
                    if stopped():
                        break
            yield replace(state, cancelled=state.done < state.total)
        finally:
            for file in files:
                file.unlink(missing_ok=True)

    def _index(
        self, document: Document, state: Intake, stopped: Callable[[], bool]
    ) -> Generator[Intake, None, Intake]:
        """Store a document; returns the state that counts it."""
        state = replace(state, stage="Indexing")
        yield state
        self._require_room(document, state.added)
        steps = prepare(self._changing().store, document, self._base.encoder, stopped)
        while True:
            try:
                share = next(steps)
            except StopIteration as end:
                new, replaced = self._store(document, end.value)
                return replace(
                    state,
                    added=state.added + new,
                    unchanged=state.unchanged + (not new),
                    replaced=state.replaced + replaced,
                )
            yield replace(state, share=share)

    def _store(self, document: Document, encoder: Encoder) -> tuple[bool, bool]:
        """Whether the text was new, and whether its source named another one until now."""
        with self._lock:
            self._require_room(document)
            former = self._named(document.source)
            new = bool(self._changing().store.add([document], encoder))
            replaced = former is not None and former.id != document.id
            if former is not None and replaced:
                self._keep(former)
            return new, replaced

    def remove(self, source: str) -> bool:
        """Remove what a source names; False where it names nothing."""
        with self._lock:
            document = self._named(source)
            if document is None:
                return False
            self._changing().store.remove_source(source, self._base.encoder)
            self._keep(document)
            return True

    def undo(self) -> str | None:
        """Put back what was last removed or replaced; its id, or None where there is nothing.

        Where its source names another text by now it gets one of its own.

        Raises:
            LoadError: there is no room for it; it can be put back later.
            StoreError: the store cannot be written; as above.
        """
        with self._lock:
            if not self._removed:
                return None
            document = self._removed.pop()
        try:
            encoder = _end(prepare(self.answerer.store, document, self._base.encoder, _never))
            with self._lock:
                with self.answerer.store.snapshot() as snapshot:
                    sources = snapshot.sources()
                taken = {source for source, id_ in sources.items() if id_ != document.id}
                source = _beside(document.source, taken)
                self._store(replace(document, source=source), encoder)
        except CitespanError:
            with self._lock:
                self._keep(document)
            raise
        return document.id

    def close(self) -> None:
        """Delete the private copy; the base's documents are asked again."""
        with self._lock:
            own, self._own = self._own, None if self._parent else self._base
            if own is not None and own is not self._base:
                _delete(own.store)

    def _changing(self) -> Answerer:
        """The answerer whose store may be written, made now where there is none."""
        with self._lock:
            if self._own is None:
                folder = Path(tempfile.mkdtemp(prefix="visitor-", dir=self._parent))
                self._own = self._base.over(self._base.store.copy(folder))
                weakref.finalize(self, _delete, self._own.store)
            return self._own

    def _named(self, source: str) -> Document | None:
        """The document that a source names, with this source and as it calls it."""
        with self.answerer.store.snapshot() as snapshot:
            return snapshot.named(source)

    def _keep(self, document: Document) -> None:
        """Let a document be put back; of too many the first ones go for good."""
        self._removed.append(document)
        while len(self._removed) > 1 and sum(len(d.text) for d in self._removed) > MAX_CHARACTERS:
            self._removed.popleft()

    def _require_room(self, document: Document, added: int = 0) -> None:
        """Refuse a new text beyond the limits; ``added`` are those that came with it."""
        if not document.source.startswith(_ADDED):
            return
        with self.answerer.store.snapshot() as snapshot:
            if snapshot.split_by(document.id) is not None:  # it is there
                return
            there = snapshot.sizes_under(_ADDED)
        name = Path(document.source).name
        if added >= MAX_FILES:
            raise LoadError(f"{name}: more than {MAX_FILES} new files; add it in another go")
        stay = dict(size for source, size in there.items() if source != document.source)
        if sum(stay.values()) + len(document.text) > MAX_CHARACTERS:
            raise LoadError(
                f"{name}: more than {MAX_CHARACTERS // 10**6} million characters in all; remove "
                "documents that were added, or start with --documents"
            )


def _read(file: Path, child: Child) -> Document:
    """The document in a file, which is deleted."""
    try:
        if stat.S_ISLNK(file.lstat().st_mode):
            raise LoadError(f"{file.name}: it is a link; add the file itself")
        return child.document(file)
    except OSError as error:
        raise LoadError(f"{file.name}: the upload is gone; add it again") from error
    finally:
        file.unlink(missing_ok=True)


def _end(steps: Generator[object, None, Encoder]) -> Encoder:
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("Encoder", end.value)


def _never() -> bool:
    return False


def _delete(store: Store) -> None:
    store.close()
    shutil.rmtree(store.folder, ignore_errors=True)


def _beside(name: str, taken: Container[str]) -> str:
    """A name, or where it is taken the next one that is free."""
    path = Path(name)
    number = 1
    while name in taken:
        number += 1
        name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
    return name
