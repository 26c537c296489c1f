"""Where the files of an evaluation go."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import CitespanError
from rag.evaluation.compare import compare
from rag.evaluation.fields import readable
from rag.evaluation.html import page
from rag.evaluation.report import Json

REPORT = "report.json"
PAGE = "report.html"


@contextmanager
def folder_for(out: Path | None) -> Iterator[Path]:
    """The folder ``out``, made if need be, for this one alone; None: one that is gone afterwards.

    Raises:
        CitespanError: it cannot be made, or another evaluation has it.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix="citespan-") as temporary:
            yield Path(temporary)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise CitespanError(f"{out}: not a folder that can be used ({error.strerror})") from error
    try:
        _lock(handle, out)
        yield out
    finally:
        os.close(handle)


def _lock(handle: int, out: Path) -> None:
    """Keep others out until the folder is closed: they would empty the store that is asked."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CitespanError(
            f"{out}: another evaluation writes here; wait for it, or give another folder"
        ) from error
    except OSError:
        return  # a file system without locks


def finish(result: Json, out: Path | None, old: Json | None, against: Path | None) -> Json:
    """The report, compared with an ``old`` one (of the file ``against``) and written to ``out``.

    Raises:
        CitespanError: it cannot be written.
    """
    if old is not None and against is not None:
        named = readable("/".join(against.resolve().parts[-2:]))  # nobody's folders are told
        result["against"] = compare(old, result, named)
    if out:
        write(out / REPORT, json.dumps(result, ensure_ascii=False, indent=1) + "\n")
        write(out / PAGE, page(result))
    return result


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all, so that a report is never half of one.

    A pipe or a device is written to, and a link stays one.

    Raises:
        CitespanError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(content, "utf-8", newline="\n")
            return
        path = path.resolve()
        fresh = path.with_name(f"{path.name}.tmp")
        try:
            fresh.write_text(content, "utf-8", newline="\n")
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise CitespanError(f"{path}: cannot be written ({error.strerror})") from error
