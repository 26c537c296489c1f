#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Fit a reader's calibration on SQuAD-format validation files and store it beside the weights.

Every second question is fitted on, the others are reported on.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from tqdm import tqdm

from rag.answerer import Answerer
from rag.calibration import Calibration
from rag.config import Settings
from rag.encoder import SentenceTransformerEncoder
from rag.evaluation.confidence import (
    auroc,
    brier,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from rag.evaluation.datasets import read_questions
from rag.evaluation.qa import f1
from rag.models import CHECKSUMS, SENTENCE, write_checksums
from rag.store import Store
from rag.training.calibrate import (
    RIGHT,
    Alterer,
    Floats,
    Sample,
    Worth,
    fit,
    holds,
    samples,
    scores,
)


def main() -> None:
    """Read, fit, report, store."""
    asked = arguments()
    worth = holds if asked.reader == SENTENCE else f1
    kept: list[Sample] = []
    reported: dict[str, list[Sample]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        encoder = SentenceTransformerEncoder()
        for path in asked.questions:
            with Store((asked.stores or Path(temporary)) / path.stem) as store:
                found = read(path, store, encoder, asked, worth)
            kept += found[::2]
            reported[path.stem] = found[1::2]
    calibration = fit(kept, worth, asked.slack)
    print(calibration)
    every = [sample for found in reported.values() for sample in found]
    report = {name: figures(found, calibration, worth) for name, found in reported.items()}
    report["all"] = figures(every, calibration, worth)
    for name, row in report.items():
        print(name, {key: value and round(value, 4) for key, value in row.items()})
    asked.out.mkdir(parents=True, exist_ok=True)
    calibration.save(asked.out)
    if asked.report:
        pictured = {"sets": report, **curves(every, calibration, worth)}
        asked.report.write_text(json.dumps(pictured, indent=1) + "\n", "utf-8")
    if (asked.out / CHECKSUMS).exists():
        write_checksums(asked.out)


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("--reader", required=True, help="model folder, or 'sentence'")
    parser.add_argument("--out", type=Path, required=True, help="folder for calibration.json")
    parser.add_argument("--limit", type=int, default=600, help="questions of each file")
    parser.add_argument("--stores", type=Path, help="keep the indexes here")
    parser.add_argument(
        "--slack",
        type=float,
        default=0.03,
        help="F1 (0..1) that the threshold may give up so as to withhold fewer answers",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def read(
    path: Path,
    store: Store,
    encoder: SentenceTransformerEncoder,
    asked: argparse.Namespace,
    worth: Worth,
) -> list[Sample]:
    """What the reader finds for ``--limit`` questions of a file, drawn with the seed."""
    given = read_questions(path)
    store.add(given.documents, encoder)
    answerer = Answerer(store, Settings(reader=asked.reader), encoder=encoder)
    order = np.random.default_rng(asked.seed).permutation(len(given.questions))
    some = [given.questions[i] for i in order[: asked.limit]]
    alter = Alterer(given.questions, given.documents)
    return list(tqdm(samples(answerer, some, alter, asked.seed, worth), path.stem, len(some)))


def outcomes(
    found: list[Sample], calibration: Calibration, worth: Worth
) -> tuple[Floats, Floats, Floats, Floats]:
    """Confidence, right (1 or 0), worth when answered and worth when not, (questions,) each."""
    confidence, given, withheld = scores(found, calibration, worth)
    answerable = np.array([bool(sample.golds) for sample in found])
    return confidence, ((given >= RIGHT) & answerable).astype(float), given, withheld


def figures(found: list[Sample], calibration: Calibration, worth: Worth) -> dict[str, float | None]:
    """How good the calibration is on questions that it was not fitted on."""
    confidence, right, given, withheld = outcomes(found, calibration, worth)
    answerable = np.array([bool(sample.golds) for sample in found])
    answered = confidence >= calibration.threshold
    return {
        "questions": len(found),
        "ECE": expected_calibration_error(confidence, right),
        "Brier": brier(confidence, right),
        "AUROC": auroc(confidence, right),
        "F1": float(np.where(answered, given, withheld).mean()),
        "F1 answerable": float(np.where(answered, given, 0.0)[answerable].mean()),
        "F1 always answering": float(given[answerable].mean()),
        "answered of answerable": float(answered[answerable].mean()),
        "answered of unanswerable": float(answered[~answerable].mean()),
    }


def curves(
    found: list[Sample], calibration: Calibration, worth: Worth
) -> dict[str, list[list[float]]]:
    """Points (confidence, accuracy) of each bin, and (coverage, risk) at fifty coverages."""
    confidence, right, _, _ = outcomes(found, calibration, worth)
    coverage, risk = risk_coverage(confidence, right)
    some = np.linspace(0, len(found) - 1, 51).astype(int)[1:]
    return {
        "reliability": [[b.confidence, b.accuracy] for b in reliability(confidence, right)],
        "risk_coverage": [[float(coverage[i]), float(risk[i])] for i in some],
    }


if __name__ == "__main__":
    main()
