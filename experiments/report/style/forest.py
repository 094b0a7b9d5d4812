"""Forest plots: a row for each label, an interval in each, an axis that a few far values don't stretch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from experiments.report.style.panels import light_grid
from experiments.report.style.words import folded, short_labels, text_width
from sim.statistics import Values

REACH = 4.0
"""An axis ends at so many times the median distance from 0, if some value lies much further out."""
LABEL, LABEL_WIDTH = 9.0, 2.6


# --- rows ----------------------------------------------------------------------------------------------
def row_labels(names: Sequence[str]) -> list[str]:
    """Labels for rows: short, and in lines that fit."""
    return [folded(label, LABEL, LABEL_WIDTH) for label in short_labels(names).values()]


def room_for(labels: Sequence[str]) -> tuple[float, float]:
    """Width of the labels and height of a row in inches."""
    lines = max(label.count("\n") + 1 for label in labels)
    return max(text_width(label, LABEL) for label in labels) + 0.2, 0.09 + 0.17 * lines


def label_rows(axes: Axes, labels: Sequence[str]) -> None:
    """A row for each label, the first on top."""
    axes.set_yticks(range(len(labels)), labels, fontsize=LABEL)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    light_grid(axes, "x")


# --- axes that far values don't stretch ----------------------------------------------------------------
def cut_axis(axes: Axes, middle: Values, lengths: Values) -> bool:
    """Ends of the axis for these means and lengths of their bars (2 × n); whether something lies beyond them."""
    if not len(middle):
        return False
    lows, highs = middle - lengths[0], middle + lengths[1]
    low, high = limits(lows, highs)
    axes.set_xlim(low, high)
    return bool(lows.min() < low or highs.max() > high)


def limits(lows: Values, highs: Values) -> tuple[float, float]:
    """Ends of an axis that shows 0 and these intervals, cut at REACH times the median reach if some go far beyond."""
    reach = np.maximum(np.abs(lows), np.abs(highs))
    if not reach.any():
        return -1.0, 1.0
    # Rounding leaves differences of 1e-17 where there are none: they say nothing about the scale.
    cut = REACH * float(np.median(reach[reach > 1e-9 * reach.max()]))
    if reach.max() <= 1.5 * cut:
        cut = float(reach.max())
    low, high = max(min(lows.min(), 0.0), -cut), min(max(highs.max(), 0.0), cut)
    space = 0.06 * (high - low)
    return low - space, high + space


def mark_beyond(axes: Axes, mean: float, length: Any, y: float, text: str, colour: Any) -> None:
    """Arrows at the edges that an interval crosses, with the value if the mean itself lies outside.

    `length` holds the lengths of the bar below and above the mean.
    """
    low, high = axes.get_xlim()
    for edge, beyond, outside, sign in (
        (low, mean - length[0] < low, mean < low, -1),
        (high, mean + length[1] > high, mean > high, 1),
    ):
        if beyond:
            axes.plot([edge], [y], "<" if sign < 0 else ">", color=colour, markersize=6, clip_on=False, zorder=4)
        if outside:
            _write_at(axes, edge, y, text, sign)


def _write_at(axes: Axes, edge: float, y: float, text: str, sign: int) -> None:
    style: dict[str, Any] = {"va": "center", "fontsize": 8.5, "zorder": 5, "textcoords": "offset points"}
    style["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    axes.annotate(text, (edge, y), xytext=(-6 * sign, 0), ha="right" if sign > 0 else "left", **style)
