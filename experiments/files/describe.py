"""What a posture, a response or a calendar resolves to, as plain data with units, meanings and sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.calendars import Calendar
    from sim.responses import Response
    from sim.scenario import Scenario

# of the fields that all orders have, and of those whose words stand in their order's own docstring
_MEANINGS = {
    "on": "what gives the order",
    "start_day": "first day of the run on which it may be given",
    "until_day": "it is not given from this day on",
    "every_days": "it is given again after so many days; 0: once",
    "areas": "areas, or zones that stand for all of theirs",
    "reliability": "units of at least this reliability are trusted with it",
}
_UNITS = {
    **dict.fromkeys(("start_day", "until_day", "every_days", "days"), "day"),
    "hours": "hour",
    "people": "person",
    "reinforce": "unit/square",
    **dict.fromkeys(("on", "areas", "faction", "scope"), ""),
}
# what stands elsewhere in an order's description
_ELSEWHERE = ("do", "source")


_HEAD = "name title source"


def _some(thing: Any, keys: str) -> dict[str, Any]:
    """Some of a thing's values by name."""
    return {key: getattr(thing, key) for key in keys.split()}


# --- postures ------------------------------------------------------------------------------------------
def description(scenario: Scenario) -> dict[str, Any]:
    """All that `describe` shows of a posture."""
    from experiments.files.manifest import out_of_reach

    posture = scenario.posture
    return {
        **_some(posture, _HEAD),
        "label": scenario.label,
        "theatre": scenario.theatre.name,
        "start": str(posture.start),
        "days": posture.days,
        "quarter_ends_days": list(posture.quarters),
        "agents": _agents(scenario),
        "sites": _sites(scenario),
        "out_of_reach": out_of_reach(scenario),
        "orders": _orders(scenario),
        "responses": [
            {"label": use.label, **_some(use.use, "strength start_day")}
            | response_description(use.response, use.file, use.use.shift_hours(use.response), use.name)
            for use in scenario.responses
        ],
        "calendar": calendar_description(scenario.calendar) if scenario.calendar else None,
        "parameters": _parameters(scenario),
    }


def _agents(scenario: Scenario) -> dict[str, int]:
    """How many agents of each kind there are at the start (convoys come and go)."""
    config = scenario.theatre.config
    return {
        "squares": scenario.theatre.n_squares,
        "sites": len(scenario.posture.sites),
        "factions": len(config.factions),
        "cells": sum(sum(faction.cells.values()) for faction in config.factions),
        "iraqi_units": sum(sum(garrison.units.values()) for garrison in config.garrisons),
        "foreign_details": sum(route.count for route in config.detail_routes),
    }


def _sites(scenario: Scenario) -> list[dict[str, Any]]:
    known = {site.name: site for site in scenario.theatre.config.sites}
    return [
        _some(plan, "name people batteries source") | _some(known[plan.name], "title hardening symbolic_value gateway")
        for plan in scenario.posture.sites
    ]


def _orders(scenario: Scenario) -> list[dict[str, str]]:
    """Dated orders by date."""
    posture, home = scenario.posture, "handed over; {:.0%} of its people go home, all else to {}"
    orders: list[tuple[Any, str]] = [
        (h, home.format(h.share_home, h.moves_to) if h.share_home else f"handed over; all go to {h.moves_to}")
        for h in posture.handovers
    ]
    orders += [(d, f"C-RAM batteries arrive: {d.batteries}") for d in posture.deliveries]
    orders += [(d, f"people go home: {d.people}") for d in posture.departures]
    shown = [{"date": str(o.day), "site": o.site, "order": words, "source": o.source} for o, words in orders]
    return sorted(shown, key=lambda order: tuple(order.values()))


def _parameters(scenario: Scenario) -> list[dict[str, Any]]:
    from sim.scenario import default_parameters

    default = default_parameters(scenario.theatre)
    return [
        {
            "key": f"{section}.{name}",
            "value": value,
            "unit": extra["unit"],
            "changed": value != getattr(getattr(default, section), name),
            "source": extra["source"],
            # with the words that a switch takes
            "meaning": f"{field.description} ({extra['options']})" if extra.get("options") else field.description,
        }
        for section, group in scenario.parameters
        for name, value in group
        for field in [type(group).model_fields[name]]
        for extra in [field.json_schema_extra]
    ]


# --- responses -----------------------------------------------------------------------------------------
def response_description(response: Response, file: str, later: int = 0, called: str = "") -> dict[str, Any]:
    """All that `describe` shows of a response: its orders, what gives them, what strength does, every number.

    Its orders come `later` hours later than its file says.
    """
    orders = [_order(called or response.name, number, order, later) for number, order in enumerate(response.orders)]
    return {**_some(response, _HEAD), "file": file, "orders": orders}


