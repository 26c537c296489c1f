#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Measure how well questions are answered: ``scripts/evaluate.py --questions FILE``.

Exit status: 0 done, 1 a figure is under its ``--fail-under``, 2 it could not be measured.
"""

import argparse
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rag.config import Settings
from rag.errors import CitespanError, SettingsError
from rag.evaluation.report import Json, figure
from rag.evaluation.run import Options, empty_report, evaluate, evaluate_run
from rag.evaluation.table import table
from scripts.arguments import positive
from scripts.ending import refused

FAILED, INTERRUPTED = 1, 130
NOT_WITH_RUN = ("documents", "limit", "gold_passages", "reader", "encoder", "top_k", "settings")
STAGES = "latency_ms.stages."  # figures that only the answers tell


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        bars = [_bar(text) for text in asked.fail_under]
        report = _report(asked, [name for name, _ in bars])
        print(table(report))
        failed = [(name, figure(report, name), bar) for name, bar in bars]
    except CitespanError as error:
        return refused("evaluate", error)
    except KeyboardInterrupt:
        print("evaluate: interrupted; with --out the same command goes on here", file=sys.stderr)
        return INTERRUPTED
    failed = [(name, value, bar) for name, value, bar in failed if value is None or value < bar]
    for name, value, bar in failed:
        print(f"evaluate: {name} is {value}, under {bar}", file=sys.stderr)
    return FAILED if failed else 0


def _report(asked: argparse.Namespace, names: Sequence[str]) -> Json:
    """The report asked for; a figure that it will not have is told before the work."""
    if asked.run:
        unused = [f"--{name.replace('_', '-')}" for name in NOT_WITH_RUN if getattr(asked, name)]
        if unused:
            raise SettingsError(f"{', '.join(unused)}: not used with --run; leave it out")
        return evaluate_run(asked.run, asked.questions, asked.out, asked.against)
    options = _options(asked)
    for name in names:
        if not name.startswith(STAGES):
            figure(empty_report(options), name)
    return evaluate(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/evaluate.py", description=__doc__)
    add = parser.add_argument
    add(
        "--questions",
        type=Path,
        required=True,
        metavar="FILE",
        help="SQuAD .json(.gz), .jsonl, .csv (columns question, answer and, as wanted, document, "
        "id, and answer_2, answer_3 for further accepted answers), or a BEIR folder; "
        "with --run: TREC qrels",
    )
    add(
        "--documents",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="files or folders to answer from; default: those in the file, "
        "or those it names in its own folder",
    )
    add("--limit", type=positive, metavar="N", help="only the first N questions")
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="keep report.json, report.html, predictions.jsonl and the index here; "
        "what was interrupted goes on there (default: the table is printed, nothing kept)",
    )
    add(
        "--gold-passages",
        action="store_true",
        help="measure the reader alone: give it each question's own passage",
    )
    add(
        "--fail-under",
        action="append",
        default=[],
        metavar="FIGURE=VALUE",
        help="exit with 1 when a figure is lower, for example qa.f1=0.8",
    )
    add("--against", type=Path, metavar="OLD.json", help="compare with an older report.json")
    add("--run", type=Path, metavar="FILE", help="score a TREC run file instead of citespan")
    add("--reader", default="", help="reader: 'sentence' or a model folder")
    add("--encoder", default="", help="encoder: a sentence-transformers model")
    add("--top-k", type=positive, metavar="N", help="the most passages the reader is given")
    add("--settings", type=Path, metavar="FILE.toml", help="settings; the options above go first")
    return parser


def _options(asked: argparse.Namespace) -> Options:
    settings = Settings.from_file(asked.settings) if asked.settings else Settings()
    return Options(
        questions=asked.questions,
        documents=tuple(asked.documents),
        out=asked.out,
        limit=asked.limit,
        gold_passages=asked.gold_passages,
        against=asked.against,
        settings=replace(
            settings,
            encoder=asked.encoder or settings.encoder,
            reader=asked.reader or settings.reader,
            top_k=asked.top_k or settings.top_k,
        ),
    )


def _bar(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        bar = float(value)
    except ValueError:
        bar = math.nan
    if math.isnan(bar):  # nothing is under it
        raise SettingsError(f"--fail-under {text}: expected FIGURE=NUMBER, as qa.f1=0.8")
    return name, bar


if __name__ == "__main__":
    sys.exit(main())
