"""What is changed: the theatre's file, parameters, or the streams; and experiments that ask why an effect shifts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sim.parameters import Parameters
from sim.scenario import Scenario, compose, load_scenario
from sim.theatre import build_theatre
from sim.theatre_config import TheatreConfig

SEED = 1

Change: TypeAlias = Callable[[TheatreConfig], TheatreConfig]
Numbers: TypeAlias = Mapping[str, float]


def as_drawn(config: TheatreConfig) -> TheatreConfig:
    """The theatre as its file has it."""
    return config


@dataclass(frozen=True)
class Variant:
    """One change. With several theatres each replicate runs in all of them, and their mean counts."""

    name: str
    theatres: tuple[Change, ...] = (as_drawn,)
    parameters: tuple[tuple[str, float], ...] = ()
    seed: int = SEED


@dataclass(frozen=True)
class Experiment:
    """A variant against another world than the model as it is: one that holds the same suspect still."""

    suspect: str
    variant: Variant
    against: Variant


def scenario_of(posture: str, theatre: Change, parameters: Sequence[tuple[str, float]] = ()) -> Scenario:
    """A posture in the changed theatre, with changed parameters."""
    base = load_scenario(posture)
    config = theatre(base.theatre.config)
    built = base.theatre if config == base.theatre.config else build_theatre(config, base.file)
    return compose(base.posture, base.file, built).with_changes(dict(parameters))


# --- changes of a theatre ----------------------------------------------------------------------------------------
def steps(factor: float) -> Change:
    """Roads cut into steps of another length."""

    def change(config: TheatreConfig) -> TheatreConfig:
        return _with_steps(config, lambda step_km: factor * step_km)

    return change


def squares(km: float) -> Change:
    """Squares of another size; roads are still cut into the same steps, so that only what shares a square changes."""

    def change(config: TheatreConfig) -> TheatreConfig:
        return _with_steps(config, lambda step_km: step_km).model_copy(update={"square_km": km})

    return change


def _with_steps(config: TheatreConfig, to: Callable[[float], float]) -> TheatreConfig:
    classes = {
        name: kind.model_copy(update={"step_km": to(kind.step_km or config.square_km)})
        for name, kind in config.road_classes.items()
    }
    return config.model_copy(update={"road_classes": classes})


def moved(east_km: float, north_km: float) -> Change:
    """Everything so far to the east and north: places fall into other squares."""
    return _places(lambda x, y: (x + east_km, y + north_km))


def turned(degrees: float) -> Change:
    """Everything turned about the origin."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _places(lambda x, y: (round(c * x - s * y, 6), round(s * x + c * y, 6)))


def both(first: Change, then: Change) -> Change:
    """One change after the other."""
    return lambda config: then(first(config))


def _places(to: Callable[[float, float], tuple[float, float]]) -> Change:
    def change(config: TheatreConfig) -> TheatreConfig:
        at = [(place, to(place.x_km, place.y_km)) for place in config.places]
        places = tuple(place.model_copy(update={"x_km": x, "y_km": y}) for place, (x, y) in at)
        return config.model_copy(update={"places": places})

    return change


def cells(factor: float, owed: float = 0.0) -> Change:
    """So many times the cells at each place; halves go in turn to the one and the other of two places.

    `owed` is what the first place has before its own: 0 and 0.5 halve at the one and at the other of each two places.
    """

    def change(config: TheatreConfig) -> TheatreConfig:
        left, factions = owed, []
        for faction in config.factions:
            counts = {}
            for place, n in sorted(faction.cells.items()):
                left += factor * n
                if (whole := math.floor(left + 1e-9)) > 0:
                    counts[place] = whole
                left -= whole
            factions.append(faction.model_copy(update={"cells": counts}))
        return config.model_copy(update={"factions": tuple(factions)})

    return change


HALVES = (cells(0.5), cells(0.5, owed=0.5))


