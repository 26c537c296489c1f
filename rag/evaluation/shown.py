"""Answers in their passages, for a person to look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from rag.evaluation.records import Cited, Prediction, Question
from rag.types import Document

AROUND = 300
"""Characters of a long paragraph that are shown to each side of a gold answer."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage with an answer in it: ``text[start:end]``, verbatim from the document."""

    title: str
    source: str
    text: str
    start: int
    end: int


def cited_answer(cited: Cited, documents: Mapping[str, Document]) -> Shown | None:
    """The quote in the passage it is cited from; None: the corpus has no such document."""
    document = documents.get(cited.document_id)
    if document is None:
        return None
    return _part(document, cited.start, cited.end, (cited.passage_start, cited.passage_end))


def gold_answer(
    question: Question, prediction: Prediction, documents: Mapping[str, Document]
) -> Shown | None:
    """The first gold answer whose place is known, in a passage that was retrieved if there is one.

    Else it is shown in its paragraph. None: no place is known.
    """
    document = documents.get(question.document or "")
    placed = [(g.start, g.start + len(g.text)) for g in question.golds if g.start is not None]
    if document is None or not placed:
        return None
    start, end = placed[0]
    holding = (
        (hit.start, hit.end)
        for hit in prediction.retrieved
        if hit.document_id == document.id and hit.start <= start and end <= hit.end
    )
    return _part(document, start, end, next(holding, _paragraph(document.text, start, end)))


def _paragraph(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds of the paragraph around a run, at most ``AROUND`` characters to each side."""
    before = text.rfind("\n\n", 0, start)
    after = text.find("\n\n", end)
    first = 0 if before < 0 else before + 2
    last = len(text) if after < 0 else after
    return max(first, start - AROUND), min(last, end + AROUND)


def _part(document: Document, start: int, end: int, around: tuple[int, int]) -> Shown:
    first, last = around
    text = document.text[first:last]
    return Shown(
        document.title or document.source, document.source, text, start - first, end - first
    )
