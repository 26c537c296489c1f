"""Tables that white space sets in columns: their lines, cells, and the names of the columns.

A gap is two spaces or more, a tab, or a row of dots, within a line. It parts columns where most
lines around have one in the same place; two spaces behind a full stop, or those of justified text,
do not. Linear in the length of the text.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile

from rag.sentences import Bounds

_TAB = 8
_LOOKED_AT = 8  # lines, for where the first one stood
_GAP = re.compile(
    r"(?<=\S)(?:(?<![.!?])  (?=\S)| {3,}+(?=[^\s.])| *+\t[ \t]*+(?=\S)"
    r"| *+\.{4,}+ *+(?=[^\s.])| *+(?:\. ){3,}+\.? *+(?=[^\s.]))"  # dots that lead to a value
)
_MARKER = re.compile(r"(?:[-*+•‣◦–—#>]+|\(?\w{1,3}[.)])\Z")  # of a list item, before its gap
_RULE = re.compile(r"(?:[-=_+]{3,}+[ \t]*+)+\Z")
_AMOUNT = re.compile(r"[-+~<>≤≥±(]{0,2}(?:[A-Z]{0,3}[$€£¥])?\d++(?!st\b|nd\b|rd\b|th\b)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its cells as bounds in the text, and where these stand on the screen."""

    bounds: Bounds
    cells: list[Bounds]
    places: list[Bounds]
    rule: bool  # nothing but dashes, below names or between rows


@dataclass(frozen=True, slots=True)
class Columns:
    """Lines below one another, set in columns; ``head`` names these, where that can be told."""

    head: Line | None
    rows: list[Line]

    def cells(self) -> list[list[Bounds]]:
        """The cells of the head, if there is one, then those of each row.

        With a head each has as many, and an empty cell has equal bounds.
        """
        if self.head is None:
            return [row.cells for row in self.rows]
        head, extents = self.head, _extents(self.rows)
        names = head.cells
        if len(names) < len(extents):
            if _is_beside(self.rows, head):
                names = [(head.bounds[0], head.bounds[0]), *names]
            else:  # the first name stands above two columns, such as a number and what has it
                extents = [(extents[0][0], extents[1][1]), *extents[2:]]
        return [names, *(_dealt(row, extents) for row in self.rows)]


def columns(text: str, paragraph: Sequence[Bounds]) -> Iterator[Columns]:
    """The runs of a paragraph's lines that are set in columns, two rows at least."""
    lines = _lines(text, paragraph)
    for parted, run in groupby(lines, lambda line: line.rule or len(line.cells) > 1):
        own = list(run) if parted else []
        for aligned, pairs in groupby(zip(own, _aligned(own), strict=True), lambda pair: pair[1]):
            block = [line for line, _ in pairs]
            rows = [line for line in block if not line.rule]
            if aligned and len(rows) > 1:
                ruled = block[block.index(rows[0]) + 1].rule
                named = Columns(rows[0], rows[1:])
                yield named if _is_head(text, named, ruled=ruled) else Columns(None, rows)


def first_lines(text: str, paragraph: Sequence[Bounds]) -> list[Line]:
    """The rows that a paragraph begins with."""
    lines = _lines(text, paragraph)
    begun = takewhile(lambda line: line.rule or len(line.cells) > 1, lines)
    return [line for line in begun if not line.rule]


def _lines(text: str, paragraph: Sequence[Bounds]) -> list[Line]:
    first, *further = [_line(text, bounds) for bounds in paragraph]
    if first.bounds[0] == 0:  # where a passage begins it has no space before its first word
        first = _indented(first, further[:_LOOKED_AT])
    return _whole([first, *further])


def _indented(line: Line, below: Sequence[Line]) -> Line:
    """The line as far to the right as makes most of its cells start or end with those below."""
    starts, ends = (Counter(p[side] for row in below for p in row.places) for side in (0, 1))

    def matches(shift: int) -> int:
        return sum(max(starts[a + shift], ends[b + shift]) for a, b in line.places)

    begin, end = line.places[-1]
    shifts = {0, *(place - begin for place in starts), *(place - end for place in ends)}
    shift = max(sorted(shift for shift in shifts if shift >= 0), key=matches)
    return replace(line, places=[(a + shift, b + shift) for a, b in line.places])


def _line(text: str, bounds: Bounds) -> Line:
    start, end = bounds
    edges = [start]
    for gap in () if "|" in text[start:end] else _GAP.finditer(text, start, end):  # Markdown
        if len(edges) > 1 or not _MARKER.match(text[start : gap.start()]):
            edges += gap.span()
    edges.append(end)
    left = start
    while left and text[left - 1] in " \t":
        left -= 1
    places, place, done = [], 0, left
    for edge in edges:
        place += _width(text[done:edge], place)
        places.append(place)
        done = edge
    return Line(
        bounds,
        list(zip(edges[::2], edges[1::2], strict=True)),
        list(zip(places[::2], places[1::2], strict=True)),
        _RULE.match(text, start, end) is not None,
    )


