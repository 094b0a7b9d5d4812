"""The why-ledger of one run: from its folder (`events.csv` and `manifest.json`, nothing else), or from memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from numpy.typing import NDArray

from experiments.files.events import EVENT_FIELDS, EVENT_VALUE_FIELDS, EventCells, order_name
from experiments.files.store import resolved, text
from experiments.runs.verify import uses_of
from sim.errors import ConfigError

if TYPE_CHECKING:
    from sim.scenario import Scenario

VALUES = tuple(field.name for field in EVENT_VALUE_FIELDS)
_COLUMNS = tuple(field.name for field in EVENT_FIELDS)
_HOW = "run `posture run POSTURE --events --out DIR` to make one"


@dataclass(frozen=True)
class Event:
    """A row of `events.csv`."""

    row: Mapping[str, str]

    def __getattr__(self, name: str) -> str:
        """A column of text: `event.actor`."""
        if name == "row" or name not in self.row:
            raise AttributeError(name)
        return self.row[name]

    @property
    def number(self) -> int:
        """Number in the run, from 1."""
        return int(self.row["event"])

    @property
    def hours(self) -> int:
        """Hours since the start of the run."""
        return int(self.row["hour"])

    @property
    def faction(self) -> str:
        """The faction of a cell that acts: the first part of its name."""
        return self.row["actor"].partition("/")[0]

    def value(self, name: str) -> float | None:
        """A value column; None where it is empty."""
        return float(self.row[name]) if self.row[name] else None

    def values(self) -> dict[str, float]:
        """The value columns that are filled."""
        return {name: float(self.row[name]) for name in VALUES if self.row[name]}

    def amount(self, name: str) -> float:
        """A value column; 0 where it is empty."""
        return self.value(name) or 0.0


@dataclass(frozen=True)
class Ledger:
    """The events of a run with the scenario as the manifest resolves it."""

    events: Sequence[Event]
    posture: dict[str, Any]
    theatre: dict[str, Any]

    def parameter(self, key: str) -> Any:
        """A parameter by its dotted key."""
        section, _, name = key.partition(".")
        return self.posture["parameters"][section][name]

    @cached_property
    def orders(self) -> dict[str, dict[str, Any]]:
        """Standing orders by name, each with the strength of its response, and the day on which it begins."""
        uses = self.posture["responses"]
        return {
            order_name(force.name, n, order["do"]): {
                **order,
                "strength": use["strength"],
                "begins": order["start_day"] + use["shift_hours"] // 24,
            }
            for force, use in zip(uses_of(uses), uses, strict=True)
            for n, order in enumerate(use["response"]["orders"])
        }

    def order_of(self, event: Event) -> dict[str, Any]:
        """The standing order that an event is about; empty if there is none."""
        return self.orders.get(event.actor) or self.orders.get(event.target) or {}

    def faction(self, name: str) -> dict[str, Any]:
        """A faction of the theatre; empty if it has none of this name."""
        return next((f for f in self.theatre["factions"] if f["name"] == name), {})

    def before(self, event: Event) -> Iterator[Event]:
        """Earlier events, the latest first."""
        return (self.events[n] for n in range(event.number - 2, -1, -1))

    def last(self, event: Event, kinds: Sequence[str], hours: int, **wanted: str) -> Event | None:
        """The latest earlier event of some kinds within some hours, with columns as wanted; None if there is none."""
        for other in self.before(event):
            if other.hours < event.hours - hours:
                return None
            if other.kind in kinds and all(other.row[name] == word for name, word in wanted.items()):
                return other
        return None

    def same_hour(self, event: Event) -> list[Event]:
        """The other events of its hour, in their order."""
        first = last = event.number - 1
        while first > 0 and self.events[first - 1].hours == event.hours:
            first -= 1
        while last + 1 < len(self.events) and self.events[last + 1].hours == event.hours:
            last += 1
        return [self.events[n] for n in range(first, last + 1) if n != event.number - 1]


# --- from memory ---------------------------------------------------------------------------------------
class _Row(Mapping[str, str]):
    """A row of `events.csv` that is only written out when it is looked at closely."""

    def __init__(self, cells: EventCells, number: int, event: Any) -> None:
        self._cells, self._number, self._event = cells, number, event
        self._quick = {"kind": self._kind, "actor": cells.actor, "target": cells.target, "hour": self._hour}

    def _kind(self, event: Any) -> str:
        return self._cells.kind(event).name

    def _hour(self, event: Any) -> str:
        return str(int(event["hour"]))

    @cached_property
    def _whole(self) -> dict[str, str]:
        return dict(zip(_COLUMNS, map(text, self._cells(self._number, self._event)), strict=True))

    def __getitem__(self, column: str) -> str:
        quick = self._quick.get(column)
        return quick(self._event) if quick else self._whole[column]

    def __contains__(self, column: object) -> bool:
        return column in _COLUMNS

    def __iter__(self) -> Iterator[str]:
        return iter(_COLUMNS)

    def __len__(self) -> int:
        return len(_COLUMNS)


class _Events(Sequence[Event]):
    """Events of a run (rows of dtype EVENT), each made into a row when it is asked for."""

    def __init__(self, cells: EventCells, events: NDArray[Any]) -> None:
        self._cells, self._events = cells, events

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, n: int) -> Event: ...
    @overload
    def __getitem__(self, n: slice) -> list[Event]: ...
    def __getitem__(self, n: int | slice) -> Event | list[Event]:
        if isinstance(n, slice):
            return [self[k] for k in range(*n.indices(len(self)))]
        if not 0 <= n < len(self):
            raise IndexError(n)
        return Event(_Row(self._cells, n + 1, self._events[n]))


@lru_cache(maxsize=8)
def _about(scenario: Scenario, seed: int) -> tuple[EventCells, dict[str, Any], dict[str, Any]]:
    """What the ledgers of a run have in common, however far it has gone."""
    theatre = scenario.theatre.config.model_dump(mode="json", by_alias=True)
    return EventCells(scenario, seed), resolved(scenario), theatre


def ledger_of(scenario: Scenario, seed: int, events: NDArray[Any]) -> Ledger:
    """The ledger of the events of a run so far (rows of dtype EVENT): the same as from its folder."""
    cells, posture, theatre = _about(scenario, seed)
    return Ledger(_Events(cells, events), posture, theatre)


# --- from a folder -------------------------------------------------------------------------------------
def read_ledger(folder: Path) -> Ledger:
    """The ledger of a folder that `posture run --events` has written; anything else is a `ConfigError`."""
    events = _events(folder / "events.csv")
    manifest = _manifest(folder / "manifest.json")
    (posture,), (theatre,) = manifest["postures"].values(), manifest["theatres"].values()
    return Ledger(events, posture, theatre)


def _events(path: Path) -> list[Event]:
    if not path.is_file():
        raise ConfigError(None, "DIR", str(path.parent), f"expected a folder with an events.csv: {_HOW}")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(path, "file", path.name, f"expected a readable table, but: {error}") from error
    missing = [field.name for field in EVENT_FIELDS if rows and rows[0].get(field.name) is None]
    if missing:
        raise ConfigError(path, "columns", ", ".join(missing), f"expected a table of this version: {_HOW}")
    return [Event(row) for row in rows]


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest of one run of one posture, as this version writes it."""
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        one = len(manifest["postures"]) == len(manifest["theatres"]) == 1
        whole = one and all({"parameters", "responses", "calendar"} <= set(p) for p in manifest["postures"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        allowed = f"expected the manifest of one run, made by this version: {_HOW}"
        raise ConfigError(None, "DIR", str(path), allowed)
    return manifest
