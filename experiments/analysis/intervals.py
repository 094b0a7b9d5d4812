"""Intervals beside the t interval of a mean: of quantiles, shares and rates exact, of any statistic by bootstrap."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy  # its parts are imported when used

from experiments.analysis.alignment import labels_of
from experiments.analysis.schema import MEASURE_COLUMNS, measure_columns
from sim.errors import ConfigError
from sim.measures import BY_NAME
from sim.statistics import LEVEL, Interval, Values, share_interval

QUANTILES = (0.05, 0.5, 0.95)


def quantiles(
    runs: pd.DataFrame,
    measures: Sequence[str] | None = None,
    q: Sequence[float] = QUANTILES,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Quantiles of single runs, one row a scenario, measure and `q` (0 to 1), each with an interval.

    The interval lies between two order statistics and holds whatever the distribution is; `coverage` is the chance
    that it covers the quantile of a continuous one (of counts it is at least that), at least `level`. Where too few
    runs are there, a bound is NaN: nothing can be said on that side. Runs that failed don't count.
    """
    labels = labels_of(runs)
    rows = [
        [str(name), MEASURE_COLUMNS[column], BY_NAME[MEASURE_COLUMNS[column]].unit, p, *quantile(values, p, level)]
        for name in labels.unique()
        for column in measure_columns(runs, measures)
        for values in [runs[column][labels == name].dropna().to_numpy(dtype=np.float64)]
        for p in q
    ]
    return pd.DataFrame(rows, columns=["scenario", "measure", "unit", "q", "value", "low", "high", "coverage", "n"])


def quantile(values: Values, q: float, level: float = LEVEL) -> tuple[float, float, float, float, int]:
    """The quantile, the bounds of its interval, the chance that they cover it, and n."""
    _check_share("q", q)
    _check_share("level", level)
    n, ordered = len(values), np.sort(values)
    if not n:
        return math.nan, math.nan, math.nan, 0.0, 0
    below = scipy.stats.binom(n, q)  # how many of n runs lie below the true quantile
    low, high = int(below.ppf((1 - level) / 2)), int(below.ppf((1 + level) / 2)) + 1  # ranks, from 1
    bounds = (ordered[low - 1] if low >= 1 else math.nan), (ordered[high - 1] if high <= n else math.nan)
    coverage = float(below.cdf(high - 1) - below.cdf(low - 1))
    return float(np.quantile(values, q)), float(bounds[0]), float(bounds[1]), coverage, n


def bootstrap(
    values: Sequence[float] | Values,
    statistic: Callable[..., Any] = np.mean,
    *,
    level: float = LEVEL,
    resamples: int = 9999,
    seed: int = 1,
) -> Interval:
    """A statistic (a function of an array, `axis=` if it can) with its BCa bootstrap interval (`mean` is its value).

    For differences, give the differences of the pairs, so that pairs stay whole. Values that are all the same have an
    interval of no width; of fewer than two values, or where BCa is not defined (often for medians of counts: see
    quantiles), the bounds are NaN.
    """
    sample = np.asarray(values, dtype=np.float64)
    value = float(statistic(sample))
    if len(sample) < 2:
        return Interval(value, math.nan, math.nan)
    if (sample == sample[0]).all():
        return Interval(value, value, value)
    rng = np.random.default_rng(seed)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.stats.DegenerateDataWarning)  # then the bounds are NaN
        found = scipy.stats.bootstrap((sample,), statistic, n_resamples=resamples, confidence_level=level, rng=rng)
    low, high = found.confidence_interval
    return Interval(value, float(low), float(high))


def share(k: int, n: int, level: float = LEVEL) -> Interval:
    """`k` of `n` with its exact interval (Clopper and Pearson 1934)."""
    if not 0 <= k <= n or n < 1:
        raise ConfigError(None, "k of n", f"{k} of {n}", "it must be 0 ≤ k ≤ n, and n ≥ 1")
    return share_interval(k, n, level)


def rate(count: int, exposure: float, level: float = LEVEL) -> Interval:
    """`count` events in `exposure` (days, convoys …) as a rate, with the exact Poisson interval (Garwood 1936).

    Events must come independently of each other; attacks that excite further attacks don't.
    """
    if count < 0 or not exposure > 0:
        raise ConfigError(None, "count, exposure", f"{count}, {exposure}", "it must be count ≥ 0 and exposure > 0")
    low = scipy.stats.chi2.ppf((1 - level) / 2, 2 * count) / 2 if count else 0.0
    high = scipy.stats.chi2.ppf((1 + level) / 2, 2 * count + 2) / 2
    return Interval(count / exposure, float(low) / exposure, float(high) / exposure)


def _check_share(name: str, value: float) -> None:
    if not 0.0 < value < 1.0:
        raise ConfigError(None, name, value, "it must be a number between 0 and 1")
