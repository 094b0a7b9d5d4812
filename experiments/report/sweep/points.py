"""The table of a sweep's points: what each changes, how many runs it has, the means of the chosen measures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from experiments.report.page.document import Grid
from experiments.report.style import tables
from experiments.report.style.names import in_prose
from experiments.report.style.words import readable
from experiments.report.sweep.numbers import Swept, SweptFactor
from sim.numbers import number
from sim.statistics import mean_interval

MOST_ROWS, OPEN_ROWS = 200, 12
"""Points in the table; a table of so few is not folded."""


def points_table(swept: Swept) -> Grid:
    """A row a point, levers first."""
    there = np.isfinite(next(iter(swept.values.values()))).any(axis=2)
    rows = [(int(lever), int(state)) for lever, state in np.argwhere(there)]
    columns = [
        *(_column(swept, factor) for factor in swept.factors),
        tables.number("runs", lambda row: float(_runs(swept, swept.chosen[0], *row).size)),
        *tables.columns_by(
            swept.chosen, readable, lambda row, m: mean_interval(_runs(swept, m, *row)), tables.unit_in_runs
        ),
    ]
    left = f" The first {MOST_ROWS} of {len(rows):,}: points.csv has all." if len(rows) > MOST_ROWS else ""
    note = (
        f"Means with 95% t intervals of single points; differences are better known, as points share their luck.{left}"
    )
    line = f"swept.means({swept.chosen[0]!r})  # levers × states"
    made = tables.grid("sweep_points", "The points", rows[:MOST_ROWS], columns, note, line)
    return replace(made, folded=len(rows) > OPEN_ROWS)


def _column(swept: Swept, factor: SweptFactor) -> tables.GridColumn:
    return tables.text(in_prose(factor.key), lambda row: _level(swept, factor, *row))


def _level(swept: Swept, factor: SweptFactor, lever: int, state: int) -> str:
    """The value of a factor at a point."""
    table, row = (swept.levers, lever) if factor.key in swept.levers else (swept.states, state)
    value: Any = table[factor.key].iloc[row]
    return number(float(value)) if factor.numeric else str(value)


def _runs(swept: Swept, measure: str, lever: int, state: int) -> Any:
    values = swept.values[measure][lever, state]
    return values[np.isfinite(values)]
