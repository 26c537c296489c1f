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
from unicodedata import combining, east_asian_width

from rag.column_names import are_names
from rag.sentences import Bounds

_TAB = 8
_WIDE = 3  # spaces that are meant
_MOST = 50  # cells of a line
_LOOKED_AT = 8  # lines, for where the first one stood
_GAP = re.compile(
    r"(?<=\S)(?:(?<![.!?,;])(?<![.!?,;][\"'”’)])  (?=\S)| {3,}+(?=[^\s.]|\.\d)"
    r"| *+[\t\u3000][ \t\u3000]*+(?=\S)"
    r"|(?<!\.) *+(?:\.{5,}+|(?:\. ){5,}+\.?) *+(?=[^\s.]))"  # dots that lead to a value
)
_MARKER = re.compile(  # of a list item, before its gap
    r"(?:[-*+•‣◦–—#>]+|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{2,4})[.)])\Z"
)
_RULE = re.compile(r"[-=_+]{3,}+\Z|[-=_+]++(?:[ \t]++[-=_+]++)+\Z")


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
    names: list[Bounds]
    """The cells of the head, one for each column; [] without a head."""
    rows: list[Line]
    cells: list[list[Bounds]]
    """Those of each row; with a head as many as there are names, an empty one has equal bounds."""


def columns(text: str, paragraph: Sequence[Bounds]) -> Iterator[Columns]:
    """The runs of a paragraph's lines that are set in columns, two rows at least."""
    lines = _lines(text, paragraph)
    for parted, run in groupby(lines, lambda line: line.rule or len(line.cells) > 1):
        own = list(run) if parted else []
        for aligned, pairs in groupby(zip(own, _aligned(own), strict=True), lambda pair: pair[1]):
            block = [line for line, _ in pairs]
            rows = [line for line in block if not line.rule]
            if aligned and _are_meant(rows):
                yield _named(text, block, rows)


def first_rows(
    text: str, paragraph: Sequence[Bounds], count: int
) -> list[tuple[Bounds, list[Bounds]]]:
    """The rows that a paragraph begins with, and their cells; ``count`` where a cell lacks too."""
    begun = takewhile(lambda line: line.rule or len(line.cells) > 1, _lines(text, paragraph))
    rows = [line for line in begun if not line.rule]
    extents = _spread([row.places for row in rows if len(row.cells) == count])
    return [
        (row.bounds, _dealt(row, extents) if len(row.cells) < len(extents) else row.cells)
        for row in rows
    ]


def _lines(text: str, paragraph: Sequence[Bounds]) -> list[Line]:
    lines = [_line(text, bounds) for bounds in paragraph]
    tabs = [_tabs(text, line) for line in lines if len(line.cells) > 1]
    most = max(len(line.cells) for line in lines)
    if tabs and 0 not in tabs and max(tabs) == most - 1:  # separated by them, not lined up
        lines = [_numbered(text, line) if len(line.cells) > 1 else line for line in lines]
    if paragraph[0][0] == 0:  # where a passage begins it has no space before its first word
        lines[0] = _indented(lines[0], lines[1 : 1 + _LOOKED_AT])
    return _whole(lines)


def _line(text: str, bounds: Bounds) -> Line:
    start, end = bounds
    edges = [start]
    for gap in () if "|" in text[start:end] else _GAP.finditer(text, start, end):  # Markdown
        if len(edges) > 1 or not _MARKER.match(text[start : gap.start()]):
            edges += gap.span()
    edges = [*edges, end] if len(edges) < 2 * _MOST else [start, end]
    done = start
    while done and text[done - 1] in " \t":
        done -= 1
    places, place = [], 0
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


def _width(text: str, place: int) -> int:
    """How far a text that begins at a place goes to the right."""
    if not text.isascii():
        text = "".join(
            "" if combining(c) else c + " " * (east_asian_width(c) in "WF") for c in text
        )
    if "\t" not in text:
        return len(text)
    before = place % _TAB
    return len((" " * before + text).expandtabs(_TAB)) - before


def _tabs(text: str, line: Line) -> int:
    """How many tabs part the line's cells; 0 where something else does too."""
    between = [text[a:b] for (_, a), (b, _) in zip(line.cells, line.cells[1:], strict=False)]
    return sum(map(len, between)) if all(gap.strip("\t") == "" for gap in between) else 0


def _numbered(text: str, line: Line) -> Line:
    """The line with each cell in the place that its number among the tabs gives."""
    first = line.cells[0][0]
    numbers = [text.count("\t", first, cell[0]) for cell in line.cells]
    return replace(line, places=[(_TAB * n, _TAB * n + 1) for n in numbers])


def _indented(line: Line, below: Sequence[Line]) -> Line:
    """The line as far to the right as makes most of its cells start or end with those below."""
    starts, ends = (Counter(p[side] for row in below for p in row.places) for side in (0, 1))

    def matches(shift: int) -> int:
        return sum(max(starts[a + shift], ends[b + shift]) for a, b in line.places)

    begin, end = line.places[-1]
    shifts = {0, *(place - begin for place in starts), *(place - end for place in ends)}
    shift = max(sorted(shift for shift in shifts if shift >= 0), key=matches)
    if matches(shift) < 2:
        return line
    return replace(line, places=[(a + shift, b + shift) for a, b in line.places])


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


