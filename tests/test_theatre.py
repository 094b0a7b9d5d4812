"""The theatre: Iraq as shipped, a small cross for what is exact, and every refusal."""

from __future__ import annotations

import copy
import math
import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from benchmarks.audit.variants import as_drawn, both, moved, turned
from experiments.files.sharing import Sharing, sharing
from sim.errors import ConfigError
from sim.reach import check_ring, sites_out_of_reach
from sim.scenario import load_scenario
from sim.state import MAX_NEIGHBOURS, MAX_SQUARES, MAX_VIAS
from sim.theatre import (
    Theatre,
    area_of_squares,
    areas_of_places,
    build_theatre,
    squares_of_neighbourhoods,
    squares_within,
)
from sim.theatre_config import CONTROLS, ZONES, TheatreConfig
from sim.world import build_world

FILE = Path(__file__).parents[1] / "configs" / "theatres" / "baghdad.toml"
RAW: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
IRAQ = build_theatre(TheatreConfig.model_validate(RAW), FILE)
INSIDE = math.nextafter(1.0, 0.0)
ARRAYS = [name for name, value in vars(IRAQ).items() if isinstance(value, np.ndarray)]
STAYED = {"embassy", "zone_compound", "airport_base", "al_asad", "erbil", "harir"}
HANDED_OVER = {  # E5
    "al_qaim",
    "qayyarah_west",
    "k1_kirkuk",
    "nineveh_command",
    "al_taqaddum",
    "abu_ghraib",
    "besmaya",
    "taji",
}


def place(name: str, x_km: float, y_km: float, **more: object) -> dict[str, Any]:
    return {"name": name, "x_km": x_km, "y_km": y_km, "zone": "city", "control": "government", **more}


def road(start: str, to: str, kind: str = "main", **more: object) -> dict[str, Any]:
    return {"from": start, "to": to, "class": kind, **more}


def small(**more: object) -> dict[str, Any]:
    """A triangle: gate -> base along the x axis in 10 km squares, and a longer way by the north."""
    return {
        "name": "small",
        "title": "Small",
        "square_km": 10.0,
        "road_classes": {"main": {"speed_kmh": 50.0}, "slow": {"speed_kmh": 20.0}},
        "vias": ["north"],
        "places": [
            place("gate", 1.0, 1.0, zone="gateway"),
            place("base", 61.0, 1.0, zone="remote_base", control="contested"),
            place("north", 31.0, 41.0),
        ],
        "roads": [road("gate", "base"), road("gate", "north"), road("north", "base", zone="belt")],
        "sites": [site("base")],
        **more,
    }


def site(where: str, name: str = "fort", gateway: str = "gate") -> dict[str, Any]:
    texts = {"name": name, "title": name, "place": where, "gateway": gateway, "source": "test"}
    return {**texts, "hardening": 0.5, "symbolic_value": 5.0}


def faction(name: str, cells: dict[str, int]) -> dict[str, Any]:
    numbers = dict.fromkeys(("obedience_to_patron", "deniability", "funds"), 0.5)
    tastes = dict.fromkeys(("taste_rocket", "taste_drone", "taste_road", "taste_detail"), 0.0)
    return {"name": name, "title": name, "leaders": 3, "cells": cells, **numbers, **tastes}


def garrison(units: dict[str, int]) -> dict[str, Any]:
    return {"role": "patrol", "reliability": 0.5, "units": units}


def detail(start: str, to: str, count: int = 1) -> dict[str, Any]:
    return {"title": "aid", "from": start, "to": to, "count": count}


def build(raw: dict[str, Any]) -> Theatre:
    return build_theatre(TheatreConfig.model_validate(raw), "small.toml")


def same(a: Theatre, b: Theatre) -> bool:
    arrays = all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)
    edges = list(a.graph.edges(data=True)) == list(b.graph.edges(data=True))
    nodes = list(a.graph.nodes(data=True)) == list(b.graph.nodes(data=True))
    return arrays and edges and nodes and list(a.places.items()) == list(b.places.items())


# --- the theatre as shipped -----------------------------------------------------------------


