#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Fit a reader's calibration on validation questions; it belongs beside the weights.

It is fitted on all questions; each half is reported on with what the other half alone would give.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from rag.answerer import Answerer
from rag.calibration import LEAD_CAP, Calibration
from rag.config import Settings
from rag.encoder import SentenceTransformerEncoder
from rag.errors import SettingsError
from rag.evaluation.confidence import (
    auroc,
    brier,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from rag.evaluation.datasets import read_set
from rag.evaluation.kept_store import forget_others, kept_store
from rag.evaluation.output import folder_for
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
from scripts.arguments import Help, new_file, positive, share
from scripts.ending import attempted


def main() -> int:
    """Fit, or say what is wrong with the arguments; returns the exit status."""
    return attempted("fit_calibration", lambda: run(arguments()))


def run(asked: argparse.Namespace) -> None:
    """Read, fit, report, store."""
    worth, alone = (holds, 0.0) if asked.reader == SENTENCE else (f1, LEAD_CAP)
    stems = [path.stem for path in asked.questions]
    if len(set(stems)) < len(stems):
        raise SettingsError(f"--questions {', '.join(stems)}: two of one name; rename one")
    found: dict[str, list[Sample]] = {}
    with folder_for(asked.stores) as folder:
        encoder = SentenceTransformerEncoder()
        for path in asked.questions:
            with kept_store(folder / path.stem, "", "--stores") as store:
                found[path.stem] = read(path, store, encoder, asked, worth)
    require_enough(found)
    every = [sample for own in found.values() for sample in own]
    calibration = fit(every, worth, asked.slack, alone)
    print(calibration)
    of_other = {
        half: fit(
            [s for own in found.values() for s in own[1 - half :: 2]], worth, asked.slack, alone
        )
        for half in (0, 1)
    }
    told = {
        name: [outcomes(own[half::2], of_other[half], worth) for half in (0, 1)]
        for name, own in found.items()
    }
    told_all = [half for halves in told.values() for half in halves]
    report = {name: figures(halves) for name, halves in (*told.items(), ("all", told_all))}
    for name, row in report.items():
        print(name, {key: value and round(value, 4) for key, value in row.items()})
    asked.out.mkdir(parents=True, exist_ok=True)
    calibration.save(asked.out)
    if (asked.out / CHECKSUMS).exists():
        write_checksums(asked.out)
    if asked.report:
        pictured = {"sets": report, **curves(told_all)}
        asked.report.write_text(json.dumps(pictured, indent=1) + "\n", "utf-8")


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=Help)
    parser.add_argument("--questions", type=Path, nargs="+", required=True, help="question sets")
    parser.add_argument("--reader", required=True, help="model folder, or 'sentence'")
    parser.add_argument("--out", type=Path, required=True, help="folder for calibration.json")
    parser.add_argument("--limit", type=positive, default=600, help="questions of each file")
    parser.add_argument("--stores", type=Path, help="keep the indexes here")
    parser.add_argument(
        "--slack",
        type=share,
        default=0.03,
        help="F1 (0..1) that the threshold may give up so as to withhold fewer answers",
    )
    parser.add_argument("--report", type=new_file, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--seed", type=int, default=1, help="of the questions drawn")
    return parser.parse_args()


def require_enough(found: Mapping[str, Sequence[Sample]]) -> None:
    """Refuse what cannot be fitted.

    Raises:
        SettingsError: in a half of the questions nothing was found.
    """
    for half in (0, 1):
        if not any(sample.spans for own in found.values() for sample in own[half::2]):
            raise SettingsError("too few questions to fit on: raise --limit or give more questions")


def read(
    path: Path,
    store: Store,
    encoder: SentenceTransformerEncoder,
    asked: argparse.Namespace,
    worth: Worth,
) -> list[Sample]:
    """What the reader finds for ``--limit`` questions of a file, drawn with the seed."""
    given = read_set(path)
    forget_others(store, given.documents)
    store.add(given.documents, encoder)
    answerer = Answerer(store, Settings(reader=asked.reader), encoder=encoder)
    order = np.random.default_rng(asked.seed).permutation(len(given.questions))
    some = [given.questions[i] for i in order[: asked.limit]]
    alter = Alterer(given.questions, given.documents)
    return list(tqdm(samples(answerer, some, alter, asked.seed, worth), path.stem, len(some)))


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of some questions, (questions,) each; worth is from 0 to 1."""

    confidence: Floats
    answerable: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    given: Floats  # worth of the best answer
    withheld: Floats  # worth of saying nothing

    @property
    def right(self) -> Floats:
        """1 where the best answer is right."""
        return ((self.given >= RIGHT) & self.answerable).astype(float)


def outcomes(found: list[Sample], calibration: Calibration, worth: Worth) -> Outcomes:
    """What comes of the questions with this calibration, which was not fitted on them."""
    confidence, given, withheld = scores(found, calibration, worth)
    answerable = np.array([bool(sample.golds) for sample in found], dtype=np.bool_)
    answered = confidence >= calibration.threshold
    return Outcomes(confidence, answerable, answered, given, withheld)


def joined(parts: Sequence[Outcomes]) -> Outcomes:
    """The outcomes of all parts."""
    names = [field.name for field in fields(Outcomes)]
    return Outcomes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def figures(parts: Sequence[Outcomes]) -> dict[str, float | None]:
    """How good the calibration is; None: there is no such question."""
    told = joined(parts)
    answerable, answered = told.answerable, told.answered
    return {
        "questions": len(told.confidence),
        "ECE": expected_calibration_error(told.confidence, told.right),
        "Brier": brier(told.confidence, told.right),
        "AUROC": auroc(told.confidence, told.right),
        "F1": mean(np.where(answered, told.given, told.withheld)),
        "F1 answerable": mean(np.where(answered, told.given, 0.0)[answerable]),
        "F1 always answering": mean(told.given[answerable]),
        "answered of answerable": mean(answered[answerable]),
        "answered of unanswerable": mean(answered[~answerable]),
    }


def mean(values: Floats | NDArray[np.bool_]) -> float | None:
    """Their mean; None: there are none, and NaN is no JSON."""
    return float(values.mean()) if len(values) else None


def curves(parts: Sequence[Outcomes]) -> dict[str, list[list[float]]]:
    """Points (confidence, accuracy) of each bin, and (coverage, risk) at fifty coverages."""
    told = joined(parts)
    coverage, risk = risk_coverage(told.confidence, told.right)
    some = np.linspace(0, len(coverage) - 1, 51).astype(int)[1:]
    bins = reliability(told.confidence, told.right)
    return {
        "reliability": [[b.confidence, b.accuracy] for b in bins],
        "risk_coverage": [[float(coverage[i]), float(risk[i])] for i in some],
    }


if __name__ == "__main__":
    sys.exit(main())
