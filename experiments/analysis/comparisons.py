"""Scenarios against each other: the comparison that figures are drawn from, paired differences, their order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy  # its parts are imported when used

from experiments.analysis.alignment import Aligned, align, labels_of, with_points
from experiments.analysis.results import Results
from experiments.analysis.schema import COLUMN_OF, MEASURE_COLUMNS, measure_columns, swept_in
from experiments.files.columns import COMPARISON_FIELDS, MAIN_MEASURES
from experiments.files.states import STATE, state_means
from experiments.runs import displacement
from experiments.runs.comparison import Comparison, FailedRun, Quarters
from experiments.runs.comparison_files import cells
from sim.errors import ConfigError
from sim.measures import BY_NAME, MEASURES, quarters_covered
from sim.statistics import LEVEL, Values, holm, known, mean_interval, paired_difference, sides

# --- paired differences --------------------------------------------------------------------------------
_COLUMNS = [field.name for field in COMPARISON_FIELDS]


def differences(
    runs: pd.DataFrame,
    base: str | None = None,
    measures: Sequence[str] | None = None,
    level: float = LEVEL,
    failed: Literal["refuse", "drop"] = "refuse",
) -> pd.DataFrame:
    """Every scenario of `runs` against `base` (None: the first), one row a measure (None: all that are there).

    The columns are those of `comparison.csv`, over the replicates that every scenario finished, then `p_value` (paired
    t test of no difference) and `p_holm` (the same, corrected for the number of rows by Holm's method; NaN where there
    is one pair alone). Measures go by name or column. `attrs["note"]` says what so many intervals let expect of luck,
    `attrs["left_out"]` how many replicates a failed run has cost. Raises ConfigError if runs don't match: see paired().
    """
    names = [str(name) for name in labels_of(runs).unique()]
    if base is not None:
        names = [base, *(name for name in names if name != base)]
    both = align(runs, names, failed)
    if len(names) < 2:
        raise ConfigError(runs.attrs.get("file"), "scenario", names[0], "there must be a second one to compare it with")
    if len(both.keys) > 1 + (both.states is not None):
        allowed = "there must be one point a scenario: with_points makes points scenarios of their own"
        raise ConfigError(runs.attrs.get("file"), "swept", ", ".join(both.keys[:-1]), allowed)
    columns = measure_columns(runs, measures)
    rows = [_row(both, names[0], other, column, level) for other in names[1:] for column in columns]
    return _frame(rows, both, level)


def _row(both: Aligned, base: str, other: str, column: str, level: float) -> list[Any]:
    measure = MEASURE_COLUMNS[column]
    before, after = known(both.values(base, column), both.values(other, column))
    if both.states is not None:
        return _row_over_states(both, base, other, column)
    intervals = mean_interval(before, level), mean_interval(after, level), paired_difference(before, after, level)
    numbers = [part for i in intervals for part in (i.mean, i.low, i.high)]
    chances = [*vars(sides(after - before)).values(), len(before), paired_p(before, after)]
    return [measure, BY_NAME[measure].unit, base, other, *numbers, *chances]


def _row_over_states(both: Aligned, base: str, other: str, column: str) -> list[Any]:
    """The same over states of the world, at 95%; `pairs` counts states, and the p-value is of their means."""
    measure = MEASURE_COLUMNS[column]
    values = {name: {measure: both.values(name, column)} for name in (base, other)}
    pair = Comparison((base, other), values, both.n, states=both.states).pair(other, measure)
    assert both.states is not None
    there = ~np.isnan(values[base][measure]) & ~np.isnan(values[other][measure])
    rows = np.stack([values[name][measure][there] for name in (base, other)])
    return [*cells(pair), paired_p(*state_means(rows, both.states[there]))]


def paired_p(base: Values, other: Values) -> float:
    """Two-sided p-value of the paired t test that the mean difference is 0; NaN for one pair."""
    difference = other - base
    if len(difference) < 2:
        return math.nan
    mean, scale = float(np.mean(difference)), float(scipy.stats.sem(difference))
    if scale == 0.0:
        return 1.0 if mean == 0.0 else 0.0
    return float(2.0 * scipy.stats.t.sf(abs(mean / scale), len(difference) - 1))


def _frame(rows: Sequence[Sequence[Any]], both: Aligned, level: float) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=[*_COLUMNS, "p_value"])
    frame["p_holm"] = corrected(frame["p_value"].to_numpy())
    frame.attrs = {
        "units": {field.name: field.unit for field in COMPARISON_FIELDS} | {"p_value": "1", "p_holm": "1"},
        "note": note(frame, level),
        "left_out": both.left_out,
    }
    return frame


def corrected(p_values: Values) -> Values:
    """p-values corrected by Holm's method; those that are NaN stay and don't count."""
    known = {str(k): float(p) for k, p in enumerate(p_values) if not math.isnan(p)}
    found = holm(known)
    return np.array([found.get(str(k), np.nan) for k in range(len(p_values))])


def note(frame: pd.DataFrame, level: float = LEVEL) -> str:
    """What the number of intervals lets expect of luck; differences that never vary have no interval to miss."""
    low, high = (frame[f"difference_{end}"].to_numpy(dtype=np.float64) for end in ("low", "high"))
    n, clear = int((low < high).sum()), int(((low < high) & ((low > 0) | (high < 0))).sum())
    missed = f"{round(n * (1 - level) + 1e-9, 1):g}"
    surely = int((frame["p_holm"] < 1 - level).sum())
    return (
        f"{n} intervals at {100 * level:g}%: about {missed} would miss their true value by luck alone; p_holm takes "
        f"account of that. {clear} leave 0 out; p_holm is below {1 - level:.2g} in {surely} rows."
    )


# --- a comparison --------------------------------------------------------------------------------------
MOST = 40
"""Scenarios; a sweep with more points is no comparison of labels."""
SHOWN = (
    *MAIN_MEASURES,
    "hits_per_100_convoys",
    *displacement.MEASURES,
    *(m.name for m in MEASURES if m.how.startswith("quarter")),
)
_KEYS = ("posture", "responses", "scenario", "point", STATE.name, "replicate", "seed", "status")


def comparison_of(results: Results, measures: Sequence[str] = SHOWN) -> Comparison | None:
    """The comparison of the scenarios in `runs.csv`, each of them a posture with responses and, in a sweep, a point.

    Of `measures` those that the file has. The base comes first: the first posture of the command, or of the file. None
    if there are fewer than two scenarios or more than MOST. Replicates with a failed run are left out whole, and the
    failed runs named, unless `results` refuses them. Raises ConfigError if replicates don't match.
    """
    runs = _runs_of(results, measures)
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
    named, equal = _named(results.manifest, names)
    quarters = _quarters(results.manifest, both)
    return Comparison(named, values, both.n, quarters, _failed(both), both.states, equal)


def _named(manifest: Mapping[str, Any], names: Sequence[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The scenarios that were to be compared, and pairs of equal budgets that were run beside them."""
    equal = tuple((str(a), str(b)) for a, b in manifest.get("equal_budgets", ()) if {a, b} <= set(names))
    compared = [str(name) for name in manifest.get("compared", ()) if name in names]
    return tuple(compared if len(compared) > 1 else names), equal


