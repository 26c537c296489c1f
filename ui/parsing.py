"""``python -m ui.parsing``: reads untrusted files for ``ui.child``, as one process that can die.

A line of JSON comes in for each file, ``{"kind", "path", "seconds"}``; a line goes out,
``{"document": ...}``, ``{"questions": ..., "errors": ...}`` or ``{"error": words}``. A file that
takes longer than its seconds ends the process, and so does the end of its input.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from rag.errors import LoadError
from rag.evaluation.datasets import read_questions
from rag.loaders import load_file
from rag.types import Document

MAX_MEMORY = 2**30
"""Bytes of address space, the interpreter's own included."""

_NO_MEMORY = "reading it needs more than 1 GB of memory; split it"


def main() -> None:
    """Answer requests until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the page's own process
    answers = _claim_output()
    for line in sys.stdin:
        request = json.loads(line)
        # The kernel ends the process, whatever the interpreter is busy with.
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        answer = _answered(_KINDS[request["kind"]], Path(request["path"]))
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(answer + "\n")
        answers.flush()


def document_fields(document: Document) -> dict[str, Any]:
    """What the parent needs to make the document again; its hashes it makes itself."""
    return {
        "text": document.text,
        "title": document.title,
        "source": document.source,
        "media_type": document.media_type,
        "pages": list(document.pages),
        "metadata": dict(document.metadata),
    }


def _answered(read: Callable[[Path], Mapping[str, Any]], path: Path) -> str:
    try:
        return json.dumps(read(path))
    except LoadError as error:
        return json.dumps({"error": str(error)})
    except (MemoryError, RecursionError):
        return json.dumps({"error": f"{path}: {_NO_MEMORY}"})


def _document(path: Path) -> Mapping[str, Any]:
    return {"document": document_fields(load_file(path))}


def _questions(path: Path) -> Mapping[str, Any]:
    found = read_questions(path)
    return {
        "questions": [asdict(question) for question in found.questions],
        "errors": [asdict(error) for error in found.errors],
    }


_KINDS: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    "document": _document,
    "questions": _questions,
}


def _claim_output() -> TextIO:
    """The standard output for answers alone; what a library prints goes to the errors."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "w", encoding="ascii")


if __name__ == "__main__":
    main()