def _order(called: str, number: int, order: Any, later: int) -> dict[str, Any]:
    from experiments.files.events import order_name

    does, strength = order_words(type(order))
    return {
        "name": order_name(called, number, order.do),
        "does": does,
        "strength": strength,
        "when": _when(order, later),
        "source": order.source,
        "fields": [_order_field(order, key) for key in type(order).model_fields if key not in _ELSEWHERE],
    }


def order_words(kind: type[Any]) -> tuple[str, str]:
    """What an order of a kind does, and what its strength scales: its docstring."""
    does, _, strength = " ".join((kind.__doc__ or "").split()).partition(" Strength: ")
    return does.rstrip("."), strength.rstrip(".")


def _order_field(order: Any, key: str) -> dict[str, Any]:
    value, field = getattr(order, key), type(order).model_fields[key]
    return {
        "key": key,
        "value": list(value) if isinstance(value, tuple) else value,
        "unit": _UNITS.get(key, "1"),
        "meaning": field.description or _MEANINGS[key],
    }


def _when(order: Any, later: int) -> str:
    """What gives an order, in words."""
    start = _day_and_hour(24 * order.start_day + later)
    until = f" until day {_day_and_hour(24 * order.until_day + later)}" if order.until_day is not None else ""
    if order.on == "warning":
        which = "a warning of one of its areas" if hasattr(order, "areas") else "any warning"
        return f"at {which}, from day {start}{until}"
    if order.on == "us_death":
        return f"on the day after an attack that killed Americans, from day {start}{until}"
    again = f", then every {order.every_days} days{until}" if order.every_days else ""
    return f"on day {start}{again}"


def _day_and_hour(hours: int) -> str:
    """`90`, or `90, 13:00`."""
    return f"{hours // 24}" + (f", {hours % 24}:00" if hours % 24 else "")


# --- calendars -----------------------------------------------------------------------------------------
def calendar_description(calendar: Calendar) -> dict[str, Any]:
    """All that `describe` shows of a calendar: its events by date."""
    found = [(e, e.level, e.amount) for e in calendar.events]
    found += [(s, "US strike at leaders", float(s.leaders)) for s in calendar.strikes]  # type: ignore[misc]
    found += [(t, "threat to close the embassy", t.strength) for t in calendar.threats]  # type: ignore[misc]
    found += [(t, f"truce until {t.until}", t.restraint) for t in calendar.truces]  # type: ignore[misc]
    found += [(d, f"directive to roads until {d.until}", d.focus) for d in calendar.directives]  # type: ignore[misc]
    events = sorted(found, key=lambda each: (each[0].day, each[1]))
    return {
        **_some(calendar, _HEAD),
        "events": [
            {"date": str(event.day), "level": what, "amount": amount, **_some(event, "why source")}
            for event, what, amount in events
        ],
    }


# --- by name -------------------------------------------------------------------------------------------
_TOLD_BY = {
    "theatres": {"places", "roads"},
    "postures": {"theatre", "sites"},
    "responses": {"orders"},
    "structures": {"structures"},
    "calendars": {"events", "strikes", "threats", "truces", "directives"},
    "priors": {"priors"},
    "targets": {"targets"},
    "experiments": {"factors", "points", "points_file", "replicates", "constants", "outputs", "sample"},
}
DESCRIBED = ("postures", "responses", "calendars", "experiments")


def kind_of(name: str) -> str:
    """`postures`, `responses`, `calendars` or `experiments`: what a name or a file on the command line is.

    Told by the file's content or by the name; a posture with responses (`six+surge`) is a posture. The kind may stand
    before the name where two have it: `experiments/surge`. Unknown names are a `ConfigError` that says what there is.
    """
    from sim.config_files import names, read_toml
    from sim.errors import ConfigError
    from sim.input_files import is_file
    from sim.suggestions import one_of

    if name.endswith(".toml") and is_file(name):
        found = kind_of_content(read_toml(Path(name)))
        return found if found in DESCRIBED else "postures"
    wanted, slash, bare = name.rpartition("/")
    for kind in DESCRIBED:
        if (bare if slash else name).partition("+")[0] in names(kind) and wanted in ("", kind):
            return kind
    if "+" in name or name.endswith(".toml"):
        return "postures"
    known = [each for kind in DESCRIBED if wanted in ("", kind) for each in names(kind)]
    allowed = f"it must be a .toml file that exists, or {one_of(bare if slash else name, known, 'posture list')}"
    raise ConfigError(None, "NAME", name, allowed)


def kind_of_content(tree: dict[str, Any]) -> str:
    """What a file's keys say that it is; empty if they say nothing."""
    return next((kind for kind, keys in _TOLD_BY.items() if keys & tree.keys()), "")
