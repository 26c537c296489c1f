"""Confidence measures: brute force over pairs and cut-offs, and cases worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.confidence import (
    Numbers,
    auroc,
    brier,
    expected_calibration_error,
    reliability,
    risk_coverage,
    risk_coverage_area,
)

OUTCOMES = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.booleans()), max_size=30
)


def split(outcomes: list[tuple[float, bool]]) -> tuple[Numbers, Numbers]:
    confidence = np.array([stated for stated, _ in outcomes], dtype=np.float64)
    return confidence, np.array([right for _, right in outcomes], dtype=np.float64)


@given(OUTCOMES)
def test_auroc_is_the_share_of_pairs_in_order(outcomes: list[tuple[float, bool]]) -> None:
    right = [stated for stated, good in outcomes if good]
    wrong = [stated for stated, good in outcomes if not good]
    pairs = [float(r > w) + (r == w) / 2 for r in right for w in wrong]

    found = auroc(*split(outcomes))

    assert found == (pytest.approx(np.mean(pairs)) if pairs else None)


def test_risk_coverage_worked_by_hand() -> None:
    coverage, risk = risk_coverage(*split([(0.1, False), (0.9, True), (0.8, False), (0.7, True)]))

    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])


@given(OUTCOMES.filter(bool))
def test_risk_does_not_depend_on_the_order_of_questions(outcomes: list[tuple[float, bool]]) -> None:
    there = risk_coverage_area(*split(outcomes))
    back = risk_coverage_area(*split(outcomes[::-1]))

    assert there == pytest.approx(back)
    assert risk_coverage(*split(outcomes))[1][-1] == pytest.approx(
        np.mean([not right for _, right in outcomes])
    )


def test_calibration_worked_by_hand() -> None:
    # Two bins of two: stated 0.95 and right half the time; stated 0.15 and never right.
    confidence, right = split([(0.9, True), (1.0, False), (0.1, False), (0.2, False)])

    parts = reliability(confidence, right, bins=2)

    assert [part.questions for part in parts] == [2, 2]
    assert [part.confidence for part in parts] == pytest.approx([0.15, 0.95])
    assert [part.accuracy for part in parts] == [0.0, 0.5]
    assert expected_calibration_error(confidence, right, bins=2) == pytest.approx(0.3)
    assert brier(confidence, right) == pytest.approx((0.01 + 1.0 + 0.01 + 0.04) / 4)


def test_the_ends_of_the_scale_belong_to_the_outer_bins() -> None:
    parts = reliability(*split([(0.0, False), (1.0, True)]))

    assert [(part.low, part.high) for part in parts] == [(0.0, 0.1), (0.9, 1.0)]


@given(OUTCOMES)
def test_every_question_is_in_one_bin(outcomes: list[tuple[float, bool]]) -> None:
    parts = reliability(*split(outcomes))

    assert sum(part.questions for part in parts) == len(outcomes)
    assert all(part.low <= part.confidence <= part.high + 1e-12 for part in parts)


def test_without_questions_nothing_has_a_value() -> None:
    nothing = split([])

    assert auroc(*nothing) is None
    assert risk_coverage_area(*nothing) is None
    assert expected_calibration_error(*nothing) is None
    assert brier(*nothing) is None
