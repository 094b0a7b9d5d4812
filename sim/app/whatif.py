"""What if: many futures from one hour under several options, and what they differ in.

Future k has the same streams under every option, so each option is compared with the first in pairs. Counts are counted
from the hour of the fork to the end of the horizon; levels are those of its last day, or the lowest of its days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np

from sim.app.ensemble_band import SERIES, Floats, Series, Stored
from sim.errors import ConfigError, PostureError, RunError
from sim.futures import Futures, futures
from sim.numbers import fixed, number, sides_words
from sim.responses import Use
from sim.scenario import Scenario
from sim.schedule import Block
from sim.statistics import PERCENTILES, Interval, Sides, intervals, mean_interval, paired_difference, sides

BASE = "go on as it is"
MOST_ROWS = 1_000_000  # futures × days of an option: about 800 bytes each
CAVEAT = (
    "What an order does is itself a rule of the model, with numbers that are partly judgement: a difference shows what "
    "follows from the rules, and is no evidence that the rules are right."
)


@dataclass(frozen=True)
class Option:
    """A way to go on: responses that begin now, under a name. The first option is the one to compare with."""

    label: str
    uses: Sequence[Use] = ()


@dataclass(frozen=True)
class Horizon:
    """A measure of a future: growth of a running total since the fork, or a level (`end` or `lowest` of the days)."""

    series: Series
    how: str

    @property
    def name(self) -> str:
        """`fire_attacks`, `relation_end`, `lowest_supply_days_lowest`."""
        return f"{self.series.name}_{self.how}" if self.series.column.level else self.series.name

    @property
    def title(self) -> str:
        """In words, with the unit."""
        unit = "" if self.series.unit == "attack" else f" [{self.series.unit}]"
        when = {"growth": "", "end": ", last day", "lowest": ", lowest of the days"}[self.how]
        return f"{self.series.title}{when}{unit}"

    def __call__(self, values: Floats) -> Floats:
        """Of futures × days, since the fork: one value each."""
        return np.asarray(values.min(axis=-1) if self.how == "lowest" else values[..., -1])


_COUNTS = (
    *("fire_attacks", "rounds_leaked", "convoy_attacks", "trucks_lost", "us_wounded", "drivers_wounded"),
    *("civilian_harm", "pressure"),
)
HORIZON: tuple[Horizon, ...] = (
    *(Horizon(SERIES[name], "growth") for name in _COUNTS),
    Horizon(SERIES["lowest_supply_days"], "lowest"),
    *(Horizon(SERIES[name], "end") for name in ("relation", "capital", "patience")),
)


@dataclass(frozen=True)
class OptionAnswer:
    """One measure under one option; `difference` and `sides` are against the first option, in pairs."""

    option: str
    measure: Horizon
    mean: Interval
    difference: Interval
    sides: Sides

    @property
    def verdict(self) -> str:
        """`better` or `worse` for the defence, if the interval of the difference leaves 0 out; `same`; or nothing."""
        if self.difference.low == self.difference.high == 0.0:
            return "same"
        good = self.difference.mean * self.measure.series.column.better
        return "" if not self.difference.clear or good == 0 else "better" if good > 0 else "worse"

    @property
    def is_tiny(self) -> bool:
        """Whether the difference, known or not, is below a hundredth of what the first option has."""
        return abs(self.difference.mean) < 0.01 * abs(self.mean.mean - self.difference.mean)


@dataclass(frozen=True)
class Fan:
    """A series under one option: PERCENTILES × days; its paired difference from the first: (mean, low, high) × days."""

    quantiles: Floats
    difference: Floats


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The answer: per measure a row of `OptionAnswer`s, one an option; per option the fans of each series.

    `ends` are the ends of the days, in days since the fork; `fork` is the date of the hour of the fork.
    """

    labels: tuple[str, ...]
    n: int
    fork: date
    hour: int
    ends: Floats
    answers: tuple[tuple[OptionAnswer, ...], ...]
    fans: tuple[dict[str, Fan], ...]

    @property
    def until(self) -> date:
        """The last day."""
        return self.fork + timedelta(days=len(self.ends) - 1)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know."""
        others, rows = len(self.labels) - 1, len(self.answers)
        compared = (
            f"{others} option{'s' * (others != 1)} × {rows} measures: of {others * rows} intervals about "
            f"{number(round(0.05 * others * rows, 1))} leave out 0 by chance alone, even if no option changes anything."
        )
        return (
            f"n = {self.n} futures of each option, from hour {self.hour} ({self.fork}) to the end of {self.until}. "
            "Counts are counted from that hour on.",
            f"Differences are from “{self.labels[0]}”, in pairs under the same streams, with 95% t intervals. "
            "Lower, equal, higher: shares of the pairs. Better, worse: for the defence, where the "
            "interval leaves 0 out; (<1%): by less than a hundredth of the first option's mean.",
            *([compared] if others else []),
            CAVEAT,
        )


def what_if(
    scenario: Scenario,
    world: Block,
    state: Block,
    options: Sequence[Option],
    n: int = 1000,
    days: int = 30,
    seed: int = 1,
    executor: Executor | None = None,
) -> WhatIf:
    """`n` futures of `days` days for each option, compared with the first. The state is left as it is."""
    _check(scenario, options, n, days)
    run = partial(futures, scenario, world, state, n=n, days=days, seed=seed, executor=executor)
    values = [_since_fork(run, option, state[0].tally) for option in options]
    hour = int(state[0].hour)
    ends = np.arange(1.0, days + 1.0) - (hour % 24) / 24
    labels = tuple(option.label for option in options)
    answers = tuple(_answers(measure, labels, values) for measure in HORIZON)
    fans = tuple({name: _fan(values[0][name], each[name]) for name in each} for each in values)
    fork = scenario.posture.start + timedelta(days=hour // 24)
    return WhatIf(labels, n, fork, hour, ends, answers, fans)


def _check(scenario: Scenario, options: Sequence[Option], n: int, days: int) -> None:
    labels = [option.label for option in options]
    if not labels or len(set(labels)) < len(labels):
        raise ConfigError(None, "options", labels, "there must be one or more, each with a name of its own")
    if n < 2:
        raise ConfigError(None, "futures", n, "it must be 2 or more")
    if days < 1 or n * days > MOST_ROWS:
        raise ConfigError(None, "days", days, f"it must be 1 to {MOST_ROWS // n} for {n} futures")
    in_force = {force.response.name for force in scenario.responses} | {force.use.name for force in scenario.responses}
    for option in options:
        names = [use.name for use in option.uses]
        for name in names:
            if name in in_force or names.count(name) > 1:
                allowed = "it must be a response that is not in force yet, each once"
                raise ConfigError(None, f"option {option.label}", name, allowed)


def _since_fork(run: Callable[..., list[Futures]], option: Option, tally: Any) -> dict[str, Stored]:
    """Every series (futures × days), totals counted from the fork. One option at a time: the tables are large."""
    try:
        (found,) = run([option.uses])
    except ConfigError as error:
        raise ConfigError(error.file, f"option {option.label}: {error.key}", error.value, error.allowed) from error
    except PostureError as error:
        raise RunError(f"option {option.label}: {error}") from error
    before = {name: 0.0 if series.column.level else float(series(tally)) for name, series in SERIES.items()}
    return {name: (series(found.days) - before[name]).astype(np.float32) for name, series in SERIES.items()}


def _answers(measure: Horizon, labels: Sequence[str], values: Sequence[dict[str, Stored]]) -> tuple[OptionAnswer, ...]:
    found = [measure(each[measure.series.name].astype(np.float64)) for each in values]
    return tuple(
        OptionAnswer(label, measure, mean_interval(own), paired_difference(found[0], own), sides(own - found[0]))
        for label, own in zip(labels, found, strict=True)
    )


def _fan(base: Stored, own: Stored) -> Fan:
    """Percentiles of each day; mean paired difference and its 95% interval of each day."""
    quantiles = np.asarray(np.percentile(own, PERCENTILES, axis=0), np.float64)
    return Fan(quantiles, intervals((own.astype(np.float64) - base).T).T)


# --- as a table ------------------------------------------------------------------------------------------------
def table_rows(found: WhatIf) -> tuple[list[str], list[list[str]], list[str]]:
    """Head, rows and notes, as text: the mean of the first option, then each other option's difference from it."""
    head = ["from now on", "good", f"{found.labels[0]}: mean (95%)"]
    head += [f"{label}: difference (95%), share of pairs" for label in found.labels[1:]]
    return head, [_row(row) for row in found.answers], list(found.notes)


def _row(row: Sequence[OptionAnswer]) -> list[str]:
    better = {-1: "lower", 0: "–", 1: "higher"}[row[0].measure.series.column.better]
    return [row[0].measure.title, better, _interval(row[0].mean), *(_difference(each) for each in row[1:])]


def _interval(interval: Interval, sign: bool = False) -> str:
    digits = decimals(interval)
    mean, low, high = (fixed(value, digits, sign=sign) for value in (interval.mean, interval.low, interval.high))
    return f"{mean} ({low} to {high})"


def _difference(answer: OptionAnswer) -> str:
    """`−1.20 (−1.51 to −0.89), lower in 62%, equal in 5%, higher in 33%: better`."""
    if answer.verdict == "same":
        return "0: the same in every pair"
    words = f"{_interval(answer.difference, sign=True)}, {sides_words(answer.sides)}"
    return f"{words}: {answer.verdict}{' (<1%)' * answer.is_tiny}" if answer.verdict else words


def decimals(interval: Interval) -> int:
    """As many as show two digits of the half width; 5 at most."""
    half = (interval.high - interval.low) / 2
    if not half > 0:
        return 2
    return min(max(1 - math.floor(math.log10(half) + 1e-9), 0), 5)
