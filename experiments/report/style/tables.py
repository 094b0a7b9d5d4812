"""Tables of a page, by their columns: a heading, how a row is read, the unit that stands below the heading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd

from experiments.report.page.document import Cell, Grid
from experiments.report.style.words import readable
from sim.measures import BY_NAME
from sim.statistics import Interval

T = TypeVar("T")
OF_ROW = "of the row"
"""The unit of numbers whose unit stands in the row itself."""


@dataclass(frozen=True)
class GridColumn:
    """A column of a table: `read` makes its cell from a row (a mapping, a tuple, an object: what the table has)."""

    heading: str
    read: Callable[[Any], Cell]
    unit: str = ""


Columns = Sequence[GridColumn]


def text(heading: str, read: Callable[[Any], Any] | str | None = None) -> GridColumn:
    """Words: of a key of the row (the heading itself without one), or what a function makes of the row."""
    return GridColumn(heading, read if callable(read) else lambda row: text_of(row[read or heading]))


def texts(*headings: str) -> Columns:
    """Words of keys that are headings."""
    return [text(heading) for heading in headings]


def number(heading: str, read: Callable[[Any], Any] | str | None = None, unit: str = "1") -> GridColumn:
    """Numbers, or means with their bounds, likewise."""
    return GridColumn(heading, read if callable(read) else lambda row: float(row[read or heading]), unit)


def columns_of(unit: str, *pairs: tuple[str, str]) -> Columns:
    """Numbers of one unit: a heading and a key each."""
    return [number(heading, key, unit) for heading, key in pairs]


def columns_by(
    keys: Iterable[T], heading: Callable[[T], str], read: Callable[[Any, T], Cell], unit: Callable[[T], str] | str = "1"
) -> Columns:
    """A column for each of some keys (levels, measures …), of one unit or each of its own; `read` takes row and key."""

    def column(key: T) -> GridColumn:
        return GridColumn(heading(key), lambda row: read(row, key), unit if isinstance(unit, str) else unit(key))

    return [column(key) for key in keys]


def unit_in_runs(measure: str) -> str:
    """The unit of a measure of a run."""
    return BY_NAME[measure].unit


def measure_and_unit(measure: Callable[[Any], str] = str, unit: Callable[[str], str] = unit_in_runs) -> Columns:
    """The measure of a row in words, and its unit; empty of plain numbers."""
    shown = text("unit", lambda row: unit_words(unit(measure(row))))
    return [text("measure", lambda row: readable(measure(row))), shown]


def interval(heading: str, *keys: str, unit: str = OF_ROW) -> GridColumn:
    """A mean with its bounds: the keys of mean, low and high."""
    return GridColumn(heading, lambda row: interval_of(row, *keys), unit)


def yes_no(heading: str, key: str) -> GridColumn:
    """Whether something is so."""
    return GridColumn(heading, lambda row: "yes" if row[key] else "no")


UNIT = text("unit", lambda row: unit_words(text_of(row["unit"])))
"""The unit of a row, empty of plain numbers."""


def grid(name: str, title: str, rows: Iterable[Any], columns: Columns, note: str = "", reproduce: str = "") -> Grid:
    """The table of some rows: those of a frame as mappings, or any others."""
    each = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows
    cells = [[column.read(row) for column in columns] for row in each]
    return Grid(name, title, [c.heading for c in columns], [c.unit for c in columns], cells, note, reproduce)


# --- cells -----------------------------------------------------------------------------------------------
def text_of(cell: Any) -> str:
    """The text of a cell; empty if there is none."""
    return "" if cell is None or pd.isna(cell) else str(cell)


def unit_words(unit: str) -> str:
    """A unit as it is shown: plain numbers have none."""
    return "" if unit == "1" else unit


def interval_of(row: Any, mean: str = "mean", low: str = "low", high: str = "high") -> Interval:
    """A mean with its bounds, from a row."""
    return Interval(float(row[mean]), float(row[low]), float(row[high]))


def intervals(frame: pd.DataFrame, *keys: str) -> list[Interval]:
    """A mean with its bounds for each row of a frame."""
    return [interval_of(row, *keys) for row in frame.to_dict("records")]
