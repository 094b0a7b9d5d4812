"""The same tables from raw files: `daily.csv`, `events.csv` and `site_fire.csv` of `posture run` or a sweep.

Frames of these files need a column `scenario` (see `with_scenario`). Runs of a scenario are told apart by their
replicate, or by their seed if they have none; only those that every scenario finished count, as in a comparison.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.alignment import with_points
from experiments.analysis.results import Results
from experiments.analysis.schema import number_of
from experiments.files.columns import SITE_FIELDS, SQUARE_FIELDS, WEEKLY_FIELDS, column_name, frame_of
from experiments.files.sites import SiteFire, site_columns
from experiments.files.squares import KINDS, Attacks, code, square_columns
from experiments.files.weekly import WEEKLY, Weeks, weekly_columns, weeks_of
from sim.errors import ConfigError
from sim.measures import TALLY
from sim.rules.events import BOMB_CONVOY, BOMB_DETAIL, FIRE
from sim.rules.events import KINDS as EVENTS
from sim.theatre import Theatre, build_theatre
from sim.theatre_config import TheatreConfig

_KEYS = ("point", "posture", "replicate", "seed")
_EVENTS = {EVENTS[BOMB_CONVOY].name: "convoy", EVENTS[BOMB_DETAIL].name: "detail", EVENTS[FIRE].name: "fire"}
_COLUMNS = {c.name: column_name(c.name, c.unit) for c in TALLY if any(c.name in m.parts for m in WEEKLY)}
DAILY_COLUMNS: tuple[str, ...] = (*_KEYS, "day", "date", *_COLUMNS.values())
"""Columns of `daily.csv` that are needed (a single run has no `point`)."""
EVENT_COLUMNS: tuple[str, ...] = (*_KEYS, "kind", "target", "x_km", "y_km")
"""Columns of `events.csv` that are needed (a single run has neither `point` nor `replicate`)."""
SITE_FIRE_COLUMNS: tuple[str, ...] = (*_KEYS, "site", "fire_attacks")
"""Columns of `site_fire.csv`, which is of a sweep."""


# --- which runs ------------------------------------------------------------------------------------------
def with_scenario(frame: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """A frame of a raw file with the column `scenario` that its run has in `runs`.

    `runs` is `results.runs`, or `with_points(results.runs)` of a sweep, so that each point is a scenario of its own.
    Rows of runs that are not in it are dropped.
    """
    if frame.empty:  # nothing happened
        return _plain(frame).assign(scenario="")
    keys = [key for key in _KEYS if key in frame and key in runs and frame[key].notna().any()]
    known = runs[[*keys, "scenario"]].assign(scenario=runs["scenario"].astype(str))
    if known.duplicated(keys).any():
        raise ConfigError(None, "runs", keys, "it must be columns that tell all runs apart")
    return _plain(frame).merge(_plain(known), on=keys)


def of_single_runs(results: Results, table: str, needed: Sequence[str]) -> pd.DataFrame | None:
    """The columns needed of a raw file, with the scenario of each run; None if the folder lacks one, or the runs.

    Each point of a sweep is a scenario of its own, named by the values that vary.
    """
    there = results.columns(table) if {"runs", table} <= set(results.files) else ()
    if set(needed) - set(there) - {"point", "replicate"}:
        return None
    return with_scenario(results.table(table, [name for name in needed if name in there]), with_points(results.runs))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Postures as text, whatever categories they were read as."""
    return frame.assign(posture=frame["posture"].astype(str)) if "posture" in frame else frame


def _whole(runs: pd.DataFrame) -> dict[str, list[Any]]:
    """The runs of each scenario that every scenario finished: by replicate, or by seed if there is none."""
    names, numbers = runs["scenario"].astype(str), _run(runs)
    found = {str(name): numbers[names == name].tolist() for name in names.unique()}
    for name, each in found.items():
        if len(set(each)) < len(each):
            raise ConfigError(None, "scenario", name, "it must have one run of each replicate: see with_points")
    common = set.intersection(*map(set, found.values())) if found else set()
    if not common:
        raise ConfigError(None, "scenario", list(found), "there must be a replicate that every scenario finished")
    return {name: sorted(common) for name in found}


def _run(frame: pd.DataFrame) -> pd.Series[Any]:
    """What tells the runs of a scenario apart."""
    return frame[number_of(frame)]


# --- weekly ----------------------------------------------------------------------------------------------
def weekly_of_daily(daily: pd.DataFrame) -> pd.DataFrame:
    """The rows of `weekly.csv` from those of `daily.csv` with a column `scenario`; the first scenario is the base."""
    daily = daily.assign(run=_run(daily))
    whole, names = _whole(daily[daily["day"] == 1]), daily["scenario"].astype(str)
    weeks = [_weeks(scenario, daily[names == scenario], runs) for scenario, runs in whole.items()]
    return frame_of(WEEKLY_FIELDS, weekly_columns(weeks))


