"""Robustness of each posture-response pair over the states of the world: regret, by the formula of all studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.studies.regret import best_apart, best_shares, regret_of
from sim.measures import BY_NAME
from sim.statistics import Values


@dataclass(frozen=True)
class PairRegret:
    """What a pair loses against the best pair of each state, in the measure's unit; how often it is the best."""

    pair: str
    measure: str
    mean: float
    p90: float
    most: float
    best_share: float


def regrets(
    values: Mapping[str, Values], pairs: Sequence[str], metrics: Sequence[str], weights: Values | None = None
) -> list[PairRegret]:
    """A row for each pair and metric, from values of runs (states × pairs × replicates)."""
    rows = []
    for measure in metrics:
        loss = -(BY_NAME[measure].better or -1) * values[measure]
        best, shares = best_apart(loss), best_shares(loss, weights)
        for n, pair in enumerate(pairs):
            lost = regret_of(loss[:, n], best, weights)
            rows.append(PairRegret(pair, measure, lost.mean, lost.p90, lost.most, float(shares[n])))
    return rows
