"""The country around a theatre: its border and its rivers, from `configs/base_maps`. For the eye alone."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sim.config_files import StrictTable, configs_folder, read_toml, validate
from sim.theatre import Theatre


class River(StrictTable):
    """A line through places by name, and points in km."""

    name: str
    points: list[str | list[float]] = Field(min_length=2)


class CountryMap(StrictTable):
    """Positions in km, x east and y north, as the theatre has them."""

    source: str
    border: list[list[float]] = Field(min_length=3)
    rivers: list[River] = Field(default_factory=list)


def base_map(theatre: Theatre) -> dict[str, Any]:
    """Border and rivers as the map takes them; nothing for a theatre without a file of its name."""
    path = configs_folder() / "base_maps" / f"{theatre.name}.toml"
    if not path.is_file():
        return {"border": [], "rivers": []}
    found = validate(CountryMap, read_toml(path), path)
    rivers = [{"name": river.name, "points": _line(river, theatre)} for river in found.rivers]
    return {"border": found.border, "rivers": rivers}


def _line(river: River, theatre: Theatre) -> list[list[float]]:
    """A place that a theatre of one's own lacks is passed by."""
    at = {place.name: [place.x_km, place.y_km] for place in theatre.config.places}
    points = [at.get(point) if isinstance(point, str) else point for point in river.points]
    return [point for point in points if point is not None]