def _weeks(scenario: str, days: pd.DataFrame, runs: Sequence[Any]) -> Weeks:
    days = days[days["run"].isin(runs)].sort_values(["run", "day"], kind="stable")
    n_days = int(days["day"].max())
    if len(days) != len(runs) * n_days or (days["day"].to_numpy() != np.tile(np.arange(n_days) + 1, len(runs))).any():
        raise ConfigError(None, "day", scenario, f"it must have days 1 to {n_days} of each of its {len(runs)} runs")
    tally = {name: days[column].to_numpy(np.float64).reshape(-1, n_days) for name, column in _COLUMNS.items()}
    return Weeks(scenario, pd.Timestamp(days["date"].iloc[0]).date(), n_days, list(weeks_of(tally)))


# --- squares ---------------------------------------------------------------------------------------------
def squares_of_events(events: pd.DataFrame, runs: pd.DataFrame, theatres: Mapping[str, Theatre]) -> pd.DataFrame:
    """The rows of `squares.csv` from those of `events.csv` with a column `scenario`; the first of `runs` is the base.

    `runs` are all runs with their `scenario`, also those without any attack; failed ones don't count. `theatres` has
    the theatre of each posture (see `theatres_of`), which knows where sites stand.
    """
    runs = runs[runs["status"] != "failed"] if "status" in runs else runs
    events = events[events["kind"].isin(list(_EVENTS))]
    events, names = events.assign(run=_run(events)), events["scenario"].astype(str)
    postures = dict(zip(runs["scenario"].astype(str), runs["posture"].astype(str), strict=True))
    scenarios = []
    for scenario, numbers in _whole(runs).items():
        theatre = theatres[postures[scenario]]
        codes = _codes(events[names == scenario], theatre)
        scenarios.append(Attacks(scenario, theatre, [np.array(codes.get(n, []), np.int32) for n in numbers]))
    return frame_of(SQUARE_FIELDS, square_columns(scenarios))


def sites_of_fire(
    fire: pd.DataFrame, runs: pd.DataFrame, manifest: Mapping[str, Any], theatres: Mapping[str, Theatre]
) -> pd.DataFrame:
    """The rows of `sites.csv` from those of `site_fire.csv` with a column `scenario`; the first of `runs` is the base.

    `runs` are all runs with their `scenario`; failed ones don't count.
    """
    runs = runs[runs["status"] != "failed"] if "status" in runs else runs
    fire, names = fire.assign(run=_run(fire)), fire["scenario"].astype(str)
    postures = dict(zip(runs["scenario"].astype(str), runs["posture"].astype(str), strict=True))
    held = {tree["name"]: frozenset(site["name"] for site in tree["sites"]) for tree in manifest["postures"].values()}
    scenarios = []
    for scenario, numbers in _whole(runs).items():
        theatre = theatres[postures[scenario]]
        found = fire[names == scenario].pivot(index="run", columns="site", values="fire_attacks")
        counts = found.loc[numbers, [site.name for site in theatre.config.sites]].to_numpy(np.float64)
        scenarios.append(SiteFire(scenario, theatre, held[postures[scenario]], counts))
    return frame_of(SITE_FIELDS, site_columns(scenarios))


def _codes(events: pd.DataFrame, theatre: Theatre) -> dict[Any, list[int]]:
    """The codes of the attacks of each run."""
    sites = {site.name: int(theatre.site_square[n]) for n, site in enumerate(theatre.config.sites)}
    squares = {where: n for n, where in enumerate(zip(theatre.x_km.tolist(), theatre.y_km.tolist(), strict=True))}
    found: dict[Any, list[int]] = {}
    columns = events[["run", "kind", "target", "x_km", "y_km"]]
    for run, event, target, x_km, y_km in columns.itertuples(index=False, name=None):
        kind = _EVENTS[event]
        square = sites.get(target) if kind == "fire" else squares.get((x_km, y_km))
        if square is None:
            raise ConfigError(None, "events.csv", [target, x_km, y_km], "it must be a site or square of the theatre")
        found.setdefault(run, []).append(int(code(KINDS.index(kind), square, theatre)))
    return found


def theatres_of(manifest: Mapping[str, Any]) -> dict[str, Theatre]:
    """The theatre of each posture of a manifest."""
    built = {
        name: build_theatre(TheatreConfig.model_validate_json(json.dumps(tree)))
        for name, tree in manifest["theatres"].items()
    }
    return {tree["name"]: built[Path(tree["theatre"]).stem] for tree in manifest["postures"].values()}