def test_size_and_shapes() -> None:
    n, sites = IRAQ.n_squares, len(IRAQ.config.sites)
    assert 250 <= n <= MAX_SQUARES
    assert IRAQ.neighbours.shape == IRAQ.neighbour_hours.shape == (n, MAX_NEIGHBOURS)
    assert IRAQ.hours.shape == IRAQ.step_toward.shape == (n, n)
    assert IRAQ.vias.shape == (sites, MAX_VIAS)
    kinds = {name: getattr(IRAQ, name).dtype for name in ARRAYS}
    assert kinds.pop("step_toward") == np.int8
    assert set(kinds.values()) == {np.dtype(np.int64), np.dtype(np.float64)}


def test_graph_is_connected_and_positions_are_its_squares() -> None:
    assert nx.is_connected(IRAQ.graph)
    assert list(IRAQ.graph) == list(range(IRAQ.n_squares))
    centres = np.column_stack([IRAQ.x_km, IRAQ.y_km])
    assert np.array_equal([IRAQ.graph.graph["pos"][i] for i in IRAQ.graph], centres)
    assert np.all(centres % IRAQ.square_km == IRAQ.square_km / 2)
    assert len(np.unique(centres, axis=0)) == IRAQ.n_squares


def test_places_lie_in_their_squares() -> None:
    for p in IRAQ.config.places:
        square = IRAQ.places[p.name]
        assert abs(p.x_km - IRAQ.x_km[square]) <= IRAQ.square_km / 2
        assert abs(p.y_km - IRAQ.y_km[square]) <= IRAQ.square_km / 2
        assert IRAQ.graph.nodes[square]["place"] == p.name, "no two places of this map share a square"
        assert ZONES[IRAQ.zone[square]] == p.zone
        assert CONTROLS[IRAQ.control[square]] == p.control


def test_neighbours_are_symmetric_ascending_and_padded() -> None:
    direct = np.full((IRAQ.n_squares, IRAQ.n_squares), np.inf)
    for a, (others, hours) in enumerate(zip(IRAQ.neighbours, IRAQ.neighbour_hours, strict=True)):
        real = others[others >= 0]
        assert np.array_equal(others[: len(real)], np.unique(real))
        assert np.all(np.isinf(hours[len(real) :]))
        assert a not in real
        direct[a, real] = hours[: len(real)]
    assert np.array_equal(direct, direct.T)
    assert np.all(direct > 0)


def test_streets_of_baghdad_are_cut_into_steps_of_five_km() -> None:
    """Its main roads lead from place to place, in steps of 8 km at most; only the long roads take longer ones."""
    town = [ZONES.index(zone) for zone in ("international_zone", "airport_road", "city")]
    in_town = np.isin(IRAQ.zone, town) & (np.hypot(IRAQ.x_km, IRAQ.y_km) < 25)
    steps = [step for a, b, step in IRAQ.graph.edges(data=True) if in_town[a] and in_town[b]]
    streets = [step["length_km"] for step in steps if step["length_km"] / step["hours"] < 31.0]
    assert 0 < len(streets) < len(steps)
    assert max(streets) <= 5.0 + 1e-9
    assert max(step["length_km"] for step in steps) < 8.5


def test_what_shares_a_square_of_iraq_does_not_hang_on_where_the_grid_lies() -> None:
    """Turned and shifted as in the audit, places that are apart and roads that do not meet share no square."""
    config = TheatreConfig.model_validate(RAW)
    for change in (as_drawn, turned(20), turned(30), turned(45), both(turned(20), moved(1.3, 0.7))):
        assert sharing(change(config)) == Sharing(0, 0)
    coarse = config.model_copy(update={"square_km": 5.0})
    assert sharing(turned(30)(coarse)).roads > 0, "of 5 km they do: what the audit found"


def test_hours_agree_with_networkx() -> None:
    for start, lengths in nx.all_pairs_dijkstra_path_length(IRAQ.graph, weight="hours"):
        expected = [lengths[end] for end in range(IRAQ.n_squares)]
        np.testing.assert_allclose(IRAQ.hours[start], expected, rtol=1e-12)
    assert np.array_equal(IRAQ.hours, IRAQ.hours.T)


