"""Training material: targets stand where the answers stand, negatives hold none."""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoTokenizer

from rag.encoder import default_model_folder
from rag.errors import LoadError
from rag.training import negatives
from rag.training.examples import Material, Question, load, sentence_around, token_span
from rag.training.plan import LEAST_TOKENS, MAX_ANSWER, Plan
from rag.training.sampler import Sampler

CONTEXTS = [
    "The ferry to Skye leaves at nine. Captain Munro has steered it since 1987. It is painted red.",
    "Bakers in Lyon rise at three. Madame Roux opened her shop in 1954 and still sells brioche.",
    "Volcano Hekla erupted in 1947. The ash reached Helsinki. Farmers near Hella lost their hay.",
]
ASKED = [
    (0, "Who steers the ferry to Skye?", ["Captain Munro"]),
    (0, "Since when has Captain Munro steered it?", ["1987", "since 1987"]),
    (1, "When did Madame Roux open her shop in Lyon?", ["1954"]),
    (1, "What does Captain Nemo sell?", []),
    (2, "Where did the ash of Hekla reach?", ["Helsinki"]),
]


@pytest.fixture(scope="module")
def tokenizer() -> object:
    return AutoTokenizer.from_pretrained(default_model_folder())


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory, tokenizer: object) -> Material:
    paragraphs = [
        {
            "context": context,
            "qas": [
                {
                    "id": f"{number}-{question}",
                    "question": question,
                    "answers": [{"text": a, "answer_start": context.index(a)} for a in answers],
                }
                for where, question, answers in ASKED
                if where == number
            ],
        }
        for number, context in enumerate(CONTEXTS)
    ]
    path: Path = tmp_path_factory.mktemp("squad") / "own.json"
    path.write_text(json.dumps({"data": [{"title": "Own", "paragraphs": paragraphs}]}))
    return load([path], tokenizer)


def test_tokens_point_at_the_text(material: Material) -> None:
    for question in material.questions:
        context = material.contexts[question.context]
        for text, start in question.answers:
            span = token_span(context, start, start + len(text))
            assert span is not None
            first, last = span
            assert context.text[context.starts[first] : context.ends[last]] == text


def _asks(asked: str, question: Question) -> bool:
    """Whether it is the question: as it stands, without "?", with an opening, or keywords alone."""
    whole = question.text.lower()
    small = {"to", "the", "did", "has", "of", "is"}
    keywords = " ".join(word for word in whole.strip("?").split() if word not in small)
    return asked.endswith((whole, whole.strip("?"))) or asked == keywords


def _golds(question: Question) -> set[str]:
    return {text.lower() for text, _ in question.answers}


