"""How far a stated confidence can be trusted: ranking, selective answering, calibration.

``confidence`` are probabilities (questions,), ``right`` are 1.0 or 0.0 for the same questions.
A figure that has no value on the given questions is None, never a made-up number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """The questions whose confidence lies in ``low`` to ``high`` and how they turned out."""

    low: float
    high: float
    questions: int
    confidence: float
    accuracy: float


def auroc(confidence: Numbers, right: Numbers) -> float | None:
    """Probability that a right answer has the higher confidence than a wrong one; ties count half.

    The area under the ROC curve in its rank form (Hanley and McNeil, 1982). None when all answers
    are right or all are wrong.
    """
    positives = float(right.sum())
    negatives = len(right) - positives
    if not positives or not negatives:
        return None
    _, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    ranks = (last - (sizes - 1) / 2)[group]  # mean rank within ties, from 1
    return float((ranks @ right - positives * (positives + 1) / 2) / (positives * negatives))


def risk_coverage(confidence: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    """Coverage and risk (questions,) when only the n most confident are answered, n = 1, 2, ...

    Risk is the share of wrong answers among those given. Questions of equal confidence share
    their mean, so that the order of the file does not matter.
    """
    order = np.argsort(-confidence, kind="stable")
    _, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    mean_right = np.bincount(group, weights=right) / sizes
    taken = np.arange(1, len(right) + 1)
    return taken / len(right), 1 - np.cumsum(mean_right[group][order]) / taken


def risk_coverage_area(confidence: Numbers, right: Numbers) -> float | None:
    """Mean risk over all coverages (Geifman and El-Yaniv, 2017); lower is better."""
    if not len(right):
        return None
    return float(risk_coverage(confidence, right)[1].mean())


def reliability(confidence: Numbers, right: Numbers, bins: int = 10) -> list[Bin]:
    """The reliability diagram: bins of equal width, upper end inclusive, without empty ones."""
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return [
        Bin(
            low=number / bins,
            high=(number + 1) / bins,
            questions=int(inside.sum()),
            confidence=float(confidence[inside].mean()),
            accuracy=float(right[inside].mean()),
        )
        for number in range(bins)
        if (inside := place == number).any()
    ]


def expected_calibration_error(confidence: Numbers, right: Numbers, bins: int = 10) -> float | None:
    """Mean distance of confidence and accuracy over the bins, by their size.

    Naeini, Cooper and Hauskrecht (2015); the bins are those of ``reliability``.
    """
    if not len(right):
        return None
    parts = reliability(confidence, right, bins)
    return sum(b.questions * abs(b.confidence - b.accuracy) for b in parts) / len(right)


def brier(confidence: Numbers, right: Numbers) -> float | None:
    """Mean squared distance of confidence and outcome (Brier, 1950); lower is better."""
    return float(np.mean((confidence - right) ** 2)) if len(right) else None