@given(st.floats(0, INSIDE), st.floats(0, INSIDE))
def test_steps_walk_to_the_target_in_its_hours(a: float, b: float) -> None:
    here, end = int(a * IRAQ.n_squares), int(b * IRAQ.n_squares)
    expected, spent, steps = IRAQ.hours[here, end], 0.0, 0
    while here != end:
        slot = IRAQ.step_toward[here, end]
        spent += IRAQ.neighbour_hours[here, slot]
        here = int(IRAQ.neighbours[here, slot])
        steps += 1
        assert steps < IRAQ.n_squares
    assert spent == pytest.approx(expected, abs=1e-7)
    assert IRAQ.step_toward[end, end] == -1


def test_the_fourteen_sites_stand_at_their_places() -> None:
    assert {s.name for s in IRAQ.config.sites} == STAYED | HANDED_OVER
    by_name = {p.name: p for p in IRAQ.config.places}
    for i, s in enumerate(IRAQ.config.sites):
        assert IRAQ.site_square[i] == IRAQ.places[s.place]
        assert (IRAQ.site_x_km[i], IRAQ.site_y_km[i]) == (by_name[s.place].x_km, by_name[s.place].y_km)


def test_a_battery_at_the_embassy_can_cover_the_compound() -> None:
    names = [s.name for s in IRAQ.config.sites]
    a, b = names.index("embassy"), names.index("zone_compound")
    gap = math.hypot(IRAQ.site_x_km[a] - IRAQ.site_x_km[b], IRAQ.site_y_km[a] - IRAQ.site_y_km[b])
    assert 0 < gap <= 4.0
    assert IRAQ.site_square[b] in IRAQ.neighbours[IRAQ.site_square[a]]


def test_zone_neighbourhoods_are_squares_of_their_own() -> None:
    inside = IRAQ.zone == ZONES.index("international_zone")
    assert np.array_equal(inside, IRAQ.neighbourhood >= 0)
    assert sorted(IRAQ.neighbourhood[inside]) == list(range(len(IRAQ.neighbourhood_names)))
    assert 5 <= inside.sum() <= 6


def test_gateways_supply_every_site() -> None:
    trips = IRAQ.hours[IRAQ.gateway_square, IRAQ.site_square]
    assert np.all((trips > 1) & (trips < 24))
    assert np.all(IRAQ.zone[IRAQ.gateway_square] == ZONES.index("gateway"))
    assert len(set(IRAQ.gateway_square.tolist())) == 3


def test_no_way_to_a_site_outside_crosses_the_zone() -> None:
    for gateway, end in zip(IRAQ.gateway_square, IRAQ.site_square, strict=True):
        if ZONES[IRAQ.zone[end]] != "international_zone":
            zones = IRAQ.zone[IRAQ.path(int(gateway), int(end))]
            assert ZONES.index("international_zone") not in zones


def test_vias_are_other_ways_shortest_first() -> None:
    for i, (gateway, end) in enumerate(zip(IRAQ.gateway_square, IRAQ.site_square, strict=True)):
        row = IRAQ.vias[i]
        assert row[0] == -1
        real = row[row >= 0]
        assert np.array_equal(row, [-1, *real, *[-2] * (MAX_VIAS - 1 - len(real))])
        hours = IRAQ.hours[gateway, real] + IRAQ.hours[real, end]
        assert np.all(hours <= 1.6 * IRAQ.hours[gateway, end])
        assert np.all(np.diff(hours) >= 0)
        ways = [IRAQ.path(gateway, end)]
        ways += [IRAQ.path(gateway, via)[:-1] + IRAQ.path(via, end) for via in real.tolist()]
        for k, way in enumerate(ways):
            assert len(set(way)) == len(way)
            assert all(len({*way} & {*other}) < 0.8 * len(way) for other in ways[:k])


def test_most_sites_have_an_alternative_way() -> None:
    assert np.sum(IRAQ.vias[:, 1] >= 0) >= 10


def test_counts_of_agents() -> None:
    config = IRAQ.config
    cells = {(f.name, where): n for f in config.factions for where, n in f.cells.items()}
    assert sum(cells.values()) == 60
    squares = {where: IRAQ.places[where] for _, where in cells}
    near = {w for w, square in squares.items() if math.hypot(IRAQ.x_km[square], IRAQ.y_km[square]) < 45}
    assert sum(n for (_, where), n in cells.items() if where in near) > 30
    assert sum(sum(g.units.values()) for g in config.garrisons) == 80
    assert sum(d.count for d in config.detail_routes) == 10
    assert len(config.factions) == 5


