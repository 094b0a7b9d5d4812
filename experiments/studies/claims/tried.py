"""The states in which claims were tried, and what a test shows over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.runs.nested import RANGE, quantiles, worth_of
from experiments.studies.claims.shares import (
    Holds,
    Moments,
    Share,
    Weights,
    groups_of,
    mean_over_states,
    resampled,
    share,
)
from experiments.studies.runner import Kept
from sim.statistics import Interval, Values

Shown: TypeAlias = tuple[Interval, Interval | None]
"""A mean over the states with its interval; where nine states of ten lie, if they differ by more than noise."""


@dataclass(frozen=True)
class Tried:
    """States that were finished, the values of every case in them, and draws of them with replacement."""

    kept: Kept

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The same number for states that are the same."""
        return groups_of(self.kept.states)

    @cached_property
    def weights(self) -> Weights:
        """How often each state counts, as they are and in each draw; a mean of 1 in the first row."""
        drawn, given = resampled(self.groups), self.kept.weights
        return drawn if given is None else drawn * (len(given) * given)

    def count(self, inside: Holds) -> int:
        """How many states of equal weight those inside are worth."""
        return round(worth_of(self.weights[0, inside])) if inside.any() else 0

    def share(self, chance: Values, inside: Holds | None = None) -> Share:
        """The share of the states (of those `inside`), by their chances in each draw, with its interval."""
        return share(chance, self.weights if inside is None else self.weights * inside, self.groups)

    def shown(self, found: Moments) -> Shown:
        """What is shown of the effects of a test."""
        mean = mean_over_states(found, self.weights, self.groups)
        there = np.isfinite(found.settled[0])
        if not found.clear or not there.any():
            return mean, None
        low, high = quantiles(found.settled[0][there], self.given(there), RANGE)
        return mean, Interval(mean.mean, low, high)

    def given(self, inside: Holds) -> Values | None:
        """The weights of those inside; None: all alike."""
        return None if self.kept.weights is None else self.kept.weights[inside]
