"""An effect over states of the world × replicates: its mean, and how it differs from state to state.

What is estimated in a state is its effect plus replicate noise. The mean over states and its interval hold for both
together, as states share no streams. How effects spread over states must not count the noise: estimates are drawn
towards their mean until their variance is that of the effects alone (Louis 1984; Ghosh 1992), and shares and ranges
are read off what remains.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are imported when used
from numpy.typing import NDArray

from sim.statistics import LEVEL, Interval, Values, mean_interval

RANGE = (0.05, 0.95)
ONE_STATE = 1.5
"""States that are worth less show no spread."""


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
    effects, part = _apart(found, noise, share)
    if part == 1.0:
        return Nested(mean, math.nan, math.nan, math.nan, math.nan, math.nan, part, len(found))
    low, high = weighted_quantiles(effects, share, RANGE) if part < 1.0 else (math.nan, math.nan)
    lower, equal, higher = (float(share[side].sum()) for side in (effects < 0, effects == 0, effects > 0))
    return Nested(mean, low, high, lower, equal, higher, part, len(found))


def _shares(weights: Values | None, there: NDArray[np.bool_]) -> Values:
    kept = np.ones(int(there.sum())) if weights is None else np.asarray(weights, np.float64)[there]
    return kept / kept.sum() if len(kept) else kept


def _apart(found: Values, noise: Values, share: Values) -> tuple[Values, float]:
    """Effects of the states, and the share of noise; of one state neither can be told, so it is as it was found."""
    if worth_of(share) < ONE_STATE:
        return found, math.nan
    spread = spread_of(found, noise, share[None])
    return spread.without_noise(found, noise)[0], float(spread.noise_share[0, 0])


def worth_of(weights: Values) -> float:
    """How many states of equal weight these are worth: (Σ w)² / Σ w² (Kish 1965)."""
    return float(weights.sum() ** 2 / np.sum(weights**2))


@dataclass(frozen=True)
class Spread:
    """What estimates show under each row of weights (rows × 1): mean, variance, and the replicate noise in that."""

    mean: Values
    variance: Values
    noise: Values

    @property
    def noise_share(self) -> Values:
        """Replicate noise as a share of the variance of the estimates, 0 to 1; 0 of estimates all the same."""
        none = np.zeros_like(self.variance)
        return np.minimum(1.0, np.divide(self.noise, self.variance, out=none, where=self.variance > 0.0))

    def settled(self, estimates: Values) -> Values:
        """Estimates drawn towards their mean until their variance is that of the effects (rows × states)."""
        return np.asarray(self.mean + np.sqrt(1.0 - self.noise_share) * (estimates - self.mean))

    def without_noise(self, estimates: Values, noise: Values) -> Values:
        """The same; where replicates don't differ at all, as where nothing happens, the estimate is the effect."""
        return np.where(noise == 0.0, estimates, self.settled(estimates))


def spread_of(estimates: Values, noise: Values, weights: Values, worth: Values | None = None) -> Spread:
    """The spread of estimates with noise of these variances under each row of weights (rows × states).

    `worth` (rows × 1): how many states of equal weight a row is worth; None: as each weight is one of a state.
    """
    total = weights.sum(axis=-1, keepdims=True)
    if worth is None:
        worth = total**2 / np.sum(weights**2, axis=-1, keepdims=True)
    mean = np.sum(weights * estimates, axis=-1, keepdims=True) / total
    squares = np.sum(weights * (estimates - mean) ** 2, axis=-1, keepdims=True) / total
    variance = squares * worth / np.maximum(worth - 1.0, ONE_STATE - 1.0)
    return Spread(mean, variance, np.sum(weights * noise, axis=-1, keepdims=True) / total)


def interval_over(values: Values, weights: Values | None = None, level: float = LEVEL) -> Interval:
    """The mean over states and its t interval, by their weight."""
    return mean_interval(values, level) if weights is None else weighted_interval(values, weights, level)


