"""Which answers say the same, and so support each other."""

import pytest

from rag.calibration import Calibration
from rag.candidates import merge
from rag.types import Hit, Passage, Span


def groups(*answers: str) -> list[list[str]]:
    """The answers, each from a document of its own, as they are grouped."""
    spans = [
        Span(Hit(Passage(text, f"d{n}", 0, len(text), text), 1.0, n), 0, len(text), 2.0 - n, 0.0)
        for n, text in enumerate(answers)
    ]
    return [[span.text for span in found.spans] for found in merge(spans, Calibration())]


@pytest.mark.parametrize(
    "same",
    [
        ("the Harbour Office", "“harbour office”,"),
        ("4th of May 2021", "May 4, 2021"),
        ("**Wednesday**", "Wednesday."),
        ("*two keys*", "two keys"),
        ("*Paris* and Rome", "Paris and Rome"),
        ("`fetch -v`", "fetch -v"),
        ("5 kg", "5 KG"),
        ("9 AM", "9 am"),
        ("Mrs Adelheid\n> Oosterhuis", "Mrs Adelheid Oosterhuis"),
    ],
)
def test_what_says_the_same_is_one_answer(same: tuple[str, str]) -> None:
    assert groups(*same) == [list(same)]


@pytest.mark.parametrize(
    "different",
    [
        ("5 mg each morning", ".5 mg each morning"),
        ("5 MW", "5 mW"),
        ("grade A", "grade A*"),
        (">5 mg", "5 mg"),
        ("> 30", "30"),
        ("Monday", "Tuesday"),
    ],
)
def test_what_differs_in_what_counts_is_not(different: tuple[str, str]) -> None:
    assert groups(*different) == [[text] for text in different]
