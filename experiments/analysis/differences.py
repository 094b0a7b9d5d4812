"""Paired differences of scenarios from a base: the rows of `comparison.csv`, with p-values and what many rows mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy  # its parts are imported when used

from experiments.analysis.alignment import Aligned, align, labels_of
from experiments.analysis.schema import COLUMN_OF, MEASURE_COLUMNS
from experiments.files.columns import COMPARISON_FIELDS
from sim.errors import ConfigError
from sim.measures import BY_NAME
from sim.statistics import LEVEL, Values, holm, mean_interval, p_lower, paired_difference

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
        raise ConfigError(runs.attrs.get("file"), "scenario", names[0], "expected a second one to compare it with")
    if len(both.keys) > 1:
        allowed = "expected one point a scenario: with_points makes points scenarios of their own"
        raise ConfigError(runs.attrs.get("file"), "swept", ", ".join(both.keys[:-1]), allowed)
    columns = measure_columns(runs, measures)
    rows = [_row(both, names[0], other, column, level) for other in names[1:] for column in columns]
    return _frame(rows, both, level)


def measure_columns(runs: pd.DataFrame, measures: Sequence[str] | None = None) -> list[str]:
    """The columns of measures, given by name or column; all that are there if none is given."""
    if measures is None:
        return [column for column in runs.columns if column in MEASURE_COLUMNS]
    columns = [COLUMN_OF.get(measure, measure) for measure in measures]
    for column in columns:
        if column not in runs or column not in MEASURE_COLUMNS:
            raise ConfigError(runs.attrs.get("file"), "measure", column, "expected a measure that the runs have")
    return columns


def _row(both: Aligned, base: str, other: str, column: str, level: float) -> list[Any]:
    measure = MEASURE_COLUMNS[column]
    before, after = both.values(base, column), both.values(other, column)
    intervals = mean_interval(before, level), mean_interval(after, level), paired_difference(before, after, level)
    numbers = [part for i in intervals for part in (i.mean, i.low, i.high)]
    chances = [p_lower(before, after), both.n, paired_p(before, after)]
    return [measure, BY_NAME[measure].unit, base, other, *numbers, *chances]


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
    found = np.full(len(p_values), np.nan)
    for k, p in holm(known).items():
        found[int(k)] = p
    return found


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
