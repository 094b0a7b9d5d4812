"""Figures of scenario discovery: how often answers flip, how robust each pair is, regret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from experiments.report import study
from experiments.report.discovery import numbers
from experiments.report.discovery.numbers import PARTS
from experiments.report.study import Drawn, Tabled, in_order, of_measure, with_unit_of
from experiments.report.style.colours import COLOURS
from experiments.report.style.forest import label_rows
from experiments.report.style.heatmap import MOST_ROWS, regret_heat_map, regret_title
from experiments.report.style.panels import clean, key, new_figure
from experiments.report.style.words import readable


# --- answers -------------------------------------------------------------------------------------------
def answers(asked: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Shares of the states in which the second is better, equal, worse, with the interval of the last."""
    labels = [f"{numbers.added(r)}: {readable(r['measure'])}" for r in asked.to_dict("records")]
    figure = new_figure(10.0, 1.9 + 0.25 * len(asked))
    axes, rows = figure.add_subplot(), np.arange(len(asked))
    better, equal, worse = (asked[side].to_numpy(float) for side in ("better", "equal", "worse"))
    axes.barh(rows, better, color=COLOURS[0], label="better")
    axes.barh(rows, equal, left=better, color="0.88", label="equal")
    axes.barh(rows, worse, left=1 - worse, color=COLOURS[1], label="worse, with its 95% interval")
    for row, low, high in zip(rows, asked["worse_low"], asked["worse_high"], strict=True):
        axes.plot([1 - high, 1 - low], [row, row], color="black", linewidth=1.5)
    label_rows(axes, labels)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the states of the world")
    key(figure, axes, columns=3, size=9)
    how = f"Postures of equal budget, then a response against none, in {numbers.states_in(found)}, without replicate "
    how += "noise. No bar: states are not told apart by more than that noise."
    yield Drawn("answers", figure, numbers.answers_title(asked), how, _answers_alt(asked))


def _answers_alt(asked: pd.DataFrame) -> str:
    first = asked[(asked["base"] == asked["base"].iloc[0]) & (asked["other"] == asked["other"].iloc[0])]
    each = [f"{readable(r['measure'])} {numbers.worse_words(r)}" for r in first.to_dict("records")]
    pair = f"{first['other'].iloc[0]} against {first['base'].iloc[0]}"
    return f"Stacked bars of shares of states, a row a question. {pair}: {'; '.join(each)}."


# --- robustness ----------------------------------------------------------------------------------------
def regret(robust: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Regret of each pair as a heat map, mean and 90th percentile, with the share of states that are good enough."""
    table, means = numbers.regret_table(robust), numbers.mean_regret(robust)
    ranked_by = [f"{column}\n{PARTS['regret_mean']}" for column in means.columns]
    figure = regret_heat_map(table, ranked_by, numbers.good_enough(robust))
    title = f"Mean over {numbers.states_in(found)}. {regret_title(means)}"
    left_out = f" The first {MOST_ROWS} of {len(table)}." if len(table) > MOST_ROWS else ""
    how = "Regret: distance from the best pair of the same state, in the measure's unit; darker is worse. "
    how += f"Sorted by the mean of the ranks in mean regret.{left_out}"
    alt = f"Heat map of regret, {len(table)} pairs by {len(table.columns)} columns, with bars of the share of states "
    alt += f"that are good enough. {title}."
    yield Drawn("regret", figure, title, how, alt)


def robustness(robust: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Regret of each pair (mean and 90th percentile, on a log axis where it is wide), and satisficing."""
    measures, pairs = in_order(robust, "measure"), in_order(robust, "pair")
    figure = new_figure(2.6 + 2.8 * (len(measures) + 1), 1.9 + 0.24 * len(pairs))
    grid: list[Axes] = figure.subplots(1, len(measures) + 1, sharey=True)
    for axes, measure in zip(grid, measures, strict=False):
        _regret_panel(axes, of_measure(robust, measure).set_index("pair").reindex(pairs))
        axes.set_xlabel(f"regret in {with_unit_of(robust, measure)}")
    shares = numbers.good_enough(robust).reindex(pairs).to_numpy(float)
    grid[-1].barh(range(len(pairs)), shares, color=COLOURS[2])
    grid[-1].set_xlabel("good enough, share of the states")
    grid[-1].set_xlim(0, 1)
    for axes in grid:
        label_rows(axes, pairs)
    key(figure, grid[0], columns=2)
    how = f"Regret: distance from the best pair of each of {numbers.states_in(found)} of the wide priors. "
    how += "Good enough: every limit of the study is met."
    title = numbers.robustness_title(robust)
    yield Drawn("robustness", figure, title, how, f"Dots of regret and bars of shares. {title}.")


def _regret_panel(axes: Axes, rows: pd.DataFrame) -> None:
    for n, (column, label) in enumerate(PARTS.items()):
        dots: dict[str, Any] = {"markersize": 5, "linestyle": "none", "color": COLOURS[n], "label": label}
        axes.plot(rows[column].to_numpy(float), range(len(rows)), "os"[n], **dots)
    axes.set_xscale("symlog", linthresh=max(float(np.nanmedian(rows["regret_mean"])), 1e-6))
    clean(axes)


pictures = study.pictures(("answers", answers), ("robustness", regret), ("robustness", robustness))
