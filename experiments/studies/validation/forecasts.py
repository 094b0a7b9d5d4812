"""Forecasts with rolling origin: what the model and null models say of the next window, from what was reported before.

The model is a table of single runs of the prior. At an origin each run has as weight the chance of all that was
reported until then, had it happened so (`counting`): months, or where a quarter has ended its total and how its months
share it. The forecast is what happened next in the runs, weighted, and then reported by the same law. Nothing is fitted
to what is to be forecast. But dated inputs (E32), handovers and deliveries are given, also those after the origin; and
the structures were chosen by people who knew the year.

The mix is scored given how many attacks were reported: the chance of so many on convoys among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from experiments.studies.validation.counting import (
    COUNTINGS,
    MOST,
    WIDE,
    Counting,
    capped,
    chance_of,
    law,
    reports_of,
)
from experiments.studies.validation.nulls import NULLS
from experiments.studies.validation.record import MIX, Asked, Record, Seen
from experiments.studies.validation.scores import crps, log_score, place, quantiles
from sim.statistics import PERCENTILES, Values

MODEL = "Posture"
SIDES = ("in", "out")
ENOUGH = 30
"""Effective runs below which quantiles and scores are of a handful of runs, and no verdict is given."""


class Runs(Protocol):
    """A table of single runs of the prior: `included` (draws × rivals) says which rivals are in.

    `before` (draws): their weights before anything was reported; they sum to 1.
    """

    @property
    def rivals(self) -> tuple[str, ...]: ...
    @property
    def included(self) -> NDArray[np.bool_]: ...
    @property
    def start(self) -> date: ...
    @property
    def before(self) -> Values: ...

    def window(self, measure: str, first: date, last: date) -> Values:
        """What was counted from one day to another, both inside (draws)."""


@dataclass(frozen=True)
class Forecast:
    """One forecast of one window: quantiles of the report, and scores (lower is better).

    `reported` and quantiles are attacks, of the mix shares. `error`: standard error of the log score, from the number
    of runs that carry the forecast; `effective`: that number (both NaN of null models, which are exact). `below`: share
    of the forecast below the report, plus half of what is on it.
    """

    asked: Asked
    counting: str
    model: str
    reported: float
    ends: tuple[float, ...]
    log_score: float
    error: float
    crps: float
    below: float
    effective: float


@dataclass(frozen=True)
class Side:
    """The model's forecast from the draws with a rival in, or out."""

    rival: str
    side: str
    asked: Asked
    log_score: float
    error: float
    effective: float


# --- weights -------------------------------------------------------------------------------------------
def weights_at(runs: Runs, record: Record, origin: date, counting: Counting) -> Values:
    """Weight of each run by what was reported up to an origin; they sum to 1."""
    logs: Values = np.zeros(len(runs.included))
    for measure in record.measures:
        for seen in record.seen(measure, origin):
            logs = logs + log_chance(runs, seen, counting)
    weights = runs.before * np.exp(logs - logs[runs.before > 0].max())
    return np.asarray(weights / weights.sum())


def log_chance(runs: Runs, seen: Seen, counting: Counting) -> Values:
    """Log chance of what was reported of a quarter, in each run (runs)."""
    counts = [(w.value, runs.window(w.measure, w.first, w.last)) for w in seen.counted_once]
    total = np.sum([np.log(chance_of(value, happened, counting)) for value, happened in counts], axis=0)
    return np.asarray(total + _shared_out(runs, seen, counting) if seen.total else total)


def _shared_out(runs: Runs, seen: Seen, counting: Counting) -> Values:
    """Log chance of how the months share what was found of them: multinomial, with the shares of the run's months.

    Reports that are Poisson in each month are just this, given their sum.
    """
    from scipy.stats import multinomial

    if not seen.months:
        return np.zeros(len(runs.included))
    happened = [runs.window(month.measure, month.first, month.last) for month in seen.months]
    means = np.maximum(np.stack(happened, axis=-1), counting.rounding)
    found = np.array([month.value for month in seen.months])
    shares = means / means.sum(axis=-1, keepdims=True)
    return np.asarray(multinomial.logpmf(found, found.sum(), shares))


def effective(weights: Values) -> float:
    """How many runs of equal weight would say as much."""
    return float(weights.sum() ** 2 / np.sum(weights**2))


# --- scored --------------------------------------------------------------------------------------------
def forecasts(runs: Runs, record: Record, countings: Sequence[Counting] = COUNTINGS) -> Iterator[Forecast]:
    """Every forecast of the record, by the model and by each null model, under each law of reports."""
    for counting in countings:
        for asked in record.asked():
            yield from _scored(runs, record, asked, counting)


