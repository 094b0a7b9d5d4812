"""What was reported, as the tables give it, and an axis of small and large counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.errors import ConfigError

TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


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


def text_of(cell: Any) -> str:
    """The text of a cell; empty if there is none."""
    return "" if pd.isna(cell) else str(cell)


def check_reports(frame: pd.DataFrame) -> None:
    """Refuse a table whose column `reported` has something else than reports."""
    for cell in frame["reported"]:
        try:
            reported(cell)
        except ValueError:
            allowed = "expected a number, at least …, at most …, or … to …"
            raise ConfigError(frame.attrs.get("file"), "column reported", text_of(cell), allowed) from None


def reported(cell: Any) -> Reported:
    """`19`, `at least 1`, `at most 3` or `3 to 5` as numbers; ValueError if it is none of these."""
    text = str(cell).strip()
    for words, low, high in (("at least ", 1, 0), ("at most ", 0, 1)):
        if text.startswith(words):
            value = float(text.removeprefix(words))
            return Reported(None, value if low else -math.inf, value if high else math.inf)
    first, to, last = text.partition(" to ")
    if to:
        return Reported(None, float(first), float(last))
    return Reported(float(text), float(text), float(text))


def root_axis(axes: Axes, most: float) -> None:
    """An axis of counts on the scale of their roots, where chance is about as wide everywhere; `most` is its end."""
    axes.set_xscale("function", functions=(lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda y: np.sign(y) * y**2))
    far = max(most, 1.0) * 1.06
    axes.set_xlim(-0.0006 * far, far)  # marks at 0 stand clear of the labels
    ticks = [tick for tick in TICKS if tick <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
