"""Vectors are the encoder's own, and no call with the same questions reaches it twice."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.answerer import Answerer
from rag.config import Settings
from rag.encoder import Vectors
from rag.evaluation import predict
from rag.evaluation.records import Question
from rag.evaluation.remembering import RememberingEncoder
from rag.loaders import make_document
from rag.store import Store
from tests.small_encoder import WordEncoder


class Counting(WordEncoder):
    """Keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Sequence[str]] = []

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(texts)
        return super().encode_questions(texts)


def test_the_same_questions_are_encoded_once() -> None:
    counting = Counting()
    encoder = RememberingEncoder(counting)
    chunk = [f"river stone {number}" for number in range(32)]

    first = encoder.encode_questions(chunk)
    alone = [encoder.encode_questions([question]) for question in chunk]
    again = encoder.encode_questions(list(chunk))

    assert np.array_equal(first, WordEncoder().encode_questions(chunk))
    assert np.array_equal(first, again)
    assert all(vector.shape == (1, encoder.dimension) for vector in alone)
    assert len(counting.asked) == 33


def test_it_is_the_same_encoder_to_a_store() -> None:
    encoder, plain = RememberingEncoder(WordEncoder()), WordEncoder()

    assert (encoder.fingerprint, encoder.dimension) == (plain.fingerprint, plain.dimension)
    texts = ["river", "stone cloud"]
    assert np.array_equal(encoder.encode_passages(texts), plain.encode_passages(texts))


def test_a_run_encodes_every_question_once(tmp_path: Path) -> None:
    counting = Counting()
    asked = [f"Which  stone lies in river {number}? " for number in range(predict.TIMED + 40)]
    questions = [Question(str(number), text, ()) for number, text in enumerate(asked)]
    with Store(tmp_path / "store") as store:
        encoder = RememberingEncoder(counting)
        store.add([make_document("A grey stone lies in the river.", "t", "t", "t")], encoder)
        answerer = Answerer(store, Settings(reader="sentence"), encoder=encoder)
        predictions = [one for chunk in predict.ask_all(answerer, questions) for one in chunk]

    assert [one.question_id for one in predictions] == [question.id for question in questions]
    in_chunks = [tuple(texts) for texts in counting.asked if len(texts) > 1]
    assert [len(texts) for texts in in_chunks] == [32, 8]
    alone = [texts[0] for texts in counting.asked if len(texts) == 1]
    assert len(alone) == len(set(alone))
    assert {" ".join(text.split()) for text in asked} <= {*alone, *in_chunks[0], *in_chunks[1]}
