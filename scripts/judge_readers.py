#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Readers side by side on gold passages, as they ship: a Markdown table.

F1 and EM are those of the best answer, however improbable (always answering). AUROC is the chance
that the answer to a question as asked is given more confidence, by the calibration beside the
weights, than that to one which was made unanswerable. F1 of SQuAD 2.0 is with as many altered
questions as answerable ones.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tqdm import tqdm
from transformers import AutoTokenizer

from rag.calibration import Calibration
from rag.encoder import default_model_folder
from rag.reader import SpanReader
from rag.training.examples import load
from rag.training.judge import KINDS, Case, Judgement, ask, cases, judge
from scripts.arguments import Help, positive
from scripts.ending import attempted


def main() -> int:
    """Print the table, or what is wrong with the arguments; returns the exit status."""
    return attempted("judge_readers", lambda: table(arguments()))


def table(options: argparse.Namespace) -> None:
    """Make the cases of each file, ask every reader, print what came of it."""
    tokenizer = AutoTokenizer.from_pretrained(default_model_folder())
    asked = {
        path: cases(load([path], tokenizer), options.count, options.seed)
        for path in options.questions
    }
    judged: list[list[Judgement]] = []
    for folder in options.reader:
        reader, calibration = SpanReader(folder), Calibration.load(folder)
        judged.append(
            [
                judge(own, ask(reader, own, calibration))
                for own in tqdm(asked.values(), folder.name, leave=False)
            ]
        )
    print("| " + " | ".join(["", *(folder.name for folder in options.reader)]) + " |")
    print("|---" + "|---:" * len(options.reader) + "|")
    for number, (path, own) in enumerate(asked.items()):
        print_rows(path.name, own, [one[number] for one in judged])


def print_rows(name: str, own: list[Case], judged: list[Judgement]) -> None:
    """The rows of one file, a column for each reader."""

    def row(label: str, cells: list[str]) -> None:
        print("| " + " | ".join([f"{name}, {label}", *cells]) + " |")

    def percent(value: float | None) -> str:
        return "" if value is None else f"{100 * value:.1f}"

    row(
        f"F1 / EM of {judged[0].questions:,}",
        [f"{percent(one.f1)} / {percent(one.exact_match)}" for one in judged],
    )
    for kind in KINDS:
        count = sum(case.kind == kind for case in own)
        row(f"AUROC, {kind} ({count:,})", [percent(one.auroc[kind]) for one in judged])
    row("F1 of SQuAD 2.0, half altered", [percent(one.f1_altered) for one in judged])


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=Help)
    parser.add_argument("--reader", type=Path, nargs="+", required=True, help="model folders")
    parser.add_argument(
        "--questions", type=Path, nargs="+", required=True, help="SQuAD-format files"
    )
    parser.add_argument("--count", type=positive, default=300, help="questions of each file")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
