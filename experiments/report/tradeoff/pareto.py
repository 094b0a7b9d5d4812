"""The Pareto front: what nobody beats in both of gain (more is better) and cost (less is better)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.statistics import Values

GROUPS = 1000
"""More replicates than this are averaged in so many groups first: the same uncertainty of the means, in less time."""
RESAMPLES = 2000
_DIGITS = 9  # rounding leaves differences of 1e-17 where there are none


def on_front(gains: Values, costs: Values) -> NDArray[np.bool_]:
    """Whether each scenario (last axis) has no other that gains as much for no more, and is better in one of the two.

    Both have the same shape. Scenarios that tie in both stand or fall together.
    """
    gains, costs = np.round(gains, _DIGITS), np.round(costs, _DIGITS)
    front = np.ones(gains.shape, bool)
    for j in range(gains.shape[-1]):
        gain, cost = gains[..., j, None], costs[..., j, None]
        beaten = (gain >= gains) & (cost <= costs) & ((gain > gains) | (cost < costs))
        front &= ~beaten
    return front


def front_shares(gains: Values, costs: Values, seed: int = 0) -> Values:
    """Share of bootstrap resamples of the replicates (rows) in which each scenario (column) is on the front."""
    gains, costs = grouped(gains), grouped(costs)
    n = len(gains)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
    return np.asarray(on_front(weights @ gains, weights @ costs).mean(axis=0))


def grouped(values: Values) -> Values:
    """The rows, or means of GROUPS groups of rows if there are more."""
    if len(values) <= GROUPS:
        return values
    starts = np.linspace(0, len(values), GROUPS, endpoint=False).astype(int)
    sizes = np.diff([*starts, len(values)])
    return np.asarray(np.add.reduceat(values, starts, axis=0) / sizes[:, None])
