"""Build a store of each size, ask a fresh process how it does, and compare with exact search."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.encoder import Encoder, SentenceTransformerEncoder, Vectors
from scripts.scale.chart import Line, chart
from scripts.scale.corpus import Source, chunks, fill, source

QUESTIONS = 200
TIMED = 50  # searches of the baseline
DEEP = 10
PROBE = Path(__file__).with_name("probe.py")
MEMORY = Path(__file__).with_name("memory.py")

Figures = dict[str, Any]


def scale(
    sizes: Sequence[int], out: Path, file: Path | None, store: Path | None = None
) -> list[Figures]:
    """Measure every size; writes ``scale.json`` and ``scale.svg`` into ``out`` as it goes.

    The corpus is made of the question set in ``file``, or of the passages of a ``store``.
    """
    out.mkdir(parents=True, exist_ok=True)
    encoder = SentenceTransformerEncoder()
    made_of = source(encoder, file, QUESTIONS, store)
    questions = out / "questions.npz"
    np.savez(
        questions,
        questions=np.asarray(made_of.questions),
        vectors=made_of.question_vectors,
        fingerprint=np.asarray(encoder.fingerprint),
    )
    rows = []
    for size in sorted(sizes):
        rows.append(_measure(size, out, encoder, made_of))
        print(json.dumps(rows[-1], indent=1), flush=True)
        (out / "scale.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
        (out / "scale.svg").write_text(chart(_lines(rows)), "utf-8")
    questions.unlink()
    return rows


def _measure(size: int, out: Path, encoder: Encoder, made_of: Source) -> Figures:
    folder = out / f"store-{size}"
    figures: Figures = {"passages": size, "real_vectors": len(made_of.vectors)}
    try:
        with _timed(figures, "store_s"):
            fill(folder, made_of, size, encoder.fingerprint)
        made = run(MEMORY, folder, 0)
        figures["indexes_memory_mb"] = made.pop("memory_mb")
        figures |= made
        figures["files_mb"] = {
            path.name.partition("-")[0]: path.stat().st_size // 2**20 for path in folder.iterdir()
        }
        figures |= run(PROBE, folder, out / "questions.npz")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    exact, figures["flat"] = _flat(made_of, size)
    found = figures.pop("found")
    shared = [len(set(a) & set(b)) / min(DEEP, size) for a, b in zip(exact, found, strict=True)]
    figures["recall_at_10"] = float(np.mean(shared))
    figures["question_encode"] = _encoding(encoder, made_of.questions[:TIMED])
    return figures


def run(script: Path, *arguments: object) -> Figures:
    """What a script of ours prints, run in a process of its own."""
    command = [sys.executable, str(script), *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    printed: Figures = json.loads(done.stdout)
    return printed


def _flat(made_of: Source, size: int) -> tuple[list[list[int]], dict[str, float]]:
    """The passages that exact search finds, and how long FAISS takes for it."""
    index = faiss.IndexFlatIP(made_of.vectors.shape[1])
    for _, vectors in chunks(made_of, size):
        index.add(vectors)
    queries = made_of.question_vectors
    _, rows = index.search(queries, min(DEEP, size))
    return (rows + 1).tolist(), _each(lambda query: index.search(query[None], 50), queries[:TIMED])


def _encoding(encoder: Encoder, questions: Sequence[str]) -> dict[str, float]:
    return _each(lambda question: encoder.encode_questions([question]), questions)


def _each(action: Any, arguments: Sequence[Any] | Vectors) -> dict[str, float]:
    """Median milliseconds of a call, on the wall and of this process's CPU."""
    action(arguments[0])
    wall, cpu = [], []
    for argument in arguments:
        began, used = time.perf_counter(), time.process_time()
        action(argument)
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
    return {"p50": float(np.median(wall)), "cpu_p50": float(np.median(cpu))}


@contextmanager
def _timed(figures: Figures, name: str) -> Iterator[None]:
    began, used = time.perf_counter(), time.process_time()
    yield
    figures[name] = round(time.perf_counter() - began, 2)
    figures[f"{name}_cpu"] = round(time.process_time() - used, 2)


def _lines(rows: Sequence[Figures]) -> list[Line]:
    names = {
        "retrieval": "whole retrieval",
        "dense": "dense search",
        "lexical": "lexical search",
        "flat": "FAISS Flat (baseline)",
        "fts5": "SQLite FTS5 (baseline)",
    }
    return [
        Line(
            label, [(row["passages"], row[name]["cpu_p50"]) for row in rows], dashed="base" in label
        )
        for name, label in names.items()
    ]
