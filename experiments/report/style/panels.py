"""What every figure is drawn with: an empty figure, its panels, means with intervals, its headline and key.

Figure objects only: no pyplot, no global state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from experiments.report.style.colours import style_of
from experiments.report.style.words import columns_that_fit, folded
from sim.statistics import Interval


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, its size in inches."""
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
    FigureCanvasAgg(figure)
    return figure


def panels(figure: Figure, n: int, columns: int, **shared: Any) -> list[Axes]:
    """So many panels in rows of so many columns; the rest of the last row stays empty."""
    grid = figure.subplots(rows_of(n, columns), columns, squeeze=False, **shared)
    for axes in grid.flat[n:]:
        axes.remove()
    return list(grid.flat[:n])


def rows_of(n: int, columns: int) -> int:
    """Rows that so many panels take."""
    return -(-n // columns)


def clean(axes: Axes) -> None:
    """Leave out the frame's upper and right line."""
    axes.spines[["top", "right"]].set_visible(False)


def light_grid(axes: Axes, along: Any) -> None:
    """Light lines across one axis (`x` or `y`), behind what is drawn; numbers of the axis are small."""
    axes.tick_params(axis=along, labelsize=8.5)
    axes.grid(axis=along, color="0.9")
    axes.set_axisbelow(True)
    clean(axes)


def panel_title(axes: Axes, text: str, *, size: float = 10.0, width: float | None = None) -> None:
    """A panel's title, from the left, in lines that fit a width in inches."""
    axes.set_title(text if width is None else folded(text, size, width), fontsize=size, loc="left")


def headline(figure: Figure, text: str) -> None:
    """The title of the whole, from the left, in lines that fit."""
    figure.suptitle(folded(text, 11, figure.get_figwidth() - 0.4), fontsize=11, x=0.02, ha="left")


def key(
    figure: Figure, of: Axes | Sequence[Artist], note: str = "", *, columns: int | None = None, size: float = 10.0
) -> None:
    """Below the panels: what the marks of a panel, or given ones, mean, and a note on how the figure is drawn."""
    handles, labels = of.get_legend_handles_labels() if isinstance(of, Axes) else (of, [str(h.get_label()) for h in of])
    width = figure.get_figwidth() - 0.4
    labels = [folded(label, size, width - 0.6) for label in labels]
    style: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "fontsize": size, "title_fontsize": 9}
    title = folded(note, 9, width - 0.2) if note else None
    figure.legend(handles, labels, ncols=columns or columns_that_fit(labels, size, width), title=title, **style)


# --- means with intervals ------------------------------------------------------------------------------
def offset(n: int, of: int, width: float) -> float:
    """Where the n-th of several marks stands around a tick."""
    return 0.0 if of == 1 else width * (n / (of - 1) - 0.5)


def bars(intervals: Sequence[Interval]) -> Any:
    """Lengths below and above the means, as matplotlib wants them; 0 where the interval is unknown."""
    lengths = np.array([(i.mean - i.low, i.high - i.mean) for i in intervals]).reshape(-1, 2).T
    return np.nan_to_num(np.maximum(lengths, 0.0))


def means(axes: Axes, of: Sequence[Interval], at: Any, n: int = 0, *, upright: bool = False, **style: Any) -> None:
    """Means with their intervals, in the n-th colour and marker: in rows `at`, or `upright` over places on the axis."""
    middle, lengths = [i.mean for i in of], bars(of)
    style = {**style_of(n), "linestyle": "none", "capsize": 2, "markersize": 4, **style}
    if upright:
        axes.errorbar(at, middle, yerr=lengths, **style)
    else:
        axes.errorbar(middle, at, xerr=lengths, **style)


def spread_out(wanted: Sequence[float], sizes: Sequence[float], room: float) -> list[float]:
    """Centres near those wanted, in their order, that keep labels of these sizes apart; in `room` if they fit."""
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    centres, edge = [0.0] * len(wanted), 0.0
    for n in order:
        centres[n] = max(wanted[n], edge + sizes[n] / 2)
        edge = centres[n] + sizes[n] / 2
    edge = max(room, sum(sizes))
    for n in reversed(order):
        centres[n] = min(centres[n], edge - sizes[n] / 2)
        edge = centres[n] - sizes[n] / 2
    return centres
