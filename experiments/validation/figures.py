"""Figures of a validation: targets, the year week by week, scores beside the null models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.marks import COLOURS, MARKERS, clean, headline, new_figure
from experiments.report.text import folded
from experiments.store import replacing
from experiments.targets import Target
from experiments.validation.left_out import MODEL, SEEN, kinds, totals
from experiments.validation.predictive import QUANTILES, Checked, weekly
from experiments.validation.study import Validation

KINDS = {
    "fire_attacks": "Rocket and drone attacks",
    "convoy_attacks": "Bombs against supply convoys",
    "detail_attacks": "Bombs against foreign details",
}
QUICK = "QUICK SETTING, A TRY-OUT. "


def write_figures(validation: Validation, folder: Path) -> list[str]:
    """Draw the figures into a folder; their names."""
    drawn = {"targets.png": targets(validation), "weekly.png": year(validation)}
    if validation.scores:
        drawn["scores.png"] = scores(validation)
    for name, figure in drawn.items():
        with replacing(folder / name, "wb") as file:
            figure.savefig(file, format="png", dpi=150)
    return list(drawn)


def _title(validation: Validation, figure: Figure, text: str) -> None:
    headline(figure, (QUICK if validation.question.setting.quick else "") + text)


def _runs(validation: Validation) -> str:
    return f"{len(validation.predicted)} runs, ensemble {validation.question.ensemble.name}"


# --- targets -------------------------------------------------------------------------------------------
def targets(validation: Validation) -> Figure:
    """A panel for each target: bands of single runs, and what was reported."""
    columns = 3
    rows = -(-len(validation.checked) // columns)
    figure = new_figure(10.5, 1.5 + 1.15 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, check in zip(grid, validation.checked, strict=False):
        _draw_target(axes, check)
    for axes in grid[len(validation.checked) :]:
        axes.set_visible(False)
    inside = validation.coverage()
    words = ", ".join(f"{n} of {of} in the middle {100 * level:.0f}%" for level, (n, of) in inside.items())
    text = f"Reported and predicted: {words} of {_runs(validation)}. "
    text += "Bars: middle half and 90% of single runs, circle: median; ★ reported, its line ± tolerance or range"
    _title(validation, figure, text)
    return figure


def _draw_target(axes: Axes, check: Checked) -> None:
    low, quarter, median, three_quarters, high = check.quantiles
    axes.hlines(0, low, high, color=COLOURS[0], linewidth=2)
    axes.hlines(0, quarter, three_quarters, color=COLOURS[0], linewidth=7)
    axes.plot(median, 0, "o", color="white", markeredgecolor=COLOURS[0], markersize=6)
    _draw_report(axes, check.target, float(np.nanmax([high, 1.0])))
    axes.set_ylim(-1, 1.4)
    axes.set_yticks([])
    axes.margins(x=0.08)
    kind = "" if check.target.fit else " (not fitted)"
    axes.set_title(folded(f"{check.target.name}{kind}", 9, 3.1), fontsize=9, loc="left")
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw_report(axes: Axes, target: Target, far: float) -> None:
    low, high = target.bounds
    far = high if np.isfinite(high) else far
    axes.hlines(0.7, max(low, 0.0), far, color=COLOURS[1], linewidth=2)
    if target.value is not None:
        axes.plot(target.value, 0.7, "*", color=COLOURS[1], markersize=10)
    elif not np.isfinite(high):
        axes.plot(far, 0.7, ">", color=COLOURS[1], markersize=6)


# --- the year ------------------------------------------------------------------------------------------
def year(validation: Validation) -> Figure:
    """Running totals week by week: bands of single runs, reported totals at the ends of their windows."""
    shown = [name for name in KINDS if name in kinds(validation.question.loaded)] or list(KINDS)[:2]
    figure = new_figure(10.5, 4.2)
    grid = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, measure in zip(grid, shown, strict=True):
        _draw_year(axes, validation, measure)
    grid[0].legend(frameon=False, fontsize=8, loc="upper left")
    _title(
        validation,
        figure,
        f"Attacks since the start, week by week; {_runs(validation)}; bars on the reports: ± tolerance",
    )
    return figure


def _draw_year(axes: Axes, validation: Validation, measure: str) -> None:
    series = validation.predicted.series[measure]
    days, sums = weekly(series, series.shape[1])
    low, quarter, median, three_quarters, high = np.quantile(sums, QUANTILES, axis=0)
    axes.fill_between(days, low, high, color=COLOURS[5], alpha=0.35, linewidth=0, label="5% to 95% of runs")
    axes.fill_between(days, quarter, three_quarters, color=COLOURS[5], alpha=0.8, linewidth=0, label="middle half")
    axes.plot(days, median, color=COLOURS[0], label="median")
    loaded, total, error = validation.question.loaded, 0.0, 0.0
    for n, target in enumerate(kinds(loaded).get(measure, [])):
        total, error = total + (target.value or 0.0), error + target.tolerance * (target.value or 0.0)
        day = (target.last - loaded.start).days + 1
        label = "reported, cumulative" if n == 0 else None
        axes.errorbar(day, total, yerr=error, fmt="*", color="black", markersize=10, capsize=4, label=label)
    axes.set_title(KINDS[measure], fontsize=10, loc="left")
    axes.set_xlabel(f"day from {loaded.start}")
    axes.set_ylabel("attacks since the start")
    axes.set_ylim(bottom=0)
    clean(axes)


# --- scores --------------------------------------------------------------------------------------------
def scores(validation: Validation) -> Figure:
    """CRPS and log score of each model, a panel for each measure; means over the windows, points are windows."""
    found = totals(validation.scores)
    measures = list(dict.fromkeys(measure for measure, _ in found))
    figure = new_figure(10.5, 1.3 + 1.9 * len(measures))
    grid = figure.subplots(len(measures), 2, squeeze=False)
    for line, measure in zip(grid, measures, strict=True):
        for axes, score, name in zip(line, ("crps", "log_score"), ("CRPS [attacks]", "log score [nats]"), strict=True):
            _draw_scores(axes, validation, measure, score)
            axes.set_xlabel(f"{name}, lower is better", fontsize=9)
        line[0].set_title(KINDS.get(measure, measure), fontsize=10, loc="left")
    _title(validation, figure, _scores_title(validation))
    return figure


def _scores_title(validation: Validation) -> str:
    found, beaten = totals(validation.scores), []
    for (measure, model), (_, crps, _) in found.items():
        if model not in (MODEL, SEEN) and crps <= found[(measure, MODEL)][1]:
            beaten.append(f"{model} ({measure.replace('_', ' ')})")
    words = ", ".join(beaten) or "none"
    return f"Each window predicted from the others. Null models that do as well as the model or better by CRPS: {words}"


def _draw_scores(axes: Axes, validation: Validation, measure: str, score: str) -> None:
    models = list(dict.fromkeys(s.model for s in validation.scores))
    for y, model in enumerate(models):
        values = [getattr(s, score) for s in validation.scores if (s.measure, s.model) == (measure, model)]
        colour = COLOURS[0] if model == MODEL else "0.6" if model == SEEN else COLOURS[1]
        axes.plot(values, [y] * len(values), "|", color=colour, markersize=9)
        axes.plot(np.mean(values), y, MARKERS[y], color=colour, markersize=7)
    axes.set_yticks(range(len(models)), models, fontsize=8)
    axes.set_ylim(len(models) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    clean(axes)
