"""A document becomes passages: paragraphs first, long ones split at sentences, offsets exact."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import PurePath

from rag.loaders import supported_suffixes
from rag.loaders.markdown import MEDIA_TYPE as MARKDOWN
from rag.loaders.markdown import headings
from rag.sentences import Bounds, has_odd_fences, paragraph_sentences, paragraphs
from rag.tables import Table, tables
from rag.types import Document, Passage

VERSION = 5
"""Raised where ``split`` gives other passages, or ones found by other words: what a store holds
from before is split again when its document is added again."""
TARGET = 600
"""Characters up to which short paragraphs are joined."""
LONGEST = 1_100
"""No passage has more characters: about what the 256 tokens of all-MiniLM-L6-v2 hold."""
SHORT = 250
"""A paragraph or sentence up to this long is repeated at the start of the next passage."""
NAME = 100
"""Characters that a title or heading has at most, and in which a passage may begin with it."""

_NEXT = re.compile(r"\S")
_CUTS = tuple(  # where to cut, the better first: before the last white space, behind the last mark
    map(re.compile, (r"\s(?=\S*\Z)", r"(?<=[,;|}\])>])(?=[^,;|}\])>]*\Z)", r"(?<=\W)(?=\w*\Z)"))
)


def split(document: Document) -> list[Passage]:
    """The passages of a document, in order.

    Each is a run of the text, ``document.text[p.start:p.end] == p.text``, without white space
    around; every other character of the document is in one at least. Paragraphs are joined up
    to ``TARGET`` characters; longer ones stay whole up to ``LONGEST``, then they are split into
    sentences. A short last paragraph or sentence opens the next passage again, so that a lone
    sentence keeps its subject. A Markdown heading starts a passage, and names it. A passage that
    starts with a row of a table has the table's header with it, as a row of Markdown.
    """
    passages = []
    for start, end, heading in _sections(document):
        section = document.text[start:end]
        found = list(tables(section))
        units, headers = list(_units(section, found)), _headers(section, found)
        passages += [
            Passage(
                id=f"{document.id}:{start + first}-{start + last}",
                document_id=document.id,
                start=start + first,
                end=start + last,
                text=document.text[start + first : start + last],
                page=_page(document, start + first),
                heading=heading,
                header=headers.get(first),
                about=about(document.title, heading, section[first:last]),
            )
            for first, last in _pack(units)
        ]
    return passages


def about(title: str, heading: str | None, text: str) -> str:
    """Title and heading, a line each, where the text does not begin with them.

    A title that is a file's name goes without its ending.
    """
    begin = text[:NAME]
    ending = PurePath(title).suffix
    if ending.lower() in supported_suffixes():
        title = title.removesuffix(ending)
    names = dict.fromkeys(" ".join(name.split()) for name in (title, heading or ""))
    told = (name for name in names if 0 < len(name) <= NAME and not _says(begin, name))
    return "".join(f"{name}.\n" for name in told)


def _says(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _page(document: Document, position: int) -> int | None:
    return max(1, bisect_right(document.pages, position)) if document.pages else None


def _headers(text: str, found: Sequence[Table]) -> dict[int, str]:
    """Where the rows of tables start, and the header line of each; one that is too long is none."""
    headers: dict[int, str] = {}
    for table in found:
        header = table.header_row(text)
        if len(header) <= LONGEST:
            headers |= dict.fromkeys((start for start, _ in table.rows), header)
    return headers


def _sections(document: Document) -> Iterator[tuple[int, int, str | None]]:
    """Start, end and heading of each section; a heading without text joins the next section."""
    text = document.text
    start, body, heading = 0, 0, None
    for found in headings(text) if document.media_type == MARKDOWN else ():
        if not text[body : found.start].isspace() and body < found.start:
            yield start, found.start, heading
            start = found.start
        body, heading = found.end, found.title or None
    yield start, len(text), heading


def _units(text: str, found: Sequence[Table]) -> Iterator[Bounds]:
    """What passages are made of: paragraphs; of long ones the sentences, and the rows of tables."""
    row_of = partial(_row_at, [row for table in found for row in _rows(text, table)])
    code = False
    for paragraph in paragraphs(text):
        start, end = paragraph[0][0], paragraph[-1][1]
        if end - start <= LONGEST:
            yield start, end
            code ^= has_odd_fences(text, paragraph)
            continue
        for row, group in groupby(paragraph, row_of):
            lines = list(group)
            units = [row] if row else paragraph_sentences(text, lines, code=code)
            code ^= has_odd_fences(text, lines)
            for first, last in units:
                yield from _cut(text, first, last)


def _rows(text: str, table: Table) -> Iterator[Bounds]:
    """Header and rows of a table, each with the rule below it."""
    starts = [row[0] for row in (table.header, *table.rows) if row]
    for start, following in zip(starts, [*starts[1:], table.end], strict=True):
        yield start, start + len(text[start:following].rstrip())


def _row_at(rows: Sequence[Bounds], line: Bounds) -> Bounds | None:
    """The row of a table that a line belongs to."""
    before = bisect_right(rows, line[0], key=itemgetter(0))
    return rows[before - 1] if before and line[1] <= rows[before - 1][1] else None


def _cut(text: str, start: int, end: int) -> Iterator[Bounds]:
    """A sentence in pieces that fit: cut at white space or a mark in the second half, else hard."""
    while end - start > LONGEST:
        second = (start + LONGEST // 2, start + LONGEST)
        found = next(filter(None, (cut.search(text, *second) for cut in _CUTS)), None)
        cut = found.start() if found else start + LONGEST
        yield start, start + len(text[start:cut].rstrip())
        following = _NEXT.search(text, cut, end)
        start = following.start() if following else end
    yield start, end


def _pack(units: list[Bounds]) -> Iterator[Bounds]:
    """Runs of consecutive units; a short last unit of a longer run opens the next one again."""
    first = 0
    for index, (_, end) in enumerate(units):
        if index == first:
            continue
        start, previous_end = units[first][0], units[index - 1][1]
        fits = end - start <= TARGET
        # A line such as a headline is no passage of its own while its text fits below it.
        alone = previous_end - start <= SHORT and end - start <= LONGEST
        if fits or alone:
            continue
        yield start, previous_end
        last_start, last_end = units[index - 1]
        repeat = first < index - 1 and last_end - last_start <= SHORT
        first = index - 1 if repeat and end - last_start <= LONGEST else index
    if units:
        yield units[first][0], units[-1][1]
