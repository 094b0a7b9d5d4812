"""What if: many futures from one hour under several options, and what they differ in.

Future k has the same streams under every option, so each option is compared with the first in pairs. Counts are counted
from the hour of the fork to the end of the horizon; levels are those of its last day, or the lowest of its days. The
futures are those of one run, each with streams of its own from the fork on, or those of many states of the world, each
with a past of its own (`over_states.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.another_posture import Moves, go_over
from sim.app.ensemble_band import SERIES, Floats, Series, Stored, Tell, charted, per_week, unsaid
from sim.errors import ConfigError, PostureError, RunError
from sim.futures import futures
from sim.numbers import fixed, number, sides_words
from sim.responses import Use
from sim.scenario import Scenario
from sim.schedule import Block
from sim.statistics import PERCENTILES, Interval, Sides, intervals, mean_interval, paired_difference, sides

BASE = "go on as it is"
MOST_ROWS = 1_000_000  # futures × days of an option: about 800 bytes each
RATES = ("fire_attacks", "road_attacks")  # series that the charts show as rates a week, with their bands
CAVEAT = (
    "What an order does is itself a rule of the model, with numbers that are partly judgement: a difference shows what "
    "follows from the rules, and is no evidence that the rules are right."
)


@dataclass(frozen=True)
class Option:
    """A way to go on, under a name: responses that begin now, another posture from the next midnight on, or both.

    `moves` says where sites go that are left (`another_posture.go_over`). The first option is the one to compare with.
    """

    label: str
    uses: Sequence[Use] = ()
    posture: Scenario | None = None
    moves: Moves = field(default_factory=dict)

    def begun(self, scenario: Scenario, world: Block, hour: int) -> tuple[Scenario, Block]:
        """Scenario and world from an hour on, before its responses are given; the world is not changed."""
        return go_over(scenario, world, hour, self.posture, self.moves) if self.posture else (scenario, world)


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
    """A series under one option: PERCENTILES × days; its paired difference from the first: (mean, low, high) × days.

    `quantiles` of a count are since the fork, `total` since the start; `rate` is a week, over four, of `RATES` alone.
    """

    quantiles: Floats
    difference: Floats
    total: Floats
    rate: Floats | None


class About(NamedTuple):
    """What is asked about: posture and responses so far (`label`), date and hour of the fork, and whose futures.

    `states` is the name of the ensemble whose states they are, and `stopped` how many of these are left out; else "".
    """

    label: str
    fork: date
    hour: int
    states: str = ""
    stopped: int = 0


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The answer: per measure a row of `OptionAnswer`s, one an option; per option the fans of each series.

    `ends` are the ends of the days, in days since the fork; `fork` is the date of the hour of the fork.
    """

    about: About
    labels: tuple[str, ...]
    n: int
    ends: Floats
    answers: tuple[tuple[OptionAnswer, ...], ...]
    fans: tuple[dict[str, Fan], ...]

    @property
    def fork(self) -> date:
        """The date of the hour of the fork."""
        return self.about.fork

    @property
    def hour(self) -> int:
        """The hour of the fork, from the start of the run."""
        return self.about.hour

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
            f"{self._whose} Counts are counted from that hour on.",
            f"Differences are from “{self.labels[0]}”, in pairs under the same streams, with 95% t intervals"
            f"{' over states' * bool(self.about.states)}. Lower, equal, higher: shares of the pairs. Better, worse: "
            "for the defence, where the interval leaves 0 out; (<1%): by less than a hundredth of the first option's "
            "mean.",
            *([compared] if others else []),
            CAVEAT,
        )

    @property
    def _whose(self) -> str:
        span, about = f"from hour {self.hour} ({self.fork}) to the end of {self.until}", self.about
        if not about.states:
            return f"n = {self.n} futures of each option, {span}."
        stopped = f" {about.stopped} more stopped early, and are left out." if about.stopped else ""
        return (
            f"Over {self.n} states of the world ({about.states}), {span}: each state is run to that hour with the "
            "orders given so far, and goes on under every option; pairs are by state. Here only the rules' parameters "
            f"differ, the past of each state is its own.{stopped}"
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
    past: NDArray[Any] | None = None,
    tell: Tell = unsaid,
) -> WhatIf:
    """`n` futures of `days` days for each option, compared with the first. The state is left as it is.

    `past` are the finished days of the run (dtype TALLY), of which rates are made; without it there are none. `tell`
    hears which share is done.
    """
    check(scenario, options, n, days)
    hour = int(state[0].hour)

    def run(option: Option) -> dict[str, Stored]:
        own, own_world = option.begun(scenario, world, hour)
        (found,) = futures(own, own_world, state, [option.uses], n=n, days=days, seed=seed, executor=executor)
        return charted(found.days)

    values = [_told(run, option, tell, k / len(options)) for k, option in enumerate(options)]
    before = {name: np.array([[series(state[0].tally)]]) for name, series in SERIES.items()}
    earlier = None if past is None else charted(past[np.newaxis])
    about = About(scenario.label, scenario.posture.start + timedelta(days=hour // 24), hour)
    return answer(about, [option.label for option in options], values, before, earlier)


def _told(run: Callable[[Option], dict[str, Stored]], option: Option, tell: Tell, share: float) -> dict[str, Stored]:
    """What comes of an option; what is wrong names it."""
    tell(share)
    try:
        return run(option)
    except ConfigError as error:
        raise in_option(error, option) from error
    except PostureError as error:
        raise RunError(f"option {option.label}: {error}") from error


def in_option(error: ConfigError, option: Option) -> ConfigError:
    """The same refusal, with the option that it is about."""
    return ConfigError(error.file, f"option {option.label}: {error.key}", error.value, error.allowed)


def answer(
    about: About,
    labels: Sequence[str],
    values: Sequence[Mapping[str, Stored]],
    before: Mapping[str, Floats],
    past: Mapping[str, Stored] | None,
) -> WhatIf:
    """What futures say, in pairs by their row: `values[option][series]` is futures × days, counts since the start.

    `before` (futures or 1 × 1) is what was counted at the fork, `past` (futures or 1 × days) the days before it.
    """
    since = [{name: _since(name, each[name], before[name]) for name in SERIES} for each in values]
    n, days = since[0]["pressure"].shape
    answers = tuple(_answers(measure, labels, since) for measure in HORIZON)
    fans = tuple({name: _fan(name, since[0], each, before, past) for name in SERIES} for each in since)
    return WhatIf(about, tuple(labels), n, np.arange(1.0, days + 1.0) - (about.hour % 24) / 24, answers, fans)


def check(scenario: Scenario, options: Sequence[Option], n: int, days: int) -> None:
    """`ConfigError` for a question that can't be asked."""
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


def _since(name: str, values: Stored, before: Floats) -> Stored:
    """A count since the fork; a level is what it is."""
    return values if SERIES[name].column.level else (values - before).astype(np.float32)


def _answers(measure: Horizon, labels: Sequence[str], values: Sequence[dict[str, Stored]]) -> tuple[OptionAnswer, ...]:
    found = [measure(each[measure.series.name].astype(np.float64)) for each in values]
    return tuple(
        OptionAnswer(label, measure, mean_interval(own), paired_difference(found[0], own), sides(own - found[0]))
        for label, own in zip(labels, found, strict=True)
    )


def _fan(
    name: str,
    first: Mapping[str, Stored],
    option: Mapping[str, Stored],
    before: Mapping[str, Floats],
    past: Mapping[str, Stored] | None,
) -> Fan:
    """Percentiles of each day; mean paired difference and its 95% interval of each day."""
    base, own, at_fork = first[name].astype(np.float64), option[name].astype(np.float64), before[name]
    quantiles = _percentiles(own)
    if SERIES[name].column.level:
        total = quantiles
    else:  # of one run the same is added to all
        total = quantiles + at_fork[0] if len(at_fork) == 1 else _percentiles(own + at_fork)
    rate = _rate(own + at_fork, past[name]) if past is not None and name in RATES else None
    return Fan(quantiles, intervals((own - base).T).T, total, rate)


def _percentiles(values: Floats) -> Floats:
    return np.asarray(np.percentile(values, PERCENTILES, axis=0), np.float64)


def _rate(totals: Floats, past: Stored) -> Floats:
    """PERCENTILES × days of the growth a week over the last four."""
    whole = np.concatenate([np.broadcast_to(past, (len(totals), past.shape[1])), totals], axis=1)
    return _percentiles(per_week(whole)[:, past.shape[1] :])


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
