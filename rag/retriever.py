"""Question to passages: dense and lexical search, fused. FAISS ids end here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.config import Settings
from rag.encoder import Encoder, Vectors
from rag.errors import QuestionError
from rag.filters import Filter
from rag.index import VectorIndex, open_index
from rag.kept_indexes import KeptIndexes
from rag.lexical import LexicalIndex, open_lexical
from rag.snapshot import Snapshot
from rag.store import Store
from rag.types import Hit, Passage
from rag.words import telling_words

LEXICAL_WEIGHT = 0.4
"""Cosine plus this times BM25, as a share of the question's best: chosen on validation questions,
see DECISIONS.md. BM25 by itself grows with the number of words asked."""
MAX_TERMS = 64


@dataclass(frozen=True, slots=True)
class _Scores:
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
        self._dense_index = KeptIndexes[VectorIndex](
            lambda snapshot, former, renewing: open_index(
                store, snapshot, encoder, former, renewing=renewing
            ),
            lambda index: index.save(store, encoder),
        )
        self._lexical_index = KeptIndexes[LexicalIndex](
            lambda snapshot, former, renewing: open_lexical(
                store, snapshot, former, renewing=renewing
            ),
            lambda index: index.save(store),
        )
        self._filtered: tuple[tuple[int, Filter], NDArray[np.int64]] | None = None

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
        """``retrieve`` for several questions with one encoding, all from one snapshot.

        Raises:
            QuestionError: the filter leaves nothing, since it names what no document has.
        """
        vectors = self._encoder.encode_questions(questions)
        with self._store.snapshot() as snapshot:
            dense_index, lexical_index = self.indexes(snapshot)
            only = self._numbers(snapshot, Filter.of(documents, where))
            dense_limit = max(limit, self._settings.dense_candidates)
            lexical_limit = max(limit, self._settings.lexical_candidates)
            words = [query_words(question) for question in questions]
            dense = dense_index.search(snapshot, vectors, dense_limit, only)
            lexical = lexical_index.search(snapshot, words, lexical_limit, only)
            found = [_Scores(dict(a), dict(b)) for a, b in zip(dense, lexical, strict=True)]
            cosines = _cosines(snapshot, dense_index, found, vectors)
            best = [_fused(own, to, limit) for own, to in zip(found, cosines, strict=True)]
            passages = snapshot.passages(list({n for own in best for n, _ in own}))
            return [_hits(own, fused, passages) for own, fused in zip(found, best, strict=True)]

    def prepare(self) -> None:
        """Make the indexes ready and save them, so that no question waits for that.

        One after the other, so that memory never holds both. While an outgrown one is made anew
        questions are answered from the former one. Call it outside a snapshot.
        """
        self._dense_index.prepare(self._store)
        self._lexical_index.prepare(self._store)

    def _numbers(self, snapshot: Snapshot, only: Filter | None) -> NDArray[np.int64] | None:
        """Numbers of the passages a filter leaves; the last one's are kept, as it often returns."""
        if only is None:
            return None
        asked = (snapshot.version, only)
        known = self._filtered
        if known is None or known[0] != asked:
            known = self._filtered = (asked, snapshot.numbers_of(only))
        if not len(known[1]) and (unknown := snapshot.unknown(only)):
            raise QuestionError(f"no document has {unknown}; nothing could be searched")
        return known[1]

    def save_indexes(self) -> None:
        """Cache both indexes beside the store; call it outside a snapshot."""
        self._dense_index.save()
        self._lexical_index.save()

    def indexes(self, snapshot: Snapshot) -> tuple[VectorIndex, LexicalIndex]:
        """Both indexes of the snapshot, opened or made where that has not been done."""
        return self._dense_index.of(snapshot), self._lexical_index.of(snapshot)


def query_words(question: str) -> list[str]:
    """The question's words that are looked up, stop words left out where others remain."""
    return telling_words(question)[:MAX_TERMS]


def _cosines(
    snapshot: Snapshot, index: VectorIndex, found: Sequence[_Scores], questions: Vectors
) -> list[dict[int, float]]:
    """The cosine of each question to each of its candidates, by passage number.

    A candidate of the lexical search alone gets it from its stored vector; those of all questions
    are fetched together.
    """
    others = [[number for number in own.lexical if number not in own.dense] for own in found]
    numbers = sorted({number for own in others for number in own})
    vectors = index.vectors_of(snapshot, numbers)
    row_of = {number: row for row, number in enumerate(numbers)}
    cosines = []
    for own, missing, question in zip(found, others, questions, strict=True):
        products = vectors[[row_of[number] for number in missing]] @ question
        cosines.append(own.dense | dict(zip(missing, products.tolist(), strict=True)))
    return cosines


def _fused(found: _Scores, cosines: Mapping[int, float], limit: int) -> list[tuple[int, float]]:
    """The ``limit`` best candidates by cosine plus weighted share of BM25; ties by number.

    A candidate of the dense search alone gets no BM25, since it ranks below every lexical one.
    """
    scores = dict(cosines)
    most = max(found.lexical.values(), default=0.0)
    for number, score in found.lexical.items():
        scores[number] += LEXICAL_WEIGHT * score / most if most > 0 else 0.0
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]


def _hits(
    found: _Scores, best: Sequence[tuple[int, float]], passages: Mapping[int, Passage]
) -> list[Hit]:
    dense, lexical = _ranks(found.dense), _ranks(found.lexical)
    return [
        Hit(passages[number], score, rank, dense.get(number), lexical.get(number))
        for rank, (number, score) in enumerate(best, 1)
    ]


def _ranks(scores: dict[int, float]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(scores, 1)}
