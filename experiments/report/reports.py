"""What was reported: the counts of 2020 by quarter, and the column `reported` of tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from experiments.report.style.tables import text_of
from experiments.studies.targets import reported_quarters
from sim.errors import ConfigError
from sim.numbers import percent


def start() -> date:
    """First day of the quarters that were reported."""
    return reported_quarters().start


def ends() -> tuple[int, ...]:
    """The day of the run on which each of them ends, from 1."""
    return reported_quarters().ends


def are_those_of(quarters: tuple[date, Sequence[int]] | None) -> bool:
    """Whether quarters, given by their first day and last days, begin with those that were reported."""
    return reported_quarters().are(quarters)


def source(kind: str) -> str:
    """Where the counts of a kind of attack were reported."""
    return reported_quarters().counts[kind][0]


def sources() -> str:
    """All of them."""
    return reported_quarters().sources


def by_quarter(kind: str) -> tuple[int, ...]:
    """What was reported of a kind of attack, quarter by quarter."""
    return reported_quarters().counts[kind][1]


def sources_differ(shares: Iterable[float]) -> str:
    """`sources differ by 10% to 25%`: from the least to the largest; no number if no share is known."""
    known = sorted(set(shares))
    ends = " to ".join(percent(share) for share in dict.fromkeys(known[:1] + known[-1:]))
    return f"sources differ by {ends}" if ends else "sources differ"


@dataclass(frozen=True)
class Reported:
    """A report: a value, or bounds (infinite where they are open) and no value."""

    value: float | None
    low: float
    high: float

    def meets(self, low: float, high: float) -> bool:
        """Whether the range from `low` to `high` holds the value, or touches what lies within the bounds."""
        return low <= self.high and high >= self.low

    def within(self, tolerance: float) -> tuple[float, float]:
        """Where the truth may lie: the value ± a share of it, or the bounds."""
        share = tolerance if self.value is not None else 0.0
        return self.low * (1 - share), self.high * (1 + share)

    @property
    def place(self) -> float:
        """Where a mark of it stands: the value, the bound, or the middle of the range."""
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        return sum(ends) / len(ends)


def reported(cell: Any) -> Reported:
    """`19`, `9 of 18` (a share), `at least 1`, `at most 3` or `3 to 5` as numbers; ValueError if it is none."""
    text = str(cell).strip()
    for words, low, high in (("at least ", 1, 0), ("at most ", 0, 1)):
        if text.startswith(words):
            value = float(text.removeprefix(words))
            return Reported(None, value if low else -math.inf, value if high else math.inf)
    some, of, whole = text.partition(" of ")
    if of:
        share = float(some) / float(whole)
        return Reported(share, share, share)
    first, to, last = text.partition(" to ")
    if to:
        return Reported(None, float(first), float(last))
    return Reported(float(text), float(text), float(text))


def check_reports(frame: pd.DataFrame) -> None:
    """Refuse a table whose column `reported` has something else than reports."""
    for cell in frame["reported"]:
        try:
            reported(cell)
        except ValueError:
            allowed = "it must be a number, … of …, at least …, at most …, or … to …"
            raise ConfigError(frame.attrs.get("file"), "column reported", text_of(cell), allowed) from None
