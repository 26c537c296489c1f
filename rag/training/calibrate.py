"""Fitting the calibration: which spans turn out right, given margin and retrieval score.

Half of the questions are asked as they are. Of a quarter the own document is left out of the
search, a quarter is altered; there the right answer is "not in these documents".
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.answerer import Answerer
from rag.calibration import LEAD_CAP, Calibration, support
from rag.candidates import merge
from rag.early_exit import read_enough, settled, worth_reading
from rag.evaluation.qa import f1, normalize_answer
from rag.evaluation.records import Question
from rag.training import alterations
from rag.types import Document, Span

ANSWERABLE, ALTERED_FROM = 0.5, 0.75  # shares of the questions, see ``samples``
NEIGHBOURS = 40  # questions before and after, whose names and words are swapped in
RIGHT = 0.5  # worth from which an answer counts as right

Floats = NDArray[np.float64]

Worth = Callable[[str | None, Sequence[str]], float]
"""What an answer (None: nothing was said) is worth in 0..1 against the golds."""

Alter = Callable[[Question, np.random.Generator], str | None]
"""Makes another question of one, which its passage does not answer; None where it cannot."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the reader found for one question; ``golds`` is empty where it cannot be answered."""

    golds: tuple[str, ...]
    spans: tuple[Span, ...]


class Alterer:
    """Alters a question with what its neighbours in the file ask about."""

    def __init__(self, questions: Sequence[Question], documents: Sequence[Document]) -> None:
        """Take a whole question set, in its order."""
        self._texts = [question.text for question in questions]
        self._places = {question.id: place for place, question in enumerate(questions)}
        self._documents = {document.id: document.text for document in documents}

    def __call__(self, question: Question, rng: np.random.Generator) -> str | None:
        """The question with an entity swapped or a word turned; None where nothing can be."""
        place = self._places[question.id]
        near = self._texts[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]
        context = self._documents.get(question.document or "", "")
        names = alterations.entities(near)
        ways = (
            lambda: alterations.swap_entity(question.text, context, names, rng),
            lambda: alterations.swap_within(question.text, context, names, question.answers, rng),
            lambda: alterations.turn_word(question.text, context, alterations.words(near), rng),
        )
        made = (ways[way]() for way in rng.permutation(len(ways)))
        return next((text for text in made if text), None)


def samples(
    answerer: Answerer,
    questions: Sequence[Question],
    alter: Alter,
    seed: int,
    worth: Worth = f1,
) -> Iterator[Sample]:
    """Spans for each question: half as asked, a quarter without its document, a quarter altered.

    A question whose document is not known is always asked as it is. Read is what the answerer
    reads, which stops where its calibration is sure: that of a new reader is fitted twice. The
    last two have no answer: in the one case nothing that is searched holds it (where another
    document does, the question is left out), in the other the best passages are about nearly, but
    not quite, what is asked.
    """
    rng = np.random.default_rng(seed)
    every = {info.id for info in answerer.store.documents()}
    depth, within = answerer.settings.top_k, answerer.settings.read_within
    enough = settled(answerer.settings, answerer.calibration)
    for question in questions:
        kind = rng.random() if question.document in every else 0.0
        altered = alter(question, rng) if kind >= ALTERED_FROM else None
        hide = kind >= ANSWERABLE and altered is None
        text = altered or question.text
        among = every - {question.document} if hide else None
        hits = worth_reading(answerer.retriever.retrieve(text, depth, among), depth, within)
        ((reading, _),) = read_enough(answerer.reader, [text], [hits], enough)
        best = merge(reading.spans, answerer.calibration)[:1]
        if hide and best and worth(best[0].spans[0].text, question.answers) >= RIGHT:
            continue
        yield Sample(() if hide or altered else question.answers, reading.spans)


def holds(text: str | None, golds: Sequence[str]) -> float:
    """Worth of a whole sentence: whether a gold answer stands in it."""
    if not golds:
        return float(text is None)
    said = f" {normalize_answer(text or '')} "
    return float(any(f" {normalize_answer(gold)} " in said for gold in golds))


def fit(
    found: Sequence[Sample], worth: Worth = f1, slack: float = 0.0, alone: float = LEAD_CAP
) -> Calibration:
    """Weights for ranking spans, then Platt scaling of the best, then the threshold.

    ``slack`` is that of ``best_threshold``, ``alone`` is taken as it is.

    The weights are fitted on every span, so that they order spans across passages; the scaling on
    the winner of each question alone, since that is the one whose probability is shown.
    """
    features, right = [], []
    for sample in found:
        for span in sample.spans:
            features.append((span.score - span.no_answer_score, span.hit.score))
            right.append(_right(span, sample, worth))
    weights = logistic(np.asarray(features), np.asarray(right, dtype=float))
    bias, margin, retrieval = weights.tolist()
    fitted = Calibration(bias, margin, retrieval, alone=alone)
    for _ in range(3):  # lead and support are measured with the scaled log-odds
        fitted = _rescaled(fitted, found, worth)
    return replace(fitted, threshold=best_threshold(found, fitted, worth, slack))


def _rescaled(order: Calibration, found: Sequence[Sample], worth: Worth) -> Calibration:
    """Platt scaling of the winners' log-odds; lead, agreement and near misses have their weights.

    Neither of the former may speak against an answer, nor a near miss for one: where its weight
    would, it is left out.
    """
    features, right = [], []
    for sample in found:
        for winner in merge(sample.spans, order)[:1]:
            log_odds, (span, *_) = winner.log_odds, winner.spans
            features.append((log_odds[0], winner.lead, support(log_odds), -float(span.stray)))
            right.append(_right(span, sample, worth))
    table, outcome = np.asarray(features), np.asarray(right, dtype=float)
    used = [0, 1, 2, 3]
    weights = logistic(table[:, used], outcome)
    while (weights[2:] < 0).any():
        del used[1 + int(np.argmin(weights[2:]))]
        weights = logistic(table[:, used], outcome)
    shift, scale, *_ = weights.tolist()
    lead, agreement, miss = (
        weights[1 + used.index(c)].item() if c in used else 0.0 for c in (1, 2, 3)
    )
    return replace(
        order,
        bias=scale * order.bias + shift,
        margin=scale * order.margin,
        retrieval=scale * order.retrieval,
        lead=lead,
        agreement=agreement,
        stray=-miss,
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
        text = best[0].spans[0].text if best else None
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
    return bool(sample.golds) and worth(span.text, sample.golds) >= RIGHT
