"""`posture sensitivity`: groups of factors, one factor at a time, Morris over all, Sobol over those that matter.

Factors are all uncertain parameters and the rival structures, in or out.

Here all points share their streams, on purpose: points are compared with each other, a parameter against its middle, so
what the streams do to all alike must cancel. That is told apart as the shared part of replicate noise, and the dummy
shows what other streams would have done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies.priors import Priors
from experiments.studies.runner import Outcomes, StudyRunner, keep_whole
from experiments.studies.sensitivity import indices, screening
from experiments.studies.sensitivity.factors import MIDDLE, Factors, factors_of
from experiments.studies.sensitivity.indices import Index, PairIndex
from experiments.studies.sensitivity.replicate_noise import Shares, shares
from experiments.studies.sensitivity.screening import HIGH, LOW, STREAMS, Effect, Sample
from experiments.studies.settings import SensitivitySizes
from sim.draws import replicate_seed
from sim.statistics import Interval, Values, paired_difference

Mask = NDArray[np.bool_]
Key = tuple[str, str]
"""Scope and measure."""
POSTURES: tuple[Point, ...] = ({"posture": "fourteen"}, {"posture": "six"})
SCOPES = ("fourteen", "six", "six_minus_fourteen")
Decomposed = tuple[dict[Key, list[Index]], dict[Key, list[PairIndex]], dict[Key, Shares], int]
"""Indices alone and in pairs, shares of noise, unfinished points."""


@dataclass(frozen=True)
class Swing:
    """A measure with one factor at LOW and at HIGH of its prior, the others in the middle, against the middle.

    Of a rival LOW is out; HIGH is the middle itself.
    """

    scope: str
    measure: str
    parameter: str
    low: Interval
    high: Interval

    @property
    def size(self) -> float:
        """The wider of the two."""
        return max(abs(self.low.mean), abs(self.high.mean))


@dataclass(frozen=True)
class Sensitivity:
    """What the study found; `left_out` counts points of the design by stage that were not finished."""

    swings: list[Swing]
    effects: dict[Key, list[Effect]]
    kept: tuple[str, ...]
    singles: dict[Key, list[Index]]
    pairs: dict[Key, list[PairIndex]]
    groups: dict[Key, list[Index]]
    group_pairs: dict[Key, list[PairIndex]]
    noise: dict[Key, Shares]
    left_out: dict[str, int]


def sensitivity(priors: Priors, sizes: SensitivitySizes, runner: StudyRunner) -> Sensitivity:
    """All stages. Each has seeds of its own, made from the study's."""
    factors, left_out = factors_of(priors), dict[str, int]()
    groups, group_pairs, noise, left_out["groups"] = by_group(runner, factors, sizes)
    swings = tornado(runner, factors, sizes)
    effects, left_out["screening"] = screen(runner, factors, sizes)
    kept = choose(effects, factors.names, sizes.kept)
    singles, pairs, _, left_out["sobol"] = by_factor(runner, factors, kept, sizes)
    return Sensitivity(swings, effects, kept, singles, pairs, groups, group_pairs, noise, left_out)


def scoped(outcomes: Outcomes) -> Iterator[tuple[str, str, Values]]:
    """(scope, measure, values points × replicates) of runs in `POSTURES`: on each, and the difference."""
    for measure, values in outcomes.values.items():
        for scope, table in zip(SCOPES, (values[:, 0], values[:, 1], values[:, 1] - values[:, 0]), strict=True):
            yield scope, measure, table


def _seed(runner: StudyRunner, stage: int) -> int:
    """A seed for a library that takes 32 bits."""
    return int(replicate_seed(runner.seed, (1 << 41) + stage)) % (1 << 32)


# --- one at a time -------------------------------------------------------------------------------------
def one_at_a_time(d: int) -> NDArray[np.float64]:
    """The middle, then each parameter at LOW and at HIGH with the others in the middle (1 + 2d rows)."""
    points = np.full((1 + 2 * d, d), MIDDLE)
    points[np.arange(d) * 2 + 1, np.arange(d)] = LOW
    points[np.arange(d) * 2 + 2, np.arange(d)] = HIGH
    return points


def tornado(runner: StudyRunner, factors: Factors, sizes: SensitivitySizes) -> list[Swing]:
    """Each factor by itself, in pairs with the middle."""
    states = factors.points(one_at_a_time(len(factors.names)))
    outcomes = runner.run("one at a time", states, POSTURES, sizes.tornado_replicates, sizes.measures)
    return [
        Swing(scope, measure, key, *(_against_middle(table, row) for row in (2 * n + 1, 2 * n + 2)))
        for scope, measure, table in scoped(outcomes)
        for n, key in enumerate(factors.names)
    ]


