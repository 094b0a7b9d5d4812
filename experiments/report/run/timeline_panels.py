"""The panels of the timeline of one run: attacks as stems, a lane for each kind of event, levels as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from experiments.report.run.folder import MISSION_ENDED, Run
from experiments.report.style.colours import COLOURS
from experiments.report.style.words import folded
from experiments.report.tradeoff.figures import spread_out

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


# --- what the panels share -----------------------------------------------------------------------------
def days_of(dates: Any) -> NDArray[np.float64]:
    """Dates as days since 1970."""
    since = pd.DatetimeIndex(pd.to_datetime(dates)) - pd.Timestamp(1970, 1, 1)
    return np.asarray(since / pd.Timedelta(days=1), dtype=np.float64)


def dates_of(events: pd.DataFrame) -> NDArray[np.float64]:
    """When events happened, as days since 1970."""
    return days_of(events["date_time"].to_numpy())


def name_panel(axes: Axes, text: str) -> None:
    """The name of a panel, on the left."""
    at = -(LEFT - 0.2) / INNER
    words_ = folded(text, 9, LEFT - 0.75)
    axes.text(at, 0.5, words_, transform=axes.transAxes, fontsize=9, va="center", ha="left")


# --- attacks ---------------------------------------------------------------------------------------------
def draw_fire(axes: Axes, fire: pd.DataFrame) -> None:
    """A stem for each attack: rounds fired in grey, of these inside in colour; who was hurt above."""
    name_panel(axes, "fire on sites [round]")
    _finish_stems(axes, fire["rounds"].max() if len(fire) else 1)
    if not len(fire):
        return
    x, rounds, leaked = dates_of(fire), fire["rounds"].to_numpy(float), fire["leaked"].to_numpy(float)
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


def draw_bombs(axes: Axes, convoys: pd.DataFrame, details: pd.DataFrame) -> None:
    """A stem for each bomb: trucks lost; marks below for bombs without effect."""
    name_panel(axes, "bombs on the road [truck lost]")
    trucks = convoys["trucks_lost"].to_numpy(float) if len(convoys) else np.zeros(0)
    _finish_stems(axes, trucks.max(initial=1.0))
    if len(convoys):
        x, effect = dates_of(convoys), convoys["effect"].to_numpy(float) > 0
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
            dates_of(details), np.zeros(len(details)), "s", color=PINK, markersize=6, label="foreign detail", ls="none"
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
def draw_lanes(axes: Axes, run: Run, lanes: Sequence[Lane]) -> None:
    """A row of marks for each kind of event, with its count."""
    for n, lane in enumerate(lanes):
        axes.axhline(n, color="0.93", linewidth=0.8, zorder=0)
        _draw_lane(axes, run.of_kind(lane.kind), lane, n)
    axes.set_yticks(range(len(lanes)), [_lane_words(run, lane) for lane in lanes], fontsize=SIZE)
    axes.set_ylim(max(len(lanes), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _lane_words(run: Run, lane: Lane) -> str:
    return f"{lane.words}: {len(run.of_kind(lane.kind))}"


def _draw_lane(axes: Axes, events: pd.DataFrame, lane: Lane, n: int) -> None:
    x = dates_of(events)
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
def draw_levels(axes: Axes, run: Run) -> None:
    """The political levels at the end of each day, their last values on the right."""
    assert run.daily is not None
    x = days_of(run.daily["date"].to_numpy()) + 1.0  # the end of the day
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
    name_panel(axes, "political levels [0 to 1], end of the day")


def draw_supply(axes: Axes, run: Run) -> None:
    """Days of supply at the site that has least, while sites are held."""
    assert run.daily is not None
    x = days_of(run.daily["date"].to_numpy()) + 1.0
    held = run.daily["sites_open"].to_numpy(float) > 0
    days = np.where(held, run.daily["lowest_supply_days"].to_numpy(float), np.nan)
    axes.plot(x, days, color=COLOURS[4], linewidth=1.6)
    lowest = float(np.nanmin(days)) if held.any() else 0.0
    axes.set_ylim(0, 1.1 * max(np.nanmax(days, initial=1.0), 1.0))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="y", color="0.92")
    text = f"lowest {lowest:.1f} days" + ("" if held.all() else ",\nwhile sites are held")
    axes.text(1.01, 0.5, text, transform=axes.transAxes, fontsize=SIZE, va="center")
    name_panel(axes, "supply of the site that has least [day]")
