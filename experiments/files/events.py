"""`events.csv`, the why-ledger: what happened, the rule that fired, and the inputs that decided it.

`sim/rules/events.py` says which kinds of events there are and which of the value columns each fills.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from experiments.files.columns import POSTURE, SEED, Field
from sim.names import agent_names, convoy_name

if TYPE_CHECKING:
    from sim.rules.events import Kind
    from sim.scenario import Scenario

EVENT_VALUE_FIELDS: tuple[Field, ...] = (
    Field("hazard_per_day", "1/day", "hazard of an operation, as the cell felt it"),
    Field("utility", "utility", "utility of the option chosen; waiting has 0"),
    Field("expected_success", "1", "success that the cell expected of it; 0 when it waited"),
    Field("other_utility", "utility", "utility of the best option not chosen; empty if there was none"),
    Field("u_rocket", "utility", "best utility of rockets at any site; empty if none could be fired at"),
    Field("u_drone", "utility", "best utility of a drone at any site; empty if none could be sent"),
    Field("u_road", "utility", "utility of a bomb against a convoy; empty if it could not be laid"),
    Field("u_detail", "utility", "utility of a bomb against a foreign detail; empty if it could not be laid"),
    Field("presence", "unit", "Iraqi units in the cell's home square, reinforcements included"),
    Field("momentum_per_day", "1/day", "self-excited part of the hazard"),
    Field("grievance", "1", "grievance against the US presence, after the event"),
    Field("restraint", "1", "restraint asked of the faction, after the event"),
    Field("rounds", "round", "rounds or drones fired"),
    Field("inside", "round", "of these, on course to land inside the perimeter"),
    Field("engaged", "round", "of these, engaged by C-RAM"),
    Field("intercepted", "round", "of these, destroyed"),
    Field("leaked", "round", "rounds that landed inside"),
    Field("drone", "1", "1 for a drone, 0 for rockets"),
    Field("alert", "1", "1 if the site was on alert, warned, 0 if not"),
    Field("effect", "1", "1 if the bomb had an effect, 0 if none"),
    Field("convoy", "1", "running number of the convoy among those of its site"),
    Field("trucks_lost", "truck", "trucks lost"),
    Field("wounded", "person", "people wounded, the dead included"),
    Field("killed", "person", "people killed"),
    Field("caught", "cell", "cells caught: 0 or 1 in a raid"),
    Field("warned", "1", "1 if the move was leaked and the cell or the faction warned"),
    Field("gone", "1", "1 if the cell had left before the raid"),
    Field("on_warning", "1", "1 if a warning called for the raid, 0 if an attack or a patrol did"),
    Field("people", "person", "people who came, or moved to the next site"),
    Field("people_left", "person", "people who left the theatre"),
    Field("batteries", "battery", "C-RAM batteries moved or delivered"),
    Field("trucks", "truck", "trucks that turned back"),
    Field("cargo_t", "t", "cargo that turned back"),
    Field("chance", "1", "chance that decided it; of a warning, the rate per day at which a preparation is noticed"),
    Field("relation", "1", "bilateral relation after the event, 0 to 1"),
    Field("capital", "1", "Baghdad's political capital after the event, 0 to 1"),
    Field("patience", "1", "Washington's patience after the event, 0 to 1"),
    Field("will", "1", "Baghdad's will to act against militias, 0 to 1"),
    Field("rung", "1", "step of Washington's ladder: 0 calm, 1 warned, 2 threatened, 3 struck, 4 closed"),
    Field("hours", "hour", "how long it lasts, or until it happens"),
    Field("fighters", "person", "militia fighters there; of a cleared area, those removed"),
    Field("heavy_weapons", "weapon", "heavy weapons there; of a cleared area, those removed"),
    Field(
        "amount",
        "of the kind",
        "leaders removed; partners left; share of funds or amount of support; strength of a threat; the shift of a "
        "level; the capital below which an order is refused; the support in an area that is lost again",
    ),
)
EVENT_FIELDS: tuple[Field, ...] = (
    POSTURE,
    SEED,
    Field("event", "1", "number of the event in the run, from 1"),
    Field("hour", "hour", "hours since the start"),
    Field("date_time", "", "calendar date and hour at its start, ISO 8601"),
    Field("kind", "", "kind of event"),
    Field("rule", "", "the rule that fired: module and function in `sim/rules`"),
    Field(
        "actor",
        "",
        "who did it, or where it happened; an order is named by its response (`#2` for its second use) and number",
    ),
    Field("target", "", "against whom or what, or by which order; for an operation, the option chosen"),
    Field("place", "", "name of the square; empty on the open road"),
    Field("x_km", "km", "the square's position east of Baghdad's centre; empty for what has no place"),
    Field("y_km", "km", "the square's position north of Baghdad's centre; empty for what has no place"),
    *EVENT_VALUE_FIELDS,
)
ALL_FACTIONS = "all factions"


def event_columns(scenario: Scenario, events: NDArray[Any], lengths: Sequence[int]) -> list[Any]:
    """The columns of `EVENT_FIELDS` from `event` on, for the events (dtype EVENT) of runs of a scenario.

    The events of a run follow those of the run before; `lengths` says how many each has.
    """
    hours, kinds, names = events["hour"], _kinds(), _names(scenario)
    number = np.concatenate([np.arange(0), *(np.arange(1, n + 1) for n in lengths)])
    when = _words(hours, _date_times(scenario.posture.start, 24 * scenario.days))
    what = [_words(events["kind"], texts) for texts in (kinds.names, kinds.rules)]
    who = [names.who(events, column) for column in ("actor", "target")]
    return [number, hours, when, *what, *who, *names.where(events["square"]), *_values(events)]


def _words(numbers: NDArray[Any], texts: Any) -> Any:
    """The text of each number; one that has none is an `IndexError`."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers), texts)


