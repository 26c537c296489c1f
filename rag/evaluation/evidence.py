"""Evidence measured in words, as highlighting is: what was marked against what was found.

A word is a run without white space, told apart by its place in its document, and a span covers the
words that it touches. For each question its spans of all documents are counted together.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rag.evaluation.records import Place
from rag.types import Document

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Numbers of words: those marked, those found, and those that are both."""

    marked: int
    found: int
    both: int

    @property
    def precision(self) -> float:
        """Share of the words found that are marked; 0 where none was found."""
        return self.both / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the marked words that were found; 0 where none is marked."""
        return self.both / self.marked if self.marked else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.both / (self.marked + self.found) if self.both else 0.0


def overlap(
    documents: Mapping[str, Document], marked: Iterable[Place], found: Iterable[Place]
) -> Overlap:
    """Compare two sets of spans of some documents, which are given by id."""
    expected, given = _words(documents, marked), _words(documents, found)
    return Overlap(len(expected), len(given), len(expected & given))


def pooled(overlaps: Iterable[Overlap]) -> Overlap:
    """The words of several questions counted together, so that long evidence weighs more."""
    listed = list(overlaps)
    return Overlap(
        sum(one.marked for one in listed),
        sum(one.found for one in listed),
        sum(one.both for one in listed),
    )


def _words(documents: Mapping[str, Document], places: Iterable[Place]) -> set[tuple[str, int]]:
    """Document and offset of every word that a place touches."""
    return {
        (document_id, match.start())
        for document_id, start, end in places
        if document_id in documents
        for match in _WORD.finditer(
            documents[document_id].text, _word_start(documents[document_id].text, start), end
        )
    }


def _word_start(text: str, place: int) -> int:
    """Where the word begins that the character at ``place`` is in; ``place`` between words."""
    if text[place : place + 1].isspace():
        return place
    while place > 0 and not text[place - 1].isspace():
        place -= 1
    return place
