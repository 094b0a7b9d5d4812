"""The cells of a table: typed columns, checked by what they hold; the first bad cell makes one message."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.headers import Header, not_utf8, rows_of
from experiments.analysis.schema import COUNTS, MEASURE_COLUMNS, WHOLE, swept_in
from experiments.files.labels import NO_RESPONSE, RESPONSES
from experiments.studies import catalogue
from sim.errors import ConfigError
from sim.measures import BY_NAME

DTYPES: dict[str, Any] = {
    "few": "category",
    "text": str,
    "whole": "float64",
    "seed": "uint64",
    "number": "float64",
    "guess": "category",
}
"""How the kinds of columns are parsed; whole numbers and guesses are settled afterwards."""


def read_columns(header: Header, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of a file whose rows are checked, typed; empty cells are missing values (NaN).

    Older files leave `responses` empty where there is no response: that is read as the word for it.
    """
    kinds = {column: header.schema.kind(column) for column in columns}
    try:
        frame = _parse(header, kinds)
    except UnicodeDecodeError as error:
        raise not_utf8(header.path, error) from None
    except (ValueError, OverflowError) as error:
        raise _bad_cell(header, kinds, error) from None
    settled = {column: _settled(header, frame.pop(column), kind) for column, kind in kinds.items()}
    if RESPONSES in settled:
        settled[RESPONSES] = _named(settled[RESPONSES])
    return pd.DataFrame(settled, copy=False)


def _named(responses: pd.Series[Any]) -> pd.Series[Any]:
    """No response by its word."""
    if not responses.isna().any():
        return responses
    if isinstance(responses.dtype, pd.CategoricalDtype) and NO_RESPONSE not in responses.cat.categories:
        responses = responses.cat.add_categories(NO_RESPONSE)
    return responses.fillna(NO_RESPONSE)


def _parse(header: Header, kinds: dict[str, str]) -> pd.DataFrame:
    # Bytes are not decoded on the way to the parser, which halves the time; numbers are read to the last digit.
    with open(header.path, "rb") as file:
        return pd.read_csv(
            file,
            skiprows=header.comments,
            usecols=list(kinds),
            dtype={column: DTYPES[kind] for column, kind in kinds.items()},
            index_col=False,
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8",
            engine="c",
        )


