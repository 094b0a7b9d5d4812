"""Short runs, and comparisons of invented runs, for tests of tables and figures."""

from __future__ import annotations

import math

import numpy as np

from experiments.runs.compare import tabulate
from experiments.runs.row import Row
from sim.measures import MEASURES
from sim.scenario import load_scenario

# Five days are enough for the mechanics if cells are as busy as here.
SHORT = ("--days", "5", "--set", "operations.base_rate_per_day=1.0")
# A truck at a time, for a site that uses 360 t a day: the convoys outgrow their capacity after some weeks.
CROWD = ("supply.trucks_per_convoy=1", "supply.tonnes_per_truck=1.0", "supply.assembly_hours=1000")
CROWDED = tuple(word for change in (*CROWD, "operations.base_rate_per_day=1.0") for word in ("--set", change))
SCENARIOS = [load_scenario("fourteen"), load_scenario("six")]


def rows(posture, n, factor, failed=()):
    """Runs in which every measure is about 20 × factor; the replicates in `failed` did not finish."""
    noise = np.random.default_rng(1).normal(0.0, 1.0, (n, len(MEASURES)))
    values = {m.name: factor * (20 + noise[:, k]) for k, m in enumerate(MEASURES)}
    return [
        Row(
            posture,
            "",
            r,
            r,
            "",
            "stopped" if r in failed else "",
            {k: math.nan if r in failed else v[r] for k, v in values.items()},
        )
        for r in range(n)
    ]


def comparison(n=20, factor=0.5, failed=(), scenarios=SCENARIOS):
    """`six` has `factor` times what `fourteen` has."""
    return tabulate(scenarios, {"fourteen": rows("fourteen", n, 1.0), "six": rows("six", n, factor, failed)})
