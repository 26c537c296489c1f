"""What tells something."""

import pytest

from rag.words import adds_to


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
        ("Is the gate locked?", "Why", False),
        ("Is it on Monday?", "_Monday_", False),
        ("Is it Mu\u0308ller?", "mu\u0308ller", False),
    ],
)
def test_what_adds_to_a_question(question: str, text: str, *, expected: bool) -> None:
    assert adds_to(question, text) is expected