def _settled(header: Header, series: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Whole numbers as integers (missing ones allowed), guesses as numbers if all of them are."""
    if kind == "guess":
        return _guessed(series)
    if kind != "whole":
        return series
    values = series.to_numpy()
    bad = np.flatnonzero(~np.isnan(values) & (values != np.floor(values)) | np.isinf(values))
    if len(bad):
        place = f"line {bad[0] + header.first_line}, {series.name}"
        raise ConfigError(header.path, place, float(values[bad[0]]), "it must be a whole number")
    return series.astype("Int64" if np.isnan(values).any() else "int64")


def _guessed(series: pd.Series[Any]) -> pd.Series[Any]:
    categories = pd.to_numeric(series.cat.categories.to_series(), errors="coerce").to_numpy(dtype=np.float64)
    if np.isnan(categories).any():
        return series
    codes = series.cat.codes.to_numpy()
    return pd.Series(np.append(categories, np.nan)[codes], name=series.name)


# --- the first bad cell ----------------------------------------------------------------------------------
def _bad_cell(header: Header, kinds: dict[str, str], error: Exception) -> ConfigError:
    """Where the parser stumbled. Row by row, but only up to there."""
    checks = [(header.columns.index(c), c, *_CHECKS[kind]) for c, kind in kinds.items() if kind in _CHECKS]
    for line, cells in rows_of(header):
        for k, column, good, allowed in checks:
            if not good(cells[k]):
                return ConfigError(header.path, f"line {line}, {column}", cells[k], allowed)
    return ConfigError(header.path, "file", header.path.name, f"it must be CSV that can be read ({error})")


def _is_number(cell: str) -> bool:
    try:
        return cell == "" or ("_" not in cell and not math.isnan(float(cell)))
    except ValueError:
        return False


def _is_seed(cell: str) -> bool:
    return cell.isascii() and cell.isdecimal() and int(cell) < 2**64


_NUMBER: tuple[Callable[[str], bool], str] = (_is_number, "it must be a number")
_CHECKS = {
    "number": _NUMBER,
    "whole": _NUMBER,
    "seed": (_is_seed, "it must be a whole number from 0 to 2^64 − 1"),
}


# --- what cells must be --------------------------------------------------------------------------------
Frame = pd.DataFrame
Bad = NDArray[np.bool_]
_FULL = ("posture", "status", "measure")
_MEANS = ("base_mean", "posture_mean", "difference_mean", "p_lower", "p_equal", "p_higher")
_OTHER_WORDS = ("calibration", "validation")
_NAMED = ("comparison", "effects", *(Path(f).stem for f, _, _ in catalogue.files() if not f.startswith(_OTHER_WORDS)))
"""Tables whose column `measure` holds names of measures; elsewhere it may hold other words."""
_RELATIVE = "claim_tests"
"""Its numbers may be shares of the base."""


def check_cells(header: Header, frame: Frame, failed: Bad | None = None) -> None:
    """Refuse bad cells, the first in the file; `failed` says which rows of `runs.csv` are those of failed runs."""
    found = [
        (int(bad.argmax()), column, allowed)
        for column in frame.columns
        for bad, allowed in _bad_in(header, frame, column, failed)
        if bad.any()
    ]
    if found:
        row, column, allowed = min(found, key=lambda each: each[0])
        value = frame[column].iloc[row]
        shown = "" if pd.isna(value) else value.item() if isinstance(value, np.generic) else value
        raise ConfigError(header.path, f"line {row + header.first_line}, {column}", shown, allowed)
    if {"measure", "unit"} <= set(frame.columns) and header.table != _RELATIVE:
        _check_units(header, frame)


def _bad_in(header: Header, frame: Frame, name: str, failed: Bad | None) -> Iterator[tuple[Bad, str]]:
    """The rows that break each rule for a column, and what the rule expects."""
    values, missing = frame[name], frame[name].isna().to_numpy()
    if name in _full(header):
        yield missing, "there must be a value"
    if header.schema.name == "comparison" and name in _MEANS and "measure" in frame:
        yield missing & ~_may_be_empty(frame["measure"]), "there must be a value: every run has this measure"
    if values.dtype == np.float64:
        yield np.isinf(values.to_numpy()), "it must be a finite number; an empty cell means none"
        yield from _out_of_range(header, name, values)
        measure = BY_NAME.get(MEASURE_COLUMNS.get(name, "")) if header.schema.name == "runs" else None
        if measure and failed is not None:
            yield ~missing & failed, "it must be empty: the run failed, so it has no measures"
            if not measure.may_be_empty:
                yield missing & ~failed, "it must be a number: the run is ok, so none of its measures is empty"
    elif name in WHOLE and values.dtype.kind in "iu":
        yield values.fillna(0).to_numpy() < 0, _NOT_BELOW
    if name == "status":
        yield ~missing & ~values.isin(["ok", "failed"]).to_numpy(), "it must be ok or failed"
    if name == "measure" and header.table in _NAMED:
        known = values.isin(list(BY_NAME)).to_numpy()
        yield ~missing & ~known, "it must be the name of a measure of the data dictionary"


_NOT_BELOW = "it must be 0 or more"
_SHARES = ("p_lower", "p_equal", "p_higher")


def _out_of_range(header: Header, name: str, values: pd.Series[Any]) -> Iterator[tuple[Bad, str]]:
    """Counts below 0, and shares that are none."""
    numbers = values.to_numpy()
    if header.schema.name in ("runs", "daily") and name in COUNTS:
        yield numbers < 0, f"{_NOT_BELOW}: it counts or adds up"
    if header.schema.name in ("comparison", "effects") and name in _SHARES:
        yield (numbers < 0) | (numbers > 1), "it must be 0 to 1"


def _full(header: Header) -> tuple[str, ...]:
    """Columns without empty cells."""
    if header.schema.name == "daily":
        return tuple(name for name in header.schema.fields if name != "replicate")
    if header.schema.name == "comparison":
        return (*_FULL, "unit", "base", "pairs")
    return _FULL


def _may_be_empty(measures: pd.Series[Any]) -> Bad:
    """The rows whose measure no pair may have."""
    return np.asarray(measures.isin([name for name, measure in BY_NAME.items() if measure.may_be_empty]))


def _check_units(header: Header, frame: Frame) -> None:
    """Refuse a row whose unit is not that of its measure."""
    of = frame["measure"].map({name: measure.unit for name, measure in BY_NAME.items()})
    wrong = np.flatnonzero((of.notna() & (of != frame["unit"])).to_numpy())
    if len(wrong):
        row = frame.iloc[wrong[0]]
        allowed = f"it must be {of.iloc[wrong[0]]}, the unit of {row['measure']}"
        raise ConfigError(header.path, f"line {wrong[0] + header.first_line}, unit", row["unit"], allowed)


def check_keys(header: Header, frame: Frame) -> None:
    """Refuse a run that is there twice: the same scenario, point and replicate (or seed, if there are none)."""
    number = "replicate" if "replicate" in frame and not frame["replicate"].isna().all() else "seed"
    point = ["point"] if "point" in frame else swept_in(frame.columns)
    keys = [name for name in ("posture", "responses", *point, "state", number) if name in frame]
    twice = np.flatnonzero(frame.duplicated(keys).to_numpy())
    if len(twice):
        row = frame.iloc[twice[0]]
        words = ", ".join(_words(row, keys))
        allowed = f"there must be one row a run; {words} is there before"
        raise ConfigError(header.path, f"line {twice[0] + header.first_line}, {number}", int(row[number]), allowed)


def check_runs(header: Header, runs: Frame, manifest: Mapping[str, Any]) -> None:
    """Refuse runs that are not those of their manifest, as far as it says: their scenarios, and how many failed."""
    known, counts = manifest.get("postures"), manifest.get("counts")
    labels = runs["scenario"].astype(str)
    if known and (strange := np.flatnonzero(~labels.isin(list(known)).to_numpy())).size:
        line, allowed = strange[0] + header.first_line, f"it must be one that manifest.json has: {', '.join(known)}"
        raise ConfigError(header.path, f"line {line}, posture", labels.iloc[strange[0]], allowed)
    if not isinstance(counts, Mapping):
        return
    if counts.get("runs", len(runs)) != len(runs):
        raise _not_all(header, runs, counts)
    failed = np.flatnonzero((runs["status"] == "failed").to_numpy()) if "status" in runs else np.zeros(0)
    if counts.get("failed", len(failed)) != len(failed):
        place = f"line {failed[0] + header.first_line}, status" if len(failed) else "status"
        allowed = f"it must be so in {counts['failed']} rows, as manifest.json counts them, and is in {len(failed)}"
        raise ConfigError(header.path, place, "failed", allowed)


def _not_all(header: Header, runs: Frame, counts: Mapping[str, Any]) -> ConfigError:
    """Rows were taken out or added: of which runs, if some but not all of a scenario are there."""
    of = ["scenario", *(key for key in ("point", "state") if key in runs)]
    sizes = runs.groupby(of, observed=True)["scenario"].transform("size").to_numpy()
    odd = np.flatnonzero(sizes != counts.get("replicates"))
    where = ""
    if len(odd):
        row = runs.iloc[odd[0]]
        where = f"; of {', '.join(_words(row, of))} (line {odd[0] + header.first_line}) there are {sizes[odd[0]]}"
    allowed = f"it must be {counts['runs']}, {counts.get('replicates')} of each, as manifest.json counts them{where}"
    return ConfigError(header.path, "rows", len(runs), allowed)


def _words(row: pd.Series[Any], keys: list[str]) -> Iterator[str]:
    return (f"{key} {row[key]}" for key in keys if not pd.isna(row[key]))
