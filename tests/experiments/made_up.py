"""Short runs, and comparisons of invented runs, for tests of tables and figures."""

from __future__ import annotations

import numpy as np

from experiments.files import tables as tables_of_files
from experiments.files.columns import RUN_FIELDS
from experiments.runs.compare import common_quarters
from experiments.runs.comparison import FailedRun, tabulate
from sim.measures import MEASURES
from sim.scenario import load_scenario

# Five days are enough for the mechanics if cells are as busy as here.
SHORT = ("--days", "5", "--set", "operations.base_rate_per_day=1.0")
# A truck at a time, for a site that uses 360 t a day: the convoys outgrow their capacity after some weeks.
CROWD = ("supply.trucks_per_convoy=1", "supply.tonnes_per_truck=1.0", "supply.assembly_hours=1000")
CROWDED = tuple(word for change in (*CROWD, "operations.base_rate_per_day=1.0") for word in ("--set", change))
NOT_REACHED = {f"quarter {q}" for q in range(4, 9)} | {f"month {m}" for m in range(10, 19)}  # in 274 days
SCENARIOS = [load_scenario("fourteen"), load_scenario("six")]


def table(n, factor, failed=()):
    """Runs (n × measures) in which every measure is about 20 × factor; the replicates in `failed` did not finish.

    They last 274 days: measures of later quarters and months are blank.
    """
    values = factor * (20 + np.random.default_rng(1).normal(0.0, 1.0, (n, len(MEASURES))))
    values[:, [k for k, measure in enumerate(MEASURES) if measure.how in NOT_REACHED]] = np.nan
    values[list(failed)] = np.nan
    return values


def written(folder, tables, without=()):
    """A folder with `runs.csv` of invented runs, by posture; the replicates `without` are not in it."""
    with tables_of_files.table(folder / "runs.csv", RUN_FIELDS) as file:
        for posture, values in tables.items():
            kept = np.array([r for r in range(len(values)) if (posture, r) not in without])
            failed = np.isnan(values[kept]).all(axis=1)
            how = np.where(failed, "failed", "ok"), np.where(failed, "stopped", "")
            file.write([posture, "", kept, kept, *how, "", *values[kept].T])
    return folder


def comparison(n=20, factor=0.5, failed=(), scenarios=SCENARIOS):
    """`six` has `factor` times what `fourteen` has."""
    lost = [FailedRun("six", "", r, r, "stopped") for r in failed]
    quarters = common_quarters(scenarios)
    return tabulate({"fourteen": table(n, 1.0), "six": table(n, factor, failed)}, lost, quarters=quarters)