def renamed(config: TheatreConfig) -> TheatreConfig:
    """Places and factions under other names: agents are other agents, in another order."""
    new = {place.name: f"p{n:03d}" for n, place in enumerate(reversed(config.places))}
    places = [place.model_copy(update={"name": new[place.name]}) for place in config.places]
    roads = [road.model_copy(update={"start": new[road.start], "to": new[road.to]}) for road in config.roads]
    sites = [s.model_copy(update={"place": new[s.place], "gateway": new[s.gateway]}) for s in config.sites]
    factions = [
        f.model_copy(update={"name": f"f{n}", "cells": {new[p]: k for p, k in f.cells.items()}})
        for n, f in enumerate(config.factions)
    ]
    garrisons = [g.model_copy(update={"units": {new[p]: k for p, k in g.units.items()}}) for g in config.garrisons]
    routes = [r.model_copy(update={"start": new[r.start], "to": new[r.to]}) for r in config.detail_routes]
    lists: dict[str, Sequence[Any]] = {"places": places, "roads": roads, "sites": sites, "factions": factions}
    lists |= {"garrisons": garrisons, "detail_routes": routes, "vias": [new[via] for via in config.vias]}
    return config.model_copy(update={key: tuple(values) for key, values in lists.items()})


# --- parameters that belong to a change ------------------------------------------------------------------------------
def _parameters() -> Parameters:
    return load_scenario("fourteen").parameters


def speed(factor: float) -> Numbers:
    """Steps of another length at the same speed in km/h, as near as whole squares an hour allow."""
    return {"operations.squares_per_hour": round(_parameters().operations.squares_per_hour / factor)}


def rates(factor: float) -> Numbers:
    """With so many times the cells: the same total rate of starts and of resupply, and the same share lying low."""
    operations = _parameters().operations
    return {
        "operations.base_rate_per_day": operations.base_rate_per_day / factor,
        "operations.munitions_per_day": operations.munitions_per_day / factor,
        "operations.lie_low_days": operations.lie_low_days * factor,
    }


def stock(factor: float) -> Numbers:
    """The same total stock at the start and at its fullest. A bomb, a drone, a salvo take as many rounds as ever."""
    operations = _parameters().operations
    names = ("munitions_at_start", "munitions_cap")
    return {f"operations.{name}": getattr(operations, name) / factor for name in names}


def broken(factor: float) -> Numbers:
    """The same share of cells broken: an operation breaks its cell as often, and a cell is a smaller part of all."""
    return {"operations.regrow_days": _parameters().operations.regrow_days * factor}


def preparing(factor: float) -> Numbers:
    """The same share of cells preparing, and as many preparations noticed."""
    p = _parameters()
    return {
        "operations.preparation_hours": p.operations.preparation_hours * factor,
        "intelligence.notice_per_day": p.intelligence.notice_per_day / factor,
    }


def skill(factor: float) -> Numbers:
    """The same skill learned and lost in all: (1 − g)^f is left, as a cell has f times fewer successes and losses."""
    p = _parameters().skill
    return {"skill.gain": 1.0 - (1.0 - p.gain) ** factor, "skill.loss": 1.0 - (1.0 - p.loss) ** factor}


def slower(factor: float) -> Numbers:
    """Each cell lives so many times more slowly, so that all of them together do as much.

    Everything of a cell's own is scaled: what it starts, learns, gets and loses a day. Its stock is in whole rounds, as
    its operations are: at a slower pace the same stock serves as well.
    """
    return dict(many(rates(factor), broken(factor), preparing(factor), skill(factor)))


def many(*parts: Numbers) -> tuple[tuple[str, float], ...]:
    """Parameters of several changes."""
    return tuple({key: value for part in parts for key, value in part.items()}.items())


AS_IS = Variant("as it is")
COARSE_KM = 5.0
"""What squares of Iraq were before: roads that do not meet share some once the grid is turned."""


