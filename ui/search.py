"""What a search found, as the page and the programming interface show it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rag.answerer import Answerer
from rag.snapshot import DocumentInfo
from rag.types import Document, Hit
from ui import wording

MAX_PASSAGES = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a search found, with the name of its document."""

    hit: Hit
    title: str
    source: str

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        passage = self.hit.passage
        return wording.place(passage.page, passage.start, passage.end)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; ``end`` is exclusive.

        ``rank`` is the place after reading, the others those by meaning and by words (None: not
        there); ``score`` is the cosine with the question plus the weighted share of BM25.
        """
        hit, passage = self.hit, self.hit.passage
        return {
            "rank": hit.rank,
            "score": hit.score,
            "dense_rank": hit.dense_rank,
            "lexical_rank": hit.lexical_rank,
            "document_id": passage.document_id,
            "title": self.title,
            "source": self.source,
            "page": passage.page,
            "heading": passage.heading,
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
        }


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched, what it found, and at which version of the store."""

    documents: int
    passages: int
    store_version: int
    found: tuple[Found, ...]


def search(
    answerer: Answerer,
    question: str,
    documents: Collection[str] | None = None,
    limit: int | None = None,
) -> Search:
    """Search as ``Answerer.ask`` does; everything comes from one state of the store.

    Raises:
        QuestionError: the question is empty or too long.
    """
    with answerer.store.snapshot() as snapshot:
        hits = answerer.search(question, documents=documents, top_k=limit)
        asked = {
            info.id: info
            for info in snapshot.documents()
            if documents is None or info.id in documents
        }
        return Search(
            documents=len(asked),
            passages=sum(info.passages for info in asked.values()),
            store_version=snapshot.version,
            found=named(hits, asked),
        )


def named(
    hits: Iterable[Hit], documents: Mapping[str, DocumentInfo | Document]
) -> tuple[Found, ...]:
    """Hits with the names of their documents, which come by id; without a document no hit."""
    return tuple(
        Found(hit, document.title, document.source)
        for hit in hits
        if (document := documents.get(hit.passage.document_id))
    )
