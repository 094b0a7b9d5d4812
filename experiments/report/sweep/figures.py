"""Figures of a sweep: means by level, response curves, rank correlations, in how many worlds a lever is worse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from experiments.analysis.schema import UNKNOWN, unit_of_key
from experiments.report.study_figures import parameter_words
from experiments.report.style.colours import (
    COLOURS,
    LABEL,
    bars,
    clean,
    headline,
    label_rows,
    look,
    new_figure,
    offset,
    room_for,
)
from experiments.report.style.heatmap import cells, fixed_colours, write_cells
from experiments.report.style.words import columns_that_fit, folded, readable, with_unit
from experiments.report.sweep.arrays import Factor, Swept, band_at, mean_at
from experiments.report.sweep.states import Worse
from sim.numbers import fixed, number

COLUMNS, PANEL_WIDTH = 4, 2.6
CURVES = ("fire_attacks", "rounds_leaked", "us_wounded", "convoy_attacks", "relation_mean", "pressure")
EVERY = "all runs"
MOST_VALUES, GROUPS = 60, 30
"""A curve over more values than that is drawn over so many groups of neighbours."""
MOST_LINES = 6
"""More lever combinations than that are no lines in one panel: then the postures alone, or one line for all."""


# --- what the figures share ----------------------------------------------------------------------------------
def series(swept: Swept) -> dict[str, NDArray[np.bool_]]:
    """Line or colour → its points: each posture if it is swept, else all together."""
    posture = swept.factor("posture")
    if posture is None or len(posture.levels) > MOST_LINES:
        return {EVERY: np.ones((max(len(swept.levers), 1), max(len(swept.worlds), 1)), bool)}
    return {str(level): swept.where("posture", level) for level in posture.levels}


def level_words(factor: Factor, level: Any) -> str:
    """`people = 3,000`; of postures and responses the name alone."""
    if factor.key in ("posture", "responses"):
        return str(level)
    return f"{parameter_words(factor.key)} = {number(level) if factor.numeric else level}"


def _grid(
    measures: Sequence[str], columns: int, width: float, height: float, **share: Any
) -> tuple[Figure, list[Axes]]:
    rows = -(-len(measures) // columns)
    figure = new_figure(width, height)
    grid = list(figure.subplots(rows, columns, squeeze=False, **share).flat)
    for axes in grid[len(measures) :]:
        axes.set_visible(False)
    return figure, grid[: len(measures)]


def _legend(figure: Figure, axes: Axes, note: str) -> None:
    handles, labels = axes.get_legend_handles_labels()
    width = figure.get_figwidth() - 0.4
    ncols = columns_that_fit([*labels, ""], 9.5, width)
    style: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "fontsize": 9.5, "title_fontsize": 9}
    figure.legend(handles, labels, ncols=ncols, title=folded(note, 9, width), **style)


# --- means by level --------------------------------------------------------------------------------------------
def listed(swept: Swept) -> list[Factor]:
    """The factors with rows in the picture of means: those without a curve, and not the postures, which are colours."""
    return [f for f in swept.factors if not f.is_curve and (f.key != "posture" or len(f.levels) > MOST_LINES)]


def levels(swept: Swept, title: str) -> Figure:
    """A panel for each measure, a row for each level of each factor, a colour for each posture."""
    rows = [(factor, level) for factor in listed(swept) for level in factor.levels]
    labels = [folded(level_words(factor, level), LABEL, 2.4) for factor, level in rows]
    room, high = room_for(labels)
    lines = -(-len(swept.measures) // COLUMNS)
    height = 1.6 + lines * (0.95 + max(high, 0.27) * len(rows))
    figure, grid = _grid(swept.measures, COLUMNS, room + COLUMNS * PANEL_WIDTH, height, sharey=True)
    for axes, measure in zip(grid, swept.measures, strict=True):
        _draw_levels(axes, swept, measure, rows)
        label_rows(axes, labels)
        axes.set_title(with_unit(measure), fontsize=9.5, loc="left")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        for edge in _edges(rows):
            axes.axhline(edge, color="0.75", linewidth=0.8)
    n = swept.replicates
    _legend(figure, grid[0], f"mean over the points of a level, with its 95% t interval over n = {n:,} replicates")
    headline(figure, title)
    return figure


def _edges(rows: Sequence[tuple[Factor, Any]]) -> list[float]:
    """Where one factor ends and the next begins."""
    return [n - 0.5 for n in range(1, len(rows)) if rows[n][0].key != rows[n - 1][0].key]


def _draw_levels(axes: Axes, swept: Swept, measure: str, rows: Sequence[tuple[Factor, Any]]) -> None:
    every = series(swept)
    for n, (name, points) in enumerate(every.items()):
        found = [mean_at(swept, measure, points & swept.where(factor.key, level)) for factor, level in rows]
        at = np.arange(len(rows)) + offset(n, len(every), 0.3)
        style: dict[str, Any] = {"fmt": look(n)["marker"], "color": look(n)["color"], "capsize": 2.5, "markersize": 4.5}
        axes.errorbar([i.mean for i in found], at, xerr=bars(found), label=name, **style)


# --- response curves ---------------------------------------------------------------------------------------------
def curves(swept: Swept, factor: Factor, title: str) -> Figure:
    """A panel for each measure: mean with its interval and the band of single runs over a factor, by posture."""
    measures = [measure for measure in CURVES if measure in swept.measures]
    figure, grid = _grid(measures, 3, 10.5, 1.7 + 2.5 * -(-len(measures) // 3), sharex=True)
    for axes, measure in zip(grid, measures, strict=True):
        for n, (name, points) in enumerate(series(swept).items()):
            _draw_curve(axes, swept, factor, measure, points, n, name)
        axes.set_title(with_unit(measure), fontsize=9.5, loc="left")
        axes.tick_params(labelsize=8.5, labelbottom=True)
        axes.set_xlabel(folded(_with_unit(factor), 9, 3.0), fontsize=9)
        clean(axes)
        axes.grid(color="0.92")
        if factor.log:
            _log_ticks(axes, factor)
    n = swept.replicates
    note = f"line: mean with 95% t interval over n = {n:,} replicates; shade: 5th to 95th percentile of single runs"
    _legend(figure, grid[0], note)
    headline(figure, title)
    return figure


def value_groups(factor: Factor) -> list[tuple[float, ...]]:
    """Each value of a numeric factor alone, or, of more than MOST_VALUES, neighbours in GROUPS of the same size."""
    if len(factor.levels) <= MOST_VALUES:
        return [(level,) for level in factor.levels]
    return [tuple(group.tolist()) for group in np.array_split(np.array(factor.levels, dtype=float), GROUPS)]


def _with_unit(factor: Factor) -> str:
    unit = unit_of_key(factor.key)
    return parameter_words(factor.key) + (f" [{unit}]" if unit not in ("", "1", UNKNOWN) else "")


def _log_ticks(axes: Axes, factor: Factor) -> None:
    """A log scale with numbers as one writes them, 1, 2 and 5 of each decade."""
    axes.set_xscale("log")
    decades = range(math.floor(math.log10(factor.levels[0])), math.ceil(math.log10(factor.levels[-1])) + 1)
    ticks = [digit * 10.0**power for power in decades for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if 0.9 * factor.levels[0] <= tick <= 1.1 * factor.levels[-1]]
    shown = ticks if len(ticks) <= 6 else ticks[:: -(-len(ticks) // 6)]
    axes.set_xticks(shown, [number(tick) for tick in shown])
    axes.minorticks_off()


def _draw_curve(
    axes: Axes, swept: Swept, factor: Factor, measure: str, points: NDArray[np.bool_], n: int, name: str
) -> None:
    groups = value_groups(factor)
    at = [points & swept.where(factor.key, *group) for group in groups]
    found, x = [mean_at(swept, measure, each) for each in at], np.array([np.mean(group) for group in groups])
    low, high = np.array([band_at(swept, measure, each) for each in at]).T
    colour, marker = look(n)["color"], look(n)["marker"]
    axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    size = 4.0 if len(x) <= 20 else 2.0
    style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": size, "capsize": 2, "linewidth": 1.3}
    axes.errorbar(x, [i.mean for i in found], yerr=bars(found), label=name, **style)


# --- rank correlations ---------------------------------------------------------------------------------------------
def correlations(
    tables: Mapping[str, NDArray[np.object_]], keys: Sequence[str], measures: Sequence[str], title: str
) -> Figure:
    """A heat map for each scope, factors × measures; the number where its interval leaves 0 out."""
    labels = [folded(parameter_words(key), LABEL, 2.6) for key in keys]
    room, high = room_for(labels)
    size = max(high, 0.3) * len(keys)
    figure = new_figure(room + 0.95 * len(measures) + 1.3, 1.7 + (size + 0.45) * len(tables))
    grid = figure.subplots(len(tables), 1, squeeze=False, sharex=True)[:, 0]
    colours, norm = fixed_colours("PuOr_r"), Normalize(-1.0, 1.0)
    for n, (axes, (scope, table)) in enumerate(zip(grid, tables.items(), strict=True)):
        values = np.array([[i.mean for i in row] for row in table])
        mesh = cells(axes, values, colours, norm)
        words = [[fixed(i.mean, 2) if i.clear else "" for i in row] for row in table]
        write_cells(axes, words, np.asarray(norm(np.nan_to_num(values))), colours)
        axes.set_yticks(np.arange(len(keys)) + 0.5, labels, fontsize=LABEL)
        axes.set_title(scope, fontsize=9.5, loc="left")
        axes.set_xticks(np.arange(len(measures)) + 0.5, [readable(m).replace(" ", "\n", 1) for m in measures])
        axes.tick_params(axis="x", labelsize=LABEL, labelbottom=n == len(tables) - 1)
    bar = figure.colorbar(mesh, ax=list(grid), shrink=0.6, aspect=25)
    bar.set_label("Spearman's rank correlation", fontsize=LABEL)
    headline(figure, title)
    return figure


# --- worse in how many worlds ----------------------------------------------------------------------------------------
def worse(found: Sequence[Worse], title: str) -> Figure:
    """A row for each measure: share of the worlds in which each lever is worse than the base, with exact interval."""
    measures = list(dict.fromkeys(each.measure for each in found))
    names = list(dict.fromkeys(each.lever for each in found))
    figure = new_figure(9.0, 1.9 + (0.24 + 0.13 * len(names)) * len(measures))
    axes = figure.add_subplot()
    for n, name in enumerate(names):
        rows = [each for each in found if each.lever == name]
        at = np.arange(len(rows)) + offset(n, len(names), 0.5)
        style: dict[str, Any] = {"color": COLOURS[(n + 1) % 6], "fmt": look(n + 1)["marker"], "capsize": 3}
        intervals = [each.worse for each in rows]
        axes.errorbar([i.mean for i in intervals], at, xerr=bars(intervals), label=f"worse: {name}", **style)
        clear = [each.clearly_worse for each in rows]
        hollow: dict[str, Any] = {"color": style["color"], "markerfacecolor": "white", "linestyle": "none"}
        axes.plot(clear, at, style["fmt"], label=f"clearly worse: {name}", **hollow)
    label_rows(axes, [readable(measure) for measure in measures])
    axes.axvline(0.5, color="0.6", linestyle=":", linewidth=1)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks(np.arange(0, 1.01, 0.25), ["0", "25%", "50%", "75%", "100%"])
    axes.set_xlabel(f"share of the worlds in which it is worse than {found[0].base}", fontsize=9.5)
    note = "bar: exact 95% interval of the share; clearly: the paired 95% t interval of the world says so"
    _legend(figure, axes, note)
    headline(figure, title)
    return figure
