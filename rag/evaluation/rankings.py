"""The three rankings of a question's passages: fused as answering uses it, dense, lexical."""

from collections.abc import Sequence

from rag.config import Settings
from rag.encoder import Encoder
from rag.evaluation.records import Retrieved
from rag.index import open_index
from rag.retriever import Retriever, match_expression
from rag.store import Store
from rag.types import Hit, Passage

KEPT = 20
"""Passages kept of each ranking, so that measures reach to rank 20."""


class Rankings:
    """Ranks passages with the retriever, and with each of its two searches alone.

    The searches are asked themselves: what fusion leaves out must not be missing from them.
    """

    def __init__(self, store: Store, encoder: Encoder, settings: Settings) -> None:
        """Open the index of the store as it is now; documents added later are not seen."""
        self._store = store
        self._encoder = encoder
        self._retriever = Retriever(store, encoder, settings)
        self._settings = settings
        with store.snapshot() as snapshot:
            self._index = open_index(store, snapshot, encoder)

    def of(self, texts: Sequence[str], kept: int = KEPT) -> list[tuple[Retrieved, ...]]:
        """For each question, the passages among the first ``kept`` of any ranking.

        The fused ranking ends where answering has no more candidates, but never before ``top_k``.
        """
        narrow = min(self._settings.dense_candidates, self._settings.lexical_candidates)
        depth = max(self._settings.top_k, min(kept, narrow))
        fused = self._retriever.retrieve_many(texts, depth)
        vectors = self._encoder.encode_questions(texts)
        rows = []
        with self._store.snapshot() as snapshot:
            near = self._index.search(snapshot, vectors, kept)
            for text, hits, dense in zip(texts, fused, near, strict=True):
                match = match_expression(text)
                lexical = snapshot.lexical(match, kept) if match else []
                passages = snapshot.passages([number for number, _ in (*dense, *lexical)])
                rows.append(
                    _row(
                        hits,
                        [passages[number] for number, _ in dense],
                        [passages[number] for number, _ in lexical],
                    )
                )
        return rows


def _row(
    hits: Sequence[Hit], dense: Sequence[Passage], lexical: Sequence[Passage]
) -> tuple[Retrieved, ...]:
    fused = {hit.passage.id: hit for hit in hits}
    dense_ranks = {passage.id: rank for rank, passage in enumerate(dense, 1)}
    lexical_ranks = {passage.id: rank for rank, passage in enumerate(lexical, 1)}
    together = {passage.id: passage for passage in (*(h.passage for h in hits), *dense, *lexical)}
    row = []
    for name, passage in together.items():
        hit = fused.get(name)
        row.append(
            Retrieved(
                passage.document_id,
                passage.start,
                passage.end,
                hit.rank if hit else None,
                round(hit.score, 6) if hit else None,
                dense_ranks.get(name),
                lexical_ranks.get(name),
            )
        )
    return tuple(row)
