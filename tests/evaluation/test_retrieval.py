"""Retrieval measures: a table worked by hand, brute force, and ir-measures as outside oracle."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.retrieval import (
    MEASURES,
    ndcg_at,
    per_query,
    recall_at,
    reciprocal_rank,
    success_at,
)

JUDGED = {"a": 3, "b": 1, "c": 0, "d": 2, "e": -1}
RANKED = ["c", "b", "x", "a", "e"]  # relevant at ranks 2 and 4; "d" was not found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (recall_at(RANKED, JUDGED, 1), 0.0),
        (recall_at(RANKED, JUDGED, 2), 1 / 3),
        (recall_at(RANKED, JUDGED, 5), 2 / 3),
        (success_at(RANKED, JUDGED, 1), 0.0),
        (success_at(RANKED, JUDGED, 2), 1.0),
        (reciprocal_rank(RANKED, JUDGED, 10), 1 / 2),
        (reciprocal_rank(RANKED, JUDGED, 1), 0.0),
        # gains 0 1 0 3 0 over log2(rank + 1); at best 3 2 1
        (
            ndcg_at(RANKED, JUDGED, 5),
            (1 / math.log2(3) + 3 / math.log2(5)) / (3 + 2 / math.log2(3) + 1 / 2),
        ),
        (ndcg_at(RANKED, JUDGED, 2), (1 / math.log2(3)) / (3 + 2 / math.log2(3))),
        (ndcg_at(["a", "d", "b"], JUDGED, 3), 1.0),
    ],
)
def test_values_are_those_worked_by_hand(value: float, expected: float) -> None:
    assert value == pytest.approx(expected)


def test_every_judged_query_counts_and_no_other() -> None:
    qrels = {"asked": {"a": 1}, "silent": {"a": 1}, "nothing relevant": {"a": 0}}

    scores = per_query({"asked": ["a"], "unjudged": ["a"]}, qrels)

    assert {query: score["recall@5"] for query, score in scores.items()} == {
        "asked": 1.0,
        "silent": 0.0,
    }


def test_an_id_that_comes_twice_takes_one_place() -> None:
    scores = per_query({"q": ["x", "x", "x", "x", "x", "a"]}, {"q": {"a": 1}})

    assert scores["q"]["recall@5"] == 1.0
    assert scores["q"]["mrr@10"] == 1 / 2


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), min_size=1),
)
def test_measures_keep_their_order(ranked: list[str], judged: dict[str, int]) -> None:
    for score in per_query({"q": ranked}, {"q": judged}).values():
        assert all(0 <= value <= 1 + 1e-12 for value in score.values())
        assert score["recall@1"] <= score["recall@5"] <= score["recall@10"] <= score["recall@20"]
        assert score["recall@5"] <= score["success@5"]
        assert score["success@1"] <= score["mrr@10"] <= score["success@10"]


def random_collection(seed: int) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    """Fifty queries over forty documents, graded 0 to 3, each with something relevant."""
    chance = random.Random(seed)  # noqa: S311 - a test collection, no secret
    names = [f"d{n:02}" for n in range(40)]
    qrels, run = {}, {}
    for query in (f"q{n}" for n in range(50)):
        qrels[query] = {name: chance.choice([0, 0, 1, 2, 3]) for name in chance.sample(names, 12)}
        qrels[query][chance.choice(names)] = 1
        run[query] = chance.sample(names, chance.randrange(1, 40))
    return qrels, run


def test_equal_to_ir_measures() -> None:
    ir_measures = pytest.importorskip("ir_measures", reason="of the test extra")
    measures = {
        "recall@1": ir_measures.R @ 1,
        "recall@3": ir_measures.R @ 3,
        "recall@5": ir_measures.R @ 5,
        "recall@10": ir_measures.R @ 10,
        "recall@20": ir_measures.R @ 20,
        "success@1": ir_measures.Success @ 1,
        "success@5": ir_measures.Success @ 5,
        "success@10": ir_measures.Success @ 10,
        "mrr@10": ir_measures.RR @ 10,
        "ndcg@10": ir_measures.nDCG @ 10,
    }
    assert set(measures) == set(MEASURES)
    qrels, run = random_collection(seed=1)
    scored = {
        query: {name: float(-place) for place, name in enumerate(ranked)}
        for query, ranked in run.items()
    }

    expected = {
        (value.query_id, str(value.measure)): value.value
        for value in ir_measures.iter_calc(list(measures.values()), qrels, scored)
    }

    for query, score in per_query(run, qrels).items():
        for name, measure in measures.items():
            assert score[name] == pytest.approx(expected[query, str(measure)]), (query, name)
