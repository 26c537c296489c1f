"""Files that one visitor adds: progress, what was refused, a stop.

Every event of a Gradio page can be called by anyone who reaches the server, with any JSON.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ui.documents import Intake, progress, refused, trouble
from ui.handlers import names_of
from ui.library import MAX_FILE_BYTES
from ui.selection import Selection
from ui.update import Update

_log = logging.getLogger(__name__)


class Uploads:
    """What the page shows of them, apart from the list of documents."""

    def __init__(self, selection: Selection) -> None:
        """Add to the library of a selection, and ask what was added."""
        self._selection = selection
        self._refused: tuple[str, ...] = ()

    def take(self, files: object) -> Iterator[Update]:
        """Take in the files that Gradio has received; nothing where there are none."""
        given = files if isinstance(files, list) else []
        paths = [Path(file) for file in given if isinstance(file, str)]
        paths = list(dict.fromkeys(paths))  # Gradio gives equal files of one name one place
        if not paths:
            return
        try:
            for intake in self._selection.add(paths):
                known = replace(intake, errors=(*self._refused, *intake.errors))
                yield Update(intake=progress(known))
        except Exception:  # noqa: BLE001 - the page must not wait for ever; the log has the cause
            _log.exception("files were not taken in")
            yield Update(intake=trouble("Adding the files failed; the terminal says why."))
        self._refused = ()

    def refuse(self, event: object) -> Update:
        """Say that files were not sent: ``{"names": [name]}`` are those that are too large.

        The others that were dropped with them come to ``take``, unless they were ``"alone"``; no
        name at all is a folder without any that can be read.
        """
        names = names_of(event)
        if names is None:
            return Update()
        if not names:
            return Update(intake=trouble("The folder holds no file of a kind that can be read."))
        lines = refused(names, MAX_FILE_BYTES)
        alone = isinstance(event, Mapping) and event.get("alone") is True
        self._refused = () if alone else lines
        return Update(intake=progress(Intake(0, 0, errors=lines)))

    def stop(self) -> Update:
        """Stop taking in files."""
        self._selection.stop()
        return Update()

    def dismiss(self) -> Update:
        """Clear what was said about files."""
        self._refused = ()
        return Update(intake="")
