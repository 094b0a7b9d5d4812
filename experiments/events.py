"""`events.csv`, the why-ledger: what happened, the rule that fired, and the inputs that decided it.

`sim/rules/events.py` says which kinds of events there are and which of the value columns each fills.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from experiments.columns import POSTURE, SEED, Field
from sim.names import agent_names, convoy_name

if TYPE_CHECKING:
    from sim.engine import Run
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
    Field("actor", "", "who did it, or where it happened; an order is named by its response and number"),
    Field("target", "", "against whom or what, or by which order; for an operation, the option chosen"),
    Field("place", "", "name of the square; empty on the open road"),
    Field("x_km", "km", "the square's position east of Baghdad's centre; empty for what has no place"),
    Field("y_km", "km", "the square's position north of Baghdad's centre; empty for what has no place"),
    *EVENT_VALUE_FIELDS,
)
ALL_FACTIONS = "all factions"


def event_cells(run: Run) -> Iterator[list[Any]]:
    """A run as rows of `events.csv`."""
    yield from event_cells_of(run.scenario, run.seed, run.events)


def event_cells_of(scenario: Scenario, seed: int, events: Iterable[Any]) -> Iterator[list[Any]]:
    """Events of a run (rows of dtype EVENT) as rows of `events.csv`."""
    from sim.rules.events import KINDS

    names, start = _Names(scenario), datetime.combine(scenario.posture.start, datetime.min.time())
    for number, event in enumerate(events, 1):
        kind, hour, convoy = KINDS[event["kind"]], int(event["hour"]), int(event["convoy"])
        when = (start + timedelta(hours=hour)).isoformat(timespec="minutes")
        who = [names(kind.actor, int(event["actor"]), convoy), names(kind.target, int(event["target"]), convoy)]
        values = [float(event[f.name]) if f.name in kind.values else None for f in EVENT_VALUE_FIELDS]
        keys = [scenario.name, seed, number, hour, when, kind.name, kind.rule]
        yield [*keys, *who, *names.square(int(event["square"])), *values]


class _Names:
    """Readable names of the row numbers in an event."""

    def __init__(self, scenario: Scenario) -> None:
        from sim.areas import area_names
        from sim.calendars import SHIFTS

        theatre, names = scenario.theatre, agent_names(scenario)
        self.x_km, self.y_km = theatre.x_km, theatre.y_km
        self.by_kind = {kind: names[f"{kind}s"] for kind in ("cell", "unit", "site", "detail", "faction")}
        self.by_kind["government"] = [*names["washington"], *names["baghdad"]]
        self.by_kind["option"] = _option_names(names["sites"])
        self.by_kind["area"] = area_names(theatre)
        self.by_kind["order"] = order_names(scenario)
        self.by_kind["level"] = list(SHIFTS)
        self.places: dict[int, str] = {}
        for place, square in sorted(theatre.places.items()):
            self.places.setdefault(square, place)

    def __call__(self, kind: str, row: int, convoy: int) -> str:
        """The name of a row; that of a convoy from the row of its site and its number."""
        if kind == "none" or row < 0:
            return ALL_FACTIONS if kind == "faction" else ""
        return convoy_name(self.by_kind["site"][row], convoy) if kind == "convoy" else self.by_kind[kind][row]

    def square(self, square: int) -> list[Any]:
        """Place (empty on the open road), x and y in km."""
        if square < 0:
            return ["", None, None]
        return [self.places.get(square, ""), float(self.x_km[square]), float(self.y_km[square])]


def order_name(response: str, number: int, do: str) -> str:
    """`zone_clearance/1 clear_area`: an order by its response, its place in it (from 0), and what it does."""
    return f"{response}/{number} {do}"


def order_names(scenario: Scenario) -> list[str]:
    """Names of the standing orders, in the order of their rows: told by the hash that a row carries."""
    from sim.draws import name_hash
    from sim.world import build_world

    names = {
        name_hash(f"{use.response.name}/{n}"): order_name(use.response.name, n, order.do)
        for use in scenario.responses
        for n, order in enumerate(use.response.orders)
    }
    world = build_world(scenario)[0]
    return [names[int(word)] for word in world.standing["name"][: world.n_standing]]


def _option_names(sites: Sequence[str]) -> list[str]:
    """What the options of a cell are called, by their numbers."""
    from sim.world import ABSTAIN, DETAIL, DRONE, ROAD

    names = [""] * (ABSTAIN + 1)
    for j, site in enumerate(sites):
        names[j], names[DRONE + j] = f"rockets at {site}", f"drone at {site}"
    names[ROAD], names[DETAIL] = "bomb against a convoy", "bomb against a foreign detail"
    names[ABSTAIN] = "wait"
    return names
