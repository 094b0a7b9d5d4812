"""Figures of a sweep: means by level, curves, rank correlations, in how many states of the world a lever is worse."""

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
from experiments.report.style import panels as draw
from experiments.report.style.colours import COLOURS, style_of
from experiments.report.style.forest import LABEL, label_rows, room_for
from experiments.report.style.heatmap import cells, fixed_colours, write_cells
from experiments.report.style.names import in_prose
from experiments.report.style.words import folded, labelled, readable, with_unit
from experiments.report.sweep import numbers
from experiments.report.sweep.numbers import Swept, SweptFactor, mean_at
from experiments.report.sweep.over_states import Worse
from sim.numbers import fixed, number

COLUMNS, PANEL_WIDTH = 4, 2.6
CURVES = ("fire_attacks", "rounds_leaked", "us_wounded", "convoy_attacks", "relation_mean", "pressure")


# --- means by level --------------------------------------------------------------------------------------------
def levels(swept: Swept, title: str) -> Figure:
    """A panel for each measure, a row for each level of each factor, a colour for each posture."""
    rows = [(factor, level) for factor in numbers.with_rows(swept) for level in factor.levels]
    labels = [folded(numbers.level_words(factor, level), LABEL, 2.4) for factor, level in rows]
    room, high = room_for(labels)
    height = 1.6 + draw.rows_of(len(swept.measures), COLUMNS) * (0.95 + max(high, 0.27) * len(rows))
    figure = draw.new_figure(room + COLUMNS * PANEL_WIDTH, height)
    grid = draw.panels(figure, len(swept.measures), COLUMNS, sharey=True)
    for axes, measure in zip(grid, swept.measures, strict=True):
        _draw_levels(axes, swept, measure, rows)
        label_rows(axes, labels)
        draw.panel_title(axes, with_unit(measure), size=9.5)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        for edge in _edges(rows):
            axes.axhline(edge, color="0.75", linewidth=0.8)
    note = f"mean over the points of a level, with its 95% t interval over n = {swept.replicates:,} replicates"
    draw.key(figure, grid[0], note, size=9.5)
    draw.headline(figure, title)
    return figure


def _edges(rows: Sequence[tuple[SweptFactor, Any]]) -> list[float]:
    """Where one factor ends and the next begins."""
    return [n - 0.5 for n in range(1, len(rows)) if rows[n][0].key != rows[n - 1][0].key]


def _draw_levels(axes: Axes, swept: Swept, measure: str, rows: Sequence[tuple[SweptFactor, Any]]) -> None:
    every = numbers.series(swept)
    for n, (name, points) in enumerate(every.items()):
        found = [mean_at(swept, measure, points & swept.where(factor.key, level)) for factor, level in rows]
        at = np.arange(len(rows)) + draw.offset(n, len(every), 0.3)
        draw.means(axes, found, at, n, label=name, capsize=2.5, markersize=4.5)


# --- response curves ---------------------------------------------------------------------------------------------
def curves(swept: Swept, factor: SweptFactor, title: str) -> Figure:
    """A panel for each measure: mean with its interval and the band of single runs over a factor, by posture."""
    measures = [measure for measure in CURVES if measure in swept.measures]
    figure = draw.new_figure(10.5, 1.7 + 2.5 * draw.rows_of(len(measures), 3))
    grid = draw.panels(figure, len(measures), 3, sharex=True)
    for axes, measure in zip(grid, measures, strict=True):
        for n, (name, points) in enumerate(numbers.series(swept).items()):
            _draw_curve(axes, swept, factor, measure, points, n, name)
        draw.panel_title(axes, with_unit(measure), size=9.5)
        axes.tick_params(labelsize=8.5, labelbottom=True)
        axes.set_xlabel(folded(_with_unit(factor), 9, 3.0), fontsize=9)
        draw.clean(axes)
        axes.grid(color="0.92")
        if factor.log:
            _log_ticks(axes, factor)
    n = swept.replicates
    note = f"line: mean with 95% t interval over n = {n:,} replicates; shade: 5th to 95th percentile of single runs"
    draw.key(figure, grid[0], note, size=9.5)
    draw.headline(figure, title)
    return figure


def _with_unit(factor: SweptFactor) -> str:
    unit = unit_of_key(factor.key)
    return labelled(in_prose(factor.key), "" if unit == UNKNOWN else unit)


