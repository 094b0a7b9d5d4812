"""Who reaches what: sites under a battery's umbrella, launch squares, squares and sites within a cell's radius."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import ConfigError
from sim.parameters import place_of
from sim.scenario import Scenario
from sim.state import MAX_RING, Row
from sim.theatre import squares_within
from sim.theatre_config import AIRPORT, INTERNATIONAL_ZONE

BUDGET = place_of("choice.waiting", "budget")


def pack_distances(world: Row, scenario: Scenario) -> None:
    """Which sites a battery at a site covers, and the squares from which a site can be fired at."""
    sites, squares = world.sites[: world.n_sites], world.squares[: world.n_squares]
    site_names, square_names = np.array(sites["name"]), np.array(squares["name"])
    site_km, square_km = (_away_km(places, sites[:, np.newaxis]) for places in (sites, squares))  # a row for each site
    covered, opened = site_km <= world.defence.radius_km, sites["open"].tolist()
    near = _launch_squares(scenario, sites, float(world.fire.range_km))
    is_near = np.zeros(len(squares), np.bool_)
    world.ring[:], world.covering[:] = 0, 0
    for j, site in enumerate(scenario.theatre.config.sites):
        covering = _nearest_first(np.flatnonzero(covered[j]), site_km[j], site_names)
        ring = _nearest_first(near[j], square_km[j], square_names)
        if opened[j]:
            check_ring(len(ring), site.name, scenario)
            is_near[ring] = True
        ring = ring[:MAX_RING]  # of a site that is not held there may be more
        sites["n_covering"][j], sites["n_ring"][j] = len(covering), len(ring)
        world.covering[j, : len(covering)], world.ring[j, : len(ring)] = covering, ring
    squares["near_site"] = is_near


def _launch_squares(scenario: Scenario, sites: Any, range_km: float) -> list[NDArray[Any]]:
    places = zip(*(sites[name].tolist() for name in ("x", "y", "square")), strict=True)
    return [squares_within(scenario.theatre, x, y, range_km, square) for x, y, square in places]


def check_ring(n_ring: int, site: str, scenario: Scenario) -> None:
    """A site that is held must be one that can be fired at, or its safety would be an accident of the drawing."""
    range_km = scenario.parameters.fire.range_km
    if n_ring == 0:
        allowed = f"it must be a site with a road within fire.range_km ({range_km:g} km) that leads away from it"
        raise ConfigError(scenario.file, "sites", site, allowed)
    if n_ring > MAX_RING:
        allowed = f"there may be at most {MAX_RING} launch squares a site; {site} has {n_ring}"
        raise ConfigError(scenario.file, "fire.range_km", range_km, allowed)


def sites_out_of_reach(scenario: Scenario, world: Row) -> list[str]:
    """Sites of the posture that no cell can fire at: it lives too far, or may enter none of the launch squares."""
    names = [site.name for site in scenario.theatre.config.sites]
    return [names[j] for j in range(world.n_sites) if world.sites[j].open and not _is_reached(world, j)]


def _is_reached(world: Row, j: int) -> bool:
    """May a cell ever choose site `j`, and stand where it can fire at it?"""
    homes, site = world.squares[world.cells["home"][: world.n_cells]], world.sites[j]
    near = homes[_within(homes, world.squares[site.square], world.operations.radius_km)]
    zones = world.squares["zone"][world.ring[j, : site.n_ring]]
    return bool((len(near) and (~_gated(zones)).any()) or np.isin(near["zone"], zones).any())


def _within(places: Any, row: Any, km: float) -> NDArray[np.bool_]:
    """Which places are at most so far from a row, or from rows; the same comparison as that of `grid.within`."""
    dx, dy = places["x"] - row["x"], places["y"] - row["y"]
    return np.asarray(dx * dx + dy * dy <= km * km)


def _gated(zones: NDArray[Any]) -> NDArray[np.bool_]:
    """The International Zone and the airport: only a cell that lives in one acts from inside it."""
    return np.isin(zones, (INTERNATIONAL_ZONE, AIRPORT))


def _away_km(places: Any, row: Any) -> NDArray[np.float64]:
    """Distances from a row, or from rows; only operations that every machine rounds alike."""
    dx, dy = places["x"] - row["x"], places["y"] - row["y"]
    return np.asarray(np.sqrt(dx * dx + dy * dy))


def _nearest_first(rows: NDArray[Any], away_km: NDArray[np.float64], names: NDArray[Any]) -> NDArray[Any]:
    """Some rows, the nearest first, then by name."""
    return np.asarray(rows[np.lexsort((names[rows], away_km[rows]))])


def pack_reach(world: Row, _: Scenario) -> None:
    """Squares that a cell may lay bombs in: those whose road is within its radius, as traffic is that of a square.

    Of those in a gated zone a cell reaches none but those of its own.
    """
    squares, cells = world.squares[: world.n_squares], world.cells[: world.n_cells]
    homes = squares[cells["home"]][:, np.newaxis]  # a row for each cell, a column for each square
    open_to = ~_gated(squares["zone"]) | (squares["zone"] == homes["zone"])
    rows, reached = np.nonzero(_within(squares, homes, world.operations.radius_km) & open_to)
    n_reach = np.bincount(rows, minlength=len(cells))
    cells["n_reach"], world.reach[:] = n_reach, 0
    world.reach[rows, np.arange(len(rows)) - np.repeat(np.cumsum(n_reach) - n_reach, n_reach)] = reached


def pack_activity(world: Row, _: Scenario) -> None:
    """How active each cell is: mean 1, so that weights move where attacks come from, not how many there are."""
    cells, squares, top = world.cells[: world.n_cells], world.squares, world.sites[world.top_site]
    homes = squares[cells["home"]]
    inside = _within(homes, squares[top.square], world.operations.radius_km)
    weights = np.where(inside, 1.0, world.operations.outside_weight)
    weights[homes["zone"] == INTERNATIONAL_ZONE] *= world.operations.zone_weight
    cells["activity"] = 1.0 if not weights.any() else weights * (len(weights) / weights.sum())
    world.effort = world.common_state.share_going if world.choice.waiting == BUDGET else 1.0
