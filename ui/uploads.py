"""Files that one visitor adds: progress, what was refused, a stop.

Every event of a Gradio page can be called by anyone who reaches the server, with any JSON.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ui.documents import Intake, progress, refused, trouble, unread
from ui.handlers import names_of
from ui.library import MAX_FILE_BYTES
from ui.received import Received
from ui.selection import Selection
from ui.update import Update

_NONE_READABLE = "The folder holds no file of a kind that can be read."
_log = logging.getLogger(__name__)


class Uploads:
    """What the page shows of them, apart from the list of documents."""

    def __init__(self, selection: Selection) -> None:
        """Add to the library of a selection, and ask what was added."""
        self._selection = selection
        self._received = Received()
        self._lock = threading.Lock()
        self._taking = 0  # drops that are under way
        self._errors: tuple[str, ...] = ()  # of all these, and of what comes with the next one

    def take(self, files: object) -> Iterator[Update]:
        """Take in the files that Gradio has received; nothing where there are none."""
        given = files if isinstance(files, list) else []
        paths = [Path(file) for file in given if isinstance(file, str)]
        paths = list(dict.fromkeys(paths))  # Gradio gives equal files of one name one place
        if not paths:
            return
        with self._lock:
            self._taking += 1
        try:
            with self._received.own(paths) as own:
                yield from self._progress(own)
        except Exception:  # noqa: BLE001 - the page must not wait for ever; the log has the cause
            _log.exception("files were not taken in")
            yield Update(intake=trouble("Adding the files failed; the terminal says why."))
        finally:
            with self._lock:
                self._taking -= 1
                if not self._taking:
                    self._errors = ()

    def _progress(self, paths: list[Path]) -> Iterator[Update]:
        said = 0
        for intake in self._selection.add(paths):
            with self._lock:
                self._errors += intake.errors[said:]
                said = len(intake.errors)
                known = replace(intake, errors=self._errors)
            yield Update(intake=progress(known))

    def refuse(self, event: object) -> Update:
        """Say that files were not sent: ``{"names": [name]}`` are those that are too large.

        ``"unread"`` are those that the browser could not open. The others that were dropped with
        them come to ``take``, unless they were ``"alone"``; no name at all is a folder without any
        that can be read.
        """
        names = names_of(event)
        if names is None:
            return Update()
        lines = refused(names, MAX_FILE_BYTES) + unread(names_of(event, "unread") or ())
        alone = isinstance(event, Mapping) and event.get("alone") is True
        with self._lock:
            if self._taking:
                lines = (*self._errors, *(lines or (_NONE_READABLE,)))
            self._errors = () if alone and not self._taking else lines
        said = progress(Intake(0, 0, errors=lines)) if lines else trouble(_NONE_READABLE)
        return Update(intake=said)

    def stop(self) -> Update:
        """Stop taking in files."""
        self._selection.stop()
        return Update()

    def close(self) -> None:
        """Stop, and delete what was sent."""
        self.stop()
        self._received.close()

    def dismiss(self) -> Update:
        """Clear what was said about files."""
        with self._lock:
            self._errors = ()
        return Update(intake="")
