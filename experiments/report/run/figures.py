"""One run over its calendar: attacks, moves and politics in lanes, key events by name, levels below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from experiments.report.run.key_events import key_events, words
from experiments.report.run.numbers import CONVOY_BOMB, DETAIL_BOMB, FIRE, MISSION_ENDED, StoredRun, run_title
from experiments.report.style.colours import COLOURS
from experiments.report.style.panels import clean, headline, new_figure, spread_out
from experiments.report.style.words import folded, text_width

WIDTH, LEFT, RIGHT = 12.2, 2.25, 1.85  # inches; the names of lanes stand on the left, of lines on the right
INNER = WIDTH - LEFT - RIGHT
SIZE = 8.5
HEIGHTS = {"fire": 1.5, "bombs": 1.15, "levels": 1.6, "supply": 0.95}
LEVELS = ("relation", "capital", "patience", "will")
GREEN, BLUE, RED, PINK, GREY = COLOURS[2], COLOURS[0], COLOURS[1], COLOURS[3], "0.35"


class Lane(NamedTuple):
    """A row of marks: the kind of its events, its words, colour and marker."""

    kind: str
    words: str
    colour: str
    marker: str = "o"
    span: bool = False  # as long as the hours that it lasts


LANES = (
    Lane("warning", "true warnings", GREY),
    Lane("false alarm", "false alarms", GREY, "x"),
    Lane("raid", "raids", BLUE),
    Lane("no unit sent", "Baghdad sends no unit", BLUE, "x"),
    Lane("bomb found", "bombs found", BLUE, "D"),
    Lane("drone found before launch", "drones found before launch", BLUE, "^"),
    Lane("area closed", "areas closed", GREEN, "s", span=True),
    Lane("operation given up", "operations given up", GREEN, "x"),
    Lane("clearing begun", "areas being cleared", GREEN, "s", span=True),
    Lane("area cleared", "areas cleared", GREEN, "^"),
    Lane("cleared area lost again", "cleared areas lost again", GREEN, "v"),
    Lane("clash", "clashes", GREEN, "X"),
    Lane("support rallied", "support rallied", GREEN, "P"),
    Lane("take-down", "take-downs", GREEN, "X"),
    Lane("leaders arrested", "leaders arrested", GREEN),
    Lane("funds cut", "funds cut", GREEN, "D"),
    Lane("order refused", "orders refused", GREEN, "x"),
    Lane("reinforcements came", "reinforcements come", GREEN, ">"),
    Lane("reinforcements left", "reinforcements leave", GREEN, "<"),
    Lane("step on the ladder", "steps on Washington's ladder", RED, "^"),
    Lane("closure threatened", "closure threatened", RED, "v"),
    Lane("US strike", "US strikes", RED, "*"),
    Lane("closure decided", "closure decided", RED, "s", span=True),
    Lane(MISSION_ENDED, "mission ended", RED, "X"),
    Lane("mob at the embassy", "mobs at the embassy", PINK, "s", span=True),
    Lane("motion to expel", "motions to expel", PINK, "D"),
    Lane("facade name taken", "facade names taken", PINK, "^"),
    Lane("partners left", "partners left", RED, "<"),
    Lane("site handed over", "sites handed over", GREY, "s"),
    Lane("batteries delivered", "batteries delivered", GREY, "P"),
    Lane("event from outside", "events from outside", "black", "D"),
)
_ROW, _BETWEEN, _BELOW = 0.165, 0.14, 0.55  # inches


# --- the figure ------------------------------------------------------------------------------------------
def timeline(run: StoredRun) -> Figure | None:
    """Lanes over the dates, as far as the tables go; None without events and without days."""
    if run.start is None or (run.events is None and run.daily is None):
        return None
    lanes = [lane for lane in LANES if len(run.of_kind(lane.kind))]
    labels = list(_key_labels(run))
    heights = _heights(run, lanes, labels)
    head = 0.45 + 0.19 * (folded(run_title(run), 11, WIDTH - 0.4).count("\n") + 1)
    total = head + sum(heights.values()) + _BETWEEN * len(heights) + _BELOW
    figure = new_figure(WIDTH, total)
    figure.set_layout_engine("none")  # widths are fixed, so that the words of key events keep apart
    panels = dict(_panels(figure, run, heights, total - head, total))
    _draw_panels(run, panels, lanes, labels)
    headline(figure, run_title(run))
    return figure


def _heights(run: StoredRun, lanes: Sequence[Lane], labels: Sequence[KeyLabel]) -> dict[str, float]:
    """The panels that are drawn, from the top, and their heights in inches."""
    heights: dict[str, float] = {}
    if run.events is not None:
        rows = max((label.row for label in labels), default=0) + 1
        heights = {"key": 0.15 + _ROW * rows, "fire": HEIGHTS["fire"], "bombs": HEIGHTS["bombs"]}
        heights["lanes"] = 0.1 + 0.2 * max(len(lanes), 1)
    if run.daily is not None:
        heights |= {name: HEIGHTS[name] for name in ("levels", "supply")}
    return heights


def _panels(
    figure: Figure, run: StoredRun, heights: dict[str, float], top: float, total: float
) -> Iterator[tuple[str, Axes]]:
    assert run.start is not None
    first = _first(run)
    for name, height in heights.items():
        axes = figure.add_axes((LEFT / WIDTH, (top - height) / total, INNER / WIDTH, height / total))
        axes.set_xlim(first, first + run.days)
        axes.tick_params(labelsize=8)
        clean(axes)
        for end in run.quarter_ends[:-1]:
            axes.axvline(first + end, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
        _write_dates(axes, run.start, run.days, last=name == list(heights)[-1])
        top -= height + _BETWEEN
        yield name, axes


def _first(run: StoredRun) -> float:
    return float(_days_of([run.start])[0])


def _write_dates(axes: Axes, start: datetime, days: int, *, last: bool) -> None:
    """Ticks at the first of each month, or each week of a short run; the year at the first tick of each year."""
    dates = pd.date_range(start, periods=days + 1, freq="D")
    ticks = [d for d in dates if (d.day == 1 if days > 92 else d.weekday() == 0)]
    if days > 731:
        ticks = [d for d in ticks if d.month in (1, 7)]
    form = "%b" if days > 92 else "%d %b"
    new_year = [n == 0 or d.year != ticks[n - 1].year for n, d in enumerate(ticks)]
    texts = [f"{d:{form}}" + (f"\n{d.year}" if new else "") for d, new in zip(ticks, new_year, strict=True)]
    axes.set_xticks(_days_of(ticks), texts if last else [""] * len(ticks))


def _draw_panels(run: StoredRun, panels: dict[str, Axes], lanes: Sequence[Lane], labels: Sequence[KeyLabel]) -> None:
    if run.events is not None:
        _draw_key(panels["key"], run, labels)
        _draw_fire(panels["fire"], run.of_kind(FIRE))
        _draw_bombs(panels["bombs"], run.of_kind(CONVOY_BOMB), run.of_kind(DETAIL_BOMB))
        _draw_lanes(panels["lanes"], run, lanes)
    if run.daily is not None:
        _draw_levels(panels["levels"], run)
        _draw_supply(panels["supply"], run)
    if run.quarter_ends:
        _name_quarters(next(iter(panels.values())), run)


def _name_quarters(axes: Axes, run: StoredRun) -> None:
    ends = [0, *(end for end in run.quarter_ends if end <= run.days)]
    for n, (first, last) in enumerate(pairwise(ends), 1):
        at = axes.get_xlim()[0] + (first + last) / 2
        style: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": SIZE, "color": "0.4"}
        axes.text(at, 1.02, f"quarter {n}", transform=axes.get_xaxis_transform(), **style)


# --- key events --------------------------------------------------------------------------------------------
class KeyLabel(NamedTuple):
    """A key event: its day from the start of the axis, its words, where they begin (inches), their row."""

    day: float
    text: str
    begin: float
    row: int


def _key_labels(run: StoredRun) -> Iterator[KeyLabel]:
    """The labels with rows in which none meets another, and none hides the stem of another."""
    if run.events is None or not len(run.events):
        return
    chosen = key_events(run.events)
    days = _dates_of(chosen) - _first(run)
    rows = [_label_text(row) for row in chosen.to_dict("records")]
    yield from placed(list(zip(days.tolist(), rows, strict=True)), INNER / run.days, INNER + RIGHT - 0.1)


def _label_text(row: dict[Any, Any]) -> str:
    date = pd.Timestamp(row["date_time"])
    return f"{date.day} {date:%b}: {words(row)}"


def placed(labels: Sequence[tuple[float, str]], inches_a_day: float, width: float) -> Iterator[KeyLabel]:
    """From the last to the first, each in the lowest row above all whose stems or words it would meet."""
    done: list[tuple[float, float, float, int]] = []  # begin, end, stem, row
    for day, text in sorted(labels, reverse=True):
        stem, long = day * inches_a_day, text_width(text, SIZE) + 0.12
        begin = max(0.0, min(stem, width - long))
        met = [row for b, e, s, row in done if (b < begin + long and begin < e) or begin <= s <= begin + long]
        row = max(met, default=-1) + 1
        done.append((begin, begin + long, stem, row))
        yield KeyLabel(day, text, begin, row)


def _draw_key(axes: Axes, run: StoredRun, labels: Sequence[KeyLabel]) -> None:
    first, inch = axes.get_xlim()[0], run.days / INNER
    rows = max((label.row for label in labels), default=0) + 1
    axes.set_ylim(0, rows + 0.15 / _ROW)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for label in labels:
        level = label.row + 0.6
        axes.plot([first + label.day] * 2, [0, level], color="0.6", linewidth=0.8, zorder=1)
        axes.plot([first + label.day], [0], "v", color="0.3", markersize=4, zorder=3, clip_on=False)
        style: dict[str, Any] = {"fontsize": SIZE, "va": "center", "zorder": 2}
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
        axes.text(first + label.begin * inch + 0.04 * inch, level, label.text, bbox=box, **style)
    _name_panel(axes, "key events")


# --- what the panels share -----------------------------------------------------------------------------
def _days_of(dates: Any) -> NDArray[np.float64]:
    """Dates as days since 1970."""
    since = pd.DatetimeIndex(pd.to_datetime(dates)) - pd.Timestamp(1970, 1, 1)
    return np.asarray(since / pd.Timedelta(days=1), dtype=np.float64)


def _dates_of(events: pd.DataFrame) -> NDArray[np.float64]:
    """When events happened, as days since 1970."""
    return _days_of(events["date_time"].to_numpy())


def _name_panel(axes: Axes, text: str) -> None:
    """The name of a panel, on the left."""
    at = -(LEFT - 0.2) / INNER
    words_ = folded(text, 9, LEFT - 0.75)
    axes.text(at, 0.5, words_, transform=axes.transAxes, fontsize=9, va="center", ha="left")


# --- attacks ---------------------------------------------------------------------------------------------
def _draw_fire(axes: Axes, fire: pd.DataFrame) -> None:
    """A stem for each attack: rounds fired in grey, of these inside in colour; who was hurt above."""
    _name_panel(axes, "fire on sites [round]")
    _finish_stems(axes, fire["rounds"].max() if len(fire) else 1)
    if not len(fire):
        return
    x, rounds, leaked = _dates_of(fire), fire["rounds"].to_numpy(float), fire["leaked"].to_numpy(float)
    axes.vlines(x, 0, rounds, color="0.65", linewidth=1.2, label="rounds fired")
    axes.vlines(x[leaked > 0], 0, leaked[leaked > 0], color=RED, linewidth=3.2, label="of these, inside")
    drone, hurt, dead = (fire[name].to_numpy(float) > 0 for name in ("drone", "wounded", "killed"))
    for words_, chosen, marker, size, colour in (
        ("drone", drone, "^", 4.5, "0.35"),
        ("wounded", hurt & ~dead, "P", 7.0, BLUE),
        ("killed", dead, "X", 7.0, "black"),
    ):
        if chosen.any():
            axes.plot(x[chosen], rounds[chosen], marker, color=colour, markersize=size, ls="none", label=words_)
    _legend(axes)


def _draw_bombs(axes: Axes, convoys: pd.DataFrame, details: pd.DataFrame) -> None:
    """A stem for each bomb: trucks lost; marks below for bombs without effect."""
    _name_panel(axes, "bombs on the road [truck lost]")
    trucks = convoys["trucks_lost"].to_numpy(float) if len(convoys) else np.zeros(0)
    _finish_stems(axes, trucks.max(initial=1.0))
    if len(convoys):
        x, effect = _dates_of(convoys), convoys["effect"].to_numpy(float) > 0
        axes.vlines(x, 0, trucks, color=RED, linewidth=1.6)
        axes.plot(x[effect], trucks[effect], "o", color=RED, markersize=4, linestyle="none", label="convoy hit")
        hollow: dict[str, Any] = {"color": "0.5", "markerfacecolor": "white", "markersize": 4, "linestyle": "none"}
        axes.plot(x[~effect], trucks[~effect], "o", label="convoy, no effect", **hollow)
        hurt = convoys["wounded"].to_numpy(float) > 0
        if hurt.any():
            high = trucks[hurt] + 0.12 * axes.get_ylim()[1]
            axes.plot(x[hurt], high, "P", color=BLUE, markersize=6, linestyle="none", label="drivers hurt")
    if len(details):
        axes.plot(
            _dates_of(details), np.zeros(len(details)), "s", color=PINK, markersize=6, label="foreign detail", ls="none"
        )
    _legend(axes)


def _finish_stems(axes: Axes, most: float) -> None:
    axes.set_ylim(-0.07 * most, 1.25 * max(most, 1))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)


def _legend(axes: Axes) -> None:
    handles, names = axes.get_legend_handles_labels()
    if handles:
        style: dict[str, Any] = {"fontsize": 8, "frameon": False, "handlelength": 1.2, "labelspacing": 0.3}
        axes.legend(handles, names, loc="center left", bbox_to_anchor=(1.005, 0.5), **style)


# --- lanes ---------------------------------------------------------------------------------------------
def _draw_lanes(axes: Axes, run: StoredRun, lanes: Sequence[Lane]) -> None:
    """A row of marks for each kind of event, with its count."""
    for n, lane in enumerate(lanes):
        axes.axhline(n, color="0.93", linewidth=0.8, zorder=0)
        _draw_lane(axes, run.of_kind(lane.kind), lane, n)
    labels = [f"{lane.words}: {len(run.of_kind(lane.kind))}" for lane in lanes]
    axes.set_yticks(range(len(lanes)), labels, fontsize=SIZE)
    axes.set_ylim(max(len(lanes), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _draw_lane(axes: Axes, events: pd.DataFrame, lane: Lane, n: int) -> None:
    x = _dates_of(events)
    if lane.span:
        hours = events["hours"].to_numpy(float)
        for begin, long in zip(x, hours / 24, strict=True):
            end = min(begin + long, axes.get_xlim()[1])
            axes.plot([begin, end], [n, n], color=lane.colour, linewidth=5, solid_capstyle="butt")
    style: dict[str, Any] = {"color": lane.colour, "markersize": 4.5, "linestyle": "none", "clip_on": False}
    if lane.kind != "raid":
        axes.plot(x, np.full(len(x), n), lane.marker, **style)
        return
    caught = events["caught"].to_numpy(float) > 0
    axes.plot(x[~caught], np.full((~caught).sum(), n), "o", markerfacecolor="white", **style)
    axes.plot(x[caught], np.full(caught.sum(), n), "o", **style)
    words_ = f"filled: a cell caught ({caught.sum()})"
    axes.text(1.01, n, words_, transform=axes.get_yaxis_transform(), fontsize=8, va="center")


# --- levels ----------------------------------------------------------------------------------------------
def _draw_levels(axes: Axes, run: StoredRun) -> None:
    """The political levels at the end of each day, their last values on the right."""
    assert run.daily is not None
    x = _days_of(run.daily["date"].to_numpy()) + 1.0  # the end of the day
    axes.set_ylim(0, 1)
    ends = []
    for n, level in enumerate(LEVELS):
        values = run.daily[level].to_numpy(float)
        axes.plot(x, values, color=COLOURS[n], linewidth=1.6, linestyle=("-", "--", "-.", ":")[n])
        ends.append(values[-1])
    height = HEIGHTS["levels"]
    centres = spread_out([height * end for end in ends], [0.16] * len(ends), height)
    for n, level in enumerate(LEVELS):
        text = f"{level} {ends[n]:.2f}"
        axes.text(
            1.01, centres[n] / height, text, transform=axes.transAxes, color=COLOURS[n], fontsize=SIZE, va="center"
        )
    axes.grid(axis="y", color="0.92")
    _name_panel(axes, "political levels [0 to 1], end of the day")


def _draw_supply(axes: Axes, run: StoredRun) -> None:
    """Days of supply at the site that has least, while sites are held."""
    assert run.daily is not None
    x = _days_of(run.daily["date"].to_numpy()) + 1.0
    held = run.daily["sites_open"].to_numpy(float) > 0
    days = np.where(held, run.daily["lowest_supply_days"].to_numpy(float), np.nan)
    axes.plot(x, days, color=COLOURS[4], linewidth=1.6)
    lowest = float(np.nanmin(days)) if held.any() else 0.0
    axes.set_ylim(0, 1.1 * max(np.nanmax(days, initial=1.0), 1.0))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="y", color="0.92")
    text = f"lowest {lowest:.1f} days" + ("" if held.all() else ",\nwhile sites are held")
    axes.text(1.01, 0.5, text, transform=axes.transAxes, fontsize=SIZE, va="center")
    _name_panel(axes, "supply of the site that has least [day]")
