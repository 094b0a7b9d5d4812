"""The theatre: places and roads from TOML -> networkx graph of squares -> arrays.

What a run cannot change. A square is a node, a stretch of road an edge. Numbering
and shortest ways depend on positions alone, never on the order of places or roads in the file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.errors import ConfigError
from sim.state import MAX_NEIGHBOURS, MAX_SQUARES, MAX_VIAS
from sim.theatre_config import CONTROLS, INTERNATIONAL_ZONE, ZONES, File, Place, TheatreConfig, check_config

if TYPE_CHECKING:
    import networkx as nx  # imported below where a theatre is built: one that was kept needs none

MAX_DETOUR = 1.6  # hours of an alternative over hours of the direct way (judgement)
MAX_SHARED = 0.8  # share of its squares that an alternative may have in common (judgement)

Square: TypeAlias = tuple[int, int]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Graph: TypeAlias = "nx.Graph[Any]"


@dataclass(frozen=True, eq=False)
class Theatre:
    """Arrays of a theatre; n squares, k = MAX_NEIGHBOURS, s sites.

    | field | meaning | unit | shape |
    |---|---|---|---|
    | places | square of each place, by name | index | dict |
    | x_km, y_km | centre of the square: what is shown | km | n |
    | road_x_km, road_y_km | its place, or the middle of its road, not rounded: what distances are between | km | n |
    | road_km | length of the road that it stands for: half of each stretch that leaves it | km | n |
    | zone, control | index in ZONES, in CONTROLS | index | n |
    | neighbourhood | index in `neighbourhood_names`, -1 none | index | n |
    | neighbours | squares one road step away, ascending, -1 padding | index | n, k |
    | neighbour_hours | travel time to them, inf padding | h | n, k |
    | hours | travel time of the quickest way a -> b | h | n, n |
    | step_toward | slot in `neighbours[a]` of the next square to b, -1 where a is b | slot | n, n |
    | site_square, gateway_square | of each site and of its gateway | index | s |
    | site_x_km, site_y_km | the site's own place, not rounded to a square | km | s |
    | vias | -1 direct, then via squares of other ways, shortest first, -2 padding | index | s, MAX_VIAS |
    """

    name: str
    square_km: float
    config: TheatreConfig
    places: dict[str, int]
    n_squares: int
    x_km: Floats
    y_km: Floats
    road_x_km: Floats
    road_y_km: Floats
    road_km: Floats
    zone: Ints
    control: Ints
    neighbourhood: Ints
    neighbourhood_names: tuple[str, ...]
    neighbours: Ints
    neighbour_hours: Floats
    hours: Floats
    step_toward: NDArray[np.int8]
    site_square: Ints
    gateway_square: Ints
    site_x_km: Floats
    site_y_km: Floats
    vias: Ints

    @cached_property
    def graph(self) -> Graph:
        """The squares as a networkx graph, with the places, zones and road that each stands for."""
        return _graph(self.config, None)

    def path(self, start: int, end: int) -> list[int]:
        """Squares of the quickest way, both ends included."""
        return _walk(self.neighbours, self.step_toward, start, end)


def build_theatre(config: TheatreConfig, file: File = None) -> Theatre:
    """Snap places to squares, cut roads into steps, number the squares and find the ways."""
    import networkx as nx

    check_config(config, file)
    graph = _graph(config, file)
    places = _place_squares(config, graph)
    neighbours, neighbour_hours = _neighbours(graph)
    hours = np.asarray(nx.floyd_warshall_numpy(graph, weight="hours"), np.float64)  # Floyd 1962; symmetric
    step_toward = _steps(neighbours, neighbour_hours, hours)
    by_name = {place.name: place for place in config.places}
    site_places = [by_name[site.place] for site in config.sites]
    site_square = _ints(places[site.place] for site in config.sites)
    gateway_square = _ints(places[site.gateway] for site in config.sites)
    names = tuple(sorted({p.neighbourhood for p in config.places if p.neighbourhood}))
    nodes = [graph.nodes[i] for i in range(len(graph))]
    return Theatre(
        name=config.name,
        square_km=config.square_km,
        config=config,
        places=places,
        n_squares=len(graph),
        x_km=np.array([node["x_km"] for node in nodes], np.float64),
        y_km=np.array([node["y_km"] for node in nodes], np.float64),
        road_x_km=np.array([node["road"][0] for node in nodes], np.float64),
        road_y_km=np.array([node["road"][1] for node in nodes], np.float64),
        road_km=np.array([_road_km(graph, i) for i in range(len(graph))], np.float64),
        zone=_ints(ZONES.index(node["zone"]) for node in nodes),
        control=_ints(CONTROLS.index(node["control"]) for node in nodes),
        neighbourhood=_ints(names.index(node["neighbourhood"]) if node["neighbourhood"] else -1 for node in nodes),
        neighbourhood_names=names,
        neighbours=neighbours,
        neighbour_hours=neighbour_hours,
        hours=hours,
        step_toward=step_toward,
        site_square=site_square,
        gateway_square=gateway_square,
        site_x_km=np.array([place.x_km for place in site_places], np.float64),
        site_y_km=np.array([place.y_km for place in site_places], np.float64),
        vias=_vias(
            sorted({places[via] for via in config.vias}),
            list(zip(gateway_square.tolist(), site_square.tolist(), strict=True)),
            neighbours,
            step_toward,
            hours,
        ),
    )


# --- places and roads -> graph --------------------------------------------------------------


def square_at(x_km: float, y_km: float, square_km: float) -> Square:
    """The square that a place falls into."""
    return math.floor(x_km / square_km), math.floor(y_km / square_km)


def _graph(config: TheatreConfig, file: File) -> Graph:
    """The graph of squares, numbered from west to east, then from south to north."""
    import networkx as nx

    grid: Graph = nx.Graph()
    _lay_roads(grid, config)
    _lay_places(grid, config, file)
    _check_grid(grid, config, file)
    _find_middles(grid)
    order = sorted(grid)
    number = {square: i for i, square in enumerate(order)}
    graph: Graph = nx.Graph(name=config.name)
    for square in order:
        x_km, y_km = ((index + 0.5) * config.square_km for index in square)
        graph.add_node(number[square], x_km=x_km, y_km=y_km, **grid.nodes[square])
    for a, b in sorted(tuple(sorted(edge)) for edge in grid.edges):
        graph.add_edge(number[a], number[b], **grid.edges[a, b])
    graph.graph["pos"] = {i: (node["x_km"], node["y_km"]) for i, node in graph.nodes(data=True)}
    return graph


def _lay_roads(grid: Graph, config: TheatreConfig) -> None:
    """Add every road's squares and steps: the innermost zone and the faster road win."""
    places = {place.name: place for place in config.places}
    for road in config.roads:
        kind = config.road_classes[road.road_class]
        ends = (places[road.start], places[road.to])
        squares, lengths, points = cut(ends, config.square_km, kind.step_km or config.square_km)
        for square in squares:
            passed = [*grid.nodes.get(square, {}).get("points", ()), *points[square]]
            zone = min(road.zone, grid.nodes.get(square, {}).get("zone", road.zone), key=ZONES.index)
            grid.add_node(square, zone=zone, control="government", neighbourhood=None, place="", points=passed)
        for (a, b), length in zip(pairwise(squares), lengths, strict=True):
            step = {"hours": length / kind.speed_kmh, "length_km": length}
            old = grid.get_edge_data(a, b) or step
            grid.add_edge(a, b, **min(step, old, key=lambda s: (s["hours"], s["length_km"])))


