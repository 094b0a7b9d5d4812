"""`squares.csv`: attacks a run by kind and by the square they hit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.files.states import States, state_means
from sim.rules.events import BOMB_CONVOY, BOMB_DETAIL, FIRE
from sim.statistics import Values, intervals, no_intervals
from sim.theatre import Theatre
from sim.theatre_config import ZONES

KINDS: tuple[str, ...] = ("convoy", "detail", "fire")
"""Bombs against convoys and foreign details, fire on sites; an attack's code is its kind × squares + its square."""
_EVENTS = (BOMB_CONVOY, BOMB_DETAIL, FIRE)

Codes = NDArray[np.int32]


class Key(NamedTuple):
    """A kind of attack in a square; `place` is empty on the open road."""

    kind: str
    square: int
    place: str
    zone: str
    x_km: float
    y_km: float


def codes_of(events: NDArray[Any], theatre: Theatre) -> Codes:
    """The code of each attack among the events of a run (dtype EVENT).

    The square of a fire event is that of the cell that fires: its site says where it hits.
    """
    parts = []
    for n, kind in enumerate(_EVENTS):
        some = events[events["kind"] == kind]
        square = theatre.site_square[some["target"]] if kind == FIRE else some["square"]
        parts.append(code(n, square, theatre))
    return np.concatenate(parts)


def code(kind: int, square: Any, theatre: Theatre) -> Codes:
    """The code of attacks of a kind (its place in `KINDS`) in squares."""
    return np.asarray(kind * theatre.n_squares + square, np.int32)


@dataclass(frozen=True)
class Attacks:
    """The attacks of a scenario: `codes` has one array a run, in any order; runs in states say in which."""

    scenario: str
    theatre: Theatre
    codes: Sequence[Codes]
    states: States | None = None

    @cached_property
    def counts(self) -> dict[Key, Values]:
        """Attacks of each run, for each kind and square that has any."""
        codes = np.concatenate(self.codes)
        used, row = np.unique(codes, return_inverse=True)
        table = np.zeros((len(used), len(self.codes)))
        np.add.at(table, (row, np.repeat(np.arange(len(self.codes)), [len(run) for run in self.codes])), 1)
        return dict(zip(map(self._key, used.tolist()), table, strict=True))

    def table(self, keys: Sequence[Key]) -> Values:
        """Attacks by key and run, or by key and state, a run: 0 where the scenario has none."""
        none = np.zeros(len(self.codes))
        counts = np.array([self.counts.get(key, none) for key in keys]).reshape(len(keys), len(none))
        return state_means(counts, self.states)

    def _key(self, number: int) -> Key:
        theatre = self.theatre
        kind, square = divmod(number, theatre.n_squares)
        place = min((name for name, where in theatre.places.items() if where == square), default="")
        where = float(theatre.x_km[square]), float(theatre.y_km[square])
        return Key(KINDS[kind], square, place, ZONES[theatre.zone[square]], *where)


def square_columns(scenarios: Sequence[Attacks]) -> list[NDArray[Any]]:
    """The columns of `squares.csv`; the first scenario is the base, runs of the same place are pairs."""
    keys = sorted({key for scenario in scenarios for key in scenario.counts})
    parts = [_columns(scenarios[0], scenario, keys) for scenario in scenarios]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _columns(base: Attacks, scenario: Attacks, keys: Sequence[Key]) -> Iterator[NDArray[Any]]:
    values = scenario.table(keys)
    differences = no_intervals(len(keys)) if scenario is base else intervals(values - base.table(keys))
    yield np.full(len(keys), scenario.scenario)
    yield from (np.array([key[n] for key in keys]) for n in range(len(Key._fields)))
    yield from np.hstack([intervals(values), differences]).T
    yield np.full(len(keys), values.shape[1])
