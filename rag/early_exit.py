"""How much is read: the best passages first, others where those do not settle the question."""

from collections.abc import Callable, Sequence

from rag.calibration import Calibration, sigmoid
from rag.config import Settings
from rag.reader import Reader
from rag.types import Hit, Reading

FIRST_WITHIN = 0.05
"""Passages within this much of the best retrieval score are read first, the others only if those
do not settle the question: chosen on validation questions, see DECISIONS.md."""


def worth_reading(hits: Sequence[Hit], most: int, within: float) -> list[Hit]:
    """The first ``most`` hits, without those that score more than ``within`` below the best."""
    return [hit for hit in hits[:most] if hit.score >= hits[0].score - within]


def settled(settings: Settings, calibration: Calibration) -> Callable[[Reading], bool]:
    """Whether a reading holds an answer sure enough that no further passage is read.

    That is a span which by itself has the probability ``read_until``, and at least the one from
    which an answer is given.
    """
    sure = max(settings.read_until, settings.threshold(calibration.threshold))

    def enough(reading: Reading) -> bool:
        return any(sigmoid(calibration.log_odds(span)) >= sure for span in reading.spans)

    return enough


def read_enough(
    reader: Reader,
    questions: Sequence[str],
    hits: Sequence[Sequence[Hit]],
    enough: Callable[[Reading], bool],
) -> list[tuple[Reading, int]]:
    """What each question's hits say, best first, and how many of them were read for it."""
    near = [worth_reading(own, len(own), FIRST_WITHIN) for own in hits]
    far = [own[len(first) :] for own, first in zip(hits, near, strict=True)]
    found = [
        (reading, len(first))
        for reading, first in zip(reader.read(questions, near), near, strict=True)
    ]
    unsure = [i for i, (reading, _) in enumerate(found) if far[i] and not enough(reading)]
    rest = reader.read([questions[i] for i in unsure], [far[i] for i in unsure])
    for place, more in zip(unsure, rest, strict=True):
        begun, _ = found[place]
        whole = Reading(begun.spans + more.spans, begun.bearings + more.bearings)
        found[place] = (whole, len(hits[place]))
    return found