def _road_km(graph: Graph, node: int) -> float:
    return math.fsum(step["length_km"] for step in graph[node].values()) / 2


def _find_middles(grid: Graph) -> None:
    """Where the road of each square is: at its place, else in the middle of the points at which roads were cut."""
    for _, node in grid.nodes(data=True):
        points = set(node.pop("points", ()))  # of two roads that lie on each other each point counts once
        if "road" not in node:  # fsum: not even the last bit depends on the order of roads in the file
            node["road"] = tuple(math.fsum(axis) / len(points) for axis in zip(*points, strict=True))


def cut(
    ends: Sequence[Place], square_km: float, step_km: float
) -> tuple[list[Square], list[float], dict[Square, list[tuple[float, float]]]]:
    """Squares along a straight road, the lengths (km) between them, whose sum is the road's, and its points in each."""
    a, b = sorted(ends, key=lambda p: (p.x_km, p.y_km, p.name))
    from sim.maths import hypot  # not above: who only reads events needs no compiler

    length = hypot(b.x_km - a.x_km, b.y_km - a.y_km)
    n_steps = max(1, math.ceil(length / step_km))
    points = zip(np.linspace(a.x_km, b.x_km, n_steps + 1), np.linspace(a.y_km, b.y_km, n_steps + 1), strict=True)
    entered: dict[Square, int] = {}
    inside: dict[Square, list[tuple[float, float]]] = {}
    for i, (x, y) in enumerate(points):
        entered.setdefault(square_at(x, y, square_km), i)
        inside.setdefault(square_at(x, y, square_km), []).append((float(x), float(y)))
    starts = list(entered.values())
    ticks = [*starts[:-1], n_steps] if len(starts) > 1 else starts
    return list(entered), [(j - i) * length / n_steps for i, j in pairwise(ticks)], inside