def _runs_of(results: Results, measures: Sequence[str]) -> pd.DataFrame | None:
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
    return tuple(_failed_run(row) for row in runs[runs["status"] == "failed"].to_dict("records"))


def _failed_run(row: Mapping[Any, Any]) -> FailedRun:
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
    """First day and last days of the quarters of a posture that its run covers."""
    if not tree or "quarter_ends_days" not in tree:
        return None
    ends = quarters_covered(tree["quarter_ends_days"], int(tree.get("days", 0)))
    return date.fromisoformat(str(tree["start"])), ends


# --- the order of scenarios ----------------------------------------------------------------------------
SIZES = (5, 10, 20, 50, 100, 200, 500)
_CELLS = 1 << 22  # numbers in memory at a time


def rank_stability(
    runs: pd.DataFrame,
    measure: str,
    sizes: Sequence[int] | None = None,
    repeats: int = 2000,
    seed: int = 1,
    scenarios: Sequence[str] = (),
) -> pd.DataFrame:
    """How often n replicates give the order of scenarios by mean that all replicates give; one row a size.

    Replicates are drawn with replacement, the same for every scenario, `repeats` times. Columns: `n`; `same_order`,
    the share of the draws with the order of all (ties count as the same); then a column for each scenario, the best
    first: the share of the draws in which it is best, ties shared. Best is what is good for the defence; of measures
    that are neither good nor bad, the lowest. The last row is at the full n: what it lacks to 1 is doubt that all
    replicates leave. Sizes (None: 5, 10, 20 …) beyond the full n are left out.
    """
    (column,) = measure_columns(runs, [measure])
    both = align(runs, scenarios)
    table = np.array([both.values(name, column) for name in both.rows])
    if len(table) < 2:
        raise ConfigError(runs.attrs.get("file"), "scenario", len(table), "there must be two scenarios or more")
    if np.isnan(table).any():
        raise ConfigError(runs.attrs.get("file"), "measure", measure, "it must be a measure that every run has")
    better = BY_NAME[MEASURE_COLUMNS[column]].better
    costs = -table if better > 0 else table
    order = np.argsort(costs.mean(axis=1), kind="stable")
    known = [n for n in (SIZES if sizes is None else sizes) if n < both.n]
    rng = np.random.default_rng(seed)
    rows = [[n, *_stability(costs[order], n, repeats, rng)] for n in (*known, both.n)]
    names = [list(both.rows)[k] for k in order]
    frame = pd.DataFrame(rows, columns=["n", "same_order", *names])
    frame.attrs = {"measure": MEASURE_COLUMNS[column], "order": names, "repeats": repeats}
    return frame


def _stability(costs: Values, n: int, repeats: int, rng: np.random.Generator) -> list[float]:
    """Share of the same order, and of being the best, over draws of `n` of the columns of `costs` (best row first)."""
    same, best = 0, np.zeros(len(costs))
    at_once = max(1, _CELLS // (n * len(costs)))
    for first in range(0, repeats, at_once):
        draws = rng.integers(costs.shape[1], size=(min(at_once, repeats - first), n))
        means = costs[:, draws].mean(axis=2)
        same += int((np.diff(means, axis=0) >= 0).all(axis=0).sum())
        is_best = means == means.min(axis=0)
        best += (is_best / is_best.sum(axis=0)).sum(axis=1)
    return [same / repeats, *(best / repeats)]
