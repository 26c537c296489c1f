"""One peer in a process of its own: ``python -m scripts.peers.worker``.

Reads a ``Task`` and then any number of ``Ask`` from standard input, and writes a ``Ready`` and as
many ``Replies``. Whatever the peer itself prints goes to standard error.
"""

import os
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TextIO

from scripts.peers import protocol
from scripts.peers.protocol import Ask, Mode, Peer, Ready, Replies, Reply, Said, Task

PACKAGES = (
    "citespan",
    "haystack-ai",
    "transformers-haystack",
    "txtai",
    "sentence-transformers",
    "transformers",
    "torch",
    "faiss-cpu",
)


def main() -> None:
    """Serve one peer until standard input ends."""
    out = _own_stdout()
    task = protocol.task(sys.stdin.readline())
    began = time.perf_counter()
    peer = make(task)
    load_s = time.perf_counter() - began
    began = time.perf_counter()
    peer.index(task.texts)
    index_s = time.perf_counter() - began
    _send(out, protocol.encode(Ready(load_s, index_s, peer.modes, _versions())))
    for line in sys.stdin:
        asked = protocol.ask(line)
        replies = tuple(_reply(peer, question, asked) for question in asked.questions)
        _send(out, protocol.encode(Replies(replies, peak_memory_mb())))


def make(task: Task) -> Peer:
    """The peer that a task names; only its own packages are imported."""
    import torch

    torch.set_num_threads(task.threads)
    name, _, variant = task.peer.partition("-")
    hybrid = variant == "hybrid"
    if name == "citespan":
        from scripts.peers.citespan import Citespan

        return Citespan(task)
    if name == "haystack":
        from scripts.peers.haystack import Haystack

        return Haystack(task, hybrid=hybrid)
    if name == "txtai":
        from scripts.peers.txtai import Txtai

        return Txtai(task, hybrid=hybrid)
    if name == "plain":
        from scripts.peers.plain import Plain

        return Plain(task)
    raise ValueError(f"no peer is called {task.peer}: give it its lines here")


def peak_memory_mb() -> int:
    """The most resident memory of this process so far, as Linux counts it since its start."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:"))


def _reply(peer: Peer, question: str, asked: Ask) -> Reply:
    began = time.perf_counter()
    said = _said(peer, question, asked.mode)
    ms = 1000 * (time.perf_counter() - began)
    retrieved = peer.search(question) if asked.timed and asked.mode is Mode.DEFAULT else []
    return Reply(said, tuple(retrieved), ms)


def _said(peer: Peer, question: str, mode: Mode) -> Said:
    try:
        return peer.ask(question, mode)
    except Exception as error:  # noqa: BLE001 - a peer's failure is a result of the comparison
        return Said(error=f"{type(error).__name__}: {error}")


def _own_stdout() -> TextIO:
    """Standard output for the records alone; what else is printed goes to standard error."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def _send(out: TextIO, line: str) -> None:
    out.write(line)
    out.flush()


def _versions() -> tuple[str, ...]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return tuple(found)


if __name__ == "__main__":
    main()
