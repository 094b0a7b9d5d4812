"""The shape of the year beside the runs: what moved from quarter to quarter, how attacks bunch, how salvos are sized.

Two columns of runs: the prior as it is, in which nothing is fitted, and the same runs weighted by the totals of all
quarters, as a calibration sees them. Each fact says what it rests on in the weighted runs: `input` (a parameter or
prior holds it), `fitted` (a function of the totals), `emergent` (neither). Each is told for all draws, and for those
with each rival in and out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from experiments.studies.targets import ratio
from experiments.studies.validation.counting import WIDE
from experiments.studies.validation.forecasts import ENOUGH, SIDES, Runs, weights_at
from experiments.studies.validation.record import Quarter, Record, Salvos
from sim.statistics import Values

ALL = "all draws"
FIRE, ROUNDS = "fire_attacks", "rounds_fired"
USUAL, BARRAGE = 5, 20
"""A usual salvo has at most so many rounds, a barrage at least so many (E8)."""
LEVELS = (0.05, 0.5, 0.95)


class DailyRuns(Runs, Protocol):
    """Runs of which each day is known: measure → draws × days, new on that day."""

    @property
    def counts(self) -> Mapping[str, NDArray[np.int16]]: ...

    def weekly(self, measure: str) -> Values:
        """What was counted in each whole week (draws × weeks)."""


@dataclass(frozen=True)
class Words:
    """A fact: what it is, over which days, what was reported, its source, and what it rests on.

    Of a fact that a run has or has not (`yes`: 1 or 0) the share of runs that have it is told, with its 90% interval.
    """

    fact: str
    window: str
    reported: float | None
    source: str
    rests_on: str
    yes: bool = False


@dataclass(frozen=True)
class Shape:
    """A fact in runs of a structure: quantiles (5%, 50%, 95%) of single runs of the prior, and weighted by the totals.

    `below`: share of the weighted runs below the report, and half of what is on it; NaN where nothing was reported.
    `runs`: how many of equal weight would say as much; runs without a value are left out.
    """

    words: Words
    structure: str
    prior: tuple[float, ...]
    weighted: tuple[float, ...]
    below: float
    runs: float

    @property
    def inside(self) -> bool | None:
        """Whether the report lies in the middle 90% of the weighted runs; None of nothing reported or too few runs."""
        if self.words.reported is None or self.runs < ENOUGH:
            return None
        return bool(self.weighted[0] <= self.words.reported <= self.weighted[-1])


def shapes(runs: DailyRuns, record: Record) -> list[Shape]:
    """Every fact, in all draws and with each rival in and out."""
    weights = weights_at(runs, _totals(record), max(quarter.last for quarter in record.quarters), WIDE)
    some: dict[str, NDArray[np.bool_]] = {ALL: np.ones(len(weights), np.bool_)}
    for name, inside in zip(runs.rivals, runs.included.T, strict=True):
        some |= {f"{name} {side}": rows for side, rows in zip(SIDES, (inside, ~inside), strict=True)}
    return [
        _shape(words, structure, values[rows], runs.before[rows], weights[rows])
        for words, values in facts(runs, record)
        for structure, rows in some.items()
    ]


def _totals(record: Record) -> Record:
    """The record without months."""
    return record.model_copy(update={"quarters": tuple(q.model_copy(update={"months": ()}) for q in record.quarters)})


def _shape(words: Words, structure: str, values: Values, before: Values, weights: Values) -> Shape:
    known = np.isfinite(values)
    values, before, weights = values[known], before[known], weights[known]
    if not len(values) or weights.sum() <= 0.0:
        none = (np.nan,) * len(LEVELS)
        return Shape(words, structure, none, none, np.nan, 0.0)
    below = np.nan
    if words.reported is not None:
        below = float(np.average((values < words.reported) + 0.5 * (values == words.reported), weights=weights))
    told = share_of_weighted if words.yes else of_weighted
    prior, weighted = (told(values, w) for w in (before, weights))
    return Shape(words, structure, prior, weighted, below, float(weights.sum() ** 2 / np.sum(weights**2)))


def of_weighted(values: Values, weights: Values) -> tuple[float, ...]:
    """The `LEVELS` of weighted values: the smallest with at least this share at or below it."""
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    places = np.searchsorted(cumulative / cumulative[-1], np.array(LEVELS) - 1e-12)
    return tuple(values[order][np.minimum(places, len(values) - 1)].tolist())


def share_of_weighted(values: Values, weights: Values) -> tuple[float, ...]:
    """The weighted share of ones between the ends of its 90% Wilson interval, with the effective number of runs."""
    from scipy.stats import norm

    n, share, z = weights.sum() ** 2 / np.sum(weights**2), np.average(values, weights=weights), norm.ppf(LEVELS[-1])
    centre, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    return float(low), float(share), float(high)


# --- the facts -----------------------------------------------------------------------------------------
def facts(runs: DailyRuns, record: Record) -> Iterator[tuple[Words, Values]]:
    """Each fact with its value in each run (NaN: none)."""
    yield from _mix(runs, record)
    fire = record.of(FIRE)
    counts = [_count(runs, quarter) for quarter in fire]
    for (before, after), (low, high) in zip(pairwise(fire), pairwise(counts), strict=True):
        window = f"{after.total.name} over {before.total.name}"
        yield Words("fire, quarter over quarter", window, after.value / before.value, "S2", "fitted"), ratio(high, low)
    if len(counts) == 3:
        yield _turned("share of runs in which fire dips, then rises", fire[0], fire[2], [-each for each in counts])
    yield from _bunching(runs, fire)
    yield from _salvos(runs, fire, record.salvos)


def _count(runs: DailyRuns, quarter: Quarter) -> Values:
    return runs.window(quarter.measure, quarter.first, quarter.last)


def _mix(runs: DailyRuns, record: Record) -> Iterator[tuple[Words, Values]]:
    """The share of the first kind among both, quarter by quarter; then whether it rises and falls back."""
    both = list(zip(*(record.of(measure) for measure in record.share_of), strict=False))
    shares = []
    for one, other in both:
        mine, rest = _count(runs, one), _count(runs, other)
        shares.append(ratio(mine, mine + rest))
        reported = one.value / (one.value + other.value)
        yield Words("share of convoys among attacks", one.total.name, reported, "S1, S2", "fitted"), shares[-1]
    if len(shares) == 3:
        yield _turned("share of runs in which convoys gain, then lose share", both[0][0], both[2][0], shares)


def _turned(fact: str, first: Quarter, last: Quarter, each: Sequence[Values]) -> tuple[Words, Values]:
    """Whether the second of three is the highest, as it was reported."""
    known = np.isfinite(np.stack(each)).all(axis=0)
    turned = np.where(known, (each[1] > each[0]) & (each[2] < each[1]), np.nan)
    return Words(fact, f"{first.total.name} to {last.total.name}", None, "S1, S2", "fitted", yes=True), turned


def _bunching(runs: DailyRuns, fire: Sequence[Quarter]) -> Iterator[tuple[Words, Values]]:
    """Variance over mean: of months, as reported; of weeks, of which nobody has published counts."""
    months = [month for quarter in fire for month in quarter.by_month]
    if len(months) > 2:
        counts = np.stack([runs.window(m.measure, m.first, m.last) for m in months], axis=-1)
        reported = float(_over_mean(np.array([[float(m.value) for m in months]]))[0])
        name = f"{months[0].name} to {months[-1].name}"
        yield Words("variance over mean of months, fire", name, reported, "E26", "emergent"), _over_mean(counts)
    words = Words("variance over mean of weeks, fire", "all weeks", None, "E16: 1.28 at n = 0.44", "emergent")
    yield words, _over_mean(runs.weekly(FIRE))


def _over_mean(counts: Values) -> Values:
    return ratio(counts.var(axis=-1, ddof=1), counts.mean(axis=-1))


def _salvos(runs: DailyRuns, fire: Sequence[Quarter], known: Salvos | None) -> Iterator[tuple[Words, Values]]:
    """Rounds of the salvos that were alone on their day, over the quarters whose months were counted."""
    counted = [quarter for quarter in fire if quarter.months]
    if known is None or not counted:
        return
    sizes = [_salvo_sizes(runs, quarter.first, quarter.last) for quarter in counted]
    both, name = np.concatenate(sizes, axis=1), f"{counted[0].total.name} to {counted[-1].total.name}"
    usual, barrages = known.at_most_five / known.known, known.twenty_and_more / known.known
    words = Words(f"share of salvos with at most {USUAL} rounds", name, usual, known.source, "input")
    yield words, _share(both, both <= USUAL)
    words = Words(f"share of salvos with {BARRAGE} rounds and more", name, barrages, known.source, "input")
    yield words, _share(both, both >= BARRAGE)
    for quarter, each, mean in zip(counted, sizes, known.means, strict=False):
        rounds = ratio(np.nansum(each, axis=1), np.isfinite(each).sum(axis=1).astype(float))
        yield Words("mean rounds of a salvo", quarter.total.name, mean, known.source, "emergent"), rounds


def _salvo_sizes(runs: DailyRuns, first: date, last: date) -> Values:
    """Rounds of each day with one salvo (draws × days), else NaN."""
    days = slice((first - runs.start).days, (last - runs.start).days + 1)
    attacks, rounds = (runs.counts[name][:, days] for name in (FIRE, ROUNDS))
    return np.where(attacks == 1, rounds.astype(np.float64), np.nan)


def _share(sizes: Values, which: NDArray[np.bool_]) -> Values:
    return ratio(which.sum(axis=1).astype(float), np.isfinite(sizes).sum(axis=1).astype(float))
