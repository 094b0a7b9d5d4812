"""Figures of the factorial: which change makes the difference; what each battery does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from experiments.report import study
from experiments.report.factorial import numbers
from experiments.report.factorial.numbers import SOURCES, TOTAL
from experiments.report.study import Drawn, Tabled, in_order, of_measure, with_unit_of
from experiments.report.style.forest import label_rows
from experiments.report.style.panels import key, light_grid, means, new_figure, offset, panel_title, panels, rows_of
from experiments.report.style.tables import intervals
from experiments.report.style.words import listed, readable
from sim.numbers import signed


# --- effects ---------------------------------------------------------------------------------------------
def effects(terms: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """All effects with intervals, at the default values and over the ensemble; a panel for each measure."""
    measures, labels = in_order(terms, "measure"), in_order(numbers.shown(terms), "effect")
    columns = min(3, len(measures))
    height = 1.7 + rows_of(len(measures), columns) * (0.7 + 0.27 * len(labels))
    figure = new_figure(2.6 + columns * 2.7, height)
    grid = panels(figure, len(measures), columns, sharey=True)
    for axes, measure in zip(grid, measures, strict=True):
        _effects_panel(axes, numbers.shown(of_measure(terms, measure)), labels)
        panel_title(axes, with_unit_of(terms, measure))
    key(figure, grid[0], columns=2)
    how = "Effect of each change from fourteen to six sites, and of changes together: paired, in the measure's unit; "
    how += "bars: 95% t interval of the mean."
    yield Drawn("effects", figure, numbers.effects_title(terms), how, _effects_alt(terms))


def _effects_alt(terms: pd.DataFrame) -> str:
    over = numbers.best_source(terms)
    total = terms[(terms["over"] == over) & (terms["kind"] == TOTAL)].set_index("measure")["mean"]
    said = []
    for measure in in_order(mains := numbers.main_effects(terms, over), "measure"):
        each = [f"{row['effect']} {signed(row['mean'])}" for row in of_measure(mains, measure).to_dict("records")]
        whole = f"; together {signed(float(total[measure]))}" if measure in total else ""
        said.append(f"{readable(measure)}: {', '.join(each)}{whole}")
    return f"Dot chart of effects, a panel for each measure. Main effects: {'. '.join(said)}."


def _effects_panel(axes: Axes, shown: pd.DataFrame, labels: list[str]) -> None:
    axes.axvline(0, color="0.4", linewidth=1)
    for n, (over, (name, what)) in enumerate(SOURCES.items()):
        rows = shown[shown["over"] == over]
        if len(rows):
            places = np.array([labels.index(effect) for effect in rows["effect"]]) + offset(n, 2, 0.3)
            means(axes, intervals(rows), places, n, label=f"{name}, n = {rows['n'].iloc[0]:.0f} {what}")
    label_rows(axes, labels)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


# --- batteries -------------------------------------------------------------------------------------------
def curves(rungs: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Each measure over the number of batteries, for both numbers of sites and people."""
    measures = in_order(rungs, "measure")
    columns = min(4, len(measures))
    figure = new_figure(columns * 2.6, 1.7 + rows_of(len(measures), columns) * 2.1)
    grid = panels(figure, len(measures), columns, sharex=True)
    for n, (axes, measure) in enumerate(zip(grid, measures, strict=True)):
        _curve_panel(axes, of_measure(rungs, measure))
        panel_title(axes, with_unit_of(rungs, measure))
        if n >= len(measures) - columns:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("C-RAM batteries")
    key(figure, grid[0], columns=4)
    replicates = found.size("curve_replicates")
    n_words = f", n = {replicates} replicates" if replicates else ""
    how = "Batteries are placed by symbolic value, at the default values "
    how += f"(mean, bars: 95% t interval{n_words}; points of a battery stand side by side)."
    finding = numbers.curves_title(rungs)
    alt = f"Line charts of {listed(map(readable, measures))} over the number of batteries. {finding}."
    yield Drawn("batteries", figure, finding, how, alt)


def _curve_panel(axes: Axes, rungs: pd.DataFrame) -> None:
    lines = numbers.curves_of(rungs)
    for n, (label, line) in enumerate(lines.items()):
        places = line["batteries"] + offset(n, len(lines), 0.3)
        means(axes, intervals(line), places, n, upright=True, linestyle="-", label=label)
    light_grid(axes, "y")
    axes.tick_params(labelsize=8.5)


pictures = study.pictures(("factorial", effects), ("batteries", curves))
