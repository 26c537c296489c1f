"""Files into a store, with a report of what became of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.encoder import Encoder
from rag.errors import LoadError
from rag.loaders import find_files, load_file, skipped_files, source_of
from rag.store import Store
from rag.types import Document

Progress = Callable[[Path, int, int], None]
"""Called with a file, how many files are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of the files given to ``Answerer.add``; sources as strings, sorted.

    A file that held a document before and holds none now is among the ``errors``, and nothing is
    answered from it any more; one that cannot be reached keeps what it said.
    """

    added: tuple[str, ...]
    """Files whose text is new to the store."""
    unchanged: tuple[str, ...]
    """Files whose text the store held before, as theirs or as another's."""
    errors: tuple[LoadError, ...]
    """One for each file that could not be read; the message names it."""
    skipped: tuple[str, ...] = ()
    """Files in folders that are of no kind that is read."""


def left_out(names: Sequence[str]) -> str:
    """What is said of files of kinds that are not read."""
    kinds = ", ".join(sorted({Path(name).suffix.lower() or "no ending" for name in names}))
    if len(names) == 1:
        return f"one file of a kind that is not read ({kinds}) is left out"
    return f"{len(names)} files of kinds that are not read ({kinds}) are left out"


def add_files(
    store: Store, encoder: Encoder, paths: Sequence[Path], progress: Progress | None = None
) -> AddReport:
    """Load files and folders into the store; a file that fails is reported, the rest goes on.

    Raises:
        LoadError: a path does not exist.
    """
    intake = _Intake(find_files(paths), progress)
    new = set(store.add(intake.documents(), encoder, intake.stored))
    for source in reversed(intake.emptied):  # a text is called anew but once
        store.remove_source(source, encoder)
    loaded = intake.loaded
    return AddReport(
        added=tuple(source for source, identifier in loaded if identifier in new),
        unchanged=tuple(source for source, identifier in loaded if identifier not in new),
        errors=tuple(intake.errors),
        skipped=tuple(map(str, skipped_files(paths))),
    )


def remove_files(store: Store, encoder: Encoder, paths: Sequence[Path]) -> bool:
    """Forget files, and all files in folders, gone or not; False where none was known."""
    gone = {source_of(path) for path in paths}
    with store.snapshot() as snapshot:
        known = [
            source
            for source in snapshot.sources()
            if not gone.isdisjoint((source, *map(str, Path(source).parents)))
        ]
    for source in sorted(known, reverse=True):  # a text is called anew but once
        store.remove_source(source, encoder)
    return bool(known)


class _Intake:
    """Loads files one by one while the store takes them, and counts both."""

    def __init__(self, files: Sequence[Path], progress: Progress | None) -> None:
        self._files = files
        self._progress = progress
        self._done = 0
        self.loaded: list[tuple[str, str]] = []  # source, document id
        self.errors: list[LoadError] = []
        self.emptied: list[str] = []  # sources that are no document, or none any more

    def documents(self) -> Iterator[Document]:
        for path in self._files:
            try:
                document = load_file(path)
            except LoadError as error:
                self.errors.append(error)
                if not isinstance(error.__cause__, OSError):
                    self.emptied.append(source_of(path))
                self._report(path)
            else:
                self.loaded.append((document.source, document.id))
                yield document

    def stored(self, document: Document) -> None:
        self._report(Path(document.source))

    def _report(self, path: Path) -> None:
        self._done += 1
        if self._progress:
            self._progress(path, self._done, len(self._files))
