"""Targets: what was reported, over which days, and how it is read off a run.

A target file names the scenario (posture, responses, calendar) and, for each target, a measure, a window of days and
what was reported. The run is made as long as the last window asks, so dates after September 2020 need nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol

import numpy as np
from pydantic import AfterValidator, Field, field_validator, model_validator

from experiments.studies.settings import StudyTable
from sim.config_files import find, read_toml, validate
from sim.errors import ConfigError
from sim.measures import COLUMNS, series
from sim.scenario import Posture, Scenario, load_scenario
from sim.statistics import Values
from sim.suggestions import one_of
from sim.texts import Name, not_missing

LEVELS = frozenset(column.name for column in COLUMNS.values() if column.level)
Days = Mapping[str, Values]
"""Measure → its running total or level (runs × days)."""


class Counted(Protocol):
    """Runs from which counts of windows can be read (one value a run)."""

    def window(self, measure: str, first: date, last: date, without: str | None = None) -> Values: ...


Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Target(StudyTable):
    """One reported figure.

    `counts` says what the report counts: attacks that went off, what was found before, what was claimed, who was
    harmed. `among`: `value` is so many of so many, such as nine of eighteen in January; the whole is `per`, in its own
    window if `per_from` and `per_until` are given. `without`: days on which that was counted are left out. The last
    `cut_days` may be missing from the report. `tolerance` is the share by which sources differ (E4); `trust` the chance
    that it would not have been said if it were not so.
    """

    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(not_missing)]
    measure: str
    counts: Literal["gone_off", "found", "claimed", "harmed", "held"] = "gone_off"
    per: Names | None = None
    first: date = Field(alias="from")
    last: date = Field(alias="until")
    per_first: date | None = Field(default=None, alias="per_from")
    per_last: date | None = Field(default=None, alias="per_until")
    without: str | None = None
    cut_days: int = Field(default=0, ge=0, le=31)
    value: float | None = Field(default=None, ge=0)
    among: int | None = Field(default=None, ge=1, le=10_000)
    tolerance: float = Field(default=0.15, ge=0, le=10)
    trust: float = Field(default=1.0, gt=0, le=1)
    at_least: float | None = None
    at_most: float | None = None
    low: float | None = None
    high: float | None = None
    source: str = "judgement"
    fit: bool = False

    @field_validator("per", mode="before")
    @classmethod
    def _one_or_more(cls, per: Any) -> Any:
        return (per,) if isinstance(per, str) else per

    @model_validator(mode="after")
    def _one_report(self) -> Target:
        both = (self.low is not None, self.high is not None)
        if both[0] != both[1] or (self.low is not None and self.high is not None and not self.low < self.high):
            raise ValueError("low and high stand together, low below high")
        ways = [self.value is not None, self.at_least is not None, self.at_most is not None, all(both)]
        if sum(ways) != 1:
            raise ValueError("a target has one of value, at_least, at_most, or low and high")
        self._check_windows()
        self._check_among()
        if self.fit and (self.measure in LEVELS or all(both)):
            raise ValueError("only counts and their ratios, with value, at_least or at_most, can be fitted")
        if self.trust < 1 and self.at_least is None and self.at_most is None:
            raise ValueError("trust is for at_least or at_most: what somebody said, not what was counted")
        return self

    def _check_windows(self) -> None:
        if not self.first <= self.last:
            raise ValueError("until must not be before from")
        if self.cut_days >= self.days:
            raise ValueError("cut_days must leave a day of the window")
        if (self.per_first or self.per_last) and not self.per:
            raise ValueError("per_from and per_until are the window of per, which is not there")
        first, last = self.whole
        if not (first <= self.first and self.last <= last):
            raise ValueError("per_from to per_until must hold the window of the target")

    def _check_among(self) -> None:
        if self.among is None:
            return
        if self.value is None or not self.per or not self.value.is_integer() or self.value > self.among:
            raise ValueError("among is for a value that is a whole number, no more than it, with per")

    @property
    def days(self) -> int:
        """Days of the window."""
        return (self.last - self.first).days + 1

    @property
    def whole(self) -> tuple[date, date]:
        """The window of `per`."""
        return self.per_first or self.first, self.per_last or self.last

    @property
    def reported(self) -> str:
        """What was reported, in words."""
        for words, value in (("", self.value), ("at least ", self.at_least), ("at most ", self.at_most)):
            if value is not None:
                return f"{words}{value:g}{f' of {self.among}' if self.among else ''}"
        return f"{self.low:g} to {self.high:g}"

    @property
    def bounds(self) -> tuple[float, float]:
        """Where the truth may lie by the report: `value` ± tolerance, or the range; infinite where it is open."""
        if self.value is not None:
            value = self.value / (self.among or 1)
            return value * (1 - self.tolerance), value * (1 + self.tolerance)
        low = self.at_least if self.at_least is not None else self.low
        high = self.at_most if self.at_most is not None else self.high
        return (-np.inf if low is None else low), (np.inf if high is None else high)

    @property
    def measures(self) -> tuple[str, ...]:
        """What must be known of every day to read it off."""
        return (self.measure, *(self.per or ()), *((self.without,) if self.without else ()))

    def parts(self, runs: Counted, cut: int) -> tuple[Values, Values | None]:
        """What stands above and below the line in each run, if the last `cut` days are missing."""
        end = timedelta(days=cut)
        top = runs.window(self.measure, self.first, self.last - end, self.without)
        if self.per is None:
            return top, None
        first, last = self.whole
        below = np.sum([runs.window(name, first, last - end, self.without) for name in self.per], axis=0)
        return top, np.asarray(below)

    def read(self, runs: Counted) -> Values:
        """Its value in each run, cut in the middle; NaN where a ratio has nothing below the line."""
        top, below = self.parts(runs, (self.cut_days + 1) // 2)
        return top if below is None else ratio(top, below)

    def of(self, days: Days, start: date) -> Values:
        """The same of running totals."""
        return self.read(Running(days, start))


@dataclass(frozen=True)
class Running:
    """Runs by their running totals and levels, from a first day."""

    days: Days
    start: date

    def window(self, measure: str, first: date, last: date, without: str | None = None) -> Values:
        """A count's growth or a level's mean over a window; over days on which `without` did not grow."""
        ends = (first - self.start).days, (last - self.start).days
        if without is None:
            return over_window(self.days[measure], measure, *ends)
        new, other = (np.diff(self.days[name], axis=-1, prepend=0.0) for name in (measure, without))
        span = slice(ends[0], ends[1] + 1)
        return np.asarray(np.where(other[..., span] > 0, 0.0, new[..., span]).sum(axis=-1))


def ratio(top: Values, below: Values) -> Values:
    """Top over below; NaN where there is nothing below the line."""
    return np.divide(top, below, out=np.full_like(top, np.nan), where=below > 0)


def over_window(values: Values, measure: str, first: int, last: int) -> Values:
    """A count's growth from day `first` to `last` (numbers from 0, both inside), or a level's mean over them."""
    if measure in LEVELS:
        return np.asarray(values[..., first : last + 1].mean(axis=-1))
    before = values[..., first - 1] if first > 0 else 0.0
    return np.asarray(values[..., last] - before)


class Targets(StudyTable):
    """One target file. `onward` is a posture that goes on from its scenario, for what comes after the last window."""

    name: Name
    title: str
    source: str = "judgement"
    posture: str = "drawdown_2020"
    responses: Annotated[tuple[str, ...], Field(strict=False)] = ()
    calendar: str = ""
    onward: str = ""
    targets: Annotated[tuple[Target, ...], Field(strict=False, min_length=1)]

    @property
    def fitted(self) -> tuple[Target, ...]:
        """Those that a calibration fits."""
        return tuple(target for target in self.targets if target.fit)


@dataclass(frozen=True)
class Loaded:
    """A target file with its scenario: long enough for every window."""

    targets: Targets
    scenario: Scenario
    file: str

    @property
    def start(self) -> date:
        """First day of the runs."""
        return self.scenario.posture.start

    def values(self, days: Days, targets: Sequence[Target] | None = None) -> Values:
        """The value of each target in each run (runs × targets)."""
        wanted = self.targets.targets if targets is None else targets
        return self.read(Running(days, self.start), wanted)

    def read(self, runs: Counted, targets: Sequence[Target]) -> Values:
        """The value of each target in each run (runs × targets)."""
        return np.stack([target.read(runs) for target in targets], axis=-1)


@dataclass(frozen=True)
class TargetValues:
    """An output: the values of targets in a run (1 × targets)."""

    targets: tuple[Target, ...]
    name: ClassVar[str] = "target_values"
    events: ClassVar[bool] = False

    def reduce(self, scenario: Scenario, batch: Any, k: int) -> Values:
        """Of run `k`."""
        start, days = scenario.posture.start, batch.days[k : k + 1]
        of = {name: series(days, name) for target in self.targets for name in target.measures}
        return np.stack([target.of(of, start) for target in self.targets], axis=-1)


@dataclass(frozen=True)
class DailySeries:
    """An output: measures of a run, day by day (days × measures)."""

    measures: tuple[str, ...]
    name: ClassVar[str] = "daily_series"
    events: ClassVar[bool] = False

    def reduce(self, scenario: Scenario, batch: Any, k: int) -> Values:
        """Of run `k`."""
        return np.stack([series(batch.days[k], name) for name in self.measures], axis=-1)


def load_targets(name: str | Path) -> Loaded:
    """Targets by name (of those that come with the program) or by the path of a TOML file, with their scenario."""
    path = find("targets", name)
    targets = validate(Targets, read_toml(path), path)
    scenario = _scenario(targets, path)
    for n, target in enumerate(targets.targets):
        _check(path, f"targets[{n}]", target, scenario.posture.start, [t.name for t in targets.targets[:n]])
    if targets.onward and load_scenario(_beside(path, targets.onward)).posture.start != scenario.posture.start:
        allowed = f"it must be a posture that begins on {scenario.posture.start}, as {targets.posture} does"
        raise ConfigError(path, "onward", targets.onward, allowed)
    last = max(max(target.last, target.whole[1]) for target in targets.targets)
    days = max(scenario.days, (last - scenario.posture.start).days + 1)
    return Loaded(targets, _of_length(scenario, days, path), str(path))


def _scenario(targets: Targets, path: Path) -> Scenario:
    """The scenario named; files of posture and calendar are looked for beside the target file."""
    changes = {"calendar": _beside(path, targets.calendar)} if targets.calendar else {}
    return load_scenario(
        _beside(path, targets.posture), changes, [_beside(path, response) for response in targets.responses]
    )


def _beside(path: Path, name: str) -> str:
    return str((path.parent / name).absolute()) if name.endswith(".toml") else name


def _of_length(scenario: Scenario, days: int, path: Path) -> Scenario:
    try:
        return scenario.with_changes({"days": days}) if days != scenario.days else scenario
    except ConfigError as error:
        raise ConfigError(path, "targets: until", days, f"days from the start of the run: {error.allowed}") from error


def _check(path: Path, place: str, target: Target, start: date, before: Sequence[str]) -> None:
    if target.name in before:
        raise ConfigError(path, f"{place}.name", target.name, "each name may be given once")
    others = [*(("per", name) for name in target.per or ()), *([("without", target.without)] if target.without else [])]
    for key, measure in (("measure", target.measure), *others):
        if measure not in COLUMNS:
            raise ConfigError(
                path, f"{place}.{key}", measure, f"it must be {one_of(measure, COLUMNS, 'docs/data-dictionary.md')}"
            )
    for key, measure in others:
        if measure in LEVELS or target.measure in LEVELS:
            raise ConfigError(path, f"{place}.{key}", measure, "it must be a count, for a count")
    for key, day in (("from", target.first), ("per_from", target.whole[0])):
        if day < start:
            raise ConfigError(path, f"{place}.{key}", str(day), f"it must be {start}, the first day, or later")
    if (target.counts == "found") != target.measure.endswith("_found"):
        raise ConfigError(path, f"{place}.counts", target.counts, "found is for what was found, and for nothing else")


# --- the quarters, for those who only show them ----------------------------------------------------------------
@dataclass(frozen=True)
class ReportedQuarters:
    """Counts reported for quarters: `counts` has source and count of each quarter by measure.

    The quarters begin on `start`; `ends` are their last days, counted from 1.
    """

    start: date
    ends: tuple[int, ...]
    counts: Mapping[str, tuple[str, tuple[int, ...]]]

    @property
    def sources(self) -> str:
        """`S1 and S2`."""
        return " and ".join(sorted(source for source, _ in self.counts.values()))

    def are(self, quarters: tuple[date, Sequence[int]] | None) -> bool:
        """Whether other quarters, given by their first day and last days, begin with these."""
        if quarters is None:
            return False
        start, ends = quarters
        return start == self.start and tuple(ends[: len(self.ends)]) == self.ends


@cache
def reported_quarters(name: str = "2020") -> ReportedQuarters:
    """The counts that a target file has for every quarter of its posture: one target from the first day of each."""
    path = find("targets", name)
    targets = validate(Targets, read_toml(path), path)
    file = find("postures", _beside(path, targets.posture))
    posture = validate(Posture, read_toml(file), file)
    begins = [posture.start + timedelta(days=end) for end in (0, *posture.quarters[:-1])]
    found: dict[str, list[Target]] = {}
    for target in targets.targets:
        if target.value is not None and not target.per and target.measure not in LEVELS and target.first in begins:
            found.setdefault(target.measure, []).append(target)
    counts = {
        measure: (each[0].source.partition(",")[0], tuple(round(target.value or 0.0) for target in each))
        for measure, each in found.items()
        if len(each) == len(begins)
    }
    return ReportedQuarters(posture.start, posture.quarters, counts)
