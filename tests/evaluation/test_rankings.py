"""Each ranking is what its own search gives, whatever fusion leaves out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.answerer import Answerer
from rag.config import Settings
from rag.evaluation.predict import ask_all, rank_all
from rag.evaluation.rankings import KEPT, Rankings
from rag.evaluation.records import Question, Retrieved
from rag.loaders import make_document
from rag.retriever import Retriever
from rag.sentence_reader import SentenceReader
from rag.store import Store
from rag.types import Hit, Reading
from tests.small_encoder import WordEncoder

WORDS = "river stone cloud ember forest harbor lantern meadow orchard signal".split()
QUESTIONS = ["river stone", "cloud", "which lantern burns in the forest?", "nothing known"]


def ranked(row: tuple[Retrieved, ...], field: str) -> list[str]:
    ranks = [(getattr(hit, field), hit.document_id) for hit in row]
    placed = sorted((rank, name) for rank, name in ranks if rank is not None)
    assert [rank for rank, _ in placed] == list(range(1, len(placed) + 1))
    return [name for _, name in placed]


def test_rankings_equal_their_searches(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    texts = [f"{' '.join(chance.choice(WORDS, 6))} {number}." for number in range(80)]
    documents = [make_document(t, "", f"{n}.txt", "text/plain") for n, t in enumerate(texts)]
    encoder, settings = WordEncoder(), Settings(top_k=3, reader="sentence")
    with Store(tmp_path / "store") as store:
        store.add(documents, encoder)
        answerer = Answerer(store, settings, encoder=encoder)
        rankings = Rankings(answerer)
        asked = answerer.ask_ranked(QUESTIONS, rankings.depth)
        rows = rankings.of(QUESTIONS, [hits for _, hits, _ in asked])
        fused = Retriever(store, encoder, settings).retrieve_many(QUESTIONS, 20)

    similar = encoder.encode_questions(QUESTIONS) @ encoder.encode_passages(texts).T
    for row, (_, reranked, _), hits, cosines in zip(rows, asked, fused, similar, strict=True):
        assert ranked(row, "rank") == [hit.passage.document_id for hit in reranked]
        assert ranked(row, "fused_rank") == [hit.passage.document_id for hit in hits]
        best = [documents[place].id for place in np.argsort(-cosines, kind="stable")[:20]]
        values = {document.id: cosine for document, cosine in zip(documents, cosines, strict=True)}
        found = [values[name] for name in ranked(row, "dense_rank")]
        # The store keeps 16-bit vectors, so near ties may change places.
        assert np.allclose(found, [values[name] for name in best], atol=2e-3)


class Counting:
    """The sentence reader; keeps what it was given."""

    fingerprint = "counting"

    def __init__(self, encoder: WordEncoder) -> None:
        self._reader = SentenceReader(encoder)
        self.given: list[str] = []

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reading]:
        self.given += [hit.passage.id for own in hits for hit in own]
        return self._reader.read(questions, hits)


@pytest.mark.parametrize("told", [{}, {"top_k": 2}, {"read_within": 0.1}, {"read_until": 1.0}])
def test_what_was_read_is_told(tmp_path: Path, told: dict[str, Any]) -> None:
    encoder = WordEncoder()
    texts = [f"river {word} stone." for word in WORDS]
    documents = [make_document(text, "t", text, "text/plain") for text in texts]
    with Store(tmp_path / "store") as store:
        store.add(documents, encoder)
        reader = Counting(encoder)
        answerer = Answerer(store, Settings(**told), encoder=encoder, reader=reader)
        for question in QUESTIONS:
            reader.given.clear()
            ((_, hits, read),) = answerer.ask_ranked([question], 8)
            fused = sorted(hits, key=lambda hit: hit.retrieved_rank or 0)
            assert reader.given == [hit.passage.id for hit in fused[:read]]


def test_ranking_alone_ranks_as_answering_does(tmp_path: Path) -> None:
    encoder, texts = WordEncoder(), [f"river {word} stone." for word in WORDS]
    documents = [make_document(text, "t", text, "text/plain") for text in texts]
    asked = [Question(text, text, ()) for text in (*QUESTIONS, "?")]
    with Store(tmp_path / "store") as store:
        store.add(documents, encoder)
        answerer = Answerer(store, Settings(reader="sentence"), encoder=encoder)
        answered = [one for some in ask_all(answerer, asked) for one in some]
        ranked_only = [one for some in rank_all(answerer, asked, KEPT) for one in some]
        searched = answerer.search_many(QUESTIONS, 4)
        alone = [answerer.search(question, top_k=4) for question in QUESTIONS]

    assert [one.retrieved for one in ranked_only] == [one.retrieved for one in answered]
    assert [one.error is None for one in ranked_only] == [*(True for _ in QUESTIONS), False]
    assert not any(one.text or one.candidate for one in ranked_only)
    assert searched == alone


def test_the_lexical_ranking_holds_only_passages_with_a_word(tmp_path: Path) -> None:
    encoder = WordEncoder()
    texts = ["river stone.", "river.", "cloud."]
    documents = [make_document(text, "t", text, "text/plain") for text in texts]
    with Store(tmp_path / "store") as store:
        store.add(documents, encoder)
        answerer = Answerer(store, Settings(reader="sentence"), encoder=encoder)
        both, none = Rankings(answerer).of(["river stone", "???"], [[], []])

    assert ranked(both, "lexical_rank") == [documents[0].id, documents[1].id]
    assert ranked(none, "lexical_rank") == []
    assert len(ranked(none, "dense_rank")) == 3
