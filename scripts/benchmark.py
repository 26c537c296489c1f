#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Measure speed against plain sentence-transformers, in one run on this machine.

Texts are sentences of the seed document, recombined; the baseline and ours alternate, and the
figures are medians. Machines differ and are shared: read the ratios.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from rag import Answerer, Store
from rag.encoder import Vectors, default_model_folder
from rag.evaluation.datasets import read_set
from rag.hardware import has_bf16
from rag.loaders import make_document
from scripts.arguments import Help, new_file, positive
from scripts.ending import attempted
from scripts.scale.corpus import SEED_QUESTIONS, recombined
from scripts.scale.measure import MEMORY, run, scale

MANY = SEED_QUESTIONS * 13
COLD_START = "from rag import ask; ask('Who urged caution?')"


def main() -> int:
    """Measure, or say what is wrong with the arguments; returns the exit status."""
    return attempted("benchmark", lambda: measure(arguments()))


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=Help)
    parser.add_argument("--passages", type=positive, default=1000, help="size of the corpus")
    parser.add_argument("--rounds", type=positive, default=5, help="of which medians are taken")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the figures as JSON (not --memory)"
    )
    parser.add_argument(
        "--scale",
        type=int,
        nargs="+",
        metavar="PASSAGES",
        help="measure retrieval at these sizes instead; --out is then a folder (./scale)",
    )
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="compare recall@10 with plain vectors on this set; make the corpus of --scale of it",
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help="make the corpus of --scale of all passages of this index; keep that of --memory here",
    )
    parser.add_argument(
        "--memory",
        type=Path,
        metavar="PATH",
        help="measure memory while indexing these files instead",
    )
    asked = parser.parse_args()
    if asked.out and not (asked.scale or asked.memory):
        try:
            asked.out = new_file(asked.out)
        except argparse.ArgumentTypeError as error:
            parser.error(f"argument --out: {error}")
    return asked