def _whole(lines: Sequence[Line]) -> list[Line]:
    """The lines, those that go on with the last cell above them joined to it."""
    whole: list[Line] = []
    for line in lines:
        (place, last), *further = line.places
        above = whole[-1] if whole else line
        if further or line.rule or len(above.cells) == 1 or place != above.places[-1][0]:
            whole.append(line)
            continue
        end = line.bounds[1]
        whole[-1] = Line(
            (above.bounds[0], end),
            [*above.cells[:-1], (above.cells[-1][0], end)],
            [*above.places[:-1], (place, max(last, above.places[-1][1]))],
            rule=False,
        )
    return whole


def _width(text: str, place: int) -> int:
    """How far a text that begins at a place goes to the right."""
    if "\t" not in text:
        return len(text)
    before = place % _TAB
    return len((" " * before + text).expandtabs(_TAB)) - before


def _gaps(line: Line) -> list[Bounds]:
    return [
        (last, first) for (_, last), (first, _) in zip(line.places, line.places[1:], strict=False)
    ]


def _aligned(lines: Sequence[Line]) -> list[bool]:
    """For each line, whether half of its gaps are where others have theirs; a rule's always are."""
    values = [line for line in lines if not line.rule]
    ends = sorted(line.places[-1][1] for line in values)
    blank = Counter(place for line in values for gap in _gaps(line) for place in range(*gap))

    def shared(gap: Bounds) -> bool:
        others = max(blank[place] for place in range(*gap)) - 1
        reaching = len(ends) - bisect_right(ends, gap[1]) - 1
        return others >= max(1, reaching / 2)

    return [
        line.rule or 2 * sum(map(shared, _gaps(line))) >= len(line.places) - 1 for line in lines
    ]


def _extents(rows: Sequence[Line]) -> list[Bounds]:
    """From where to where each column is filled, in the rows that have as many cells as most.

    Of two numbers as frequent it is the greater.
    """
    counts = Counter(len(row.cells) for row in rows)
    usual = max(counts, key=lambda count: (counts[count], count))
    full = [row.places for row in rows if len(row.places) == usual]
    return [(min(a for a, _ in own), max(b for _, b in own)) for own in zip(*full, strict=True)]


def _is_beside(rows: Sequence[Line], head: Line) -> bool:
    """Whether nothing stands above the first cells of most rows."""
    return 2 * sum(row.places[0][1] <= head.places[0][0] for row in rows) > len(rows)


def _is_head(text: str, block: Columns, *, ruled: bool) -> bool:
    """Whether the first line names the columns.

    So it does above dashes and where nothing stands above the rows' first cells; and where it has
    words alone, no amount or date, and either is all in capitals or, above three columns or more,
    has a word above numbers.
    """
    head, extents = block.head, _extents(block.rows)
    if head is None or len(extents) - len(head.cells) not in {0, 1}:
        return False
    if len(head.cells) < len(extents):
        if _is_beside(block.rows, head):
            return True
        if not all(map(_meet, head.places[1:], extents[2:])):
            return False
    names, *rows = [[text[slice(*cell)] for cell in cells] for cells in block.cells()]
    return ruled or _are_names(names, rows)


def _are_names(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    if not all(any(map(str.isalpha, name)) and not _AMOUNT.match(name) for name in names):
        return False
    if all(map(str.isupper, names)):
        return not any(all(map(str.isupper, filter(None, cells))) for cells in rows)
    return len(names) > 2 and any(map(_are_values, zip(*rows, strict=True), names))


def _meet(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _are_values(cells: Sequence[str], name: str) -> bool:
    """Whether most cells have a number where the name of their column has none."""
    bare = not any(map(str.isdecimal, name))
    numbers = [_AMOUNT.match(cell) or (bare and any(map(str.isdecimal, cell))) for cell in cells]
    return 2 * sum(map(bool, numbers)) > len(cells)


def _dealt(row: Line, extents: Sequence[Bounds]) -> list[Bounds]:
    """The row's cells by column: in order where none lacks, else each to the nearest."""
    if len(row.cells) == len(extents):
        return row.cells
    dealt = [(row.bounds[0], row.bounds[0])] * len(extents)
    for cell, (first, last) in zip(row.cells, row.places, strict=True):
        nearest = max(
            range(len(extents)),
            key=lambda i: min(last, extents[i][1]) - max(first, extents[i][0]),
        )
        begun = dealt[nearest]
        dealt[nearest] = (begun[0], cell[1]) if begun[0] < begun[1] else cell
    return dealt
