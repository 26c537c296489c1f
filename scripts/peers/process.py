"""A peer's process from the outside: start it, ask it, end it."""

import contextlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rag.errors import CitespanError
from scripts.peers import protocol
from scripts.peers.protocol import Ask, Ready, Replies, Task

ROOT = Path(__file__).resolve().parent.parent.parent
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
TAIL = 5


class Worker:
    """``python -m scripts.peers.worker`` with one peer; its standard error goes to ``log``."""

    def __init__(self, python: Path, task: Task, log: Path) -> None:
        self._name = task.peer
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreters
                [str(python), "-m", "scripts.peers.worker"],
                cwd=ROOT,
                env=environment(task.threads),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )
        self.ready: Ready = protocol.ready(self._exchange(protocol.encode(task)))

    def ask(self, asked: Ask) -> Replies:
        """Its answers.

        Raises:
            CitespanError: the process has ended; the message has the last lines of its log.
        """
        return protocol.replies(self._exchange(protocol.encode(asked)))

    def close(self) -> None:
        """End the process; one that does not end by itself is stopped."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):  # it ended with something unread
                    pipe.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _exchange(self, line: str) -> str:
        if self._process.stdin is None or self._process.stdout is None:
            raise CitespanError(f"{self._name}: its process has no pipes")
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.close()
            raise CitespanError(
                f"{self._name} ended; the last of {self._log}: {self._last_words()}"
            )
        return answer

    def _last_words(self) -> str:
        lines: Sequence[str] = self._log.read_text("utf-8", "replace").splitlines()
        return " / ".join(line.strip() for line in lines[-TAIL:]) or "nothing"


def environment(threads: int) -> dict[str, str]:
    """The variables of a peer's process: its threads, no network, no telemetry."""
    return (
        dict(os.environ)
        | dict.fromkeys(THREAD_VARIABLES, str(threads))
        | {
            "HAYSTACK_TELEMETRY_ENABLED": "False",
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "PYTHONIOENCODING": "utf-8",
        }
    )
