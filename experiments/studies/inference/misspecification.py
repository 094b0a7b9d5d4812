"""Is what was reported something that the model could have said at all: inside the cloud of the simulated reports?

Three looks, since each misses what another sees: the tails of each report alone; the Mahalanobis distance from the
middle (a pair of reports that never go together); the distance to the nearest simulated reports (a hole, a bend, an
island). Each distance is compared with that of simulated reports from the cloud without them, so that its p-value is
exact whatever the shape: below 0.05 in one of twenty if the model is right. An observation outside makes every
posterior an extrapolation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.statistics import Values, holm

NEIGHBOURS = 10
_AGAINST = 2000
"""Simulated reports that the observation is compared with; the rest of the cloud is what distances are measured to."""
OUTSIDE = 0.05


@dataclass(frozen=True)
class Tail:
    """One report: the share of simulated ones below and above it, ties by half; two-sided p, corrected (Holm)."""

    name: str
    below: float
    above: float
    p_holm: float


@dataclass(frozen=True)
class Inside:
    """p-values of the three looks; `p` is the smallest of them times three (Bonferroni)."""

    tails: tuple[Tail, ...]
    mahalanobis: float
    neighbours: float

    @property
    def p(self) -> float:
        """Chance of an observation this odd if the model is right."""
        least = min(self.mahalanobis, self.neighbours, min(tail.p_holm for tail in self.tails))
        return min(1.0, 3.0 * least)

    @property
    def outside(self) -> bool:
        """Whether the observation is outside the cloud."""
        return self.p < OUTSIDE

    @property
    def words(self) -> str:
        """What was found, plainly."""
        if not self.outside:
            return f"inside the cloud of simulated reports (p = {self.p:.2g})"
        odd = [tail.name for tail in self.tails if tail.p_holm < OUTSIDE / 3.0]
        where = f": {', '.join(odd)}" if odd else ": each report by itself is possible, together they are not"
        return f"outside the cloud of simulated reports (p = {self.p:.2g}){where}"


def look(names: Sequence[str], summaries: Values, observed: Values, seed: int) -> Inside:
    """All three looks at an observation, from simulated reports (draws × reports)."""
    whitened, at = _whitened(summaries, observed)
    cloud, against = _parted(whitened, seed)
    return Inside(tails(names, summaries, observed), _mahalanobis(against, at), _neighbours(cloud, against, at))


def tails(names: Sequence[str], summaries: Values, observed: Values) -> tuple[Tail, ...]:
    """Each report by itself."""
    ties = 0.5 * np.mean(summaries == observed, axis=0)
    below, above = np.mean(summaries < observed, axis=0) + ties, np.mean(summaries > observed, axis=0) + ties
    least = np.minimum(1.0, 2.0 * np.maximum(np.minimum(below, above), 1.0 / (len(summaries) + 1)))
    corrected = holm({str(k): float(p) for k, p in enumerate(least)})
    return tuple(Tail(name, float(below[k]), float(above[k]), corrected[str(k)]) for k, name in enumerate(names))


def _whitened(summaries: Values, observed: Values) -> tuple[Values, Values]:
    """Cloud and observation on axes without correlations, of unit deviation; those along which nothing varies are
    lost.
    """
    middle = summaries.mean(axis=0)
    values, axes = np.linalg.eigh(np.atleast_2d(np.cov(summaries, rowvar=False)))
    kept = values > 1e-10 * values.max()
    turn = axes[:, kept] / np.sqrt(values[kept])
    return (summaries - middle) @ turn, (observed - middle) @ turn


def _parted(whitened: Values, seed: int) -> tuple[Values, Values]:
    order = np.random.default_rng(seed).permutation(len(whitened))
    n = min(_AGAINST, len(order) // 5)
    return whitened[order[n:]], whitened[order[:n]]


def _mahalanobis(against: Values, at: Values) -> float:
    return _share_beyond(np.linalg.norm(against, axis=1), float(np.linalg.norm(at)))


def _neighbours(cloud: Values, against: Values, at: Values) -> float:
    """By the mean distance to the nearest of the cloud."""
    from sklearn.neighbors import NearestNeighbors

    known = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(cloud)), algorithm="brute").fit(cloud)
    far, its = (known.kneighbors(points)[0].mean(axis=1) for points in (against, at[None]))
    return _share_beyond(far, float(its[0]))


def _share_beyond(others: Values, value: float) -> float:
    """The exact p-value of one among exchangeable values: its rank from the top."""
    return float((1 + np.sum(others >= value)) / (len(others) + 1))
