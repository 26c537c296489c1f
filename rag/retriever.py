"""Question to passages: dense and lexical search, fused. FAISS ids end here."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.config import Settings
from rag.encoder import Encoder, Vectors
from rag.index import VectorIndex, open_index
from rag.snapshot import Snapshot
from rag.store import Store
from rag.types import Hit
from rag.words import telling_words

RRF_K = 60  # Cormack, Clarke and Büttcher, SIGIR 2009
MAX_TERMS = 64

@dataclass(frozen=True, slots=True)
class _Ranks:
    """Passage number to rank, counting from 1, of one question."""

    dense: dict[int, int]
    lexical: dict[int, int]


class Retriever:
    """Dense (inner product of unit vectors) and lexical (BM25) search, fused by rank."""

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
            only = None if documents is None else snapshot.numbers_of(documents)
            ranks = self._ranks(snapshot, questions, vectors, limit, documents, only)
            fused = [_fuse(rank)[:limit] for rank in ranks]
            passages = snapshot.passages(sorted({n for row in fused for n, _ in row}))
        return [
            [
                Hit(passages[n], score, position, rank.dense.get(n), rank.lexical.get(n))
                for position, (n, score) in enumerate(row, 1)
            ]
            for row, rank in zip(fused, ranks, strict=True)
        ]

    def save_index(self) -> None:
        """Cache the vector index beside the store; call it outside a snapshot."""
        if self._index is not None:
            self._index.save(self._store, self._encoder)

    def _ranks(
        self,
        snapshot: Snapshot,
        questions: Sequence[str],
        vectors: Vectors,
        limit: int,
        documents: Collection[str] | None,
        only: NDArray[np.int64] | None,
    ) -> list[_Ranks]:
        index = self._current_index(snapshot)
        dense = index.search(vectors, max(limit, self._settings.dense_candidates), only)
        found = []
        for question, near in zip(questions, dense, strict=True):
            match = match_expression(question)
            lexical = (
                snapshot.lexical(match, max(limit, self._settings.lexical_candidates), documents)
                if match
                else []
            )
            found.append(_Ranks(_positions(near), _positions(lexical)))
        return found

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


def _positions(ranked: Sequence[tuple[int, float]]) -> dict[int, int]:
    return {number: rank for rank, (number, _) in enumerate(ranked, 1)}


def _fuse(ranks: _Ranks) -> list[tuple[int, float]]:
    """Reciprocal rank fusion, scaled so that first in both lists scores 1; ties by number."""
    scores: dict[int, float] = {}
    for listed in (ranks.dense, ranks.lexical):
        for number, rank in listed.items():
            scores[number] = scores.get(number, 0.0) + (RRF_K + 1) / 2 / (RRF_K + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
