"""Made-up tables of prior runs, and records drawn from them: the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from experiments.studies.validation.counting import REPORTS, law
from experiments.studies.validation.record import Record, load_record

RECORD = load_record("2020")
START, DAYS = date(2020, 1, 1), 274
QUARTER_ENDS = (91, 182, 274)
FIRE, ROAD = "fire_attacks", "convoy_attacks"


@dataclass(frozen=True)
class MadeUpRuns:
    """Daily counts of each draw, and which rivals are in."""

    counts: dict
    included: np.ndarray
    rivals: tuple = ("shift", "idle")
    start: date = START

    @property
    def before(self):
        return np.full(len(self), 1 / len(self))

    def __len__(self):
        return len(self.included)

    def window(self, measure, first, last):
        begin, end = (first - START).days, (last - START).days + 1
        return self.counts[measure][:, begin:end].sum(axis=1, dtype=np.float64)

    def weekly(self, measure):
        return self.counts[measure][:, :273].reshape(len(self), 39, 7).sum(axis=2, dtype=np.float64)


def rates(draws, factors, rng, low=0.05, high=0.5):
    """Rates per day (draws × days): log-uniform, times a factor for each quarter."""
    base = np.exp(rng.uniform(np.log(low), np.log(high), draws))
    steps = np.repeat(factors, np.diff((0, *QUARTER_ENDS)))
    return base[:, None] * steps


def made_up(draws, fire=(1, 1, 1), road=(1, 1, 1), seed=1, shifted=None, width=(0.05, 0.5)):
    """Poisson counts with a factor for each quarter; with `shifted`, fire has these where the rival `shift` is in."""
    rng = np.random.default_rng(seed)
    included = rng.random((draws, 2)) < 0.5
    at_fire = rates(draws, fire, rng, *width)
    if shifted is not None:
        other = at_fire * np.repeat(np.array(shifted) / np.array(fire), np.diff((0, *QUARTER_ENDS)))
        at_fire = np.where(included[:, :1], other, at_fire)
    counts = {FIRE: rng.poisson(at_fire), ROAD: rng.poisson(rates(draws, road, rng, *width))}
    counts["rounds_fired"] = 2 * counts[FIRE]
    return MadeUpRuns({name: each.astype(np.int16) for name, each in counts.items()}, included)


def record_of(runs, row, counting, seed):
    """The record of one run, as reported by a law; the total of months is what was found of them."""
    rng = np.random.default_rng([seed, row])
    quarters = []
    for quarter in RECORD.quarters:
        (happened,) = runs.window(quarter.measure, quarter.first, quarter.last)[[row]]
        months = [runs.window(m.measure, m.first, m.last)[row] for m in quarter.by_month]
        found = [report(n, counting, rng) for n in months]
        value = sum(found) if found else report(happened, counting, rng)
        quarters.append(quarter.model_copy(update={"value": value, "months": tuple(found)}))
    return RECORD.model_copy(update={"quarters": tuple(quarters)})


def report(happened, counting, rng):
    return int(rng.choice(REPORTS, p=law(counting)[:, int(happened)]))


def changed(record: Record, number: int, **values) -> Record:
    """The record with one quarter changed."""
    quarters = list(record.quarters)
    quarters[number] = quarters[number].model_copy(update=values)
    return record.model_copy(update={"quarters": tuple(quarters)})


def day(number):
    return START + timedelta(days=number)
