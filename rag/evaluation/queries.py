"""Every query of a test collection: its measures, where what is relevant stands, and what first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rag.evaluation.records import Qrels, Run
from rag.evaluation.relevance import RANKINGS, RERANKED
from rag.evaluation.retrieval import per_query

FIRST = 10
"""Documents of the ranking that are listed for a query."""


class Name(NamedTuple):
    """What the collection calls a document, and its title."""

    name: str
    title: str | None


@dataclass(frozen=True, slots=True)
class Collection:
    """The words of the queries and the names of the documents, both by id; may be empty."""

    queries: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Name] = field(default_factory=dict)


def listed(rankings: Mapping[str, Run], qrels: Qrels, known: Collection) -> list[dict[str, Any]]:
    """The ``queries`` of the report: those that have a relevant document, in the order judged."""
    scores = per_query(rankings[RERANKED], qrels)
    return [
        {
            "id": query,
            "question": known.queries.get(query),
            "scores": scores[query],
            **_documents(query, rankings, qrels[query], known),
        }
        for query in scores
    ]


def _documents(
    query: str, rankings: Mapping[str, Run], judged: Mapping[str, int], known: Collection
) -> dict[str, Any]:
    """The relevant documents with their ranks, best first, and the first ones of the ranking."""
    ranks = {kind: _ranks(run, query) for kind, run in rankings.items()}
    headline = ranks[RERANKED]
    relevant = [
        {
            **_named(document, known),
            "relevance": value,
            **{_key(kind): ranks.get(kind, {}).get(document) for kind in RANKINGS},
        }
        for document, value in judged.items()
        if value > 0
    ]
    relevant.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, row["document"]))
    first = [
        {**_named(document, known), "relevance": judged.get(document)}
        for document in list(headline)[:FIRST]
    ]
    return {"relevant": relevant, "first": first}


def _ranks(run: Run, query: str) -> dict[str, int]:
    """Ranks from 1, where a document that comes twice counts once."""
    return {name: rank for rank, name in enumerate(dict.fromkeys(run.get(query, ())), 1)}


def _named(document: str, known: Collection) -> dict[str, str | None]:
    name = known.documents.get(document, Name(document, None))
    return {"document": name.name, "title": name.title}


def _key(kind: str) -> str:
    return "rank" if kind == RERANKED else f"{kind}_rank"


def first_relevant(query: Mapping[str, Any]) -> str:
    """Where the first relevant document of a listed query stands: see ``FIRST_RELEVANT``."""
    rank = query["relevant"][0]["rank"]
    if rank is None:
        return "none"
    if rank == 1:
        return "first"
    return "ten" if rank <= FIRST else "deeper"
