"""95 % bootstrap intervals of the report's figures, by the dotted names they have there.

The calibration error has none: resampling raises it, so that it often lies outside of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.evaluation import confidence
from rag.evaluation.cases import Case
from rag.evaluation.intervals import Interval, interval, mean_intervals
from rag.evaluation.records import Qrels, Run
from rag.evaluation.relevance import RERANKED
from rag.evaluation.retrieval import MEASURES, per_query

_Numbers = NDArray[np.float64]


def _answered(case: Case) -> bool:
    return case.prediction.text is not None


def _squared_distance(case: Case) -> float | None:
    if case.candidate_right is None:
        return None
    return (case.prediction.confidence - case.candidate_right) ** 2


_OF_QUESTIONS: Mapping[str, Callable[[Case], float | None]] = {
    "qa.exact_match": lambda case: case.exact_match,
    "qa.f1": lambda case: case.f1,
    "qa.right": lambda case: case.right,
    "qa.answerable.exact_match": lambda case: case.exact_match if case.question.golds else None,
    "qa.answerable.f1": lambda case: case.f1 if case.question.golds else None,
    "qa.unanswerable.f1": lambda case: None if case.question.golds else case.f1,
    "qa.unanswerable.right": lambda case: None if case.question.golds else case.right,
    "qa.abstention.precision": lambda case: not case.question.golds if case.abstained else None,
    "qa.abstention.recall": lambda case: None if case.question.golds else case.abstained,
    "calibration.brier": _squared_distance,
    "evidence.word_f1": lambda case: case.evidence.f1 if case.evidence else None,
}
"""Figure -> a question's part of its mean; None: it has none."""

_OF_CITATIONS: Mapping[str, Callable[[Case], Sequence[bool]]] = {
    "citations.precision": lambda case: case.supported if _answered(case) else (),
    "citations.verbatim": lambda case: case.verbatim,
}
"""Figure -> a question's citations, each of which counts in its mean."""


def intervals(cases: Sequence[Case], rankings: Mapping[str, Run], qrels: Qrels) -> dict[str, Any]:
    """The intervals as ``[low, high]``, None where a figure has no value."""
    found = _retrieval_intervals([case.question.id for case in cases], rankings, qrels)
    if cases:
        found |= _mean_intervals(cases) | _ranked_intervals(cases)
    return {name: bounds and list(bounds) for name, bounds in found.items()}


def _retrieval_intervals(
    ids: Sequence[str], rankings: Mapping[str, Run], qrels: Qrels
) -> dict[str, Interval | None]:
    scores = per_query(rankings[RERANKED], qrels) if RERANKED in rankings else {}
    if not scores:
        return {}
    rows = [[scores.get(q, {}).get(name, np.nan) for name in MEASURES] for q in ids or scores]
    found = mean_intervals(np.array(rows, dtype=np.float64))
    return {f"retrieval.{name}": one for name, one in zip(MEASURES, found, strict=True)}


def _mean_intervals(cases: Sequence[Case]) -> dict[str, Interval | None]:
    columns: list[_Numbers] = []
    weights: list[_Numbers] = []
    for part in _OF_QUESTIONS.values():
        columns.append(np.array([part(case) for case in cases], dtype=np.float64))
        weights.append(np.ones(len(cases)))
    for flags in _OF_CITATIONS.values():
        listed = [flags(case) for case in cases]
        columns.append(np.array([np.mean(one) if one else np.nan for one in listed]))
        weights.append(np.array([len(one) for one in listed], dtype=np.float64))
    found = mean_intervals(np.stack(columns, axis=1), np.stack(weights, axis=1))
    return dict(zip([*_OF_QUESTIONS, *_OF_CITATIONS], found, strict=True))


def _ranked_intervals(cases: Sequence[Case]) -> dict[str, Interval | None]:
    """Intervals of what ranks questions by their confidence."""
    stated = np.array([case.prediction.confidence for case in cases])
    right = np.array([case.candidate_right for case in cases], dtype=np.float64)
    answerable = np.array([bool(case.question.golds) for case in cases], dtype=np.float64)
    asked = np.array([case.asked for case in cases])
    stated_asked, answerable = stated[asked], answerable[asked]
    known = ~np.isnan(right)
    stated_known, right_known = stated[known], right[known]
    return {
        "qa.auroc": interval(
            lambda drawn: confidence.auroc(stated_known[drawn], right_known[drawn]), known.sum()
        ),
        "qa.auroc_answerable": interval(
            lambda drawn: confidence.auroc(stated_asked[drawn], answerable[drawn]), asked.sum()
        ),
        "qa.risk_coverage_area": interval(
            lambda drawn: confidence.risk_coverage_area(stated_known[drawn], right_known[drawn]),
            known.sum(),
        ),
    }
