"""Cases to the figures of ``report.json``.

Shares are 0 to 1, times are milliseconds, and None is a figure without a value on these questions.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from rag.evaluation import confidence
from rag.evaluation.cases import Case, Failure
from rag.evaluation.evidence import pooled
from rag.evaluation.records import Prediction, Qrels, Run
from rag.evaluation.relevance import RERANKED
from rag.evaluation.retrieval import MEASURES, per_query

Json = dict[str, Any]

CURVE_POINTS = 100

TOTAL = "total"
"""The stage of ``timings_ms`` that covers a whole question."""


def retrieval_figures(rankings: Mapping[str, Run], qrels: Qrels) -> Json:
    """Mean measures of the ranking that the user gets, and of each other under its name."""
    means = {kind: _mean_measures(run, qrels) for kind, run in rankings.items()}
    headline = means.pop(RERANKED)
    return {**headline, **means}


def qa_figures(cases: Sequence[Case]) -> Json:
    """Answer quality; every question counts, and one that could not be asked as wrong.

    ``abstention``: precision is the share of abstentions on unanswerable questions, recall the
    share of unanswerable questions abstained on. ``right`` is the share of ``qa.is_right``, which
    ``auroc`` and ``risk_coverage_area`` rank by confidence; ``auroc_answerable`` tells answerable
    from unanswerable questions by the confidence. Only a question that was asked has one.
    """
    answerable = [case for case in cases if case.question.golds]
    unanswerable = [case for case in cases if not case.question.golds]
    stated, right = stated_confidence(cases)
    asked = [case for case in cases if case.asked]
    everywhere = np.array([case.prediction.confidence for case in asked], dtype=np.float64)
    labels = np.array([bool(case.question.golds) for case in asked], dtype=np.float64)
    return {
        **_match(cases),
        "answerable": {"questions": len(answerable), **_match(answerable)},
        "unanswerable": {"questions": len(unanswerable), **_match(unanswerable)},
        "abstention": _abstention(cases),
        "auroc": confidence.auroc(stated, right),
        "auroc_answerable": confidence.auroc(everywhere, labels),
        "risk_coverage_area": confidence.risk_coverage_area(stated, right),
        "risk_coverage": _curve(stated, right),
    }


def calibration_figures(cases: Sequence[Case]) -> Json:
    """How far the confidence is the probability that an answer is right; 10 bins of equal width."""
    stated, right = stated_confidence(cases)
    return {
        "ece": confidence.expected_calibration_error(stated, right),
        "brier": confidence.brier(stated, right),
        "questions": len(right),
        "reliability": [asdict(part) for part in confidence.reliability(stated, right)],
    }


def stated_confidence(cases: Sequence[Case]) -> tuple[confidence.Numbers, confidence.Numbers]:
    """Confidence and outcome (questions,) where it is known whether the answer was right."""
    known = [case for case in cases if case.candidate_right is not None]
    return (
        np.array([case.prediction.confidence for case in known], dtype=np.float64),
        np.array([case.candidate_right for case in known], dtype=np.float64),
    )


def citation_figures(cases: Sequence[Case]) -> Json:
    """Citations against the corpus.

    ``verbatim``: share of all citations whose quote stands in the document at its offsets.
    ``precision``: share of the supporting citations of given answers whose passage holds the gold
    evidence.
    """
    verbatim = [flag for case in cases for flag in case.verbatim]
    supported = [flag for c in cases if c.prediction.text is not None for flag in c.supported]
    return {
        "verbatim": _mean(verbatim),
        "precision": _mean(supported),
        "citations": len(verbatim),
    }


def evidence_figures(cases: Sequence[Case]) -> Json:
    """Evidence found against evidence marked, in words, over the questions that have it marked.

    ``word_f1`` is the mean of the questions' F1; the figures named ``pooled`` count the words of
    all questions together. See ``evidence`` for what a word is.
    """
    overlaps = [case.evidence for case in cases if case.evidence is not None]
    together = pooled(overlaps) if overlaps else None
    return {
        "word_f1": _mean(one.f1 for one in overlaps),
        "pooled_f1": together and together.f1,
        "pooled_precision": together and together.precision,
        "pooled_recall": together and together.recall,
        "questions": len(overlaps),
    }


def latency_figures(predictions: Iterable[Prediction]) -> Json:
    """Median and 95th percentile of a question's whole time, and of each stage."""
    stages: dict[str, list[float]] = {}
    for prediction in predictions:
        for stage, milliseconds in prediction.timings_ms.items():
            stages.setdefault(stage, []).append(milliseconds)
    total = stages.pop(TOTAL, [])
    return {
        **_percentiles(total),
        "stages": {stage: _percentiles(times) for stage, times in sorted(stages.items())},
    }


def failure_counts(cases: Sequence[Case]) -> Json:
    """How many questions went wrong in which way; together all that are not right."""
    counts = Counter(case.failure for case in cases)
    return {failure.value: counts[failure] for failure in Failure}


def _curve(stated: confidence.Numbers, right: confidence.Numbers) -> list[list[float]]:
    """At most ``CURVE_POINTS`` points of the risk-coverage curve, its ends among them."""
    if not len(right):
        return []
    coverage, risk = confidence.risk_coverage(stated, right)
    chosen = np.unique(np.linspace(0, len(right) - 1, CURVE_POINTS).round().astype(int))
    return [[float(coverage[i]), float(risk[i])] for i in chosen]


def _mean_measures(run: Run, qrels: Qrels) -> Json:
    scores = list(per_query(run, qrels).values())
    return {name: _mean(score[name] for score in scores) for name in MEASURES}


def _match(cases: Sequence[Case]) -> Json:
    return {
        "exact_match": _mean(case.exact_match for case in cases),
        "f1": _mean(case.f1 for case in cases),
        "right": _mean(case.right for case in cases),
    }


def _abstention(cases: Sequence[Case]) -> Json:
    abstained = [case for case in cases if case.abstained]
    unanswerable = [case for case in cases if not case.question.golds]
    return {
        "precision": _mean(not case.question.golds for case in abstained),
        "recall": _mean(case.abstained for case in unanswerable),
        "abstained": len(abstained),
    }


def _percentiles(values: Sequence[float]) -> Json:
    if not values:
        return {"p50": None, "p95": None}
    return {f"p{q}": float(np.percentile(values, q)) for q in (50, 95)}


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return float(np.mean(listed)) if listed else None
