"""What the figures share: looks, marks, and the cut of an axis that a few far values would stretch.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), told apart with any kind of colour
vision; scenarios differ in their markers too. Figure objects only: no pyplot, no global state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from experiments.report.style.words import folded, short_labels, text_width
from sim.statistics import Interval, Values

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vPX"
FEW = 4
"""Up to so many scenarios share an axis, told apart by colour; more get a row each."""
FIXED_DARK, FIXED_LIGHT = "#010000", "#fffffe"
"""Words on a coloured ground: they keep their colour on a dark page, where black and grey change with the page."""
REACH = 4.0
"""An axis ends at so many times the median distance from 0, if some value lies much further out."""
LABEL, LABEL_WIDTH = 9.0, 2.6


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, its size in inches."""
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
    FigureCanvasAgg(figure)
    return figure


def look(n: int) -> dict[str, Any]:
    """Colour and marker of the n-th scenario."""
    return {"color": COLOURS[n % len(COLOURS)], "marker": MARKERS[n % len(MARKERS)]}


def clean(axes: Axes) -> None:
    """Leave out the frame's upper and right line."""
    axes.spines[["top", "right"]].set_visible(False)


def headline(figure: Figure, text: str) -> None:
    """The title of the whole, from the left, in lines that fit."""
    figure.suptitle(folded(text, 11, figure.get_figwidth() - 0.4), fontsize=11, x=0.02, ha="left")


def offset(n: int, of: int, width: float) -> float:
    """Where the n-th of several marks stands around a tick."""
    return 0.0 if of == 1 else width * (n / (of - 1) - 0.5)


def bars(intervals: Sequence[Interval]) -> Any:
    """Lengths below and above the means, as matplotlib wants them; 0 where the interval is unknown."""
    lengths = np.array([(i.mean - i.low, i.high - i.mean) for i in intervals]).reshape(-1, 2).T
    return np.nan_to_num(np.maximum(lengths, 0.0))


# --- rows of scenarios ---------------------------------------------------------------------------------
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
    axes.tick_params(axis="x", labelsize=8.5)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    clean(axes)


# --- axes that far values don't stretch ----------------------------------------------------------------
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
    axes.annotate(
        text,
        (edge, y),
        xytext=(-6 * sign, 0),
        textcoords="offset points",
        ha="right" if sign > 0 else "left",
        va="center",
        fontsize=8.5,
        zorder=5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
    )
