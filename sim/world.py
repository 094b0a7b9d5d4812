"""What a run can't change: theatre, plans and parameters, packed for the compiled rules.

`world` is one record of fixed shape. `world.sites[j]`, `world.cells[i]`, … hold what is constant about an agent
(the state holds what changes, in the same rows); every section of `parameters.py` is there under its own name
(`world.defence.p_intercept`). Fields called `name` are the 32-bit words that stand for names in the draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise
from typing import Any, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.calendars import SHIFTS
from sim.draws import name_hash
from sim.errors import ConfigError
from sim.in_force import InForce, standing_orders
from sim.maths import exp
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
    NEVER,
    ROAD,
    STATE,
    fields,
    record,
)
from sim.theatre import (
    Theatre,
    area_names,
    area_of_squares,
    areas_of_places,
    rows_of_areas,
    squares_of_neighbourhoods,
    squares_within,
)
from sim.theatre_config import AIRPORT, INTERNATIONAL_ZONE, cells_of, details_of, units_of

World: TypeAlias = np.record

ROLES = ("checkpoint", "patrol", "reaction")
CHECKPOINT, PATROL, REACTION = range(3)
# kinds of dated orders
HANDOVER, DELIVERY, DEPARTURE, SHIFT, DATED_STRIKE, DATED_THREAT, TRUCE, DIRECTIVE = range(8)
# kinds of standing orders, in the order of `responses.ORDERS`, and what gives them (`responses.TRIGGERS`)
CLOSE_AREA, SHARE, CLEAR_AREA, RALLY, TAKE_DOWN, ARREST = range(6)
CUT_FUNDS, THREATEN, CLOSE_EMBASSY, STRIKE, REINFORCE = range(6, 11)
DONE_BY_CHANCE = (CLOSE_AREA, SHARE, CLOSE_EMBASSY, STRIKE)  # strength is the chance; the others are scaled by it
ON_DAY, ON_WARNING, ON_US_DEATH = range(3)
STRONGEST, ALL = -1, -2  # for the row of a faction
BY_BUDGET = 1  # place of the word among those of `choice.waiting`
# what `retaliation.effect` may be
PROVOKES, DETERS, NO_EFFECT = range(3)


SQUARE = record(
    [
        *fields(I8, "name zone area near_site n_neighbours"),
        ("neighbours", I8, (MAX_NEIGHBOURS,)),
        ("hours", F8, (MAX_NEIGHBOURS,)),
        *fields(F8, "x y road_km"),
    ]
)
WAY = record([("n_squares", I8), ("hours", F8), ("squares", I8, (MAX_ROUTE,)), ("step_hours", F8, (MAX_ROUTE,))])
SITE = record(
    [
        *fields(I8, "name square gateway open people batteries leaves nest city n_covering n_ring n_ways"),
        *fields(F8, "x y hardening value"),
        ("covering", I8, (MAX_SITES,)),
        ("ring", "i2", (MAX_RING,)),
        ("ways", WAY, (MAX_VIAS,)),
    ]
)
FACTION = record(fields(I8, "name leaders n_cells") + fields(F8, "obedience deniability funds") + [("taste", F8, (4,))])
# reach: the squares within `operations.radius_km` of its home that a cell may act from, in rising order
CELL = record([*fields(I8, "name faction home area n_reach"), ("activity", F8), ("reach", "i2", (MAX_SQUARES,))])
UNIT = record([*fields(I8, "name role home"), ("reliability", F8)])
DETAIL_TYPE = record(fields(I8, "name start end"))
# host: the area that owns its square, another one where two neighbourhoods share a square
AREA = record(fields(I8, "name square host fighters heavy_weapons"))
# A standing order: the fields of its kind in `responses.py`; `chance` is its p_…, `amount` its share or number.
STANDING = record(
    [
        *fields(I8, "name kind trigger start until period hours faction count people reinforce scope_all n_areas"),
        *fields(F8, "strength chance p_leak p_clash amount capital_cost relation_cost grievance reliability"),
        ("areas", I8, (MAX_AREAS,)),
    ]
)
ORDER = record([*fields(I8, "hour kind site other hours"), ("amount", F8)])


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
        ("effort", F8),  # by which hazards are multiplied: below 1 where effort is a budget
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
    _pack_activity(world, scenario)
    _pack_orders(world, scenario)
    pack_standing(world, scenario)
    _check_names(world, "squares", "cells", "units")
    return block


def build_like(
    block: NDArray[Any], before: Scenario, after: Scenario, room: NDArray[Any] | None = None
) -> NDArray[Any]:
    """The same as `build_world(after)`, from the world of a scenario that may differ in parameters alone.

    A hundred times faster then: what sweeps spend on each of their points. `room` is a world that is needed no longer:
    the new one may take its place, which spares its memory from being asked for again.
    """
    changed = _changed(before.parameters, after.parameters)
    other = before.posture.model_copy(update={"parameters": after.parameters}) != after.posture
    if other or before.theatre is not after.theatre:
        return build_world(after)
    copy = np.empty_like(block) if room is None else room
    copy.view(np.uint8)[:] = block.view(np.uint8)  # a record is copied field by field, bytes at once
    for key, value in changed.items():
        section, name = key.split(".")
        copy[section][name][0] = _number(type(getattr(after.parameters, section)), name, value)
    for pack in dict.fromkeys(pack for key in changed for pack in _DERIVED.get(key, ())):
        pack(copy[0], after)
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
    rows["x"], rows["y"], rows["road_km"] = theatre.road_x_km, theatre.road_y_km, theatre.road_km
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
    squares, shared = world.squares["area"][: scenario.theatre.n_squares], squares_of_neighbourhoods(scenario.theatre)
    inside = [np.flatnonzero(squares == a) for a in range(len(names))]
    where = [int(own[0]) if len(own) else shared.get(a, -1) for a, own in enumerate(inside)]
    hosts = [int(squares[square]) if square >= 0 else a for a, square in enumerate(where)]
    _fill(world, "areas", names, square=where, host=hosts)
    _pack_fighters(world, scenario)


def _pack_fighters(world: World, scenario: Scenario) -> None:
    """Fighters and heavy weapons of the neighbourhoods."""
    names, factor = area_names(scenario.theatre), scenario.parameters.zone.fighters_factor
    for held in scenario.theatre.config.neighbourhoods:
        row = world.areas[names.index(f"international_zone/{held.name}")]
        row.fighters, row.heavy_weapons = round(factor * held.fighters), round(factor * held.heavy_weapons)


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
        leaves=NEVER,
        nest=[name_hash(f"place/{site.nest or site.name}") for site in sites],
        city=[name_hash(f"city/{site.city or site.nest or site.name}") for site in sites],
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
    _pack_distances(world, scenario)


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
    for handover in scenario.posture.handovers:
        world.sites[rows[handover.site]].leaves = 24 * (handover.day - scenario.posture.start).days


def _pack_distances(world: World, scenario: Scenario) -> None:
    """Which sites a battery at a site covers, and the squares from which a site can be fired at."""
    sites, squares = world.sites[: world.n_sites], world.squares[: world.n_squares]
    squares["near_site"], sites["ring"], sites["covering"] = 0, 0, 0
    for row, site in zip(sites, scenario.theatre.config.sites, strict=True):
        away_km = _away_km(sites, row)
        covering = _nearest_first(np.flatnonzero(away_km <= world.defence.radius_km), away_km, sites["name"])
        row.n_covering, row.covering[: len(covering)] = len(covering), covering
        near = squares_within(scenario.theatre, row.x, row.y, float(world.fire.range_km), int(row.square))
        ring = _nearest_first(near, _away_km(squares, row), squares["name"])
        if row.open:
            _check_ring(len(ring), site.name, scenario)
            squares["near_site"][ring] = 1
        row.n_ring = min(len(ring), MAX_RING)
        row.ring[: row.n_ring] = ring[:MAX_RING]


def _check_ring(n_ring: int, site: str, scenario: Scenario) -> None:
    """A site that is held must be one that can be fired at, or its safety would be an accident of the drawing."""
    range_km = scenario.parameters.fire.range_km
    if n_ring == 0:
        allowed = f"expected a site with a road within fire.range_km ({range_km:g} km) that leads away from it"
        raise ConfigError(scenario.file, "sites", site, allowed)
    if n_ring > MAX_RING:
        allowed = f"expected at most {MAX_RING} launch squares a site; {site} has {n_ring}"
        raise ConfigError(scenario.file, "fire.range_km", range_km, allowed)


def sites_out_of_reach(scenario: Scenario, world: World) -> list[str]:
    """Sites of the posture that no cell can fire at: it lives too far, or may enter none of the launch squares."""
    names = [site.name for site in scenario.theatre.config.sites]
    held = [j for j in range(world.n_sites) if world.sites[j].open]
    return [names[j] for j in held if not any(_can_fire(world, i, j) for i in range(world.n_cells))]


def _can_fire(world: World, i: int, j: int) -> bool:
    """May cell `i` ever choose site `j`, and stand where it can fire at it?"""
    home, site = world.squares[world.cells[i].home], world.sites[j]
    square, radius_km = world.squares[site.square], float(world.operations.radius_km)
    dx, dy = home.x - square.x, home.y - square.y
    near = dx * dx + dy * dy <= radius_km * radius_km
    zones = world.squares["zone"][site.ring[: site.n_ring]]
    return bool(near and (~np.isin(zones, (INTERNATIONAL_ZONE, AIRPORT)) | (zones == home.zone)).any())


def _away_km(places: Any, row: Any) -> NDArray[np.float64]:
    """Distances from a row; only operations that every machine rounds alike."""
    dx, dy = places["x"] - row.x, places["y"] - row.y
    return np.asarray(np.sqrt(dx * dx + dy * dy))


def _nearest_first(rows: NDArray[Any], away_km: NDArray[np.float64], names: NDArray[Any]) -> NDArray[Any]:
    """Some rows, the nearest first, then by name."""
    return np.asarray(rows[np.lexsort((names[rows], away_km[rows]))])


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
    areas = areas_of_places(scenario.theatre)
    rows = _fill(world, "cells", names["cells"], faction=[f for _, f, _ in cells], home=homes)
    rows["area"] = [areas[home] for _, _, home in cells]
    _pack_reach(world, scenario)
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


def _pack_reach(world: World, _: Scenario) -> None:
    """Squares that a cell may lay bombs in: those whose road is within its radius, as traffic is that of a square.

    The International Zone and the airport are gated: only a cell that lives in one acts from inside it.
    """
    squares = world.squares[: world.n_squares]
    gated = np.isin(squares["zone"], (INTERNATIONAL_ZONE, AIRPORT))
    radius = float(world.operations.radius_km)
    world.cells["reach"][: world.n_cells] = 0
    for cell in world.cells[: world.n_cells]:
        home = squares[cell.home]
        dx, dy = squares["x"] - home["x"], squares["y"] - home["y"]
        near = dx * dx + dy * dy <= radius * radius
        reach = np.flatnonzero(near & (~gated | (squares["zone"] == home["zone"])))
        cell.n_reach, cell.reach[: len(reach)] = len(reach), reach


def _pack_activity(world: World, _: Scenario) -> None:
    """How active each cell is: mean 1, so that weights move where attacks come from, not how many there are."""
    cells, squares, top = world.cells[: world.n_cells], world.squares, world.sites[world.top_site]
    homes = squares[cells["home"]]
    dx, dy = homes["x"] - squares[top.square].x, homes["y"] - squares[top.square].y
    outside = dx * dx + dy * dy > world.operations.radius_km * world.operations.radius_km
    weights = np.where(outside, world.operations.outside_weight, 1.0)
    weights[homes["zone"] == INTERNATIONAL_ZONE] *= world.operations.zone_weight
    cells["activity"] = 1.0 if not weights.any() else weights * (len(weights) / weights.sum())
    world.effort = world.common_state.share_going if world.choice.waiting == BY_BUDGET else 1.0


def _pack_orders(world: World, scenario: Scenario) -> None:
    """The dated orders of the posture, by hour; an order beyond the run is left out."""
    posture = scenario.posture
    rows = {site.name: j for j, site in enumerate(scenario.theatre.config.sites)}
    orders = [(h.day, HANDOVER, rows[h.site], rows[h.moves_to], h.share_home, 0) for h in posture.handovers]
    orders += [(d.day, DELIVERY, rows[d.site], -1, float(d.batteries), 0) for d in posture.deliveries]
    orders += [(d.day, DEPARTURE, rows[d.site], -1, float(d.people), 0) for d in posture.departures]
    orders += [dated for dated in _from_outside(scenario) if dated[0] >= posture.start]
    if len(orders) > MAX_ORDERS:
        raise ConfigError(scenario.file, "handovers", len(orders), f"expected at most {MAX_ORDERS} dated orders")
    for k, (day, kind, site, other, amount, hours) in enumerate(sorted(orders)):
        row = world.orders[k]
        row.hour, row.kind, row.site = 24 * (day - posture.start).days, kind, site
        row.other, row.amount, row.hours = other, amount, hours
    world.n_orders = len(orders)


def _from_outside(scenario: Scenario) -> list[tuple[date, int, int, int, float, int]]:
    """The events of the calendar, each as day, kind, site, other, amount and hours."""
    calendar = scenario.calendar
    if calendar is None:
        return []
    lasting = [(t, TRUCE, t.restraint) for t in calendar.truces]
    lasting += [(d, DIRECTIVE, d.focus) for d in calendar.directives]  # type: ignore[misc]
    return [
        *((e.day, SHIFT, -1, SHIFTS.index(e.level), e.amount, 0) for e in calendar.events),
        *((s.day, DATED_STRIKE, -1, -1, float(s.leaders), 0) for s in calendar.strikes),
        *((t.day, DATED_THREAT, -1, -1, t.strength, 0) for t in calendar.threats),
        *((event.day, kind, -1, -1, amount, 24 * (event.until - event.day).days) for event, kind, amount in lasting),
    ]


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


# What is packed again when a parameter changes from which more than its own number is derived.
_DERIVED: dict[str, tuple[Callable[[World, Scenario], None], ...]] = {
    **dict.fromkeys(("defence.radius_km", "fire.range_km"), (_pack_distances,)),
    "operations.radius_km": (_pack_reach, _pack_activity),
    **dict.fromkeys(("operations.outside_weight", "operations.zone_weight"), (_pack_activity,)),
    **dict.fromkeys(("choice.waiting", "common_state.share_going"), (_pack_activity,)),
    "zone.fighters_factor": (_pack_fighters,),
    **dict.fromkeys(("response_numbers.effect_log_odds", "response_numbers.cost_factor"), (pack_standing,)),
}


def _pack_order(row: Any, order: Any, force: InForce, scenario: Scenario) -> None:
    """One standing order. Each field of the record has one source among the fields of the kinds of orders."""
    use, shift_hours = force.use, force.use.shift_hours(force.response)
    row.kind, row.trigger = ORDERS.index(type(order)), TRIGGERS.index(order.on)
    row.start = 24 * order.start_day + shift_hours
    row.until = 24 * order.until_day + shift_hours if order.until_day is not None else 1 << 40
    row.period, row.strength = 24 * order.every_days, use.strength
    costs = (1.0 if row.kind in DONE_BY_CHANCE else use.strength) * scenario.parameters.response_numbers.cost_factor
    fields = {name: getattr(order, name) for name in type(order).model_fields}
    row.hours = fields.get("hours", 24 * fields.get("days", 0))
    for name in ("count", "people", "reinforce", "reliability"):
        row[name] = fields.get(name, 0)
    for name in ("p_leak", "p_clash"):
        row[name] = _riskier(fields.get(name, 0.0), scenario.parameters.response_numbers.cost_factor)
    for name in ("capital_cost", "relation_cost", "grievance"):
        row[name] = costs * fields.get(name, 0.0)
    if row.kind == ARREST:  # raised by each arrest, whose chance is scaled
        row.grievance = fields["grievance"] * scenario.parameters.response_numbers.cost_factor
    row.scope_all = fields.get("scope") == "all"
    shift = scenario.parameters.response_numbers.effect_log_odds
    row.chance = shifted(fields.get("p_break", fields.get("p_success", 0.0)), shift)
    row.amount = shifted(next((fields[name] for name in ("share", "removal", "amount") if name in fields), 0.0), shift)
    areas = rows_of_areas(fields.get("areas", ()), scenario.theatre)
    row.n_areas, row.areas[: len(areas)] = len(areas), areas
    factions = [faction.name for faction in scenario.theatre.config.factions]
    named = {"all": ALL, "strongest": STRONGEST, **{name: f for f, name in enumerate(factions)}}
    row.faction = named[fields.get("faction", "all")]


def _riskier(p: float, factor: float) -> float:
    """A chance whose odds are multiplied; 0 and 1 stay."""
    return p if factor == 1.0 or not 0.0 < p < 1.0 else p * factor / (p * factor + 1.0 - p)


def shifted(p: float, log_odds: float) -> float:
    """A chance or share whose log-odds are moved; 0, 1 and what is no share stay."""
    if log_odds == 0.0 or not 0.0 < p < 1.0:
        return p
    return p / (p + (1.0 - p) * exp(-log_odds))


def _check_names(world: World, *kinds: str) -> None:
    """Two agents or orders of a kind with the same word would share their draws."""
    for kind in kinds:
        words = world[kind]["name"][: world[f"n_{kind}"]]
        if len(np.unique(words)) != len(words):
            raise ConfigError(None, kind, "names", "two have the same hash: rename a place, a faction or a response")
