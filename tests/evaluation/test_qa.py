"""Exact match and F1 against a table worked by hand after the definition of SQuAD 1.1 and 2.0."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.qa import exact_match, f1, is_right, normalize_answer

TABLE = [
    # prediction, golds, exact match, F1
    ("China", ["China"], 1.0, 1.0),
    ("china.", ["China"], 1.0, 1.0),
    ("the  North", ["North"], 1.0, 1.0),
    ("An  end-of-war declaration", ["endofwar declaration"], 1.0, 1.0),
    ("in 2021", ["2021"], 0.0, 2 / 3),  # precision 1/2, recall 1
    ("red red blue", ["red blue blue"], 0.0, 2 / 3),  # two shared tokens of three on each side
    ("Moscow", ["Seoul", "moscow"], 1.0, 1.0),
    ("the big red fox", ["red fox", "a big fox jumps"], 0.0, 0.8),  # best of 4/5 and 4/6
    ("Seoul", ["Pyongyang"], 0.0, 0.0),
    (None, ["Seoul"], 0.0, 0.0),
    ("", ["Seoul"], 0.0, 0.0),
    (None, ["A", "the"], 0.0, 0.0),  # nothing is left of the golds, which were to be said
    (None, [], 1.0, 1.0),
    ("Seoul", [], 0.0, 0.0),
    ("The", [], 1.0, 1.0),  # nothing is left of it, and SQuAD 2.0 compares what is left
    ("the", ["a"], 1.0, 1.0),
]


@pytest.mark.parametrize(("prediction", "golds", "exact", "overlap"), TABLE)
def test_scores_are_those_of_the_table(
    prediction: str | None, golds: list[str], exact: float, overlap: float
) -> None:
    assert exact_match(prediction, golds) == exact
    assert f1(prediction, golds) == pytest.approx(overlap)


@pytest.mark.parametrize(
    ("prediction", "golds", "right"),
    [
        ("in 2021", ["2021"], True),
        ("It was outlined in the spring of 2021 by both.", ["2021"], True),
        ("It was outlined in the spring of 2021 by both.", ["12"], False),
        ("May", ["the fifth of May 2021"], False),
        ("Seoul", ["..."], False),
        (None, ["2021"], False),
        (None, [], True),
        ("2021", [], False),
    ],
)
def test_what_counts_as_right(prediction: str | None, golds: list[str], right: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert is_right(prediction, golds) is right


def test_articles_go_as_words_only() -> None:
    assert normalize_answer("The theatre, an  anthem & A's") == "theatre anthem as"


@given(st.text(), st.lists(st.text(), max_size=3))
def test_f1_is_never_under_exact_match(prediction: str, golds: list[str]) -> None:
    assert 0 <= exact_match(prediction, golds) <= f1(prediction, golds) <= 1


@given(st.text(), st.text())
def test_f1_is_symmetric(one: str, other: str) -> None:
    assert f1(one, [other]) == pytest.approx(f1(other, [one]))
