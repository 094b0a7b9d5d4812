"""Heat maps whose cells keep their colours on a dark page; regret of alternatives in several measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap, ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.style.colours import COLOURS, FIXED_DARK, FIXED_LIGHT
from experiments.report.style.forest import LABEL, LABEL_WIDTH, room_for
from experiments.report.style.panels import clean, new_figure
from experiments.report.style.words import folded, text_width
from sim.numbers import number

MOST_ROWS = 40
"""More alternatives than that are no picture: those of the best ranks are drawn."""
NARROW = 0.1
"""If no regret is below that share of the largest of its column, colours go by the regret itself, else by its log."""
LEAST = 1e-3
CELL_SIZE = 8.5


# --- cells -----------------------------------------------------------------------------------------------
def fixed_colours(name: str) -> Colormap:
    """A colour map of matplotlib without pure greys, which a dark page would exchange."""
    table = np.asarray(matplotlib.colormaps[name](np.linspace(0, 1, 256)))
    bytes_ = np.round(255 * table[:, :3]).astype(int)
    grey = (bytes_ == bytes_[:, :1]).all(axis=1)
    bytes_[grey, 2] -= np.where(bytes_[grey, 2] > 0, 1, -1)
    return ListedColormap((bytes_ / 255).tolist(), name=f"{name} without greys")


def cells(axes: Axes, table: NDArray[np.float64], colours: Colormap, norm: Normalize) -> QuadMesh:
    """A table drawn as cells, the first row on top; cells without a value stay empty."""
    mesh = axes.pcolormesh(np.ma.masked_invalid(table), cmap=colours, norm=norm)
    axes.set_ylim(len(table), 0)
    axes.tick_params(length=0)
    clean(axes)
    axes.spines[["bottom", "left"]].set_visible(False)
    return mesh


def colour_bar(figure: Figure, mesh: QuadMesh, axes: Axes | Sequence[Axes], label: str, **style: Any) -> Colorbar:
    """A bar below that says what the colours are; drawn, where matplotlib would put a small image into an SVG."""
    bar = figure.colorbar(mesh, ax=axes, location="bottom", aspect=40, **style)
    if bar.solids is not None:
        bar.solids.set(rasterized=False, edgecolor="face")
    bar.set_label(label, fontsize=LABEL)
    return bar


def word_colour(colours: Colormap, shade: float) -> str:
    """Dark words on a light ground and light ones on a dark; `shade` is the place in the colour map (0 to 1)."""
    red, green, blue, _ = colours(float(np.clip(shade, 0, 1)))
    return FIXED_DARK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else FIXED_LIGHT


def write_cells(axes: Axes, words: Sequence[Sequence[str]], shades: NDArray[np.float64], colours: Colormap) -> None:
    """Words into the cells; the empty word writes nothing."""
    for i, row in enumerate(words):
        for j, word in enumerate(row):
            if word:
                style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": CELL_SIZE}
                axes.text(j + 0.5, i + 0.5, word, color=word_colour(colours, shades[i, j]), **style)


# --- regret ----------------------------------------------------------------------------------------------
def relative(regrets: pd.DataFrame) -> pd.DataFrame:
    """Each column as a share of its largest (0 where all are 0)."""
    return (regrets / regrets.max().replace(0.0, np.nan)).fillna(0.0).where(regrets.notna())


def overall_rank(regrets: pd.DataFrame) -> pd.Series[float]:
    """Mean over the columns of the rank in each (1 is least regret; equal ones share a rank)."""
    return regrets.rank(method="average").mean(axis=1)


def lowest_worst(regrets: pd.DataFrame) -> tuple[str, float]:
    """The alternative whose worst regret, as a share of the largest of its column, is lowest; and that share."""
    worst = relative(regrets).max(axis=1)
    return str(worst.idxmin()), float(worst.min())


def regret_title(regrets: pd.DataFrame) -> str:
    """Who has least regret in each column, the best mean rank over them, and the lowest worst regret.

    The index names alternatives; a column is a measure with its unit, such as `pressure [point]`.
    """
    least = [f"{number(regrets[c].min())} in {c} ({regrets[c].idxmin()})" for c in regrets.columns]
    ranks, (name, share) = overall_rank(regrets), lowest_worst(regrets)
    best = ", ".join(str(each) for each in ranks.index[ranks == ranks.min()])
    worst = f"lowest worst regret: {name}, {100 * share:.2g}% of the largest of its measure"
    return f"Least regret: {', '.join(least)}; best mean rank: {best}; {worst}"


def regret_heat_map(
    regrets: pd.DataFrame, rank_by: Sequence[str] | None = None, good: pd.Series | None = None
) -> Figure:
    """Alternatives × columns of regret: the number in each cell, its colour as a share of the largest of its column.

    `regrets` has an alternative in each row (index) and non-negative numbers; its column names are the labels, with
    units, and may hold line breaks. `rank_by` names the columns whose mean rank sorts the rows (all if None); `good`
    is a share for each alternative (0 to 1), drawn as bars. Rows beyond MOST_ROWS are left out: say so in the words.
    """
    order = overall_rank(regrets[list(rank_by)] if rank_by else regrets).sort_values(kind="stable").index
    shown = regrets.loc[order[:MOST_ROWS]]
    labels = [folded(str(name), LABEL, LABEL_WIDTH) for name in shown.index]
    figure, axes, beside = _canvas(labels, list(shown.columns), with_bars=good is not None)
    _regret_cells(figure, axes, shown, relative(regrets).loc[shown.index])
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels, fontsize=LABEL)
    if beside is not None and good is not None:
        _good_bars(beside, good.loc[shown.index].to_numpy(float))
    return figure


def _canvas(labels: Sequence[str], columns: Sequence[str], *, with_bars: bool) -> tuple[Figure, Axes, Axes | None]:
    room, row = room_for(labels)
    widths = [max(0.95, text_width(label, LABEL) + 0.15) for label in columns]
    bars = 1.7 if with_bars else 0.0
    figure = new_figure(max(room + sum(widths) + bars + 1.5, 7.5), 2.4 + max(row, 0.27) * len(labels))
    ratios = [sum(widths), *([bars] if with_bars else [])]
    axes = figure.subplots(1, len(ratios), sharey=True, squeeze=False, width_ratios=ratios)[0]
    return figure, axes[0], axes[1] if with_bars else None


def _regret_cells(figure: Figure, axes: Axes, shown: pd.DataFrame, shares: pd.DataFrame) -> None:
    colours, norm = fixed_colours("YlGnBu"), _scale(shares.to_numpy(float))
    table = np.where(np.isnan(shares), np.nan, np.clip(shares.to_numpy(float), norm.vmin, 1.0))
    mesh = cells(axes, table, colours, norm)
    words = [[number(v) if np.isfinite(v) else "" for v in row] for row in shown.to_numpy(float)]
    write_cells(axes, words, np.asarray(norm(np.nan_to_num(table, nan=1.0))), colours)
    axes.set_xticks(np.arange(len(shown.columns)) + 0.5, list(shown.columns), fontsize=LABEL)
    axes.xaxis.tick_top()
    log = " (log scale)" if isinstance(norm, LogNorm) else ""
    bar = colour_bar(figure, mesh, axes, f"regret, share of the largest of its column{log}", shrink=0.9, pad=0.01)
    bar.ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")


def _scale(shares: NDArray[np.float64]) -> Normalize:
    """From 0 to 1, or by the log where regrets are of very different sizes."""
    above = shares[np.isfinite(shares) & (shares > 0)]
    if not len(above) or above.min() >= NARROW:
        return Normalize(0.0, 1.0)
    return LogNorm(max(LEAST, float(10 ** np.floor(np.log10(above.min())))), 1.0)


def _good_bars(axes: Axes, shares: NDArray[np.float64]) -> None:
    places = np.arange(len(shares)) + 0.5
    axes.barh(places, shares, height=0.7, color=COLOURS[2])
    for place, share in zip(places, shares, strict=True):
        axes.text(share + 0.03, place, f"{100 * share:.0f}%", va="center", fontsize=CELL_SIZE)
    axes.set_xlim(0, 1.25)
    axes.set_xticks([0, 0.5, 1], ["0", "50%", "100%"], fontsize=8.5)
    axes.set_title("good enough,\nshare of the states", fontsize=LABEL)
    axes.tick_params(axis="y", length=0, labelleft=False)
    clean(axes)
