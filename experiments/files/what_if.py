"""An answer of the page to "what if" as two tables: its measures, and its fans day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from experiments.files.columns import WHAT_IF_DAY_FIELDS, WHAT_IF_FIELDS
from experiments.files.tables import table_bytes
from sim.app.ensemble_band import SERIES
from sim.app.whatif import OptionAnswer, WhatIf
from sim.statistics import Interval


def answer_files(found: WhatIf, seed: int) -> dict[str, bytes]:
    """Name → content of the tables of an answer, for download. `seed` is that of the run."""
    return {
        "what_if.csv": table_bytes(WHAT_IF_FIELDS, _measures(found, seed)),
        "what_if_days.csv": table_bytes(WHAT_IF_DAY_FIELDS, _days(found, seed)),
    }


def _about(found: WhatIf, seed: int, option: str) -> list[Any]:
    about = found.about
    return [about.label, None if about.states else seed, about.states or None, about.hour, option]


def _measures(found: WhatIf, seed: int) -> Iterator[list[Any]]:
    """A row for each option and measure."""
    for k, label in enumerate(found.labels):
        for row in found.answers:
            answer, first = row[k], k == 0
            own = [answer.measure.name, answer.measure.series.column.unit, *_numbers(answer.mean)]
            yield [*_about(found, seed, label), *own, *([None] * 6 if first else _against(answer)), found.n]


def _against(answer: OptionAnswer) -> list[float]:
    return [*_numbers(answer.difference), answer.sides.lower, answer.sides.equal, answer.sides.higher]


def _numbers(interval: Interval) -> list[float]:
    return [interval.mean, interval.low, interval.high]


def _days(found: WhatIf, seed: int) -> Iterator[list[Any]]:
    """A row for each option, series and day."""
    for k, label in enumerate(found.labels):
        for name, fan in found.fans[k].items():
            for n, quantiles in enumerate(fan.quantiles.T):
                date = found.fork + timedelta(days=n)
                difference = [None] * 3 if k == 0 else fan.difference[:, n].tolist()
                when = [name, SERIES[name].column.unit, found.hour // 24 + n + 1, date.isoformat()]
                yield [*_about(found, seed, label), *when, *quantiles.tolist(), *difference, found.n]
