"""One fresh process over an existing store: how soon it is ready, what it holds, how fast it is.

    probe.py STORE QUESTIONS.npz

Questions come with their vectors, so no model is loaded: the figures are the indexes' own. Prints
JSON. Times are given on the wall and, since machines are shared, of this process's CPU alone.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import numpy as np

from rag.config import Settings
from rag.encoder import Vectors
from rag.lexical import any_of
from rag.loaders import make_document
from rag.retriever import Retriever, query_words
from rag.store import Store


class Known:
    """Stands for the encoder: gives the vectors that came with the questions."""

    def __init__(self, questions: Sequence[str], vectors: Vectors, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self.dimension = vectors.shape[1]
        self._rows = {question: row for row, question in enumerate(questions)}
        self._vectors = vectors

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Questions are the only texts that are added here."""
        return self.encode_questions(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """The known vectors, (texts, dimension)."""
        return self._vectors[[self._rows[text] for text in texts]]


def main() -> None:
    """Measure and print."""
    folder, file = Path(sys.argv[1]), Path(sys.argv[2])
    with np.load(file) as arrays:
        questions = arrays["questions"].tolist()
        known = Known(questions, arrays["vectors"], str(arrays["fingerprint"]))
    store = Store(folder)
    retriever = Retriever(store, known, Settings())
    retriever.retrieve(questions[0], 5)
    ready = {"s": time.time() - _process_start(), "cpu_s": time.process_time()}
    with store.snapshot() as snapshot:
        dense, lexical = retriever.indexes(snapshot)
        kind = dense.base.kind.factory if dense.base else "Flat in memory"
        found = [dense.search(snapshot, known.encode_questions([q]), 10)[0] for q in questions]
        figures: dict[str, Any] = {
            "kind": kind,
            "ready": ready,
            "dense": timed(
                questions, lambda q: dense.search(snapshot, known.encode_questions([q]), 50)
            ),
            "lexical": timed(questions, lambda q: lexical.search(snapshot, [query_words(q)], 100)),
            "fts5": timed(questions[:50], lambda q: snapshot.lexical(any_of(query_words(q)), 100)),
        }
        some = [info.id for info in snapshot.documents()[:20]]
    figures["found"] = [[number for number, _ in row] for row in found]
    figures |= {
        "retrieval": timed(questions, lambda q: retriever.retrieve(q, 5)),
        "retrieval_of_20_documents": timed(questions, lambda q: retriever.retrieve(q, 5, some)),
        "retrieval_of_a_tenth": timed(
            questions, lambda q: retriever.retrieve(q, 5, where={"shelf": "3"})
        ),
        "memory_mb": memory(),
    }
    figures["after_a_change"] = after_a_change(store, retriever, known, questions)
    store.close()
    print(json.dumps(figures))


def after_a_change(
    store: Store, retriever: Retriever, known: Known, questions: Sequence[str]
) -> dict[str, float]:
    """Milliseconds a question once a document was added and another removed."""
    store.add([make_document(questions[0], "", "added", "text/plain")], known)
    store.remove(store.documents()[0].id)
    began, used = time.perf_counter(), time.thread_time()
    retriever.retrieve(questions[1], 5)
    first = {
        "first": 1000 * (time.perf_counter() - began),
        "cpu_first": 1000 * (time.thread_time() - used),
    }
    return first | timed(questions[:50], lambda question: retriever.retrieve(question, 5))


def timed(questions: Sequence[str], action: Callable[[str], object]) -> dict[str, float]:
    """Milliseconds a question, after one round to warm up."""
    action(questions[0])
    wall, cpu = [], []
    for question in questions:
        began, used = time.perf_counter(), time.thread_time()
        action(question)
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.thread_time() - used))
    return {
        "p50": float(np.percentile(wall, 50)),
        "p95": float(np.percentile(wall, 95)),
        "cpu_p50": float(np.percentile(cpu, 50)),
        "cpu_p95": float(np.percentile(cpu, 95)),
    }


def memory() -> dict[str, int]:
    """Resident megabytes: all, those of no file, and the most there were."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        "resident": int(lines["VmRSS"].split()[0]) // 1024,
        "anonymous": int(lines["RssAnon"].split()[0]) // 1024,
        "peak": int(lines["VmHWM"].split()[0]) // 1024,
    }


def _process_start() -> float:
    """When this process started, in seconds since the epoch."""
    after_boot = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - uptime + after_boot / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
