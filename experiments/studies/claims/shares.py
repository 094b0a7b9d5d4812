"""In what share of the states of the world a test holds, and how well that is known.

A state's effect is a mean over few replicates, so it spreads more than the true effects do; before it is held against
the size that matters its spread is taken back to that of the true effects (Louis, J. Am. Stat. Assoc. 79, 1984:
constrained empirical Bayes with a common reliability). What replicates leave open about the mean over all states is
kept: a state holds with a chance, not for certain.

Every state has streams of its own, equal for the cases compared in it. So replicate noise is what effects vary by
within states, n (r − 1) degrees of freedom for n states of r replicates; nothing of it is common to all states.

The interval of a share is for states and replicates together: states are drawn again with replacement, everything is
done again for each draw, and the variance of the share tells how many states that are known for certain it is worth;
Wilson's interval is of so many (Korn & Graubard, Survey Methodology 24, 1998, do so for surveys). A state that an
ensemble gives twice is drawn, or not, as one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are imported when used
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.runs.nested import Spread, spread_of, weighted_interval, worth_of
from experiments.runs.shares import wilson, worth
from experiments.studies.claims.catalogue import Check
from sim.statistics import Interval, Values

Holds = NDArray[np.bool_]
Weights = Values
"""How often each state counts (draws × states); the first row is the states as they are."""
RESAMPLES = 400
DIGITS = 6
"""Of a share behind the point: chances of 1e-38 are none."""
NOISE_LEVEL = 0.05
"""Effects differ between states if chance alone would make them differ so in no more of the studies."""


@dataclass(frozen=True)
class Share(Interval):
    """A share of the states with its interval, and of how many states that are known for certain it is worth."""

    worth: float


@dataclass(frozen=True)
class Moments:
    """Of a test's effects under each draw of the states: estimates, their spread, and error of their mean."""

    means: Values
    spread: Spread
    error: Values
    clear: bool

    @property
    def reliability(self) -> Values:
        """Share of the variance between states that is not replicate noise (draws × 1)."""
        return 1.0 - self.spread.noise_share

    @property
    def settled(self) -> Values:
        """Effects of the states (draws × states) with the spread of the true ones; infinite ones stay."""
        # no state is an exception here, even if its replicates are all alike: chances share one error of the mean
        with np.errstate(invalid="ignore"):
            return np.where(np.isfinite(self.means), self.spread.settled(self.means), self.means)


def groups_of(states: Sequence[Point]) -> NDArray[np.int64]:
    """The same number for states that are the same."""
    known: dict[tuple[object, ...], int] = {}
    return np.array([known.setdefault(tuple(state.items()), len(known)) for state in states], np.int64)


def resampled(groups: NDArray[np.int64], seed: int = 1, draws: int = RESAMPLES) -> Weights:
    """The states as they are, then drawn with replacement, those of a group together."""
    n = int(groups.max(initial=-1)) + 1
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), size=draws)
    return np.concatenate([np.ones((1, len(groups))), counts[:, groups]]).astype(np.float64)


def moments(table: Values, weights: Weights) -> Moments:
    """Of effects (states × replicates) under each row of weights; without states that have no effect, or no size."""
    means, r = table.mean(axis=1), table.shape[1]
    there = np.isfinite(means)
    use, x = weights * there, np.where(there, means, 0.0)
    noise = np.where(there, np.where(there[:, None], table, 0.0).var(axis=1, ddof=1), 0.0) / r
    worth = _worth_of_draws(use)
    spread = spread_of(x, noise, np.where(use.any(axis=1, keepdims=True), use, 1.0), worth)  # of none, whatever
    clear = _differ(float(spread.variance[0, 0]), float(spread.noise[0, 0]), float(worth[0, 0]), r)
    return Moments(means, spread, np.sqrt(spread.noise / worth), clear)


def _worth_of_draws(use: Weights) -> Values:
    """How many states of equal weight each draw is worth (draws × 1), one at least; drawn twice is two."""
    squares = (use @ use[0])[:, None]
    return np.maximum(np.divide(use.sum(axis=1, keepdims=True) ** 2, squares, where=squares > 0.0, out=squares), 1.0)


def _differ(total: float, noise: float, n: float, r: int) -> bool:
    """Whether the means of states differ by more than their replicate noise: the F test of one-way variances."""
    if n < 2 or total == 0.0:
        return False
    return noise == 0.0 or bool(scipy.stats.f.sf(total / noise, n - 1, n * (r - 1)) < NOISE_LEVEL)


def chances(test: Check, found: Moments) -> Values:
    """For each draw and state the chance that its effect has the size that matters; NaN where there is none."""
    beyond = (found.settled - test.size) * (1.0 if test.at_least is not None else -1.0)
    scale = np.where(np.isfinite(found.means), np.abs(found.means), 0.0).max(initial=1.0)
    sure = found.error <= 1e-12 * scale
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = np.where(sure, beyond >= 0.0, scipy.stats.norm.cdf(beyond / np.where(sure, 1.0, found.error)))
    return np.where(np.isnan(beyond), np.nan, chance)


def share(chance: Values, weights: Weights, groups: NDArray[np.int64]) -> Share:
    """The share of the states, by their chances (draws × states) in each draw, with its 95% interval."""
    there = ~np.isnan(chance)
    counts = (weights * there).sum(axis=1)
    found = (weights * np.where(there, chance, 0.0)).sum(axis=1) / np.maximum(counts, 1e-12)
    n = distinct(weights[0] * there[0], groups)
    if not n:
        return Share(math.nan, 0.0, 1.0, 0.0)
    p, variance = round(float(np.clip(found[0], 0.0, 1.0)), DIGITS), float(found[1:][counts[1:] > 0].var())
    states = worth(p, variance, n)
    low, high = wilson(p, states)
    return Share(p, round(low, DIGITS), round(high, DIGITS), states)


def distinct(weights: Values, groups: NDArray[np.int64]) -> float:
    """How many different states of equal weight are worth as much (Kish 1965); 0 of none."""
    each = np.asarray(np.bincount(groups, weights), np.float64)
    return worth_of(each) if each.any() else 0.0


def mean_over_states(found: Moments, weights: Weights, groups: NDArray[np.int64]) -> Interval:
    """The mean effect with its 95% t interval over states; those that are the same count as one."""
    use = weights[0] * np.isfinite(found.means)
    there = use > 0.0
    if not there.any():
        return Interval(0.0, math.nan, math.nan)
    kinds, first = np.unique(groups[there], return_index=True)
    each = np.bincount(groups, use)[kinds]
    means = np.bincount(groups, use * np.where(there, found.means, 0.0))[kinds] / each
    return weighted_interval(means, each / each.sum(), worth=worth_of(use[there][first]))
