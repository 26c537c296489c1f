"""Vectors are the encoder's own, and no call with the same questions reaches it twice."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.answerer import Answerer
from rag.config import Settings
from rag.encoder import Vectors
from rag.evaluation import predict
from rag.evaluation.records import Question
from rag.evaluation.remembering import KEPT, RememberingEncoder
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
    again = encoder.encode_questions(chunk[::-1])

    assert np.array_equal(first, WordEncoder().encode_questions(chunk))
    assert np.array_equal(first, again[::-1])
    assert np.array_equal(first, np.concatenate(alone))
    assert encoder.encode_questions([]).shape == (0, encoder.dimension)
    assert counting.asked == [chunk, []]


def test_only_the_latest_questions_are_remembered() -> None:
    counting = Counting()
    encoder = RememberingEncoder(counting)
    chunks = [[f"river {n} {m}" for m in range(100)] for n in range(KEPT // 100 + 1)]
    for chunk in chunks:
        encoder.encode_questions(chunk)

    encoder.encode_questions(chunks[-1])
    encoder.encode_questions(chunks[0])

    assert counting.asked == [*chunks, chunks[0]]


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
    asked_texts = [text for texts in counting.asked for text in texts]
    assert len(asked_texts) == len(set(asked_texts)) == len(asked) + 1  # and one to warm up
    assert {" ".join(text.split()) for text in asked} <= set(asked_texts)
