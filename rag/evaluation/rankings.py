"""The four rankings of a question's passages: reranked, fused, dense and lexical."""

from collections.abc import Sequence

from rag.answerer import Answerer
from rag.evaluation.records import Retrieved
from rag.retriever import query_words
from rag.types import Hit, Passage

KEPT = 20
"""Passages kept of each ranking, so that measures reach to rank 20."""


class Rankings:
    """Adds to what an answerer ranked what each of its two searches ranks alone.

    The searches are asked themselves: what fusion leaves out must not be missing from them.
    """

    def __init__(self, answerer: Answerer, kept: int = KEPT) -> None:
        """Keep the first ``kept`` passages of every ranking."""
        self._store = answerer.store
        self._encoder = answerer.encoder
        self._retriever = answerer.retriever
        self._kept = kept
        settings = answerer.settings
        narrow = min(settings.dense_candidates, settings.lexical_candidates)
        self.depth = max(settings.top_k, min(kept, narrow))
        """How many passages ``ask_ranked`` should rank: with more it would search wider than
        answering does."""

    def of(
        self, texts: Sequence[str], found: Sequence[Sequence[Hit]]
    ) -> list[tuple[Retrieved, ...]]:
        """For each question, the passages of any ranking; ``found`` is as ``ask_ranked`` ranks."""
        vectors = self._encoder.encode_questions(texts)
        with self._store.snapshot() as snapshot:
            dense_index, lexical_index = self._retriever.indexes(snapshot)
            words = [query_words(text) for text in texts]
            dense = dense_index.search(snapshot, vectors, self._kept)
            lexical = lexical_index.search(snapshot, words, self._kept)
            numbers = {number for found_of in (*dense, *lexical) for number, _ in found_of}
            passages = snapshot.passages(list(numbers))
        return [
            _row(hits, [passages[n] for n, _ in own], [passages[n] for n, _ in others])
            for hits, own, others in zip(found, dense, lexical, strict=True)
        ]


def _row(
    hits: Sequence[Hit], dense: Sequence[Passage], lexical: Sequence[Passage]
) -> tuple[Retrieved, ...]:
    ranked = {hit.passage.id: hit for hit in hits}
    dense_ranks = {passage.id: rank for rank, passage in enumerate(dense, 1)}
    lexical_ranks = {passage.id: rank for rank, passage in enumerate(lexical, 1)}
    together = {passage.id: passage for passage in (*(h.passage for h in hits), *dense, *lexical)}
    row = []
    for name, passage in together.items():
        hit = ranked.get(name)
        row.append(
            Retrieved(
                passage.document_id,
                passage.start,
                passage.end,
                hit.rank if hit else None,
                hit.retrieved_rank if hit else None,
                round(hit.score, 6) if hit else None,
                dense_ranks.get(name),
                lexical_ranks.get(name),
            )
        )
    return tuple(row)
