"""Bootstrap intervals of means over questions (Efron, 1979): seeded, so equal on every run."""

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000


def mean_intervals(
    values: NDArray[np.float64], seed: int = 0, level: float = 0.95
) -> list[tuple[float, float] | None]:
    """The percentile interval of each column's mean, from resampling the rows.

    ``values`` is (questions, measures); NaN marks a question to which a measure does not apply.
    A column without any value has no interval.
    """
    rows, columns = values.shape
    present = ~np.isnan(values)
    filled = np.where(present, values, 0.0)
    means = np.full((RESAMPLES, columns), np.nan)
    random = np.random.default_rng(seed)
    for sample in range(RESAMPLES if rows else 0):
        drawn = np.bincount(random.integers(rows, size=rows), minlength=rows)
        counted = drawn @ present
        np.divide(drawn @ filled, counted, out=means[sample], where=counted > 0)
    tail = (1 - level) / 2
    result: list[tuple[float, float] | None] = []
    for column in range(columns):
        known = means[~np.isnan(means[:, column]), column]
        if len(known):
            low, high = np.quantile(known, [tail, 1 - tail])
            result.append((float(low), float(high)))
        else:
            result.append(None)
    return result
