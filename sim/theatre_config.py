"""What a theatre file may say: its tables, their bounds, and checks across tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import Field

from sim.config_files import StrictTable
from sim.errors import ConfigError
from sim.parameters import CommonState
from sim.state import MAX_CELLS, MAX_DETAILS, MAX_FACTIONS, MAX_SITES, MAX_UNITS
from sim.suggestions import one_of
from sim.texts import Name

File: TypeAlias = str | Path | None

RoadZone = Literal["airport", "airport_road", "city", "belt", "corridor", "remote_base", "gateway"]
Zone = Literal["international_zone", RoadZone]
Control = Literal["government", "contested", "militia"]
Role = Literal["checkpoint", "patrol", "reaction"]
ZONES: tuple[str, ...] = ("international_zone", *get_args(RoadZone))
INTERNATIONAL_ZONE, AIRPORT = ZONES.index("international_zone"), ZONES.index("airport")
CONTROLS: tuple[str, ...] = get_args(Control)

Title = Annotated[str, Field(min_length=1, max_length=120)]
Share = Annotated[float, Field(ge=0, le=1)]
Taste = Annotated[float, Field(ge=-3, le=3)]
Kilometres = Annotated[float, Field(ge=-2000, le=2000)]
Count = Annotated[int, Field(ge=1, le=MAX_UNITS)]


class RoadClass(StrictTable):
    """Speed stands for a loaded vehicle on straight lines; `step_km` defaults to one square."""

    speed_kmh: float = Field(gt=0, le=150)
    step_km: float | None = Field(default=None, gt=0, le=100)


class Place(StrictTable):
    """A town or district; `neighbourhood` for zone international_zone, and only there."""

    name: Name
    x_km: Kilometres
    y_km: Kilometres
    zone: Zone
    control: Control
    neighbourhood: Name | None = None


class Road(StrictTable):
    """A straight road between two places; `zone` is that of squares without a place."""

    start: str = Field(alias="from")
    to: str
    road_class: str = Field(alias="class")
    zone: RoadZone = "corridor"


class SiteConfig(StrictTable):
    """A site stands at its place; `symbolic_value` from 0 to 10, without a unit."""

    name: Name
    title: Title
    place: str
    hardening: Share
    symbolic_value: float = Field(ge=0, le=10)
    gateway: str
    nest: Name | None = Field(
        default=None, description="sites with the same word are one place; none: a place of its own"
    )
    city: Name | None = Field(default=None, description="the same for a city")
    source: Title


class FactionConfig(StrictTable):
    """Tastes are offsets of utility, without a unit; `cells` counts cells by place."""

    name: Name
    title: Title
    obedience_to_patron: Share
    deniability: Share
    taste_rocket: Taste
    taste_drone: Taste
    taste_road: Taste
    taste_detail: Taste
    leaders: int = Field(ge=0, le=100)
    funds: Share
    cells: dict[str, Count]


class GarrisonConfig(StrictTable):
    """Iraqi units of one role and reliability; `units` counts them by place."""

    role: Role
    reliability: Share
    units: dict[str, Count]


class NeighbourhoodConfig(StrictTable):
    """Who holds a neighbourhood of the International Zone against its government (S24)."""

    name: Name
    fighters: int = Field(ge=0, le=100_000)
    heavy_weapons: int = Field(ge=0, le=10_000)
    source: Title


class DetailRoute(StrictTable):
    """Where `count` foreign details drive to and fro."""

    title: Title
    start: str = Field(alias="from")
    to: str
    count: Count


class TheatreConfig(StrictTable):
    """One theatre file; lists are lenient only in that TOML's lists become tuples."""

    name: Name
    title: Title
    square_km: float = Field(gt=0, le=50)
    road_classes: dict[Name, RoadClass]
    common_state: CommonState | None = None
    vias: Annotated[tuple[str, ...], Field(strict=False)] = ()
    places: Annotated[tuple[Place, ...], Field(strict=False, min_length=1)]
    roads: Annotated[tuple[Road, ...], Field(strict=False, min_length=1)]
    sites: Annotated[tuple[SiteConfig, ...], Field(strict=False)] = ()
    factions: Annotated[tuple[FactionConfig, ...], Field(strict=False)] = ()
    garrisons: Annotated[tuple[GarrisonConfig, ...], Field(strict=False)] = ()
    detail_routes: Annotated[tuple[DetailRoute, ...], Field(strict=False)] = ()
    neighbourhoods: Annotated[tuple[NeighbourhoodConfig, ...], Field(strict=False)] = ()


# --- agents in the order of their rows: name, and what it is made of ---------------------------------------------
def cells_of(config: TheatreConfig) -> list[tuple[str, int, str]]:
    """Name, row of the faction and home of each militia cell."""
    return [
        (f"{faction.name}/{place}/{k}", f, place)
        for f, faction in enumerate(config.factions)
        for place, n in sorted(faction.cells.items())
        for k in range(n)
    ]


