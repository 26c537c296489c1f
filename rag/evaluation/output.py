"""Where the files of an evaluation go."""

import json
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
    """The folder ``out``, made if need be; None: one that is gone afterwards.

    Raises:
        CitespanError: it cannot be made.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix="citespan-") as temporary:
            yield Path(temporary)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CitespanError(f"{out}: not a folder that can be used ({error.strerror})") from error
    yield out


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