def test_targets_of_examples_are_answers_or_nothing(material: Material, tokenizer: object) -> None:
    mined = np.full((len(material.questions), 2), -1, dtype=np.int32)
    mined[:, 0] = [1, 1, 2, 0, 0]
    plan = Plan(token_budget=len(material.questions) * 192 // 64 + 1, negative_share=0.5)
    sampler = Sampler(material, mined, tokenizer, plan)
    seen = {"answer": 0, "none": 0}
    for number, batch in enumerate(sampler.batches()):
        for example in batch:
            if example.first < 0:
                seen["none"] += 1
                continue
            seen["answer"] += 1
            question = tokenizer.decode(example.question)  # type: ignore[attr-defined]  # a fixture typed object
            tokens = example.window[example.first : example.last + 1]
            answer = tokenizer.decode(tokens)  # type: ignore[attr-defined]  # a fixture typed object
            assert any(_asks(question, q) and answer in _golds(q) for q in material.questions)
        if number == 60:
            break
    assert min(seen.values()) > 15


def test_the_least_room_holds_the_longest_question_and_answer(
    tmp_path: Path, tokenizer: object
) -> None:
    text = "hat " * 100
    asked = {"id": "q", "question": text, "answers": [{"text": text[:-1], "answer_start": 0}]}
    paragraph = {"context": text, "qas": [asked]}
    path = tmp_path / "long.json"
    path.write_text(json.dumps({"data": [{"title": "Hats", "paragraphs": [paragraph]}]}))
    plan = Plan(max_tokens=LEAST_TOKENS, negative_share=0.0)
    mined = np.full((1, 1), -1, dtype=np.int32)
    sampler = Sampler(load([path], tokenizer), mined, tokenizer, plan)
    ((example,),) = islice(sampler.batches(), 1)
    assert (example.first, example.last) == (0, MAX_ANSWER - 1)
    assert len(example.window) == MAX_ANSWER


def test_skipping_gives_the_same_batches(material: Material, tokenizer: object) -> None:
    mined = np.zeros((len(material.questions), 1), dtype=np.int32)
    plan = Plan(token_budget=15)
    sampler = Sampler(material, mined, tokenizer, plan)
    stream = sampler.batches()
    every = [next(stream) for _ in range(12)]
    late = next(Sampler(material, mined, tokenizer, plan).batches(skip=7))
    for one, other in zip(late, every[7], strict=True):
        assert (one.first, one.last) == (other.first, other.last)
        np.testing.assert_array_equal(one.question, other.question)
        np.testing.assert_array_equal(one.window, other.window)


def test_repeated_batches_come_in_other_orders(material: Material, tokenizer: object) -> None:
    """Five rounds of six batches: the same six each time, and the same stream after a stop."""
    mined = np.zeros((len(material.questions), 1), dtype=np.int32)
    once, again = (Plan(token_budget=15, repeat=repeat) for repeat in (0, 6))

    def stream(plan: Plan, number: int, skip: int = 0) -> list[bytes]:
        batches = islice(Sampler(material, mined, tokenizer, plan).batches(skip), number)
        return [b"".join(e.question.tobytes() + e.window.tobytes() for e in b) for b in batches]

    fresh, seen = stream(once, 6), stream(again, 30)
    rounds = [seen[begin : begin + 6] for begin in range(0, 30, 6)]
    assert rounds[0] == fresh
    assert all(sorted(one) == sorted(fresh) for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1
    assert stream(again, 9, skip=13) == seen[13:22]


def test_a_cut_sentence_takes_the_answer_along(material: Material, tokenizer: object) -> None:
    context = material.contexts[0]
    rest = negatives.without_answer(context, [("1987", context.text.index("1987"))])
    assert rest is not None
    left = tokenizer.decode(rest)  # type: ignore[attr-defined]  # a fixture typed object
    assert "1987" not in left
    assert "painted red" in left
    assert "leaves at nine" in left


def test_mined_contexts_hold_no_answer(material: Material) -> None:
    rng = np.random.default_rng(4)
    contexts = rng.standard_normal((3, 8)).astype(np.float32)
    questions = rng.standard_normal((5, 8)).astype(np.float32)
    mined = negatives.mine(material, questions, contexts, keep=3)
    for question, row, scores in zip(
        material.questions, mined, questions @ contexts.T, strict=True
    ):
        lacking = [
            number
            for number in np.argsort(-scores)
            if number != question.context
            and not any(text in material.contexts[number].text for text, _ in question.answers)
        ]
        assert row.tolist() == lacking + [-1] * (3 - len(lacking))


def test_sentence_around_is_whole() -> None:
    text = "One is here. Two was “there.” Three"
    assert text[slice(*sentence_around(text, 14, 17))] == "Two was “there.” "
    assert text[slice(*sentence_around(text, 0, 3))] == "One is here. "
    assert text[slice(*sentence_around(text, 30, 35))] == "Three"


@pytest.mark.parametrize("start", [-1, 5, 26, 10_000, "4", True, 4.0, None])
def test_an_answer_that_is_not_at_its_place_is_refused(
    tmp_path: Path, tokenizer: object, start: object
) -> None:
    """It stands at 4; the wrong places would all be taught as "no answer", or other words."""
    answer = {"text": "ferry", "answer_start": start}
    asked = {"id": "q 7", "question": "What leaves?", "answers": [answer]}
    paragraph = {"context": CONTEXTS[0], "qas": [asked]}
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"data": [{"title": "Own", "paragraphs": [paragraph]}]}))

    with pytest.raises(LoadError, match=r"own\.json: .*question q 7.*answer_start"):
        load([path], tokenizer)
    answer["answer_start"] = 4
    path.write_text(json.dumps({"data": [{"title": "Own", "paragraphs": [paragraph]}]}))
    assert load([path], tokenizer).questions[0].answers == (("ferry", 4),)
