"""One run over its calendar: attacks, moves and politics in lanes, key events by name, levels below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.run.folder import CONVOY_BOMB, DETAIL_BOMB, FIRE, Run, ending
from experiments.report.run.key_events import key_events, words
from experiments.report.run.timeline_panels import (
    HEIGHTS,
    INNER,
    LANES,
    LEFT,
    RIGHT,
    SIZE,
    WIDTH,
    Lane,
    dates_of,
    days_of,
    draw_bombs,
    draw_fire,
    draw_lanes,
    draw_levels,
    draw_supply,
    name_panel,
)
from experiments.report.style.colours import clean, headline, new_figure
from experiments.report.style.words import folded, text_width

_ROW, _BETWEEN, _BELOW = 0.165, 0.14, 0.55  # inches


# --- words -----------------------------------------------------------------------------------------------
def title(run: Run) -> str:
    """What the run had and how it ended; that it is one run of chance."""
    counts = (
        ("fire_attacks", "fire attacks"),
        ("rounds_leaked", "rounds inside"),
        ("us_wounded", "US people wounded"),
        ("us_killed", "killed"),
        ("convoy_attacks", "bombs against convoys"),
        ("trucks_lost", "trucks lost"),
    )
    parts = [f"{run.measures[name]:,.0f} {noun}" for name, noun in counts if name in run.measures]
    return f"One run of {run.scenario}: {', '.join(parts)}; {ending(run)}\n({run.seed_words}; one run of chance, n = 1)"


# --- the figure ------------------------------------------------------------------------------------------
def timeline(run: Run) -> Figure | None:
    """Lanes over the dates, as far as the tables go; None without events and without days."""
    if run.start is None or (run.events is None and run.daily is None):
        return None
    lanes = [lane for lane in LANES if len(run.of_kind(lane.kind))]
    labels = list(_key_labels(run))
    heights = _heights(run, lanes, labels)
    head = 0.45 + 0.19 * (folded(title(run), 11, WIDTH - 0.4).count("\n") + 1)
    total = head + sum(heights.values()) + _BETWEEN * len(heights) + _BELOW
    figure = new_figure(WIDTH, total)
    figure.set_layout_engine("none")  # widths are fixed, so that the words of key events keep apart
    panels = dict(_panels(figure, run, heights, total - head, total))
    _draw_panels(run, panels, lanes, labels)
    headline(figure, title(run))
    return figure


def _heights(run: Run, lanes: Sequence[Lane], labels: Sequence[Label]) -> dict[str, float]:
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
    figure: Figure, run: Run, heights: dict[str, float], top: float, total: float
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


def _first(run: Run) -> float:
    return float(days_of([run.start])[0])


def _write_dates(axes: Axes, start: datetime, days: int, *, last: bool) -> None:
    """Ticks at the first of each month, or each week of a short run; the year at the first tick of each year."""
    dates = pd.date_range(start, periods=days + 1, freq="D")
    ticks = [d for d in dates if (d.day == 1 if days > 92 else d.weekday() == 0)]
    if days > 731:
        ticks = [d for d in ticks if d.month in (1, 7)]
    form = "%b" if days > 92 else "%d %b"
    new_year = [n == 0 or d.year != ticks[n - 1].year for n, d in enumerate(ticks)]
    texts = [f"{d:{form}}" + (f"\n{d.year}" if new else "") for d, new in zip(ticks, new_year, strict=True)]
    axes.set_xticks(days_of(ticks), texts if last else [""] * len(ticks))


def _draw_panels(run: Run, panels: dict[str, Axes], lanes: Sequence[Lane], labels: Sequence[Label]) -> None:
    if run.events is not None:
        _draw_key(panels["key"], run, labels)
        draw_fire(panels["fire"], run.of_kind(FIRE))
        draw_bombs(panels["bombs"], run.of_kind(CONVOY_BOMB), run.of_kind(DETAIL_BOMB))
        draw_lanes(panels["lanes"], run, lanes)
    if run.daily is not None:
        draw_levels(panels["levels"], run)
        draw_supply(panels["supply"], run)
    if run.quarter_ends:
        _name_quarters(next(iter(panels.values())), run)


def _name_quarters(axes: Axes, run: Run) -> None:
    ends = [0, *(end for end in run.quarter_ends if end <= run.days)]
    for n, (first, last) in enumerate(pairwise(ends), 1):
        at = axes.get_xlim()[0] + (first + last) / 2
        style: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": SIZE, "color": "0.4"}
        axes.text(at, 1.02, f"quarter {n}", transform=axes.get_xaxis_transform(), **style)


# --- key events --------------------------------------------------------------------------------------------
class Label(NamedTuple):
    """A key event: its day from the start of the axis, its words, where they begin (inches), their row."""

    day: float
    text: str
    begin: float
    row: int


def _key_labels(run: Run) -> Iterator[Label]:
    """The labels with rows in which none meets another, and none hides the stem of another."""
    if run.events is None or not len(run.events):
        return
    chosen = key_events(run.events)
    days = dates_of(chosen) - _first(run)
    rows = [_label_text(row) for row in chosen.to_dict("records")]
    yield from placed(list(zip(days.tolist(), rows, strict=True)), INNER / run.days, INNER + RIGHT - 0.1)


def _label_text(row: dict[Any, Any]) -> str:
    date = pd.Timestamp(row["date_time"])
    return f"{date.day} {date:%b}: {words(row)}"


def placed(labels: Sequence[tuple[float, str]], inches_a_day: float, width: float) -> Iterator[Label]:
    """From the last to the first, each in the lowest row above all whose stems or words it would meet."""
    done: list[tuple[float, float, float, int]] = []  # begin, end, stem, row
    for day, text in sorted(labels, reverse=True):
        stem, long = day * inches_a_day, text_width(text, SIZE) + 0.12
        begin = max(0.0, min(stem, width - long))
        met = [row for b, e, s, row in done if (b < begin + long and begin < e) or begin <= s <= begin + long]
        row = max(met, default=-1) + 1
        done.append((begin, begin + long, stem, row))
        yield Label(day, text, begin, row)


def _draw_key(axes: Axes, run: Run, labels: Sequence[Label]) -> None:
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
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
        axes.text(first + label.begin * inch + 0.04 * inch, level, label.text, bbox=ground, **style)
    name_panel(axes, "key events")
