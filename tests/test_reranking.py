"""Reranking, with the sums worked by hand."""

import math

from rag.calibration import Calibration
from rag.reranking import READER_WEIGHT, rerank
from rag.types import Hit, Passage, Span

PLAIN = Calibration()  # the log-odds of a span are its margin


def hit(name: str, score: float, rank: int) -> Hit:
    return Hit(Passage(name, name, 0, 10, "x" * 10), score, rank)


def span(of: Hit, probability: float) -> Span:
    return Span(of, 0, 1, math.log(probability / (1 - probability)), 0.0)


def test_the_readers_best_span_moves_a_passage() -> None:
    first, second, third = hit("a", 0.9, 1), hit("b", 0.8, 2), hit("c", 0.1, 3)
    gap = 0.1 / READER_WEIGHT
    spans = [
        span(first, 0.5), span(second, 0.1), span(second, 0.5 + gap + 0.01), span(third, 0.2),
    ]  # fmt: skip
    ranked = rerank([first, second, third], spans, PLAIN)
    assert [(h.passage.id, h.rank, h.retrieved_rank) for h in ranked] == [
        ("b", 1, 2),
        ("a", 2, 1),
        ("c", 3, 3),
    ]
    assert [h.score for h in ranked] == [0.8, 0.9, 0.1]  # the calibration goes on using them


def test_where_nothing_answers_retrieval_decides() -> None:
    hits = [hit("a", 0.9, 1), hit("b", 0.89, 2)]
    spans = [span(hits[0], 0.0001), span(hits[1], 0.005)]  # fifty times the odds, and no answer
    assert [h.passage.id for h in rerank(hits, spans, PLAIN)] == ["a", "b"]


def test_what_was_not_read_stays_behind() -> None:
    hits = [hit("a", 0.9, 1), hit("b", 0.8, 2), hit("c", 0.7, 3)]
    assert [h.passage.id for h in rerank(hits, [span(hits[1], 0.01)], PLAIN)] == ["b", "a", "c"]
