"""Days of a run as dates: which ticks fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from matplotlib.axes import Axes

from sim.app.style import first_that_fits, text_px
from sim.scenario import Scenario

Tick = tuple[float, str]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_WEEKS = 60  # beyond, ticks of weeks would be a carpet


@dataclass(frozen=True)
class Span:
    """The days that an axis shows: `n_days` from day `first` of a run (0: its start) that begins on `start`."""

    start: date
    n_days: int
    first: int = 0

    @property
    def last(self) -> int:
        """The day at the right edge."""
        return self.first + self.n_days

    def date(self, day: float) -> date:
        """The date that begins so many days after the start."""
        return self.start + timedelta(days=int(day))

    @property
    def years(self) -> str:
        """`2020` or `2020–2021`."""
        first, last = self.date(self.first).year, self.date(max(self.last - 1, self.first)).year
        return str(first) if first == last else f"{first}–{last}"


def span_of(scenario: Scenario, n_days: int = 0) -> Span:
    """The whole of a run; longer if it has gone on."""
    return Span(scenario.posture.start, max(scenario.days, n_days, 1))


def day_month(day: date) -> str:
    """`3 Mar`."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def date_ticks(span: Span, px: float, width: float) -> list[Tick]:
    """Ticks with labels that fit a width in pixels, letters of `px` pixels."""
    for ticks in _choices(span):
        needed = sum(text_px(label, px) for _, label in ticks) + 0.8 * px * len(ticks)
        if len(ticks) > 0 and needed <= width:
            return ticks
    return [(float(span.first), day_month(span.date(span.first)))]


def _choices(span: Span) -> Iterator[list[Tick]]:
    """From fine to coarse."""
    for step in (1, 2, 7, 14):
        days = range(span.first, span.last + 1, step)
        if len(days) <= 40:
            yield [(float(day), day_month(span.date(day))) for day in days]
    for months in (1, 2, 3, 6, 12, 24, 60):
        yield list(_months(span, months))


def _months(span: Span, step: int) -> Iterator[Tick]:
    """First days of every so many months; a January after the first year is named by its year."""
    year = span.start.year
    for n in range(12 * (span.years.count("–") * 12 + 2)):
        day = date(year + n // 12, n % 12 + 1, 1)
        at = (day - span.start).days
        if n % step == 0 and span.first <= at <= span.last:
            yield float(at), str(day.year) if n % 12 == 0 and n >= 12 else MONTHS[n % 12]


def set_time(axes: Axes, span: Span, ticks: list[Tick], labelled: bool) -> None:
    """Ends and ticks of an axis of days; if labelled, with dates and small ticks for weeks."""
    axes.set_xlim(span.first, span.last)
    axes.set_xticks([at for at, _ in ticks], [label for _, label in ticks])
    axes.tick_params(axis="x", labelbottom=labelled)
    weeks = range(7 * -(-span.first // 7), span.last + 1, 7)
    if labelled and len(weeks) <= _MOST_WEEKS:
        axes.set_xticks(list(weeks), minor=True)


def time_words(span: Span, px: float, width: float) -> str:
    """What an axis of days shows, in words that fit a width in pixels."""
    if span.n_days // 7 >= _MOST_WEEKS:
        return first_that_fits((f"date, {span.years}", span.years), px, width)
    return first_that_fits((f"date, {span.years}; small ticks: weeks", f"{span.years}, ticks: weeks"), px, width)
