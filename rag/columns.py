"""Tables that white space sets in columns: their lines, cells, and the names of the columns.

A gap parts columns where most lines around have one in the same place; those of justified text do
not. Linear in the length of the text.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from rag.column_names import are_names
from rag.layout import Line, laid_out
from rag.sentences import Bounds

_WIDE = 3  # spaces that are meant


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
    lines = laid_out(text, paragraph)
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
    """The rows at a paragraph's start, each with its cells, filled up to ``count`` of them."""
    begun = takewhile(lambda line: line.rule or len(line.cells) > 1, laid_out(text, paragraph))
    rows = [line for line in begun if not line.rule]
    extents = _spread([row.places for row in rows if len(row.cells) == count])
    return [
        (row.bounds, _dealt(row, extents) if len(row.cells) < len(extents) else row.cells)
        for row in rows
    ]


def _aligned(lines: Sequence[Line]) -> list[bool]:
    """For each line, whether half of its gaps are where others have theirs; a rule's always are.

    Narrow gaps have to end where others do: those of prose overlap by chance.
    """
    values = [line for line in lines if not line.rule]
    reach = sorted(line.places[-1][1] for line in values)
    blank = Counter(place for line in values for gap in line.gaps for place in range(*gap))
    starts = Counter(place for line in values for place, _ in line.places[1:])

    def shared(gap: Bounds) -> bool:
        wide = gap[1] - gap[0] >= _WIDE
        others = (max(blank[place] for place in range(*gap)) if wide else starts[gap[1]]) - 1
        reaching = len(reach) - bisect_right(reach, gap[1]) - 1
        return others >= max(1, reaching / 2)

    return [line.rule or 2 * sum(map(shared, line.gaps)) >= len(line.places) - 1 for line in lines]


def _are_meant(rows: Sequence[Line]) -> bool:
    """Whether there are rows: with a wide gap somewhere, or their second cells in one place."""
    wide = any(last - first >= _WIDE for row in rows for first, last in row.gaps)
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
    if not _labels_lack_a_name(head, rows):
        return _extents([head, *rows])
    labels = [row.places[:1] for row in rows if row.places[0][1] <= head.places[0][0]]
    values = [row.places[1:] for row in rows if len(row.cells) == len(head.cells) + 1]
    return [*_spread(labels), *_spread([head.places, *values])]


def _labels_lack_a_name(head: Line, rows: Sequence[Line]) -> bool:
    """Whether the first name stands above values, and most rows begin to the left of it."""
    above_values = any(_meet(head.places[0], place) for row in rows for place in row.places[1:])
    most = max(len(row.cells) for row in rows)
    return above_values and most <= len(head.cells) + 1 and _is_beside(rows, head)


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
