#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Compare citespan with its peers: same machine, same run, same weights, same paragraphs.

Every system runs in a process of its own and gets the same encoder and reader. They answer in
turns, a few questions each, so that whatever else the machine does falls on all of them.

All have the same threads, paragraphs, questions to get warm and limit of paragraphs to read, and
otherwise what each does when nothing else is asked of it, as its own documentation shows it:
citespan reads in bf16 where the CPU multiplies it and leaves out what is far behind the best;
Haystack and the plain loop read each paragraph by itself; txtai joins the paragraphs to one
context, of which its reader sees one window. Reading one by one is no choice there: its extractive
pipeline returns answers without scores, by which the best could be told. The peers' readers are in
float32, as they come; ``--dtype bfloat16`` is the other choice that a user has.
"""

import argparse
import contextlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from rag.encoder import default_model_folder
from rag.errors import CitespanError, SettingsError
from rag.evaluation.squad import read_squad
from rag.models import SHIPPED
from scripts.arguments import positive
from scripts.ending import refused
from scripts.peers.environment import python_of
from scripts.peers.process import ROOT, Worker
from scripts.peers.protocol import Ask, Mode, Replies, Reply, Task
from scripts.peers.scoring import Asked, quality, recall, speed
from scripts.peers.table import Comparison, Machine, Row, markdown

OURS = "citespan"
PEERS = ("haystack", "haystack-hybrid", "txtai", "txtai-hybrid", "plain")
ROUND = 10


@dataclass(frozen=True, slots=True)
class Material:
    """The paragraphs, the questions that count and the ones to get warm with."""

    texts: tuple[str, ...]
    asked: tuple[Asked, ...]
    warm_up: tuple[str, ...]


@dataclass(slots=True)
class Collected:
    """What one system has answered so far; its memory is that of the usual mode."""

    worker: Worker
    replies: dict[Mode, list[Reply]]
    peak_memory_mb: int = 0

    def take(self, mode: Mode, batch: Replies) -> None:
        """Keep a batch of answers."""
        self.replies[mode].extend(batch.replies)
        if mode is Mode.DEFAULT:
            self.peak_memory_mb = batch.peak_memory_mb


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        material = draw(asked.questions, asked.count, asked.warm_up, asked.seed)
        asked.out.mkdir(parents=True, exist_ok=True)
        rows = compare(asked, material)
    except (CitespanError, OSError) as error:
        return refused("compare", error)
    found = Comparison(
        machine=Machine(_cpu(), os.cpu_count() or 1, asked.threads, platform.python_version()),
        file=asked.questions.name,
        questions=len(material.asked),
        seed=asked.seed,
        paragraphs=len(material.texts),
        top_k=asked.top_k,
        dtype=asked.dtype,
        rows=tuple(rows),
    )
    (asked.out / "compare.json").write_text(json.dumps(asdict(found), indent=1) + "\n", "utf-8")
    (asked.out / "compare.md").write_text(markdown(found), "utf-8")
    print(markdown(found))
    return 0


def draw(file: Path, count: int, warm_up: int, seed: int) -> Material:
    """All paragraphs of a SQuAD file, and questions drawn from it, each at most once.

    Raises:
        LoadError: the file is not SQuAD JSON.
        SettingsError: it holds too few questions.
    """
    found = read_squad(file)
    numbers = {document.id: number for number, document in enumerate(found.documents)}
    if len(found.questions) < count + warm_up:
        raise SettingsError(
            f"{file}: holds {len(found.questions):,} questions; "
            f"--count and --warm-up ask for {count + warm_up:,}"
        )
    order = np.random.default_rng(seed).permutation(len(found.questions))[: count + warm_up]
    drawn = [found.questions[index] for index in order]
    return Material(
        texts=tuple(document.text for document in found.documents),
        asked=tuple(Asked(q.text, q.answers, numbers[q.document or ""]) for q in drawn[:count]),
        warm_up=tuple(question.text for question in drawn[count:]),
    )


def compare(asked: argparse.Namespace, material: Material) -> list[Row]:
    """Index one after the other, answer in turns; one row a system, ours first.

    Raises:
        CitespanError: the peers cannot be installed, or one of them ends before its time.
    """
    with contextlib.ExitStack() as stack:
        systems = []
        for name in (OURS, *asked.peers):
            worker = stack.enter_context(_started(name, asked, material))
            _log(f"{name}: {worker.ready.index_s:.1f} s for the index")
            systems.append(Collected(worker, {mode: [] for mode in worker.ready.modes}))
        for mode in Mode:
            _ask_in_turns([s for s in systems if mode in s.replies], mode, material)
        names = (OURS, *asked.peers)
        return [
            _row(name, system, material, asked.top_k)
            for name, system in zip(names, systems, strict=True)
        ]


def _started(name: str, asked: argparse.Namespace, material: Material) -> Worker:
    python = Path(sys.executable) if name == OURS else python_of(asked.peers_env)
    task = Task(
        peer=name,
        encoder=str(asked.encoder.resolve()),
        reader=str(asked.reader.resolve()),
        top_k=asked.top_k,
        threads=asked.threads,
        dtype=asked.dtype,
        texts=material.texts,
    )
    return Worker(python, task, asked.out / f"{name}.log")


def _ask_in_turns(systems: Sequence[Collected], mode: Mode, material: Material) -> None:
    for system in systems:
        system.worker.ask(Ask(mode, material.warm_up, timed=False))
    questions = [question.text for question in material.asked]
    for begin in range(0, len(questions), ROUND):
        chunk = tuple(questions[begin : begin + ROUND])
        for system in systems:
            system.take(mode, system.worker.ask(Ask(mode, chunk)))
        _log(f"{mode}: {min(begin + ROUND, len(questions)):,} of {len(questions):,} questions")


def _row(name: str, system: Collected, material: Material, top_k: int) -> Row:
    usual, always = system.replies[Mode.DEFAULT], system.replies.get(Mode.ALWAYS)
    return Row(
        peer=name,
        load_s=system.worker.ready.load_s,
        index_s=system.worker.ready.index_s,
        peak_memory_mb=system.peak_memory_mb,
        recall=recall(material.asked, usual, top_k),
        speed=speed(usual),
        default=quality(material.asked, usual, material.texts),
        always=None if always is None else quality(material.asked, always, material.texts),
        versions=system.worker.ready.versions,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/compare.py", description=__doc__)
    add = parser.add_argument
    add("--questions", type=Path, required=True, metavar="FILE", help="SQuAD .json(.gz)")
    add("--count", type=positive, default=500, metavar="N", help="questions drawn (500)")
    add("--warm-up", type=positive, default=20, metavar="N", help="more, that do not count (20)")
    add("--seed", type=int, default=0, help="of the draw (0)")
    add(
        "--peers",
        nargs="*",
        choices=PEERS,
        default=list(PEERS),
        metavar="NAME",
        help=f"any of {', '.join(PEERS)}; default: all",
    )
    add(
        "--peers-env",
        type=Path,
        default=ROOT / "runs" / "peers",
        metavar="DIR",
        help="environment of the peers, made where it is missing",
    )
    add("--encoder", type=Path, default=default_model_folder(), metavar="DIR")
    add("--reader", type=Path, default=SHIPPED, metavar="DIR")
    add("--top-k", type=positive, default=5, help="paragraphs read for a question (5)")
    add("--threads", type=positive, default=os.cpu_count() or 1, help="of each (all cores)")
    add(
        "--dtype",
        choices=("float32", "bfloat16"),
        default="float32",
        help="precision of the peers' reader (float32)",
    )
    add(
        "--out",
        type=Path,
        default=ROOT / "runs" / "compare",
        metavar="DIR",
        help="compare.json, compare.md and what the systems log",
    )
    return parser


def _cpu() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
