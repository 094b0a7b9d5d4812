"""What the page's charts are told once: panels, the band of an ensemble, what was reported. The days come with the map.

Counts are shown as a mean of the last four weeks or as running totals, never week by week: a week has few attacks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from sim.app.charts.kinds import Reported
from sim.app.charts.twin import TWIN_SERIES
from sim.app.displacement import pairs_words
from sim.app.ensemble_band import SERIES, WEEK, WINDOW_DAYS, EnsembleBand, Floats, per_week
from sim.app.whatif import Fan, WhatIf
from sim.scenario import Scenario
from sim.statistics import PERCENTILES

RATE, TOTAL, LEVEL = "rate", "total", "level"


@dataclass(frozen=True)
class Shown:
    """A panel: title, unit, the series in it (a second one is dashed) with their words, how they are shown."""

    title: str
    unit: str
    series: tuple[str, ...]
    how: str
    reported: str = ""
    words: tuple[str, ...] = ("",)


SINGLE = (
    Shown("Fire on sites", "a week, over four weeks", ("fire_attacks",), RATE, "fire_attacks"),
    Shown(
        "Bombs on roads",
        "a week, over four weeks",
        ("road_attacks", "convoy_attacks"),
        RATE,
        "convoy_attacks",
        ("all", "convoys"),
    ),
    Shown("Rounds leaked", "rounds, total", ("rounds_leaked",), TOTAL),
    Shown("Lowest supply of a site", "days", ("lowest_supply_days",), LEVEL),
    Shown("Relation and Baghdad's capital", "0 to 1", ("relation", "capital"), LEVEL, words=("relation", "capital")),
    Shown("Pressure index", "points, total", ("pressure",), TOTAL),
)
TWIN = tuple(
    Shown(
        title,
        unit if SERIES[name].column.level else f"{unit}, total",
        (name,),
        LEVEL if SERIES[name].column.level else TOTAL,
    )
    for name, (title, unit) in TWIN_SERIES.items()
)


def chart_setup(
    scenario: Scenario, bands: Sequence[EnsembleBand], reported: Reported, labels: Sequence[str]
) -> dict[str, Any]:
    """As JSON takes it. `bands` is that of the run, or of both runs of a twin in pairs; empty while there is none."""
    twin = len(labels) > 1
    panels = [_panel(shown, scenario, bands, reported, twin) for shown in (TWIN if twin else SINGLE)]
    return {
        "start": scenario.posture.start.isoformat(),
        "days": scenario.days,
        "labels": list(labels),
        "panels": panels,
        "ensemble": _about(bands, twin),
        "window": WINDOW_DAYS,
    }


def _about(bands: Sequence[EnsembleBand], twin: bool) -> str:
    if not bands:
        return ""
    if twin:
        return f"Bands: 5–95% and 25–75% of {pairs_words(bands[0])}, the same streams in both runs of a pair."
    return f"Bands: 5–95% and 25–75%, thin line: median of {bands[0].title}, other seeds."


def _panel(
    shown: Shown, scenario: Scenario, bands: Sequence[EnsembleBand], reported: Reported, twin: bool
) -> dict[str, Any]:
    first = SERIES[shown.series[0]]
    return {
        "title": shown.title,
        "unit": shown.unit,
        "how": shown.how,
        "better": first.column.better,
        "series": [{"name": name, "word": word} for name, word in zip(shown.series, shown.words, strict=True)],
        "band": _band(shown, bands, twin),
        "minimum": scenario.parameters.supply.minimum_days if first.name == "lowest_supply_days" else None,
        "reported": _reported(shown, scenario, reported),
    }


def _band(shown: Shown, bands: Sequence[EnsembleBand], twin: bool) -> list[list[float | None]] | None:
    """PERCENTILES × days of the first series; of a twin those of second − first over the pairs."""
    if len(bands) != (2 if twin else 1):
        return None
    values = [np.asarray(band.values[shown.series[0]], np.float64) for band in bands]
    wanted = values[1] - values[0] if twin else values[0]
    if shown.how == RATE:
        wanted = per_week(wanted)
    return [_short(row) for row in np.percentile(wanted, PERCENTILES, axis=0)]


def fans_of(found: WhatIf, twin: bool) -> dict[str, Any]:
    """Fans of an answer for the charts, as JSON takes them: of the first series of each panel, for each option.

    Each is 5th percentile, median and 95th, × days; the first is the day (from 0) of the fork. None where a panel has
    no fan.
    """
    panels = [[_fan(shown, fans[shown.series[0]]) for fans in found.fans] for shown in (TWIN if twin else SINGLE)]
    whose = f"{found.n:,} {'states of the world' if found.about.states else 'futures'}"
    return {"first": found.hour // 24, "labels": list(found.labels), "panels": panels, "whose": whose}


def _fan(shown: Shown, fan: Fan) -> list[list[float | None]] | None:
    quantiles = fan.rate if shown.how == RATE else fan.total
    return None if quantiles is None else [_short(row) for row in quantiles[[0, 2, 4]]]


def _reported(shown: Shown, scenario: Scenario, reported: Reported) -> dict[str, Any] | None:
    """Rates a week of the quarters that were reported."""
    if shown.reported not in reported:
        return None
    source, counts = reported[shown.reported]
    ends = (0, *scenario.posture.quarters[: len(counts)])
    rates = [WEEK * count / (last - first) for count, (first, last) in zip(counts, pairwise(ends), strict=True)]
    return {"source": source, "ends": list(ends), "rates": _short(np.array(rates))}


def _short(values: Floats) -> list[float | None]:
    """Four digits are more than a screen shows; None for NaN, which JSON lacks."""
    return [None if math.isnan(value) else float(f"{value:.4g}") for value in values.tolist()]
