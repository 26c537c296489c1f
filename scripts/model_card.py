#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Write a reader's model card and curves from its run and from evaluation reports."""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rag.errors import LoadError, SettingsError
from rag.evaluation.compare import read_answers
from rag.evaluation.report import Json
from rag.models import write_checksums
from rag.training.card import Sources, write_card
from scripts.ending import attempted


def main() -> int:
    """Write into the model's folder, or say what is missing; returns the exit status."""
    return attempted("model_card", lambda: run(arguments()), ImportError)


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--run",
        type=Path,
        nargs="*",
        default=[],
        help="folders of scripts/train_reader.py (default: what the last card kept of them)",
    )
    parser.add_argument("--model", type=Path, required=True, help="folder that gets the card")
    parser.add_argument("--train", type=Path, nargs="+", required=True, help="training files used")
    parser.add_argument("--reports", nargs="*", default=[], metavar="NAME=report.json")
    parser.add_argument("--calibration", type=Path, help="report of scripts/fit_calibration.py")
    parser.add_argument("--notes", type=Path, help="Markdown to append: ablations, limits")
    return parser.parse_args()


def run(asked: argparse.Namespace) -> None:
    """Read the run and the reports, write the card."""
    reports = dict(map(named_report, asked.reports))
    calibration = calibration_report(asked.calibration) if asked.calibration else None
    notes = asked.notes.read_text("utf-8") if asked.notes else ""
    write_card(asked.model, Sources(asked.run, asked.train, reports, calibration, notes))
    write_checksums(asked.model)


def named_report(pair: str) -> tuple[str, Json]:
    """The name and the report of NAME=report.json.

    Raises:
        CitespanError: it is not that, or the file is no report on answered questions.
    """
    name, _, path = pair.rpartition("=")
    if not name:
        raise SettingsError(f"--reports {pair}: expected NAME=report.json")
    return name, read_answers(Path(path))


def calibration_report(path: Path) -> Json:
    """What ``scripts/fit_calibration.py --report`` wrote.

    Raises:
        LoadError: the file holds something else.
    """
    try:
        report: Json = json.loads(path.read_text("utf-8"))
        _ = report["sets"], report["reliability"], report["risk_coverage"]
    except (ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{path}: not a report of scripts/fit_calibration.py ({error})") from error
    return report


if __name__ == "__main__":
    sys.exit(main())