def _gaps(line: Line) -> list[Bounds]:
    return [
        (last, first) for (_, last), (first, _) in zip(line.places, line.places[1:], strict=False)
    ]


def _aligned(lines: Sequence[Line]) -> list[bool]:
    """For each line, whether half of its gaps are where others have theirs; a rule's always are.

    Narrow gaps have to end where others do: those of prose overlap by chance.
    """
    values = [line for line in lines if not line.rule]
    reach = sorted(line.places[-1][1] for line in values)
    blank = Counter(place for line in values for gap in _gaps(line) for place in range(*gap))
    starts = Counter(place for line in values for place, _ in line.places[1:])

    def shared(gap: Bounds) -> bool:
        wide = gap[1] - gap[0] >= _WIDE
        others = (max(blank[place] for place in range(*gap)) if wide else starts[gap[1]]) - 1
        reaching = len(reach) - bisect_right(reach, gap[1]) - 1
        return others >= max(1, reaching / 2)

    return [
        line.rule or 2 * sum(map(shared, _gaps(line))) >= len(line.places) - 1 for line in lines
    ]


def _are_meant(rows: Sequence[Line]) -> bool:
    """Whether there are rows: with a wide gap somewhere, or their second cells in one place."""
    wide = any(last - first >= _WIDE for row in rows for first, last in _gaps(row))
    return len(rows) > 1 and (
        wide or (len(rows) > 2 and len({row.places[1][0] for row in rows}) == 1)
    )


def _extents(lines: Sequence[Line]) -> list[Bounds]:
    """From where to where each column is filled, in the lines that have as many cells as most.

    Of two numbers as frequent it is the greater; the first line's, where that is still greater.
    """
    counts = Counter(len(line.cells) for line in lines[1:])
    usual = max(counts, key=lambda count: (counts[count], count))
    usual = max(usual, len(lines[0].cells))
    return _spread([line.places for line in lines if len(line.places) == usual])


def _columns_of(head: Line, rows: Sequence[Line]) -> list[Bounds]:
    """From where to where each column is filled; the first may have no name.

    Where a cell lacks in most rows, their numbers of cells say nothing: the names and what stands
    beside them do.
    """
    wide = max(len(row.cells) for row in rows)
    below = any(_meet(head.places[0], place) for row in rows for place in row.places[1:])
    if not below or wide > len(head.cells) + 1 or not _is_beside(rows, head):
        return _extents([head, *rows])
    labels = [row.places[:1] for row in rows if row.places[0][1] <= head.places[0][0]]
    values = [row.places[1:] for row in rows if len(row.cells) == len(head.cells) + 1]
    return [*_spread(labels), *_spread([head.places, *values])]


def _spread(rows: Sequence[Sequence[Bounds]]) -> list[Bounds]:
    """The extents of places, column by column."""
    return [(min(a for a, _ in own), max(b for _, b in own)) for own in zip(*rows, strict=True)]


def _is_beside(rows: Sequence[Line], head: Line) -> bool:
    """Whether nothing stands above the first cells of most rows."""
    return 2 * sum(row.places[0][1] <= head.places[0][0] for row in rows) > len(rows)


def _named(text: str, block: Sequence[Line], rows: Sequence[Line]) -> Columns:
    """The block, its first row as the head where it stands above the others and has their names."""
    head, *below = rows
    nameless = Columns(None, [], list(rows), [row.cells for row in rows])
    extents = _columns_of(head, below)
    lacking = len(extents) - len(head.cells)
    corner = lacking == 1 and _is_beside(below, head)
    if lacking > 1 or not all(map(_meet, head.places[1 - lacking :], extents[1:])):
        return nameless
    rules = sum(line.rule for line in block)
    ruled = block[block.index(head) + 1].rule and 2 * rules <= len(rows)
    words = _words(text, head)
    further = [row for row in below if _words(text, row) != words]  # the head again: a new page
    if further:
        cells, *values = _by_column(head, further)
        told = [[text[slice(*cell)] for cell in row] for row in (cells, *values)]
        if are_names(told[0], told[1:], marked=corner or ruled):
            return Columns(head, cells, further, values)
    return nameless


def _by_column(head: Line, rows: Sequence[Line]) -> list[list[Bounds]]:
    """The cells of the head and of each row, as many in each."""
    extents = _columns_of(head, rows)
    names = list(head.cells)
    if len(names) < len(extents):  # above the first cells stands nothing; or one name above two
        at = 0 if _is_beside(rows, head) else 1
        names.insert(at, (names[0][at], names[0][at]))
    return [names, *(_dealt(row, extents) for row in rows)]


def _words(text: str, line: Line) -> list[str]:
    return [text[slice(*cell)] for cell in line.cells]


def _meet(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[1] and other[0] < one[1]


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
