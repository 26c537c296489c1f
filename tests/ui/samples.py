"""Answers made by hand over a document, for what only shows them."""

from rag.loaders import make_document
from rag.types import Alternative, Answer, Citation, Document, Evidence

TEXT = (
    "The harbour\n\nThe old harbour closed in 1931. A new harbour opened in 1934, and the old "
    "pier became a market.\n\nThe market is open on Fridays & Sundays."
)


def document(text: str = TEXT, title: str = "The harbour") -> Document:
    """A document of plain text."""
    return make_document(text, title, f"{title}.txt", "text/plain")


def cite(source: Document, quote: str, number: int = 1, *, supports: bool = True) -> Citation:
    """A citation of the first place where a quote stands; the passage is its paragraph."""
    start = source.text.index(quote)
    first = source.text.rfind("\n\n", 0, start)
    last = source.text.find("\n\n", start + len(quote))
    return Citation(
        number=number,
        document_id=source.id,
        title=source.title,
        source=source.source,
        page=None,
        heading=None,
        start=start,
        end=start + len(quote),
        quote=quote,
        passage_start=0 if first < 0 else first + 2,
        passage_end=len(source.text) if last < 0 else last,
        sha256=source.sha256,
        supports=supports,
    )


def bearing(source: Document, quote: str) -> Evidence:
    """The first place where a quote stands, as evidence."""
    start = source.text.index(quote)
    end = start + len(quote)
    return Evidence(source.id, source.source, start, end, quote, source.sha256, 0.5)


def answer(
    *citations: Citation,
    sentence: str | None = None,
    confidence: float = 0.9,
    alternatives: tuple[Alternative, ...] = (),
    question: str = "When did the new harbour open?",
    evidence: tuple[Evidence, ...] = (),
) -> Answer:
    """An answer whose text is the first citation's quote."""
    return Answer(
        question=question,
        text=citations[0].quote,
        sentence=citations[0].quote if sentence is None else sentence,
        confidence=confidence,
        citations=citations,
        alternatives=alternatives,
        timings_ms={"retrieve": 2.0, "read": 3.5, "total": 5.5},
        store_version=4,
        evidence=evidence,
    )


def abstention(
    *nearest: Citation,
    question: str = "Who built the pier?",
    evidence: tuple[Evidence, ...] = (),
) -> Answer:
    """An answer that says "not in these documents", with nearest passages."""
    return Answer(question, None, None, 0.04, nearest, (), {"total": 5.0}, 4, evidence)
