"""What a search found, as the page and the programming interface show it."""

from collections.abc import Collection
from dataclasses import dataclass

from rag.answerer import Answerer
from rag.snapshot import DocumentInfo
from rag.types import Hit

MAX_PASSAGES = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its ranks: after reading, by meaning and by words (None: not there).

    ``score`` is the cosine with the question plus the weighted share of BM25; ``end`` is exclusive.
    """

    rank: int
    score: float
    dense_rank: int | None
    lexical_rank: int | None
    document_id: str
    title: str
    source: str
    page: int | None
    heading: str | None
    start: int
    end: int
    text: str


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
        sizes = {
            info.id: info
            for info in snapshot.documents()
            if documents is None or info.id in documents
        }
        return Search(
            documents=len(sizes),
            passages=sum(info.passages for info in sizes.values()),
            store_version=snapshot.version,
            found=tuple(_found(hit, sizes[hit.passage.document_id]) for hit in hits),
        )


def _found(hit: Hit, info: DocumentInfo) -> Found:
    passage = hit.passage
    return Found(
        rank=hit.rank,
        score=hit.score,
        dense_rank=hit.dense_rank,
        lexical_rank=hit.lexical_rank,
        document_id=passage.document_id,
        title=info.title,
        source=info.source,
        page=passage.page,
        heading=passage.heading,
        start=passage.start,
        end=passage.end,
        text=passage.text,
    )
