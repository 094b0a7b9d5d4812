"""`weekly.csv`: attacks, harm, supply and politics week by week, over the runs of each scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.states import States, state_means
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
    """The weeks of a scenario: `values` has one array (weeks × measures of `WEEKLY`) a run.

    Runs in states of the world say in which: means and intervals are over states then, percentiles over runs.
    """

    scenario: str
    start: date
    n_days: int
    values: Sequence[Values]
    states: States | None = None

    @property
    def ends(self) -> list[int]:
        """The last day of each week."""
        return week_ends(self.n_days)

    @cached_property
    def rows(self) -> Values:
        """(weeks × measures) × runs."""
        return np.ascontiguousarray(np.stack(self.values, axis=-1)).reshape(-1, len(self.values))

    @cached_property
    def means(self) -> Values:
        """(weeks × measures) × states; of runs at one point, `rows`."""
        return state_means(self.rows, self.states)


def weekly_columns(scenarios: Sequence[Weeks]) -> list[NDArray[Any]]:
    """The columns of `weekly.csv`; the first scenario is the base, runs of the same place are pairs."""
    parts = [_columns(scenarios[0], scenario) for scenario in scenarios]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _columns(base: Weeks, scenario: Weeks) -> Iterator[NDArray[Any]]:
    ends = np.array(scenario.ends)
    yield np.full(len(scenario.rows), scenario.scenario)
    for of_week in (np.arange(len(ends)) + 1, ends, (np.datetime64(scenario.start) + ends - 1).astype(str)):
        yield of_week.repeat(len(WEEKLY))
    for of_measure in ([measure.name for measure in WEEKLY], [measure.unit for measure in WEEKLY]):
        yield np.tile(of_measure, len(ends))
    yield from np.hstack([intervals(scenario.means), percentiles(scenario.rows), _differences(base, scenario)]).T
    yield np.full(len(scenario.rows), scenario.means.shape[1])


def _differences(base: Weeks, other: Weeks) -> Values:
    """Other − base, none for the base itself and where the base has no such week, or a shorter one."""
    found = no_intervals(len(other.rows))
    if other is not base:
        n = len(WEEKLY) * sum(a == b for a, b in zip(base.ends, other.ends, strict=False))
        found[:n] = intervals(other.means[:n] - base.means[:n])
    return found
