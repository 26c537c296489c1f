"""Untrusted files read in a child process with limits of time and memory."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from rag.errors import LoadError
from rag.evaluation.records import Gold, Marked, Question, QuestionSet, RowError
from rag.loaders import make_document
from rag.types import Document

SECONDS = 30.0
"""For one file."""
MAX_ANSWER = 2**29
"""Bytes of what is read from one file."""
_GRACE = 5.0  # the child ends itself at its time; this is for one that cannot
_CHUNK = 2**20


class Child:
    """Reads one file after the other, in a process that is started again where one has died.

    For one thread at a time.
    """

    def __init__(
        self, stopped: Callable[[], bool] = lambda: False, seconds: float = SECONDS
    ) -> None:
        """``stopped`` is asked while a file is read: once it says so, reading ends."""
        self._stopped = stopped
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()

    def document(self, path: Path) -> Document:
        """``load_file`` of a path.

        Raises:
            LoadError: it cannot be read, or not within the limits, or reading was stopped.
        """
        fields = self._ask("document", path)["document"]
        return make_document(**{**fields, "pages": tuple(fields["pages"])})

    def questions(self, path: Path) -> QuestionSet:
        """``read_questions`` of a path, without the documents that may come with them.

        Raises:
            LoadError: as of ``document``.
        """
        answer = self._ask("questions", path)
        questions = [
            Question(
                **{
                    **row,
                    "golds": tuple(Gold(**gold) for gold in row["golds"]),
                    "evidence": tuple(Marked(**mark) for mark in row["evidence"]),
                }
            )
            for row in answer["questions"]
        ]
        errors = tuple(RowError(**row) for row in answer["errors"])
        return QuestionSet(tuple(questions), errors=errors)

    def close(self) -> None:
        """End the process, also in the middle of a file."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _ask(self, kind: str, path: Path) -> Mapping[str, Any]:
        request = {"kind": kind, "path": str(path), "seconds": self._seconds}
        if self._process is None:
            self._process = _start()
        try:
            line = self._line(self._process, json.dumps(request), path.name)
        except BaseException:
            self.close()  # what it may still say would be taken for the next file's
            raise
        answer: Mapping[str, Any] = json.loads(line)
        if "error" in answer:
            raise LoadError(answer["error"])
        return answer

    def _line(self, process: "subprocess.Popen[bytes]", request: str, name: str) -> bytes:
        """What the child answers to a request."""
        to_child, from_child = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        broken = LoadError(f"{name}: reading it failed; save it again, or convert it")
        try:
            to_child.write(request.encode("ascii") + b"\n")
        except BrokenPipeError as error:
            raise broken from error
        end = time.monotonic() + self._seconds + _GRACE
        answer = bytearray()
        while not answer.endswith(b"\n"):
            self._check(end, name)
            if select.select([from_child], [], [], 0.1)[0]:
                part = os.read(from_child.fileno(), _CHUNK)
                answer += part
                if not part or len(answer) > MAX_ANSWER:
                    process.kill()
                    raise self._too_long(name) if process.wait() == -signal.SIGALRM else broken
        return bytes(answer)

    def _check(self, end: float, name: str) -> None:
        if self._stopped():
            raise LoadError(f"{name}: reading it was stopped")
        if time.monotonic() > end:
            raise self._too_long(name)

    def _too_long(self, name: str) -> LoadError:
        return LoadError(f"{name}: reading it takes more than {self._seconds:g} s; split it")


def _start() -> "subprocess.Popen[bytes]":
    # It finds the package where this process has it, and nothing in the current folder.
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
        "OPENBLAS_NUM_THREADS": "1",  # each thread takes address space, which is limited
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-P", "-m", "ui.parsing"]
    return subprocess.Popen(  # noqa: S603 - no word of it comes from outside
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0
    )
