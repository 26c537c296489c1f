"""Markdown tables: their header and rows, as bounds in the text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag.sentences import Bounds, paragraphs

_BETWEEN = re.compile(r"(?<!\\)\|")
_DASHES = re.compile(r":?-+:?")


@dataclass(frozen=True, slots=True)
class Table:
    """The bounds of its header line and of the lines of its rows."""

    header: Bounds
    rows: list[Bounds]

    @property
    def end(self) -> int:
        """Where its last row ends."""
        return self.rows[-1][1]


def tables(text: str) -> Iterator[Table]:
    """Each table that has a header, a line of dashes and a row."""
    if "|" not in text:
        return
    for lines in paragraphs(text):
        begin = 0
        while begin + 2 < len(lines):
            header = lines[begin]
            below = map(lines.__getitem__, range(begin + 2, len(lines)))  # no copy of a long text
            rows = _rows(text, below) if _is_header(text, header, lines[begin + 1]) else []
            if rows:
                yield Table(header, rows)
            begin += 2 + len(rows) if rows else 1


def first_rows(text: str) -> list[Bounds]:
    """The rows that a text begins with."""
    return _rows(text, next(iter(paragraphs(text)), []))


def cells(text: str, line: Bounds) -> list[Bounds]:
    """The cells of a row without white space around; an empty one has equal bounds."""
    start, end = line
    edges = [found.start() for found in _BETWEEN.finditer(text, start, end)]
    if edges[:1] != [start]:
        edges.insert(0, start - 1)
    if edges[-1] != end - 1:
        edges.append(end)
    return [_stripped(text, a + 1, b) for a, b in pairwise(edges)]


def _rows(text: str, lines: Iterable[Bounds]) -> list[Bounds]:
    rows = []
    for line in lines:
        if not _BETWEEN.search(text, *line):
            break
        rows.append(line)
    return rows


def _is_header(text: str, header: Bounds, dashes: Bounds) -> bool:
    below = cells(text, dashes)
    return (
        bool(below)
        and _BETWEEN.search(text, *header) is not None
        and len(cells(text, header)) == len(below)
        and all(_DASHES.fullmatch(text, *cell) for cell in below)
    )


def _stripped(text: str, start: int, end: int) -> Bounds:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
