"""Reranking, with the sums worked by hand."""

from rag.calibration import Calibration
from rag.reranking import CAP, READER_WEIGHT, rerank
from rag.types import Hit, Passage, Span

PLAIN = Calibration()  # the log-odds of a span are its margin


def hit(name: str, score: float, rank: int) -> Hit:
    return Hit(Passage(name, name, 0, 10, "x" * 10), score, rank)


def span(of: Hit, margin: float) -> Span:
    return Span(of, 0, 1, margin, 0.0)


def test_the_readers_best_span_moves_a_passage() -> None:
    first, second, third = hit("a", 0.9, 1), hit("b", 0.8, 2), hit("c", 0.1, 3)
    gap = 0.1 / READER_WEIGHT
    spans = [span(first, 1.0), span(second, -3.0), span(second, 1.0 + gap + 0.01), span(third, 0)]
    ranked = rerank([first, second, third], spans, PLAIN)
    assert [(h.passage.id, h.rank, h.retrieved_rank) for h in ranked] == [
        ("b", 1, 2),
        ("a", 2, 1),
        ("c", 3, 3),
    ]
    assert [h.score for h in ranked] == [0.8, 0.9, 0.1]  # the calibration goes on using them


def test_a_margin_counts_up_to_the_cap() -> None:
    first, second = hit("a", 0.9, 1), hit("b", 0.8, 2)
    spans = [span(first, CAP), span(second, 100 * CAP)]
    assert [h.passage.id for h in rerank([first, second], spans, PLAIN)] == ["a", "b"]


def test_what_was_not_read_stays_behind() -> None:
    hits = [hit("a", 0.9, 1), hit("b", 0.8, 2), hit("c", 0.7, 3)]
    assert [h.passage.id for h in rerank(hits, [span(hits[1], -5.0)], PLAIN)] == ["b", "a", "c"]
