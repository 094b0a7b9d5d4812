"""How many replicates an order of scenarios needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.analysis.alignment import align
from experiments.analysis.differences import measure_columns
from experiments.analysis.schema import MEASURE_COLUMNS
from sim.errors import ConfigError
from sim.measures import BY_NAME
from sim.statistics import Values

SIZES = (5, 10, 20, 50, 100, 200, 500)
_CELLS = 1 << 22  # numbers in memory at a time


def rank_stability(
    runs: pd.DataFrame,
    measure: str,
    sizes: Sequence[int] | None = None,
    repeats: int = 2000,
    seed: int = 1,
    scenarios: Sequence[str] = (),
) -> pd.DataFrame:
    """How often n replicates give the order of scenarios by mean that all replicates give; one row a size.

    Replicates are drawn with replacement, the same for every scenario, `repeats` times. Columns: `n`; `same_order`,
    the share of the draws with the order of all (ties count as the same); then a column for each scenario, the best
    first: the share of the draws in which it is best, ties shared. Best is what is good for the defence; of measures
    that are neither good nor bad, the lowest. The last row is at the full n: what it lacks to 1 is doubt that all
    replicates leave. Sizes (None: 5, 10, 20 …) beyond the full n are left out.
    """
    (column,) = measure_columns(runs, [measure])
    both = align(runs, scenarios)
    table = np.array([both.values(name, column) for name in both.rows])
    if len(table) < 2:
        raise ConfigError(runs.attrs.get("file"), "scenario", len(table), "expected two scenarios or more")
    better = BY_NAME[MEASURE_COLUMNS[column]].better
    costs = -table if better > 0 else table
    order = np.argsort(costs.mean(axis=1), kind="stable")
    known = [n for n in (SIZES if sizes is None else sizes) if n < both.n]
    rng = np.random.default_rng(seed)
    rows = [[n, *_stability(costs[order], n, repeats, rng)] for n in (*known, both.n)]
    names = [list(both.rows)[k] for k in order]
    frame = pd.DataFrame(rows, columns=["n", "same_order", *names])
    frame.attrs = {"measure": MEASURE_COLUMNS[column], "order": names, "repeats": repeats}
    return frame


def _stability(costs: Values, n: int, repeats: int, rng: np.random.Generator) -> list[float]:
    """Share of the same order, and of being the best, over draws of `n` of the columns of `costs` (best row first)."""
    same, best = 0, np.zeros(len(costs))
    at_once = max(1, _CELLS // (n * len(costs)))
    for first in range(0, repeats, at_once):
        draws = rng.integers(costs.shape[1], size=(min(at_once, repeats - first), n))
        means = costs[:, draws].mean(axis=2)
        same += int((np.diff(means, axis=0) >= 0).all(axis=0).sum())
        is_best = means == means.min(axis=0)
        best += (is_best / is_best.sum(axis=0)).sum(axis=1)
    return [same / repeats, *(best / repeats)]
