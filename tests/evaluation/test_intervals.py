"""Bootstrap intervals: equal on every run, near the normal interval, blind to what is absent."""

import numpy as np
import pytest

from rag.evaluation.intervals import mean_intervals


def test_near_the_normal_interval_of_a_mean() -> None:
    values = np.random.default_rng(5).random((800, 1))
    half = 1.96 * values.std() / np.sqrt(len(values))

    (interval,) = mean_intervals(values)

    assert interval is not None
    assert interval == pytest.approx((values.mean() - half, values.mean() + half), abs=0.003)


def test_equal_on_every_run() -> None:
    values = np.random.default_rng(6).random((50, 3))

    assert mean_intervals(values) == mean_intervals(values)
    assert mean_intervals(values) != mean_intervals(values, seed=1)


def test_absent_values_do_not_count() -> None:
    values = np.array([[1.0, np.nan], [0.0, np.nan], [np.nan, np.nan], [1.0, np.nan]])

    first, second = mean_intervals(values)

    assert first is not None
    assert 0 <= first[0] <= 2 / 3 <= first[1] <= 1
    assert second is None


def test_a_certain_figure_has_no_width() -> None:
    assert mean_intervals(np.ones((20, 1))) == [(1.0, 1.0)]


def test_no_questions_no_intervals() -> None:
    assert mean_intervals(np.empty((0, 2))) == [None, None]
