"""What tells something, and what a question asks for."""

import pytest

from rag.words import adds_to, asks, asks_whether, offers_choice, says_whether


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Are fees refunded?", "not", False),
        ("Are fees refunded?", "Fees are not", False),
        ("Are fees refunded?", "No", True),
        ("Which boats are there?", "the boats", False),
        ("Which boats are there?", "eights", True),
        ("Which department is it?", "IT", True),
        ("What is it?", "3", True),
        ("Is it on Monday?", "_Monday_", False),
        ("Is it Mu\u0308ller?", "mu\u0308ller", False),
    ],
)
def test_what_adds_to_a_question(question: str, text: str, *, expected: bool) -> None:
    assert adds_to(question, text) is expected


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
