"""The pictures of a run, hour after hour, as tables of whole numbers: what a replay stores of it.

They are read off `map.frame.agents_and_areas`, so that a replay has what the page's map has, cells included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.app.displacement import ANSWERED
from sim.app.ensemble_band import SERIES
from sim.app.live_run import LiveRun
from sim.app.map.frame import agents_and_areas

Table = NDArray[np.int32]

COUNTED = {
    **ANSWERED,
    "trucks_lost": "trucks lost",
    "us_wounded": "US wounded",
    "us_killed": "US killed",
    "civilian_harm": "civilians and Iraqi soldiers harmed",
}
"""Counters under a map, in words."""
_SCALES = {"stock": 10, "under_way": 10, "strength": 100, "heavy_weapons": 10, "cargo": 10}  # of what has decimals
_UNTIL = frozenset({"alert", "closed", "warned"})  # hours left: kept as the hour of the end, which seldom changes
_OF_A_CONVOY = ("square", "phase", "site", "trucks", "escorts", "cargo")


@dataclass(frozen=True)
class Column:
    """One number of many agents (hours × rows), times `scale`. With `until` it is the hour at which something ends.

    `name` is where a frame has it: `units.square`.
    """

    name: str
    values: Table
    scale: int = 1
    until: bool = False


class Reel:
    """Takes one picture an hour of a run that somebody else moves."""

    def __init__(self, run: LiveRun) -> None:
        self._run, self._fixed = run, list[Table]()
        self._convoys, self._devices = list[Table](), list[Table]()
        self._number_of: dict[str, int] = {}
        self._parts = [(name, len(values)) for name, values in self._read(self._picture())]
        lengths = [length for _, length in self._parts]
        self._scales = np.repeat([_scale(name) for name, _ in self._parts], lengths)
        self._until = np.repeat([_last(name) in _UNTIL for name, _ in self._parts], lengths)

    @property
    def hours(self) -> int:
        """The last hour of which there is a picture; the first is 0."""
        return len(self._fixed) - 1

    @property
    def convoy_names(self) -> list[str]:
        """By their numbers from 1, as `convoys.name` has them."""
        return list(self._number_of)

    def take(self) -> None:
        """The picture of the run's present hour."""
        picture = self._picture()
        flat = np.array(list(chain.from_iterable(values for _, values in self._read(picture))))
        numbers = np.rint(flat * self._scales)
        self._fixed.append(np.where(self._until & (numbers > 0), numbers + self._run.hour, numbers).astype(np.int32))
        self._convoys.append(self._convoys_of(picture["convoys"]))
        self._devices.append(np.array([picture["devices"]["square"], picture["devices"]["n"]], np.int32))

    def _picture(self) -> dict[str, Any]:
        return agents_and_areas(self._run.model, cells=True)

    def _read(self, picture: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
        """What every picture has as many numbers of."""
        for kind in ("sites", "units", "details", "areas", "cells"):
            yield from ((f"{kind}.{name}", values) for name, values in picture[kind].items())
        yield from ((f"others.{kind}", squares) for kind, squares in picture["others"].items())
        tally = self._run.model.state["tally"]
        yield from ((f"counted.{name}", [float(SERIES[name](tally))]) for name in COUNTED)

    def _convoys_of(self, convoys: dict[str, list[Any]]) -> Table:
        """Row, number of the name, and the rest, each with a row here."""
        numbers = [self._number_of.setdefault(name, len(self._number_of) + 1) for name in convoys["name"]]
        rest = [np.rint(np.array(convoys[name]) * _scale(name)) for name in _OF_A_CONVOY]
        return np.array([convoys["row"], numbers, *rest], np.int32)

    def columns(self) -> list[Column]:
        """All that was taken."""
        ends = np.cumsum([length for _, length in self._parts])[:-1]
        tables = np.split(np.stack(self._fixed), ends, axis=1)
        found = [_column(name, table) for (name, _), table in zip(self._parts, tables, strict=True)]
        convoys = zip(("name", *_OF_A_CONVOY), _spread_out(self._convoys), strict=True)
        found += [_column(f"convoys.{name}", table) for name, table in convoys]
        return [*found, _column("devices.n", _spread_out(self._devices)[0])]


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _scale(name: str) -> int:
    return _SCALES.get(_last(name), 1)


def _column(name: str, table: Table) -> Column:
    return Column(name, table, _scale(name), _last(name) in _UNTIL)


def _spread_out(taken: list[Table]) -> Table:
    """Pictures whose first row says where the others belong, as tables (kinds × hours × places); elsewhere is 0."""
    n_places = 1 + max(int(picture[0].max(initial=0)) for picture in taken)
    table = np.zeros((len(taken[0]) - 1, len(taken), n_places), np.int32)
    for k, picture in enumerate(taken):
        table[:, k, picture[0]] = picture[1:]
    return table
