"""Fit a reader's calibration on SQuAD-format validation files and store it beside the weights.

Every second question is fitted on, the others are reported on.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from tqdm import tqdm

from rag.answerer import Answerer
from rag.config import Settings
from rag.encoder import SentenceTransformerEncoder
from rag.evaluation.confidence import auroc, brier, expected_calibration_error
from rag.evaluation.datasets import read_questions
from rag.evaluation.qa import f1
from rag.models import CHECKSUMS, SENTENCE, write_checksums
from rag.store import Store
from rag.training.calibrate import RIGHT, Sample, fit, holds, samples, scores


def main() -> None:
    """Read, fit, report, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("--reader", required=True, help="model folder, or 'sentence'")
    parser.add_argument("--out", type=Path, required=True, help="folder for calibration.json")
    parser.add_argument("--limit", type=int, default=600, help="questions of each file")
    parser.add_argument("--stores", type=Path, help="keep the indexes here")
    parser.add_argument(
        "--slack",
        type=float,
        default=0.005,
        help="F1 (0..1) that the threshold may give up so as to withhold fewer answers",
    )
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    encoder = SentenceTransformerEncoder()
    fitted_on: list[Sample] = []
    reported: dict[str, list[Sample]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for path in asked.questions:
            given = read_questions(path)
            with Store((asked.stores or Path(temporary)) / path.stem) as store:
                store.add(given.documents, encoder)
                answerer = Answerer(store, Settings(reader=asked.reader), encoder=encoder)
                order = np.random.default_rng(asked.seed).permutation(len(given.questions))
                some = [given.questions[i] for i in order[: asked.limit]]
                found = list(tqdm(samples(answerer, some, asked.seed), path.stem, len(some)))
            fitted_on += found[::2]
            reported[path.stem] = found[1::2]
    worth = holds if asked.reader == SENTENCE else f1
    calibration = fit(fitted_on, worth, asked.slack)
    print(calibration)
    for name, found in {**reported, "all": [r for rs in reported.values() for r in rs]}.items():
        confidence, given_f1, withheld_f1 = scores(found, calibration, worth)
        answerable = np.array([bool(sample.golds) for sample in found])
        right = ((given_f1 >= RIGHT) & answerable).astype(float)
        answered = confidence >= calibration.threshold
        figures = {
            "ECE": expected_calibration_error(confidence, right),
            "Brier": brier(confidence, right),
            "AUROC": auroc(confidence, right),
            "F1": float(np.where(answered, given_f1, withheld_f1).mean()),
            "F1 always answering": float(given_f1[answerable].mean()),
            "answered of answerable": float(answered[answerable].mean()),
            "answered of unanswerable": float(answered[~answerable].mean()),
        }
        print(name, len(found), {k: v and round(v, 4) for k, v in figures.items()})
    asked.out.mkdir(parents=True, exist_ok=True)
    calibration.save(asked.out)
    if (asked.out / CHECKSUMS).exists():
        write_checksums(asked.out)


if __name__ == "__main__":
    main()
