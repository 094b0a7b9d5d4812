"""`weekly.csv`: attacks, harm, supply and politics week by week, over the runs of each scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from sim.measures import COLUMNS, Column, series
from sim.statistics import Values, intervals, no_intervals, percentiles

DAYS_A_WEEK = 7
_COUNTERS = (
    *("convoy_attacks", "detail_attacks", "rounds_leaked", "us_wounded", "civilian_harm"),
    *("convoys_sent", "convoys_arrived", "convoys_turned_back", "convoys_lost", "convoys_hit"),
    *("trucks_lost", "cargo_delivered", "closure_hours"),
)
_LEVELS = (
    *("lowest_supply_days", "relation", "capital", "patience", "will"),
    *("prestige", "grievance", "restraint", "sites_open", "people", "ladder"),
)


WEEKLY: tuple[Column, ...] = tuple(COLUMNS[name] for name in ("fire_attacks", *_COUNTERS, *_LEVELS))
"""Of a week: the growth of a running total, or a level at its end."""


def week_ends(n_days: int) -> list[int]:
    """The last day of each week, from 1; the last week may be short."""
    return [*range(DAYS_A_WEEK, n_days, DAYS_A_WEEK), n_days]


def weeks_of(days: Any) -> Values:
    """Runs × weeks × measures of `WEEKLY`; `days[column]` (runs × days) is a column of the tally."""
    found = []
    for measure in WEEKLY:
        values = series(days, measure.name)
        ends = values[:, np.array(week_ends(values.shape[1])) - 1]
        found.append(ends if measure.level else np.diff(ends, axis=1, prepend=0.0))
    return np.stack(found, axis=-1)


@dataclass(frozen=True)
class Weeks:
    """The weeks of a scenario: `values` has one array (weeks × measures of `WEEKLY`) a run."""

    scenario: str
    start: date
    n_days: int
    values: Sequence[Values]

    @property
    def ends(self) -> list[int]:
        """The last day of each week."""
        return week_ends(self.n_days)

    def week(self, n: int) -> Values:
        """Measures × runs of week `n` (from 0)."""
        return np.ascontiguousarray(np.array([run[n] for run in self.values]).T)


def weekly_rows(scenarios: Sequence[Weeks]) -> Iterator[list[Any]]:
    """The rows of `weekly.csv`; the first scenario is the base, runs of the same place are pairs."""
    for scenario in scenarios:
        for n, day in enumerate(scenario.ends):
            values = scenario.week(n)
            numbers = np.hstack([intervals(values), percentiles(values), _differences(scenarios[0], scenario, n)])
            when = (scenario.start + timedelta(days=day - 1)).isoformat()
            for measure, row in zip(WEEKLY, numbers.tolist(), strict=True):
                yield [scenario.scenario, n + 1, day, when, measure.name, measure.unit, *row, len(scenario.values)]


def _differences(base: Weeks, other: Weeks, n: int) -> Values:
    """Other − base, none for the base itself and where the base has no such week, or a shorter one."""
    if other is base or base.ends[n : n + 1] != [other.ends[n]]:
        return no_intervals(len(WEEKLY))
    return intervals(other.week(n) - base.week(n))
