"""Stylised facts of the field beside the runs, each with what it rests on; the shape of the year is in `shape`.

`assumed`: a rule or an input says so: no finding. `fitted`: the calibration was shown it. `emergent`: neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from experiments.studies.targets import ratio
from experiments.studies.validation.predictive import Predicted, quantiles_of, share_of
from sim.statistics import Values


@dataclass(frozen=True)
class Fact:
    """A row: what is known, what the runs give (median, 5% and 95% of single runs), how many runs agree."""

    fact: str
    source: str
    rests_on: str
    measure: str
    unit: str
    known: str
    median: float
    low: float
    high: float
    p_agree: float
    runs: int


def facts(drawdown: Predicted, fourteen: Predicted, quarter_ends: tuple[int, ...]) -> list[Fact]:
    """All of them. `fourteen` are the same runs (points, streams, calendar) with the fourteen sites kept."""
    quarters = list(pairwise((0, *quarter_ends)))
    return [
        *_displacement(drawdown, fourteen, quarters),
        *_quality(drawdown, quarters),
        *_casualties(drawdown, quarters[2]),
    ]


def _row(
    words: tuple[str, str, str, str, str, str], values: Values, agree: NDArray[np.bool_], weights: Values | None
) -> Fact:
    known = np.isfinite(values)
    inside, own = values[known], None if weights is None else weights[known]
    if not len(inside):
        return Fact(*words, np.nan, np.nan, np.nan, np.nan, 0)
    low, median, high = quantiles_of(inside, [0.05, 0.5, 0.95], own).tolist()
    return Fact(*words, median, low, high, share_of(agree[known], own), len(inside))


def growth(series: Values, first: int, last: int) -> Values:
    """Growth of a running total (runs × days) over the days `first` … `last` − 1, numbers from 0."""
    return np.asarray(series[:, last - 1] - (series[:, first - 1] if first else 0.0))


def _displacement(drawdown: Predicted, fourteen: Predicted, quarters: list[tuple[int, int]]) -> Iterator[Fact]:
    name = "attacks move to convoys when sites close"
    n = min(len(drawdown), len(fourteen))
    after = quarters[0][1]
    for kind, sign, expected in (("convoy_attacks", 1, "more"), ("fire_attacks", -1, "fewer")):
        difference = np.subtract(*(growth(run.series[kind][:n], after, quarters[2][1]) for run in (drawdown, fourteen)))
        label = f"{kind.replace('_', ' ')} after Q1, drawdown − fourteen kept, the same streams"
        words = (name, "S9, E18", "emergent", label, "attacks", f"{expected} (partial where found: E18)")
        yield _row(words, difference, sign * difference > 0, _first(drawdown.weights, n))


def _quality(drawdown: Predicted, quarters: list[tuple[int, int]]) -> Iterator[Fact]:
    inside, duds = ("rounds_inside", "rounds_fired"), ("devices_without_effect", "convoy_attacks")
    for what, names, sign in (("rounds heading inside", inside, 1), ("convoy bombs with effect", duds, -1)):
        first, last = (ratio(*(growth(drawdown.series[name], *quarters[q]) for name in names)) for q in (0, 2))
        change = sign * (last - first)
        words = ("attacks get better", "S10", "assumed", f"share of {what}, Q3 − Q1", "1", "rising")
        yield _row(words, change, change > 0, drawdown.weights)


def _casualties(drawdown: Predicted, quarter: tuple[int, int]) -> Iterator[Fact]:
    hurt = growth(drawdown.series["us_wounded"], *quarter)
    words = ("near-zero US casualties in Q3", "S4", "fitted", "US people wounded or killed in Q3", "person", "0")
    yield _row(words, hurt, hurt == 0, drawdown.weights)


def _first(weights: Values | None, n: int) -> Values | None:
    return None if weights is None else weights[:n]
