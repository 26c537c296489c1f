"""Retrieval metrics over plain runs and qrels, with the conventions of trec_eval.

A document is relevant when its judged relevance is at least 1. A query without a relevant document
is left out, since its recall has no value; a query that the run lacks scores 0. An id that comes
twice in a ranking counts where it comes first, and does not take a second place.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from rag.evaluation.records import Qrels, Run

Judged = Mapping[str, int]
Measure = Callable[[Sequence[str], Judged], float]


def recall_at(ranked: Sequence[str], judged: Judged, k: int) -> float:
    """Share of all relevant documents that are among the first ``k``."""
    relevant = _relevant(judged)
    return len(relevant.intersection(ranked[:k])) / len(relevant)


def success_at(ranked: Sequence[str], judged: Judged, k: int) -> float:
    """1.0 when any of the first ``k`` is relevant, else 0.0 (often mislabelled as recall)."""
    return float(not _relevant(judged).isdisjoint(ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], judged: Judged, k: int) -> float:
    """1 / rank of the first relevant document; 0.0 when it is not among the first ``k``."""
    relevant = _relevant(judged)
    return next((1 / n for n, name in enumerate(ranked[:k], 1) if name in relevant), 0.0)


def ndcg_at(ranked: Sequence[str], judged: Judged, k: int) -> float:
    """Discounted cumulative gain of the first ``k``, divided by that of the best order.

    Gain is the relevance itself and the discount ``log2(rank + 1)`` (Järvelin and Kekäläinen,
    2002, in the form of trec_eval); negative relevance gains nothing.
    """
    best = sorted((max(value, 0) for value in judged.values()), reverse=True)
    return _dcg([max(judged.get(name, 0), 0) for name in ranked[:k]]) / _dcg(best[:k])


def _dcg(gains: Sequence[int]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def _relevant(judged: Judged) -> set[str]:
    return {name for name, value in judged.items() if value > 0}


MEASURES: Mapping[str, Measure] = {
    "recall@1": lambda ranked, judged: recall_at(ranked, judged, 1),
    "recall@3": lambda ranked, judged: recall_at(ranked, judged, 3),
    "recall@5": lambda ranked, judged: recall_at(ranked, judged, 5),
    "recall@10": lambda ranked, judged: recall_at(ranked, judged, 10),
    "recall@20": lambda ranked, judged: recall_at(ranked, judged, 20),
    "success@1": lambda ranked, judged: success_at(ranked, judged, 1),
    "success@5": lambda ranked, judged: success_at(ranked, judged, 5),
    "success@10": lambda ranked, judged: success_at(ranked, judged, 10),
    "mrr@10": lambda ranked, judged: reciprocal_rank(ranked, judged, 10),
    "ndcg@10": lambda ranked, judged: ndcg_at(ranked, judged, 10),
}
"""The measures of the report, by the names they have there."""


def per_query(run: Run, qrels: Qrels) -> dict[str, dict[str, float]]:
    """Query id -> measure -> value, for every query that has a relevant document."""
    scores = {}
    for query, judged in qrels.items():
        if _relevant(judged):
            ranked = list(dict.fromkeys(run.get(query, ())))
            scores[query] = {name: measure(ranked, judged) for name, measure in MEASURES.items()}
    return scores
