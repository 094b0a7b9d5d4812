"""The table of prior runs, as all inference reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies.priors import Priors
from experiments.studies.structures.rivals import load_rivals
from sim.statistics import Values

_WEEK = 7


@dataclass(frozen=True)
class PriorRuns:
    """Single runs of draws of the prior. Every rival sits at its old value with chance ½, else is drawn over its range.

    `unit` (draws × parameters): places in the prior's unit cube; axes of a rival that is out hold the quantile of its
    old value. `included` (draws × rivals): whether the rival is in. `counts`: measure → draws × days, new on that day.
    `seeds` (draws): those of the runs. `start`: the first day.
    """

    priors: Priors
    unit: NDArray[np.float64]
    rivals: tuple[str, ...]
    included: NDArray[np.bool_]
    start: date
    counts: Mapping[str, NDArray[np.int16]]
    seeds: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def days(self) -> int:
        """Length of the runs, in days."""
        return int(next(iter(self.counts.values())).shape[1])

    def window(self, measure: str, first: date, last: date, without: str | None = None) -> Values:
        """What was counted from one day to another, both inside (draws); only on days without a count of the other."""
        begin, end = (first - self.start).days, (last - self.start).days + 1
        if not 0 <= begin < end <= self.days:
            raise ValueError(f"{first} to {last} is not within {self.days} days from {self.start}")
        counts = self.counts[measure][:, begin:end]
        if without is not None:
            counts = counts * (self.counts[without][:, begin:end] == 0)
        return np.asarray(counts.sum(axis=1, dtype=np.float64))

    def monthly(self, measure: str) -> Values:
        """What was counted in each whole calendar month (draws × months)."""
        begins = [n for n in range(self.days + 1) if (self.start + timedelta(days=n)).day == 1]
        return self._between(measure, begins)

    def weekly(self, measure: str) -> Values:
        """What was counted in each whole week from the first day (draws × weeks)."""
        return self._between(measure, list(range(0, self.days + 1, _WEEK)))

    def _between(self, measure: str, edges: list[int]) -> Values:
        """Sums from each edge to before the next."""
        counts = self.counts[measure][:, : edges[-1]]
        return np.asarray(np.add.reduceat(counts, edges[:-1], axis=1, dtype=np.float64))

    def points(self, rows: Iterable[int]) -> list[Point]:
        """The values of all parameters in some draws, old values exactly."""
        chosen = np.asarray(list(rows), dtype=np.int64)
        return points_of(self.priors, self.rivals, self.unit[chosen], self.included[chosen])


def points_of(
    priors: Priors, rivals: Sequence[str], unit: NDArray[np.float64], included: NDArray[np.bool_]
) -> list[Point]:
    """The values of all parameters at places in the unit cube; of a rival that is out, the old ones exactly."""
    points = priors.from_unit(unit)
    olds = [rival.old for rival in load_rivals().structures if rival.name in rivals]
    for point, inside in zip(points, included, strict=True):
        for old, is_in in zip(olds, inside, strict=True):
            point.update({} if is_in else old)
    return points
