"""Weekly tables, and what their figures share: dates on the axis, bands of runs, and notes on n.

Frames are `weekly.csv` as a table: a row for each scenario, week and measure, the base first. Counters hold the total
of their week, levels the value at its end; `day` and `date` are those of the week's last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib import dates as calendar
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.style.colours import FEW, clean, look
from experiments.report.style.words import columns_that_fit, folded
from experiments.studies import targets

Frame: TypeAlias = pd.DataFrame

BANDS = (("p05", "p95", 0.11), ("p25", "p75", 0.22))
"""Lower and upper column of a band, and how dense it is drawn."""


# --- the table -----------------------------------------------------------------------------------------
def plain(frame: Frame) -> Frame:
    """Text as text, however it was read: categories refuse new values."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, object))


def scenarios(frame: Frame) -> list[str]:
    """Names of the scenarios, the base first."""
    return [str(name) for name in frame["scenario"].unique()]


def series(weekly: Frame, scenario: str, measure: str) -> Frame:
    """The weeks of a measure in their order; no rows if the table lacks it."""
    rows = weekly[(weekly["scenario"] == scenario) & (weekly["measure"] == measure)]
    return rows.sort_values("week")


def whole_weeks(rows: Frame) -> Frame:
    """Without a last week that is shorter than the others: its total says nothing beside theirs."""
    days = np.diff(rows["day"], prepend=0)
    return rows[(days == days[0]) | (np.arange(len(rows)) < len(rows) - 1)] if len(rows) else rows


def total(weekly: Frame, scenario: str, measure: str, first: int = 1, last: int | None = None) -> float:
    """Mean of a counter over the weeks that end on the days `first` to `last`; over the whole run without them."""
    rows = series(weekly, scenario, measure)
    within = (rows["day"] >= first) & (rows["day"] <= (last or rows["day"].max()))
    return float(rows.loc[within, "mean"].sum())


def reported_quarters(weekly: Frame) -> list[tuple[int, int, int]]:
    """Number, first and last day of each quarter that was reported and that the runs cover."""
    row = weekly.iloc[0]
    start = pd.Timestamp(row["date"]) - pd.Timedelta(days=int(row["day"]) - 1)
    reported = targets.reported_quarters()
    if start != pd.Timestamp(reported.start):
        return []
    ends, begins = reported.ends, (0, *reported.ends)
    return [(q + 1, begins[q] + 1, end) for q, end in enumerate(ends) if end <= weekly["day"].max()]


def runs_of(weekly: Frame, names: Sequence[str]) -> str:
    """`n = 60 runs each`, or the number of each scenario."""
    counts = {name: int(weekly.loc[weekly["scenario"] == name, "n"].iloc[0]) for name in names}
    if len(set(counts.values())) == 1:
        n = next(iter(counts.values()))
        return f"n = {n:,} run{'s' * (n > 1)}{' each' * (len(names) > 1)}"
    return "n = " + ", ".join(f"{n:,} runs of {name}" for name, n in counts.items())


def clear_weeks(weekly: Frame, scenario: str, measure: str) -> tuple[int, int, int]:
    """Whole weeks in which the interval of the difference lies below 0, above it, and how many there are."""
    rows = whole_weeks(series(weekly, scenario, measure))
    return int((rows["difference_high"] < 0).sum()), int((rows["difference_low"] > 0).sum()), len(rows)


# --- what all panels share -----------------------------------------------------------------------------
def dates(rows: Frame, *, middle: bool) -> Any:
    """Where a row stands: a level at the end of its week, a counter in its middle."""
    return pd.to_datetime(rows["date"]) - pd.Timedelta(days=3 if middle else 0)


def at(day: pd.Timestamp) -> float:
    """A day's place on the axis, in days."""
    return float(calendar.date2num(day))  # type: ignore[no-untyped-call]


def date_axis(axes: Axes, weekly: Frame) -> None:
    """Calendar dates below, light lines across."""
    locator = calendar.AutoDateLocator(minticks=3, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formats = ["%Y", "%b", "%d", "%H:%M", "%H:%M", "%S.%f"]
    zeros = ["", "%b\n%Y", "%b", "%d", "%H:%M", "%H:%M"]
    kinds: dict[str, Any] = {"formats": formats, "zero_formats": zeros, "show_offset": False}
    axes.xaxis.set_major_formatter(calendar.ConciseDateFormatter(locator, **kinds))  # type: ignore[no-untyped-call]
    axes.tick_params(labelsize=8.5)
    days = pd.to_datetime(weekly["date"])
    axes.set_xlim(at(days.min()) - 7, at(days.max()))
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    clean(axes)


def fill(axes: Axes, x: Any, rows: Frame, low: str, high: str, style: dict[str, Any]) -> None:
    """A band between two columns; none for single runs, which have no bounds."""
    if rows[low].notna().any() and (rows["n"] > 1).any():
        axes.fill_between(x, rows[low], rows[high], **{"linewidth": 0, **style})


def colour(n: int) -> str:
    """Of the n-th scenario."""
    return str(look(n)["color"])


def mean_line(axes: Axes, rows: Frame, n: int, name: str) -> None:
    """Mean a week and its interval; bands of runs would be blocks, since weeks of single runs are small numbers."""
    x, shade = dates(rows, middle=True), colour(n)
    fill(axes, x, rows, "low", "high", {"color": shade, "alpha": 0.35})
    style = "default" if rows["n"].max() > 1 else "steps-mid"
    axes.plot(x, rows["mean"], color=shade, linewidth=1.6, label=name, drawstyle=style)


def fan(axes: Axes, rows: Frame, n: int, name: str) -> None:
    """Median, the middle half and the middle nine tenths of the runs."""
    x, shade = dates(rows, middle=False), colour(n)
    for low, high, alpha in BANDS:
        fill(axes, x, rows, low, high, {"color": shade, "alpha": alpha})
    middle = rows["p50"].fillna(rows["mean"])
    axes.plot(x, middle, color=shade, linewidth=1.8, label=name)


def legend(figure: Figure, axes: Axes, note: str) -> None:
    """Below the panels: the scenarios, and how the figure is drawn."""
    handles, labels = axes.get_legend_handles_labels()
    width = figure.get_figwidth() - 0.4
    labels = [folded(label, 10, width - 0.6) for label in labels]
    style: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "title_fontsize": 9, "fontsize": 10}
    ncols = columns_that_fit(labels, 10, width)
    figure.legend(handles, labels, ncols=ncols, title=folded(note, 9, width - 0.2), **style)


def panels(figure: Figure, rows: int, columns: int, weekly: Frame) -> list[Axes]:
    """Panels over the same dates, row by row."""
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for axes in grid.flat:
        date_axis(axes, weekly)
        axes.xaxis.set_tick_params(labelbottom=True)
    return list(grid.flat)


def title(axes: Axes, text: str, width: float) -> None:
    """A panel's title, in lines that fit a width in inches."""
    axes.set_title(folded(text, 10, width), fontsize=10, loc="left")


def left_out(names: Sequence[str]) -> str:
    """What the figures don't show of many scenarios; nothing if they show all."""
    more = len(names) - FEW
    return f" {FEW} of {len(names)} scenarios are drawn: the base and the first three others." if more > 0 else ""
