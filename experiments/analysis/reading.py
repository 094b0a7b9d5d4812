"""Columns of a table as typed Series: fast when all is well, and the place of the first bad cell when it is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.headers import Header, not_utf8
from experiments.analysis.rows import rows_of
from sim.errors import ConfigError

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
    """Some columns of a file whose rows are checked, typed; empty cells are missing values (NaN)."""
    kinds = {column: header.schema.kind(column) for column in columns}
    try:
        frame = _parse(header, kinds)
    except UnicodeDecodeError as error:
        raise not_utf8(header.path, error) from None
    except (ValueError, OverflowError) as error:
        raise _bad_cell(header, kinds, error) from None
    settled = {column: _settled(header, frame.pop(column), kind) for column, kind in kinds.items()}
    return pd.DataFrame(settled, copy=False)


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
        raise ConfigError(header.path, place, float(values[bad[0]]), "expected a whole number")
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
    return ConfigError(header.path, "file", header.path.name, f"expected CSV that can be read ({error})")


def _is_number(cell: str) -> bool:
    try:
        return cell == "" or ("_" not in cell and not math.isnan(float(cell)))
    except ValueError:
        return False


def _is_seed(cell: str) -> bool:
    return cell.isascii() and cell.isdecimal() and int(cell) < 2**64


_NUMBER: tuple[Callable[[str], bool], str] = (_is_number, "expected a number")
_CHECKS = {
    "number": _NUMBER,
    "whole": _NUMBER,
    "seed": (_is_seed, "expected a whole number from 0 to 2^64 − 1"),
}