def test_reaction_units_differ_in_reliability() -> None:
    reaction = {g.reliability: g.units for g in IRAQ.config.garrisons if g.role == "reaction"}
    assert {0.5, 0.9} <= set(reaction)
    stationed = {where for units in reaction.values() for where in units}
    assert {"iz_palace", "airport", "mosul", "nasiriyah", "ramadi"} <= stationed


@pytest.mark.parametrize("seed", range(3))
def test_order_in_the_file_changes_nothing(seed: int) -> None:
    raw, shuffle = copy.deepcopy(RAW), random.Random(seed).shuffle
    for group in ("places", "roads", "vias"):
        shuffle(raw[group])
    for line in raw["roads"][::2]:
        line["from"], line["to"] = line["to"], line["from"]
    assert same(IRAQ, build(raw))


# --- exact answers on a small map -----------------------------------------------------------


def test_a_straight_road_becomes_a_chain_of_its_own_length() -> None:
    theatre = build(small())
    path = theatre.path(theatre.places["gate"], theatre.places["base"])
    assert theatre.x_km[path].tolist() == [5, 15, 25, 35, 45, 55, 65]
    assert theatre.y_km[path].tolist() == [5] * 7
    assert theatre.hours[path[0], path[-1]] == pytest.approx(60 / 50)
    assert theatre.graph.nodes[path[0]]["zone"] == "gateway"
    assert theatre.graph.nodes[path[1]] == {
        "road": (11.0, 1.0),
        "x_km": 15.0,
        "y_km": 5.0,
        "zone": "corridor",
        "control": "government",
        "neighbourhood": None,
        "place": "",
    }


def test_a_cut_road_keeps_its_length() -> None:
    theatre = build(small())
    total = sum(length for *_, length in theatre.graph.edges(data="length_km"))
    shared = 10  # the last step to the base
    assert total == pytest.approx(60 + 2 * 50 - shared)
    assert theatre.hours[theatre.places["gate"], theatre.places["north"]] == pytest.approx(50 / 50)


def test_longer_steps_make_fewer_squares_and_the_same_hours() -> None:
    raw = small()
    raw["road_classes"]["main"]["step_km"] = 20.0
    fine, coarse = build(small()), build(raw)
    assert coarse.n_squares < fine.n_squares
    for t in (fine, coarse):
        assert t.hours[t.places["gate"], t.places["base"]] == pytest.approx(1.2)


def test_of_two_roads_the_faster_counts() -> None:
    raw = small()
    raw["roads"].insert(0, road("base", "gate", "slow"))
    assert same(build(small()), build(raw))


def test_the_way_by_the_north_is_too_long_then_is_not() -> None:
    """Direct 60 km, by the north 100 km: 1.67 times at equal speed, less on a slow direct road."""
    assert build(small()).vias.tolist() == [[-1, -2, -2]]
    raw = small()
    raw["roads"][0]["class"] = "slow"
    theatre = build(raw)
    assert theatre.path(theatre.places["gate"], theatre.places["base"])[1:-1] != []
    assert theatre.places["north"] in theatre.path(theatre.places["gate"], theatre.places["base"])
    raw["road_classes"]["slow"]["speed_kmh"] = 40.0
    theatre = build(raw)
    assert theatre.vias.tolist() == [[-1, theatre.places["north"], -2]]


def test_a_spur_is_no_way_round() -> None:
    raw = small(vias=["spur"])
    raw["places"].append(place("spur", 31.0, -9.0))
    raw["places"].append(place("middle", 31.0, 1.0))
    raw["roads"].append(road("middle", "spur"))
    assert build(raw).vias.tolist() == [[-1, -2, -2]]