def _lay_places(grid: Graph, config: TheatreConfig, file: File) -> None:
    """Name the squares of places. Of places that share a square the innermost owns it, the first by name of those."""
    for i, site in enumerate(config.sites):
        place = next(p for p in config.places if p.name == site.place)
        if square_at(place.x_km, place.y_km, config.square_km) not in grid:
            raise ConfigError(file, f"sites[{i}].place", site.place, "it must lie on a road")
    owned: set[Square] = set()
    for place in sorted(config.places, key=lambda p: (ZONES.index(p.zone), p.name)):
        square = square_at(place.x_km, place.y_km, config.square_km)
        if square not in owned:
            owned.add(square)
            keep = place.model_dump(include={"zone", "control", "neighbourhood"})
            grid.add_node(square, **keep, place=place.name, road=(place.x_km, place.y_km))


def _check_grid(grid: Graph, config: TheatreConfig, file: File) -> None:
    import networkx as nx

    parts: list[list[Square]] = [sorted(part) for part in nx.connected_components(grid)]
    main = max(parts, key=lambda part: (len(part), part))
    squares = {p.name: square_at(p.x_km, p.y_km, config.square_km) for p in config.places}
    if cut_off := sorted(name for name, square in squares.items() if square not in main):
        raise ConfigError(file, "roads", cut_off, "they must join these places to the rest")
    if len(grid) > MAX_SQUARES:
        allowed = f"there may be at most {MAX_SQUARES} squares; raise square_km or a class's step_km"
        raise ConfigError(file, "roads", len(grid), allowed)
    for square, degree in sorted(grid.degree):
        if degree > MAX_NEIGHBOURS:
            where = f"{grid.nodes[square]['place'] or square} has {degree} neighbours"
            raise ConfigError(file, "roads", where, f"a square may have at most {MAX_NEIGHBOURS}")


# --- graph -> arrays ------------------------------------------------------------------------


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _place_squares(config: TheatreConfig, graph: Graph) -> dict[str, int]:
    size = config.square_km
    number = {square_at(x, y, size): node for node, (x, y) in graph.graph["pos"].items()}
    places = sorted(config.places, key=lambda p: p.name)
    return {p.name: number[square_at(p.x_km, p.y_km, size)] for p in places}


def _neighbours(graph: Graph) -> tuple[Ints, Floats]:
    """Neighbours ascending with -1 padding, and hours to them with inf padding."""
    neighbours = np.full((len(graph), MAX_NEIGHBOURS), -1, np.int64)
    hours = np.full((len(graph), MAX_NEIGHBOURS), np.inf)
    for node in graph:
        for slot, other in enumerate(sorted(graph[node])):
            neighbours[node, slot] = other
            hours[node, slot] = graph[node][other]["hours"]
    return neighbours, hours


def _steps(neighbours: Ints, neighbour_hours: Floats, hours: Floats) -> NDArray[np.int8]:
    """Slot of the next square; ties (within a nanohour) go to the lowest slot."""
    ahead = neighbour_hours[:, :, None] + hours[neighbours]
    steps: NDArray[np.int8] = ahead.round(9).argmin(axis=1).astype(np.int8)
    np.fill_diagonal(steps, -1)
    return steps


def _walk(neighbours: Ints, step_toward: NDArray[np.int8], start: int, end: int) -> list[int]:
    path = [start]
    while path[-1] != end:
        path.append(int(neighbours[path[-1], step_toward[path[-1], end]]))
    return path


def _vias(
    vias: Sequence[int],
    trips: Sequence[tuple[int, int]],
    neighbours: Ints,
    step_toward: NDArray[np.int8],
    hours: Floats,
) -> Ints:
    """Ways from gateway to site that differ enough and pass no square twice; see `Theatre`."""
    chosen = np.full((len(trips), MAX_VIAS), -2, np.int64)
    for row, (gateway, site) in zip(chosen, trips, strict=True):
        row[0] = -1
        paths = [set(_walk(neighbours, step_toward, gateway, site))]
        for via in sorted(vias, key=lambda v: (round(hours[gateway, v] + hours[v, site], 9), v)):
            total = hours[gateway, via] + hours[via, site]
            if len(paths) == MAX_VIAS or total > MAX_DETOUR * hours[gateway, site]:
                break
            path = _walk(neighbours, step_toward, gateway, via)
            path += _walk(neighbours, step_toward, via, site)[1:]
            if _is_other_way(path, paths):
                row[len(paths)] = via
                paths.append(set(path))
    return chosen


def _is_other_way(path: Sequence[int], paths: Sequence[set[int]]) -> bool:
    if max(Counter(path).values()) > 1:
        return False
    return all(len(other.intersection(path)) < MAX_SHARED * len(path) for other in paths)


