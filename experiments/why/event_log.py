"""The event log of one run: from its folder (`events.csv` and `manifest.json`, nothing else), or from memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from experiments.files.csv_input import by_name
from experiments.files.events import EVENT_FIELDS, EVENT_VALUE_FIELDS, event_columns, order_name
from experiments.files.finished import check_finished
from experiments.files.manifest import resolved, uses_of
from experiments.files.tables import columns_bytes
from sim.errors import ConfigError
from sim.input_files import read_json

if TYPE_CHECKING:
    from sim.scenario import Scenario

VALUES = tuple(field.name for field in EVENT_VALUE_FIELDS)
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
class EventsInWords:
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
        return reversed(self.events[: event.number - 1])

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
        return [other for other in self.events if other.hours == event.hours and other is not event]


# --- from memory ---------------------------------------------------------------------------------------
def event_log_of(scenario: Scenario, seed: int, events: NDArray[Any]) -> EventsInWords:
    """The event log of a run so far (rows of dtype EVENT): the same as from its folder."""
    columns = [scenario.name, seed, *event_columns(scenario, events, [len(events)])]
    text = columns_bytes(EVENT_FIELDS, columns).decode()
    return EventsInWords(list(map(Event, csv.DictReader(io.StringIO(text, newline="")))), *_recorded(scenario))


@lru_cache(maxsize=8)
def _recorded(scenario: Scenario) -> tuple[dict[str, Any], dict[str, Any]]:
    """Posture and theatre as the manifest of a run has them."""
    return resolved(scenario), scenario.theatre.config.model_dump(mode="json", by_alias=True)


# --- from a folder -------------------------------------------------------------------------------------
def read_event_log(folder: Path) -> EventsInWords:
    """The event log of a folder that `posture run --events` has written; anything else is a `ConfigError`."""
    check_finished(folder)
    events = _events(folder / "events.csv")
    manifest = _manifest(folder / "manifest.json")
    (posture,), (theatre,) = manifest["postures"].values(), manifest["theatres"].values()
    return EventsInWords(events, posture, theatre)


def _events(path: Path) -> list[Event]:
    if not path.is_file():
        raise ConfigError(None, "DIR", str(path.parent), f"it must be a folder with an events.csv: {_HOW}")
    rows = by_name(path, "events.csv")
    missing = [field.name for field in EVENT_FIELDS if rows and rows[0].get(field.name) is None]
    if missing:
        raise ConfigError(path, "columns", ", ".join(missing), f"it must be a table of this version: {_HOW}")
    return [Event(row) for row in rows]


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest of one run of one posture, as this version writes it."""
    try:
        manifest: dict[str, Any] = read_json(path)
        one = len(manifest["postures"]) == len(manifest["theatres"]) == 1
        whole = one and all({"parameters", "responses", "calendar"} <= set(p) for p in manifest["postures"].values())
    except (ConfigError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        allowed = f"it must be the manifest of one run, made by this version: {_HOW}"
        raise ConfigError(None, "DIR", str(path), allowed)
    return manifest
