"""Runs of an ensemble beside the targets: what single runs give, and where the reported figure lies among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies.calibration.simulator import Runner, Seeds
from experiments.studies.calibration.work import Work
from experiments.studies.targets import Loaded, Target, Values
from sim.measures import series

SERIES = (
    *("fire_attacks", "convoy_attacks", "detail_attacks", "rounds_fired", "rounds_inside", "us_wounded"),
    *("devices_without_effect", "sites_open", "mean_skill"),
)
"""What is kept of each day, beside the values of the targets."""
LEVELS = (0.5, 0.9)
QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
BLOCK = 100
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Predicted:
    """`values` (runs × targets), and `series`: measure of `SERIES` → running total or level (runs × days)."""

    values: Values
    series: dict[str, Values]

    def __len__(self) -> int:
        return len(self.values)


def predict(
    loaded: Loaded, points: Sequence[Point], seeds: Seeds, workers: int, work: Work, stage: str, told: Told
) -> Predicted:
    """One run for each point and seed; runs that failed are left out."""
    runner, blocks = Runner(loaded, workers), []
    for k in range(0, len(points), BLOCK):
        part = slice(k, k + BLOCK)
        make = partial(runner.each, partial(_read, loaded), points[part], seeds[part])
        blocks += work.once(f"{stage}_{k}", make)
        told(stage, min(k + BLOCK, len(points)), len(points))
    good = [block for block in blocks if np.isfinite(block[1]).all()]
    series = np.stack([block[1] for block in good])
    named = {name: series[:, n] for n, name in enumerate(SERIES)}
    return Predicted(np.stack([block[0] for block in good]), named)


def _read(loaded: Loaded, days: Any) -> tuple[Values, Values]:
    """Values of the targets, and the series (measures × days) of one run."""
    return loaded.values(days)[0], np.array([series(days[0], name) for name in SERIES])


@dataclass(frozen=True)
class Checked:
    """One target: quantiles of single runs, the share of runs below what was reported, and what it lies inside.

    `inside`: whether the reported figure lies in the middle 50% and 90% of the runs; of a target with bounds, whether
    some run in that middle agrees. `p_agree` is the share of runs within the bounds of the report.
    """

    target: Target
    quantiles: Values
    p_below: float
    p_agree: float
    inside: tuple[bool, ...]
    undefined: int


def check_target(target: Target, values: Values) -> Checked:
    """A target beside the values of the runs; runs without a value (a ratio of nothing) are counted and left out."""
    known = values[np.isfinite(values)]
    undefined = len(values) - len(known)
    if not len(known):
        return Checked(target, np.full(len(QUANTILES), np.nan), np.nan, np.nan, (False,) * len(LEVELS), undefined)
    low, high = target.bounds
    agree = float(np.mean((known >= low) & (known <= high)))
    ends = [np.quantile(known, [0.5 - level / 2, 0.5 + level / 2]) for level in LEVELS]
    if target.value is None:
        inside = tuple(bool(bottom <= high and top >= low) for bottom, top in ends)
        below = np.nan
    else:
        inside = tuple(bool(bottom <= target.value <= top) for bottom, top in ends)
        below = float(np.mean(known < target.value) + 0.5 * np.mean(known == target.value))
    return Checked(target, np.quantile(known, QUANTILES), below, agree, inside, undefined)


def weekly(series: Values, days: int) -> tuple[NDArray[np.int64], Values]:
    """Days at which weeks end, and the running totals there (runs × weeks)."""
    ends = np.arange(7, days + 1, 7, dtype=np.int64)
    return ends, series[:, ends - 1]
