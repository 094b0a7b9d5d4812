"""Paired differences of many scenarios: a panel for each chosen measure, a row for each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from experiments.report.style.colours import (
    COLOURS,
    REACH,
    bars,
    headline,
    label_rows,
    limits,
    mark_beyond,
    new_figure,
    room_for,
    row_labels,
)
from experiments.report.style.words import columns_that_fit, folded, readable, short_labels
from experiments.runs.compare import Comparison, Pair
from sim.measures import BY_NAME
from sim.numbers import number, signed

PANELS = (
    "fire_attacks",
    "rounds_leaked",
    "convoy_attacks",
    "us_killed",
    "cells_broken",
    "relation_mean",
    "capital_mean",
    "pressure",
)
COLUMNS, PANEL_WIDTH = 4, 3.0
LOOKS: dict[str, dict[str, Any]] = {
    "better": {"color": COLOURS[0], "marker": "o"},
    "worse": {"color": COLOURS[1], "marker": "s"},
    "undecided": {"color": "0.45", "marker": "o", "markerfacecolor": "white"},
}
WORDS = {
    "better": "better for the defence, interval clear of 0",
    "worse": "worse, clear of 0",
    "undecided": "undecided: 0 within the interval",
}


def differences(comparison: Comparison) -> Figure:
    """Small multiples with their own axes, in the measures' own units."""
    labels = row_labels(comparison.names)[1:]
    labels_width, row = room_for(labels)
    measures = panels(comparison)
    rows_of_panels = -(-len(measures) // COLUMNS)
    height = 1.5 + rows_of_panels * (1.6 + row * len(labels))
    figure = new_figure(labels_width + COLUMNS * PANEL_WIDTH, height)
    grid = figure.subplots(rows_of_panels, COLUMNS, sharey=True, squeeze=False)
    cut = [_draw_panel(axes, comparison, m, labels) for axes, m in zip(grid.flat, measures, strict=False)]
    for axes in grid.flat[len(measures) :]:
        axes.remove()
    _legend(figure, any(cut))
    headline(figure, differences_title(comparison))
    return figure


def panels(comparison: Comparison) -> list[str]:
    """The measures that have a panel."""
    return comparison.among(PANELS, len(PANELS))


def differences_title(comparison: Comparison) -> str:
    """How much the scenarios move, over all panels."""
    base, others = comparison.names[0], comparison.names[1:]
    pairs = [comparison.pair(name, measure) for name in others for measure in panels(comparison)]
    sides = [side(pair) for pair in pairs]
    counts = ", ".join(f"{sides.count(each)} {each}" for each in LOOKS)
    return (
        f"{len(others)} scenarios against {base} in {len(panels(comparison))} measures: "
        f"of {len(pairs)} paired differences {counts}\n(bars: 95% t interval, n = {comparison.n} pairs)"
    )


def side(pair: Pair) -> str:
    """Whether the scenario is better or worse for the defence, or undecided."""
    if not pair.difference.clear:
        return "undecided"
    return "better" if pair.difference.mean * BY_NAME[pair.measure].better > 0 else "worse"


def panel_title(comparison: Comparison, measure: str) -> str:
    """The measure and its mean in the base; what moves it most in the good direction; how many are clear of 0."""
    base, labels = comparison.names[0], short_labels(comparison.names)
    pairs = [comparison.pair(name, measure) for name in comparison.names[1:]]
    clear = [pair for pair in pairs if pair.difference.clear]
    lower = sum(pair.difference.mean < 0 for pair in clear)
    counts = f"{lower} lower, {len(clear) - lower} higher, {len(pairs) - len(clear)} undecided"
    head = f"{readable(measure)} ({base}: {number(comparison.interval(base, measure).mean)})"
    return f"{head}\n{_best(clear, measure, labels)}\n{counts}"


def _best(clear: Sequence[Pair], measure: str, labels: dict[str, str]) -> str:
    better = BY_NAME[measure].better
    good = [pair for pair in clear if pair.difference.mean * better > 0]
    verb = "raised" if better > 0 else "lowered"
    if not good:
        return f"{verb} for certain by none"
    best = max(good, key=lambda pair: abs(pair.difference.mean))
    return f"{verb} most: {labels[best.posture]} {signed(best.difference.mean)}"


def _draw_panel(axes: Axes, comparison: Comparison, measure: str, labels: Sequence[str]) -> bool:
    """One measure; whether its axis is cut."""
    pairs = [comparison.pair(name, measure) for name in comparison.names[1:]]
    middle, lengths = np.array([pair.difference.mean for pair in pairs]), bars([pair.difference for pair in pairs])
    lows, highs = middle - lengths[0], middle + lengths[1]
    axes.axvline(0, color="0.4", linewidth=1)
    label_rows(axes, labels)
    low, high = limits(lows, highs)
    axes.set_xlim(low, high)
    for row, pair in enumerate(pairs):
        _draw_row(axes, row, pair)
    unit = BY_NAME[measure].unit
    axes.set_xlabel(f"difference [{unit}]" if unit != "1" else "difference", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_title(folded(panel_title(comparison, measure), 9, PANEL_WIDTH - 0.35), fontsize=9, loc="left")
    return bool(lows.min() < low or highs.max() > high)


def _draw_row(axes: Axes, row: int, pair: Pair) -> None:
    style, length = LOOKS[side(pair)], bars([pair.difference])
    axes.errorbar(
        [pair.difference.mean], [row], xerr=length, linestyle="none", markersize=5, elinewidth=1.5, capsize=3, **style
    )
    mark_beyond(axes, pair.difference.mean, length[:, 0], row, signed(pair.difference.mean), style["color"])


def _legend(figure: Figure, cut: bool) -> None:
    handles = [Line2D([], [], linestyle="none", **LOOKS[each]) for each in LOOKS]
    words = [WORDS[each] for each in LOOKS]
    note = f"arrow: beyond the edge, with its mean (an axis ends at {REACH:g} × the median reach of its intervals)"
    width = figure.get_figwidth() - 0.4
    figure.legend(
        handles,
        words,
        loc="outside lower center",
        ncols=columns_that_fit(words, 10, width),
        frameon=False,
        title=note if cut else None,
        title_fontsize=9,
    )
