"""Figures of the sensitivity study: tornado, Sobol indices, interactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.marks import COLOURS, bars, clean, label_rows, new_figure
from experiments.report.study_figures import SCOPE_WORDS, parameter_words, titled
from experiments.report.text import number, with_unit
from experiments.studies.indices import Index
from experiments.studies.screening import LUCK
from experiments.studies.sensitivity import Sensitivity, Swing
from experiments.studies.settings import SensitivityStudy

BARS, COLUMNS = 8, 3
PANEL_WIDTH, LABEL_ROOM = 2.4, 2.3
DIFFERENCE = "six_minus_fourteen"


def figures(found: Sensitivity, sizes: SensitivityStudy, *, quick: bool) -> dict[str, Figure]:
    """Every figure by file name."""
    tornados = {f"tornado_{scope}.png": tornado(found, scope, sizes.measures, quick=quick) for scope in SCOPE_WORDS}
    return {
        **tornados,
        "sobol.png": sobol(found, sizes, quick=quick),
        "interactions.png": interactions(found, sizes.measures, quick=quick),
    }


# --- tornado ---------------------------------------------------------------------------------------------
def tornado(found: Sensitivity, scope: str, measures: Sequence[str], *, quick: bool) -> Figure:
    """A panel for each measure: what the strongest parameters do one at a time, low end and high end."""
    rows = -(-len(measures) // COLUMNS)
    figure = new_figure(COLUMNS * (PANEL_WIDTH + LABEL_ROOM), 1.5 + rows * (0.9 + 0.24 * BARS))
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes, measure in zip(grid.flat, measures, strict=False):
        _tornado_panel(axes, [s for s in found.swings if (s.scope, s.measure) == (scope, measure)], measure)
    for axes in grid.flat[len(measures) :]:
        axes.set_visible(False)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    n = found.pairs_of_runs
    words = f"One parameter at a time, {SCOPE_WORDS[scope]}: paired change from the middle of all priors "
    titled(figure, words + f"(bars: 95% t interval, n = {n} pairs; the {BARS} widest of each measure)", quick=quick)
    return figure


def _tornado_panel(axes: Axes, swings: Sequence[Swing], measure: str) -> None:
    top = sorted(swings, key=lambda s: -np.nan_to_num(s.size))[:BARS]
    axes.axvline(0, color="0.4", linewidth=1)
    for n, (end, colour) in enumerate((("low", COLOURS[5]), ("high", COLOURS[1]))):
        intervals = [getattr(s, end) for s in top]
        style: dict[str, Any] = {"height": 0.36, "color": colour, "error_kw": {"elinewidth": 1, "ecolor": "0.25"}}
        places = np.arange(len(top)) + (n - 0.5) * 0.38
        label = "at its 5% quantile" if end == "low" else "at its 95% quantile"
        axes.barh(places, [i.mean for i in intervals], xerr=bars(intervals), label=label, **style)
    label_rows(axes, [parameter_words(s.parameter) for s in top])
    axes.set_title(with_unit(measure), fontsize=10, loc="left")


# --- Sobol -----------------------------------------------------------------------------------------------
def sobol(found: Sensitivity, sizes: SensitivityStudy, *, quick: bool) -> Figure:
    """First-order and total indices: a panel for each measure and for six and the difference."""
    scopes = ("six", DIFFERENCE)
    names = [*found.kept, LUCK]
    height = 1.7 + len(scopes) * (0.7 + 0.24 * len(names))
    figure = new_figure(2.6 + 1.75 * len(sizes.measures), height)
    grid = figure.subplots(len(scopes), len(sizes.measures), sharey=True, sharex=True, squeeze=False)
    for row, scope in zip(grid, scopes, strict=True):
        for axes, measure in zip(row, sizes.measures, strict=True):
            _sobol_panel(axes, found.singles[scope, measure])
            luck = f"luck {100 * found.luck[scope, measure].luck:.0f}%"
            axes.set_title(f"{with_unit(measure)},\n{SCOPE_WORDS[scope]}, {luck}", fontsize=8.5, loc="left")
    for axes in grid[:, 0]:
        axes.set_yticks(range(len(names)), [parameter_words(name) for name in names], fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("share of variance", fontsize=9)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    words = "Sobol indices of the parameters that matter: alone, and with all interactions "
    n = f"(bars: 95% bootstrap interval, N = {sizes.base_points} base points × {sizes.sobol_replicates} replicates; "
    titled(figure, words + n + "luck: its share of the variance of a single run)", quick=quick)
    return figure


def _sobol_panel(axes: Axes, singles: Sequence[Index]) -> None:
    rows = np.arange(len(singles))
    for n, (part, label) in enumerate((("first", "first order"), ("total", "total"))):
        values = [getattr(index, part) for index in singles]
        half = [getattr(index, f"{part}_half_width") for index in singles]
        style: dict[str, Any] = {"fmt": "os"[n], "color": COLOURS[n], "markersize": 4, "capsize": 2}
        axes.errorbar(values, rows + (n - 0.5) * 0.3, xerr=np.nan_to_num(half), label=label, **style)
    dummy = singles[-1]
    floor = dummy.total + dummy.total_half_width
    if np.isfinite(floor):
        axes.axvspan(0, floor, color="0.9", zorder=0, label="floor of significance (luck)")
    axes.axvline(0, color="0.4", linewidth=1)
    axes.set_xlim(-0.12, 1.12)
    axes.set_ylim(len(singles) - 0.4, -0.6)
    clean(axes)


# --- interactions ----------------------------------------------------------------------------------------
def interactions(found: Sensitivity, measures: Sequence[str], *, quick: bool) -> Figure:
    """Second-order indices of the difference, a heat map for each measure; clear ones have their number."""
    columns = COLUMNS + 1
    rows = -(-len(measures) // columns)
    size = max(1.9, 0.4 + 0.27 * len(found.kept))
    figure = new_figure(3.4 + columns * size, 1.4 + rows * (size + 0.5))
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    images = [_heat(axes, found, measure) for axes, measure in zip(grid.flat, measures, strict=False)]
    for axes in grid.flat[len(measures) :]:
        axes.set_visible(False)
    for axes in grid.flat[max(0, len(measures) - columns) : len(measures)]:
        axes.tick_params(labelbottom=True)
    figure.colorbar(images[0], ax=grid, shrink=0.6, label="second-order index (share of variance)")
    words = "Which parameters act together on the difference six − fourteen: second-order Sobol indices "
    titled(
        figure,
        words + "(numbers where the 95% bootstrap interval leaves 0 out and both parameters stand above luck)",
        quick=quick,
    )
    return figure


def _heat(axes: Axes, found: Sensitivity, measure: str) -> Any:
    kept = list(found.kept)
    table = np.full((len(kept), len(kept)), np.nan)
    above = {index.parameter for index in found.singles[DIFFERENCE, measure] if index.matters}
    for pair in found.pairs[DIFFERENCE, measure]:
        i, j = sorted((kept.index(pair.parameter), kept.index(pair.other)))
        table[j, i] = pair.second
        if abs(pair.second) > pair.second_half_width and {pair.parameter, pair.other} <= above:
            colour = "white" if abs(pair.second) > 0.12 else "black"
            axes.text(i, j, number(round(pair.second, 2)), ha="center", va="center", fontsize=7, color=colour)
    image = axes.imshow(table, cmap="PuOr", vmin=-0.2, vmax=0.2, aspect="equal")
    words = [parameter_words(key) for key in kept]
    axes.set_xticks(range(len(kept)), [str(n) for n in range(1, len(kept) + 1)], fontsize=8)
    axes.set_yticks(range(len(kept)), [f"{word}  {n}" for n, word in enumerate(words, 1)], fontsize=8)
    axes.set_title(with_unit(measure), fontsize=9.5, loc="left")
    clean(axes)
    return image
