"""Figures of the factorial: what of six against fourteen comes from which change; what each battery does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.marks import COLOURS, MARKERS, bars, clean, label_rows, new_figure, offset
from experiments.report.study_figures import titled
from experiments.report.text import with_unit
from experiments.studies.factorial import Factorial, Term

COLUMNS, PANEL_WIDTH = 4, 2.6
SHOWN = ("main effect", "interaction of two", "interaction of three", "total")


def figures(found: Factorial, *, quick: bool) -> dict[str, Figure]:
    """Every figure by file name."""
    return {"effects.png": effects(found, quick=quick), "batteries.png": curves(found, quick=quick)}


def effects(found: Factorial, *, quick: bool) -> Figure:
    """All effects with intervals, at the default values and over the ensemble; a panel for each measure."""
    measures = list(dict.fromkeys(term.measure for term in found.defaults))
    labels = [term.effect for term in _shown(found.defaults, measures[0])]
    rows = -(-len(measures) // COLUMNS)
    figure = new_figure(2.4 + COLUMNS * PANEL_WIDTH, 1.5 + rows * (0.8 + 0.27 * len(labels)))
    grid = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False)
    for axes, measure in zip(grid.flat, measures, strict=False):
        _effects_panel(axes, found, measure, labels)
    for axes in grid.flat[len(measures) :]:
        axes.set_visible(False)
    handles, names = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    words = "Six against fourteen, taken apart: effect of each change and of changes together, "
    titled(
        figure,
        words + "paired, in the measure's unit (bars: 95% t interval of the mean)",
        quick=quick,
    )
    return figure


def _shown(terms: Sequence[Term], measure: str) -> list[Term]:
    return [term for kind in SHOWN for term in terms if (term.measure, term.kind) == (measure, kind)]


def _effects_panel(axes: Axes, found: Factorial, measure: str, labels: Sequence[str]) -> None:
    axes.axvline(0, color="0.4", linewidth=1)
    sources = (("default values", found.defaults, "replicates"), ("ensemble", found.ensemble, "draws"))
    for n, (name, terms, what) in enumerate(sources):
        shown = _shown(terms, measure)
        if shown:
            estimates = [term.estimate for term in shown]
            style: dict[str, Any] = {"fmt": MARKERS[n], "color": COLOURS[n], "capsize": 2, "markersize": 4}
            label = f"{name}, n = {shown[0].n} {what}"
            places = np.arange(len(shown)) + offset(n, 2, 0.3)
            axes.errorbar([e.mean for e in estimates], places, xerr=bars(estimates), label=label, **style)
    label_rows(axes, labels)
    axes.set_title(with_unit(measure), fontsize=10, loc="left")


def curves(found: Factorial, *, quick: bool) -> Figure:
    """Each measure over the number of batteries, for both numbers of sites and people."""
    measures = list(dict.fromkeys(rung.measure for rung in found.curve))
    rows = -(-len(measures) // COLUMNS)
    figure = new_figure(COLUMNS * 2.9, 1.3 + rows * 2.3)
    grid = figure.subplots(rows, COLUMNS, sharex=True, squeeze=False)
    for axes, measure in zip(grid.flat, measures, strict=False):
        _curve_panel(axes, found, measure)
    for axes in grid.flat[len(measures) :]:
        axes.set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel("C-RAM batteries")
    handles, names = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
    words = "What each battery does, placed by symbolic value, at the default values "
    titled(figure, words + f"(mean, bars: 95% t interval, n = {found.curve[0].n} replicates)", quick=quick)
    return figure


def _curve_panel(axes: Axes, found: Factorial, measure: str) -> None:
    rungs = [rung for rung in found.curve if rung.measure == measure]
    places = list(dict.fromkeys((rung.sites, rung.people) for rung in rungs))
    for n, (sites, people) in enumerate(places):
        line = [rung for rung in rungs if (rung.sites, rung.people) == (sites, people)]
        means = [rung.mean for rung in line]
        style: dict[str, Any] = {"marker": MARKERS[n], "color": COLOURS[n], "capsize": 2, "markersize": 4}
        label = f"{sites}, {people:,} people"
        shift = offset(n, len(places), 0.3)
        axes.errorbar(
            [r.batteries + shift for r in line], [i.mean for i in means], yerr=bars(means), label=label, **style
        )
    axes.set_title(with_unit(measure), fontsize=10, loc="left")
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
    clean(axes)