@lru_cache(maxsize=64)
def _date_times(start: date, n_hours: int) -> Any:
    """The calendar's date and time at the start of each hour of a run."""
    hours = np.datetime64(start, "m") + np.arange(n_hours) * np.timedelta64(60, "m")
    return pa.array(np.datetime_as_string(hours))


def _values(events: NDArray[Any]) -> NDArray[np.float64]:
    """Value columns × events; NaN where the kind of the event does not fill the column."""
    values = np.array([events[field.name] for field in EVENT_VALUE_FIELDS])
    values[~_kinds().fills[:, events["kind"]]] = np.nan
    return values


class _Kinds:
    """What `KINDS` say, by number: name, rule, kind of agent in a column, and whether a value column is filled."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.names, self.rules = pa.array([k.name for k in kinds]), pa.array([k.rule for k in kinds])
        self.agents = {"actor": [k.actor for k in kinds], "target": [k.target for k in kinds]}
        self.fills = np.array([[field.name in k.values for k in kinds] for field in EVENT_VALUE_FIELDS])


@lru_cache(maxsize=1)
def _kinds() -> _Kinds:
    from sim.rules.events import KINDS

    return _Kinds(KINDS)


@lru_cache(maxsize=64)
def _names(scenario: Scenario) -> _Names:
    return _Names(scenario)


class _Names:
    """Readable names for the row numbers in a scenario's events."""

    def __init__(self, scenario: Scenario) -> None:
        every, theatre = _agents(scenario), scenario.theatre
        self._names, self._sites = [name for names in every.values() for name in names], every["site"][1:]
        starts = dict(zip(every, np.cumsum([1, *map(len, every.values())]).tolist(), strict=False))
        sizes = {kind: len(names) - 1 for kind, names in every.items()} | {"convoy": len(self._sites)}
        # by column and kind of event: where the names of its agents start, how many there are, and if they are convoys
        self._agents = {
            column: np.array([[starts[kind], sizes[kind], kind == "convoy"] for kind in kinds]).T
            for column, kinds in _kinds().agents.items()
        }
        places = {square: place for place, square in sorted(theatre.places.items(), reverse=True)}
        named = [places.get(square, "") for square in range(-1, theatre.n_squares)]
        # the first is what is off the map
        self._squares = [
            pa.array(each) for each in (named, np.append(np.nan, theatre.x_km), np.append(np.nan, theatre.y_km))
        ]

    def who(self, events: NDArray[Any], column: str) -> Any:
        """The actor or the target of each event; a convoy is named by the row of its site and its number."""
        start, size, is_convoy = self._agents[column][:, events["kind"]]
        row = np.where(size, np.maximum(events[column], -1), -1)
        if (row >= size).any():
            raise IndexError(f"{column}: no agent has the row {row[row >= size][0]}")
        convoys = (is_convoy == 1) & (row >= 0)
        codes, place = np.unique(row[convoys] << 32 | events["convoy"][convoys].astype(np.int64), return_inverse=True)
        names = self._names + [convoy_name(self._sites[code >> 32], code & 0xFFFFFFFF) for code in codes.tolist()]
        row[convoys] = place
        return _words(start + row, pa.array(names))

    def where(self, squares: NDArray[Any]) -> list[Any]:
        """Place (empty on the open road), x and y in km of each square; nothing off the map."""
        row = np.maximum(squares, -1) + 1
        return [_words(row, column) for column in self._squares]