def weighted_interval(values: Values, shares: Values, level: float = LEVEL, *, worth: float | None = None) -> Interval:
    """The weighted mean of independent values and its t interval; `shares` sum to 1.

    The error is that of a ratio of sums (linearised); degrees of freedom are those of as many equally weighted values
    as they are `worth`.
    """
    mean, (squared, worth) = float(shares @ values), squared_error(values, shares, worth)
    if worth < ONE_STATE:
        return Interval(mean, math.nan, math.nan)
    half = float(scipy.stats.t.ppf((1 + level) / 2, worth - 1.0)) * math.sqrt(squared)
    return Interval(mean, mean - half, mean + half)


def squared_error(values: Values, weights: Values | None, worth: float | None = None) -> tuple[float, float]:
    """The squared standard error of a mean over states, and how many of equal weight they are worth; NaN of one."""
    shares = np.full(len(values), 1.0 / len(values)) if weights is None else weights
    worth = worth_of(shares) if worth is None else worth
    if worth < ONE_STATE:
        return math.nan, worth
    return float(np.sum((shares * (values - shares @ values)) ** 2)) * worth / (worth - 1.0), worth


def weighted_quantiles(values: Values, shares: Values, at: Sequence[float]) -> tuple[float, ...]:
    """Quantiles of weighted values: between the middles of their shares, linearly. Values of no share are not there.

    NaN where none has a share.
    """
    values, shares = values[shares > 0], shares[shares > 0]
    if not len(values):
        return (math.nan,) * len(at)
    order = np.argsort(values, kind="stable")
    middles = np.cumsum(shares[order]) - shares[order] / 2
    return tuple(float(np.interp(q, middles, values[order])) for q in at)


def quantiles(values: Values, weights: Values | None, at: Sequence[float]) -> tuple[float, ...]:
    """Quantiles of values by their weights, which need not sum to 1; None: those of NumPy."""
    if weights is None:
        return tuple(np.quantile(values, at).tolist())
    total = weights.sum()
    return weighted_quantiles(values, weights / total if total > 0 else weights, at)


def of_replicates(differences: Values, weights: Values | None = None) -> Nested:
    """The effect from differences by state and replicate (states × replicates; NaN where there is none)."""
    n = (~np.isnan(differences)).sum(axis=1)
    sums = np.nansum(differences, axis=1)
    means = np.divide(sums, n, out=np.full(len(n), np.nan), where=n > 0)
    squares = np.nansum((differences - means[:, None]) ** 2, axis=1)
    noise = np.divide(squares, n * (n - 1.0), out=np.full(len(n), np.nan), where=n > 1)
    return nested(means, noise, weights)


def over_states(values: Values, weights: Values | None = None, *others: int) -> Values:
    """The mean over states (the first axis), by their weight, and over `others` of the axes, such as replicates."""
    if weights is None:
        return np.asarray(values.mean(axis=(0, *others)))
    return np.asarray(np.average(values.mean(axis=others) if others else values, axis=0, weights=weights))


def by_state(values: Values, states: NDArray[np.int64]) -> Values:
    """Values of runs → states × replicates; a state that lacks a replicate has NaN at its end."""
    _, row, counts = np.unique(states, return_inverse=True, return_counts=True)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    table = np.full((len(counts), int(counts.max(initial=0))), np.nan)
    table[row, np.arange(len(states)) - first[row]] = values
    return table


def effects_of(differences: Values, weights: Values | None = None) -> tuple[Values, float]:
    """The effect in each state without replicate noise, and the share of the variance of their means that noise is.

    `differences` is states × replicates, two or more of these. Where noise is all that is seen, all are the mean.
    """
    means = differences.mean(axis=1)
    noise = differences.var(axis=1, ddof=1) / differences.shape[1]
    return _apart(means, noise, _shares(weights, np.isfinite(means)))