def test_of_places_that_share_a_square_the_innermost_owns_it_and_then_the_first_by_name() -> None:
    raw = small()
    raw["places"].insert(0, place("gate_town", 2.0, 2.0))
    raw["places"].append(place("gate_quarter", 3.0, 2.0, control="militia"))
    theatre = build(raw)
    square = theatre.places["gate"]
    assert theatre.places["gate_town"] == theatre.places["gate_quarter"] == square
    node = theatre.graph.nodes[square]
    assert (node["zone"], node["place"], node["control"]) == ("city", "gate_quarter", "militia")


def test_ties_go_to_the_lowest_slot() -> None:
    """Around a diamond both ways take equally long."""
    raw = small(sites=[], vias=[])
    raw["places"] = [place("a", 1, 21), place("up", 21, 41), place("down", 21, 1), place("b", 41, 21)]
    raw["roads"] = [road("b", "up"), road("up", "a"), road("b", "down"), road("down", "a")]
    theatre = build(raw)
    a, b = theatre.places["a"], theatre.places["b"]
    assert theatre.step_toward[a, b] == theatre.step_toward[b, a] == 0
    assert theatre.places["down"] in theatre.path(a, b)


# --- refusals -------------------------------------------------------------------------------


def _set(group: str, index: int, key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda raw: raw[group][index].__setitem__(key, value)


def _add(group: str, *lines: object) -> Callable[[dict[str, Any]], None]:
    return lambda raw: raw.setdefault(group, []).extend(lines)


ZONE = {"zone": "international_zone"}
UNKNOWN = "it must be a place of [[places]], one of "
STAR = [place(f"p{i}", 200 + 30 * math.cos(i), 30 * math.sin(i)) for i in range(9)]
SPOKES = [road("hub", p["name"]) for p in STAR]

REFUSALS: dict[str, tuple[Callable[[dict[str, Any]], None], str, object, str]] = {
    "road to nowhere": (_set("roads", 1, "to", "nowhere"), "roads[1].to", "nowhere", UNKNOWN),
    "road from nowhere": (_set("roads", 2, "from", "nowhere"), "roads[2].from", "nowhere", UNKNOWN),
    "road to itself": (_set("roads", 0, "to", "gate"), "roads[0].to", "gate", "must differ from 'from'"),
    "class": (_set("roads", 0, "class", "rail"), "roads[0].class", "rail", "must be one of main, slow"),
    "site": (_set("sites", 0, "place", "nowhere"), "sites[0].place", "nowhere", UNKNOWN),
    "gateway": (_set("sites", 0, "gateway", "nowhere"), "sites[0].gateway", "nowhere", UNKNOWN),
    "no gateway": (
        _set("sites", 0, "gateway", "north"),
        "sites[0].gateway",
        "north",
        "must have zone 'gateway'",
    ),
    "via": (_add("vias", "nowhere"), "vias[1]", "nowhere", UNKNOWN),
    "cells": (_add("factions", faction("f", {"nowhere": 1})), "factions[0].cells", "nowhere", UNKNOWN),
    "units": (_add("garrisons", garrison({"nowhere": 1})), "garrisons[0].units", "nowhere", UNKNOWN),
    "detail from": (_add("detail_routes", detail("x", "gate")), "detail_routes[0].from", "x", UNKNOWN),
    "detail to": (_add("detail_routes", detail("gate", "x")), "detail_routes[0].to", "x", UNKNOWN),
    "twin place": (_add("places", place("gate", 90, 1)), "places[3].name", "gate", "taken by places[0].name"),
    "twin site": (_add("sites", site("gate")), "sites[1].name", "fort", "taken by sites[0].name"),
    "twin faction": (_add("factions", *[faction("f", {})] * 2), "factions[1].name", "f", "must be unique"),
    "twin via": (_add("vias", "north"), "vias[1]", "north", "must be unique"),
    "neighbourhood lacks": (
        _set("places", 2, "zone", "international_zone"),
        "places[2].neighbourhood",
        None,
        "it must be given",
    ),
    "neighbourhood excess": (
        _set("places", 2, "neighbourhood", "n"),
        "places[2].neighbourhood",
        "n",
        "only there",
    ),
    "cut off": (_add("places", place("island", 300, 300)), "roads", ["island"], "must join these places"),
    "site off the road": (
        lambda raw: (
            _add("places", place("island", 300, 300))(raw),
            _set("sites", 0, "place", "island")(raw),
        ),
        "sites[0].place",
        "island",
        "must lie on a road",
    ),
    "squares": (
        lambda raw: (
            raw.update(square_km=5.0),
            _set("places", 1, "x_km", 2000.0)(raw),
            _set("places", 2, "y_km", 2000.0)(raw),
        ),
        "roads",
        1312,
        "at most 1000 squares",
    ),
    "neighbours": (
        lambda raw: (
            raw["road_classes"]["main"].update(step_km=90.0),
            _add("places", place("hub", 201, 1), *STAR)(raw),
            _add("roads", *SPOKES, road("hub", "base"))(raw),
        ),
        "roads",
        "hub has 10 neighbours",
        "a square may have at most 8",
    ),
    "sites": (_add("sites", *[site("base", f"s{i}") for i in range(24)]), "sites", 25, "at most 24"),
    "many cells": (
        _add("factions", faction("f", {"gate": 121, "base": 120})),
        "factions.cells",
        241,
        "at most 240",
    ),
    "many units": (_add("garrisons", *[garrison({"gate": 43})] * 3), "garrisons.units", 129, "at most 128"),
    "many details": (
        _add("detail_routes", *[detail("gate", "base", 9)] * 2),
        "detail_routes.count",
        18,
        "at most 16",
    ),
    "many factions": (
        _add("factions", *[faction(f"f{i}", {}) for i in range(9)]),
        "factions",
        9,
        "at most 8",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_name_file_key_value_and_what_is_allowed(case: str) -> None:
    spoil, key, value, allowed = REFUSALS[case]
    raw = copy.deepcopy(small())
    spoil(raw)
    with pytest.raises(ConfigError) as caught:
        build(raw)
    error = caught.value
    assert (error.file, error.key) == ("small.toml", key)
    assert error.value == value
    message = str(error)
    assert message.startswith(f"small.toml: {key} is ")
    assert allowed in message


@pytest.mark.parametrize("turn", [1, -1])
def test_two_neighbourhoods_may_share_a_square_whoever_comes_first(turn: int) -> None:
    """The first by name owns the square; the other is an area too, with the same square."""
    raw = small()
    zone = [place("z1", 33, 43, neighbourhood="a", **ZONE), place("z0", 34, 44, neighbourhood="b", **ZONE)]
    raw["places"] += zone[::turn]
    theatre = build(raw)
    shared, areas = theatre.places["z0"], areas_of_places(theatre)
    assert theatre.places["z1"] == shared
    assert theatre.neighbourhood_names == ("a", "b")
    assert (areas["z1"], areas["z0"]) == (0, 1)
    assert area_of_squares(theatre)[shared] == 1, "of z0, the first by name"
    assert squares_of_neighbourhoods(theatre) == {0: shared, 1: shared}


@pytest.mark.parametrize("factor", [0.35, 0.5, 0.7, 1.4, 2.0])
def test_every_site_has_launch_squares_at_any_spacing_of_the_network(factor: float) -> None:
    """Nodes alone are no measure: at 14 km between two of them a disc of 10 km may hold none."""
    raw = copy.deepcopy(RAW)
    for kind in raw["road_classes"].values():
        kind["step_km"] = factor * kind.get("step_km", raw["square_km"])
    theatre = build_theatre(TheatreConfig.model_validate(raw), FILE)
    empty = 0
    for j, where in enumerate(theatre.site_square.tolist()):
        x, y = float(theatre.site_x_km[j]), float(theatre.site_y_km[j])
        found = set(squares_within(theatre, x, y, 10.0, where).tolist())
        assert len(found), theatre.config.sites[j].name
        assert where not in found
        away = np.hypot(theatre.road_x_km - x, theatre.road_y_km - y)
        nodes = set(np.flatnonzero(away <= 10.0).tolist()) - {where}
        assert nodes <= found, "a square in range is one"
        assert all(_road_within(theatre, square, where, (x, y), 10.0) for square in found)
        empty += not nodes
    assert factor < 1.0 or empty > 0, "else nodes alone would have done"


def _road_within(theatre: Theatre, square: int, own: int, at: tuple[float, float], km: float) -> bool:
    """Does a stretch of road from the square come within range? Looked at point by point."""
    for other in theatre.graph[square]:
        t = np.linspace(0.0, 1.0, 2001)
        x = theatre.road_x_km[square] + t * (theatre.road_x_km[other] - theatre.road_x_km[square])
        y = theatre.road_y_km[square] + t * (theatre.road_y_km[other] - theatre.road_y_km[square])
        if (np.hypot(x - at[0], y - at[1]) <= km + 1e-3)[t <= (1.0 if other == own else 0.5005)].any():
            return True
    return False


def test_a_held_site_without_a_road_in_range_is_refused_with_file_key_and_site(tmp_path: Path) -> None:
    """Squares so large that the road of the site's own, which is its owner's place, lies far off."""
    theatre, posture = tmp_path / "far.toml", tmp_path / "post.toml"
    text = (FILE.parent / "plain.toml").read_text(encoding="utf-8")
    theatre.write_text(text.replace("square_km = 5.0", "square_km = 50.0"), encoding="utf-8")
    plain = (FILE.parents[1] / "postures" / "plain_one.toml").read_text(encoding="utf-8")
    moved = plain.replace('theatre = "plain"', 'theatre = "far.toml"').replace('"town_post"', '"east_camp"')
    posture.write_text(moved, encoding="utf-8")
    scenario = load_scenario(posture, {"fire.range_km": 5.0})
    with pytest.raises(ConfigError) as caught:
        build_world(scenario)
    assert (caught.value.file, caught.value.key, caught.value.value) == (str(posture), "sites", "east_camp")
    assert "fire.range_km (5 km)" in str(caught.value)


def test_sites_out_of_every_cells_reach_are_named() -> None:
    def named(radius_km: float) -> list[str]:
        scenario = load_scenario("fourteen", {"operations.radius_km": radius_km})
        return sites_out_of_reach(scenario, build_world(scenario)[0])

    assert named(45.0) == ["erbil", "harir", "qayyarah_west", "al_taqaddum"]
    assert named(110.0) == [], "the prior of the radius reaches every site"
    assert len(named(5.0)) == 12


def test_more_launch_squares_than_there_is_room_for_are_refused() -> None:
    scenario = load_scenario("fourteen", {"fire.range_km": 100.0})
    assert build_world(scenario)[0].sites["n_ring"].max() > 90, "the widest range that is allowed has room today"
    with pytest.raises(ConfigError, match=r"at most 400 launch squares a site; taji has 401"):
        check_ring(401, "taji", scenario)


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (_set("places", 0, "x_km", "1"), ("places", 0, "x_km")),
        (_set("places", 0, "x_km", True), ("places", 0, "x_km")),
        (_set("places", 0, "x_km", math.nan), ("places", 0, "x_km")),
        (_set("places", 0, "zone", "suburb"), ("places", 0, "zone")),
        (_set("places", 0, "name", "Gate 1"), ("places", 0, "name")),
        (_set("places", 0, "height_m", 3.0), ("places", 0, "height_m")),
        (_set("roads", 0, "zone", "international_zone"), ("roads", 0, "zone")),
        (_set("sites", 0, "hardening", 1.5), ("sites", 0, "hardening")),
        (_set("sites", 0, "symbolic_value", -1), ("sites", 0, "symbolic_value")),
        (_add("garrisons", garrison({"gate": 0})), ("garrisons", 0, "units", "gate")),
        (lambda raw: raw["road_classes"]["main"].update(speed_kmh=0), ("road_classes", "main", "speed_kmh")),
        (lambda raw: raw.update(square_km=0), ("square_km",)),
        (lambda raw: raw.pop("roads"), ("roads",)),
    ],
)
def test_fields_are_bounded_and_strict(spoil: Callable[[dict[str, Any]], None], where: tuple[str | int, ...]) -> None:
    raw = copy.deepcopy(small())
    spoil(raw)
    with pytest.raises(ValidationError) as caught:
        TheatreConfig.model_validate(raw)
    assert [error["loc"] for error in caught.value.errors()] == [where]


def test_whole_numbers_serve_as_kilometres() -> None:
    raw = small()
    raw["places"][0].update(x_km=1, y_km=1)
    assert same(build(small()), build(raw))
