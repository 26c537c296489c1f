"""Fitting the calibration: which spans turn out right, given margin and retrieval score.

Half of the questions are asked of the whole corpus, half of the corpus without their own
document, where the right answer is "not in these documents".
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.answerer import Answerer
from rag.calibration import Calibration, support
from rag.candidates import merge
from rag.evaluation.qa import f1, normalize_answer
from rag.evaluation.records import Question
from rag.types import Hit, Span

RIGHT = 0.5  # worth from which an answer counts as right

Floats = NDArray[np.float64]

Worth = Callable[[str | None, Sequence[str]], float]
"""What an answer (None: nothing was said) is worth in 0..1 against the golds."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the reader found for one question; ``golds`` is empty where it cannot be answered."""

    golds: tuple[str, ...]
    spans: tuple[Span, ...]


def samples(answerer: Answerer, questions: Sequence[Question], seed: int) -> Iterator[Sample]:
    """Spans for each question, with every second one's own document left out of the search."""
    hidden = np.random.default_rng(seed).random(len(questions)) < 0.5
    for question, hide in zip(questions, hidden, strict=True):
        depth = answerer.settings.top_k
        hits = answerer.retriever.retrieve(question.text, depth + 4)
        if hide:
            hits = [hit for hit in hits if hit.passage.document_id != question.document]
        hits = [
            Hit(h.passage, h.score, rank, h.dense_rank, h.lexical_rank)
            for rank, h in enumerate(hits[:depth], 1)
        ]
        golds = () if hide else question.answers
        yield Sample(golds, answerer.reader.read([question.text], [hits])[0].spans)


def text_of(span: Span) -> str:
    """The characters of the span."""
    passage = span.hit.passage
    return passage.text[span.start - passage.start : span.end - passage.start]


def holds(text: str | None, golds: Sequence[str]) -> float:
    """Worth of a whole sentence: whether a gold answer stands in it."""
    if not golds:
        return float(text is None)
    said = f" {normalize_answer(text or '')} "
    return float(any(f" {normalize_answer(gold)} " in said for gold in golds))


def fit(found: Sequence[Sample], worth: Worth = f1, slack: float = 0.0) -> Calibration:
    """Weights for ranking spans, then Platt scaling of the best, then the threshold.

    ``slack`` is that of ``best_threshold``.

    The weights are fitted on every span, so that they order spans across passages; the scaling on
    the winner of each question alone, since that is the one whose probability is shown.
    """
    features, right = [], []
    for sample in found:
        for span in sample.spans:
            features.append((span.score - span.no_answer_score, span.hit.score))
            right.append(_right(span, sample, worth))
    weights = logistic(np.asarray(features), np.asarray(right, dtype=float))
    fitted = Calibration(*weights.tolist())
    for _ in range(3):  # lead and support are measured with the scaled log-odds
        fitted = _rescaled(fitted, found, worth)
    return replace(fitted, threshold=best_threshold(found, fitted, worth, slack))


def _rescaled(order: Calibration, found: Sequence[Sample], worth: Worth) -> Calibration:
    """Platt scaling of the winners' log-odds, with the weights of lead and agreement beside it.

    Neither may speak against an answer: where its weight would, it is left out.
    """
    features, right = [], []
    for sample in found:
        best = merge(sample.spans, order)
        if best:
            features.append((best[0].log_odds[0], best[0].lead, support(best[0].log_odds)))
            right.append(_right(best[0].spans[0], sample, worth))
    table, outcome = np.asarray(features), np.asarray(right, dtype=float)
    used = [0, 1, 2]
    weights = logistic(table[:, used], outcome)
    while (weights[2:] < 0).any():
        del used[1 + int(np.argmin(weights[2:]))]
        weights = logistic(table[:, used], outcome)
    shift, scale = weights[:2].tolist()
    lead, agreement = (weights[1 + used.index(c)].item() if c in used else 0.0 for c in (1, 2))
    return Calibration(
        bias=scale * order.bias + shift,
        margin=scale * order.margin,
        retrieval=scale * order.retrieval,
        lead=lead,
        agreement=agreement,
    )


def best_threshold(
    found: Sequence[Sample], calibration: Calibration, worth: Worth = f1, slack: float = 0.0
) -> float:
    """The lowest probability to answer from that is worth at most ``slack`` less than the best.

    With F1 the worth is that of SQuAD 2.0, from 0 to 1 over all questions. It changes little over
    a wide range of thresholds, in which the lowest withholds the fewest right answers.
    """
    confidence, given, withheld = scores(found, calibration, worth)
    order = np.argsort(-confidence, kind="stable")
    # Gain over saying nothing of answering the n most confident.
    total = np.concatenate([[0.0], np.cumsum((given - withheld)[order])])
    near = np.flatnonzero(total >= total.max() - slack * len(found))
    most = int(near[-1]) if slack else int(np.argmax(total))
    if most == 0:
        return 1.0
    below = confidence[order[most]] if most < len(order) else 0.0
    return float((confidence[order[most - 1]] + below) / 2)


def scores(
    found: Sequence[Sample], calibration: Calibration, worth: Worth = f1
) -> tuple[Floats, Floats, Floats]:
    """Confidence, worth when answered and worth when not, (questions,) each."""
    rows = []
    for sample in found:
        best = merge(sample.spans, calibration)
        text = text_of(best[0].spans[0]) if best else None
        confidence = best[0].confidence if best else 0.0
        rows.append((confidence, worth(text, sample.golds), worth(None, sample.golds)))
    table = np.asarray(rows, dtype=float).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def logistic(features: Floats, right: Floats, steps: int = 50) -> Floats:
    """Bias and weights of a logistic regression, by Newton's method with a little damping.

    ``features`` is (rows, features), ``right`` (rows,) of 0 and 1. The targets are Platt's
    (1999): slightly inside 0..1, so that separable data give finite weights.
    """
    design = np.column_stack([np.ones(len(features)), features])
    positives = right.sum()
    negatives = len(right) - positives
    target = np.where(right > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    weights = np.zeros(design.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        curvature = design.T @ (design * (p * (1 - p))[:, None]) + 1e-6 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curvature, design.T @ (target - p))
    return weights


def _right(span: Span, sample: Sample, worth: Worth) -> bool:
    return bool(sample.golds) and worth(text_of(span), sample.golds) >= RIGHT