def units_of(config: TheatreConfig) -> list[tuple[str, GarrisonConfig, str]]:
    """Name, garrison and home of each Iraqi unit; of a role at a place they are numbered through."""
    seen: Counter[tuple[str, str]] = Counter()
    units = []
    for garrison in config.garrisons:
        for place in (place for place, n in sorted(garrison.units.items()) for _ in range(n)):
            units.append((f"{garrison.role}/{place}/{seen[garrison.role, place]}", garrison, place))
            seen[garrison.role, place] += 1
    return units


def details_of(config: TheatreConfig) -> list[tuple[str, DetailRoute]]:
    """Name and route of each foreign detail."""
    return [(f"detail/{r.start}/{r.to}/{k}", r) for r in config.detail_routes for k in range(r.count)]


AGENT_ROWS: dict[str, Callable[[TheatreConfig], Sequence[tuple[Any, ...]]]] = {
    "sites": lambda config: [(site.name, site) for site in config.sites],
    "washington": lambda config: [("Washington",)],
    "baghdad": lambda config: [("Baghdad",)],
    "coordinator": lambda config: [("Coordinating body",)],
    "factions": lambda config: [(faction.name, faction) for faction in config.factions],
    "cells": cells_of,
    "units": units_of,
    "details": details_of,
}
"""Kind of agent → its rows; convoys come and go."""


def check_config(config: TheatreConfig, file: File) -> None:
    """Refuse names that are unknown or taken, and more agents than there is room for."""
    _check_names(config, file)
    _check_counts(config, file)


def _check_names(config: TheatreConfig, file: File) -> None:
    for group in ("places", "sites", "factions", "neighbourhoods"):
        _unique([(f"{group}[{i}].name", t.name) for i, t in enumerate(getattr(config, group))], file)
    _unique([(f"vias[{i}]", via) for i, via in enumerate(config.vias)], file)
    known = {place.name: place for place in config.places}
    for key, name in _named_places(config):
        if name not in known:
            raise ConfigError(file, key, name, f"it must be a place of [[places]], {one_of(name, known)}")
    for i, site in enumerate(config.sites):
        if known[site.gateway].zone != "gateway":
            raise ConfigError(file, f"sites[{i}].gateway", site.gateway, "it must have zone 'gateway'")
    for i, place in enumerate(config.places):
        if (place.zone == "international_zone") != (place.neighbourhood is not None):
            allowed = "it must be given for zone 'international_zone', and only there"
            raise ConfigError(file, f"places[{i}].neighbourhood", place.neighbourhood, allowed)
    there = {place.neighbourhood for place in config.places if place.neighbourhood}
    for i, neighbourhood in enumerate(config.neighbourhoods):
        if neighbourhood.name not in there:
            known_there = one_of(neighbourhood.name, sorted(there)) if there else "and there is none"
            allowed = f"it must be the neighbourhood of a place, {known_there}"
            raise ConfigError(file, f"neighbourhoods[{i}].name", neighbourhood.name, allowed)
    _check_roads(config, file)


def _check_roads(config: TheatreConfig, file: File) -> None:
    for i, road in enumerate(config.roads):
        if road.road_class not in config.road_classes:
            allowed = f"it must be {one_of(road.road_class, sorted(config.road_classes))}"
            raise ConfigError(file, f"roads[{i}].class", road.road_class, allowed)
        if road.start == road.to:
            raise ConfigError(file, f"roads[{i}].to", road.to, "it must differ from 'from'")


def _unique(keyed: Iterable[tuple[str, str]], file: File) -> None:
    seen: dict[str, str] = {}
    for key, name in keyed:
        if name in seen:
            raise ConfigError(file, key, name, f"it must be unique; taken by {seen[name]}")
        seen[name] = key


def _named_places(config: TheatreConfig) -> Iterator[tuple[str, str]]:
    """Every (key, place name) that refers to a place."""
    yield from ((f"vias[{i}]", via) for i, via in enumerate(config.vias))
    for group in ("roads", "detail_routes"):
        for i, line in enumerate(getattr(config, group)):
            yield f"{group}[{i}].from", line.start
            yield f"{group}[{i}].to", line.to
    for i, site in enumerate(config.sites):
        yield f"sites[{i}].place", site.place
        yield f"sites[{i}].gateway", site.gateway
    for i, faction in enumerate(config.factions):
        yield from ((f"factions[{i}].cells", name) for name in faction.cells)
    for i, garrison in enumerate(config.garrisons):
        yield from ((f"garrisons[{i}].units", name) for name in garrison.units)


def _check_counts(config: TheatreConfig, file: File) -> None:
    for key, kind, limit in (
        ("sites", "sites", MAX_SITES),
        ("factions", "factions", MAX_FACTIONS),
        ("factions.cells", "cells", MAX_CELLS),
        ("garrisons.units", "units", MAX_UNITS),
        ("detail_routes.count", "details", MAX_DETAILS),
    ):
        count = len(AGENT_ROWS[kind](config))
        if count > limit:
            raise ConfigError(file, key, count, f"there may be at most {limit} in all")