def _agents(scenario: Scenario) -> dict[str, list[str]]:
    """By kind of agent: what an event calls its lack, then the names in the order of their rows. Convoys are last."""
    from sim.calendars import SHIFTS
    from sim.theatre import area_names

    names = agent_names(scenario)
    known = {kind: names[f"{kind}s"] for kind in ("cell", "unit", "site", "detail", "faction")} | {
        "government": [*names["washington"], *names["baghdad"]],
        "option": _option_names(names["sites"]),
        "area": area_names(scenario.theatre),
        "order": order_names(scenario),
        "level": list(SHIFTS),
        "none": [],
        "convoy": [],
    }
    return {kind: [ALL_FACTIONS if kind == "faction" else "", *names] for kind, names in known.items()}


def event_cells(scenario: Scenario, seed: int, events: Iterable[Any]) -> Iterator[list[Any]]:
    """Events of a run (rows of dtype EVENT) as rows of `events.csv`."""
    cells = EventCells(scenario, seed)
    return (cells(number, event) for number, event in enumerate(events, 1))


class EventCells:
    """The cells of an event, with readable names for its row numbers."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        from sim.calendars import SHIFTS
        from sim.rules.events import KINDS
        from sim.theatre import area_names

        theatre, names = scenario.theatre, agent_names(scenario)
        self._posture, self._seed, self._kinds = scenario.name, seed, KINDS
        self._start = datetime.combine(scenario.posture.start, datetime.min.time())
        self._x_km, self._y_km = theatre.x_km, theatre.y_km
        self._names = {kind: names[f"{kind}s"] for kind in ("cell", "unit", "site", "detail", "faction")}
        self._names["government"] = [*names["washington"], *names["baghdad"]]
        self._names["option"] = _option_names(names["sites"])
        self._names["area"] = area_names(theatre)
        self._names["order"] = order_names(scenario)
        self._names["level"] = list(SHIFTS)
        self._places: dict[int, str] = {}
        for place, square in sorted(theatre.places.items()):
            self._places.setdefault(square, place)

    def __call__(self, number: int, event: Any) -> list[Any]:
        """An event, the `number`-th of its run, as a row of `events.csv`."""
        kind, hour = self.kind(event), int(event["hour"])
        when = (self._start + timedelta(hours=hour)).isoformat(timespec="minutes")
        values = [float(event[f.name]) if f.name in kind.values else None for f in EVENT_VALUE_FIELDS]
        keys = [self._posture, self._seed, number, hour, when, kind.name, kind.rule]
        return [*keys, self.actor(event), self.target(event), *self._square(int(event["square"])), *values]

    def kind(self, event: Any) -> Kind:
        """Its kind."""
        return self._kinds[event["kind"]]

    def actor(self, event: Any) -> str:
        """Who did it."""
        return self._name(self.kind(event).actor, int(event["actor"]), event)

    def target(self, event: Any) -> str:
        """Against whom or what."""
        return self._name(self.kind(event).target, int(event["target"]), event)

    def _name(self, kind: str, row: int, event: Any) -> str:
        """The name of a row; that of a convoy from the row of its site and its number."""
        if kind == "none" or row < 0:
            return ALL_FACTIONS if kind == "faction" else ""
        if kind == "convoy":
            return convoy_name(self._names["site"][row], int(event["convoy"]))
        return self._names[kind][row]

    def _square(self, square: int) -> list[Any]:
        """Place (empty on the open road), x and y in km."""
        if square < 0:
            return ["", None, None]
        return [self._places.get(square, ""), float(self._x_km[square]), float(self._y_km[square])]


def order_name(called: str, number: int, do: str) -> str:
    """`zone_clearance/1 clear_area`: an order by its response's use, its place in it (from 0), and what it does."""
    return f"{called}/{number} {do}"


def order_names(scenario: Scenario) -> list[str]:
    """Names of the standing orders, in the order of their rows."""
    from sim.in_force import standing_orders

    given = standing_orders(scenario.responses)
    return [order_name(force.name, number, force.response.orders[number].do) for force, number in given]


def _option_names(sites: Sequence[str]) -> list[str]:
    """What the options of a cell are called, by their numbers."""
    from sim.world import ABSTAIN, DETAIL, DRONE, ROAD

    names = [""] * (ABSTAIN + 1)
    for j, site in enumerate(sites):
        names[j], names[DRONE + j] = f"rockets at {site}", f"drone at {site}"
    names[ROAD], names[DETAIL] = "bomb against a convoy", "bomb against a foreign detail"
    names[ABSTAIN] = "wait"
    return names