def _log_ticks(axes: Axes, factor: SweptFactor) -> None:
    """A log scale with numbers as one writes them, 1, 2 and 5 of each decade."""
    axes.set_xscale("log")
    decades = range(math.floor(math.log10(factor.levels[0])), math.ceil(math.log10(factor.levels[-1])) + 1)
    ticks = [digit * 10.0**power for power in decades for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if 0.9 * factor.levels[0] <= tick <= 1.1 * factor.levels[-1]]
    shown = ticks if len(ticks) <= 6 else ticks[:: -(-len(ticks) // 6)]
    axes.set_xticks(shown, [number(tick) for tick in shown])
    axes.minorticks_off()


def _draw_curve(
    axes: Axes, swept: Swept, factor: SweptFactor, measure: str, points: NDArray[np.bool_], n: int, name: str
) -> None:
    groups = numbers.value_groups(factor)
    at = [points & swept.where(factor.key, *group) for group in groups]
    found, x = [mean_at(swept, measure, each) for each in at], numbers.middles(groups)
    low, high = np.array([numbers.spread_at(swept, measure, each) for each in at]).T
    axes.fill_between(x, low, high, color=style_of(n)["color"], alpha=0.15, linewidth=0)
    style: dict[str, Any] = {"markersize": 4.0 if len(x) <= 20 else 2.0, "linestyle": "-", "linewidth": 1.3}
    draw.means(axes, found, x, n, upright=True, label=name, **style)


# --- rank correlations ---------------------------------------------------------------------------------------------
def correlations(
    tables: Mapping[str, NDArray[np.object_]], keys: Sequence[str], measures: Sequence[str], title: str
) -> Figure:
    """A heat map for each scope, factors × measures; the number where its interval leaves 0 out."""
    labels = [folded(in_prose(key), LABEL, 2.6) for key in keys]
    room, high = room_for(labels)
    size = max(high, 0.3) * len(keys)
    figure = draw.new_figure(room + 0.95 * len(measures) + 1.3, 1.7 + (size + 0.45) * len(tables))
    grid = figure.subplots(len(tables), 1, squeeze=False, sharex=True)[:, 0]
    colours, norm = fixed_colours("PuOr_r"), Normalize(-1.0, 1.0)
    for n, (axes, (scope, table)) in enumerate(zip(grid, tables.items(), strict=True)):
        values = np.array([[i.mean for i in row] for row in table])
        mesh = cells(axes, values, colours, norm)
        words = [[fixed(i.mean, 2) if i.clear else "" for i in row] for row in table]
        write_cells(axes, words, np.asarray(norm(np.nan_to_num(values))), colours)
        axes.set_yticks(np.arange(len(keys)) + 0.5, labels, fontsize=LABEL)
        draw.panel_title(axes, scope, size=9.5)
        axes.set_xticks(np.arange(len(measures)) + 0.5, [readable(m).replace(" ", "\n", 1) for m in measures])
        axes.tick_params(axis="x", labelsize=LABEL, labelbottom=n == len(tables) - 1)
    bar = figure.colorbar(mesh, ax=list(grid), shrink=0.6, aspect=25)
    bar.set_label("Spearman's rank correlation", fontsize=LABEL)
    draw.headline(figure, title)
    return figure


# --- worse in how many states ----------------------------------------------------------------------------------------
def worse(found: Sequence[Worse], title: str) -> Figure:
    """A row for each measure: share of the states in which each lever is worse than the base, with exact interval."""
    measures = list(dict.fromkeys(each.measure for each in found))
    names = list(dict.fromkeys(each.lever for each in found))
    figure = draw.new_figure(9.0, 1.9 + (0.24 + 0.13 * len(names)) * len(measures))
    axes = figure.add_subplot()
    for n, name in enumerate(names):
        rows = [each for each in found if each.lever == name]
        at = np.arange(len(rows)) + draw.offset(n, len(names), 0.5)
        style = {**style_of(n + 1), "color": COLOURS[(n + 1) % 6], "linestyle": "none", "markersize": 6}
        draw.means(axes, [each.worse for each in rows], at, label=f"worse: {name}", capsize=3, **style)
        clear = [each.clearly_worse for each in rows]
        axes.plot(clear, at, label=f"clearly worse: {name}", markerfacecolor="white", **style)
    label_rows(axes, [readable(measure) for measure in measures])
    axes.axvline(0.5, color="0.6", linestyle=":", linewidth=1)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks(np.arange(0, 1.01, 0.25), ["0", "25%", "50%", "75%", "100%"])
    axes.set_xlabel(f"share of the states of the world in which it is worse than {found[0].base}", fontsize=9.5)
    note = "bar: exact 95% interval of the share; clearly: the paired 95% t interval of the state says so"
    draw.key(figure, axes, note, size=9.5)
    draw.headline(figure, title)
    return figure
