"""What tests count of a run that is no measure: totals and means in a window of days, bombs in areas.

They are reduced in the worker, one row a run, since the days and events of a run are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Batch
from sim.measures import BY_NAME, Measure, Periods, Ratio, series
from sim.rules.events import BOMB_CONVOY, BOMB_DETAIL
from sim.scenario import Scenario
from sim.theatre import Theatre, area_of_squares, rows_of_areas


def parts_of(measure: str) -> tuple[str, ...]:
    """The measures from which a measure of a state is made: a ratio is one of sums over the replicates."""
    one = BY_NAME[measure]
    return (one.column, *_below(one)) if isinstance(one, Ratio) else (measure,)


def _below(ratio: Ratio) -> tuple[str, ...]:
    return tuple(name if ratio.how == "end" else f"{name}_{ratio.how}" for name in ratio.per)


@dataclass(frozen=True)
class Quantity:
    """A measure, on the days from `first` (from 0) until before `last`, with bombs in `areas` added.

    All days without a `first`, to the end of the run without a `last`.
    """

    measure: str
    first: int | None = None
    last: int | None = None
    areas: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it is a measure of the run as it stands."""
        return self.first is None and not self.areas

    @property
    def name(self) -> str:
        """What its values go by: `fire_attacks`, `fire_attacks[90:104]`, `airport_fire_attacks+airport_road`."""
        days = "" if self.first is None else f"[{self.first}:{'' if self.last is None else self.last}]"
        return "+".join([f"{self.measure}{days}", *self.areas])

    def last_day(self, days: int) -> int:
        """The last day (from 1) that it needs of a run of so many days."""
        return max((self.first or 0) + 1, self.last or 0) if self.first is not None else days

    def of(self, scenario: Scenario, batch: Batch, k: int) -> float:
        """Its value in run k of a batch."""
        first, last = self.first or 0, self.last or scenario.days
        total = _on_days(batch.days[k], self.measure, first, last)
        return total + _bombs(batch.events[k], scenario.theatre, self.areas, first, last) if self.areas else total


def _on_days(days: NDArray[Any], measure: str, first: int, last: int) -> float:
    """Growth of a total, or the mean of a level, on the days from `first` until before `last`."""
    one = BY_NAME[measure]
    if one.how == "mean":
        return float(series(days[first:last], one.column).mean())
    window = Periods((), (), window_day=first)
    return float(Measure("", "", "", one.column, f"window {last - first}")(days, window))


def _bombs(events: NDArray[Any], theatre: Theatre, areas: tuple[str, ...], first: int, last: int) -> int:
    """Bombs set off against convoys and details in areas, on these days."""
    bombs = events[np.isin(events["kind"], (BOMB_CONVOY, BOMB_DETAIL))]
    when = (bombs["hour"] >= 24 * first) & (bombs["hour"] < 24 * last)
    return int((_inside(theatre, areas)[bombs["square"]] & when).sum())


@lru_cache(maxsize=16)
def _inside(theatre: Theatre, areas: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which squares lie in areas."""
    return np.isin(area_of_squares(theatre), rows_of_areas(areas, theatre))


@dataclass(frozen=True)
class Counts:
    """Quantities of each run, as an output with a column for each."""

    quantities: tuple[Quantity, ...]
    name: str = "claims"

    @property
    def events(self) -> bool:
        """Whether the event log is needed."""
        return any(quantity.areas for quantity in self.quantities)

    @property
    def columns(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(quantity.name for quantity in self.quantities)

    def reduce(self, scenario: Scenario, batch: Batch, k: int) -> NDArray[np.float64]:
        """One row."""
        return np.array([[quantity.of(scenario, batch, k) for quantity in self.quantities]])
