"""Where the run stands: its numbers so far beside the ensemble of the same scenario."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import solara
from numpy.typing import NDArray

from sim.app.components import Table
from sim.app.controller import Controller
from sim.app.ensemble_band import SERIES, EnsembleBand, Series
from sim.measures import COLUMNS
from sim.numbers import number
from sim.scenario import Scenario

HEADERS = ("measure", "unit", "so far", "ensemble: median", "ensemble: 5 to 95%", "this run stands at")
SUMMARY = (
    *("fire_attacks", "rounds_leaked", "convoy_attacks", "trucks_lost", "us_wounded", "us_killed"),
    *("drivers_wounded", "civilian_harm", "lowest_supply_days", "relation", "capital", "patience", "pressure"),
)


class SummaryRow(NamedTuple):
    """One measure as of the last finished day: its meaning, and cells of text as in `HEADERS`; – is not known."""

    name: str
    meaning: str
    cells: tuple[str, ...]


@solara.component
def StandingPanel(controller: Controller) -> None:
    """One row a measure."""
    shown, band = controller.shown.value, controller.backdrop.band.value
    rows = solara.use_memo(lambda: _rows(controller), [shown.hour // 24, band, controller.opened.value])
    if band is not None:
        solara.Text(f"Ensemble: {band.title}, other seeds.", classes=["posture-quiet"])
    else:
        solara.Text(controller.backdrop.problem.value or "The ensemble is being run.", classes=["posture-quiet"])
    Table([row.cells for row in rows], HEADERS, [row.meaning for row in rows])


def _rows(controller: Controller) -> list[SummaryRow]:
    scenario, days, _ = controller.session.so_far()
    return summary(days, scenario, controller.backdrop.band.value)


def summary(days: NDArray[Any], scenario: Scenario, band: EnsembleBand | None = None) -> list[SummaryRow]:
    """A row for each of SUMMARY, from the finished days of a run (dtype TALLY)."""
    minimum = scenario.parameters.supply.minimum_days
    return [_row(SERIES[name], days, band, minimum) for name in SUMMARY]


def _row(series: Series, days: NDArray[Any], band: EnsembleBand | None, minimum_days: float) -> SummaryRow:
    n, value = len(days), float(series(days[-1])) if len(days) else math.nan
    median = spread = "–"
    if band is not None and 1 <= n <= band.n_days:
        low, _, middle, _, high = band.quantiles(series.name)[:, n - 1]
        median, spread = number(middle), f"{number(low)} to {number(high)}"
    meaning = "; ".join(COLUMNS[part].meaning for part in series.column.parts)
    if series.name == "lowest_supply_days":
        meaning += f"; below {number(minimum_days)} counts as short"
    meaning += ", at the end of the last day" if series.column.level else ", since the start"
    unit = "number" if series.unit == "attack" else series.unit
    stands = band.where_it_stands(series.name, n, value) if band else "no ensemble to compare with"
    return SummaryRow(series.name, meaning, (series.title, unit, number(value), median, spread, stands))
