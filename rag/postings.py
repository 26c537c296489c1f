"""BM25 over an inverted index in numpy: the scores of SQLite's FTS5, in a fraction of its time.

FTS5 looks up the length of every passage that matches, at half a microsecond each; a question of
common words matches a third of a million. Here a term's passages lie beside each other.
"""

import math
import mmap
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.checked_file import Take

K1, B = 1.2, 0.75  # those of FTS5
COUNTED = 255  # more occurrences in one passage count as this many

Integers = NDArray[np.int64]
Scores = NDArray[np.float64]
_CHUNK = 2**20  # bytes written at once


@dataclass(frozen=True, slots=True)
class Shape:
    """What is needed to find the arrays in a file."""

    passages: int
    terms: int
    postings: int
    letters: int


@dataclass(frozen=True, slots=True)
class Terms(Sequence[bytes]):
    """Sorted terms in UTF-8, in one run of bytes."""

    starts: Integers  # (terms + 1,)
    letters: NDArray[np.uint8]

    def __len__(self) -> int:
        """Number of terms."""
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> bytes:  # type: ignore[override]  # bisect needs no slices
        """One term."""
        return self.letters[self.starts[row] : self.starts[row + 1]].tobytes()


@dataclass(frozen=True, slots=True)
class Group:
    """Some terms, ascending, and the passage of each occurrence of each of them, ascending."""

    terms: list[str]
    occurrences: Integers  # (terms,)
    numbers: Integers  # (sum of occurrences,)


@dataclass(frozen=True, slots=True)
class Postings:
    """Which passages hold a term, and how often. Rows count the passages by their numbers."""

    numbers: Integers  # (passages,), ascending
    lengths: NDArray[np.uint32]  # (passages,), in tokens
    terms: Terms
    starts: Integers  # (terms + 1,): where a term's postings begin
    rows: NDArray[np.uint32]  # (postings,), ascending for each term
    counts: NDArray[np.uint8]  # (postings,)

    @property
    def shape(self) -> Shape:
        """The sizes of the arrays."""
        return Shape(len(self.numbers), len(self.terms), len(self.rows), len(self.terms.letters))

    def norms(self, mean: float) -> Scores:
        """What BM25 adds to the count of a term in each passage, where lengths have this mean."""
        return K1 * (1 - B + B * self.lengths.astype(np.float64) / mean)

    def holding(self, term: str) -> int:
        """How many of the passages hold a term."""
        begin, end = self._place(term)
        return end - begin

    def best(
        self,
        terms: Sequence[tuple[str, float]],
        norms: Scores,
        limit: int,
        only: Integers | None = None,
    ) -> list[tuple[int, float]]:
        """Up to ``limit`` (passage number, BM25 score), best first, ties by number.

        Each term comes with its ``rarity``. ``only`` restricts the search to some of the numbers.
        """
        scores = self._scores(terms, norms)
        rows = np.flatnonzero(scores)
        if only is not None and len(self.numbers):
            kept = np.zeros(int(self.numbers[-1]) + 1, dtype=np.bool_)
            kept[only] = True
            rows = rows[kept[self.numbers[rows]]]
        found = scores[rows]
        if len(rows) > limit:
            least = np.partition(found, -limit)[-limit]
            rows, found = rows[found >= least], found[found >= least]
        order = np.lexsort((rows, -found))[:limit]
        return list(zip(self.numbers[rows[order]].tolist(), found[order].tolist(), strict=True))

    def _place(self, term: str) -> tuple[int, int]:
        """Where a term's postings begin and end."""
        key = term.encode()
        place = bisect_left(self.terms, key)
        if place == len(self.terms) or self.terms[place] != key:
            return 0, 0
        begin, end = self.starts[place : place + 2].tolist()
        return begin, end

    def _scores(self, terms: Sequence[tuple[str, float]], norms: Scores) -> Scores:
        """BM25 of every passage as FTS5's ``bm25()`` defines it, without the sign.

        It is computed in the same steps, so that a passage has the same score from both.
        """
        total = np.zeros(len(self.numbers))
        for term, rare in terms:
            begin, end = self._place(term)
            rows = self.rows[begin:end]
            counts = self.counts[begin:end].astype(np.float64)
            total[rows] += rare * (counts * (K1 + 1) / (counts + norms[rows]))
        return total


def rarity(passages: int, holding: int) -> float:
    """The weight of a term that so many of the passages hold: BM25's, as FTS5 defines it."""
    weight = math.log((passages - holding + 0.5) / (holding + 0.5))
    return weight if weight > 0 else 1e-6


def collect(numbers: Integers, lengths: Integers, groups: Iterable[Group]) -> Postings:
    """The postings of passages with these numbers, ascending, and lengths in tokens.

    There are at most as many as tokens. The arrays are made for that many, of which only what is
    filled takes memory; putting them together from parts would take it twice.
    """
    terms: list[bytes] = []
    sizes, end = [np.zeros(1, np.int64)], 0
    rows, counts = np.empty(lengths.sum(), np.uint32), np.empty(lengths.sum(), np.uint8)
    for group in groups:
        term_of = np.repeat(np.arange(len(group.terms)), group.occurrences)
        first = np.ones(len(term_of), dtype=np.bool_)
        first[1:] = (term_of[1:] != term_of[:-1]) | (group.numbers[1:] != group.numbers[:-1])
        places = np.flatnonzero(first)
        repeats = np.diff(np.append(places, len(first)))
        terms += [term.encode() for term in group.terms]
        sizes.append(np.bincount(term_of[places], minlength=len(group.terms)))
        begin, end = end, end + len(places)
        rows[begin:end] = np.searchsorted(numbers, group.numbers[places])
        counts[begin:end] = np.minimum(repeats, COUNTED)
    ends = np.cumsum([0, *map(len, terms)])
    return Postings(
        numbers,
        lengths.astype(np.uint32),
        Terms(ends, np.frombuffer(b"".join(terms), dtype=np.uint8)),
        np.cumsum(np.concatenate(sizes)),
        rows[:end],
        counts[:end],
    )


def produce(postings: Postings) -> Callable[[Take], None]:
    """What writes the arrays one after the other, each from a multiple of eight bytes."""

    def hand_over(take: Take) -> None:
        for array in (
            postings.numbers,
            postings.lengths,
            postings.terms.starts,
            postings.starts,
            postings.rows,
            postings.counts,
            postings.terms.letters,
        ):
            data = np.ascontiguousarray(array).view(np.uint8)
            for begin in range(0, len(data), _CHUNK):
                take(data[begin : begin + _CHUNK].tobytes())
            take(bytes(-len(data) % 8))

    return hand_over


def load(path: Path, shape: Shape) -> Postings | None:
    """The postings in a file, memory-mapped; None where it has not this shape, or is gone."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        return None
    layout = (
        (np.int64, shape.passages),
        (np.uint32, shape.passages),
        (np.int64, shape.terms + 1),
        (np.int64, shape.terms + 1),
        (np.uint32, shape.postings),
        (np.uint8, shape.postings),
        (np.uint8, shape.letters),
    )
    arrays: list[NDArray[Any]] = []
    begin = 0
    for kind, length in layout:
        size = np.dtype(kind).itemsize * length
        if length < 0 or begin + size > len(data):
            return None
        arrays.append(np.frombuffer(data, kind, length, begin))
        begin += size + -size % 8
    if begin != len(data):
        return None
    numbers, lengths, letter_starts, starts, rows, counts, letters = arrays
    return Postings(numbers, lengths, Terms(letter_starts, letters), starts, rows, counts)
