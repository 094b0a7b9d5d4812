"""Robustness of each posture-response pair over the states of the world: regret and satisficing.

Regret: Savage, J. Am. Stat. Assoc. 46, 1951; satisficing as the domain criterion of Starr 1963, both as reviewed by
McPhail et al., Earth's Future 6, 2018.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.runs.nested import quantiles
from experiments.studies.settings import Limit
from sim.measures import BY_NAME
from sim.statistics import Values


@dataclass(frozen=True)
class Regret:
    """What a pair loses against the best pair of each state, in the measure's unit; how often it is the best."""

    pair: str
    measure: str
    mean: float
    p90: float
    most: float
    best_share: float


def regret(values: Values, better: int) -> Values:
    """States × pairs: distance from the best pair of the same state; `better` is −1 if lower is good, else +1."""
    good = better * values
    return np.asarray(good.max(axis=1, keepdims=True) - good)


def regrets(
    means: Mapping[str, Values], pairs: Sequence[str], metrics: Sequence[str], weights: Values | None = None
) -> list[Regret]:
    """A row for each pair and metric, over states × pairs of means; `weights` of the states, None: all alike."""
    rows = []
    for measure in metrics:
        lost = regret(means[measure], BY_NAME[measure].better or -1)
        first = lost == lost.min(axis=1, keepdims=True)
        best = first / first.sum(axis=1, keepdims=True)
        for n, pair in enumerate(pairs):
            column = lost[:, n]
            mean, share = (np.average(each, weights=weights) for each in (column, best[:, n]))
            numbers = (mean, *quantiles(column, weights, (0.9,)), column.max(), share)
            rows.append(Regret(pair, measure, *(float(v) for v in numbers)))
    return rows


def satisficing(means: Mapping[str, Values], limits: Sequence[Limit]) -> NDArray[np.bool_]:
    """In which states each pair meets every limit (states × pairs)."""
    met = np.ones_like(means[limits[0].measure], dtype=np.bool_)
    for limit in limits:
        values = means[limit.measure]
        if limit.at_most is not None:
            met &= values <= limit.at_most
        if limit.at_least is not None:
            met &= values >= limit.at_least
    return np.asarray(met)
