"""Evidence: the best sentence, those near it, none twice."""

from rag.evidence import MOST, SHARE, telling
from rag.types import Bearing, Hit, Passage


def bearing(start: int, score: float, *, document: str = "d", rank: int = 1) -> Bearing:
    passage = Passage(f"{document}:0-1000", document, 0, 1000, "x" * 1000)
    return Bearing(Hit(passage, 1.0, rank), start, start + 10, score)


def test_sentences_far_below_the_best_are_left_out() -> None:
    best, near, far = bearing(20, 0.6), bearing(0, 0.6 * SHARE + 0.01), bearing(40, 0.6 * SHARE)
    assert telling([near, best, far]) == [best, near]


def test_of_overlapping_sentences_the_better_is_kept() -> None:
    better, worse = bearing(0, 0.5, rank=2), bearing(5, 0.4)
    elsewhere = bearing(5, 0.3, document="e")
    assert telling([worse, better, elsewhere]) == [better, elsewhere]


def test_there_is_an_end_to_it() -> None:
    assert len(telling([bearing(20 * place, 0.5) for place in range(20)])) == MOST


def test_nothing_bears_where_the_reader_believes_nothing() -> None:
    assert telling([]) == []
    assert telling([bearing(0, 0.0)]) == []