def measure(asked: argparse.Namespace) -> None:
    """Measure, print, and write JSON where asked."""
    if asked.scale:
        print(json.dumps(machine(), indent=1))
        scale(asked.scale, asked.out or Path("scale"), asked.questions, asked.store)
        return
    if asked.memory:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(run(MEMORY, asked.store or folder, asked.memory), indent=1))
        return
    texts = list(recombined(asked.passages))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        answerer = Answerer(store)
        plain = SentenceTransformer(str(default_model_folder()), device="cpu")
        figures = {
            "machine": machine(),
            "indexing": indexing(answerer, plain, texts, asked.rounds),
            "recall_at_10": recall(answerer, plain, asked.questions) if asked.questions else None,
            "answer": answering(answerer, plain, texts, asked.rounds),
            "cold_start_s": cold_start(asked.rounds),
            "indexing_in_its_own_process": run(MEMORY, Path(folder) / "memory", asked.passages),
        }
        store.close()
    print(json.dumps(figures, indent=1))
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def machine() -> dict[str, object]:
    """What it ran on."""
    return {
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "bf16": has_bf16(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def seconds(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def indexing(
    answerer: Answerer, plain: SentenceTransformer, texts: list[str], rounds: int
) -> dict[str, float]:
    """Passages a second, ours against ``SentenceTransformer.encode`` in float32.

    ``share_of_peak`` counts only the products with the model's matrices, two operations for each
    of their numbers and token, against what the CPU reaches on one large product.
    """
    some = texts[: max(64, len(texts) // rounds)]
    exact = plain.encode(some, normalize_embeddings=True)
    near = (answerer.encoder.encode_passages(some) * exact).sum(axis=1)
    ours, theirs, peaks = [], [], []
    for _ in range(rounds):
        theirs.append(seconds(lambda: plain.encode(some, normalize_embeddings=True)))
        ours.append(seconds(lambda: answerer.encoder.encode_passages(some)))
        peaks.append(matmul_gflops())
    tokens = sum(len(ids) for ids in plain.tokenizer(some, truncation=True)["input_ids"])
    gflops = 2e-9 * tokens * matrix_numbers(plain) / statistics.median(ours)
    return {
        "passages_per_s": len(some) / statistics.median(ours),
        "plain_passages_per_s": len(some) / statistics.median(theirs),
        "times_as_fast": statistics.median(theirs) / statistics.median(ours),
        "mean_cosine": float(near.mean()),
        "least_cosine": float(near.min()),
        "tokens_per_passage": tokens / len(some),
        "gflops": gflops,
        "matmul_peak_gflops": statistics.median(peaks),
        "share_of_peak": gflops / statistics.median(peaks),
    }


def recall(answerer: Answerer, plain: SentenceTransformer, file: Path) -> dict[str, float]:
    """Share of questions whose document is among the ten nearest, by our vectors and plain ones.

    Exact search over the whole texts; what exceeds the model's window is cut for both.
    """
    read = read_set(file)
    numbers = {document.id: number for number, document in enumerate(read.documents)}
    texts = [document.text for document in read.documents]
    asked = [question for question in read.questions if question.document in numbers]
    questions = [question.text for question in asked]
    gold = np.array([numbers[question.document or ""] for question in asked])

    def share(vectors: Vectors, passages: Vectors) -> float:
        near = np.argsort(-(vectors @ passages.T), axis=1, kind="stable")[:, :10]
        return float((near == gold[:, None]).any(axis=1).mean())

    exact = partial(plain.encode, normalize_embeddings=True, show_progress_bar=False)
    encoder = answerer.encoder
    ours = share(encoder.encode_questions(questions), encoder.encode_passages(texts))
    theirs = share(exact(questions), exact(texts))
    return {"ours": ours, "plain": theirs, "points": 100 * (ours - theirs)}


def matrix_numbers(model: SentenceTransformer) -> int:
    """Parameters that every token is multiplied with: the matrices but for the embeddings."""
    return sum(
        value.numel()
        for name, value in model.named_parameters()
        if value.dim() == 2 and "embeddings" not in name and "pooler" not in name
    )


def matmul_gflops(size: int = 2048) -> float:
    """What one large product reaches, in the number format that passages are computed in."""
    matrix = torch.randn(size, size).to(torch.bfloat16 if has_bf16() else torch.float32)
    matrix @ matrix  # the first one compiles it
    return 2e-9 * size**3 / seconds(lambda: matrix @ matrix)


def answering(
    answerer: Answerer, plain: SentenceTransformer, texts: list[str], rounds: int
) -> dict[str, float]:
    """Milliseconds an answer by stage, against one plain question encode in the same round.

    ``retrieve`` includes ``encode``, which is timed by itself as well.
    """
    documents = [make_document(t, "", str(n), "text/plain") for n, t in enumerate(texts)]
    answerer.store.add(documents, answerer.encoder)
    answerer.ask(SEED_QUESTIONS[0])
    stages: dict[str, list[float]] = {}
    encodes, read, single, together = [], [], [], []
    for _ in range(rounds):
        for question in SEED_QUESTIONS:
            encodes.append(1000 * seconds(partial(plain.encode, [question])))
            own = 1000 * seconds(partial(answerer.encoder.encode_questions, [question]))
            stages.setdefault("encode", []).append(own)
            ((answer, _, count),) = answerer.ask_ranked([question], answerer.settings.top_k)
            read.append(count)
            for stage, spent in answer.timings_ms.items():
                stages.setdefault(stage, []).append(spent)
        single.append(seconds(lambda: [answerer.ask(question) for question in MANY]))
        together.append(seconds(lambda: answerer.ask_many(MANY)))
    encode = statistics.median(encodes)
    figures = {"passages_read_mean": statistics.mean(read)}
    for stage, times in stages.items():
        figures[f"{stage}_p50_ms"] = statistics.median(times)
        figures[f"{stage}_p95_ms"] = float(np.percentile(times, 95))
    return figures | {
        "plain_question_encode_p50_ms": encode,
        "p50_in_question_encodes": figures["total_p50_ms"] / encode,
        "ask_many_times_as_fast": statistics.median(single) / statistics.median(together),
    }


def cold_start(rounds: int) -> float:
    """Seconds from process start to an answer from an existing index."""
    command = [sys.executable, "-c", COLD_START]
    root = Path(__file__).resolve().parent.parent

    def start() -> None:
        subprocess.run(command, cwd=root, check=True)  # noqa: S603 - our own interpreter

    start()  # indexes the seeds where that has not been done
    return statistics.median(seconds(start) for _ in range(min(rounds, 3)))


if __name__ == "__main__":
    sys.exit(main())
