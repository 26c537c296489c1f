"""Markdown tables as a reader understands them: every row in words, every word in its place.

Readers are trained on sentences. The row ``| Dinner | €28 |`` below the header ``| Meal | Limit |``
is read as ``Dinner: the Limit is €28.``, and what is found there is mapped to its own cell.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.sentences import Bounds, paragraphs

Ints = NDArray[np.int64]

_BETWEEN = re.compile(r"(?<!\\)\|")
_DASHES = re.compile(r":?-+:?")
PUT_IN = -1


class ReadOut:
    """A text with its tables in words, and where each character of it is from."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._origins: list[Ints] = []
        self._pieces: list[Ints] = []

    @property
    def text(self) -> str:
        """What is read."""
        return "".join(self._parts)

    def put(self, text: str) -> None:
        """Append words that are not in the original."""
        self._append(text, np.full(len(text), PUT_IN))

    def take(self, original: str, bounds: Bounds) -> None:
        """Append ``original[start:end]``, a piece that answers do not go beyond."""
        self._append(original[slice(*bounds)], np.arange(*bounds))

    def _append(self, text: str, origins: Ints) -> None:
        self._parts.append(text)
        self._origins.append(origins)
        self._pieces.append(np.full(len(text), len(self._pieces)))

    def located(self, offsets: Ints) -> "Located":
        """Where tokens, (tokens, 2) in ``text``, are in the original."""
        origins, pieces = np.concatenate(self._origins), np.concatenate(self._pieces)
        places = np.flatnonzero(origins != PUT_IN)
        first = np.searchsorted(places, offsets[:, 0], side="left")
        last = np.searchsorted(places, offsets[:, 1], side="left") - 1
        real = first <= last
        places = np.append(places, 0)  # for tokens that are not from there
        first, last = places[np.where(real, first, -1)], places[np.where(real, last, -1)]
        found = np.stack([origins[first], origins[last] + 1], axis=1)
        return Located(np.where(real[:, None], found, 0), real, pieces[first])


@dataclass(frozen=True, slots=True)
class Located:
    """Tokens of what was read, in the original."""

    offsets: Ints  # (tokens, 2) characters; zeros where it is not from there
    real: NDArray[np.bool_]  # (tokens,) whether it is from there
    pieces: Ints  # (tokens,) the cell, or the text between tables, that it is from


def read_out(text: str) -> ReadOut | None:
    """The text with its tables in words; None where it has no table with a header."""
    if "|" not in text:
        return None
    told, done = ReadOut(), 0
    for header, rows in _tables(text):
        names = _cells(text, header)
        told.take(text, (done, header[0]))
        for row in rows:
            _say(told, text, names, _cells(text, row))
        done = rows[-1][1]
    if not done:
        return None
    told.take(text, (done, len(text)))
    return told


def _tables(text: str) -> Iterator[tuple[Bounds, Sequence[Bounds]]]:
    """Header line and row lines of each table that has a row."""
    for lines in paragraphs(text):
        begin = 0
        while begin + 2 < len(lines):
            header, dashes, *rest = lines[begin:]
            rows = _rows(text, rest) if _is_header(text, header, dashes) else []
            if rows:
                yield header, rows
            begin += 2 + len(rows) if rows else 1


def _rows(text: str, lines: Sequence[Bounds]) -> list[Bounds]:
    rows = []
    for line in lines:
        if not _BETWEEN.search(text, *line):
            break
        rows.append(line)
    return rows


def _is_header(text: str, header: Bounds, dashes: Bounds) -> bool:
    below = _cells(text, dashes)
    return (
        bool(below)
        and _BETWEEN.search(text, *header) is not None
        and len(_cells(text, header)) == len(below)
        and all(_DASHES.fullmatch(text, *cell) for cell in below)
    )


def _cells(text: str, line: Bounds) -> list[Bounds]:
    """The cells of a row without white space around; an empty one has equal bounds."""
    start, end = line
    edges = [found.start() for found in _BETWEEN.finditer(text, start, end)]
    if edges[:1] != [start]:
        edges.insert(0, start - 1)
    if edges[-1] != end - 1:
        edges.append(end)
    return [_stripped(text, a + 1, b) for a, b in pairwise(edges)]


def _stripped(text: str, start: int, end: int) -> Bounds:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _say(told: ReadOut, text: str, names: Sequence[Bounds], cells: Sequence[Bounds]) -> None:
    """Append one row: its first cell, then each further one after the name of its column."""
    before = ""
    for key in cells[:1]:
        if key[0] < key[1]:
            told.take(text, key)
            before = ": "
    for name, value in zip(names[1:], cells[1:], strict=False):
        if value[0] == value[1]:
            continue
        told.put(f"{before}the ")
        told.take(text, name)
        told.put(" is ")
        told.take(text, value)
        before = ", "
    told.put(".\n")
