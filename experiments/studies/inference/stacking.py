"""Weights of structures by how well they forecast, shrunk towards equal: a few points put plain stacking on a corner.

Stacking maximises the log score of the mixture (Yao et al. 2018, Bayesian Analysis 13, 917-1007). Here each structure
has `shrink` forecasts more, which it alone is given credit for: the mode under a Dirichlet prior with 1 + shrink for
each. With few forecasts weights stay near equal, with many the prior is forgotten. The interval is over forecasts
drawn again, whole groups at a time where forecasts depend on each other (those of one origin, or of one quarter).
With few forecasts such an interval is too narrow to tell structures apart by; so whether they can be told apart is a
test by permutation, which is exact: names are dealt anew within groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.statistics import LEVEL, Values

SHRINK = 1.0
BOOTSTRAPS = 500
_ROUNDS, _CLOSE = 5_000, 1e-6


@dataclass(frozen=True)
class Stacked:
    """Weights of structures (they sum to 1), their intervals, and the plain ones, which show what shrinking does.

    `p` is the chance of a largest weight as large if no structure is any better.
    """

    weights: Values
    low: Values
    high: Values
    plain: Values
    p: float

    @property
    def open(self) -> bool:
        """Whether these forecasts can't tell the structures apart."""
        return self.p > 1.0 - LEVEL


def stack(
    log_densities: Values,
    seed: int,
    groups: Sequence[int] | None = None,
    shrink: float = SHRINK,
    bootstraps: int = BOOTSTRAPS,
) -> Stacked:
    """From log predictive densities (forecasts × structures; minus the log score)."""
    members = _members(len(log_densities) if groups is None else groups)
    rng = np.random.default_rng(seed)
    again = [_weights(log_densities[_drawn(members, rng)], shrink) for _ in range(bootstraps)]
    low, high = np.quantile(again, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0], axis=0)
    weights = _weights(log_densities, shrink)
    dealt = [_weights(_dealt(log_densities, members, rng), shrink).max() for _ in range(bootstraps)]
    p = (1 + np.sum(np.array(dealt) >= weights.max() - 1e-6)) / (bootstraps + 1)
    return Stacked(weights, low, high, _weights(log_densities, 0.0), float(p))


def _members(groups: int | Sequence[int]) -> list[NDArray[np.intp]]:
    """Forecasts of each group; of a number, each its own."""
    of = np.arange(groups) if isinstance(groups, int) else np.asarray(groups)
    return [np.flatnonzero(of == group) for group in np.unique(of)]


def _drawn(members: list[NDArray[np.intp]], rng: np.random.Generator) -> NDArray[np.intp]:
    return np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])


def _dealt(log_densities: Values, members: list[NDArray[np.intp]], rng: np.random.Generator) -> Values:
    """The names of the structures dealt anew in each group, as they might be if none is any better."""
    mixed = log_densities.copy()
    for rows in members:
        mixed[rows] = log_densities[rows][:, rng.permutation(log_densities.shape[1])]
    return mixed


def _weights(log_densities: Values, shrink: float) -> Values:
    """The mode, by expectation and maximisation: the objective is concave."""
    n, k = log_densities.shape
    densities = np.exp(log_densities - log_densities.max(axis=1, keepdims=True))
    weights = np.full(k, 1.0 / k)
    for _ in range(_ROUNDS):
        credit = densities * weights
        new = ((credit / credit.sum(axis=1, keepdims=True)).sum(axis=0) + shrink) / (n + k * shrink)
        if np.max(np.abs(new - weights)) < _CLOSE:
            return np.asarray(new)
        weights = new
    return weights
