"""Stylised facts of the field and of 2020 beside the runs, each with what it rests on.

`assumed`: a rule or an input says so: no finding. `fitted`: the calibration was shown it. `emergent`: neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from experiments.studies.targets import ratio
from experiments.studies.validation.predictive import Predicted
from sim.statistics import Values

WINDOWS_DAYS = (7, 30)
ATTACKS = ("fire_attacks", "convoy_attacks")


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
        *_salvos(drawdown),
        *_clustering(drawdown),
        *_quality(drawdown, quarters),
        *_casualties(drawdown, quarters[2]),
    ]


def _row(words: tuple[str, str, str, str, str, str], values: Values, agree: NDArray[np.bool_]) -> Fact:
    known = np.isfinite(values)
    inside = values[known]
    if not len(inside):
        return Fact(*words, np.nan, np.nan, np.nan, np.nan, 0)
    low, median, high = (float(q) for q in np.quantile(inside, [0.05, 0.5, 0.95]))
    return Fact(*words, median, low, high, float(np.mean(agree[known])), len(inside))


def growth(series: Values, first: int, last: int) -> Values:
    """Growth of a running total (runs × days) over the days `first` … `last` − 1, numbers from 0."""
    return np.asarray(series[:, last - 1] - (series[:, first - 1] if first else 0.0))


def _displacement(drawdown: Predicted, fourteen: Predicted, quarters: list[tuple[int, int]]) -> Iterator[Fact]:
    name = "attacks move to convoys when sites close"
    shares = []
    for first, last in quarters[:2]:
        fire, road = (growth(drawdown.series[kind], first, last) for kind in ATTACKS)
        shares.append(ratio(road, fire + road))
    change = shares[1] - shares[0]
    words = (name, "S1, S2, S9", "fitted", "share of attacks that hit convoys, Q2 − Q1", "1", "+0.29 (0.42 to 0.71)")
    yield _row(words, change, change > 0)
    n = min(len(drawdown), len(fourteen))
    after = quarters[0][1]
    for kind, sign, expected in (("convoy_attacks", 1, "more"), ("fire_attacks", -1, "fewer")):
        difference = np.subtract(*(growth(run.series[kind][:n], after, quarters[2][1]) for run in (drawdown, fourteen)))
        label = f"{kind.replace('_', ' ')} after Q1, drawdown − fourteen kept, the same streams"
        words = (name, "S9, E18", "emergent", label, "attacks", f"{expected} (partial where found: E18)")
        yield _row(words, difference, sign * difference > 0)


def salvo_sizes(predicted: Predicted) -> Values:
    """Rounds of every attack that was alone on its day, over all runs."""
    attacks, rounds = (np.diff(predicted.series[name], prepend=0.0) for name in ("fire_attacks", "rounds_fired"))
    return np.asarray(rounds[attacks == 1])


def _salvos(drawdown: Predicted) -> Iterator[Fact]:
    sizes = salvo_sizes(drawdown)
    name = "salvos are heavy-tailed"
    words = (name, "E8, E17", "assumed", "rounds of a salvo, all runs together", "round", "median 2, cap 30")
    yield _row(words, sizes, sizes <= 30)
    big = np.array([np.mean(sizes > 5)]) if len(sizes) else np.array([np.nan])
    words = (name, "E8", "assumed", "share of salvos above five rounds", "1", "3 of 27")
    yield _row(words, big, (big > 0.02) & (big < 0.3))


def fano_of(series: Values, window_days: int) -> Values:
    """Variance over mean of the counts in the windows of each run (runs × days: a running total)."""
    ends = np.arange(window_days, series.shape[1] + 1, window_days) - 1
    counts = np.diff(series[:, ends], prepend=0.0)
    means = counts.mean(axis=1)
    return ratio(counts.var(axis=1, ddof=1), means)


def _clustering(drawdown: Predicted) -> Iterator[Fact]:
    known = {7: "1.28 at n = 0.44; 1 without", 30: "1.91 at n = 0.44; 1 without"}
    together = drawdown.series["fire_attacks"] + drawdown.series["convoy_attacks"]
    for days in WINDOWS_DAYS:
        spread = fano_of(together, days)
        words = ("attacks cluster", "E15, E16", "assumed", f"variance over mean, {days}-day windows", "1", known[days])
        yield _row(words, spread, spread > 1.0)


def _quality(drawdown: Predicted, quarters: list[tuple[int, int]]) -> Iterator[Fact]:
    inside, duds = ("rounds_inside", "rounds_fired"), ("devices_without_effect", "convoy_attacks")
    for what, names, sign in (("rounds heading inside", inside, 1), ("convoy bombs with effect", duds, -1)):
        first, last = (ratio(*(growth(drawdown.series[name], *quarters[q]) for name in names)) for q in (0, 2))
        change = sign * (last - first)
        words = ("attacks get better", "S10", "assumed", f"share of {what}, Q3 − Q1", "1", "rising")
        yield _row(words, change, change > 0)


def _casualties(drawdown: Predicted, quarter: tuple[int, int]) -> Iterator[Fact]:
    hurt = growth(drawdown.series["us_wounded"], *quarter)
    words = ("near-zero US casualties in Q3", "S4", "fitted", "US people wounded or killed in Q3", "person", "0")
    yield _row(words, hurt, hurt == 0)
