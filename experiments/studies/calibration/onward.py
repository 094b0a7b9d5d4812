"""Accepted states run on: through the windows that were fitted, and beyond them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from experiments.runs.design import Point
from experiments.studies.prior_runs.counting import MEASURES, SUMS_OF, DailyCounts
from experiments.studies.prior_runs.table import PriorRuns
from experiments.studies.runner import Seeds, StudyRunner
from experiments.studies.targets import Loaded
from sim.scenario import Scenario, load_scenario
from sim.statistics import Values

STAGE = "accepted states run on"
SHOWN = ("fire_attacks", "convoy_attacks", "detail_attacks", "us_killed")
assert set(SHOWN) <= set(MEASURES)


@dataclass(frozen=True)
class Onward:
    """What accepted states came to: `runs` of them with their counts, `weights` (they sum to 1), how many failed."""

    runs: PriorRuns
    weights: Values
    failed: int

    def quarters(self, scenario: Scenario) -> list[tuple[date, date]]:
        """First and last day of each quarter of the runs."""
        ends = [0, *(end for end in scenario.posture.quarter_ends_days if end <= self.runs.days)]
        start = self.runs.start
        return [(start + timedelta(days=a), start + timedelta(days=b - 1)) for a, b in pairwise(ends)]


def scenario_of(loaded: Loaded) -> Scenario:
    """What accepted states are run in: the scenario that goes on from that of the targets, or that itself."""
    onward = loaded.targets.onward
    return load_scenario(onward) if onward else loaded.scenario


def run_on(
    runner: StudyRunner, loaded: Loaded, table: PriorRuns, points: Sequence[Point], seeds: Seeds, weights: Values
) -> Onward:
    """One run of each state. `table` has their draws, row by row."""
    scenario, output = scenario_of(loaded), DailyCounts()
    rows = runner.rows(STAGE, scenario, points, seeds, output)
    good = np.array([row is not None for row in rows])
    counts = np.stack([output.unpacked(row) for row in rows if row is not None])
    by_name = {name: counts[:, k] for k, name in enumerate(output.columns)}
    by_name |= {name: np.sum([by_name[part] for part in parts], axis=0) for name, parts in SUMS_OF.items()}
    kept = PriorRuns(
        table.priors, table.unit[good], table.rivals, table.included[good], table.start, by_name, table.seeds[good]
    )
    return Onward(kept, weights[good] / weights[good].sum(), int((~good).sum()))
