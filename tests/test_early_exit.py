"""How much is read, with a reader whose every answer is written down here."""

import math
from collections.abc import Sequence

import pytest

from rag.calibration import Calibration
from rag.config import Settings
from rag.early_exit import FIRST_WITHIN, read_enough, settled, worth_reading
from rag.types import Hit, Passage, Reading, Span

PLAIN = Calibration(threshold=0.2)  # the log-odds of a span are its margin


def hit(name: str, score: float, rank: int) -> Hit:
    return Hit(Passage(name, name, 0, 10, "x" * 10), score, rank)


HITS = [hit("a", 1.0, 1), hit("b", 1.0 - 2 * FIRST_WITHIN, 2), hit("c", 0.5, 3)]


class Written:
    """Finds in each passage one span of a given probability, and remembers what it read."""

    fingerprint = "written"

    def __init__(self, probabilities: dict[str, float]) -> None:
        self.probabilities = probabilities
        self.read_so_far: list[tuple[str, str]] = []

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reading]:
        for question, own in zip(questions, hits, strict=True):
            self.read_so_far += [(question, one.passage.id) for one in own]
        return [Reading(tuple(self.span(one) for one in own)) for own in hits]

    def span(self, of: Hit) -> Span:
        p = self.probabilities[of.passage.id]
        return Span(of, 0, 1, math.log(p / (1 - p)), 0.0)


def names(reading: Reading) -> list[str]:
    return [span.hit.passage.id for span in reading.spans]


def test_passages_far_behind_the_best_are_not_worth_reading() -> None:
    hits = [hit("a", 1.0, 1), hit("b", 0.75, 2), hit("c", 0.5, 3), hit("d", 0.25, 4)]
    names = [h.passage.id for h in worth_reading(hits, most=3, within=0.25)]
    assert names == ["a", "b"]
    assert worth_reading(hits, most=3, within=9.0) == hits[:3]
    assert worth_reading([], most=3, within=0.25) == []


def test_a_sure_first_passage_is_read_alone() -> None:
    reader = Written({"a": 0.6, "b": 0.9, "c": 0.1})
    enough = settled(Settings(read_until=0.5), PLAIN)
    ((reading, count),) = read_enough(reader, ["Who?"], [HITS], enough)
    assert (names(reading), count) == (["a"], 1)
    assert reader.read_so_far == [("Who?", "a")]


def test_an_unsure_one_is_not_and_none_is_read_twice() -> None:
    reader = Written({"a": 0.4, "b": 0.9, "c": 0.1})
    enough = settled(Settings(read_until=0.5), PLAIN)
    ((reading, count),) = read_enough(reader, ["Who?"], [HITS], enough)
    assert (names(reading), count) == (["a", "b", "c"], 3)
    assert reader.read_so_far == [("Who?", "a"), ("Who?", "b"), ("Who?", "c")]


def test_close_rivals_of_the_best_passage_are_read_with_it() -> None:
    rivals = [HITS[0], hit("r", 1.0 - FIRST_WITHIN / 2, 2), *HITS[1:]]
    reader = Written({"a": 0.6, "r": 0.3, "b": 0.1, "c": 0.1})
    enough = settled(Settings(read_until=0.5), PLAIN)
    ((reading, count),) = read_enough(reader, ["Who?"], [rivals], enough)
    assert (names(reading), count) == (["a", "r"], 2)


def test_each_of_several_questions_reads_what_it_needs() -> None:
    reader = Written({"a": 0.6, "b": 0.4, "c": 0.1})
    questions, hits = ["One?", "Two?", "Three?", "Four?"], [HITS, HITS[1:], [], HITS[2:]]
    enough = settled(Settings(read_until=0.5), PLAIN)
    found = read_enough(reader, questions, hits, enough)
    assert [(names(reading), count) for reading, count in found] == [
        (["a"], 1),
        (["b", "c"], 2),
        ([], 0),
        (["c"], 1),
    ]


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        (Settings(read_until=0.6), 1),
        (Settings(read_until=0.62), 3),
        (Settings(read_until=0.0), 1),
        (Settings(read_until=0.0, min_confidence=0.7), 3),  # too little to be given
        (Settings(read_until=1.0), 3),
    ],
)
def test_sure_enough_is_what_the_settings_say(settings: Settings, read: int) -> None:
    reader = Written({"a": 0.61, "b": 0.9, "c": 0.1})
    ((_, count),) = read_enough(reader, ["Who?"], [HITS], settled(settings, PLAIN))
    assert count == read


def test_what_could_not_be_given_does_not_settle() -> None:
    reader = Written({"a": 0.3, "b": 0.9, "c": 0.1})
    enough = settled(Settings(read_until=0.0), Calibration(threshold=0.4))
    assert read_enough(reader, ["Who?"], [HITS], enough)[0][1] == 3
