"""Recent attacks and what was done against them, as the map shows them: where, which kind, how it ended, how long ago.

Fire is shown where it was aimed, never where it came from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model import PostureModel
from sim.rules import events as ev

SHOWN_HOURS = 48  # then an attack has faded
MOST_SHOWN = 80  # newest first; more could not be told apart

# How it ended: harm done, stopped by the defence, neither.
HARM, STOPPED, NOTHING = "harm", "stopped", "nothing"
Ending = tuple[str, str, str]  # kind on the map, how it ended, in words


def recent(model: PostureModel, events: NDArray[Any]) -> list[dict[str, Any]]:
    """What happened in the last `SHOWN_HOURS`, oldest first; `events` are rows of EVENT, in order of time.

    `x` and `y` in km are None for what has no place; `age` in hours counts from the hour in which it happened.
    """
    hour = model.hour
    late = events[np.searchsorted(events["hour"], hour - SHOWN_HOURS) :]
    chosen = shown(late[late["hour"] < hour])[-MOST_SHOWN:]
    return [{**picture_of(model, event), "age": hour - int(event["hour"])} for event in chosen]


def shown(events: NDArray[Any]) -> NDArray[Any]:
    """Those among events (dtype EVENT) that the map shows."""
    return events[np.isin(events["kind"], list(_ENDINGS))]


def picture_of(model: PostureModel, event: Any) -> dict[str, Any]:
    """What is drawn of an event, but for its age: an id, kind, how it ended, words, and `x` and `y` in km or None."""
    kind, result, words = told(model, event)
    x, y = place_of(model, event)
    key = ".".join(str(event[name]) for name in ("hour", "kind", "actor", "target"))
    return {"id": key, "kind": kind, "result": result, "words": words, "x": x, "y": y}


def told(model: PostureModel, event: Any) -> Ending:
    """What the map shows of an event: its kind there, how it ended, and in words."""
    ending = _ENDINGS[int(event["kind"])]
    return ending(model, event) if callable(ending) else ending


def place_of(model: PostureModel, event: Any) -> tuple[float | None, float | None]:
    """Where it was aimed, else its square; what happens in a site's square is drawn at the site."""
    theatre, square = model.setting.theatre, int(event["square"])
    sites = [int(event["target"])] if event["kind"] == ev.FIRE else np.flatnonzero(theatre.site_square == square)
    if len(sites):
        return float(theatre.site_x_km[sites[0]]), float(theatre.site_y_km[sites[0]])
    return (float(theatre.x_km[square]), float(theatre.y_km[square])) if square >= 0 else (None, None)


def _number(count: float, unit: str) -> str:
    return f"{int(count)} {unit}" if int(count) == 1 else f"{int(count)} {unit}s"


def _casualties(event: Any) -> str:
    """Wounded include the dead."""
    return "".join(f", {int(event[name])} {name}" for name in ("wounded", "killed") if event[name] > 0)


def _site(model: PostureModel, row: int) -> str:
    return model.setting.theatre.config.sites[row].name


def _fire(model: PostureModel, event: Any) -> Ending:
    kind, rounds = ("drone", "1 drone") if event["drone"] else ("rockets", _number(event["rounds"], "rocket"))
    words = f"{rounds} at {_site(model, int(event['target']))}"
    if event["leaked"]:
        harm = f": {int(event['leaked'])} leaked, {int(event['intercepted'])} intercepted"
        return kind, HARM, words + harm + _casualties(event)
    if event["intercepted"]:
        return kind, STOPPED, f"{words}: {int(event['intercepted'])} intercepted, none leaked"
    return kind, NOTHING, f"{words}: missed"


def _convoy_bomb(model: PostureModel, event: Any) -> Ending:
    words = f"Bomb against convoy {int(event['convoy'])} for {_site(model, int(event['target']))}"
    if event["trucks_lost"]:
        lost = f": {_number(event['trucks_lost'], 'truck')} lost"
        return "convoy bomb", HARM, words + lost + _casualties(event)
    if event["effect"]:
        return "convoy bomb", HARM, f"{words}: an effect, no truck lost{_casualties(event)}"
    return "convoy bomb", NOTHING, f"{words}: no effect"


def _detail_bomb(model: PostureModel, event: Any) -> Ending:
    result, words = (HARM, "an effect") if event["effect"] else (NOTHING, "no effect")
    return "detail bomb", result, f"Bomb against a foreign detail: {words}{_casualties(event)}"


def _raid(model: PostureModel, event: Any) -> Ending:
    if event["caught"]:
        return "raid", STOPPED, "Raid: a cell caught"
    why = "the cell was gone" if event["gone"] else "the cell was warned" if event["warned"] else "the cell escaped"
    return "raid", NOTHING, f"Raid: {why}"


def _clash(model: PostureModel, event: Any) -> Ending:
    if event["killed"]:
        return "clash", HARM, f"Clash: {int(event['killed'])} of the Iraqi forces killed"
    return "clash", NOTHING, "Clash: nobody killed"


def _strike(model: PostureModel, event: Any) -> Ending:
    faction = model.setting.theatre.config.factions[int(event["target"])].name
    if event["amount"]:
        return "strike", STOPPED, f"US strike on {faction}: a leader killed"
    return "strike", NOTHING, f"US strike on {faction}: no leader killed"


_ENDINGS: dict[int, Callable[[PostureModel, Any], Ending] | Ending] = {
    ev.FIRE: _fire,
    ev.BOMB_CONVOY: _convoy_bomb,
    ev.BOMB_DETAIL: _detail_bomb,
    ev.DEVICE_FOUND: ("bomb found", STOPPED, "Bomb found by a patrol"),
    ev.DRONE_FOUND: ("drone found", STOPPED, "Drone found before launch"),
    ev.RAID: _raid,
    ev.CELL_BROKEN: ("cell broken", STOPPED, "A cell broken"),
    ev.CLASH: _clash,
    ev.STRIKE_MADE: _strike,
}
