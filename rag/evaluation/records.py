"""The records of evaluation: questions with their gold answers, and what was predicted for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rag.types import Document

Qrels = Mapping[str, Mapping[str, int]]
"""Query id -> document id -> relevance; what is not judged counts as 0."""

Run = Mapping[str, Sequence[str]]
"""Query id -> ids ranked best first."""


@dataclass(frozen=True, slots=True)
class Gold:
    """An accepted answer; ``start`` is its offset in the gold document, where that is known."""

    text: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """A run of a document that someone marked as evidence: by its offsets, its text, or both.

    ``document`` is as that of ``Question``. After ``datasets.resolve`` it is an id, and the
    offsets are known and right.
    """

    document: str | None
    text: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question to score. No golds: the documents do not answer it.

    ``document`` is the id of the gold document, or, until ``datasets.resolve`` has replaced it,
    the name the question set gives it; None: not known. ``evidence`` is all that bears on the
    question; empty: nobody marked it.
    """

    id: str
    text: str
    golds: tuple[Gold, ...]
    document: str | None = None
    evidence: tuple[Marked, ...] = ()

    @property
    def answers(self) -> tuple[str, ...]:
        """The texts of the gold answers."""
        return tuple(gold.text for gold in self.golds)


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that was left out, or used only in part, and why; ``place`` is a line or a path."""

    file: str
    place: str
    reason: str

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.file}: {self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions, the corpus that came with them (may be empty), and the rows that were faulty."""

    questions: tuple[Question, ...]
    documents: tuple[Document, ...] = ()
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """A test collection for retrieval alone. Keys of ``qrels`` are ids of ``questions``.

    ``own`` has for a question the document that is the question itself: no run holds it.
    """

    questions: tuple[Question, ...]
    documents: tuple[Document, ...]
    qrels: Qrels
    errors: tuple[RowError, ...] = ()
    own: Mapping[str, str] = field(default_factory=dict)


class Retrieved(NamedTuple):
    """A retrieved passage; ranks count from 1, None: it is not in that list as far as it was kept.

    ``rank`` is that in the list that the user gets, ``fused_rank`` and ``score`` are those of the
    list that the reader gets.
    """

    document_id: str
    start: int
    end: int
    rank: int | None
    fused_rank: int | None
    score: float | None
    dense_rank: int | None
    lexical_rank: int | None


class Place(NamedTuple):
    """A run of a document: characters ``start`` to ``end``."""

    document_id: str
    start: int
    end: int


class Cited(NamedTuple):
    """What a citation claimed: the quote and the bounds of quote and passage in the document."""

    document_id: str
    start: int
    end: int
    passage_start: int
    passage_end: int
    supports: bool
    quote: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the system did with one question.

    ``text`` is None where it abstained; ``candidate`` is the answer that ``confidence`` speaks
    about: ``text``, or the one that was withheld (None: there was none or it is not known).
    ``evidence`` is where it found what bears on the question. ``read`` is how many passages the
    reader was given, the first ones of the fused ranking; None: it was given the gold ones, of
    which there are some.
    ``error`` says why a question could not be asked at all.
    """

    question_id: str
    text: str | None
    candidate: str | None
    confidence: float
    citations: tuple[Cited, ...]
    retrieved: tuple[Retrieved, ...]
    timings_ms: Mapping[str, float]
    evidence: tuple[Place, ...] = ()
    read: int | None = None
    error: str | None = None
