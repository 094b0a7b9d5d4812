"""An effect over states of the world × replicates: its mean, and how it differs from state to state.

What is estimated in a state is its effect plus replicate noise. The mean over states and its interval hold for both
together, as states share no streams. How effects spread over states must not count the noise: estimates are drawn
towards their mean until their variance is that of the effects alone (Louis 1984; Ghosh 1992), and shares and ranges
are read off what remains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are imported when used
from numpy.typing import NDArray

from sim.statistics import LEVEL, Interval, Values

RANGE = (0.05, 0.95)


@dataclass(frozen=True)
class Nested:
    """An effect over `states`. `noise`: share of the variance of the states' estimates that is replicate noise, 0 to 1.

    `low` and `high`: where nine states of ten lie, without that noise; NaN where one replicate a state leaves it
    unknown. `lower`, `equal`, `higher`: shares of states. Where noise is all that is seen (`told_apart` is false) range
    and shares are NaN: states that cannot be told apart are not all the same.
    """

    mean: Interval
    low: float
    high: float
    lower: float
    equal: float
    higher: float
    noise: float
    states: int

    @property
    def told_apart(self) -> bool:
        """Whether states differ by more than replicate noise."""
        return self.noise < 1.0

    @property
    def holds(self) -> float:
        """The share of states in which the effect has the sign of the mean."""
        return self.lower if self.mean.mean < 0 else self.higher


def nested(estimates: Values, noise_variances: Values, weights: Values | None = None) -> Nested:
    """The effect over states, from each state's estimate and the variance of that by replicate noise (NaN: unknown).

    States for which there is no estimate (NaN: 0 / 0) are left out. `weights` need not sum to 1.
    """
    there = ~np.isnan(estimates)
    found, noise = estimates[there], noise_variances[there]
    share = _shares(weights, there)
    if not len(found):
        nothing = Interval(math.nan, math.nan, math.nan)
        return Nested(nothing, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    mean = weighted_interval(found, share)
    part = _noise_share(found, noise, share, mean.mean)
    effects = _without_noise(found, noise, part, mean.mean)
    if part == 1.0:
        return Nested(mean, math.nan, math.nan, math.nan, math.nan, math.nan, part, len(found))
    low, high = weighted_quantiles(effects, share, RANGE) if part < 1.0 else (math.nan, math.nan)
    lower, equal, higher = (float(share[side].sum()) for side in (effects < 0, effects == 0, effects > 0))
    return Nested(mean, low, high, lower, equal, higher, part, len(found))


def _shares(weights: Values | None, there: NDArray[np.bool_]) -> Values:
    kept = np.ones(int(there.sum())) if weights is None else np.asarray(weights, np.float64)[there]
    return kept / kept.sum() if len(kept) else kept


def _noise_share(found: Values, noise: Values, share: Values, mean: float) -> float:
    """Replicate noise as a share of the variance of the estimates; of estimates that are all the same, 0."""
    worth = 1.0 / float(np.sum(share**2))
    if worth < 1.5:
        return math.nan
    variance = float(share @ (found - mean) ** 2) * worth / (worth - 1.0)
    return float(np.minimum(1.0, share @ noise / variance)) if variance > 0.0 else 0.0


def _without_noise(found: Values, noise: Values, part: float, mean: float) -> Values:
    """Effects of the states; where replicates don't differ at all, as where nothing happens, the estimate is one."""
    if math.isnan(part):
        return found
    drawn = mean + math.sqrt(1.0 - part) * (found - mean)
    return np.where(noise == 0.0, found, drawn)


def weighted_interval(values: Values, shares: Values) -> Interval:
    """The weighted mean of independent values and its t interval; `shares` sum to 1.

    The error is that of a ratio of sums (linearised); degrees of freedom are those of as many equally weighted values.
    """
    mean, worth = float(shares @ values), 1.0 / float(np.sum(shares**2))
    if worth < 1.5:
        return Interval(mean, math.nan, math.nan)
    error = math.sqrt(float(np.sum((shares * (values - mean)) ** 2)) * worth / (worth - 1.0))
    half = float(scipy.stats.t.ppf((1 + LEVEL) / 2, worth - 1.0)) * error
    return Interval(mean, mean - half, mean + half)


def weighted_quantiles(values: Values, shares: Values, at: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of weighted values: between the middles of their shares, linearly."""
    order = np.argsort(values, kind="stable")
    middles = np.cumsum(shares[order]) - shares[order] / 2
    return tuple(float(np.interp(q, middles, values[order])) for q in at)


def of_replicates(differences: Values, weights: Values | None = None) -> Nested:
    """The effect from differences by state and replicate (states × replicates; NaN where there is none)."""
    n = (~np.isnan(differences)).sum(axis=1)
    sums = np.nansum(differences, axis=1)
    means = np.divide(sums, n, out=np.full(len(n), np.nan), where=n > 0)
    squares = np.nansum((differences - means[:, None]) ** 2, axis=1)
    noise = np.divide(squares, n * (n - 1.0), out=np.full(len(n), np.nan), where=n > 1)
    return nested(means, noise, weights)


def by_state(values: Values, states: NDArray[np.int64]) -> Values:
    """Values of runs → states × replicates; a state that lacks a replicate has NaN at its end."""
    _, row, counts = np.unique(states, return_inverse=True, return_counts=True)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    table = np.full((len(counts), int(counts.max(initial=0))), np.nan)
    table[row, np.arange(len(states)) - first[row]] = values
    return table


def effects_of(differences: Values) -> tuple[Values, float]:
    """The effect in each state without replicate noise, and the share of the variance of their means that noise is.

    `differences` is states × replicates, two or more of these. Where noise is all that is seen, all are the mean.
    """
    means = differences.mean(axis=1)
    noise = differences.var(axis=1, ddof=1) / differences.shape[1]
    share, mean = _shares(None, np.isfinite(means)), float(means.mean())
    part = _noise_share(means, noise, share, mean)
    return _without_noise(means, noise, part, mean), part