def _against_middle(table: Values, row: int) -> Interval:
    """Over the pairs that were finished."""
    both = np.isfinite(table[0]) & np.isfinite(table[row])
    return paired_difference(table[0, both], table[row, both]) if both.any() else Interval(*[float("nan")] * 3)


# --- screening -----------------------------------------------------------------------------------------
def screen(runner: StudyRunner, factors: Factors, sizes: SensitivitySizes) -> tuple[dict[Key, list[Effect]], int]:
    """Elementary effects by scope and measure, and how many points were not finished."""
    drawn = screening.sample(factors.names, sizes.trajectories, _seed(runner, 1))
    states, replicates = factors.points(drawn.parameters), sizes.screening_replicates
    outcomes = run_with_streams(runner, "screening", states, drawn.other_streams, replicates, sizes.measures)
    left_out = keep_whole(outcomes, states, "screening").left_out
    found = {
        (scope, measure): screening.analyse(drawn, table.mean(axis=1), sizes.resamples, _seed(runner, 2))
        for scope, measure, table in scoped(outcomes)
    }
    return found, left_out


def run_with_streams(
    runner: StudyRunner, stage: str, states: Sequence[Point], other: Mask, replicates: int, measures: Sequence[str]
) -> Outcomes:
    """Each state with its streams: the first, or where `other` the second."""
    values = {m: np.full((len(states), len(POSTURES), replicates), np.nan) for m in measures}
    for n, which in enumerate((~other, other)):
        name, some = f"{stage}, streams {n + 1}", list(compress(states, which))
        part = runner.run(name, some, POSTURES, replicates, measures, streams=n)
        for m in measures:
            values[m][which] = part.values[m]
    return Outcomes(values)


def choose(effects: dict[Key, list[Effect]], keys: Sequence[str], most: int) -> tuple[str, ...]:
    """The factors that matter most: by their largest μ* in any scope and measure, as a share of the largest there.

    Those that stand above the floor of replicate noise somewhere come first; all in the order of the factors.
    """
    rank = dict.fromkeys(keys, (False, 0.0))
    for found in effects.values():
        top = max((e.mu_star for e in found if e.parameter != STREAMS), default=0.0)
        for effect in found:
            if effect.parameter in rank and top > 0:
                score = (effect.matters, effect.mu_star / top)
                rank[effect.parameter] = max(rank[effect.parameter], score)
    best = sorted(keys, key=lambda key: rank[key], reverse=True)[:most]
    return tuple(key for key in keys if key in best)


# --- shares of variance --------------------------------------------------------------------------------
def by_group(runner: StudyRunner, factors: Factors, sizes: SensitivitySizes) -> Decomposed:
    """Indices of groups that hold every factor, over the whole of the priors: nothing stays in the middle."""
    drawn = indices.sample_groups(factors.groups, sizes.group_points, _seed(runner, 5))
    states = factors.points(drawn.parameters)
    return _decomposed(runner, "groups", drawn, states, sizes.group_replicates, sizes)


def by_factor(runner: StudyRunner, factors: Factors, kept: Sequence[str], sizes: SensitivitySizes) -> Decomposed:
    """Indices of the kept factors, the others in the middle."""
    drawn = indices.sample(kept, sizes.base_points, _seed(runner, 3))
    states = factors.points(factors.with_middle(drawn.parameters, kept))
    return _decomposed(runner, "sobol", drawn, states, sizes.sobol_replicates, sizes)


def _decomposed(
    runner: StudyRunner, stage: str, drawn: Sample, states: list[Point], replicates: int, sizes: SensitivitySizes
) -> Decomposed:
    outcomes = run_with_streams(runner, stage, states, drawn.other_streams, replicates, sizes.measures)
    left_out = keep_whole(outcomes, states, stage).left_out
    singles, pairs, noise = dict[Key, list[Index]](), dict[Key, list[PairIndex]](), dict[Key, Shares]()
    for scope, measure, table in scoped(outcomes):
        key = (scope, measure)
        singles[key], pairs[key] = indices.analyse(drawn, table.mean(axis=1), sizes.resamples, _seed(runner, 4))
        noise[key] = shares(_independent(table, drawn.per_row))
    return singles, pairs, noise, left_out


def _independent(table: Values, per_row: int) -> Values:
    """The points of matrix A, which are independent of each other and share their streams; finished ones only."""
    first = table[::per_row]
    return np.asarray(first[np.isfinite(first).all(axis=1)])


def rows_above_floor(found: dict[Key, list[Index]], scope: str, measure: str) -> Iterator[Index]:
    """The inputs of a quantity that stand clear of replicate noise, the most influential first."""
    singles = [index for index in found[scope, measure] if index.matters and index.parameter != STREAMS]
    yield from sorted(singles, key=lambda index: -index.total)
