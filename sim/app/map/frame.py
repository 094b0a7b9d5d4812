"""One picture of a run: small, read in bulk from the state's arrays. Squares and rows are those of `layout`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents import MOVING
from sim.app.map.attacks import recent
from sim.model import PostureModel
from sim.names import convoy_name
from sim.state import NONE

Columns = dict[str, list[Any]]
# kinds of moving agents without a layer of their own: they are shown as plain marks, by their squares
OTHERS = tuple(kind for kind in MOVING if kind not in ("cells", "convoys", "units", "details"))


def frame(model: PostureModel, events: NDArray[Any], *, cells: bool) -> dict[str, Any]:
    """What the map shows in this hour, as JSON takes it, in columns by kind of agent.

    `events` are those so far, or at least those of the last two days (dtype EVENT, in order of time). `cells` adds the
    omniscient layer: cells and bombs, which nobody in the run sees.
    """
    said = {"hour": model.hour, "date": _date(model), "events": recent(model, events)}
    return {**said, **agents_and_areas(model, cells=cells)}


def agents_and_areas(model: PostureModel, *, cells: bool) -> dict[str, Any]:
    """What of a picture is read off the state of this hour: all but the date and what happened."""
    picture: dict[str, Any] = {
        "sites": _sites(model),
        "convoys": convoys_of(model),
        "units": _units(model),
        "details": _details(model),
        "areas": _areas(model),
        "others": {kind: model.state[kind]["square"][: model.world[f"n_{kind}"]].tolist() for kind in OTHERS},
    }
    if cells:
        picture["cells"], picture["devices"] = _cells(model), _devices(model)
    return picture


def _date(model: PostureModel) -> str:
    moment = model.setting.moment(model.hour)
    return f"{moment:%a} {moment.day} {moment:%B %Y, %H:%M}"


def _columns(rows: NDArray[Any], *names: str) -> Columns:
    return {name: rows[name].tolist() for name in names}


def _left(until: NDArray[np.int64], hour: int) -> list[int]:
    """Hours left; 0 when it is over, or never was."""
    return np.maximum(until - hour, 0).tolist()


def _sites(model: PostureModel) -> Columns:
    """`stock` in days of use (−1 where nobody is), `under_way` in t, `alert` in hours left."""
    rows = model.state["sites"][: model.world.n_sites]
    use = rows["people"] * float(model.world.supply.tonnes_per_person_day)
    days = np.divide(rows["stock"], use, out=np.full(len(rows), -1.0), where=use > 0)
    return {
        **_columns(rows, "open", "people", "batteries", "ready", "reserve"),
        "stock": days.round(1).tolist(),
        "under_way": rows["under_way"].round(1).tolist(),
        "alert": _left(rows["alert_until"], model.hour),
    }


def convoys_of(model: PostureModel) -> Columns:
    """Convoys in use; `name` is the stable one, `site` the destination's row, `cargo` in t."""
    rows = model.state["convoys"][: int(model.state["n_convoys"])]
    used = np.flatnonzero(rows["phase"] != NONE)
    rows = rows[used]
    sites = model.setting.theatre.config.sites
    pairs = zip(rows["ordered_for"].tolist(), rows["number"].tolist(), strict=True)
    return {
        "row": used.tolist(),
        "name": [convoy_name(sites[j].name, number) for j, number in pairs],
        **_columns(rows, "square", "phase", "site", "trucks", "escorts"),
        "cargo": rows["cargo"].round(1).tolist(),
    }


def _units(model: PostureModel) -> Columns:
    """`sent` is 1 for a unit that is after a cell."""
    rows = model.state["units"][: model.world.n_units]
    return {
        **_columns(rows, "square"),
        "sent": (rows["target_cell"] >= 0).astype(int).tolist(),
        "strength": rows["strength"].round(2).tolist(),
    }


def _details(model: PostureModel) -> Columns:
    """`goal` is the square to which it drives, −1 at rest."""
    rows = model.state["details"][: model.world.n_details]
    return _columns(rows, "square", "goal")


def _areas(model: PostureModel) -> Columns:
    """`closed` and `warned` in hours left."""
    rows = model.state["areas"][: model.world.n_areas]
    return {
        "closed": _left(rows["closed_until"], model.hour),
        "warned": _left(rows["warned_until"], model.hour),
        **_columns(rows, "phase"),
        "fighters": rows["fighters"].round().astype(int).tolist(),
        "heavy_weapons": rows["heavy_weapons"].round(1).tolist(),
    }


def _cells(model: PostureModel) -> Columns:
    rows = model.state["cells"][: model.world.n_cells]
    return _columns(rows, "square", "mode")


def _devices(model: PostureModel) -> Columns:
    there = model.state["squares"]["devices"][: model.world.n_squares]
    squares = np.flatnonzero(there)
    return {"square": squares.tolist(), "n": there[squares].tolist()}
