"""Which passages count as evidence, on texts short enough to count by hand."""

import pytest

from rag.evaluation.records import Gold, Marked, Prediction, Question, Retrieved
from rag.evaluation.relevance import (
    GoldPlaces,
    document_runs,
    first_rank,
    gold_qrels,
    has_words,
    runs,
)

#         0         1         2         3
#         0123456789012345678901234567890123456789
TEXT = "In 2021 the pier burned. In 2021 it\nreopened."
PLACES = GoldPlaces({"pier": TEXT, "other": "The year 2021 was dry. It  REOPENED in May."})


def question(*golds: Gold, document: str | None = "pier") -> Question:
    return Question("q", "When?", golds, document)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 24, False),
        (25, 45, True),
        (31, 45, True),
        (32, 45, False),
        (0, 29, True),
        (0, 28, False),
    ],
)
def test_a_placed_gold_answer_must_be_overlapped(start: int, end: int, expected: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert PLACES.holds(question(Gold("2021", 28)), "pier", start, end) is expected


def test_the_gold_document_alone_counts_where_it_is_known() -> None:
    loose = Gold("2021")

    assert not PLACES.holds(question(loose), "other", 0, 22)
    assert PLACES.holds(question(loose, document=None), "other", 0, 22)


def test_words_are_found_whatever_their_case_and_spacing() -> None:
    asked = question(Gold("it reopened"), document=None)

    assert PLACES.holds(asked, "pier", 25, 45)
    assert PLACES.holds(asked, "other", 23, 43)
    assert not PLACES.holds(asked, "pier", 25, 40)


def test_an_unanswerable_question_has_no_evidence() -> None:
    assert not PLACES.holds(question(), "pier", 0, len(TEXT))


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("in 2021", "21", False),
        ("in 2021 and 21", "21", True),
        ("cost $21.", "$21", True),
        ("a part-time job", "part", True),
        ("apart", "part", False),
        ("first", "first", True),
        ("état", "tat", False),
    ],
)
def test_parts_of_words_do_not_count(text: str, words: str, expected: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert has_words(text, words) is expected


def test_a_run_that_touches_a_marked_one_is_marked() -> None:
    asked = Question("q", "When?", (), "pier", (Marked("pier", "burned", 17, 23),))

    assert PLACES.marked(asked, "pier", 22, 30)
    assert not PLACES.marked(asked, "pier", 23, 30)
    assert not PLACES.marked(asked, "other", 17, 23)
    assert not PLACES.marked(question(), "pier", 0, len(TEXT))


def prediction(*retrieved: Retrieved) -> Prediction:
    return Prediction("q", None, None, 0.0, (), retrieved, {})


def test_runs_follow_each_ranking_and_count_the_evidence_once() -> None:
    found = prediction(
        Retrieved("other", 0, 22, 3, 1, 0.9, 3, 1),
        Retrieved("pier", 25, 45, 1, 2, 0.8, 1, None),
        Retrieved("pier", 20, 45, 2, 3, 0.7, 2, 2),
        Retrieved("other", 23, 43, None, None, None, 4, None),
    )

    rankings = runs([question(Gold("2021", 28))], {"q": found}, PLACES)

    assert rankings == {
        "reranked": {"q": ["gold", "other:0-22"]},
        "fused": {"q": ["other:0-22", "gold"]},
        "dense": {"q": ["gold", "other:0-22", "other:23-43"]},
        "lexical": {"q": ["other:0-22", "gold"]},
    }
    assert first_rank(rankings["fused"]["q"]) == 2
    assert first_rank(["other:0-22"]) is None


def test_unanswerable_questions_are_not_in_runs_or_qrels() -> None:
    asked = [question()]

    assert runs(asked, {"q": prediction()}, PLACES)["fused"] == {}
    assert gold_qrels(asked) == {}


def test_document_runs_rank_a_document_where_its_first_passage_stands() -> None:
    found = prediction(
        Retrieved("a", 0, 5, 1, 2, 0.5, 1, None),
        Retrieved("b", 0, 5, 2, 1, 0.6, 2, None),
        Retrieved("a", 5, 9, 3, 3, 0.4, None, 1),
    )

    assert document_runs([found]) == {
        "reranked": {"q": ["a", "b"]},
        "fused": {"q": ["b", "a"]},
        "dense": {"q": ["a", "b"]},
        "lexical": {"q": ["a"]},
    }
