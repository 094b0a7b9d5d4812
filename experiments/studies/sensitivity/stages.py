"""`posture sensitivity`: one at a time, Morris over all uncertain parameters, Sobol over those that matter.

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
from experiments.studies.sensitivity.indices import Index, PairIndex
from experiments.studies.sensitivity.replicate_noise import Shares, shares
from experiments.studies.sensitivity.screening import HIGH, LOW, STREAMS, Effect
from experiments.studies.settings import SensitivitySizes
from sim.draws import replicate_seed
from sim.statistics import Interval, Values, paired_difference

Mask = NDArray[np.bool_]
Key = tuple[str, str]
"""Scope and measure."""
POSTURES: tuple[Point, ...] = ({"posture": "fourteen"}, {"posture": "six"})
SCOPES = ("fourteen", "six", "six_minus_fourteen")
MIDDLE = 0.5


@dataclass(frozen=True)
class Swing:
    """A measure with one parameter at LOW and at HIGH of its prior, the others in the middle, against the middle."""

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
    noise: dict[Key, Shares]
    left_out: dict[str, int]


def sensitivity(priors: Priors, sizes: SensitivitySizes, runner: StudyRunner) -> Sensitivity:
    """All three stages. Each has seeds of its own, made from the study's."""
    keys, left_out = list(priors.keys), dict[str, int]()
    swings = tornado(runner, priors, sizes)
    effects, left_out["screening"] = screen(runner, priors, sizes)
    kept = choose(effects, keys, sizes.kept)
    singles, pairs, noise, left_out["sobol"] = decompose(runner, priors, kept, sizes)
    return Sensitivity(swings, effects, kept, singles, pairs, noise, left_out)


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


def tornado(runner: StudyRunner, priors: Priors, sizes: SensitivitySizes) -> list[Swing]:
    """Each parameter by itself, in pairs with the middle."""
    states = priors.from_unit(one_at_a_time(len(priors.keys)))
    outcomes = runner.run("one at a time", states, POSTURES, sizes.tornado_replicates, sizes.measures)
    return [
        Swing(scope, measure, key, *(_against_middle(table, row) for row in (2 * n + 1, 2 * n + 2)))
        for scope, measure, table in scoped(outcomes)
        for n, key in enumerate(priors.keys)
    ]


def _against_middle(table: Values, row: int) -> Interval:
    """Over the pairs that were finished."""
    both = np.isfinite(table[0]) & np.isfinite(table[row])
    return paired_difference(table[0, both], table[row, both]) if both.any() else Interval(*[float("nan")] * 3)


# --- screening -----------------------------------------------------------------------------------------
def screen(runner: StudyRunner, priors: Priors, sizes: SensitivitySizes) -> tuple[dict[Key, list[Effect]], int]:
    """Elementary effects by scope and measure, and how many points were not finished."""
    drawn = screening.sample(priors.keys, sizes.trajectories, _seed(runner, 1))
    states, replicates = priors.from_unit(drawn.parameters), sizes.screening_replicates
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
    """The parameters that matter most: by their largest μ* in any scope and measure, as a share of the largest there.

    Those that stand above the floor of replicate noise somewhere come first; all in the order of the priors.
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
def decompose(
    runner: StudyRunner, priors: Priors, kept: Sequence[str], sizes: SensitivitySizes
) -> tuple[dict[Key, list[Index]], dict[Key, list[PairIndex]], dict[Key, Shares], int]:
    """Sobol indices of the kept parameters (the others in the middle), shares of noise, unfinished points."""
    drawn = indices.sample(kept, sizes.base_points, _seed(runner, 3))
    states = priors.from_unit(_with_middle(drawn.parameters, kept, list(priors.keys)))
    outcomes = run_with_streams(runner, "sobol", states, drawn.other_streams, sizes.sobol_replicates, sizes.measures)
    left_out = keep_whole(outcomes, states, "sobol").left_out
    singles, pairs, noise = dict[Key, list[Index]](), dict[Key, list[PairIndex]](), dict[Key, Shares]()
    for scope, measure, table in scoped(outcomes):
        key = (scope, measure)
        singles[key], pairs[key] = indices.analyse(drawn, table.mean(axis=1), sizes.resamples, _seed(runner, 4))
        noise[key] = shares(_independent(table, drawn.per_row))
    return singles, pairs, noise, left_out


def _with_middle(u: NDArray[np.float64], kept: Sequence[str], keys: Sequence[str]) -> NDArray[np.float64]:
    """Quantiles of all parameters: the kept ones as drawn, the others in the middle."""
    full = np.full((len(u), len(keys)), MIDDLE)
    full[:, [keys.index(key) for key in kept]] = u
    return full


def _independent(table: Values, per_row: int) -> Values:
    """The points of matrix A, which are independent of each other and share their streams; finished ones only."""
    first = table[::per_row]
    return np.asarray(first[np.isfinite(first).all(axis=1)])


def rows_above_floor(found: Sensitivity, scope: str, measure: str) -> Iterator[Index]:
    """The parameters of a quantity that stand clear of replicate noise, the most influential first."""
    singles = [index for index in found.singles[scope, measure] if index.matters and index.parameter != STREAMS]
    yield from sorted(singles, key=lambda index: -index.total)
