"""Who forecasts better: the model against each null model, by summed scores over the same windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.studies.validation.counting import COUNTINGS, WIDE
from experiments.studies.validation.forecasts import MODEL, Forecast, Side
from experiments.studies.validation.nulls import NAMED, NULLS
from experiments.studies.validation.record import MIX
from sim.numbers import signed
from sim.statistics import Interval, Values, mean_interval

TOGETHER = "all counts"
FEWEST = 4
"""Windows from which on an interval is told; fewer say too little of how differences spread."""


@dataclass(frozen=True)
class Contest:
    """Summed scores of the model and of a null model over some windows, by one law of reports; lower is better.

    `log_difference`, `crps_difference`: model − null, summed; paired 95% t intervals over the windows (NaN of few).
    """

    of: str
    counting: str
    against: str
    windows: int
    log_model: float
    log_null: float
    log_difference: Interval
    crps_model: float
    crps_null: float
    crps_difference: Interval

    @property
    def verdict(self) -> str:
        """`ahead`, `behind` or `level`, by the log score; `level` too where windows are too few to say."""
        difference = self.log_difference
        if not difference.clear:
            return "level"
        return "ahead" if difference.mean < 0 else "behind"


def contests(found: Sequence[Forecast]) -> list[Contest]:
    """Each kind of forecast, all counts together, and the mix, against each null model."""
    kinds = list(dict.fromkeys(f.asked.of for f in found))
    counts = [kind for kind in kinds if kind != MIX]
    groups = {**{kind: [kind] for kind in counts}, TOGETHER: counts, **{kind: [MIX] for kind in kinds if kind == MIX}}
    return [
        _contest(found, of, some, counting.name, null)
        for of, some in groups.items()
        for counting in COUNTINGS
        for null in NULLS
    ]


def _contest(found: Sequence[Forecast], of: str, kinds: Sequence[str], counting: str, null: str) -> Contest:
    logs, ranked = (
        [scores_of(found, kinds, counting, model, score) for model in (MODEL, null)] for score in ("log_score", "crps")
    )
    return Contest(of, counting, null, len(logs[0]), *_sums(*logs), *_sums(*ranked))


def _sums(own: Values, other: Values) -> tuple[float, float, Interval]:
    return float(own.sum()), float(other.sum()), summed(own - other)


def scores_of(found: Sequence[Forecast], kinds: Sequence[str], counting: str, model: str, score: str) -> Values:
    """A score of a model on its windows, in their order."""
    some = [f for f in found if f.asked.of in kinds and (f.counting, f.model) == (counting, model)]
    return np.array([getattr(f, score) for f in some])


def summed(differences: Values) -> Interval:
    """The sum of differences, with its paired t interval; no interval of fewer than `FEWEST`."""
    n = len(differences)
    if n < FEWEST:
        return Interval(float(differences.sum()), float("nan"), float("nan"))
    mean = mean_interval(differences)
    return Interval(n * mean.mean, n * mean.low, n * mean.high)


def in_words(found: Sequence[Contest]) -> Iterator[str]:
    """Plainly, who wins: against the null model that was named, then where the other nulls or the other law differ."""
    for contest in found:
        if contest.counting == WIDE.name and contest.against == NAMED:
            yield f"{contest.of}: {_won(contest)}"
    others = [c for c in found if c.counting == WIDE.name and c.against != NAMED and c.log_difference.mean >= 0]
    if others:
        yield "Null models beside it that score as well or better: " + "; ".join(
            f"{c.against} on {c.of} by {c.log_difference.mean:.2f}" for c in others
        )
    yield from _by_the_other_law(found)


def _won(contest: Contest) -> str:
    better = "the model" if contest.log_difference.mean < 0 else contest.against
    interval, n = contest.log_difference, contest.windows
    known = f" [{signed(interval.low)}, {signed(interval.high)}]" if n >= FEWEST else ""
    words = f"summed log score {contest.log_model:.2f} against {contest.log_null:.2f} of {contest.against}, difference "
    words += f"{signed(interval.mean)}{known} over {n} forecasts: {better} scores better"
    few = "too few for an interval" if n < FEWEST else f"by the interval the model is {contest.verdict}; few points"
    turned = contest.log_difference.mean * contest.crps_difference.mean < 0
    return f"{words}{', by CRPS the other' if turned else ', by CRPS too'} ({few})."


def _by_the_other_law(found: Sequence[Contest]) -> Iterator[str]:
    for first in found:
        if first.counting != WIDE.name or first.against != NAMED:
            continue
        for other in found:
            same = (other.of, other.against) == (first.of, first.against) and other.counting != first.counting
            if same and (other.log_difference.mean < 0) != (first.log_difference.mean < 0):
                yield f"{first.of}: with reports of {other.counting} the order is the other way round."


# --- which structure would have been needed ------------------------------------------------------------
@dataclass(frozen=True)
class Needed:
    """A rival in or out: its summed log score over some windows, less that of all draws; below 0 it forecasts better.

    With hindsight: chosen among many, so that the best looks better than it is.
    """

    of: str
    rival: str
    side: str
    log_score: float
    gain: Interval


def needed(found: Sequence[Forecast], sides: Sequence[Side]) -> list[Needed]:
    """Each rival in and out beside all draws, for the counts together and the mix."""
    own = {f.asked.name: f.log_score for f in found if (f.model, f.counting) == (MODEL, WIDE.name)}
    rows = []
    for of in (TOGETHER, MIX):
        for rival, side in dict.fromkeys((s.rival, s.side) for s in sides):
            some = [s for s in sides if (s.rival, s.side) == (rival, side) and (s.asked.of == MIX) == (of == MIX)]
            rows.append(_needed(of, some, own))
    return rows


def _needed(of: str, some: Sequence[Side], own: dict[str, float]) -> Needed:
    scores = np.array([side.log_score for side in some])
    gains = scores - np.array([own[side.asked.name] for side in some])
    return Needed(of, some[0].rival, some[0].side, float(scores.sum()), summed(gains))


def needed_in_words(rows: Sequence[Needed], found: Sequence[Contest]) -> Iterator[str]:
    """Where the model scores worse than the named null: which rival comes nearest, and whether it is enough."""
    for contest in found:
        key = (contest.counting, contest.against)
        if key == (WIDE.name, NAMED) and contest.of in (TOGETHER, MIX) and contest.log_difference.mean > 0:
            best = min((row for row in rows if row.of == contest.of), key=lambda row: row.log_score)
            enough = "would have been enough" if best.log_score <= contest.log_null else "would not have been enough"
            yield (
                f"{contest.of}: of the rivals, {best.rival} {best.side} would have served best (summed log score "
                f"{best.log_score:.2f}; {contest.against} {contest.log_null:.2f}): alone it {enough}. With hindsight."
            )
