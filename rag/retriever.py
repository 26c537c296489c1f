"""Question to passages: dense and lexical search, fused. FAISS ids end here."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.config import Settings
from rag.encoder import Encoder, Vectors
from rag.index import VectorIndex, open_index
from rag.snapshot import Snapshot
from rag.store import Store
from rag.types import Hit
from rag.words import telling_words

LEXICAL_WEIGHT = 0.04
"""Cosine plus this times BM25: fitted on validation questions, see CONTRIBUTING.md."""
MAX_TERMS = 64


@dataclass(frozen=True, slots=True)
class _Found:
    """Scores of one question's candidates by passage number, best first in each list."""

    dense: dict[int, float]
    lexical: dict[int, float]


class Retriever:
    """Dense (inner product of unit vectors) and lexical (BM25) search, fused by score."""

    def __init__(self, store: Store, encoder: Encoder, settings: Settings) -> None:
        """Bind a store and the encoder its vectors were made with.

        Raises:
            ModelMismatch: they were made with another.
        """
        store.require_encoder(encoder)
        self._store = store
        self._encoder = encoder
        self._settings = settings
        self._index: VectorIndex | None = None
        self._lock = threading.Lock()

    def retrieve(
        self, question: str, limit: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """The ``limit`` best passages, best first; ``documents`` restricts to some ids."""
        return self.retrieve_many([question], limit, documents)[0]

    def retrieve_many(
        self, questions: Sequence[str], limit: int, documents: Collection[str] | None = None
    ) -> list[list[Hit]]:
        """``retrieve`` for several questions with one encoding, all from one snapshot."""
        vectors = self._encoder.encode_questions(questions)
        with self._store.snapshot() as snapshot:
            index = self._current_index(snapshot)
            only = None if documents is None else snapshot.numbers_of(documents)
            near = index.search(vectors, max(limit, self._settings.dense_candidates), only)
            hits = []
            for question, vector, dense in zip(questions, vectors, near, strict=True):
                found = _Found(dict(dense), self._lexical(snapshot, question, limit, documents))
                hits.append(_hits(snapshot, found, vector, limit))
            return hits

    def _lexical(
        self,
        snapshot: Snapshot,
        question: str,
        limit: int,
        documents: Collection[str] | None,
    ) -> dict[int, float]:
        match = match_expression(question)
        if not match:
            return {}
        count = max(limit, self._settings.lexical_candidates)
        return dict(snapshot.lexical(match, count, documents))

    def save_index(self) -> None:
        """Cache the vector index beside the store; call it outside a snapshot."""
        if self._index is not None:
            self._index.save(self._store, self._encoder)

    def _current_index(self, snapshot: Snapshot) -> VectorIndex:
        with self._lock:
            if self._index is None or self._index.store_version != snapshot.version:
                self._index = open_index(self._store, snapshot, self._encoder)
            return self._index


def match_expression(question: str) -> str:
    """An FTS5 expression: any of the question's words, stop words left out where others remain.

    Every word is quoted, so nothing in a question is read as FTS5 syntax.
    """
    return " OR ".join(f'"{word}"' for word in telling_words(question)[:MAX_TERMS])


def _hits(snapshot: Snapshot, found: _Found, vector: Vectors, limit: int) -> list[Hit]:
    """Candidates of both searches, scored by cosine plus weighted BM25; ties by number.

    A candidate of the lexical search alone gets its true cosine from its stored vector; one of
    the dense search alone gets no BM25, since it ranks below every lexical candidate.
    """
    only_lexical = [number for number in found.lexical if number not in found.dense]
    cosines = snapshot.vectors_of(only_lexical, len(vector)) @ vector
    scores = found.dense | dict(zip(only_lexical, cosines.tolist(), strict=True))
    for number, score in found.lexical.items():
        scores[number] += LEXICAL_WEIGHT * score
    best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
    passages = snapshot.passages([number for number, _ in best])
    dense, lexical = _ranks(found.dense), _ranks(found.lexical)
    return [
        Hit(passages[number], score, rank, dense.get(number), lexical.get(number))
        for rank, (number, score) in enumerate(best, 1)
    ]


def _ranks(scores: dict[int, float]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(scores, 1)}
