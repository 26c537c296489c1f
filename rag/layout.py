"""Lines of a text, their cells, and where these stand on the screen.

A gap is two spaces or more, a tab, or a row of dots, within a line; two spaces behind a full stop
are none. Linear in the length of the text.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from unicodedata import combining, east_asian_width

from rag.sentences import NUMBER, Bounds

_TAB = 8
_MOST = 50  # cells of a line
_LOOKED_AT = 8  # lines, for where the first one stood
_GAP = re.compile(
    r"(?<=\S)(?:(?<![.!?,;])(?<![.!?,;][\"'”’)])  (?=\S)| {3,}+(?=[^\s.]|\.\d)"
    r"| *+[\t\u3000][ \t\u3000]*+(?=\S)"
    r"|(?<!\.) *+(?:\.{5,}+|(?:\. ){5,}+\.?) *+(?=[^\s.]))"  # dots that lead to a value
)
_MARKER = re.compile(rf"(?:[-*+•‣◦–—#>]+|{NUMBER})\Z")  # of a list item, before its gap
_RULE = re.compile(r"[-=_+]{3,}+\Z|[-=_+]++(?:[ \t]++[-=_+]++)+\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its cells as bounds in the text, and where these stand on the screen."""

    bounds: Bounds
    cells: list[Bounds]
    places: list[Bounds]
    rule: bool  # nothing but dashes, below names or between rows

    @property
    def gaps(self) -> list[Bounds]:
        """From where to where there is nothing between its cells."""
        return [(last, first) for (_, last), (first, _) in pairwise(self.places)]


def laid_out(text: str, paragraph: Sequence[Bounds]) -> list[Line]:
    """The lines of a paragraph; one that goes on with the last cell above is joined to it."""
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
    done = _line_start(text, start)
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


def _line_start(text: str, first: int) -> int:
    """Where the line begins whose first word is there."""
    while first and text[first - 1] in " \t":
        first -= 1
    return first


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
    first = _line_start(text, line.cells[0][0])
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
