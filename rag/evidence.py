"""Which sentences of the passages read bear on the question."""

from collections.abc import Sequence

from rag.candidates import overlap
from rag.types import Bearing

SHARE = 0.1
"""Of the best sentence's score, from which another one counts: see DECISIONS.md."""
MOST = 8


def telling(bearings: Sequence[Bearing]) -> list[Bearing]:
    """The best sentence and those that come near it, at most ``MOST``, best first.

    Of sentences that overlap (passages may) the better one is kept.
    """
    kept: list[Bearing] = []
    for one in sorted(bearings, key=lambda b: (-b.score, b.hit.rank, b.start)):
        least = SHARE * kept[0].score if kept else 0.0
        if len(kept) == MOST or one.score <= least:
            break
        if not any(overlap(one, other) for other in kept):
            kept.append(one)
    return kept
