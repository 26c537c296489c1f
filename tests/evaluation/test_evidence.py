"""Evidence in words, by hand and against a count of every character."""

import random

import pytest

from rag.evaluation.evidence import Overlap, overlap, pooled
from rag.evaluation.records import Place
from rag.loaders import make_document

#                          0         1         2         3
#                          0123456789012345678901234567890123456789
PIER = make_document("In 2021 the pier burned. In 2021 it\nreopened.", "t", "t", "text/plain")
DOCUMENTS = {"pier": PIER, "other": make_document("The year 2021.", "t", "t", "text/plain")}
MARKED = [Place("pier", 25, 35)]  # the second "In 2021 it"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([Place("pier", 25, 35)], Overlap(3, 3, 3)),
        ([Place("pier", 28, 45)], Overlap(3, 3, 2)),
        ([Place("pier", 0, 7)], Overlap(3, 2, 0)),  # the same words in another place
        ([Place("other", 0, 14), Place("pier", 25, 35)], Overlap(3, 6, 3)),
        ([Place("pier", 30, 31)], Overlap(3, 1, 1)),  # inside "2021"
        ([Place("pier", 27, 28)], Overlap(3, 0, 0)),  # a space
        ([Place("pier", 25, 30), Place("pier", 28, 35)], Overlap(3, 3, 3)),
        ([Place("gone", 0, 9)], Overlap(3, 0, 0)),
        ([], Overlap(3, 0, 0)),
    ],
)
def test_words_count_by_their_place(found: list[Place], expected: Overlap) -> None:
    assert overlap(DOCUMENTS, MARKED, found) == expected


def test_the_figures_of_an_overlap() -> None:
    some = Overlap(marked=4, found=6, both=3)

    assert (some.precision, some.recall) == (0.5, 0.75)
    assert some.f1 == pytest.approx(2 * 0.5 * 0.75 / (0.5 + 0.75))
    assert [Overlap(4, 0, 0).precision, Overlap(0, 4, 0).recall, Overlap(4, 4, 0).f1] == [0, 0, 0]
    assert pooled([some, Overlap(1, 2, 0)]) == Overlap(5, 8, 3)


def words_touched(text: str, places: list[Place]) -> set[int]:
    """Number of each word with a character in a place."""
    touched = {at for _, start, end in places for at in range(start, min(end, len(text)))}
    word_of, number = {}, -1
    for at, character in enumerate(text):
        if not character.isspace():
            number += at == 0 or text[at - 1].isspace()
            word_of[at] = number
    return {word_of[at] for at in touched if at in word_of}


def test_equal_to_a_count_of_every_character() -> None:
    chance = random.Random(5)  # noqa: S311 - texts, no secret
    for _ in range(300):
        text = "".join(chance.choices("ab \n\u2003", k=40)) + "."
        document = make_document(text, "t", "t", "text/plain")
        one, two = (
            [Place("d", at, at + chance.randrange(1, 9)) for at in chance.sample(range(40), 2)]
            for _ in range(2)
        )
        expected, given = words_touched(document.text, one), words_touched(document.text, two)
        assert overlap({"d": document}, one, two) == Overlap(
            len(expected), len(given), len(expected & given)
        )
