"""Leave one window out: what model and null models say of a quarter that they were not shown.

The model's own prediction takes runs from the prior, keeps those nearest to the fitted targets that do not touch the
window, and reads off what happened in it: the same discrepancy as the calibration, without the quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from experiments.studies.reporting import discrepancy, figures, scaled
from experiments.studies.targets import LEVELS, Loaded, Target
from experiments.studies.validation.nulls import NULLS, predict_null
from experiments.studies.validation.scores import crps, log_score
from sim.statistics import Values

Rows = NDArray[np.intp]
MODEL, SEEN = "Posture", "Posture, whole ensemble"
FEWEST = 2


@dataclass(frozen=True)
class Score:
    """One prediction of one window: scores (lower is better) and the middle 90% of the draws.

    `reached`: how near to the other windows the farthest of the runs is that predict it, where they were chosen so.
    """

    measure: str
    window: str
    model: str
    reported: float
    low: float
    median: float
    high: float
    log_score: float
    crps: float
    reached: float | None


def kinds(loaded: Loaded) -> dict[str, list[Target]]:
    """Measures with two windows or more that don't overlap → their targets, in time."""
    found: dict[str, list[Target]] = {}
    for target in loaded.targets.targets:
        if target.value is not None and target.per is None and target.measure not in LEVELS:
            found.setdefault(target.measure, []).append(target)
    ordered = {measure: sorted(each, key=lambda t: t.first) for measure, each in found.items()}
    return {measure: each for measure, each in ordered.items() if len(each) >= FEWEST and _apart(each)}


def _apart(targets: Sequence[Target]) -> bool:
    return all(a.last < b.first for a, b in pairwise(targets))


def nearest_without(loaded: Loaded, values: Values, first: date, last: date, n: int) -> tuple[Rows, float]:
    """Numbers of the `n` runs (values: runs × targets) nearest to the fitted targets outside a window, and how near."""
    targets = loaded.targets.targets
    kept = [k for k, t in enumerate(targets) if t.fit and (t.last < first or t.first > last)]
    if not kept:
        return np.arange(min(n, len(values))), np.nan
    outside = [targets[k] for k in kept]
    wholes = [target.among or 1 for target in outside]
    distances = discrepancy(scaled(values[:, kept] * wholes, outside), scaled(figures(outside), outside))
    rows = np.argsort(distances, kind="stable")[:n]
    return rows, float(distances[rows[-1]])


def scores(loaded: Loaded, prior: Values, ensemble: Values, nearest: int, seed: int) -> list[Score]:
    """Every model on every window. `prior`, `ensemble`: values (runs × targets) of their runs."""
    column = {target.name: k for k, target in enumerate(loaded.targets.targets)}
    found = []
    for targets in kinds(loaded).values():
        counts, days = [float(t.value or 0.0) for t in targets], [t.days for t in targets]
        for w, target in enumerate(targets):
            k = column[target.name]
            rows, reached = nearest_without(loaded, prior, target.first, target.last, nearest)
            found += [_score(target, MODEL, prior[rows, k], reached), _score(target, SEEN, ensemble[:, k])]
            found += [_score(target, name, predict_null(name, counts, days, w, seed)) for name in NULLS]
    return found


def _score(target: Target, model: str, draws: Values, reached: float | None = None) -> Score:
    value, (low, median, high) = float(target.value or 0.0), np.quantile(draws, [0.05, 0.5, 0.95]).tolist()
    log, ranked = (score(value, draws, target.tolerance) for score in (log_score, crps))
    return Score(target.measure, target.name, model, value, low, median, high, log, ranked, reached)


def totals(found: Sequence[Score]) -> dict[tuple[str, str], tuple[float, float, int]]:
    """(measure, model) → mean log score, mean CRPS, windows."""
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for s in found:
        pairs.setdefault((s.measure, s.model), []).append((s.log_score, s.crps))
    return {pair: (*np.mean(each, axis=0).tolist(), len(each)) for pair, each in pairs.items()}
