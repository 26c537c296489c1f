"""Passages as a reader understands them: in sentences, every word in its place.

Readers are trained on prose, and their tokens know no line ends. So a line that ends without a
stop, such as a heading or a list item, is read with one, and the row ``| Dinner | €28 |`` below the
header ``| Meal | Limit |`` as ``Dinner: the Limit is €28.``. Marks of Markdown are left out, and
what is struck out; ligatures are read in letters, and words broken at a line's end whole.
What is found is mapped to where it is from; no answer leaves its line or cell.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.sentences import Bounds
from rag.tables import cells, first_rows, runs
from rag.words import LIGATURES, PRINTED

Ints = NDArray[np.int64]

PUT_IN = -1
MOST = 6
"""Times as long as the text may be what is read in its place, or the text itself is read."""

_MARKS_ENOUGH = tuple(".!?,;:")
# A line's end behind a word: no stop, comma, colon or dash, and no mark such as those of a rule.
_ENDS_BARE = re.compile(r"(?<=[^\W_]|[)\]”’\"'%°€$£`*])[ \t]*+[\r\n]")
# The line of a fence, those before a heading's words and a quoted line, of bold text and of code,
# what is struck out, and what is printed otherwise than in letters.
_MARKS = re.compile(
    r"(?m)^ {0,3}(?:`{3,}+(?![^\r\n]*`)|~{3})[^\r\n]*|^ {0,3}#{1,6}[ \t]+"
    rf"|^ {{0,3}}(?!>>>)(?:>[ \t]?)+|\*\*+|`+|~~[^~\r\n]++~~|{PRINTED.pattern}"
)


@dataclass(frozen=True, slots=True)
class Located:
    """Tokens of what was read, in the original."""

    offsets: Ints  # (tokens, 2) characters; zeros where it is not from there
    real: NDArray[np.bool_]  # (tokens,) whether it is from there
    pieces: Ints  # (tokens,) the line, cell or run of text that it is from


class Prose:
    """What is read in place of a text, and where each character of it is from."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._origins: list[Ints] = []
        self._pieces: list[Ints] = []
        self._piece = 0

    @property
    def text(self) -> str:
        """What is read."""
        return "".join(self._parts)

    @property
    def origins(self) -> Ints:
        """(characters,) of ``text``: where each is in the original, or ``PUT_IN``."""
        return np.concatenate(self._origins)

    def put(self, text: str) -> None:
        """Append words that are not in the original."""
        self._piece += 1
        self._append(text, np.full(len(text), PUT_IN))

    def take(self, original: str, bounds: Bounds) -> None:
        """Append ``original[start:end]`` without marks, a piece that answers do not leave.

        The letters of a ligature are all from where it is.
        """
        self._piece += 1
        start, end = bounds
        for mark in _MARKS.finditer(original, start, end):
            self._append(original[start : mark.start()], np.arange(start, mark.start()))
            letters = LIGATURES.get(mark[0], "")
            self._append(letters, np.full(len(letters), mark.start()))
            start = mark.end()
        self._append(original[start:end], np.arange(start, end))

    def _append(self, text: str, origins: Ints) -> None:
        self._parts.append(text)
        self._origins.append(origins)
        self._pieces.append(np.full(len(text), self._piece))

    def located(self, offsets: Ints) -> Located:
        """Where tokens, (tokens, 2) in ``text``, are in the original."""
        origins, pieces = self.origins, np.concatenate(self._pieces)
        places = np.flatnonzero(origins != PUT_IN)
        first = np.searchsorted(places, offsets[:, 0], side="left")
        last = np.searchsorted(places, offsets[:, 1], side="left") - 1
        real = first <= last
        places = np.append(places, 0)  # for tokens that are not from there
        first, last = places[np.where(real, first, -1)], places[np.where(real, last, -1)]
        found = np.stack([origins[first], origins[last] + 1], axis=1)
        return Located(np.where(real[:, None], found, 0), real, pieces[first])


def prose(text: str, header: str | None = None, about: str = "") -> Prose | None:
    """What is read in place of the text; None where that is the text itself.

    ``header`` is that of the table whose rows the text begins with, "" where its columns have no
    names; ``about`` is read before it.
    """
    if not about and header is None and "\n" not in text and not _MARKS.search(text):
        return None
    told, done = Prose(), 0
    if about:
        told.put(about)
    if header is not None:
        names = [header[slice(*cell)] for cell in cells(header, (0, len(header)))] if header else []
        for row, values in first_rows(text, len(names)):
            fits = len(values) == len(names) or "|" in text[slice(*row)]
            _say(told, text, names if fits else [], values)
            done = row[1]
    for before, run, table in runs(text, done):
        _end_lines(told, text, run, before)
        if table:
            for values in table.cells:
                _say(told, text, table.names, values)
    read = told.text
    return None if read == text or len(read) - len(about) > MOST * len(text) else told


def _end_lines(told: Prose, text: str, run: Bounds, said: Sequence[Bounds]) -> None:
    """Append a run of text, with a stop where a line ends in a word although its sentence does."""
    done, end = run
    for first, last in said:
        words = not _MARKS.fullmatch(text, first, last)
        if words and _ENDS_BARE.match(text, last, end):
            told.take(text, (done, last))
            told.put(".")
            done = last
    told.take(text, (done, end))


def _say(told: Prose, text: str, names: Sequence[Bounds | str], row: Sequence[Bounds]) -> None:
    """Append one row: its first cell, then each further one after the name of its column."""
    key, *values = row or [(0, 0)]
    before, last = "", key
    if key[0] < key[1]:
        told.take(text, key)
        before = _behind(text[slice(*key)], named=bool(names))
    for name, value in zip(names[1:] or [""] * len(values), values, strict=False):
        if value[0] == value[1]:
            continue
        if isinstance(name, str):
            told.put(f"{before}the {name} is " if name else before)
        elif name[0] == name[1]:
            told.put(before)
        else:
            told.put(f"{before}the ")
            told.take(text, name)
            told.put(" is ")
        told.take(text, value)
        before, last = ", ", value
    told.put("\n" if text[last[1] - 1 : last[1]] in _MARKS_ENOUGH else ".\n")


def _behind(key: str, *, named: bool) -> str:
    """What stands between a row's first cell and the next."""
    if key[-1] in _MARKS_ENOUGH:
        return " "
    return ", " if ": " in key and not named else ": "
