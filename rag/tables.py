"""Tables, of Markdown or in columns: their names, rows and cells, as bounds in the text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag import columns as by_space
from rag.sentences import Bounds, opens_code, paragraphs, sentences

_BETWEEN = re.compile(r"(?<!\\)\|")
_DASHES = re.compile(r":?-+:?")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as bounds in its text; ``cells`` are those of each row, empty ones of no length."""

    header: Bounds | None
    """The line that names the columns; where white space sets them there may be none."""
    names: list[Bounds]
    """Its cells, in columns set by white space as many as each row has; [] without a header."""
    rows: list[Bounds]
    cells: list[list[Bounds]]

    @property
    def start(self) -> int:
        """Where it starts."""
        return self.rows[0][0] if self.header is None else self.header[0]

    @property
    def end(self) -> int:
        """Where its last row ends."""
        return self.rows[-1][1]

    def header_row(self, text: str) -> str:
        """The header as a row of Markdown, which is its line where that is one; "" without."""
        if self.header is None:
            return ""
        line = text[slice(*self.header)]
        if _BETWEEN.search(line):
            return line
        return f"| {' | '.join(' '.join(text[slice(*name)].split()) for name in self.names)} |"


def tables(text: str) -> Iterator[Table]:
    """Each table: in Markdown a header, dashes and a row at least, in columns two lines."""
    for lines in paragraphs(text):
        found = [*_markdown(text, lines), *_columns(text, lines)]
        yield from sorted(found, key=lambda table: table.start)


def _markdown(text: str, lines: Sequence[Bounds]) -> Iterator[Table]:
    begin = 0
    while begin + 2 < len(lines):
        header = lines[begin]
        below = map(lines.__getitem__, range(begin + 2, len(lines)))  # no copy of a long text
        rows = _rows(text, below) if _is_header(text, header, lines[begin + 1]) else []
        if rows:
            yield Table(header, cells(text, header), rows, [cells(text, row) for row in rows])
        begin += 2 + len(rows) if rows else 1


def _columns(text: str, lines: Sequence[Bounds]) -> Iterator[Table]:
    for block in by_space.columns(text, lines):
        rows = [row.bounds for row in block.rows]
        header = block.head.bounds if block.head else None
        yield Table(header, block.names, rows, block.cells)


def runs(text: str, start: int = 0) -> Iterator[tuple[list[Bounds], Bounds, Table | None]]:
    """What stands before each table from ``start`` on, and behind the last, with that table.

    Its sentences and its bounds; the table is None at the end. Code stays open over a table.
    """
    code = False
    for table in tables(text):
        if table.start >= start:
            yield _sentences(text, start, table.start, code=code), (start, table.start), table
            code ^= opens_code(text, start, table.start)
            start = table.end
    yield _sentences(text, start, len(text), code=code), (start, len(text)), None


def _sentences(text: str, start: int, end: int, *, code: bool) -> list[Bounds]:
    return [(start + first, start + last) for first, last in sentences(text[start:end], code=code)]


def statements(text: str) -> list[Bounds]:
    """What a text says piece by piece, in order: lines of tables, and sentences around them."""
    if "\n" not in text:
        return sentences(text)
    found: list[Bounds] = []
    for before, _, table in runs(text):
        found += before
        if table:
            found += [table.header, *table.rows] if table.header else table.rows
    return found


def statement_at(text: str, start: int, end: int) -> Bounds:
    """The bounds of the statement, or the run of them, that holds ``text[start:end]``.

    Raises:
        ValueError: The bounds do not lie in the text.
    """
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"no characters {start} to {end} in a text of {len(text)}")
    touched = [own for own in statements(text) if own[0] < max(end, start + 1) and own[1] > start]
    return (min(start, touched[0][0]), max(end, touched[-1][1])) if touched else (start, end)


def first_rows(text: str, count: int) -> list[tuple[Bounds, list[Bounds]]]:
    """The rows that a text begins with in the midst of a table, and the cells of each.

    ``count`` is the number of columns; a row of Markdown has as many cells as it has.
    """
    lines = next(iter(paragraphs(text)), [])
    rows = _rows(text, lines)
    if rows:
        return [(row, cells(text, row)) for row in rows]
    return by_space.first_rows(text, lines, count) if lines else []


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
