"""A comparison as `posture compare` makes it, from the tables of a folder: what the figures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from experiments.analysis.alignment import Aligned, align
from experiments.analysis.labels import with_points
from experiments.analysis.results import Results
from experiments.analysis.schema import COLUMN_OF, swept_in
from experiments.runs.compare import MAIN_MEASURES, Comparison, FailedRun, Quarters
from sim.measures import MEASURES

MOST = 40
"""Scenarios; a sweep with more points is no comparison of labels."""
_SHOWN = (*MAIN_MEASURES, *(m.name for m in MEASURES if m.how.startswith("quarter")))
_KEYS = ("posture", "responses", "scenario", "point", "replicate", "seed", "status")


def comparison_of(results: Results, measures: Sequence[str] = _SHOWN) -> Comparison | None:
    """The comparison of the scenarios in `runs.csv`, each of them a posture with responses and, in a sweep, a point.

    Of `measures` those that the file has. The base comes first: the first posture of the command, or of the file. None
    if there are fewer than two scenarios or more than MOST. Replicates with a failed run are left out whole, and the
    failed runs named, unless `results` refuses them. Raises ConfigError if replicates don't match.
    """
    runs = _runs(results, measures)
    if runs is None:
        return None
    names = [str(name) for name in runs["scenario"].unique()]
    if not 2 <= len(names) <= MOST:
        return None
    in_order = [name for name in results.manifest.get("postures", {}) if name in names]
    names = [*in_order, *(name for name in names if name not in in_order)]
    both = align(runs, names, "drop")
    there = [measure for measure in measures if COLUMN_OF[measure] in runs]
    values = {name: {measure: both.values(name, COLUMN_OF[measure]) for measure in there} for name in names}
    return Comparison(tuple(names), values, both.n, _quarters(results.manifest, both), _failed(both))


def _runs(results: Results, measures: Sequence[str]) -> pd.DataFrame | None:
    """What of `runs.csv` is needed, the failed runs too (or an error, if they are refused); None: too many points."""
    there = results.columns("runs")
    keys = [key for key in (*_KEYS, *swept_in(there)) if key in there or key == "scenario"]
    if results.failed == "refuse":
        results.table("runs", keys)
    kept = replace(results, failed="keep")
    if "point" in there and kept.table("runs", ["point"])["point"].nunique() > MOST:
        return None
    columns = [column for column in map(COLUMN_OF.__getitem__, measures) if column in there]
    error = ["error"] if results.n_failed and "error" in there else []
    runs = kept.table("runs", [*keys, *error, *columns])
    return with_points(runs) if swept_in(there) else runs


def _failed(both: Aligned) -> tuple[FailedRun, ...]:
    """The failed runs."""
    runs = both.runs
    if "status" not in runs:
        return ()
    return tuple(_row(row) for row in runs[runs["status"] == "failed"].to_dict("records"))


def _row(row: Mapping[Any, Any]) -> FailedRun:
    def text(key: str) -> str:
        return "" if pd.isna(row.get(key)) else str(row[key])

    replicate = None if pd.isna(row.get("replicate")) else int(row["replicate"])
    error = text("error") or "no reason is given"
    return FailedRun(text("posture"), text("responses"), replicate, int(row.get("seed", 0)), error)


def _quarters(manifest: Mapping[str, Any], both: Aligned) -> Quarters | None:
    """The quarters that every scenario has and covers; None if they differ or no manifest says so."""
    if {"start", "days"} & set(swept_in(both.runs.columns)):
        return None
    found = {_covered(manifest.get("postures", {}).get(name.split(", ")[0])) for name in both.rows}
    return found.pop() if len(found) == 1 else None


def _covered(tree: Mapping[str, Any] | None) -> Quarters | None:
    """First day and last days of a posture's quarters, if its run covers them."""
    ends = tuple(tree.get("quarter_ends_days") or ()) if tree else ()
    if not tree or not ends or int(tree.get("days", 0)) < ends[-1]:
        return None
    return date.fromisoformat(str(tree["start"])), ends
