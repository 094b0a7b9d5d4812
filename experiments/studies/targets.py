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
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from experiments.studies.settings import StudyTable
from sim.config_files import find, read_toml, validate
from sim.errors import ConfigError
from sim.measures import COLUMNS, series
from sim.scenario import Posture, Scenario, load_scenario
from sim.statistics import Values

LEVELS = frozenset(column.name for column in COLUMNS.values() if column.level)
Days = Mapping[str, Values]
"""Measure → its running total or level (runs × days)."""


class Target(StudyTable):
    """One reported figure. `tolerance` is the share by which sources differ (E4)."""

    name: str = Field(min_length=1, max_length=60)
    measure: str
    per: str | None = None
    first: date = Field(alias="from")
    last: date = Field(alias="until")
    value: float | None = Field(default=None, ge=0)
    tolerance: float = Field(default=0.15, ge=0, le=10)
    at_least: float | None = None
    at_most: float | None = None
    low: float | None = None
    high: float | None = None
    source: str = "judgement"
    fit: bool = False

    @model_validator(mode="after")
    def _one_report(self) -> Target:
        both = (self.low is not None, self.high is not None)
        if both[0] != both[1] or (self.low is not None and self.high is not None and not self.low < self.high):
            raise ValueError("low and high stand together, low below high")
        ways = [self.value is not None, self.at_least is not None, self.at_most is not None, all(both)]
        if sum(ways) != 1:
            raise ValueError("a target has one of value, at_least, at_most, or low and high")
        if not self.first <= self.last:
            raise ValueError("until must not be before from")
        if self.fit and (self.per or self.measure in LEVELS or self.value is None):
            self._check_fit()
        return self

    def _check_fit(self) -> None:
        if self.per or self.measure in LEVELS or (self.at_least is None and self.at_most is None):
            raise ValueError("only a count with value, at_least or at_most can be fitted")

    @property
    def days(self) -> int:
        """Days of the window."""
        return (self.last - self.first).days + 1

    @property
    def reported(self) -> str:
        """What was reported, in words."""
        for words, value in (("", self.value), ("at least ", self.at_least), ("at most ", self.at_most)):
            if value is not None:
                return f"{words}{value:g}"
        return f"{self.low:g} to {self.high:g}"

    @property
    def bounds(self) -> tuple[float, float]:
        """Where the truth may lie by the report: `value` ± tolerance, or the range; infinite where it is open."""
        if self.value is not None:
            return self.value * (1 - self.tolerance), self.value * (1 + self.tolerance)
        low = self.at_least if self.at_least is not None else self.low
        high = self.at_most if self.at_most is not None else self.high
        return (-np.inf if low is None else low), (np.inf if high is None else high)

    @property
    def measures(self) -> tuple[str, ...]:
        """What must be known of every day to read it off."""
        return (self.measure,) if self.per is None else (self.measure, self.per)

    def of(self, days: Days, start: date) -> Values:
        """Its value in each run; NaN where a ratio has nothing below the line."""
        first, last = (self.first - start).days, (self.last - start).days
        counts = [over_window(days[name], name, first, last) for name in self.measures]
        return counts[0] if self.per is None else ratio(*counts)


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
    """One target file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=40)
    title: str
    source: str = "judgement"
    posture: str = "drawdown_2020"
    responses: Annotated[tuple[str, ...], Field(strict=False)] = ()
    calendar: str = ""
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
        return np.stack([target.of(days, self.start) for target in wanted], axis=-1)


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
    last = max(target.last for target in targets.targets)
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
        raise ConfigError(path, f"{place}.name", target.name, "expected each name once")
    for key in ("measure", "per"):
        measure = getattr(target, key)
        if measure is not None and measure not in COLUMNS:
            raise ConfigError(path, f"{place}.{key}", measure, f"expected one of {', '.join(COLUMNS)}")
    if target.per in LEVELS or (target.per and target.measure in LEVELS):
        raise ConfigError(path, f"{place}.per", target.per, "expected a count, for a count")
    if target.first < start:
        raise ConfigError(path, f"{place}.from", str(target.first), f"expected {start}, the first day, or later")


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