def _scored(runs: Runs, record: Record, asked: Asked, counting: Counting) -> Iterator[Forecast]:
    yield model_forecast(runs, record, asked, counting)
    for name, null in NULLS.items():
        parts = [null(record.seen(w.measure, asked.origin), w, counting) for w in asked.windows]
        yield _forecast(asked, counting, name, _together(asked, [reports_of(p, counting) for p in parts]))


def model_forecast(runs: Runs, record: Record, asked: Asked, counting: Counting) -> Forecast:
    """The model's forecast."""
    weights = weights_at(runs, record, asked.origin, counting)
    each = [happened(runs, asked, n) for n in range(len(asked.windows))]
    chances, error = of_runs(asked, each, weights, counting)
    return _forecast(asked, counting, MODEL, chances, error, effective(weights))


def happened(runs: Runs, asked: Asked, n: int) -> Values:
    """What happened in a window that is asked for, in each run."""
    window = asked.windows[n]
    return runs.window(window.measure, window.first, window.last)


def of_runs(asked: Asked, each: Sequence[Values], weights: Values, counting: Counting) -> tuple[Values, float]:
    """The law of the report from weighted runs, and the standard error of its logarithm at what was reported."""
    if len(each) == 1:
        counts = np.bincount(capped(each[0]), weights, MOST + 1).astype(np.float64)
        own = chance_of(asked.windows[0].value, each[0], counting)
        return reports_of(counts, counting), _relative_error(own, np.ones_like(own), weights)
    columns = [_among(asked, law(counting), n)[:, capped(counts)] for n, counts in enumerate(each)]
    in_runs = columns[0] * columns[1]
    chances, own = in_runs @ weights, in_runs[asked.windows[0].value]
    return chances / chances.sum(), _relative_error(own, in_runs.sum(axis=0), weights)


def _among(asked: Asked, chances: Values, n: int) -> Values:
    """Chances of 0, 1, … of all that was reported being of the first kind; of the second kind the rest of them."""
    some = chances[: _all(asked) + 1]
    return some if n == 0 else some[::-1]


def _all(asked: Asked) -> int:
    return sum(window.value for window in asked.windows)


def _together(asked: Asked, laws: Sequence[Values]) -> Values:
    """The law of the report; of the mix, from independent laws of the two."""
    if len(laws) == 1:
        return laws[0]
    both = np.prod([_among(asked, chances, n) for n, chances in enumerate(laws)], axis=0)
    return np.asarray(both / both.sum())


def _relative_error(top: Values, below: Values, weights: Values) -> float:
    """Relative standard error of Σ w·top / Σ w·below (delta method, weights known)."""
    value = np.sum(weights * top) / np.sum(weights * below)
    return float(np.sqrt(np.sum((weights * (top - value * below)) ** 2)) / np.sum(weights * top))


def _forecast(
    asked: Asked, counting: Counting, model: str, chances: Values, error: float = np.nan, effective: float = np.nan
) -> Forecast:
    reported, unit = asked.windows[0].value, float(_all(asked)) if asked.of == MIX else 1.0
    ends = tuple((quantiles(chances, np.array(PERCENTILES) / 100) / unit).tolist())
    scores = log_score(reported, chances), error, crps(reported, chances) / unit
    return Forecast(asked, counting.name, model, reported / unit, ends, *scores, place(reported, chances), effective)


# --- structures ----------------------------------------------------------------------------------------
def by_structure(runs: Runs, record: Record, counting: Counting = WIDE) -> list[Side]:
    """Log scores of the model with each rival in, and out: from those draws alone."""
    found = []
    for asked in record.asked():
        weights = weights_at(runs, record, asked.origin, counting)
        each = [happened(runs, asked, n) for n in range(len(asked.windows))]
        for name, inside in zip(runs.rivals, runs.included.T, strict=True):
            for side, rows in zip(SIDES, (inside, ~inside), strict=True):
                score = _of_some(asked, [counts[rows] for counts in each], weights[rows], counting)
                found.append(Side(name, side, asked, *score))
    return found


def _of_some(asked: Asked, each: Sequence[Values], weights: Values, counting: Counting) -> tuple[float, float, float]:
    """Log score, its standard error and the effective runs of some draws; NaN if none comes near what was reported."""
    if weights.sum() <= 0.0:
        return np.nan, np.nan, 0.0
    chances, error = of_runs(asked, each, weights / weights.sum(), counting)
    return log_score(asked.windows[0].value, chances), error, effective(weights)