def _of_cells() -> list[Variant]:
    found = []
    for factor, theatres in ((0.5, HALVES), (2.0, (cells(2.0),))):
        name = f"cells × {factor:g}, same effort"
        found.append(Variant(f"{name}, a cell's stock as it is", theatres, many(slower(factor))))
        found.append(Variant(f"{name}, the total stock shared", theatres, many(slower(factor), stock(factor))))
    return found


VARIANTS = (
    Variant("fresh streams", seed=2),
    Variant("agents renamed", (renamed,)),
    *(Variant(f"road steps × {factor:g}", (steps(factor),), many(speed(factor))) for factor in (0.5, 0.7, 1.4)),
    Variant("grid moved 1.3 km east", (moved(1.3, 0.0),)),
    Variant("grid moved 2.1 km west, 1.7 km south", (moved(-2.1, -1.7),)),
    Variant("grid turned by 90°", (turned(90),)),
    Variant("grid turned by 20°", (turned(20),)),
    Variant("grid turned by 30°", (turned(30),)),
    Variant("grid turned by 20° and moved 4 km east, 2.5 km north", (both(turned(20), moved(4.0, 2.5)),)),
    Variant("squares of 0.5 km", (squares(0.5),)),
    Variant("squares of 2 km", (squares(2.0),)),
    *_of_cells(),
)


# --- experiments -----------------------------------------------------------------------------------------------------
NO_UNITS: Numbers = {"choice.risk_per_unit": 0.0, "operations.presence_effect": 0.0, "forces.p_stop": 0.0}
AMPLE: Numbers = {
    "operations.munitions_at_start": 1000.0,
    "operations.munitions_per_day": 100.0,
    "operations.munitions_cap": 1000.0,
}
FIRST = many(rates(2.0), {"operations.munitions_at_start": stock(2.0)["operations.munitions_at_start"]})
"""What the first audit scaled with twice the cells."""


def _coarse(suspect: str, held: Numbers, degrees: float) -> Experiment:
    """The grid turned, in the squares of before; the suspect held still in both worlds."""
    square = squares(COARSE_KM)
    changed = Variant(
        f"squares of {COARSE_KM:g} km, turned by {degrees:g}°", (both(turned(degrees), square),), many(held)
    )
    return Experiment(suspect, changed, Variant("", (square,), many(held)))


def _scaled(suspect: str, *parts: Numbers) -> Experiment:
    """Twice the cells, with more scaled than the first audit did."""
    return Experiment(suspect, Variant("cells × 2", (cells(2.0),), many(dict(FIRST), *parts)), AS_IS)


def _of_first(suspect: str, held: Numbers) -> Experiment:
    changed = Variant("cells × 2", (cells(2.0),), many(dict(FIRST), held))
    return Experiment(suspect, changed, Variant("", parameters=many(held)))


EXPERIMENTS = (
    _coarse("nothing", {}, 20),
    _coarse("nothing", {}, 30),
    _coarse("Iraqi units: nobody minds or is stopped by them", NO_UNITS, 20),
    _of_first("nothing: rates, stock and days of lying low scaled, as the first audit did", {}),
    _of_first("skill: nothing gained or lost", {"skill.gain": 0.0, "skill.loss": 0.0}),
    _of_first("beliefs: nothing learned", {"choice.learning_rate": 0.0}),
    _of_first("momentum: none", {"operations.momentum_branching": 0.0}),
    _of_first("munitions: never short", AMPLE),
    _scaled("the share broken: days until a cell is formed again scaled too", broken(2.0)),
    _scaled("the share preparing: hours of preparation scaled too", preparing(2.0)),
    _scaled("both, and skill", broken(2.0), preparing(2.0), skill(2.0)),
    Experiment(
        "both and skill, and munitions never short",
        Variant("cells × 2", (cells(2.0),), many(slower(2.0), AMPLE)),
        Variant("", parameters=many(AMPLE)),
    ),
)
