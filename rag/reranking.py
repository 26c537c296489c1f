"""The order that reading gives the passages."""

from collections.abc import Sequence
from dataclasses import replace

from rag.calibration import Calibration, sigmoid
from rag.types import Hit, Span

READER_WEIGHT = 1.0
"""Retrieval score plus this times the probability that the passage's best span answers: chosen on
validation questions, see DECISIONS.md. Where nothing answers, retrieval's order stays."""


def rerank(hits: Sequence[Hit], spans: Sequence[Span], calibration: Calibration) -> list[Hit]:
    """The hits by retrieval score plus how well their best span answers; ranks count anew.

    ``spans`` are the reader's, of the first hits or of all. A hit that was not read, or in which
    the reader found nothing, keeps its place behind the others.
    """
    best: dict[str, float] = {}
    for span in spans:
        name = span.hit.passage.id
        best[name] = max(best.get(name, 0.0), sigmoid(calibration.log_odds(span)))
    read = [hit for hit in hits if hit.passage.id in best]
    read.sort(key=lambda hit: (-hit.score - READER_WEIGHT * best[hit.passage.id], hit.rank))
    rest = [hit for hit in hits if hit.passage.id not in best]
    return [
        replace(hit, rank=rank, retrieved_rank=hit.rank)
        for rank, hit in enumerate((*read, *rest), 1)
    ]
