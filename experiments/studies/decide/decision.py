"""The study: all sets in rounds, the search, the front on fresh states, the choice, and a look at it on others again.

Three sets of states, each with streams of its own: policies are looked for on the first, the choice is made among the
finalists on the second, and what it comes to is read off the third, on which nothing was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from experiments.runs.design import Point
from experiments.runs.nested import interval_over, over_states, squared_error
from experiments.studies.decide import rounds as in_rounds
from experiments.studies.decide.choice import (
    Choice,
    InStructure,
    by_structure,
    choose,
    criteria,
    finalists,
    front,
)
from experiments.studies.decide.policies import Policy, Refused, all_policies, refused_sets
from experiments.studies.decide.rounds import Round
from experiments.studies.decide.scores import Scored, score
from experiments.studies.decide.search import STAGE as SEARCH
from experiments.studies.decide.search import Generation, search
from experiments.studies.fronts import in_turn
from experiments.studies.regret import Mask
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import DecideSizes
from experiments.studies.structures.rivals import Rivals
from experiments.studies.weights import WeighedStates
from sim.statistics import LEVEL, Interval, Values

SELECTED, FRESH, CHECKED = "selection", "fresh states", "states not seen before"
NAN = math.nan
AGAINST = 12
"""In the search, regret is against the best of so many policies: the best ones of the rounds, by each criterion."""


@dataclass(frozen=True)
class Row:
    """A policy: where it was scored, whether it may be chosen and why not, its regret, how often it is good enough."""

    policy: Policy
    scored_on: str
    evacuation: str
    broken: str
    front: bool
    chosen: bool
    regret_mean: float
    regret_p90: float
    reliability: float
    satisficing: float
    ended: float
    states: int


@dataclass(frozen=True)
class ObjectiveRow:
    """An objective of a policy: at selection, on fresh states, on states not seen before; its change from the base."""

    policy: Policy
    objective: str
    unit: str
    at_selection: float
    fresh: Interval
    checked: Interval
    change: Interval


@dataclass(frozen=True)
class Decision:
    """All that the study finds."""

    sizes: DecideSizes
    refused: list[Refused]
    rounds: list[Round]
    generations: list[Generation]
    rows: list[Row]
    scores: list[ObjectiveRow]
    choice: Choice
    structures: list[InStructure]
    fresh: Scored
    curse: Interval
    """Fresh less selection in the deciding objective, of the policy best at selection (a loss: above 0 is worse)."""
    best_at_selection: str
    left_out: dict[str, int]
    weighed: str = ""
    """In words, if states were."""


def decide(sizes: DecideSizes, rivals: Rivals, sets: Sequence[WeighedStates], runner: StudyRunner) -> Decision:
    """Look, search, score again, choose, on the three `sets` of states.

    Which policies are run does not hang on the weights: they are looked for, and picked for the third set, with all
    states alike. So finished runs are weighed anew without another one.
    """
    states = sets[0].points
    rounds, apart, left = in_rounds.in_rounds(runner, sizes, rivals, states, all_policies(sizes))
    generations, found = searched(runner, sizes, rivals, states, left)

    def scored(stage: str, k: int, policies: Sequence[Policy], replicates: int) -> Scored:
        return score(runner, stage, sizes, sets[k].points, policies, replicates, k, sets[k].weights)

    seen = scored(SELECTED, 0, found, sizes.replicates)
    chosen_from = finalists(seen.alike, rivals, sizes.finalists)
    fresh = scored(FRESH, 1, chosen_from, sizes.fresh_replicates)
    checked = scored(CHECKED, 2, _to_check(seen.alike, fresh.alike), sizes.fresh_replicates)
    choice, best = choose(fresh), best_of(seen, chosen_from)
    shown = {policy.name for policy in (*fresh.policies, *apart.policies)}
    runner.scenarios = {name: scenario for name, scenario in runner.scenarios.items() if name in shown}
    return Decision(
        sizes,
        refused_sets(sizes),
        rounds,
        generations,
        [*rows_of(fresh, FRESH, choice.policy), *rows_of(apart, in_rounds.STAGE, None, evacuations=True)],
        scores_of(seen, fresh, checked),
        choice,
        by_structure(fresh, rivals, choice.policy),
        fresh,
        curse_of(seen, fresh, best),
        best.name,
        {FRESH: fresh.left_out, CHECKED: checked.left_out, SELECTED: seen.left_out},
        _in_words(sets[1].words, choice, checked),
    )


def _to_check(seen: Scored, fresh: Scored) -> list[Policy]:
    """The base, the best at selection, the choice."""
    choice = choose(fresh).policy
    asked = [Policy(seen.sizes.base), best_of(seen, fresh.policies), *([choice] if choice else [])]
    return list(dict.fromkeys(asked))


def _in_words(words: str, choice: Choice, checked: Scored) -> str:
    """What was weighed, and what was not; "" if nothing was."""
    if not words:
        return ""
    said = f"{words} Policies were looked for with all states alike."
    if choice.policy is None or choice.policy in checked.policies:
        return said
    return f"{said} {choice.policy.name} was not run on states not seen before."


def searched(
    runner: StudyRunner, sizes: DecideSizes, rivals: Rivals, states: Sequence[Point], left: Scored
) -> tuple[list[Generation], list[Policy]]:
    """The generations of the search, which begins with the best of the rounds, and what goes on: both together."""
    able = left.eligible
    rows = np.flatnonzero(able if able.any() else left.stays)
    judged = criteria(left, left.stays, in_rounds.structure_parts(left.states, rivals))[rows]
    order = [left.policies[rows[k]] for k in in_turn(judged, max(sizes.finalists, AGAINST))]
    against = order[:AGAINST]
    always = list(dict.fromkeys([Policy(sizes.base), *against]))

    def scored(policies: Sequence[Policy]) -> Scored:
        asked = list(dict.fromkeys([*always, *policies]))
        return score(runner, SEARCH, sizes, states, asked, sizes.replicates)

    generations, found = search(sizes, order, against, scored, runner.seed)
    bare = [policy for policy in left.policies if not policy.responses]
    return generations, list(dict.fromkeys([*bare, *found]))


def best_of(seen: Scored, finalists: Sequence[Policy]) -> Policy:
    """The finalist that looked best in the deciding objective when policies were looked for."""
    mean = seen.mean(seen.loss)
    return min(finalists, key=lambda policy: mean[seen.policies.index(policy)])


def curse_of(seen: Scored, fresh: Scored, best: Policy) -> Interval:
    """How much worse the best at selection is on fresh states, in its lead over the base (Welch's 95% interval).

    The lead is policy − base in the same states, so that a set of states that is harder all over does not count.
    """
    before, after = (
        (each.loss[:, each.policies.index(best)] - each.loss[:, each.base]).mean(axis=1) for each in (seen, fresh)
    )
    return welch(after, before, fresh.weights, seen.weights)


def welch(values: Values, others: Values, weights: Values | None, other_weights: Values | None) -> Interval:
    """The difference of two independent weighted means with Welch's 95% interval."""
    change = float(over_states(values, weights) - over_states(others, other_weights))
    if values.std() == others.std() == 0.0:
        return Interval(change, change, change)
    (one, n), (two, m) = squared_error(values, weights), squared_error(others, other_weights)
    freedom = (one + two) ** 2 / (one**2 / (n - 1.0) + two**2 / (m - 1.0))
    half = float(scipy.stats.t.ppf((1 + LEVEL) / 2, freedom) * math.sqrt(one + two))
    return Interval(change, change - half, change + half)


def rows_of(scored: Scored, where: str, chosen: Policy | None, *, evacuations: bool = False) -> list[Row]:
    """A row for each policy; of `evacuations` those alone, which have no regret: they are in no competition."""
    able = scored.eligible
    lost = _lost(scored, able)
    on_front = front(scored) if able.any() else np.zeros(len(able), bool)
    share = scored.ended_share
    found = []
    for n, policy in enumerate(scored.policies):
        why = scored.evacuates[n]
        mean, p90, reliability, enough = (NAN,) * 4 if why else (*lost[n, :3].tolist(), float(scored.satisficing[n]))
        row = Row(
            *(policy, where, why, scored.broken[n], bool(on_front[n]), policy == chosen),
            *(mean, p90, reliability, enough, float(share[n]), len(scored.states)),
        )
        found += [row] if why or not evacuations else []
    return found


def _lost(scored: Scored, able: Mask) -> Values:
    if not able.any():
        return np.full((len(able), 3), np.nan)
    return scored.regrets


def scores_of(seen: Scored, fresh: Scored, checked: Scored) -> list[ObjectiveRow]:
    """Every objective of every finalist, in its own unit."""
    found = []
    nothing = Interval(NAN, NAN, NAN)
    for objective in fresh.sizes.objectives:
        for policy in fresh.policies:
            before, after = (of_states(each, objective.name, policy) for each in (seen, fresh))
            base = of_states(fresh, objective.name, Policy(fresh.sizes.base))
            again = nothing
            if policy in checked.policies:
                again = interval_over(of_states(checked, objective.name, policy), checked.weights)
            change = interval_over(after - base, fresh.weights)
            numbers = float(over_states(before, seen.weights)), interval_over(after, fresh.weights), again, change
            found.append(ObjectiveRow(policy, objective.name, objective.unit, *numbers))
    return found


def of_states(scored: Scored, objective: str, policy: Policy) -> Values:
    """An objective of a policy in each state, in its own unit."""
    sign = scored.sizes.objective(objective).sign
    return np.asarray(sign * scored.losses[objective][:, scored.policies.index(policy)].mean(axis=1))
