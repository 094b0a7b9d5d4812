"""What the map needs once: ground, roads, places, sites, areas, and words for states. Positions are km on the grid."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from sim.agents import AGENTS
from sim.app.map.base_map import base_map
from sim.app.map.frame import OTHERS
from sim.model import PostureModel
from sim.names import agent_names
from sim.scenario import Scenario
from sim.state import AREA_PHASES, MODES, PHASES
from sim.theatre import Theatre, area_names
from sim.theatre_config import CONTROLS, INTERNATIONAL_ZONE, ZONES
from sim.world import ROLES

CENTRE_KM = 35.0  # half the side of the inset: Baghdad and its belts
ZONE = ZONES[INTERNATIONAL_ZONE]


def layout(model: PostureModel) -> dict[str, Any]:
    """What never changes in a run, as JSON takes it; agents and squares are in the order of their rows.

    Distances are in km, speeds in km/h, times in hours, `magazine` in bursts per battery.
    """
    scenario, world = model.setting, model.world
    names = agent_names(scenario)
    return {
        "label": scenario.label,
        "start": scenario.posture.start.isoformat(),
        "days": scenario.days,
        "tile_km": tile_km(scenario.theatre),
        "c_ram_km": float(world.defence.radius_km),
        "magazine": int(world.defence.ready_bursts),
        "centre": _centre(scenario.theatre),
        "squares": _squares(scenario.theatre, world),
        "roads": _roads(scenario.theatre),
        "country": base_map(scenario.theatre),
        "places": _places(scenario.theatre),
        "sites": _sites(scenario),
        "areas": _areas(scenario, world),
        "units": {"name": names["units"], "role": world.units["role"][: world.n_units].tolist()},
        "details": {"name": names["details"]},
        "others": {kind: {"name": names[kind], "title": _title(kind)} for kind in OTHERS},
        "factions": names["factions"],
        "cells": {"name": names["cells"], "faction": world.cells["faction"][: world.n_cells].tolist()},
        "words": _words(),
    }


def in_words(name: str) -> str:
    """A name as people write it: `al_qaim_town` becomes "Al Qaim town"."""
    first, *others = name.split("_")
    words = [first.capitalize(), *others]
    if first in ("al", "abu") and others:
        words[1] = others[0].capitalize()
    return " ".join(words)


def tile_km(theatre: Theatre) -> float:
    """Side of what is tinted for a square: the shortest step of road, as squares alone may be too small to be seen."""
    size = theatre.square_km
    return max(size, min(kind.step_km or size for kind in theatre.config.road_classes.values()))


def _title(kind: str) -> str:
    """A kind of agent in words, by its class: `ForeignDetail` becomes "foreign detail"."""
    return re.sub(r"(?<!^)([A-Z])", r" \1", AGENTS[kind].__name__).lower()


def _words() -> dict[str, list[str]]:
    return {
        "modes": list(MODES),
        "phases": list(PHASES),
        "roles": list(ROLES),
        "area_phases": list(AREA_PHASES),
        "zones": [in_words(zone) for zone in ZONES],
        "controls": list(CONTROLS),
    }


def _squares(theatre: Theatre, world: Any) -> dict[str, Any]:
    n = theatre.n_squares
    titles = [""] * n
    for name in sorted(theatre.places, reverse=True):  # of places that share a square the first by name stays
        titles[theatre.places[name]] = in_words(name.removeprefix("iz_"))
    return {
        "x": theatre.x_km.tolist(),
        "y": theatre.y_km.tolist(),
        "zone": theatre.zone.tolist(),
        "control": theatre.control.tolist(),
        "area": world.squares["area"][:n].tolist(),
        "place": titles,
    }


def _roads(theatre: Theatre) -> list[list[float]]:
    """Two squares, speed in km/h and length in km of each step."""
    return [
        [int(a), int(b), round(road["length_km"] / road["hours"]), round(road["length_km"], 1)]
        for a, b, road in theatre.graph.edges(data=True)
    ]


def _middle(theatre: Theatre) -> tuple[float, float]:
    """The middle of the International Zone; of everything in a theatre that has none."""
    inside = theatre.zone == INTERNATIONAL_ZONE
    chosen = inside if inside.any() else np.ones_like(inside)
    return float(theatre.x_km[chosen].mean()), float(theatre.y_km[chosen].mean())


def _centre(theatre: Theatre) -> dict[str, Any]:
    """What the inset shows: `half_km` to each side of the middle."""
    x, y = _middle(theatre)
    return {"name": in_words(theatre.name), "x": x, "y": y, "half_km": CENTRE_KM}


def _places(theatre: Theatre) -> list[dict[str, Any]]:
    """Places to label, the most important first. `rank`: 0 large town, 1 gateway or town, 2 in the capital."""
    x, y = _middle(theatre)
    bases = {site.place for site in theatre.config.sites}
    places = []
    for place in theatre.config.places:
        if place.name in bases or place.zone == ZONE:
            continue  # a site has its own label, a neighbourhood that of its area
        near = max(abs(place.x_km - x), abs(place.y_km - y)) < CENTRE_KM
        rank = 2 if near else 0 if place.zone == "city" else 1
        degree = theatre.graph.degree[theatre.places[place.name]]
        where = {"title": in_words(place.name), "x": place.x_km, "y": place.y_km}
        places.append({**where, "rank": rank, "roads": degree, "gateway": int(place.zone == "gateway")})
    return sorted(places, key=lambda place: (place["rank"], -place["roads"], place["title"]))


def _sites(scenario: Scenario) -> dict[str, list[Any]]:
    theatre = scenario.theatre
    sites = theatre.config.sites
    return {
        "name": [site.name for site in sites],
        "title": [site.title for site in sites],
        "label": [in_words(site.name) for site in sites],
        "x": theatre.site_x_km.tolist(),
        "y": theatre.site_y_km.tolist(),
        "square": theatre.site_square.tolist(),
        "hardening": [site.hardening for site in sites],
        "value": [site.symbolic_value for site in sites],
    }


def _areas(scenario: Scenario, world: Any) -> dict[str, list[Any]]:
    """Areas by row; `zone` is 1 for a neighbourhood of the International Zone."""
    names = area_names(scenario.theatre)
    return {
        "name": names,
        "title": [in_words(name.rpartition("/")[2]) for name in names],
        "zone": [int(name.startswith(f"{ZONE}/")) for name in names],
        "fighters": world.areas["fighters"][: len(names)].tolist(),
        "heavy_weapons": world.areas["heavy_weapons"][: len(names)].tolist(),
    }
