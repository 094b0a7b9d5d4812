"""Adding replicates until the paired differences of interest are known well enough."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from experiments.archive import Archive
from experiments.statistics import paired_difference
from experiments.sweep_plan import Plan
from sim.errors import ConfigError
from sim.measures import MEASURES

FIRST_BATCH = 20
_RULE = re.compile(r"^\s*(\w+)\s+half-width\s*<\s*([0-9.eE+-]+)\s*$")


@dataclass(frozen=True)
class StopRule:
    """Stop when the half-width of the 95% interval of every paired difference of a measure is below a bound."""

    measure: int
    name: str
    below: float


def parse_rule(text: str) -> StopRule:
    """`fire_attacks half-width < 0.5`: of the difference of every point from the first, paired."""
    names, match = [measure.name for measure in MEASURES], _RULE.match(text)
    try:
        name, below = (match[1], float(match[2])) if match else ("", 0.0)
    except ValueError:
        name, below = "", 0.0
    if name not in names or not below > 0:
        allowed = (
            "expected MEASURE half-width < NUMBER, such as fire_attacks half-width < 0.5, with a measure of runs.csv"
        )
        raise ConfigError(None, "--stop-when", text, allowed)
    return StopRule(names.index(name), name, below)


def batches(limit: int) -> list[int]:
    """Numbers of replicates to try: each batch makes half as many again, until the limit."""
    sizes = [min(FIRST_BATCH, limit)]
    while sizes[-1] < limit:
        sizes.append(min(limit, sizes[-1] + max(FIRST_BATCH, sizes[-1] // 2)))
    return sizes


def half_width(rule: StopRule, plan: Plan, archive: Archive) -> float:
    """The widest half-width over the points; infinite when too few replicates are whole."""
    values = [archive.gather(keys, ("measures",))["measures"][:, rule.measure] for keys in plan.keys]
    widest = 0.0
    for other in values[1:]:
        whole = ~np.isnan(values[0]) & ~np.isnan(other)
        if whole.sum() < 2:
            return float("inf")
        interval = paired_difference(values[0][whole], other[whole])
        widest = max(widest, (interval.high - interval.low) / 2.0)
    return widest
