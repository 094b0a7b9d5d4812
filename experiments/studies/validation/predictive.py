"""Runs of an ensemble beside the targets: what single runs give, and where the reported figure lies among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies.runner import Seeds, StudyRunner
from experiments.studies.targets import DailySeries, Days, Loaded, Target, TargetValues
from sim.errors import RunError
from sim.statistics import Values

SERIES = (
    *("fire_attacks", "convoy_attacks", "detail_attacks", "rounds_fired", "rounds_inside", "us_wounded"),
    *("devices_without_effect", "sites_open", "mean_skill"),
)
"""What facts and figures need of each day, beside what the targets are read off."""
LEVELS = (0.5, 0.9)
QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]


@dataclass(frozen=True)
class Predicted:
    """`values` (runs × targets), and `series`: measure → running total or level (runs × days)."""

    values: Values
    series: Days

    def __len__(self) -> int:
        return len(self.values)


def predict(runner: StudyRunner, stage: str, loaded: Loaded, points: Sequence[Point], seeds: Seeds) -> Predicted:
    """One run for each point and seed; runs that failed are left out."""
    measures = tuple(dict.fromkeys([*SERIES, *(name for t in loaded.targets.targets for name in t.measures)]))
    runs = runner.reduce(stage, loaded.scenario, points, seeds, DailySeries(measures))
    good = [days for days in runs if len(days) and np.isfinite(days).all()]
    if not good:
        raise RunError(f"{stage}: none of {len(runs)} runs was finished")
    series = dict(zip(measures, np.moveaxis(np.stack(good), -1, 0), strict=True))
    return Predicted(loaded.values(series), series)


def target_values(runner: StudyRunner, stage: str, loaded: Loaded, points: Sequence[Point], seeds: Seeds) -> Values:
    """The targets alone (runs × targets), one run for each point and seed; runs that failed are left out."""
    rows = runner.reduce(stage, loaded.scenario, points, seeds, TargetValues(loaded.targets.targets))
    values = np.concatenate(rows)
    return np.asarray(values[np.isfinite(values).any(axis=1)])


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
