"""Figures over time: attacks beside what was reported, fans of the political levels, convoys and supply."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib import dates as calendar
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report import reports
from experiments.report.course import numbers
from experiments.report.course.numbers import FATES, KINDS, SHARES, Frame, drawn, series, whole_weeks
from experiments.report.style import panels as draw
from experiments.report.style.colours import policy_style
from experiments.report.style.panels import clean, headline, key, new_figure, panel_title, rows_of
from experiments.report.style.words import policy, readable, text_width

FATE_STYLES = dict(zip(FATES, (("hit by a bomb", "-"), ("turned back", "--"), ("lost", ":")), strict=True))
WIDTH = 10.5
BANDS = (("p05", "p95", 0.11), ("p25", "p75", 0.22))
"""Lower and upper column of a band, and how dense it is drawn."""


# --- attacks -------------------------------------------------------------------------------------------
def attacks(weekly: Frame) -> Figure:
    """A panel for fire and one for bombs against convoys; mean a week, its interval, and the reported quarters."""
    names = drawn(weekly)
    figure = new_figure(WIDTH, 7.0)
    grid = _panels(figure, 2, 1, weekly)
    for axes, kind in zip(grid, KINDS, strict=True):
        for n, name in enumerate(names):
            _mean_line(axes, whole_weeks(series(weekly, name, kind)), n, name)
        _reported(axes, weekly, kind)
        axes.set_ylim(0, 1.12 * axes.get_ylim()[1])
        axes.set_ylabel("attacks a week")
        panel_title(axes, numbers.kind_title(weekly, kind), width=WIDTH - 0.9)
    key(figure, grid[0], numbers.attacks_note(weekly))
    headline(figure, numbers.attacks_title(weekly))
    return figure


def _reported(axes: Axes, weekly: Frame, kind: str) -> None:
    """A step a quarter, with its count; drawn as a mean a week."""
    start = _at(pd.Timestamp(reports.start()))
    for q, first, last, rate in numbers.reported_rates(weekly, kind):
        ends = [start + first - 1, start + last]
        label = f"reported ({reports.sources()}), mean a week of the quarter" if q == 1 else None
        axes.plot(ends, [rate, rate], color="black", linestyle="--", linewidth=1.4, label=label)
        axes.axvline(ends[1], color="0.6", linewidth=0.8, zorder=0)
        room = (WIDTH - 0.9) * (last - first) / weekly["day"].max()
        words = _reported_words(q, reports.by_quarter(kind)[q - 1], rate, room)
        axes.text(ends[0], 0.99, words, transform=axes.get_xaxis_transform(), fontsize=9, va="top")


def _reported_words(quarter: int, count: int, rate: float, room: float) -> str:
    """The longest wording that fits the quarter (inches)."""
    head = f" Q{quarter}: {count}"
    wordings = (f"{head} reported, {rate:.1f} a week", f"{head} reported", head)
    return next((words for words in wordings if text_width(words, 9) < room), head)


# --- politics ------------------------------------------------------------------------------------------
def politics(weekly: Frame) -> Figure:
    """Fans of the political levels, a panel each."""
    names, levels = drawn(weekly), numbers.levels_in(weekly)
    figure = new_figure(WIDTH, 1.4 + 2.6 * rows_of(len(levels), 3))
    grid = _panels(figure, len(levels), 3, weekly)
    for axes, measure in zip(grid, levels, strict=True):
        for n, name in enumerate(names):
            _fan(axes, series(weekly, name, measure), n, name)
        axes.set_ylabel(_level_label(measure), fontsize=9)
        panel_title(axes, numbers.fan_title(weekly, measure), width=WIDTH / 3 - 0.7)
    key(figure, grid[0], numbers.fan_note(weekly))
    headline(figure, numbers.politics_title(weekly))
    return figure


def _level_label(measure: str) -> str:
    return f"{readable(measure)}, 0 to 1" if measure in SHARES else f"{readable(measure)} (no unit)"


# --- convoys and supply --------------------------------------------------------------------------------
def supply(weekly: Frame) -> Figure:
    """Convoys sent, what became of them, trucks lost, and the site that has least supply."""
    names = drawn(weekly)
    figure = new_figure(WIDTH, 6.8)
    grid = _panels(figure, 4, 2, weekly)
    for n, name in enumerate(names):
        _mean_line(grid[0], whole_weeks(series(weekly, name, "convoys_sent")), n, name)
        _fates(grid[1], weekly, n, name)
        _mean_line(grid[2], whole_weeks(series(weekly, name, "trucks_lost")), n, name)
        _fan(grid[3], series(weekly, name, "lowest_supply_days"), n, name)
    labels = ("convoys sent a week", "of 100 convoys sent", "trucks lost a week", "days of supply")
    for axes, text, words in zip(grid, labels, numbers.supply_titles(weekly), strict=True):
        axes.set_ylabel(text, fontsize=9)
        axes.set_ylim(0, 1.06 * axes.get_ylim()[1])
        panel_title(axes, words, width=WIDTH / 2 - 0.7)
    _fate_key(grid[1])
    key(figure, grid[0], numbers.supply_note(weekly))
    headline(figure, numbers.supply_title(weekly))
    return figure


def _fates(axes: Axes, weekly: Frame, n: int, name: str) -> None:
    """Shares over running weeks; a gap where no convoy was sent."""
    for fate, (_, style) in FATE_STYLES.items():
        rows, share = numbers.running_share(weekly, name, fate)
        axes.plot(_dates(rows, middle=True), share, color=_colour(n), linestyle=style, linewidth=1.5)


def _fate_key(axes: Axes) -> None:
    line: dict[str, Any] = {"color": "0.3", "linewidth": 1.5}
    ends = [axes.plot([], [], linestyle=style, label=of, **line)[0] for of, style in FATE_STYLES.values()]
    axes.set_ylim(top=1.22 * axes.get_ylim()[1])
    axes.legend(handles=ends, loc="upper left", ncols=3, frameon=False, fontsize=8.5)


# --- what all panels share -----------------------------------------------------------------------------
def _dates(rows: Frame, *, middle: bool) -> Any:
    """Where a row stands: a level at the end of its week, a counter in its middle."""
    return pd.to_datetime(rows["date"]) - pd.Timedelta(days=3 if middle else 0)


def _at(day: pd.Timestamp) -> float:
    """A day's place on the axis, in days."""
    return float(calendar.date2num(day))  # type: ignore[no-untyped-call]


