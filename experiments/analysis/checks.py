"""What the cells of a table must be, as pandera schemas; the first failure becomes one message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from experiments.analysis.headers import Header
from experiments.analysis.schema import MEASURE_COLUMNS, swept_in
from experiments.studies import catalogue
from sim.errors import ConfigError
from sim.measures import BY_NAME

Frame = pd.DataFrame
_FINITE = pa.Check(lambda values: ~np.isinf(values), error="expected a finite number; an empty cell means none")
_STATUS = pa.Check.isin(["ok", "failed"], error="expected ok or failed")
_MEASURE = pa.Check.isin(list(BY_NAME), error="expected the name of a measure of the data dictionary")
_FULL = ("posture", "status", "measure")
_OTHER_WORDS = ("calibration", "validation")
_NAMED = ("comparison", *(Path(f).stem for f, _, _ in catalogue.files() if not f.startswith(_OTHER_WORDS)))
"""Tables whose column `measure` holds names of measures; elsewhere it may hold other words."""
_RELATIVE = "claim_tests"
"""Its numbers may be shares of the base."""


def check_cells(header: Header, frame: Frame, failed: np.ndarray[Any, Any] | None = None) -> None:
    """Refuse bad cells; `failed` says which rows of `runs.csv` are those of failed runs (None: not known yet)."""
    columns = {column: _column(header, frame, column, failed) for column in frame.columns}
    try:
        pa.DataFrameSchema(columns).validate(frame, lazy=True, inplace=True)
    except pa.errors.SchemaErrors as error:
        raise _message(header, error.failure_cases) from None
    if {"measure", "unit"} <= set(frame.columns) and header.table != _RELATIVE:
        _check_units(header, frame)


def _column(header: Header, frame: Frame, name: str, failed: np.ndarray[Any, Any] | None) -> pa.Column:
    """The checks of a column."""
    checks: list[pa.Check] = []
    if frame[name].dtype == np.float64:
        checks.append(_FINITE)
        if header.schema.name == "runs" and name in MEASURE_COLUMNS and failed is not None:
            checks.append(_of_ok(failed))
    if name == "status":
        checks.append(_STATUS)
    if name == "measure" and header.table in _NAMED:
        checks.append(_MEASURE)
    nullable = name not in _full(header)
    return pa.Column(checks=checks, nullable=nullable)


def _of_ok(failed: np.ndarray[Any, Any]) -> pa.Check:
    def known(values: pd.Series[Any]) -> Any:
        return values.notna() | failed

    return pa.Check(known, ignore_na=False, error="expected a number: the run is ok, so none of its measures is empty")


def _full(header: Header) -> tuple[str, ...]:
    """Columns without empty cells."""
    if header.schema.name == "daily":
        return tuple(name for name in header.schema.fields if name != "replicate")
    if header.schema.name == "comparison":
        return (*_FULL, "unit", "base", "base_mean", "posture_mean", "difference_mean", "p_lower", "pairs")
    return _FULL


def _message(header: Header, cases: Frame) -> ConfigError:
    """The failure that stands first in the file."""
    case = cases.sort_values("index", kind="stable").iloc[0]
    allowed = "expected a value" if case["check"] == "not_nullable" else str(case["check"])
    value = case["failure_case"]
    shown = "" if pd.isna(value) else value.item() if isinstance(value, np.generic) else value
    return ConfigError(header.path, f"line {int(case['index']) + header.first_line}, {case['column']}", shown, allowed)


def _check_units(header: Header, frame: Frame) -> None:
    """Refuse a row whose unit is not that of its measure."""
    of = frame["measure"].map({name: measure.unit for name, measure in BY_NAME.items()})
    wrong = np.flatnonzero((of.notna() & (of != frame["unit"])).to_numpy())
    if len(wrong):
        row = frame.iloc[wrong[0]]
        allowed = f"expected {of.iloc[wrong[0]]}, the unit of {row['measure']}"
        raise ConfigError(header.path, f"line {wrong[0] + header.first_line}, unit", row["unit"], allowed)


def check_keys(header: Header, frame: Frame) -> None:
    """Refuse a run that is there twice: the same scenario, point and replicate (or seed, if there are none)."""
    number = "replicate" if "replicate" in frame and not frame["replicate"].isna().all() else "seed"
    point = ["point"] if "point" in frame else swept_in(frame.columns)
    keys = [name for name in ("posture", "responses", *point, number) if name in frame]
    twice = np.flatnonzero(frame.duplicated(keys).to_numpy())
    if len(twice):
        row = frame.iloc[twice[0]]
        words = ", ".join(_words(row, keys))
        allowed = f"expected one row a run; {words} is there before"
        raise ConfigError(header.path, f"line {twice[0] + header.first_line}, {number}", int(row[number]), allowed)


def _words(row: pd.Series[Any], keys: list[str]) -> Iterator[str]:
    return (f"{key} {row[key]}" for key in keys if not pd.isna(row[key]))
