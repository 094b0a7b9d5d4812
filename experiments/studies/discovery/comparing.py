"""Two policies in each state: by how much they differ in a measure, and in which states the second is worse."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from experiments.runs.nested import of_replicates, spread_of, worth_of
from experiments.runs.shares import wilson
from experiments.studies.discovery.boxes import Mask
from experiments.studies.runner import Kept
from sim.measures import BY_NAME, Ratio
from sim.statistics import LEVEL, Interval, Values

RESAMPLES = 999
_DIGITS = 9
_LAST_DIGITS = 10.0**-_DIGITS


@dataclass(frozen=True)
class Question:
    """In which states of the world is `other` worse than `base` in a measure?"""

    base: str
    other: str
    measure: str

    @property
    def good(self) -> int:
        """−1 where lower is better for the defence, else +1."""
        return BY_NAME[self.measure].better or -1


@dataclass(frozen=True)
class Answer:
    """`other` − `base` over states. Shares are of states in which `other` is strictly better, equal, strictly worse.

    Shares and range are without replicate noise; NaN where states can't be told apart by more than that noise.
    """

    question: Question
    mean: Interval
    range_low: float
    range_high: float
    better: Interval
    equal: float
    worse: Interval
    noise: float
    states: int


def columns_of(measure: str) -> tuple[str, ...]:
    """The measures of runs that are needed for one: of a ratio those that it divides."""
    ratio = BY_NAME[measure]
    return (ratio.column, *ratio.per) if isinstance(ratio, Ratio) else (measure,)


def values_of(sample: Kept, policy: str, measure: str) -> Values:
    """A measure of a policy (states × replicates).

    A ratio is of sums over a state's replicates, NaN for 0 / 0. Its row has that mean, and differs from it by what each
    replicate moves it (linearised), so that its spread gives the error.
    """
    ratio = BY_NAME[measure]
    if not isinstance(ratio, Ratio):
        return sample.of(policy, measure)
    above = ratio.factor * sample.of(policy, ratio.column)
    below = np.sum([sample.of(policy, name) for name in ratio.per], axis=0)
    mean_above, mean_below = above.mean(axis=1, keepdims=True), below.mean(axis=1, keepdims=True)
    there = mean_below > 0
    whole = np.divide(mean_above, mean_below, out=np.full_like(mean_above, np.nan), where=there)
    moved = np.divide(above - whole * below, mean_below, out=np.full_like(above, np.nan), where=there)
    return np.asarray(whole + moved)


def differences(question: Question, sample: Kept) -> Values:
    """`other` − `base` with the same streams (states × replicates)."""
    return values_of(sample, question.other, question.measure) - values_of(sample, question.base, question.measure)


def worse(question: Question, sample: Kept) -> tuple[Mask, Mask]:
    """In which states there is an answer, and in which `other` is strictly worse in the mean of the replicates."""
    mean = differences(question, sample).mean(axis=1)
    return ~np.isnan(mean), np.asarray(question.good * mean < 0)


def answer(question: Question, *samples: Kept, resamples: int = RESAMPLES) -> Answer:
    """Over the states of all samples, by their weights: the number of weighed states is what they are worth."""
    every, weights = np.concatenate([differences(question, sample) for sample in samples]), weights_of(samples)
    found = of_replicates(every, weights)
    there = ~np.isnan(every).any(axis=1)
    kept, use = question.good * every[there], (np.ones(len(every)) if weights is None else weights)[there]
    worse, better = (found.lower, found.higher) if question.good > 0 else (found.higher, found.lower)
    best = Interval(better, *_bounds(-kept, use, better, resamples))
    worst = Interval(worse, *_bounds(kept, use, worse, resamples))
    states = round(worth_of(use)) if len(use) else 0
    return Answer(question, found.mean, found.low, found.high, best, found.equal, worst, found.noise, states)


def weights_of(samples: Sequence[Kept]) -> Values | None:
    """The weights of all states of some samples, each state of a larger sample as much as one of a smaller."""
    if all(sample.weights is None for sample in samples):
        return None
    n = [len(sample.states) for sample in samples]
    each = (np.full(k, 1.0 / k) if s.weights is None else s.weights for k, s in zip(n, samples, strict=True))
    return np.concatenate([k * weights for k, weights in zip(n, each, strict=True)])


def _bounds(values: Values, weights: Values, share: float, resamples: int) -> tuple[float, float]:
    """The 95% interval of the share of states below 0: by resampling states (BCa), as noise is estimated too.

    Where all states are on one side, or all resamples the same, the interval is that of a count (Wilson).
    """
    n = len(values)
    if n < 2 or np.isnan(share):
        return np.nan, np.nan
    low, high = _resampled(values, weights, resamples)
    if min(share, 1.0 - share) < _LAST_DIGITS or np.isnan(low):
        return wilson(round(share, _DIGITS), worth_of(weights))
    return low, high


def _resampled(values: Values, weights: Values, resamples: int) -> tuple[float, float]:
    """The interval by resampling states; NaN where resamples are all the same."""
    means, noise = values.mean(axis=1), values.var(axis=1, ddof=1) / values.shape[1]
    options: dict[str, Any] = {"paired": True, "vectorized": True, "n_resamples": resamples, "rng": 0}
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", scipy.stats.DegenerateDataWarning)
        found = scipy.stats.bootstrap((means, noise, weights), _share_below, confidence_level=LEVEL, **options)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _share_below(means: Values, noise: Values, weights: Values, axis: int = -1) -> Values:
    """The share of effects below 0 without replicate noise, as in `nested`, for many resamples at once."""
    effects = spread_of(means, noise, weights).without_noise(means, noise)
    return np.asarray((weights * (effects < 0)).sum(axis) / weights.sum(axis))
