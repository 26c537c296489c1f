"""Candidates to citations, each checked against its document before it is returned."""

import hashlib
from collections.abc import Iterator, Sequence

from rag.candidates import Candidate
from rag.errors import StoreError
from rag.filters import Filter
from rag.snapshot import Snapshot
from rag.tables import statement_at
from rag.types import Alternative, Bearing, Citation, Document, Evidence, Hit, Passage, Span

MAX_CITATIONS = 5
SUPPORTS_WITHIN = 2.0
"""Log-odds that a further place of an answer may be below the first, to be cited for it: the same
number in another row is no support."""


class Sources:
    """Builds the citations of one answer from one snapshot."""

    def __init__(self, snapshot: Snapshot, only: Filter | None = None) -> None:
        """Documents are fetched from the snapshot once each.

        Of the sources of a text one is cited that ``only`` leaves.
        """
        self._snapshot = snapshot
        self._only = only
        self._documents: dict[str, Document] = {}

    @property
    def version(self) -> int:
        """The store's, as ``Snapshot.version``."""
        return self._snapshot.version

    def quoted(self, candidate: Candidate) -> Iterator[Citation]:
        """The places where an answer stands, one in a passage, numbered from 1."""
        least = candidate.log_odds[0] - SUPPORTS_WITHIN
        best: dict[str, Span] = {}
        for log_odds, span in zip(candidate.log_odds, candidate.spans, strict=True):
            if log_odds >= least:
                best.setdefault(span.hit.passage.id, span)
        for number, span in enumerate(list(best.values())[:MAX_CITATIONS], 1):
            yield self._cite(number, span.hit.passage, span.start, span.end)

    def nearest(self, hits: Sequence[Hit]) -> Iterator[Citation]:
        """Whole passages that do not support an answer, numbered from 1."""
        for number, hit in enumerate(hits, 1):
            passage = hit.passage
            yield self._cite(number, passage, passage.start, passage.end, supports=False)

    def alternatives(self, candidates: Sequence[Candidate], used: int) -> list[Alternative]:
        """Other answers with one citation each, numbered on from ``used``."""
        found = []
        for number, candidate in enumerate(candidates, used + 1):
            span = candidate.spans[0]
            citation = self._cite(number, span.hit.passage, span.start, span.end)
            found.append(
                Alternative(citation.quote, self.sentence(span), candidate.confidence, citation)
            )
        return found

    def evidence(self, bearings: Sequence[Bearing]) -> Iterator[Evidence]:
        """Sentences that bear on the question, in the order given."""
        for bearing in bearings:
            document, quote = self._quote(bearing.hit.passage, bearing.start, bearing.end)
            yield Evidence(
                document_id=document.id,
                source=document.source,
                start=bearing.start,
                end=bearing.end,
                quote=quote,
                sha256=document.sha256,
                score=bearing.score,
            )

    def sentence(self, span: Span) -> str:
        """The row of a table, or the sentence (or sentences), that the span lies in, verbatim."""
        passage = span.hit.passage
        start, end = statement_at(
            passage.text, span.start - passage.start, span.end - passage.start
        )
        return passage.text[start:end]

    def _cite(
        self, number: int, passage: Passage, start: int, end: int, *, supports: bool = True
    ) -> Citation:
        document, quote = self._quote(passage, start, end)
        return Citation(
            number=number,
            document_id=document.id,
            title=document.title,
            source=document.source,
            page=passage.page,
            heading=passage.heading,
            start=start,
            end=end,
            quote=quote,
            passage_start=passage.start,
            passage_end=passage.end,
            sha256=document.sha256,
            supports=supports,
        )

    def _quote(self, passage: Passage, start: int, end: int) -> tuple[Document, str]:
        """The document and its characters ``start`` to ``end``, which must be the passage's."""
        document = self._document(passage.document_id)
        quote = passage.text[start - passage.start : end - passage.start]
        # The promise of the whole program; a real check, because -O removes assert.
        if not quote or document.text[start:end] != quote:
            raise StoreError(
                f"{document.source}: passage {passage.id} is not the document's own text; "
                "the store is damaged, index the documents again"
            )
        return document, quote

    def _document(self, document_id: str) -> Document:
        if document_id not in self._documents:
            document = self._snapshot.document(document_id, self._only)
            if document is None:
                raise StoreError(f"document {document_id} is missing; index the documents again")
            if hashlib.sha256(document.text.encode()).hexdigest() != document.sha256:
                raise StoreError(
                    f"{document.source}: the stored text is not the one that was indexed; "
                    "the store is damaged, index the documents again"
                )
            self._documents[document_id] = document
        return self._documents[document_id]
