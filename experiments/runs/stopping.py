"""Adding replicates until the paired differences of interest are known well enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from experiments.runs.archive import Archive
from experiments.runs.plan import Plan
from sim.errors import ConfigError
from sim.input_files import number_of
from sim.measures import MEASURES
from sim.statistics import paired_difference
from sim.suggestions import one_of

P = TypeVar("P", bound=Plan)
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
        name, below = (match[1], number_of(match[2])) if match else ("", 0.0)
    except ValueError:
        name, below = "", 0.0
    if name not in names or not below > 0:
        allowed = "it must be MEASURE half-width < NUMBER, such as fire_attacks half-width < 0.5"
        measure = text.split(" ")[0]
        allowed += "" if measure in names else f", with a measure of runs.csv, {one_of(measure, names)}"
        raise ConfigError(None, "--stop-when", text, allowed)
    return StopRule(names.index(name), name, below)


def check_rule(rule: StopRule, plan: Plan) -> None:
    """A difference needs two points."""
    if len(plan.points) < 2:
        allowed = "it needs a design of at least two points: the rule is on differences from the first"
        raise ConfigError(None, "--stop-when", rule.name, allowed)


def batches(limit: int) -> list[int]:
    """Numbers of replicates to try: each batch makes half as many again, until the limit."""
    sizes = [min(FIRST_BATCH, limit)]
    while sizes[-1] < limit:
        sizes.append(min(limit, sizes[-1] + max(FIRST_BATCH, sizes[-1] // 2)))
    return sizes


def until_known(
    rule: StopRule,
    plan_of: Callable[[int], P],
    run: Callable[[P], int],
    width: Callable[[P], float],
    limit: int,
    say: Callable[[str], None],
    what: str = "replicates",
) -> tuple[P, int]:
    """Run plans of more and more replicates until the rule is met or `limit` is reached: the last, and how many ran.

    `width` is that of a plan that was run; `what` there is more of from plan to plan.
    """
    ran = 0
    for n in batches(limit):
        plan = plan_of(n)
        ran += run(plan)
        found = width(plan)
        say(f"{n} {what}: {rule.name} half-width {found:.4g}")
        if found < rule.below:
            return plan, ran
    say(f"posture: the limit of {limit} {what} is reached before {rule.name} is")
    return plan, ran


def half_width(rule: StopRule, plan: Plan, archive: Archive) -> float:
    """The widest half-width over the points; infinite when too few replicates are whole."""
    first, widest = _values(rule, archive, plan.keys[0]), 0.0
    for keys in plan.keys[1:]:
        other = _values(rule, archive, keys)
        whole = ~np.isnan(first) & ~np.isnan(other)
        if whole.sum() < 2:
            return float("inf")
        interval = paired_difference(first[whole], other[whole])
        widest = max(widest, (interval.high - interval.low) / 2.0)
    return widest


def _values(rule: StopRule, archive: Archive, keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """The measure of the runs of a point."""
    values: NDArray[np.float64] = archive.gather(keys, ("measures",))["measures"][:, rule.measure]
    return values