def _date_axis(axes: Axes, weekly: Frame) -> None:
    """Calendar dates below, light lines across."""
    locator = calendar.AutoDateLocator(minticks=3, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formats = ["%Y", "%b", "%d", "%H:%M", "%H:%M", "%S.%f"]
    zeros = ["", "%b\n%Y", "%b", "%d", "%H:%M", "%H:%M"]
    kinds: dict[str, Any] = {"formats": formats, "zero_formats": zeros, "show_offset": False}
    axes.xaxis.set_major_formatter(calendar.ConciseDateFormatter(locator, **kinds))  # type: ignore[no-untyped-call]
    axes.tick_params(labelsize=8.5)
    days = pd.to_datetime(weekly["date"])
    axes.set_xlim(_at(days.min()) - 7, _at(days.max()))
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    clean(axes)


def _fill(axes: Axes, x: Any, rows: Frame, low: str, high: str, style: dict[str, Any]) -> None:
    """A band between two columns; none for single runs, which have no bounds."""
    if rows[low].notna().any() and (rows["n"] > 1).any():
        axes.fill_between(x, rows[low], rows[high], **{"linewidth": 0, **style})


def _colour(n: int) -> str:
    """Of the n-th scenario."""
    return str(policy_style(n)["color"])


def _mean_line(axes: Axes, rows: Frame, n: int, name: str) -> None:
    """Mean a week and its interval; bands of runs would be blocks, since weeks of single runs are small numbers."""
    x, shade = _dates(rows, middle=True), _colour(n)
    _fill(axes, x, rows, "low", "high", {"color": shade, "alpha": 0.35})
    style = "default" if rows["n"].max() > 1 else "steps-mid"
    axes.plot(x, rows["mean"], color=shade, linewidth=1.6, label=policy(name), drawstyle=style)


def _fan(axes: Axes, rows: Frame, n: int, name: str) -> None:
    """Median, the middle half and the middle nine tenths of the runs."""
    x, shade = _dates(rows, middle=False), _colour(n)
    for low, high, alpha in BANDS:
        _fill(axes, x, rows, low, high, {"color": shade, "alpha": alpha})
    middle = rows["p50"].fillna(rows["mean"])
    axes.plot(x, middle, color=shade, linewidth=1.8, label=policy(name))


def _panels(figure: Figure, n: int, columns: int, weekly: Frame) -> list[Axes]:
    """Panels over the same dates, row by row."""
    grid = draw.panels(figure, n, columns, sharex=True)
    for axes in grid:
        _date_axis(axes, weekly)
        axes.xaxis.set_tick_params(labelbottom=True)
    return grid
