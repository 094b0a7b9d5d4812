"""What a run leaves behind beside its measures: named outputs, each a reducer that runs in the worker.

An output turns the tables of one run into rows, which the chunk keeps; `tables.py` makes files of them. Adding one is
an entry in `OUTPUTS`. A study may bring outputs of its own: any object of this form that can be pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from experiments.files.sites import fire_on_sites
from experiments.files.squares import codes_of
from experiments.files.weekly import weeks_of
from sim.engine import Batch
from sim.scenario import Scenario
from sim.state import EVENT

Rows = NDArray[Any]


class Output(Protocol):
    """Rows of a run (the first axis may differ between runs; width and type may not).

    `name` is the output's in chunks and tables; `events` says whether it needs the event log. Its `repr` names what it
    does: runs that were reduced in another way are other runs.
    """

    @property
    def name(self) -> str: ...
    @property
    def events(self) -> bool: ...
    def reduce(self, scenario: Scenario, batch: Batch, k: int) -> Rows:
        """The rows of run k of a batch."""


class Columns(Output, Protocol):
    """An output of one row a run, whose columns have names."""

    @property
    def columns(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Named:
    """An output of the engine room itself."""

    name: str
    reducer: Callable[[Scenario, Batch, int], Rows]
    events: bool = False

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return _named, (self.name,)

    def reduce(self, scenario: Scenario, batch: Batch, k: int) -> Rows:
        """The rows of run k of a batch."""
        return self.reducer(scenario, batch, k)


def _named(name: str) -> Output:
    return OUTPUTS[name]


def _days(scenario: Scenario, batch: Batch, k: int) -> Rows:
    """Days × columns of the tally."""
    return np.asarray(batch.days[k].view(np.float64).reshape(batch.days.shape[1], -1))


def _events(scenario: Scenario, batch: Batch, k: int) -> Rows:
    """Events, dtype EVENT without its padding."""
    return np.asarray(batch.events[k].astype(EVENT.descr))


def _weeks(scenario: Scenario, batch: Batch, k: int) -> Rows:
    """Weeks × measures of `weekly.WEEKLY`."""
    return np.asarray(weeks_of(batch.days[k : k + 1])[0])


def _squares(scenario: Scenario, batch: Batch, k: int) -> Rows:
    """A code for each attack: its kind and the square that it hits."""
    return codes_of(batch.events[k], scenario.theatre)


def _site_fire(scenario: Scenario, batch: Batch, k: int) -> Rows:
    """Fire attacks on each site of the theatre."""
    return fire_on_sites(batch.events[k], scenario.theatre)


OUTPUTS: dict[str, Output] = {
    output.name: output
    for output in (
        Named("daily", _days),
        Named("events", _events, events=True),
        Named("weekly", _weeks),
        Named("squares", _squares, events=True),
        Named("site_fire", _site_fire, events=True),
    )
}
"""By name; `runs`, the measures of each run, is always there."""


def outputs_of(names: Iterable[str]) -> tuple[Output, ...]:
    """The outputs of some names, but for `runs`."""
    return tuple(OUTPUTS[name] for name in names if name != "runs")
