"""Figures of a validation: targets, the year week by week, forecasts beside null models, shape, facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from experiments.report.style.words import KINDS, folded, readable, sentence
from experiments.report.validation import numbers
from experiments.studies.targets import LEVELS
from experiments.studies.validation.forecasts import MODEL

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
        "Bars: middle half and middle 90% of what single runs would have reported; circle: median; ★ reported"
        f"{spread}.",
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
    counts = "/" not in _quantity(row) and row["measure"] not in LEVELS  # no ratio, no mean of a level: whole numbers
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


# --- forecasts -----------------------------------------------------------------------------------------
def forecasts(every: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """A panel for each kind: what the model and the named null said of each window, and what was reported."""
    if "validation_contests" not in found:
        return
    null = numbers.against_named(found["validation_contests"])["against"].iloc[0]
    rows = numbers.main_law(every)
    kinds = in_order(rows, "of")
    sizes = [len(in_order(rows[rows["of"] == kind], "forecast")) for kind in kinds]
    figure = new_figure(10.5, 2.3 + 0.42 * sum(sizes))
    grid = figure.subplots(len(kinds), 1, squeeze=False, height_ratios=[n + 0.8 for n in sizes])[:, 0]
    for axes, kind in zip(grid, kinds, strict=True):
        _draw_forecasts(axes, rows[rows["of"] == kind], (MODEL, str(null)))
        panel_title(axes, sentence(numbers.kind_words(kind)))
    key(figure, grid[0], columns=3)
    yield Drawn(
        "forecasts",
        figure,
        f"{sum(sizes)} windows, each forecast from what was reported before it, by the model and by {null}",
        "Bars: middle half and middle 90%; circle: median; ★ reported.",
        f"Forecasts of {sum(sizes)} windows by the model and by {null}, with what was reported.",
    )


def _draw_forecasts(axes: Axes, rows: pd.DataFrame, models: Sequence[str]) -> None:
    names = in_order(rows, "forecast")
    for k, (model, colour) in enumerate(zip(models, (COLOURS[0], "0.6"), strict=True)):
        own = rows[rows["model"] == model].set_index("forecast").loc[names]
        places = np.arange(len(names)) + 0.36 * (k - 0.5)
        axes.hlines(places, own["q05"], own["q95"], color=colour, linewidth=2, label=model)
        axes.hlines(places, own["q25"], own["q75"], color=colour, linewidth=6)
        axes.plot(own["q50"], places, "o", color="white", markeredgecolor=colour, markersize=5)
    axes.plot(own["reported"], range(len(names)), "*", color=COLOURS[1], markersize=10, label="reported")
    label_rows(axes, [name.partition(", ")[2] for name in names])
    axes.set_xlim(left=0)


# --- who wins ------------------------------------------------------------------------------------------
def contests(every: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """Differences of summed log scores, a panel for each kind of forecast."""
    rows = numbers.main_law(every)
    kinds, nulls = in_order(rows, "of"), in_order(rows, "against")
    figure = new_figure(10.5, 2.0 + rows_of(len(kinds), 2) * (0.7 + 0.3 * len(nulls)))
    for n, (axes, kind) in enumerate(zip(panels(figure, len(kinds), 2, sharey=True), kinds, strict=True)):
        _draw_contests(axes, rows[rows["of"] == kind], nulls, named=n % 2 == 0)
        panel_title(axes, sentence(numbers.kind_words(kind)))
    yield Drawn(
        "contests",
        figure,
        numbers.forecasts_title(every),
        "Summed log score, model − null model [nats]; left of 0 the model forecasts better. Lines: paired 95% t "
        "interval, where windows are enough for one.",
        f"Differences of summed log scores from {len(nulls)} null models, in {len(kinds)} kinds of forecast.",
    )


def _draw_contests(axes: Axes, rows: pd.DataFrame, nulls: Sequence[str], *, named: bool) -> None:
    axes.axvline(0, color="0.4", linewidth=1)
    for y, row in enumerate(rows.to_dict("records")):
        colour = COLOURS[1] if row["named"] else COLOURS[0]
        if np.isfinite(row["log_low"]):
            axes.hlines(y, row["log_low"], row["log_high"], color=colour, linewidth=2)
        axes.plot(row["log_difference"], y, MARKERS[int(row["named"])], color=colour, markersize=7)
    label_rows(axes, list(nulls))
    if not named:
        axes.tick_params(axis="y", labelleft=False)
    axes.margins(x=0.1)


# --- shape ---------------------------------------------------------------------------------------------
def shape(every: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """A panel for each fact: runs of the prior, the same weighted by the totals, and what was reported."""
    found, columns = numbers.of_all(every), 3
    figure = new_figure(10.5, 1.5 + 1.45 * rows_of(len(found), columns))
    for axes, row in zip(panels(figure, len(found), columns), found.to_dict("records"), strict=True):
        _draw_shape(axes, row)
    yield Drawn(
        "shape",
        figure,
        numbers.shape_title(every),
        "Middle 90% and median of single runs: grey, the prior, nothing fitted; blue, weighted by the totals of all "
        "quarters. ★ reported.",
        f"{len(found)} features of the year: what was reported beside runs of the prior and weighted runs.",
    )


def _draw_shape(axes: Axes, row: Mapping[Any, Any]) -> None:
    for y, (start, colour) in enumerate((("prior_", "0.6"), ("", COLOURS[0]))):
        axes.hlines(y, row[f"{start}q05"], row[f"{start}q95"], color=colour, linewidth=2)
        axes.plot(row[f"{start}q50"], y, "o", color="white", markeredgecolor=colour, markersize=6)
    if pd.notna(row["reported"]):
        axes.plot(row["reported"], 1.7, "*", color=COLOURS[1], markersize=10)
    axes.set_ylim(-0.6, 2.2)
    axes.set_yticks([])
    axes.margins(x=0.08)
    axes.set_xlabel(f"{row['window']} ({row['rests_on']})", fontsize=8)
    panel_title(axes, str(row["fact"]), size=9, width=3.1)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


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
    ("validation_forecasts", forecasts),
    ("validation_contests", contests),
    ("validation_shape", shape),
    ("validation_facts", facts),
)
