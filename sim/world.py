"""What a run can't change: theatre, plans and parameters, packed for the compiled rules.

`world` is one record of fixed shape. `world.sites[j]`, `world.cells[i]`, … hold what is constant about an agent
(the state holds what changes, in the same rows); every section of `parameters.py` is there under its own name
(`world.defence.p_intercept`). Fields called `name` are the 32-bit words that stand for names in the draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.draws import name_hash
from sim.errors import ConfigError
from sim.names import agent_names, check_names
from sim.packed_orders import ORDER, STANDING, pack_orders, pack_standing
from sim.parameters import Parameters, place_of
from sim.reach import pack_activity, pack_distances, pack_reach
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
    squares_of_neighbourhoods,
)
from sim.theatre_config import cells_of, details_of, units_of

World: TypeAlias = np.record

ROLES = ("checkpoint", "patrol", "reaction")
CHECKPOINT, PATROL, REACTION = range(3)
# what `retaliation.effect` may be
PROVOKES, DETERS, NO_EFFECT = (place_of("retaliation.effect", word) for word in ("provokes", "deters", "none"))


# One line of a processor's memory: most of what agents look at is a square.
SQUARE = record(
    [
        ("name", I8),
        *fields(F8, "x y road_km"),
        *fields("i2", "zone area near_site n_neighbours"),
        ("neighbours", "i2", (MAX_NEIGHBOURS,)),
    ]
)
WAY = record([("n_squares", I8), ("hours", F8), ("squares", "i2", (MAX_ROUTE,)), ("step_hours", F8, (MAX_ROUTE,))])
SITE = record(
    [
        *fields(I8, "name square gateway open people batteries leaves nest city n_covering n_ring n_ways"),
        *fields(F8, "x y hardening value"),
    ]
)
FACTION = record(fields(I8, "name leaders n_cells") + fields(F8, "obedience deniability funds") + [("taste", F8, (4,))])
CELL = record([*fields(I8, "name faction home area n_reach"), ("activity", F8)])
UNIT = record([*fields(I8, "name role home"), ("reliability", F8)])
DETAIL_TYPE = record(fields(I8, "name start end"))
# host: the area that owns its square, another one where two neighbourhoods share a square
AREA = record(fields(I8, "name square host fighters heavy_weapons"))


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
        ("road_hours", F8, (MAX_SQUARES, MAX_NEIGHBOURS)),  # into each neighbour of a square
        # Long lists stand apart from the rows that they belong to, else what is looked at each day would lie far apart.
        ("covering", "i2", (MAX_SITES, MAX_SITES)),  # of a site: those whose batteries cover it, the nearest first
        ("ring", "i2", (MAX_SITES, MAX_RING)),  # of a site: the squares from which it can be fired at
        ("ways", WAY, (MAX_SITES, MAX_VIAS)),  # from a site's gateway to it
        ("reach", "i2", (*STATE["cells"].shape, MAX_SQUARES)),  # of a cell: the squares that it may lay bombs in
        ("step_toward", "i1", (MAX_SQUARES, MAX_SQUARES)),  # slot of the next square, by goal and by where one is
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
    pack_activity(world, scenario)
    pack_orders(world, scenario)
    pack_standing(world, scenario)
    check_names(world, "squares", "cells", "units")
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
    rows["neighbours"], world.road_hours[:n] = theatre.neighbours, theatre.neighbour_hours
    rows["n_neighbours"] = (theatre.neighbours >= 0).sum(axis=1)
    rows["name"] = [name_hash(f"{x:.1f},{y:.1f}") for x, y in zip(theatre.x_km, theatre.y_km, strict=True)]
    world.step_toward[:n, :n] = theatre.step_toward.T


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
        raise ConfigError(scenario.file, "neighbourhoods", len(names), f"it must be at most {MAX_AREAS} areas")
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
    for row, ways, own in zip(rows, world.ways, theatre.vias, strict=False):
        vias = [int(via) for via in own if via != -2]
        row.n_ways = len(vias)
        for way, via in zip(ways, vias, strict=False):
            stops = [int(row.gateway), *([via] if via >= 0 else []), int(row.square)]
            _pack_way(way, stops, theatre)
    options = {j: f"rocket:{site.name}" for j, site in enumerate(sites)}
    options |= {DRONE + j: f"drone:{site.name}" for j, site in enumerate(sites)}
    for option, name in {**options, ROAD: "road", DETAIL: "detail", ABSTAIN: "abstain"}.items():
        world.option_names[option] = name_hash(name)
    world.top_site = int(np.argmax(rows["value"]))
    _pack_plans(world, scenario)
    pack_distances(world, scenario)


def _pack_way(way: Any, stops: list[int], theatre: Theatre) -> None:
    """A way from a gateway to a site: its squares (without the gateway's), the hours into each, and their sum."""
    path = [stops[0], *(square for a, b in pairwise(stops) for square in theatre.path(a, b)[1:])]
    n = len(path) - 1
    if n > MAX_ROUTE:
        raise ConfigError(None, "roads", n, f"a way to a site may have at most {MAX_ROUTE} squares")
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
    pack_reach(world, scenario)
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


# What is packed again when a parameter changes from which more than its own number is derived.
_DERIVED: dict[str, tuple[Callable[[World, Scenario], None], ...]] = {
    **dict.fromkeys(("defence.radius_km", "fire.range_km"), (pack_distances,)),
    "operations.radius_km": (pack_reach, pack_activity),
    **dict.fromkeys(("operations.outside_weight", "operations.zone_weight"), (pack_activity,)),
    **dict.fromkeys(("choice.waiting", "common_state.share_going"), (pack_activity,)),
    "zone.fighters_factor": (_pack_fighters,),
    **dict.fromkeys(("response_numbers.effect_log_odds", "response_numbers.cost_factor"), (pack_standing,)),
}
