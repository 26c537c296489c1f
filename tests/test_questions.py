"""What a question asks for, and what answers it."""

import pytest

from rag.questions import (
    asks,
    asks_for_sentence,
    asks_whether,
    is_asked,
    may_answer,
    offers_choice,
    says_whether,
)


@pytest.mark.parametrize(
    ("question", "whether", "choice"),
    [
        ("Is it open on Sundays?", True, False),
        ("can I bring a dog", True, False),
        ("Is it tea or coffee?", False, True),
        ("Who can come?", False, False),
        ("Which of Ann and Bo can come?", False, True),
        ("Isabel came when?", False, False),
        ("Aren't dogs allowed?", True, False),
        ("So can’t I bring a dog", True, False),
        ("dont you open on Sundays", True, False),
        ("Candles cost what?", False, False),
        ("CA taxes?", False, False),
        ("Where is the orchard?", False, False),
    ],
)
def test_what_a_question_asks_for(question: str, *, whether: bool, choice: bool) -> None:
    assert (asks_whether(question), offers_choice(question)) == (whether, choice)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Dogs are not allowed in the house.", True),
        ("Dogs are allowed in the house.", True),
        ("Dogs not allowed in house", True),
        ("Dogs allowed", False),  # a headline
        ("Not in the garden.", False),  # about something else
    ],
)
def test_what_says_whether(sentence: str, *, expected: bool) -> None:
    assert says_whether("Are dogs allowed in the house?", sentence) is expected


def test_what_asks() -> None:
    assert asks("When is it due")
    assert asks("“Why not?")
    assert not asks("Thanks, okay?")
    assert not asks("Whenever it rains")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("Are dogs allowed in the garden?", True),
        ("### Is there a free trial?", True),
        ("**Q: Do you offer phone support?**", True),
        ("Q: Where is my data stored?", True),
        ("3. Can I change my name?", True),
        ("Which browsers are supported?¹", True),
        ("Are dogs allowed in the garden", False),
        ("The meeting is at noon, okay?", False),
        ("Ann: is it at noon?", False),
        ("Island dogs?", False),
    ],
)
def test_what_is_asked(statement: str, *, expected: bool) -> None:
    assert is_asked(statement) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Why did the talks stall?", True),
        ("How does a heat pump work?", True),
        ("For what reason was it closed?", True),
        ("How many ferries are there?", False),
        ("How old is the tower?", False),
        ("How hot is the sauna?", False),
        ("how to prune an apple tree", True),
        ("How exactly is it made?", True),
        ("Who showed the way?", False),
        ("When was it closed?", False),
    ],
)
def test_which_questions_ask_for_a_sentence(question: str, *, expected: bool) -> None:
    assert asks_for_sentence(question) is expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("Why is the gate locked?", "Why is the gate locked on Mondays?", False),
        ("Why is the gate locked?", "**Is the hall open?**", False),
        ("Why was the lift repaired?", "The lift was repaired in May.", False),
        ("Why was the lift repaired?", "The lift was repaired on Monday 3 May 2021.", False),
        ("Why was the lift repaired?", "Bo asked why the lift was repaired.", False),
        ("Why was the lift repaired?", "The lift was repaired because its cable frayed.", True),
        ("Why was the lift repaired?", "Its cable had frayed.", True),
        ("How do geese find south?", "Geese find south.", False),
        ("Why is the pool closed?", "The pool is closed for repairs.", True),
        ("How do bees communicate?", "Bees communicate by dancing.", True),
        ("When was the lift repaired?", "The lift was repaired in May.", True),
        ("Who repaired the lift?", "The lift was repaired.", False),
        ("Is the lift repaired?", "The lift is not repaired.", True),
    ],
)
def test_which_sentences_may_answer(question: str, sentence: str, *, expected: bool) -> None:
    assert may_answer(question, sentence) is expected
