"""The one-line way in: ``ask`` with the seeds, files or folders, indexed once and reused."""

import hashlib
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from rag import arguments
from rag.answerer import Answerer
from rag.config import Settings, data_home, seeds_folder
from rag.errors import LoadError
from rag.forked import refuse_forked
from rag.ingest import Progress, left_out
from rag.loaders import PathLike, as_paths, find_files, source_of, supported_suffixes
from rag.store import Store
from rag.types import Answer

_log = logging.getLogger(__name__)
_open: dict[tuple[Path, Settings], Answerer] = {}
_models: dict[tuple[str, str], Answerer] = {}
"""For each encoder and reader that settings name one whose models the others share."""
_lock = threading.Lock()
_TEXTS = (
    *(".pdf", ".doc", ".docx", ".odt", ".rtf", ".htm", ".html", ".epub", ".tex", ".rst", ".org"),
    *(".ppt", ".pptx", ".xls", ".xlsx", ".csv", ".eml"),
)
"""Endings of files that hold what one would ask about."""


def open_store(folder: PathLike) -> Store:
    """Open the store in a folder, or make an empty one there.

    Raises:
        StoreError: the folder cannot be used or its store is damaged.
    """
    return Store(folder)


def ask(
    question: str,
    documents: PathLike | Sequence[PathLike] | None = None,
    *,
    settings: Settings | None = None,
) -> Answer:
    """Answer a question from files or folders (default: the seed documents).

    The first call indexes them under the data folder (``CITESPAN_HOME`` or the user's cache);
    later calls reuse the index. Within a process the models, each index asked, and the files'
    state of its first call are kept; use ``Answerer`` where the documents change while it runs.

    Raises:
        LoadError: a path does not exist or is empty, or none of the files could be read.
        QuestionError: the question is empty or too long.
        SettingsError: there is no folder for indexes: the user has no home.
        StoreError: the index cannot be written or read.
        ModelError: a model that the settings name cannot be loaded.
        ModelMismatch: the model that the settings name has other weights than when it indexed.
    """
    settings = settings or Settings()
    arguments.question(question, settings.max_question_chars)  # before models are loaded for it
    paths = [seeds_folder()] if documents is None else as_paths(documents)
    folder = store_folder(paths, settings)
    refuse_forked()  # the lock may be held by a thread that was not forked
    with _lock:
        answerer = _kept(folder, settings)
        if answerer is None:
            find_files(paths)  # what is not there is said before anything is loaded or made
            answerer = _answerer(folder, settings)
            synchronize(answerer, paths)
            _open[folder, settings] = answerer
    return answerer.ask(question)


def _kept(folder: Path, settings: Settings) -> Answerer | None:
    """The answerer of an earlier call, unless its index was removed or replaced since."""
    answerer = _open.get((folder, settings))
    if answerer is None or answerer.store.is_there():
        return answerer
    answerer.store.close()
    return None


def _answerer(folder: Path, settings: Settings) -> Answerer:
    named = (settings.encoder, settings.reader)
    known = _models.get(named)
    if known is None:
        known = _models[named] = Answerer(Store(folder), settings)
        return known
    return known.over(Store(folder), settings)


def store_folder(paths: Sequence[Path], settings: Settings) -> Path:
    """Where the index of these paths lives: one folder for each set of paths and encoder."""
    key = "\n".join([settings.encoder, *sorted(str(path.resolve()) for path in paths)])
    # A path may be any bytes; those that are no text are escaped in it.
    digest = hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()
    return data_home() / "stores" / digest[:16]


def _kinds_read() -> str:
    """The endings of files that are read, for people."""
    *others, last = supported_suffixes()
    return f"{', '.join(others)} or {last}" if others else last


def synchronize(
    answerer: Answerer,
    paths: Sequence[Path],
    progress: Progress | None = None,
) -> None:
    """Make the store hold these paths and nothing else; files that fail are logged.

    A file that is there but cannot be reached keeps what it said, and so do those in a folder.

    ``progress`` is the one of ``Answerer.add``.

    Raises:
        LoadError: a path does not exist, or none of the files could be read.
    """
    report = answerer.add(paths, progress)
    for error in report.errors:
        _log.warning("%s", error)
    skipped = [name for name in report.skipped if name.lower().endswith(_TEXTS)]
    if skipped:
        _log.warning(left_out(skipped))
    read = {*report.added, *report.unchanged}
    if not read:
        names = ", ".join(str(path) for path in paths)
        reason = f": {report.errors[0]}" if report.errors else f" ({_kinds_read()})"
        raise LoadError(f"{names or 'documents'}: no readable documents there{reason}")
    kept = {source_of(path) for path in find_files(paths)}
    for known in reversed(answerer.store.documents()):  # a text is called anew but once
        if kept.isdisjoint((known.source, *map(str, Path(known.source).parents))):
            answerer.store.remove_source(known.source, answerer.encoder)
