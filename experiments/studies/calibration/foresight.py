"""Rivals weighed by how well runs with them, and without, foretell a later report from the earlier ones.

Each count that was reported of a window is foretold from the reports that were complete before it: of the runs with the
rival, and of those without, the nearest by these reports; then the chance of the later report, by the model of the
report, over them. Two densities for each forecast are stacked, shrunk towards even weights: there are few forecasts,
and those of one day of origin go together. With three days of origin nothing can be told beyond chance: the names of
two sides can be dealt in eight ways only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.studies.calibration.reports import Reports
from experiments.studies.inference.abc import nearest
from experiments.studies.inference.draws import Mask, Table
from experiments.studies.inference.stacking import Stacked, stack
from experiments.studies.prior_runs.table import PriorRuns
from experiments.studies.reporting import happened, log_density
from experiments.studies.targets import Target
from sim.statistics import Values

_LEAST = -12.0
"""Log density of a report that no run of the nearest comes to: about one in 160,000."""


@dataclass(frozen=True)
class Foreseen:
    """A rival by `forecasts` of later reports; `stacked` has the weight of being in first, then of being out."""

    rival: str
    forecasts: int
    stacked: Stacked


def foretold(targets: Sequence[Target]) -> list[Target]:
    """The counts of windows before which other reports were complete."""
    counts = [t for t in targets if t.value is not None and t.per is None]
    return [t for t in counts if any(other.last < t.first for other in targets)]


def foresee(runs: PriorRuns, reports: Reports, n: int, seed: int) -> list[Foreseen]:
    """Every rival, from the `n` nearest runs of either side."""
    asked = foretold(reports.targets)
    if not asked:
        return []
    known = [_chances(runs, target) for target in asked]
    groups = [target.first.toordinal() for target in asked]
    found = []
    for rival, inside in zip(runs.rivals, runs.included.T, strict=True):
        scores = [[_score(reports, t, chance, side, n) for side in (inside, ~inside)] for t, chance in known]
        found.append(Foreseen(rival, len(asked), stack(np.array(scores), seed, groups)))
    return found


def _chances(runs: PriorRuns, target: Target) -> tuple[Target, Values]:
    """Chance of what was reported in each run, the last days cut in the middle."""
    value = float(target.value or 0.0)
    return target, np.exp(log_density(happened(target, runs, (target.cut_days + 1) // 2), value))


def _score(reports: Reports, target: Target, chance: Values, side: Mask, n: int) -> float:
    """Log of the chance of a report over the runs of a side that are nearest by what was complete before it."""
    before = [k for k, other in enumerate(reports.targets) if other.last < target.first]
    table, rows = reports.table, np.flatnonzero(side)
    part = Table(table.unit[rows], table.included[rows], table.summaries[rows][:, before], table.held[rows])
    near = nearest(part, reports.observed[before], n)
    with np.errstate(divide="ignore"):
        return float(np.maximum(np.log(near.weights @ chance[rows[near.rows]]), _LEAST))
