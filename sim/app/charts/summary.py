"""The table of now: what the run has come to, beside the ensemble."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from sim.app.ensemble_band import SERIES, EnsembleBand, Series, where_it_stands
from sim.measures import COLUMNS
from sim.numbers import number
from sim.scenario import Scenario

SUMMARY = (
    *("fire_attacks", "rounds_leaked", "convoy_attacks", "trucks_lost", "us_wounded", "us_killed"),
    *("drivers_wounded", "civilian_harm", "lowest_supply_days", "relation", "capital", "patience", "pressure"),
)


@dataclass(frozen=True)
class SummaryRow:
    """One measure as of the last finished day; NaN is not known. `low` and `high`: 5th and 95th percentile."""

    name: str
    measure: str
    unit: str
    meaning: str
    value: float
    median: float
    low: float
    high: float
    percentile: float
    stands: str

    @property
    def cells(self) -> tuple[str, ...]:
        """measure, unit, so far, median, 5 to 95%, where it stands: as text."""
        spread = f"{number(self.low)} to {number(self.high)}" if math.isfinite(self.low) else "–"
        return self.measure, self.unit, number(self.value), number(self.median), spread, self.stands


def summary(days: NDArray[Any], scenario: Scenario, band: EnsembleBand | None = None) -> list[SummaryRow]:
    """A row for each of SUMMARY, from the finished days of a run (dtype TALLY)."""
    minimum = scenario.parameters.supply.minimum_days
    return [_row(SERIES[name], days, band, minimum) for name in SUMMARY]


def _row(series: Series, days: NDArray[Any], band: EnsembleBand | None, minimum_days: float) -> SummaryRow:
    n, value = len(days), float(series(days[-1])) if len(days) else math.nan
    low = middle = high = percentile = math.nan
    if band is not None and 1 <= n <= band.n_days:
        low, _, middle, _, high = band.quantiles(series.name)[:, n - 1]
        percentile = band.percentile(series.name, n, value)
    meaning = "; ".join(COLUMNS[part].meaning for part in series.column.parts)
    if series.name == "lowest_supply_days":
        meaning += f"; below {number(minimum_days)} counts as short"
    meaning += ", at the end of the last day" if series.column.level else ", since the start"
    unit = "number" if series.unit == "attack" else series.unit
    stands = where_it_stands(band, series.name, n, value)
    return SummaryRow(
        series.name, series.title, unit, meaning, value, float(middle), float(low), float(high), percentile, stands
    )
