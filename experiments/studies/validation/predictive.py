"""Runs of an ensemble beside the targets: what single runs give, and where the reported figure lies among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from experiments.studies.reporting import simulate_reports
from experiments.studies.runner import Seeds, StudyRunner
from experiments.studies.targets import LEVELS as LEVEL_MEASURES
from experiments.studies.targets import DailySeries, Days, Loaded, Running, Target
from experiments.studies.weights import WeighedStates, kept
from sim.errors import RunError
from sim.statistics import Values

SERIES = (
    *("fire_attacks", "convoy_attacks", "detail_attacks", "rounds_fired", "rounds_inside", "us_wounded"),
    "devices_without_effect",
)
"""What facts and figures need of each day, beside what the targets are read off."""
LEVELS = (0.5, 0.9)
QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]


@dataclass(frozen=True)
class Predicted:
    """`values` (runs × targets), `series`: measure → running total or level (runs × days).

    `weights` (runs; they sum to 1): None where all count alike.
    """

    values: Values
    series: Days
    weights: Values | None = None

    def __len__(self) -> int:
        return len(self.values)


def predict(runner: StudyRunner, stage: str, loaded: Loaded, states: WeighedStates, seeds: Seeds) -> Predicted:
    """One run for each state and seed; runs that failed are left out."""
    measures = tuple(dict.fromkeys([*SERIES, *(name for t in loaded.targets.targets for name in t.measures)]))
    runs = runner.reduce(stage, loaded.scenario, states.points, seeds, DailySeries(measures))
    whole = np.array([bool(len(days)) and bool(np.isfinite(days).all()) for days in runs])
    good = list(compress(runs, whole))
    if not good:
        raise RunError(f"{stage}: none of {len(runs)} runs was finished")
    series = dict(zip(measures, np.moveaxis(np.stack(good), -1, 0), strict=True))
    return Predicted(loaded.values(series), series, kept(states.weights, whole))


def quantiles_of(values: Values, levels: Sequence[float], weights: Values | None = None) -> Values:
    """Quantiles; of weighted values the smallest with at least this share at or below them."""
    if weights is None:
        return np.asarray(np.quantile(values, levels))
    return np.asarray(np.quantile(values, levels, weights=weights, method="inverted_cdf"))


def share_of(which: NDArray[np.bool_], weights: Values | None = None) -> float:
    """Share, by weight."""
    return float(np.average(which, weights=weights))


_REPEATS = 8
"""Reports of each run."""


def told_of(loaded: Loaded, predicted: Predicted, seed: int) -> list[Values]:
    """What would be reported of each target, over all runs, by the model of reports (`reporting`).

    A range without the report's own error would be too narrow for a report. So many of so many are told as a share;
    bounds and levels are as they are.
    """
    targets, runs = loaded.targets.targets, Running(predicted.series, loaded.start)
    each = [simulate_reports(targets, runs, len(predicted), seed + n) for n in range(_REPEATS)]
    drawn = np.concatenate(each)
    return [drawn[:, k] / (t.among or 1) if _is_counted(t) else predicted.values[:, k] for k, t in enumerate(targets)]


def _is_counted(target: Target) -> bool:
    return target.value is not None and target.measure not in LEVEL_MEASURES


@dataclass(frozen=True)
class Checked:
    """One target: quantiles of what single runs would have reported, the share below what was, and what it lies inside.

    `inside`: whether the reported figure lies in the middle 50% and 90% of the runs; of a target with bounds, whether
    some run in that middle agrees. `p_agree` is the share of runs within the bounds of the report.
    """

    target: Target
    quantiles: Values
    p_below: float
    p_agree: float
    inside: tuple[bool, ...]
    undefined: int


def check_target(target: Target, values: Values, told: Values, weights: Values | None = None) -> Checked:
    """A target beside the runs and what would be reported of them; those without a value are counted and left out.

    `told` may have several reports of each run, one after the other for all runs.
    """
    there, said = np.isfinite(values), np.isfinite(told)
    known, undefined = values[there], int((~there).sum())
    if not len(known):
        return Checked(target, np.full(len(QUANTILES), np.nan), np.nan, np.nan, (False,) * len(LEVELS), undefined)
    low, high = target.bounds
    own, both = (None, None) if weights is None else (weights[there], np.resize(weights, len(told))[said])
    told, agree = told[said], share_of((known >= low) & (known <= high), own)
    ends = [quantiles_of(told, [0.5 - level / 2, 0.5 + level / 2], both) for level in LEVELS]
    if target.value is None:
        inside = tuple(bool(bottom <= high and top >= low) for bottom, top in ends)
        below = np.nan
    else:
        value = target.value / (target.among or 1)
        inside = tuple(bool(bottom <= value <= top) for bottom, top in ends)
        below = share_of(told < value, both) + 0.5 * share_of(told == value, both)
    return Checked(target, quantiles_of(told, QUANTILES, both), below, agree, inside, undefined)


def weekly(series: Values, days: int) -> tuple[NDArray[np.int64], Values]:
    """Days at which weeks end, and the running totals there (runs × weeks)."""
    ends = np.arange(7, days + 1, 7, dtype=np.int64)
    return ends, series[:, ends - 1]
