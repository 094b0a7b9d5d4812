"""How attacks that happened become a figure that is reported: one law for everybody who forecasts, and for all weights.

Sources differ by up to 15% (E4), and the record of months is one of several that could have been made. So a report of
y attacks is Poisson with mean y, or, where 15% is wider than that, negative binomial with this spread. `SOURCES`
believes reports more: 15% and the rounding to whole attacks, nothing else; scores by it stand beside the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from sim.statistics import Values

MOST = 400
"""Counts of a window above this are taken as this many."""
_LEAST = 1e-300
"""No report is quite impossible: a table far from all that was reported still has a nearest run."""
REPORTS = np.arange(MOST + 201)


@dataclass(frozen=True)
class Counting:
    """A law of reports. `share` by which sources differ; `poisson`: no tighter than Poisson; `rounding` in attacks."""

    name: str
    share: float = 0.15
    poisson: bool = True
    rounding: float = 0.5

    def masses(self, happened: Values) -> Values:
        """Chance of each of the `REPORTS` (rows), for each number that happened (columns); columns sum to 1."""
        from scipy.stats import nbinom, norm, poisson

        reports = REPORTS[:, None]
        if not self.poisson:
            sd = np.hypot(self.share * happened, self.rounding)
            edges = norm.cdf((np.arange(len(REPORTS) + 1)[:, None] - 0.5 - happened) / sd)
            edges[0], edges[-1] = 0.0, 1.0
            return np.asarray(np.diff(edges, axis=0))
        mean = np.maximum(happened, self.rounding)  # what did not happen may still be reported
        excess = (self.share * mean) ** 2 - mean
        wide = excess > 0
        shape = mean**2 / np.where(wide, excess, 1.0)
        negative = nbinom.pmf(reports, shape, shape / (shape + mean))
        return np.asarray(np.where(wide, negative, poisson.pmf(reports, mean)))


WIDE = Counting("Poisson or 15%")
SOURCES = Counting("15% alone", poisson=False)
COUNTINGS = (WIDE, SOURCES)
"""The first is the one that verdicts rest on."""


@cache
def law(counting: Counting) -> Values:
    """Chance of each report (rows) given each count from 0 to `MOST` (columns)."""
    return np.maximum(counting.masses(np.arange(MOST + 1, dtype=np.float64)), _LEAST)


def capped(counts: Values) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Counts as columns of `law`."""
    return np.minimum(counts, MOST).astype(np.int64)


def chance_of(reported: int, happened: Values, counting: Counting) -> Values:
    """Chance of a report in each run (runs)."""
    return np.asarray(law(counting)[reported][capped(happened)])


def reports_of(happened: Values, counting: Counting) -> Values:
    """The law of the report, from the law of what happens: chances of 0, 1, … `MOST` attacks."""
    return np.asarray(law(counting) @ happened)
