"""`posture sensitivity`: one at a time, Morris over all uncertain parameters, Sobol over those that matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies import indices, screening
from experiments.studies import replicate_noise as luck
from experiments.studies.indices import Index, PairIndex
from experiments.studies.priors import Priors
from experiments.studies.runner import Outcomes, StudyRunner, keep_whole
from experiments.studies.scopes import POSTURES, scoped
from experiments.studies.screening import HIGH, LOW, LUCK, Effect
from experiments.studies.settings import SensitivityStudy
from experiments.studies.states import MIDDLE
from sim.draws import replicate_seed
from sim.statistics import Interval, Values, paired_difference

Mask = NDArray[np.bool_]
Key = tuple[str, str]
"""Scope and measure."""


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
    luck: dict[Key, luck.Shares]
    left_out: dict[str, int]
    pairs_of_runs: int


def study(bench: StudyRunner, priors: Priors, sizes: SensitivityStudy) -> Sensitivity:
    """All three stages. Each has seeds of its own, made from the study's."""
    keys, left_out = list(priors.keys), dict[str, int]()
    swings = tornado(bench, priors, sizes)
    effects, left_out["screening"] = screen(bench, priors, sizes)
    kept = choose(effects, keys, sizes.kept)
    singles, pairs, shares, left_out["sobol"] = decompose(bench, priors, kept, sizes)
    return Sensitivity(swings, effects, kept, singles, pairs, shares, left_out, sizes.tornado_replicates)


def _seed(bench: StudyRunner, stage: int) -> int:
    """A seed for a library that takes 32 bits."""
    return int(replicate_seed(bench.seed, (1 << 41) + stage)) % (1 << 32)


# --- one at a time -------------------------------------------------------------------------------------
def one_at_a_time(d: int) -> NDArray[np.float64]:
    """The middle, then each parameter at LOW and at HIGH with the others in the middle (1 + 2d rows)."""
    points = np.full((1 + 2 * d, d), MIDDLE)
    points[np.arange(d) * 2 + 1, np.arange(d)] = LOW
    points[np.arange(d) * 2 + 2, np.arange(d)] = HIGH
    return points


def tornado(bench: StudyRunner, priors: Priors, sizes: SensitivityStudy) -> list[Swing]:
    """Each parameter by itself, in pairs with the middle."""
    worlds = priors.from_unit(one_at_a_time(len(priors.keys)))
    outcomes = bench.run("one at a time", worlds, POSTURES, sizes.tornado_replicates, sizes.measures)
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
def screen(bench: StudyRunner, priors: Priors, sizes: SensitivityStudy) -> tuple[dict[Key, list[Effect]], int]:
    """Elementary effects by scope and measure, and how many points were not finished."""
    drawn = screening.sample(priors.keys, sizes.trajectories, _seed(bench, 1))
    worlds = priors.from_unit(drawn.parameters)
    replicates = sizes.screening_replicates
    outcomes = run_with_lucks(bench, "screening", worlds, drawn.other_luck, replicates, sizes.measures)
    whole = keep_whole(outcomes, "screening")
    found = {
        (scope, measure): screening.analyse(drawn, table.mean(axis=1), sizes.resamples, _seed(bench, 2))
        for scope, measure, table in scoped(outcomes)
    }
    return found, int((~whole).sum())


def run_with_lucks(
    bench: StudyRunner,
    stage: str,
    worlds: Sequence[Point],
    other: Mask,
    replicates: int,
    measures: Sequence[str],
) -> Outcomes:
    """Each world with its luck: the first, or where `other` the second."""
    parts = [
        bench.run(f"{stage}, luck {n + 1}", list(compress(worlds, which)), POSTURES, replicates, measures, streams=n)
        for n, which in enumerate((~other, other))
    ]
    values = {m: np.full((len(worlds), len(POSTURES), replicates), np.nan) for m in measures}
    for part, which in zip(parts, (~other, other), strict=True):
        for m in measures:
            values[m][which] = part.values[m]
    return Outcomes(values, sum(part.failed for part in parts))


def choose(effects: dict[Key, list[Effect]], keys: Sequence[str], most: int) -> tuple[str, ...]:
    """The parameters that matter most: by their largest μ* in any scope and measure, as a share of the largest there.

    Those that stand above the floor of luck somewhere come first; all in the order of the priors.
    """
    rank = dict.fromkeys(keys, (False, 0.0))
    for found in effects.values():
        top = max((e.mu_star for e in found if e.parameter != LUCK), default=0.0)
        for effect in found:
            if effect.parameter in rank and top > 0:
                score = (effect.matters, effect.mu_star / top)
                rank[effect.parameter] = max(rank[effect.parameter], score)
    best = sorted(keys, key=lambda key: rank[key], reverse=True)[:most]
    return tuple(key for key in keys if key in best)


# --- shares of variance --------------------------------------------------------------------------------
def decompose(
    bench: StudyRunner, priors: Priors, kept: Sequence[str], sizes: SensitivityStudy
) -> tuple[dict[Key, list[Index]], dict[Key, list[PairIndex]], dict[Key, luck.Shares], int]:
    """Sobol indices of the kept parameters (the others in the middle), shares of luck, unfinished points."""
    drawn = indices.sample(kept, sizes.base_points, _seed(bench, 3))
    worlds = priors.from_unit(_with_middle(drawn.parameters, kept, list(priors.keys)))
    outcomes = run_with_lucks(bench, "sobol", worlds, drawn.other_luck, sizes.sobol_replicates, sizes.measures)
    whole = keep_whole(outcomes, "sobol")
    singles, pairs, shares = dict[Key, list[Index]](), dict[Key, list[PairIndex]](), dict[Key, luck.Shares]()
    for scope, measure, table in scoped(outcomes):
        key = (scope, measure)
        singles[key], pairs[key] = indices.analyse(drawn, table.mean(axis=1), sizes.resamples, _seed(bench, 4))
        shares[key] = luck.shares(_independent(table, drawn.per_row))
    return singles, pairs, shares, int((~whole).sum())


def _with_middle(u: NDArray[np.float64], kept: Sequence[str], keys: Sequence[str]) -> NDArray[np.float64]:
    """Quantiles of all parameters: the kept ones as drawn, the others in the middle."""
    full = np.full((len(u), len(keys)), MIDDLE)
    full[:, [keys.index(key) for key in kept]] = u
    return full


def _independent(table: Values, per_row: int) -> Values:
    """The points of matrix A, which are independent of each other and share their luck; finished ones only."""
    first = table[::per_row]
    return np.asarray(first[np.isfinite(first).all(axis=1)])


def rows_above_floor(found: Sensitivity, scope: str, measure: str) -> Iterator[Index]:
    """The parameters of a quantity that stand clear of luck, the most influential first."""
    singles = [index for index in found.singles[scope, measure] if index.matters and index.parameter != LUCK]
    yield from sorted(singles, key=lambda index: -index.total)
