"""The records that everything else speaks: frozen, slotted, with no behaviour but ``Answer``'s.

Every offset counts characters (Unicode code points) of ``Document.text``; ends are exclusive.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from rag.words import spelled


@dataclass(frozen=True, slots=True)
class Document:
    """One source text. ``id`` derives from ``sha256``, the SHA-256 of ``text`` in UTF-8.

    ``pages`` holds the offset at which each page starts (empty: the format has no pages).
    """

    id: str
    title: str
    source: str
    text: str
    sha256: str
    media_type: str
    pages: tuple[int, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)


class Documents(Protocol):
    """What holds documents: a store, or a snapshot of one."""

    def document(self, document_id: str) -> Document | None:
        """The document with this id, or None."""

    def named_by(self, source: str) -> str | None:
        """The id of the document that a source names, or None."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of a document: ``document.text[start:end] == text``. ``page`` counts from 1.

    ``header`` is the header, as a row of Markdown, of the table in whose midst the passage begins;
    "" where its columns have no names.
    ``about`` is what it is about and does not say at its beginning, a line each: the document's
    title, the heading; it is searched and read with the text, and no answer is in it.
    """

    id: str
    document_id: str
    start: int
    end: int
    text: str
    page: int | None = None
    heading: str | None = None
    header: str | None = None
    about: str = ""

    @property
    def searched(self) -> str:
        """What is embedded and indexed: what it is about, then its text, in single letters."""
        return spelled(self.about + self.text)


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage; ranks count from 1, None where that search did not return it.

    ``rank`` is its place now, ``retrieved_rank`` the one before the passages that were read, which
    need not be this one, moved to the front (None: nothing was read yet).
    """

    passage: Passage
    score: float
    rank: int
    dense_rank: int | None = None
    lexical_rank: int | None = None
    retrieved_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer, ``document.text[start:end]``, inside ``hit.passage``.

    ``score - no_answer_score`` is the reader's log-odds that the passage answers with this span.
    ``stray``: what the question names is elsewhere in the passage, and another is named here.
    """

    hit: Hit
    start: int
    end: int
    score: float
    no_answer_score: float
    stray: bool = False

    @property
    def text(self) -> str:
        """The characters of the span."""
        passage = self.hit.passage
        return passage.text[self.start - passage.start : self.end - passage.start]


@dataclass(frozen=True, slots=True)
class Bearing:
    """A sentence or row of ``hit.passage``, ``document.text[start:end]``, that bears on a question.

    ``score`` is the share (0..1) of the reader's belief about its passage that lies in it.
    """

    hit: Hit
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of one question's passages, both in the order of the passages.

    ``spans`` are candidate answers, best first within a passage; ``bearings`` are its sentences.
    """

    spans: tuple[Span, ...] = ()
    bearings: tuple[Bearing, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands: ``document.text[start:end] == quote``.

    ``supports`` is False for the nearest passages that come with "not in these documents".
    """

    number: int
    document_id: str
    title: str
    source: str
    page: int | None
    heading: str | None
    start: int
    end: int
    quote: str
    passage_start: int
    passage_end: int
    sha256: str
    supports: bool = True


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another answer that the documents offer, with its own confidence and citation."""

    text: str
    sentence: str
    confidence: float
    citation: Citation


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence or row that bears on a question: ``document.text[start:end] == quote``.

    ``score`` (0..1) is the share of the reader's belief about its passage that lies in it.
    """

    document_id: str
    source: str
    start: int
    end: int
    quote: str
    sha256: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What ``ask`` returns. ``text is None`` is the one way to say "not in these documents".

    ``text`` is the first citation's quote; ``sentence`` is the verbatim sentence around it;
    ``confidence`` is the probability that the answer is right, also when it was withheld.
    ``evidence`` are the sentences of the passages read that bear on the question, best first; they
    are there without an answer too, as the place to look. Answers are equal whatever their
    ``timings_ms``.
    """

    question: str
    text: str | None
    sentence: str | None
    confidence: float
    citations: tuple[Citation, ...]
    alternatives: tuple[Alternative, ...]
    timings_ms: Mapping[str, float] = field(compare=False)
    store_version: int
    evidence: tuple[Evidence, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, as written down in ``rag/answer.schema.json``."""
        return asdict(self) | {
            "citations": [asdict(citation) for citation in self.citations],
            "alternatives": [asdict(alternative) for alternative in self.alternatives],
            "evidence": [asdict(evidence) for evidence in self.evidence],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Answer":
        """The answer that ``to_dict`` gave these values for, also where they come from JSON.

        Raises:
            KeyError, TypeError: they are not as ``rag/answer.schema.json`` says.
        """
        alternatives = (
            Alternative(**other | {"citation": Citation(**other["citation"])})
            for other in values["alternatives"]
        )
        return cls(
            **dict(values)
            | {
                "citations": tuple(Citation(**citation) for citation in values["citations"]),
                "alternatives": tuple(alternatives),
                "evidence": tuple(Evidence(**evidence) for evidence in values["evidence"]),
            }
        )

    def verify(self, store: Documents) -> list[str]:
        """Check every quote, and that its source still holds it, as the store has them now.

        Returns one line for each that fails. A file that has changed since it was taken in is
        looked at only once it is added again.
        """
        quoted: list[tuple[str, Citation | Evidence]] = [
            (f"[{c.number}]", c) for c in self.citations
        ]
        quoted += [(f"[{a.citation.number}]", a.citation) for a in self.alternatives]
        quoted += [("evidence", evidence) for evidence in self.evidence]
        problems = []
        for name, place in quoted:
            document, named = store.document(place.document_id), store.named_by(place.source)
            if document is None or named is None:
                problems.append(
                    f"{name} {place.source}: no longer in the store; it was changed or removed"
                )
            elif (
                named != place.document_id
                or document.sha256 != place.sha256
                or document.text[place.start : place.end] != place.quote
            ):
                problems.append(f"{name} {place.source}: the source has changed")
        return problems
