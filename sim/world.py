"""What a run can't change: theatre, plans and parameters, packed for the compiled rules.

`world` is one record of fixed shape. `world.sites[j]`, `world.cells[i]`, … hold what is constant about an agent
(the state holds what changes, in the same rows); every section of `parameters.py` is there under its own name
(`world.defence.p_intercept`). Fields called `name` are the 32-bit words that stand for names in the draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.calendars import SHIFTS
from sim.draws import name_hash
from sim.errors import ConfigError
from sim.in_force import InForce, standing_orders
from sim.names import agent_names
from sim.parameters import Parameters
from sim.responses import ORDERS, TRIGGERS
from sim.scenario import Scenario
from sim.state import (
    ABSTAIN,
    DETAIL,
    DRONE,
    F8,
    I8,
    MAX_AREAS,
    MAX_NEIGHBOURS,
    MAX_ORDERS,
    MAX_RING,
    MAX_ROUTE,
    MAX_SITES,
    MAX_SQUARES,
    MAX_STANDING,
    MAX_VIAS,
    N_OPTIONS,
    ROAD,
    STATE,
    fields,
    record,
)
from sim.theatre import Theatre, area_names, area_of_squares, rows_of_areas
from sim.theatre_config import AIRPORT, INTERNATIONAL_ZONE, cells_of, details_of, units_of

World: TypeAlias = np.record

ROLES = ("checkpoint", "patrol", "reaction")
CHECKPOINT, PATROL, REACTION = range(3)
# kinds of dated orders
HANDOVER, DELIVERY, DEPARTURE, SHIFT = range(4)
# kinds of standing orders, in the order of `responses.ORDERS`, and what gives them (`responses.TRIGGERS`)
CLOSE_AREA, SHARE, CLEAR_AREA, RALLY, TAKE_DOWN, ARREST = range(6)
CUT_FUNDS, THREATEN, CLOSE_EMBASSY, STRIKE, REINFORCE = range(6, 11)
DONE_BY_CHANCE = (CLOSE_AREA, SHARE, CLOSE_EMBASSY, STRIKE)  # strength is the chance; the others are scaled by it
ON_DAY, ON_WARNING, ON_US_DEATH = range(3)
STRONGEST, ALL = -1, -2  # for the row of a faction
# what `retaliation.effect` may be
PROVOKES, DETERS, NO_EFFECT = range(3)


SQUARE = record(
    [
        *fields(I8, "name zone area near_site n_neighbours"),
        ("neighbours", I8, (MAX_NEIGHBOURS,)),
        ("hours", F8, (MAX_NEIGHBOURS,)),
        *fields(F8, "x y"),
    ]
)
WAY = record([("n_squares", I8), ("hours", F8), ("squares", I8, (MAX_ROUTE,)), ("step_hours", F8, (MAX_ROUTE,))])
SITE = record(
    [
        *fields(I8, "name square gateway open people batteries n_covering n_ring n_ways"),
        *fields(F8, "x y hardening value"),
        ("covering", I8, (MAX_SITES,)),
        ("ring", I8, (MAX_RING,)),
        ("ways", WAY, (MAX_VIAS,)),
    ]
)
FACTION = record(fields(I8, "name leaders n_cells") + fields(F8, "obedience deniability funds") + [("taste", F8, (4,))])
# reach: the squares within `operations.radius_km` of its home that a cell may act from, in rising order
CELL = record([*fields(I8, "name faction home n_reach"), ("reach", "i2", (MAX_SQUARES,))])
UNIT = record([*fields(I8, "name role home"), ("reliability", F8)])
DETAIL_TYPE = record(fields(I8, "name start end"))
AREA = record(fields(I8, "name square fighters heavy_weapons"))
# A standing order: the fields of its kind in `responses.py`; `chance` is its p_…, `amount` its share or number.
STANDING = record(
    [
        *fields(I8, "name kind trigger start until period hours faction count people reinforce scope_all n_areas"),
        *fields(F8, "strength chance p_leak p_clash amount capital_cost relation_cost grievance reliability"),
        ("areas", I8, (MAX_AREAS,)),
    ]
)
ORDER = record([*fields(I8, "hour kind site other"), ("amount", F8)])


def _sections() -> list[tuple[str, Any]]:
    """One nested record per section of the parameters."""
    kinds: dict[Any, str] = {int: I8, float: F8}
    sections: dict[str, Any] = {name: field.annotation for name, field in Parameters.model_fields.items()}
    return [
        (name, record([(key, kinds.get(field.annotation, I8)) for key, field in section.model_fields.items()]))
        for name, section in sections.items()
    ]


WORLD = record(
    [
        *fields(
            I8, "n_hours n_squares n_sites n_factions n_cells n_units n_details n_orders n_areas n_standing top_site"
        ),
        *_sections(),
        ("sites", SITE, STATE["sites"].shape),
        ("factions", FACTION, STATE["factions"].shape),
        ("cells", CELL, STATE["cells"].shape),
        ("units", UNIT, STATE["units"].shape),
        ("details_on_road", DETAIL_TYPE, STATE["details"].shape),
        ("orders", ORDER, (MAX_ORDERS,)),
        ("areas", AREA, STATE["areas"].shape),
        ("standing", STANDING, STATE["standing"].shape),
        ("option_names", I8, (N_OPTIONS + 1,)),
        # rows in the order of names: where order matters, that of a file must not
        ("sites_by_name", I8, STATE["sites"].shape),
        ("cells_by_name", I8, STATE["cells"].shape),
        ("squares", SQUARE, STATE["squares"].shape),
        ("step_toward", "i1", (MAX_SQUARES, MAX_SQUARES)),
    ]
)


def build_world(scenario: Scenario) -> NDArray[Any]:
    """The packed world of a scenario: an array of one row of type `WORLD`, as compiled functions take it."""
    block = np.zeros(1, WORLD)
    world = block[0]
    world.n_hours = 24 * scenario.days
    _pack_parameters(world, scenario)
    _pack_squares(world, scenario)
    _pack_areas(world, scenario)
    _pack_sites(world, scenario)
    _pack_agents(world, scenario)
    for kind in ("sites", "cells"):
        words = world[kind]["name"][: world[f"n_{kind}"]]
        world[f"{kind}_by_name"][: len(words)] = np.argsort(words)
    _pack_orders(world, scenario)
    pack_standing(world, scenario)
    _check_names(world, "squares", "cells", "units")
    return block


# Parameters from which `build_world` derives more than their own number.
DERIVED_FROM = ("defence.radius_km", "fire.range_km", "operations.radius_km")


def build_like(
    block: NDArray[Any], before: Scenario, after: Scenario, room: NDArray[Any] | None = None
) -> NDArray[Any]:
    """The same as `build_world(after)`, from the world of a scenario that may differ in parameters alone.

    A hundred times faster then: what sweeps spend on each of their points. `room` is a world that is needed no longer:
    the new one may take its place, which spares its memory from being asked for again.
    """
    changed = _changed(before.parameters, after.parameters)
    other = before.posture.model_copy(update={"parameters": after.parameters}) != after.posture
    if other or before.theatre is not after.theatre or changed.keys() & set(DERIVED_FROM):
        return build_world(after)
    copy = np.empty_like(block) if room is None else room
    copy.view(np.uint8)[:] = block.view(np.uint8)  # a record is copied field by field, bytes at once
    for key, value in changed.items():
        section, name = key.split(".")
        copy[section][name][0] = _number(type(getattr(after.parameters, section)), name, value)
    return copy


def _changed(before: Parameters, after: Parameters) -> dict[str, float | int | str]:
    """Dotted key → value of the parameters that differ. A section that both share is not looked at."""
    return {
        f"{name}.{key}": value
        for name, section in after
        if section is not (old := getattr(before, name))
        for key, value in section
        if getattr(old, key) != value
    }


def _number(section: Any, key: str, value: float | str) -> float | int:
    """A parameter as the rules have it: the word of a switch as its place among the words."""
    options = get_args(section.model_fields[key].annotation)
    return options.index(value) if options else value  # type: ignore[return-value]


def _pack_parameters(world: World, scenario: Scenario) -> None:
    for name, section in scenario.parameters:
        for key, value in section:
            world[name][key] = _number(type(section), key, value)


def _pack_squares(world: World, scenario: Scenario) -> None:
    theatre = scenario.theatre
    n = world.n_squares = theatre.n_squares
    rows = world.squares[:n]
    rows["x"], rows["y"] = theatre.x_km, theatre.y_km
    rows["zone"], rows["area"] = theatre.zone, area_of_squares(theatre)
    rows["neighbours"], rows["hours"] = theatre.neighbours, theatre.neighbour_hours
    rows["n_neighbours"] = (theatre.neighbours >= 0).sum(axis=1)
    rows["name"] = [name_hash(f"{x:.1f},{y:.1f}") for x, y in zip(theatre.x_km, theatre.y_km, strict=True)]
    world.step_toward[:n, :n] = theatre.step_toward


def _fill(world: World, kind: str, names: Iterable[str], table: str = "", **columns: ArrayLike) -> Any:
    """Count, words of the names, and columns of the rows of a kind; `table` if it is not called as the kind."""
    words = [name_hash(name) for name in names]
    rows = world[table or kind][: len(words)]
    world[f"n_{kind}"], rows["name"] = len(words), words
    for column, values in columns.items():
        rows[column] = values
    return rows


def _pack_areas(world: World, scenario: Scenario) -> None:
    names = area_names(scenario.theatre)
    if len(names) > MAX_AREAS:
        raise ConfigError(scenario.file, "neighbourhoods", len(names), f"expected at most {MAX_AREAS} areas")
    squares = world.squares["area"][: scenario.theatre.n_squares]
    inside = [np.flatnonzero(squares == a) for a in range(len(names))]
    rows = _fill(world, "areas", names, square=[where[0] if len(where) else -1 for where in inside])
    for held in scenario.theatre.config.neighbourhoods:
        row = rows[names.index(f"international_zone/{held.name}")]
        row.fighters, row.heavy_weapons = held.fighters, held.heavy_weapons


def _pack_sites(world: World, scenario: Scenario) -> None:
    theatre, sites = scenario.theatre, scenario.theatre.config.sites
    rows = _fill(
        world,
        "sites",
        agent_names(scenario)["sites"],
        hardening=[site.hardening for site in sites],
        value=[site.symbolic_value for site in sites],
        square=theatre.site_square,
        gateway=theatre.gateway_square,
        x=theatre.site_x_km,
        y=theatre.site_y_km,
    )
    for row, own in zip(rows, theatre.vias, strict=True):
        vias = [int(via) for via in own if via != -2]
        row.n_ways = len(vias)
        for way, via in zip(row.ways, vias, strict=False):
            stops = [int(row.gateway), *([via] if via >= 0 else []), int(row.square)]
            _pack_way(way, stops, theatre)
    options = {j: f"rocket:{site.name}" for j, site in enumerate(sites)}
    options |= {DRONE + j: f"drone:{site.name}" for j, site in enumerate(sites)}
    for option, name in {**options, ROAD: "road", DETAIL: "detail", ABSTAIN: "abstain"}.items():
        world.option_names[option] = name_hash(name)
    world.top_site = int(np.argmax(rows["value"]))
    _pack_plans(world, scenario)
    _pack_distances(world)


def _pack_way(way: Any, stops: list[int], theatre: Theatre) -> None:
    """A way from a gateway to a site: its squares (without the gateway's), the hours into each, and their sum."""
    path = [stops[0], *(square for a, b in pairwise(stops) for square in theatre.path(a, b)[1:])]
    n = len(path) - 1
    if n > MAX_ROUTE:
        raise ConfigError(None, "roads", n, f"expected ways of at most {MAX_ROUTE} squares to a site")
    way.n_squares, way.squares[:n] = n, path[1:]
    way.step_hours[:n] = [theatre.hours[a, b] for a, b in pairwise(path)]
    way.hours = way.step_hours[:n].sum()


def _pack_plans(world: World, scenario: Scenario) -> None:
    rows = {site.name: j for j, site in enumerate(scenario.theatre.config.sites)}
    for plan in scenario.posture.sites:
        row = world.sites[rows[plan.name]]
        row.open, row.people, row.batteries = 1, plan.people, plan.batteries


def _pack_distances(world: World) -> None:
    """Which sites a battery at a site covers, and the squares from which a site can be fired at."""
    sites, squares = world.sites[: world.n_sites], world.squares[: world.n_squares]
    radius_km, range_km = float(world.defence.radius_km), float(world.fire.range_km)
    for row in sites:
        covering = _within(sites, row, radius_km)
        row.n_covering, row.covering[: len(covering)] = len(covering), covering
        ring = [k for k in _within(squares, row, range_km) if k != row.square][:MAX_RING]
        if row.open:
            world.squares["near_site"][ring] = 1
        row.n_ring, row.ring[: len(ring)] = len(ring), ring


def _within(places: Any, row: Any, km: float) -> list[int]:
    """Places (with x, y and name) at most so far from a row, the nearest first, then by name."""
    dx, dy = places["x"] - row.x, places["y"] - row.y
    away = np.sqrt(dx * dx + dy * dy)  # the same on every machine, as np.hypot is not
    return [k for k in np.lexsort((places["name"], away)).tolist() if away[k] <= km]


def _pack_agents(world: World, scenario: Scenario) -> None:
    """Militias, Iraqi units and foreign details."""
    config, places, names = scenario.theatre.config, scenario.theatre.places, agent_names(scenario)
    factions, cells, units, details = config.factions, cells_of(config), units_of(config), details_of(config)
    for column, key in _OF_FACTION.items():
        world.factions[column][: len(factions)] = [getattr(faction, key) for faction in factions]
    for row, faction in zip(world.factions, factions, strict=False):
        row.taste[:] = [faction.taste_rocket, faction.taste_drone, faction.taste_road, faction.taste_detail]
    n_cells = [sum(faction.cells.values()) for faction in factions]
    _fill(world, "factions", names["factions"], n_cells=n_cells)
    homes = [places[home] for _, _, home in cells]
    _fill(world, "cells", names["cells"], faction=[f for _, f, _ in cells], home=homes)
    _pack_reach(world)
    _fill(
        world,
        "units",
        names["units"],
        role=[ROLES.index(garrison.role) for _, garrison, _ in units],
        reliability=[garrison.reliability for _, garrison, _ in units],
        home=[places[home] for *_, home in units],
    )
    starts, ends = ([places[getattr(route, end)] for _, route in details] for end in ("start", "to"))
    _fill(world, "details", names["details"], "details_on_road", start=starts, end=ends)


# column of a faction -> its key in the theatre file
_OF_FACTION = {"leaders": "leaders", "funds": "funds", "obedience": "obedience_to_patron", "deniability": "deniability"}


def _pack_reach(world: World) -> None:
    """The International Zone and the airport are gated: only a cell that lives in one acts from inside it."""
    squares = world.squares[: world.n_squares]
    gated = np.isin(squares["zone"], (INTERNATIONAL_ZONE, AIRPORT))
    radius = float(world.operations.radius_km)
    for cell in world.cells[: world.n_cells]:
        home = squares[cell.home]
        dx, dy = squares["x"] - home["x"], squares["y"] - home["y"]
        near = dx * dx + dy * dy <= radius * radius
        reach = np.flatnonzero(near & (~gated | (squares["zone"] == home["zone"])))
        cell.n_reach, cell.reach[: len(reach)] = len(reach), reach


def _pack_orders(world: World, scenario: Scenario) -> None:
    """The dated orders of the posture, by hour; an order beyond the run is left out."""
    posture = scenario.posture
    rows = {site.name: j for j, site in enumerate(scenario.theatre.config.sites)}
    orders = [(h.day, HANDOVER, rows[h.site], rows[h.moves_to], h.share_home) for h in posture.handovers]
    orders += [(d.day, DELIVERY, rows[d.site], -1, float(d.batteries)) for d in posture.deliveries]
    orders += [(d.day, DEPARTURE, rows[d.site], -1, float(d.people)) for d in posture.departures]
    shifts = scenario.calendar.events if scenario.calendar else ()
    orders += [(e.day, SHIFT, -1, SHIFTS.index(e.level), e.amount) for e in shifts if e.day >= posture.start]
    if len(orders) > MAX_ORDERS:
        raise ConfigError(scenario.file, "handovers", len(orders), f"expected at most {MAX_ORDERS} dated orders")
    for k, (day, kind, site, other, amount) in enumerate(sorted(orders)):
        row = world.orders[k]
        row.hour, row.kind, row.site = 24 * (day - posture.start).days, kind, site
        row.other, row.amount = other, amount
    world.n_orders = len(orders)


def pack_standing(world: World, scenario: Scenario) -> None:
    """The standing orders. Their words for the draws are those of `surge/0`; of a second use, of `surge#2/0`."""
    given = standing_orders(scenario.responses)
    if len(given) > MAX_STANDING:
        raise ConfigError(scenario.file, "responses", len(given), f"expected at most {MAX_STANDING} orders in all")
    world.n_standing, world.standing[...] = len(given), 0
    for row, (force, number) in zip(world.standing, given, strict=False):
        _pack_order(row, force.response.orders[number], force, scenario)
        row.name = name_hash(f"{force.name}/{number}")
    _check_names(world, "standing")


def _pack_order(row: Any, order: Any, force: InForce, scenario: Scenario) -> None:
    """One standing order. Each field of the record has one source among the fields of the kinds of orders."""
    use, shift_hours = force.use, force.use.shift_hours(force.response)
    row.kind, row.trigger = ORDERS.index(type(order)), TRIGGERS.index(order.on)
    row.start = 24 * order.start_day + shift_hours
    row.until = 24 * order.until_day + shift_hours if order.until_day is not None else 1 << 40
    row.period, row.strength = 24 * order.every_days, use.strength
    costs = 1.0 if row.kind in DONE_BY_CHANCE else use.strength
    fields = {name: getattr(order, name) for name in type(order).model_fields}
    row.hours = fields.get("hours", 24 * fields.get("days", 0))
    for name in ("count", "people", "reinforce", "p_leak", "p_clash", "reliability"):
        row[name] = fields.get(name, 0)
    for name in ("capital_cost", "relation_cost", "grievance"):
        row[name] = costs * fields.get(name, 0.0)
    if row.kind == ARREST:  # raised by each arrest, whose chance is scaled
        row.grievance = fields["grievance"]
    row.scope_all = fields.get("scope") == "all"
    row.chance = fields.get("p_break", fields.get("p_success", 0.0))
    row.amount = next((fields[name] for name in ("share", "removal", "amount") if name in fields), 0.0)
    areas = rows_of_areas(fields.get("areas", ()), scenario.theatre)
    row.n_areas, row.areas[: len(areas)] = len(areas), areas
    factions = [faction.name for faction in scenario.theatre.config.factions]
    named = {"all": ALL, "strongest": STRONGEST, **{name: f for f, name in enumerate(factions)}}
    row.faction = named[fields.get("faction", "all")]


def _check_names(world: World, *kinds: str) -> None:
    """Two agents or orders of a kind with the same word would share their draws."""
    for kind in kinds:
        words = world[kind]["name"][: world[f"n_{kind}"]]
        if len(np.unique(words)) != len(words):
            raise ConfigError(None, kind, "names", "two have the same hash: rename a place, a faction or a response")