# --- roads within range ----------------------------------------------------------------------------
def squares_within(theatre: Theatre, x_km: float, y_km: float, range_km: float, without: int = -1) -> Ints:
    """Squares that stand for the points of road within range of a place, at any spacing of the squares, ascending.

    A point of road stands with the nearer end of its stretch. A square may be left out, that of the place itself: for a
    point whose nearer end it is, the other end stands.
    """
    stretches = _stretches(theatre)
    a, b = stretches.a, stretches.b
    first, last = _part_within(stretches, (x_km, y_km), range_km)
    at_a, at_b = (first <= last) & (first < 0.5), (first <= last) & (last >= 0.5)
    near = np.zeros(theatre.n_squares, np.bool_)
    near[np.where(a == without, b, a)[at_a]] = near[np.where(b == without, a, b)[at_b]] = True
    return np.flatnonzero(near)


class _Stretches(NamedTuple):
    """Both ends of every stretch of road (squares), the place of the first, and from there to the second (km)."""

    a: Ints
    b: Ints
    x: Floats
    y: Floats
    dx: Floats
    dy: Floats


@lru_cache(maxsize=8)
def _stretches(theatre: Theatre) -> _Stretches:
    a, slot = np.nonzero(theatre.neighbours > np.arange(theatre.n_squares)[:, None])
    b, x, y = theatre.neighbours[a, slot], theatre.road_x_km, theatre.road_y_km
    return _Stretches(a, b, x[a], y[a], x[b] - x[a], y[b] - y[a])


def _part_within(stretches: _Stretches, at: tuple[float, float], km: float) -> tuple[Floats, Floats]:
    """The part of each stretch from `a` (0) to `b` (1) that lies within so many km of a point; (1, 0) if none does."""
    ax, ay, dx, dy = stretches.x - at[0], stretches.y - at[1], stretches.dx, stretches.dy
    # |a + t d|² = km²
    dd, ad, aa = dx * dx + dy * dy, ax * dx + ay * dy, ax * ax + ay * ay
    root = ad * ad - dd * (aa - km * km)
    half = np.sqrt(np.maximum(root, 0.0))
    first, last = np.maximum((-ad - half) / dd, 0.0), np.minimum((-ad + half) / dd, 1.0)
    there = (root >= 0.0) & (first <= 1.0) & (last >= 0.0)
    return np.where(there, first, 1.0), np.where(there, last, 0.0)


# --- areas --------------------------------------------------------------------------------------
# What a warning names, a closure closes and a clearance clears. Each neighbourhood of the International Zone is an area
# (`international_zone/north`), and so is each other zone (`airport`, `city`, …). A square belongs to exactly one.


def area_names(theatre: Theatre) -> list[str]:
    """Names of the areas in the order of their rows."""
    zone = ZONES[INTERNATIONAL_ZONE]
    return [*(f"{zone}/{name}" for name in theatre.neighbourhood_names), *ZONES[INTERNATIONAL_ZONE + 1 :]]


def area_of_squares(theatre: Theatre) -> NDArray[np.int64]:
    """The row of each square's area (n_squares)."""
    n = len(theatre.neighbourhood_names)
    inside = theatre.zone == INTERNATIONAL_ZONE
    return np.where(inside, theatre.neighbourhood, n + theatre.zone - INTERNATIONAL_ZONE - 1)


def areas_of_places(theatre: Theatre) -> dict[str, int]:
    """The row of each place's area: a neighbourhood's own, also where another one owns the square."""
    squares = area_of_squares(theatre)
    return {
        place.name: theatre.neighbourhood_names.index(place.neighbourhood)
        if place.neighbourhood
        else int(squares[theatre.places[place.name]])
        for place in theatre.config.places
    }


def squares_of_neighbourhoods(theatre: Theatre) -> dict[int, int]:
    """A square of each neighbourhood, by the row of its area: that of its first place by name."""
    places = sorted((place for place in theatre.config.places if place.neighbourhood), key=lambda p: p.name)
    rows = areas_of_places(theatre)
    return {rows[place.name]: theatre.places[place.name] for place in reversed(places)}


def rows_of_areas(names: Iterable[str], theatre: Theatre) -> list[int]:
    """Rows of areas by name, in the order given; the name of a zone stands for all of its areas.

    Raises KeyError with the first name that is not known.
    """
    known, rows = area_names(theatre), []
    for name in names:
        found = [k for k, area in enumerate(known) if area == name or area.startswith(f"{name}/")]
        if not found:
            raise KeyError(name)
        rows += [k for k in found if k not in rows]
    return rows
