"""Bootstrap intervals: equal on every run, near the normal interval, blind to what is absent."""

import numpy as np
import pytest

from rag.evaluation.intervals import RESAMPLES, interval, mean_intervals


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


def test_weights_count_a_value_as_often_as_they_say() -> None:
    random = np.random.default_rng(3)
    values, weights = random.random((40, 1)), random.integers(0, 4, (40, 1)).astype(float)

    (found,) = mean_intervals(values, weights)

    means = []
    draws = np.random.default_rng(0)
    for _ in range(RESAMPLES):
        drawn = draws.integers(40, size=40)
        means.append(np.repeat(values[drawn, 0], weights[drawn, 0].astype(int)).mean())
    assert found == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))


def test_the_interval_of_a_mean_as_any_statistic_is_that_of_the_mean() -> None:
    values = np.random.default_rng(5).random(60)

    found = interval(lambda drawn: float(values[drawn].mean()), 60)

    assert found == pytest.approx(mean_intervals(values[:, None])[0])


def test_resamples_without_a_value_are_left_out() -> None:
    assert interval(lambda drawn: 1.0 if drawn[0] else None, 5) == (1.0, 1.0)
    assert interval(lambda _: None, 5) is None
    assert interval(lambda _: 1.0, 0) is None
