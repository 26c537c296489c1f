"""The documents that a visitor asks: everyone's until the first change, then a private copy."""

import shutil
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rag.answerer import Answerer
from rag.errors import CitespanError, LoadError
from rag.snapshot import DocumentInfo
from rag.store import Store
from rag.types import Document
from ui.child import Child
from ui.documents import Intake
from ui.indexing import index

MAX_FILES = 200
"""Files taken in at once."""
MAX_FILE_BYTES = 20 * 2**20
"""Of one file that is sent to the page."""
MAX_BYTES = 64 * 2**20
"""Of all files that one library takes in."""
KEPT_REMOVED = 20
"""Documents that can be put back, the one removed last first."""


class Library:
    """An answerer whose documents can be added to and removed. Safe to share between threads.

    The base is not changed: its store is copied into a folder of mode 0700 before the first
    change, and the copy is deleted by ``close``, or with the library where Gradio drops a visitor
    without a word. The models are the base's.
    """

    def __init__(self, base: Answerer, parent: Path | None) -> None:
        """``parent`` is where the copy's folder is made; None: change the base's own store."""
        self._base = base
        self._parent = parent
        self._own: Answerer | None = None if parent else base
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}  # bytes, by the document that was read
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
        return self._removed[-1].title if self._removed else None

    def documents(self) -> list[DocumentInfo]:
        """Every document, ordered by source."""
        return self.answerer.store.documents()

    def add(
        self, files: Sequence[Path], stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Intake]:
        """Take files in one by one, saying how far it is; each is deleted once it is read.

        ``stopped`` is asked all the while: the file at work is then left out, earlier ones are in.
        """
        state, names = Intake(0, len(files)), set[str]()
        try:
            with Child(stopped) as child:
                for number, file in enumerate(files):
                    state = replace(state, name=file.name, stage="Reading", share=0.0)
                    yield state
                    try:
                        document = self._read(file, number, child)
                        document = replace(document, source=_source(file.name, names))
                        state = yield from self._index(document, state, stopped)
                    except CitespanError as error:
                        if stopped():
                            break
                        words = str(error).replace(str(file), file.name)
                        state = replace(state, errors=(*state.errors, words))
                    state = replace(state, done=number + 1)
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
        replaced = any(
            info.source == document.source and info.id != document.id for info in self.documents()
        )
        steps = index(self._changing().store, document, self._base.encoder, stopped)
        while True:
            try:
                share = next(steps)
            except StopIteration as end:
                new = bool(end.value)
                return replace(
                    state,
                    added=state.added + new,
                    unchanged=state.unchanged + (not new),
                    replaced=state.replaced + replaced,
                )
            yield replace(state, share=share)

    def remove(self, document_id: str) -> bool:
        """Remove a document; False where it is not there."""
        document = self.answerer.store.document(document_id)
        if document is None or not self._changing().store.remove(document_id):
            return False
        self._removed.append(document)
        return True

    def undo(self) -> str | None:
        """Put the last removed document back; its id, or None where there is none."""
        try:
            document = self._removed.pop()
        except IndexError:
            return None
        try:
            self._changing().store.add([document], self._base.encoder)
        except CitespanError:
            self._removed.append(document)
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

    def _read(self, file: Path, number: int, child: Child) -> Document:
        """The document in a file, within the limits."""
        try:
            if file.is_symlink():
                raise LoadError(f"{file.name}: it is a link; add the file itself")
            size = file.stat().st_size
            if number >= MAX_FILES:
                raise LoadError(f"{file.name}: more than {MAX_FILES} files; add it in another go")
            if self._held() + size > MAX_BYTES:
                raise LoadError(
                    f"{file.name}: more than {MAX_BYTES // 2**20} MB in all; remove documents that "
                    "were added, or start with --documents"
                )
            document = child.document(file)
        except OSError as error:
            raise LoadError(f"{file.name}: the upload is gone; add it again") from error
        finally:
            file.unlink(missing_ok=True)
        self._sizes[document.id] = size
        return document

    def _held(self) -> int:
        """Bytes of the files that were added and are still there."""
        there = {info.id for info in self.documents()}
        self._sizes = {name: size for name, size in self._sizes.items() if name in there}
        return sum(self._sizes.values())


def _delete(store: Store) -> None:
    store.close()
    shutil.rmtree(store.folder, ignore_errors=True)


def _source(name: str, taken: set[str]) -> str:
    """What a file is known by; a later one of the same name replaces it, one beside it not."""
    path = Path(name)
    number = 1
    while name in taken:
        number += 1
        name = f"{path.stem} ({number}){path.suffix}"
    taken.add(name)
    return f"uploads/{name}"
