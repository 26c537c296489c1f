"""Bootstrap intervals over questions (Efron, 1979): seeded, so equal on every run."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000

Interval = tuple[float, float]


def mean_intervals(
    values: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> list[Interval | None]:
    """The percentile interval of each column's mean, from resampling the rows.

    ``values`` is (questions, measures); NaN marks a question to which a measure does not apply.
    ``weights``, of the same shape, are how often a value counts in its mean (once). A column
    without any value has no interval.
    """
    rows, columns = values.shape
    present = ~np.isnan(values) * (1.0 if weights is None else weights)
    filled = np.where(np.isnan(values), 0.0, values) * present
    means = np.full((RESAMPLES, columns), np.nan)
    random = np.random.default_rng(seed)
    for sample in range(RESAMPLES if rows else 0):
        drawn = np.bincount(random.integers(rows, size=rows), minlength=rows)
        counted = drawn @ present
        np.divide(drawn @ filled, counted, out=means[sample], where=counted > 0)
    return [_percentiles(means[:, column], level) for column in range(columns)]


def interval(
    statistic: Callable[[NDArray[np.intp]], float | None],
    rows: int,
    seed: int = 0,
    level: float = 0.95,
) -> Interval | None:
    """The percentile interval of any statistic, which is given the numbers of the rows drawn.

    Resamples where it has no value are left out; None where it never has one.
    """
    random = np.random.default_rng(seed)
    found = [statistic(random.integers(rows, size=rows)) for _ in range(RESAMPLES if rows else 0)]
    return _percentiles(np.array([np.nan if f is None else f for f in found]), level)


def _percentiles(found: NDArray[np.float64], level: float) -> Interval | None:
    known = found[~np.isnan(found)]
    if not len(known):
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)
