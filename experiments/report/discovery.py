"""Figures of scenario discovery: how often answers flip, and how robust each pair is."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.report.marks import COLOURS, clean, label_rows, new_figure
from experiments.report.study_figures import titled
from experiments.report.text import readable, with_unit
from experiments.studies.discovery import Answer, Discovery


def figures(found: Discovery, *, quick: bool) -> dict[str, Figure]:
    """Every figure by file name."""
    return {"answers.png": answers(found, quick=quick), "robustness.png": robustness(found, quick=quick)}


def answers(found: Discovery, *, quick: bool) -> Figure:
    """Shares of the worlds in which the second is better, worse, or not to be told from luck."""
    shown = found.answers
    figure = new_figure(8.5, 1.6 + 0.25 * len(shown))
    axes = figure.add_subplot()
    rows = np.arange(len(shown))
    better, worse = (np.array([getattr(a, f"surely_{side}") for a in shown]) for side in ("better", "worse"))
    axes.barh(rows, better, color=COLOURS[0], label="better, beyond two standard errors")
    axes.barh(rows, 1 - better - worse, left=better, color="0.88", label="not to be told from luck")
    axes.barh(rows, worse, left=1 - worse, color=COLOURS[1], label="worse, beyond two standard errors")
    axes.plot(
        [1 - a.worse for a in shown], rows, "|", color="black", markersize=11, label="better on average up to here"
    )
    label_rows(axes, [_label(a) for a in shown])
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the worlds")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    titled(figure, f"In how many of {shown[0].n} worlds of the wide priors is the second better or worse?", quick=quick)
    return figure


def _label(answer: Answer) -> str:
    question = answer.question
    return f"{question.other} against {question.base}: {readable(question.measure)}"


def robustness(found: Discovery, *, quick: bool) -> Figure:
    """Regret of each pair (mean and 90th percentile, on a log axis where it is wide), and satisficing."""
    metrics = list(dict.fromkeys(r.measure for r in found.regrets))
    pairs = list(found.satisficing)
    figure = new_figure(2.6 + 3.0 * (len(metrics) + 1), 1.6 + 0.24 * len(pairs))
    grid = figure.subplots(1, len(metrics) + 1, sharey=True)
    for axes, metric in zip(grid, metrics, strict=False):
        rows = [r for r in found.regrets if r.measure == metric]
        dots: dict[str, Any] = {"markersize": 5, "linestyle": "none"}
        axes.plot([r.mean for r in rows], range(len(rows)), "o", color=COLOURS[0], label="mean", **dots)
        axes.plot([r.p90 for r in rows], range(len(rows)), "s", color=COLOURS[1], label="90th percentile", **dots)
        axes.set_xscale("symlog", linthresh=max(np.median([r.mean for r in rows]), 1e-6))
        axes.set_xlabel(f"regret in {with_unit(metric)}")
        clean(axes)
    grid[-1].barh(range(len(pairs)), [found.satisficing[p] for p in pairs], color=COLOURS[2])
    grid[-1].set_xlabel("share of the worlds that are good enough")
    grid[-1].set_xlim(0, 1)
    for axes in grid:
        label_rows(axes, pairs)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    n = found.answers[0].n
    titled(figure, f"How robust is each posture with each response over {n} worlds of the wide priors?", quick=quick)
    return figure
