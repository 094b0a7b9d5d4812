"""The answer under each structure: differences of pairs of postures over states of the world, with their split.

A state is a draw of the priors. Every arm has the same states with the same streams; what a state says of rivals counts
in the arm "prior" alone. Values of a state are means over its replicates; intervals are t intervals over states, which
share no streams, so they hold for states and replicates together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import scipy
from numpy.typing import NDArray

from experiments.runs import displacement
from experiments.runs.design import Point
from experiments.studies.priors import Priors
from experiments.studies.runner import Kept, StudyRunner, keep_whole
from experiments.studies.settings import StructuresSizes
from experiments.studies.structures.rivals import Rivals
from experiments.studies.targets import reported_quarters
from sim.measures import BY_NAME, Ratio
from sim.statistics import Interval, Values, mean_interval

CORRECTIONS, PRIOR = "corrections alone", "whole prior"
HITS = "hits_per_100_convoys"
_RATIO = cast(Ratio, BY_NAME[HITS])
_NEEDED = (*displacement.MEASURES, _RATIO.column, *_RATIO.per)


@dataclass(frozen=True)
class Answer:
    """A measure of a pair of postures under a structure; `lower`, `equal`, `higher` are shares of the states."""

    structure: str
    base: str
    posture: str
    measure: str
    unit: str
    level: Interval
    difference: Interval
    lower: float
    equal: float
    higher: float
    n: int


@dataclass(frozen=True)
class Part:
    """A part of the change in attacks on convoys, a run."""

    structure: str
    base: str
    posture: str
    part: str
    change: Interval


@dataclass(frozen=True)
class Move:
    """What a structure moves, against the corrections alone in the same states: a level or a difference."""

    structure: str
    what: str
    base: str
    posture: str
    measure: str
    unit: str
    change: Interval


@dataclass(frozen=True)
class LookingBack:
    """How many draws of the priors, without any fitting, come near every count of the record at once."""

    structure: str
    near: int
    n: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Structures:
    """All that the study finds; states that were not finished in an arm are left out of it and counted."""

    answers: list[Answer]
    parts: list[Part]
    moves: list[Move]
    looking_back: list[LookingBack]
    left_out: dict[str, int]


def arms(rivals: Rivals, states: Sequence[Point]) -> dict[str, list[Point]]:
    """Structure → the points of its states."""
    old = rivals.old
    found = {CORRECTIONS: [{**state, **old} for state in states]}
    found |= {r.name: [{**state, **old, **r.middle} for state in states] for r in rivals.structures}
    return {**found, PRIOR: [dict(state) for state in states]}


def structures(rivals: Rivals, priors: Priors, sizes: StructuresSizes, runner: StudyRunner) -> Structures:
    """Every arm, one stage each."""
    states = priors.sample(sizes.states, runner.seed)
    policies = list(dict.fromkeys(name for pair in sizes.pairs for name in pair))
    measures = list(dict.fromkeys((*(m for m in sizes.measures if m != HITS), *_NEEDED)))
    kept: dict[str, Kept] = {}
    for name, points in arms(rivals, states).items():
        asked: list[Point] = [{"posture": policy} for policy in policies]
        outcomes = runner.run(name, points, asked, sizes.replicates, measures, own_streams=True)
        kept[name] = keep_whole(outcomes, list(range(len(points))), name, policies)  # type: ignore[arg-type]
    each = [(name, pair, one) for name, one in kept.items() for pair in sizes.pairs]
    answers = [answer for what in each for answer in answers_of(*what, sizes.measures)]
    parts = [part for what in each for part in _parts(*what)]
    moves = [
        move
        for name, one in kept.items()
        if name != CORRECTIONS
        for move in _moves(name, sizes.pairs, one, kept[CORRECTIONS], sizes.measures)
    ]
    back = looking_back(rivals, priors.sample(sizes.looking_back, runner.seed, "random"), sizes.within, runner)
    return Structures(answers, parts, moves, back, {name: one.left_out for name, one in kept.items()})


RECORD: Point = {"posture": "drawdown_2020", "calendar": "2020"}
KINDS = ("fire_attacks", "convoy_attacks")


def looking_back(rivals: Rivals, states: Sequence[Point], within: float, runner: StudyRunner) -> list[LookingBack]:
    """The record as it went, one run a draw: is each quarter's fire and each quarter's convoys within the factor?"""
    reported = np.array([reported_quarters().counts[kind][1] for kind in KINDS], np.float64).ravel()
    measures = [f"{kind}_q{quarter}" for kind in KINDS for quarter in (1, 2, 3)]
    found = []
    for name, points in arms(rivals, states).items():
        outcomes = runner.run(f"looking back: {name}", points, [RECORD], 1, measures, own_streams=True)
        counts = np.array([outcomes.values[measure][:, 0, 0] for measure in measures])
        factor = counts / reported[:, None]
        near: NDArray[np.bool_] = np.asarray(((factor <= within) & (factor * within >= 1.0)).all(axis=0))
        bounds = scipy.stats.binomtest(int(near.sum()), len(near)).proportion_ci(method="wilson")
        share = float(near.mean())
        found.append(LookingBack(name, int(near.sum()), len(near), share, float(bounds.low), float(bounds.high)))
    return found


def of_states(kept: Kept, policy: str, measure: str) -> Values:
    """A measure of a policy in each state: the mean of its replicates; ratios are of sums over them, 0 / 0 gives 0."""
    if measure != HITS:
        return np.asarray(kept.of(policy, measure).mean(axis=1))
    hits = kept.of(policy, _RATIO.column).sum(axis=1)
    sent = np.sum([kept.of(policy, name).sum(axis=1) for name in _RATIO.per], axis=0)
    return np.divide(_RATIO.factor * hits, sent, out=np.zeros_like(hits), where=sent > 0)


def answers_of(name: str, pair: Sequence[str], kept: Kept, measures: Sequence[str]) -> list[Answer]:
    """The measures of a pair of policies under a structure, with their differences over the states."""
    found, (base, posture) = [], pair
    for measure in measures:
        before, after = of_states(kept, base, measure), of_states(kept, posture, measure)
        change = after - before
        lower, equal, higher = (float(np.mean(side)) for side in (change < 0, change == 0, change > 0))
        intervals = mean_interval(before), mean_interval(change)
        found.append(
            Answer(name, base, posture, measure, BY_NAME[measure].unit, *intervals, lower, equal, higher, len(change))
        )
    return found


def _parts(name: str, pair: Sequence[str], kept: Kept) -> list[Part]:
    """The split of each state on its replicates added up, then over states."""
    base, posture = (_totals(kept, policy) for policy in pair)
    split = displacement.split(base, posture)
    n = kept.of(pair[0], "operations").shape[1]
    return [Part(name, pair[0], pair[1], part, mean_interval(getattr(split, part) / n)) for part in displacement.PARTS]


def _totals(kept: Kept, policy: str) -> Mapping[str, Values]:
    return {measure: kept.of(policy, measure).sum(axis=1) for measure in displacement.MEASURES}


def _moves(
    name: str, pairs: Sequence[Sequence[str]], kept: Kept, corrected: Kept, measures: Sequence[str]
) -> list[Move]:
    """In the states that both arms finished."""
    both = sorted(set(kept.states) & set(corrected.states))  # type: ignore[type-var]
    rows = [[arm.states.index(state) for state in both] for arm in (kept, corrected)]
    found = []
    for measure in measures:
        unit = BY_NAME[measure].unit
        level = [of_states(arm, pairs[0][0], measure)[row] for arm, row in zip((kept, corrected), rows, strict=True)]
        found.append(Move(name, "level", "", pairs[0][0], measure, unit, mean_interval(level[0] - level[1])))
        for base, posture in pairs:
            gaps = [
                (of_states(arm, posture, measure) - of_states(arm, base, measure))[row]
                for arm, row in zip((kept, corrected), rows, strict=True)
            ]
            found.append(Move(name, "difference", base, posture, measure, unit, mean_interval(gaps[0] - gaps[1])))
    return found
