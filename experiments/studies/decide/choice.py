"""The robust choice, its reason, and what it hangs on: the choice where each rival structure is in, and where not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.runs.nested import interval_over, over_states
from experiments.studies.decide.rounds import LEAST_STATES, structure_parts
from experiments.studies.decide.scores import Scored
from experiments.studies.fronts import in_turn, undominated
from experiments.studies.regret import Mask, best_apart, regrets
from experiments.studies.structures.rivals import Rivals
from experiments.studies.weights import kept
from sim.numbers import amount
from sim.statistics import LEVEL, Interval, Values

if TYPE_CHECKING:
    from experiments.studies.decide.policies import Policy

SHARE_MATTERS = 0.05
"""A smaller difference of shares of states counts as none: a judgement."""


@dataclass(frozen=True)
class Choice:
    """The policy that is chosen (None: nothing keeps within the limits), its regret, and why."""

    policy: Policy | None
    reason: str
    regret_mean: float = math.nan
    regret_p90: float = math.nan


@dataclass(frozen=True)
class InStructure:
    """The choice in the states where a rival is in, or out; `change`: pick − overall choice, in the deciding objective.

    It `turns` if that is clearly below 0, corrected for all structures and policies tried. `turns_at` is the chance of
    the rival (of its being out) from which the pick is the better one in the mean over both; NaN if it never is.
    """

    rival: str
    where: str
    states: int
    pick: str
    change: Interval
    turns: bool
    turns_at: float


# --- criteria and the front ------------------------------------------------------------------------------------
def criteria(scored: Scored, among: Mask, parts: Sequence[Mask] = ()) -> Values:
    """Policies × what they are judged by: mean losses, mean and p90 regret, states that are not good enough.

    With `parts` of the states also the deciding loss in each. In whole steps of what matters, so that noise below that
    puts nothing on the front; 0 is the least of `among`.
    """
    matters = scored.sizes.objective(scored.sizes.decides).matters
    lost = regrets(scored.loss, best_apart(scored.loss, among), scored.weights)
    steps = np.array([each.matters for each in scored.sizes.objectives])
    means = over_states(scored.state_means, scored.weights) / steps
    short = (1.0 - scored.satisficing) / SHARE_MATTERS
    there = [over_states(scored.loss[rows], kept(scored.weights, rows), 2) / matters for rows in parts]
    table = np.column_stack([means, lost[:, :2] / matters, short, *there])
    return np.asarray(np.floor(table - table[among].min(axis=0)))


def front(scored: Scored) -> Mask:
    """Which policies within the limits no other one within them beats in every criterion."""
    found = np.zeros(len(scored.policies), bool)
    rows = np.flatnonzero(scored.eligible)
    if len(rows):
        found[rows[undominated(criteria(scored, scored.eligible)[rows])]] = True
    return found


def finalists(scored: Scored, rivals: Rivals, n: int) -> list[Policy]:
    """`n` policies within the limits, the best by each criterion in turn, and the bare postures.

    The deciding loss where each rival structure is in, and where it is out, is a criterion of its own: a policy that is
    good in one structure alone must be there when the choice is tried in that one.
    """
    parts, rows = structure_parts(scored.states, rivals), np.flatnonzero(scored.eligible)
    judged = criteria(scored, scored.eligible, parts)[rows] if len(rows) else np.empty((0, 1))
    rows, judged = rows[undominated(judged)], judged[undominated(judged)]
    bare = [policy for policy in scored.policies if not policy.responses]
    return list(dict.fromkeys([*bare, *(scored.policies[rows[k]] for k in in_turn(judged, n))]))


# --- the choice ------------------------------------------------------------------------------------------------
def pick(scored: Scored) -> int | None:
    """Of the policies within the limits as good as that of least p90 regret, the cheapest."""
    if not scored.eligible.any():
        return None
    p90 = np.where(scored.eligible, scored.regrets[:, 1], np.inf)
    as_good = p90 <= p90.min() + scored.sizes.objective(scored.sizes.decides).matters
    cost = scored.mean(scored.losses[scored.sizes.cheapest_by])
    return int(np.lexsort((p90, np.where(as_good, cost, np.inf)))[0])


def choose(scored: Scored) -> Choice:
    """The robust choice over all states, and its reason in one sentence."""
    chosen = pick(scored)
    if chosen is None:
        broken = sorted({name for why in scored.broken for name in why.split("+") if name})
        return Choice(None, f"No policy keeps within every limit: {', '.join(broken) or 'all are evacuations'}.")
    mean, p90 = scored.regrets[chosen, :2].tolist()
    return Choice(scored.policies[chosen], _reason(scored, chosen), mean, p90)


def policies_of(n: int) -> str:
    """`1 policy`, `2,000 policies`."""
    return "1 policy" if n == 1 else f"{n:,} policies"


def _reason(scored: Scored, chosen: int) -> str:
    sizes, able, p90 = scored.sizes, scored.eligible, scored.regrets[:, 1]
    deciding, worst = sizes.objective(sizes.decides), p90[chosen]
    behind = f"in nine states of ten it is at most {amount(worst, deciding.unit)} of {deciding.name} behind the best"
    if worst <= deciding.matters:
        behind = f"in nine states of ten it can't be told from the best in {deciding.name}"
    as_good = int((able & (p90 <= p90[able].min() + deciding.matters)).sum())
    matters = amount(deciding.matters, deciding.unit)
    cheap = f"; of {as_good} that are as good to within {matters} it has the least {sizes.cheapest_by}"
    return (
        f"{scored.policies[chosen].name}: of {policies_of(int(able.sum()))} within every limit it has the least regret "
        f"where it does badly: {behind} of the state{cheap if as_good > 1 else ''}."
    )


# --- structures ------------------------------------------------------------------------------------------------
def by_structure(scored: Scored, rivals: Rivals, chosen: Policy | None) -> list[InStructure]:
    """The choice where each rival is in, and where it is out; nothing without a choice to hold it against."""
    if chosen is None:
        return []
    table, column = rivals.included(scored.states), scored.policies.index(chosen)
    tried = 2 * len(rivals.structures) * max(1, int(scored.eligible.sum()))
    level = 1.0 - (1.0 - LEVEL) / tried
    found = []
    for k, rival in enumerate(rivals.structures):
        for where, rows in (("in", table[:, k]), ("out", ~table[:, k])):
            found.append(_there(scored, rival.name, where, rows, column, level))
    return found


def _there(scored: Scored, rival: str, where: str, rows: Mask, column: int, level: float) -> InStructure:
    rows = rows & scored.counted
    part, n = scored.where(rows), int(rows.sum())
    if n < LEAST_STATES or part.worth < LEAST_STATES:
        return InStructure(rival, where, n, "", Interval(math.nan, math.nan, math.nan), False, math.nan)
    chosen = pick(part)
    if chosen is None or chosen == column:
        here = Interval(0.0, 0.0, 0.0) if chosen is not None else Interval(math.nan, math.nan, math.nan)
        return InStructure(rival, where, n, _name(scored, chosen), here, False, math.nan)
    change = scored.loss[:, chosen].mean(axis=1) - scored.loss[:, column].mean(axis=1)
    turns = interval_over(change[rows], part.weights, level).high < 0
    there, at = interval_over(change[rows], part.weights), turning(change, rows, scored.weights)
    return InStructure(rival, where, n, _name(scored, chosen), there, bool(turns), at)


def _name(scored: Scored, column: int | None) -> str:
    return "" if column is None else scored.policies[column].name


def turning(change: Values, rows: Mask, weights: Values | None = None) -> float:
    """The chance of these states from which the mean change over both parts is below 0; NaN if it never is."""
    counted = np.ones(len(rows), bool) if weights is None else weights > 0
    here, there = (
        float(over_states(change[side], kept(weights, side))) if side.any() else math.nan
        for side in (rows & counted, ~rows & counted)
    )
    if here >= 0:
        return math.nan
    return 0.0 if there <= 0 else there / (there - here) if there == there else math.nan


def hangs_on(structures: Sequence[InStructure]) -> list[str]:
    """The rivals under which the choice turns, in words."""
    return [f"{each.rival} {each.where}" for each in structures if each.turns]
