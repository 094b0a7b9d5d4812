"""Figures of the factorial, drawn from its tables: which change makes the difference; what each battery does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from experiments.report.page.document import Picture
from experiments.report.study_figures import Drawn, in_order, intervals, is_quick, labelled, listed, panels, setting
from experiments.report.style.colours import COLOURS, MARKERS, bars, clean, label_rows, new_figure, offset
from experiments.report.style.words import readable
from sim.numbers import signed

COLUMNS = 3
SHOWN = ("main effect", "interaction of two", "interaction of three", "total")
SOURCES = {"defaults": ("default values", "replicates"), "ensemble": ("ensemble", "draws")}
MAIN, TOTAL = "main effect", "total"


def pictures(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> list[Picture]:
    """Every figure that the tables allow; `study` is the entry of the manifest, or empty."""
    return [drawn.picture(quick=any(map(is_quick, tables.values()))) for drawn in _all(tables, study)]


def _all(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> Iterator[Drawn]:
    if "factorial" in tables:
        yield effects(tables["factorial"])
    if "batteries" in tables:
        yield curves(tables["batteries"], setting(study, "curve_replicates"))


# --- effects ---------------------------------------------------------------------------------------------
def best_source(terms: pd.DataFrame) -> str:
    """Over the ensemble if it was run, else at the default values."""
    return "ensemble" if "ensemble" in set(terms["over"]) else "defaults"


def main_effects(terms: pd.DataFrame, over: str) -> pd.DataFrame:
    """Main effects of one source, with a column `clear`: whether the 95% interval leaves 0 out."""
    rows = terms[(terms["over"] == over) & (terms["kind"] == MAIN)]
    return rows.assign(clear=(rows["low"] > 0) | (rows["high"] < 0))


def largest(terms: pd.DataFrame, over: str) -> dict[str, str]:
    """For each measure the change with the largest main effect, where its interval lies beyond those of the others."""
    found = {}
    for measure, rows in main_effects(terms, over).groupby("measure", sort=False):
        rows = rows.assign(size=rows["mean"].abs()).sort_values("size", ascending=False, kind="stable")
        reach = rows[["low", "high"]].abs()
        if rows["clear"].iloc[0] and reach.iloc[0].min() > reach.iloc[1:].max().max():
            found[str(measure)] = str(rows["effect"].iloc[0])
    return found


def effects(terms: pd.DataFrame) -> Drawn:
    """All effects with intervals, at the default values and over the ensemble; a panel for each measure."""
    measures, labels = in_order(terms, "measure"), in_order(_shown(terms), "effect")
    columns = min(COLUMNS, len(measures))
    figure = new_figure(2.6 + columns * 2.7, 1.7 + -(-len(measures) // columns) * (0.7 + 0.27 * len(labels)))
    grid = panels(figure, len(measures), columns, sharey=True)
    for axes, measure in zip(grid, measures, strict=True):
        _effects_panel(axes, _shown(terms[terms["measure"] == measure]), labels)
        axes.set_title(labelled(terms, measure), fontsize=10, loc="left")
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    how = "Effect of each change from fourteen to six sites, and of changes together: paired, in the measure's unit; "
    how += "bars: 95% t interval of the mean."
    return Drawn("effects", figure, effects_title(terms), how, "factorial", _effects_alt(terms))


def effects_title(terms: pd.DataFrame) -> str:
    """Which change has the largest part in how many measures."""
    over, found = best_source(terms), largest(terms, best_source(terms))
    n, where = len(in_order(terms, "measure")), "over the ensemble" if over == "ensemble" else "at the default values"
    counts = [f"{name} in {k}" for name, k in Counter(found.values()).most_common()]
    undecided = [f"undecided in {n - len(found)}"] if len(found) < n else []
    parts = listed([*counts, *undecided])
    return f"Six against fourteen, taken apart: largest part of the change, of {n} measures, {parts} ({where})"


def _effects_alt(terms: pd.DataFrame) -> str:
    over = best_source(terms)
    total = terms[(terms["over"] == over) & (terms["kind"] == TOTAL)].set_index("measure")["mean"]
    said = []
    for measure, rows in main_effects(terms, over).groupby("measure", sort=False):
        each = [f"{row['effect']} {signed(row['mean'])}" for row in rows.to_dict("records")]
        whole = f"; together {signed(float(total[measure]))}" if measure in total else ""
        said.append(f"{readable(str(measure))}: {', '.join(each)}{whole}")
    return f"Dot chart of effects, a panel for each measure. Main effects: {'. '.join(said)}."


def _shown(terms: pd.DataFrame) -> pd.DataFrame:
    """The rows that are drawn, main effects first and the total last."""
    order = {kind: n for n, kind in enumerate(SHOWN)}
    rows = terms[terms["kind"].isin(SHOWN)]
    return rows.sort_values("kind", key=lambda kinds: kinds.map(order), kind="stable")


def _effects_panel(axes: Axes, shown: pd.DataFrame, labels: list[str]) -> None:
    axes.axvline(0, color="0.4", linewidth=1)
    for n, (over, (name, what)) in enumerate(SOURCES.items()):
        rows = shown[shown["over"] == over]
        if len(rows):
            found = intervals(rows)
            style: dict[str, Any] = {"fmt": MARKERS[n], "color": COLOURS[n], "capsize": 2, "markersize": 4}
            places = np.array([labels.index(effect) for effect in rows["effect"]]) + offset(n, 2, 0.3)
            label = f"{name}, n = {rows['n'].iloc[0]:.0f} {what}"
            axes.errorbar([i.mean for i in found], places, xerr=bars(found), label=label, **style)
    label_rows(axes, labels)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


# --- batteries -------------------------------------------------------------------------------------------
def curves(rungs: pd.DataFrame, replicates: int | None) -> Drawn:
    """Each measure over the number of batteries, for both numbers of sites and people."""
    measures, columns = in_order(rungs, "measure"), 4
    columns = min(columns, len(measures))
    figure = new_figure(columns * 2.6, 1.7 + -(-len(measures) // columns) * 2.1)
    grid = panels(figure, len(measures), columns, sharex=True)
    for n, (axes, measure) in enumerate(zip(grid, measures, strict=True)):
        _curve_panel(axes, rungs[rungs["measure"] == measure])
        axes.set_title(labelled(rungs, measure), fontsize=10, loc="left")
        if n >= len(measures) - columns:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("C-RAM batteries")
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
    n_words = f", n = {replicates} replicates" if replicates else ""
    how = "Batteries are placed by symbolic value, at the default values "
    how += f"(mean, bars: 95% t interval{n_words}; points of a battery stand side by side)."
    alt = f"Line charts of {listed(map(readable, measures))} over the number of batteries. {curves_title(rungs)}."
    return Drawn("batteries", figure, curves_title(rungs), how, "batteries", alt)


def clear_steps(rungs: pd.DataFrame) -> dict[tuple[float, float], tuple[int, int]]:
    """For each step from one number of batteries to the next: in how many curves the change is clear, and of how many.

    A curve is a measure on one number of sites with one number of people; clear: the 95% interval leaves 0 out.
    """
    numbers = sorted(rungs["batteries"].unique().tolist())
    clear = (rungs["step_low"] > 0) | (rungs["step_high"] < 0)
    steps = {}
    for before, after in pairwise(numbers):
        rows = rungs["batteries"] == after
        steps[before, after] = (int((rows & clear).sum()), int(rows.sum()))
    return steps


def curves_title(rungs: pd.DataFrame) -> str:
    """How far up the ladder a further battery still makes a clear change."""
    steps = clear_steps(rungs)
    of = max((total for _, total in steps.values()), default=0)
    words = [f"from {a:g} to {b:g} in {n}" for (a, b), (n, _) in steps.items()]
    if words:
        words[0] += f" of {of} curves"
    return f"A further battery makes a clear change {', '.join(words)}"


def _curve_panel(axes: Axes, rungs: pd.DataFrame) -> None:
    groups = list(rungs.groupby(["sites", "people"], sort=False))
    for n, ((sites, people), line) in enumerate(groups):
        means = intervals(line)
        style: dict[str, Any] = {"marker": MARKERS[n % 7], "color": COLOURS[n % 7], "capsize": 2, "markersize": 4}
        places = line["batteries"] + offset(n, len(groups), 0.3)
        label = f"{sites}, {people:,.0f} people"
        axes.errorbar(places, [i.mean for i in means], yerr=bars(means), label=label, **style)
    axes.grid(axis="y", color="0.9")
    axes.tick_params(labelsize=8.5)
    axes.set_axisbelow(True)
    clean(axes)
