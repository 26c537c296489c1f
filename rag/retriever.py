"""Question to passages: dense and lexical search, fused. FAISS ids end here."""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.config import Settings
from rag.encoder import Encoder, Vectors
from rag.filters import Filter
from rag.index import VectorIndex, open_index
from rag.lexical import LexicalIndex, open_lexical
from rag.snapshot import Snapshot
from rag.store import Store
from rag.types import Hit
from rag.words import telling_words

LEXICAL_WEIGHT = 0.4
"""Cosine plus this times BM25, as a share of the question's best: chosen on validation questions,
see CONTRIBUTING.md. BM25 by itself grows with the number of words asked."""
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
        self._lexical: LexicalIndex | None = None
        self._filtered: tuple[tuple[int, Filter], NDArray[np.int64]] | None = None
        self._lock = threading.Lock()

    def retrieve(
        self,
        question: str,
        limit: int,
        documents: Collection[str] | None = None,
        where: Mapping[str, str] | None = None,
    ) -> list[Hit]:
        """The ``limit`` best passages, best first.

        ``documents`` restricts to some ids, ``where`` to documents with all these metadata.
        """
        return self.retrieve_many([question], limit, documents, where)[0]

    def retrieve_many(
        self,
        questions: Sequence[str],
        limit: int,
        documents: Collection[str] | None = None,
        where: Mapping[str, str] | None = None,
    ) -> list[list[Hit]]:
        """``retrieve`` for several questions with one encoding, all from one snapshot."""
        vectors = self._encoder.encode_questions(questions)
        with self._store.snapshot() as snapshot:
            index, lexical = self.indexes(snapshot)
            only = self._numbers(snapshot, Filter.of(documents, where))
            words = max(limit, self._settings.lexical_candidates)
            near = index.search(
                snapshot, vectors, max(limit, self._settings.dense_candidates), only
            )
            hits = []
            for question, vector, dense in zip(questions, vectors, near, strict=True):
                worded = lexical.search(snapshot, query_words(question), words, only)
                found = _Found(dict(dense), dict(worded))
                hits.append(_hits(snapshot, found, vector, limit))
            return hits

    def prepare(self) -> None:
        """Make the index ready and save it, so that no question waits for that."""
        with self._store.snapshot() as snapshot:
            self.indexes(snapshot)
        self.save_index()

    def _numbers(self, snapshot: Snapshot, only: Filter | None) -> NDArray[np.int64] | None:
        """Numbers of the passages a filter leaves; the last one's are kept, as it often returns."""
        if only is None:
            return None
        asked = (snapshot.version, only)
        known = self._filtered
        if known is None or known[0] != asked:
            known = self._filtered = (asked, snapshot.numbers_of(only))
        return known[1]

    def save_index(self) -> None:
        """Cache both indexes beside the store; call it outside a snapshot."""
        if self._index is not None:
            self._index.save(self._store, self._encoder)
        if self._lexical is not None:
            self._lexical.save(self._store)

    def indexes(self, snapshot: Snapshot) -> tuple[VectorIndex, LexicalIndex]:
        """Both indexes of the snapshot, opened or made where that has not been done."""
        with self._lock:
            index, lexical, version = self._index, self._lexical, snapshot.version
            if index is None or index.store_version != version:
                index = open_index(self._store, snapshot, self._encoder, index)
            if lexical is None or lexical.store_version != version:
                lexical = open_lexical(self._store, snapshot, lexical)
            if self._index is None or self._index.store_version <= version:  # keep the newest
                self._index, self._lexical = index, lexical
            return index, lexical


def query_words(question: str) -> list[str]:
    """The question's words that are looked up, stop words left out where others remain."""
    return telling_words(question)[:MAX_TERMS]


def _hits(snapshot: Snapshot, found: _Found, vector: Vectors, limit: int) -> list[Hit]:
    """Candidates of both searches, scored by cosine plus weighted share of BM25; ties by number.

    A candidate of the lexical search alone gets its true cosine from its stored vector; one of
    the dense search alone gets no BM25, since it ranks below every lexical candidate.
    """
    only_lexical = [number for number in found.lexical if number not in found.dense]
    cosines = snapshot.vectors_of(only_lexical, len(vector)) @ vector
    scores = found.dense | dict(zip(only_lexical, cosines.tolist(), strict=True))
    most = max(found.lexical.values(), default=0.0)
    for number, score in found.lexical.items():
        scores[number] += LEXICAL_WEIGHT * score / most if most > 0 else 0.0
    best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
    passages = snapshot.passages([number for number, _ in best])
    dense, lexical = _ranks(found.dense), _ranks(found.lexical)
    return [
        Hit(passages[number], score, rank, dense.get(number), lexical.get(number))
        for rank, (number, score) in enumerate(best, 1)
    ]


def _ranks(scores: dict[int, float]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(scores, 1)}
