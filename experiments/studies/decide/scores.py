"""What policies lose in states of the world, and scores of it: means, satisficing, constraints, evacuation.

A loss is an objective turned so that less is better. Regret and satisficing are those of `experiments/studies/regret`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from experiments.runs.design import Point
from experiments.runs.nested import over_states, worth_of
from experiments.studies.decide.policies import Policy, leaving
from experiments.studies.regret import Mask, best_apart, regrets, satisficing
from experiments.studies.runner import StudyRunner, keep_whole
from experiments.studies.settings import Constraint, DecideSizes, Objective
from experiments.studies.weights import kept
from sim.measures import BY_NAME, Ratio
from sim.statistics import Values

ENDED = "sites_evacuated"
BY_ORDER = "by order"


@dataclass(frozen=True)
class Scored:
    """Policies in states: `losses[objective]` and `ended` (did the mission end?) are states × policies × replicates.

    `base` is the policy of the same states without a response that changes are against, a column of the same arrays.
    `weights` (states; they sum to 1): None where all count alike.
    """

    sizes: DecideSizes
    states: list[Point]
    policies: list[Policy]
    losses: dict[str, Values]
    ended: Values
    left_out: int = 0
    weights: Values | None = None

    @property
    def alike(self) -> Scored:
        """The same with all states counted alike."""
        return replace(self, weights=None)

    @property
    def loss(self) -> Values:
        """In the objective that decides."""
        return self.losses[self.sizes.decides]

    @cached_property
    def base(self) -> int:
        """The column of the base."""
        return self.policies.index(Policy(self.sizes.base))

    @property
    def counted(self) -> Mask:
        """Which states have any weight."""
        return np.ones(len(self.states), bool) if self.weights is None else np.asarray(self.weights > 0)

    @property
    def worth(self) -> float:
        """How many states of equal weight these are worth."""
        return len(self.states) if self.weights is None else worth_of(self.weights)

    def mean(self, table: Values) -> Values:
        """The mean of each policy over states, by their weight, and replicates (states × policies × replicates)."""
        return over_states(table, self.weights, 2)

    @cached_property
    def regrets(self) -> Values:
        """Regret of each policy against the best of those that may be chosen (policies × what `Regret` has)."""
        return regrets(self.loss, best_apart(self.loss, self.eligible), self.weights)

    @cached_property
    def state_means(self) -> Values:
        """States × policies × objectives: means over replicates."""
        return np.stack([table.mean(axis=2) for table in self.losses.values()], axis=-1)

    @property
    def ended_share(self) -> Values:
        """In what share of the runs the mission of each policy ends."""
        return self.mean(self.ended)

    @cached_property
    def evacuates(self) -> list[str]:
        """For each policy why it is an evacuation: `by order`, or the share of runs; empty if it is none."""
        ordered, share = leaving(self.sizes.responses), self.ended_share
        why = []
        for policy, part in zip(self.policies, share.tolist(), strict=True):
            if any(given.response in ordered for given in policy.responses):
                why.append(BY_ORDER)
            else:
                why.append(f"in {part:.0%} of the runs" if part > self.sizes.ended_at_most else "")
        return why

    @property
    def stays(self) -> Mask:
        """Which policies are no evacuations."""
        return np.array([not why for why in self.evacuates])

    def slack(self, constraint: Constraint) -> Values:
        """By how much a constraint is missed (above 0) or kept, in the objective's unit: states × policies."""
        sign = self.sizes.objective(constraint.objective).sign
        values = sign * self.losses[constraint.objective].mean(axis=2)
        if constraint.against_base:
            values = values - values[:, [self.base]]
        over = values - constraint.at_most if constraint.at_most is not None else (constraint.at_least or 0.0) - values
        return np.asarray(over)

    @cached_property
    def broken(self) -> list[str]:
        """For each policy the constraints that it misses in the mean over states, joined by +."""
        missed = {c.objective: over_states(self.slack(c), self.weights) > 0 for c in self.sizes.constraints}
        return ["+".join(name for name, which in missed.items() if which[n]) for n in range(len(self.policies))]

    @property
    def eligible(self) -> Mask:
        """Which policies may be chosen: no evacuations, within every constraint."""
        return self.stays & np.array([not why for why in self.broken])

    @cached_property
    def satisficing(self) -> Values:
        """Share of the states in which each policy is good enough, where its mission does not end as a rule."""
        signs = {each.name: each.sign for each in self.sizes.objectives}
        means = {n: signs[n] * t.mean(axis=2) for n, t in self.losses.items()}
        return over_states(satisficing(means, self.sizes.satisfice).astype(np.float64), self.weights)

    def only(self, columns: Sequence[int]) -> Scored:
        """The same of some policies; the base is among them."""
        losses = {name: table[:, columns] for name, table in self.losses.items()}
        policies = [self.policies[n] for n in columns]
        return replace(self, policies=policies, losses=losses, ended=self.ended[:, columns])

    def where(self, rows: Mask) -> Scored:
        """The same in some of the states, which have weight."""
        states = [state for state, there in zip(self.states, rows, strict=True) if there]
        losses = {name: table[rows] for name, table in self.losses.items()}
        return replace(self, states=states, losses=losses, ended=self.ended[rows], weights=kept(self.weights, rows))


def score(
    runner: StudyRunner,
    stage: str,
    sizes: DecideSizes,
    states: Sequence[Point],
    policies: Sequence[Policy],
    replicates: int,
    streams: int = 0,
    weights: Values | None = None,
) -> Scored:
    """Run policies in states, each state with streams of its own that all policies share, and its weight."""
    needed = measures_of(sizes)
    points = [policy.point for policy in policies]
    outcomes = runner.run(stage, states, points, replicates, needed, streams=streams, own_streams=True)
    there = keep_whole(outcomes, states, stage, policies)
    days = next(iter(runner.scenarios.values())).days
    losses = {each.name: each.sign * valued(each, there.values, days) for each in sizes.objectives}
    ended = (there.values[ENDED] > 0).astype(np.float64)
    own = kept(weights, outcomes.whole())
    return Scored(sizes, there.states, list(policies), losses, ended, there.left_out, own)


def measures_of(sizes: DecideSizes) -> list[str]:
    """What must be kept of every run."""
    named = [part.measure for each in sizes.objectives for part in each.parts]
    return list(dict.fromkeys([*(column for name in named for column in _columns(name)), ENDED]))


def _columns(name: str) -> tuple[str, ...]:
    measure = BY_NAME[name]
    return (measure.column, *measure.per) if isinstance(measure, Ratio) else (name,)


def valued(objective: Objective, values: dict[str, Values], days: int) -> Values:
    """An objective of every run, in its unit; a ratio with nothing to divide by is 0."""
    parts = (part.each * (days if part.per_day else 1) * _measured(part.measure, values) for part in objective.parts)
    return np.asarray(sum(parts), dtype=np.float64)


def _measured(name: str, values: dict[str, Values]) -> Values:
    measure = BY_NAME[name]
    if not isinstance(measure, Ratio):
        return values[name]
    above, below = measure.factor * values[measure.column], np.sum([values[each] for each in measure.per], axis=0)
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
