"""The record in the order in which it was reported: what is known at an origin, and what is asked of a forecast there.

Months and the total of their quarter count the same attacks. So a quarter that has ended is known by its total, and
its months by how they share it; months by themselves are known only while the quarter lasts.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from experiments.studies.settings import StudyTable
from sim.config_files import find, names, read_toml, validate
from sim.errors import ConfigError
from sim.measures import COLUMNS

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """A reported count: of the days from `first` to `last`, both inside."""

    measure: str
    name: str
    first: date
    last: date
    value: int

    @property
    def days(self) -> int:
        """Its length."""
        return (self.last - self.first).days + 1

    @property
    def origin(self) -> date:
        """The last day of what is known before it."""
        return self.first - DAY


@dataclass(frozen=True)
class Seen:
    """What is known of a quarter at an origin: its total if it has ended, and the months that have."""

    total: Window | None
    months: tuple[Window, ...]

    @property
    def counted_once(self) -> tuple[Window, ...]:
        """Counts that have no attack in common: the total, or the months."""
        return (self.total,) if self.total else self.months


@dataclass(frozen=True)
class Asked:
    """What a forecast is asked: the count of a window, or the mix of two (the share of the first among both)."""

    windows: tuple[Window, ...]

    @property
    def origin(self) -> date:
        """The last day of what is known."""
        return self.windows[0].origin

    @property
    def of(self) -> str:
        """A measure, or `mix`."""
        return self.windows[0].measure if len(self.windows) == 1 else MIX

    @property
    def name(self) -> str:
        """`fire_attacks, April`."""
        return f"{self.of}, {self.windows[0].name}"


MIX = "mix"


class Quarter(StudyTable):
    """A reported total, and the calendar months in it where they were counted."""

    measure: str
    first: date = Field(alias="from")
    last: date = Field(alias="until")
    value: int = Field(ge=0)
    months: Annotated[tuple[int, ...], Field(strict=False)] = ()
    source: str = "judgement"

    @model_validator(mode="after")
    def _months_fill_it(self) -> Quarter:
        if not self.first <= self.last:
            raise ValueError("until must not be before from")
        if self.months and len(self.months) != len(list(self._spans())):
            raise ValueError(f"it must be {len(list(self._spans()))} months, or none")
        return self

    def _spans(self) -> Iterator[tuple[date, date]]:
        first = self.first
        while first <= self.last:
            end = first.replace(day=calendar.monthrange(first.year, first.month)[1])
            yield first, min(end, self.last)
            first = end + DAY

    @property
    def total(self) -> Window:
        """All of it."""
        name = f"Q{(self.first.month + 2) // 3} {self.first.year}"
        return Window(self.measure, name, self.first, self.last, self.value)

    @property
    def by_month(self) -> tuple[Window, ...]:
        """Its months; none where nobody counted them."""
        each = zip(self._spans(), self.months, strict=False)
        return tuple(Window(self.measure, f"{first:%B %Y}", first, last, n) for (first, last), n in each)

    def seen(self, origin: date) -> Seen:
        """What is known of it at an origin."""
        months = tuple(month for month in self.by_month if month.last <= origin)
        return Seen(self.total if self.last <= origin else None, months)


class Salvos(StudyTable):
    """What is known of rounds per salvo: salvos whose rounds are known, and means of the quarters with months."""

    known: int = Field(gt=0)
    at_most_five: int = Field(ge=0)
    twenty_and_more: int = Field(ge=0)
    means: Annotated[tuple[float, ...], Field(strict=False)]
    source: str = "judgement"


class Record(StudyTable):
    """One record; quarters of a measure follow each other in time."""

    name: str
    title: str
    source: str
    share_of: Annotated[tuple[str, str], Field(strict=False)]
    quarters: Annotated[tuple[Quarter, ...], Field(strict=False, min_length=1)]
    salvos: Salvos | None = None

    @model_validator(mode="after")
    def _in_time(self) -> Record:
        for measure in self.measures:
            each = self.of(measure)
            if any(a.last >= b.first for a, b in pairwise(each)):
                raise ValueError(f"quarters of {measure} overlap, or are not in the order of time")
        return self

    @property
    def measures(self) -> tuple[str, ...]:
        """What is counted."""
        return tuple(dict.fromkeys(quarter.measure for quarter in self.quarters))

    def of(self, measure: str) -> list[Quarter]:
        """The quarters of a measure."""
        return [quarter for quarter in self.quarters if quarter.measure == measure]

    def seen(self, measure: str, origin: date) -> list[Seen]:
        """What is known of a measure at an origin, quarter by quarter."""
        found = [quarter.seen(origin) for quarter in self.of(measure)]
        return [seen for seen in found if seen.counted_once]

    def asked(self) -> list[Asked]:
        """Every forecast: months, else quarters, then the mix; each but the first, before which nothing is known."""
        counts = [
            Asked((window,))
            for measure in self.measures
            for window in [w for quarter in self.of(measure) for w in quarter.by_month or (quarter.total,)][1:]
        ]
        pairs = [[quarter.total for quarter in self.of(measure)] for measure in self.share_of]
        both = [Asked(pair) for pair in zip(*pairs, strict=False) if pair[0].first == pair[1].first]
        return counts + both[1:]


def load_record(name: str | Path) -> Record:
    """A record by name (of those that come with the program) or by the path of a TOML file."""
    path = find("records", name)
    record = validate(Record, read_toml(path), path)
    for n, quarter in enumerate(record.quarters):
        if quarter.measure not in COLUMNS or COLUMNS[quarter.measure].level:
            raise ConfigError(path, f"quarters[{n}].measure", quarter.measure, "it must be a count of daily.csv")
    return record


def record_of(targets: str) -> Record | None:
    """The record that belongs to a target file of this name, if there is one."""
    return load_record(targets) if targets in names("records") else None
