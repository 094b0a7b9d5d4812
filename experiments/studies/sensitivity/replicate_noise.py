"""How much of what runs differ by is replicate noise: components of variance of points × replicates, shared streams.

Two-way random effects without interaction replicates (Searle, Casella & McCulloch, Variance Components, 1992, ch. 4):
y = mean + point + replicate + rest. A replicate's part is noise that all points share, and cancels in pairs; the rest
meets a point in its own way, and remains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.statistics import Values


@dataclass(frozen=True)
class Shares:
    """Shares of the variance of a single run; they add up to 1 (all NaN if nothing varies)."""

    parameters: float
    shared: float
    own: float

    @property
    def noise(self) -> float:
        """All replicate noise."""
        return self.shared + self.own


def shares(values: Values) -> Shares:
    """The shares of a table points × replicates, at least two of each; negative estimates count as 0."""
    p, r = values.shape
    grand, points, replicates = values.mean(), values.mean(axis=1), values.mean(axis=0)
    ms_points = r * np.sum((points - grand) ** 2) / (p - 1)
    ms_replicates = p * np.sum((replicates - grand) ** 2) / (r - 1)
    rest = values - points[:, None] - replicates[None, :] + grand
    ms_rest = np.sum(rest**2) / ((p - 1) * (r - 1))
    parts = np.array([max(ms_points - ms_rest, 0.0) / r, max(ms_replicates - ms_rest, 0.0) / p, ms_rest])
    total = parts.sum()
    return Shares(*(float(part) for part in (parts / total if total > 0 else parts * np.nan)))
