"""Figures of a validation: targets, the year week by week, scores beside null models, facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from experiments.report import study
from experiments.report.reports import reported
from experiments.report.study import Drawn, Tabled, in_order, of_measure
from experiments.report.style.colours import COLOURS, MARKERS
from experiments.report.style.forest import label_rows
from experiments.report.style.panels import clean, key, new_figure, panel_title, panels, rows_of
from experiments.report.style.tables import text_of
from experiments.report.style.words import KINDS, folded, listed, readable, sentence
from experiments.report.validation import numbers
from experiments.studies.targets import LEVELS
from experiments.studies.validation.left_out import MODEL, SEEN

SCORES = {"crps": "CRPS [attacks]", "log_score": "log score [nats]"}
RESTS = {"emergent": COLOURS[0], "fitted": COLOURS[4], "assumed": "0.6"}


# --- targets -------------------------------------------------------------------------------------------
def targets(found: pd.DataFrame, every: Tabled) -> Iterator[Drawn]:
    """A panel for each target: ranges of single runs, and what was reported."""
    columns, tolerance = 3, numbers.tolerances(every.about)
    figure = new_figure(10.5, 1.5 + 1.35 * rows_of(len(found), columns))
    for axes, row in zip(panels(figure, len(found), columns), found.to_dict("records"), strict=True):
        _draw_target(axes, row, tolerance.get(row["target"], 0.0))
    wide, n, fitted = numbers.inside(found, 90)
    spread = ", its line: ± tolerance or bounds" if tolerance else ", a line: bounds"
    yield Drawn(
        "targets",
        figure,
        numbers.targets_title(found, every),
        f"Bars: middle half and middle 90% of single runs; circle: median; ★ reported{spread}.",
        f"Reported figures beside ranges of single runs, a panel for each of {n} targets; {fitted} of the {wide} "
        "inside had been fitted.",
    )


def _draw_target(axes: Axes, row: Mapping[Any, Any], tolerance: float) -> None:
    low, quarter, median, three_quarters, high = (float(row[q]) for q in ("q05", "q25", "q50", "q75", "q95"))
    axes.hlines(0, low, high, color=COLOURS[0], linewidth=2)
    axes.hlines(0, quarter, three_quarters, color=COLOURS[0], linewidth=7)
    axes.plot(median, 0, "o", color="white", markeredgecolor=COLOURS[0], markersize=6)
    _draw_report(axes, row["reported"], tolerance, float(np.nanmax([high, 1.0])))
    axes.set_ylim(-1, 1.4)
    axes.set_yticks([])
    axes.margins(x=0.08)
    counts = not text_of(row["per"]) and row["measure"] not in LEVELS  # no ratio, no mean of a level: whole numbers
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=counts))
    axes.set_xlabel(_quantity(row), fontsize=8)
    panel_title(axes, f"{row['target']}{'' if row['fitted'] else ' (not fitted)'}", size=9, width=3.1)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _quantity(row: Mapping[Any, Any]) -> str:
    per = text_of(row["per"])
    return f"{readable(row['measure'])} / {readable(per)}" if per else readable(row["measure"])


def _draw_report(axes: Axes, cell: Any, tolerance: float, far: float) -> None:
    report = reported(cell)
    low, high = report.within(tolerance)
    ends = max(low, 0.0), high if np.isfinite(high) else max(far, low)
    axes.hlines(0.7, *ends, color=COLOURS[1], linewidth=2)
    if report.value is not None:
        axes.plot(report.value, 0.7, "*", color=COLOURS[1], markersize=10)
    elif not np.isfinite(high):
        axes.plot(ends[1], 0.7, ">", color=COLOURS[1], markersize=6)
    elif not np.isfinite(low):
        axes.plot(ends[0], 0.7, "<", color=COLOURS[1], markersize=6)


# --- the year ------------------------------------------------------------------------------------------
def year(weekly: pd.DataFrame, every: Tabled) -> Iterator[Drawn]:
    """Running totals week by week: ranges of single runs, reported totals at the ends of their windows."""
    windows, start = numbers.windows_of(every), numbers.first_day(every)
    shown = numbers.scored_measures(weekly, windows)
    figure = new_figure(3.6 * max(len(shown), 2), 4.4)
    said: list[str] = []
    for axes, measure in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        totals = numbers.running_totals(of_measure(windows, measure), start)
        rows = of_measure(weekly, measure)
        _draw_year(axes, rows, totals, start)
        panel_title(axes, KINDS.get(measure, readable(measure)))
        said += numbers.total_in_words(measure, rows, totals)
    figure.axes[0].set_ylabel("attacks since the start")
    # The first panel with a report has every mark.
    key(figure, max(figure.axes, key=lambda axes: len(axes.get_legend_handles_labels()[1])), columns=4, size=9)
    bars = "; bars on the reports: ± tolerance" if windows["tolerance"].notna().any() else ""
    yield Drawn(
        "weekly",
        figure,
        sentence("; ".join(said)) or "Attacks since the start, week by week",
        f"Running totals of {numbers.runs_in_words(every)}: median [5%, 95%]{bars}.",
        "Attacks since the start, week by week, as ranges of single runs, with reported totals at the ends of windows.",
    )


def _draw_year(axes: Axes, rows: pd.DataFrame, totals: list[tuple[int, float, float]], start: date) -> None:
    days = rows["day"].to_numpy(float)
    axes.fill_between(days, rows["q05"], rows["q95"], color="0.9", linewidth=0, label="5% to 95% of runs")
    axes.fill_between(days, rows["q25"], rows["q75"], color="0.78", linewidth=0, label="middle half")
    axes.plot(days, rows["q50"], color=COLOURS[0], label="median of runs")
    for day, total, error in totals:
        bar = error if np.isfinite(error) else None
        style: dict[str, Any] = {"fmt": "*", "color": COLOURS[1], "markersize": 11, "capsize": 4}
        label = "_" if day != totals[0][0] else "reported, running total"
        axes.errorbar(day, total, yerr=bar, label=label, clip_on=False, zorder=4, **style)
    axes.set_xlabel(f"day from {start}")
    axes.set_ylim(bottom=0)
    clean(axes)


# --- scores --------------------------------------------------------------------------------------------
def scores(found: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """CRPS and log score of each model, a row of panels for each measure: means, and a stroke for each window."""
    measures, models = in_order(found, "measure"), in_order(found, "model")
    figure = new_figure(10.5, 1.6 + 1.9 * len(measures))
    grid = figure.subplots(len(measures), len(SCORES), squeeze=False)
    for line, measure in zip(grid, measures, strict=True):
        for axes, (score, name) in zip(line, SCORES.items(), strict=True):
            _draw_scores(axes, of_measure(found, measure), models, score)
            axes.set_xlabel(f"{name}, lower is better", fontsize=9)
        panel_title(line[0], KINDS.get(measure, readable(measure)))
        line[1].tick_params(axis="y", labelleft=False)
    yield Drawn(
        "scores",
        figure,
        f"Windows predicted from the others: {numbers.scores_title(found)}",
        f"Marks: means; strokes: windows ({listed(numbers.window_counts(found))}). Grey has seen the window.",
        f"Scores of {len(models)} models on {numbers.n_windows(found)} windows, lower is better.",
    )


def _draw_scores(axes: Axes, found: pd.DataFrame, models: list[str], score: str) -> None:
    means = numbers.mean_scores(found).droplevel("measure")[score]
    for y, model in enumerate(models):
        values = found.loc[found["model"] == model, score]
        colour = COLOURS[0] if model == MODEL else "0.6" if model == SEEN else COLOURS[1]
        axes.plot(values, [y] * len(values), "|", color=colour, markersize=9)
        axes.plot(means[model], y, MARKERS[y % len(MARKERS)], color=colour, markersize=7)
    label_rows(axes, models)
    if score == "crps":
        axes.set_xlim(left=0)


# --- facts ---------------------------------------------------------------------------------------------
def facts(found: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """Share of the runs that agree with each stylised fact, by what it rests on."""
    figure = new_figure(9.8, 1.9 + 0.36 * len(found))
    axes = figure.add_subplot()
    labels: set[str] = set()
    for y, row in enumerate(found.to_dict("records")):
        name = str(row["rests_on"])
        axes.barh(y, row["p_agree"], height=0.6, color=RESTS.get(name, "0.8"), label="_" if name in labels else name)
        axes.text(1.03, y, f"{row['p_agree']:.2f}, n = {int(row['runs']):,}", va="center", fontsize=8.5)
        labels.add(name)
    label_rows(axes, [folded(f"{row.measure}: {row.known}", 9, 4.2) for row in found.itertuples()])
    axes.axvline(0.5, color="0.3", linestyle=":", linewidth=1)
    axes.set_xlim(0, 1.28)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xlabel("share of the runs that agree (dotted: half)")
    key(figure, axes, columns=3)
    yield Drawn(
        "facts",
        figure,
        numbers.facts_title(found),
        "Assumed and fitted facts are no findings.",
        f"Share of runs that agree with {len(found)} stylised facts.",
    )


pictures = study.pictures(
    ("validation_targets", targets),
    ("validation_weekly", year),
    ("validation_scores", scores),
    ("validation_facts", facts),
)
