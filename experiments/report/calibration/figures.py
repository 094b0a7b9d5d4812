"""Figures of a calibration: what was learned, the fit, and the proof by simulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.report import study
from experiments.report.calibration import numbers
from experiments.report.calibration.numbers import DOUBTFUL, LEVELS, POSTERIOR, PRIOR
from experiments.report.reports import reported
from experiments.report.study import Drawn, Tabled
from experiments.report.style.colours import COLOURS, MARKERS
from experiments.report.style.forest import label_rows
from experiments.report.style.names import in_prose
from experiments.report.style.panels import clean, key, light_grid, means, new_figure, offset, panel_title
from experiments.report.style.tables import intervals

WEIGHED = {
    ("p_in", "p_in_low", "p_in_high"): "draws of the ensemble",
    ("forest_p", "forest_low", "forest_high"): "random forest",
}
TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


# --- what was learned ----------------------------------------------------------------------------------
def learned(parameters: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Posterior of each parameter beside its prior, and the contraction, the most informed first."""
    rows, ensemble = numbers.most_first(parameters), found.get("ensemble")
    figure = new_figure(9.8, 2.5 + 0.2 * len(rows))
    left, right = figure.subplots(1, 2, width_ratios=(3, 1), sharey=True)
    left.axvspan(0, 1, color="0.92", linewidth=0, label="prior, 5% to 95%")
    for y, row in enumerate(rows.to_dict("records")):
        _draw_learned(left, y, row, ensemble)
    label_rows(left, [in_prose(key) for key in rows["parameter"]])
    low, high = left.get_xlim()
    left.set_xlim(min(low, -0.1), max(high, 1.1))
    left.set_xticks([0, 1], ["prior's 5%", "prior's 95%"])
    left.set_xlabel("value (logarithmic where the prior is)")
    _draw_contraction(right, rows)
    _key_of_learned(figure, ensemble)
    n, clear = numbers.draws_in_words(ensemble), len(numbers.informed(parameters))
    yield Drawn(
        "learned",
        figure,
        numbers.learned_title(parameters),
        f"Bars are the posterior, a blue one is known better than by chance{f'; {n}' if n else ''}.",
        f"Posterior beside prior of {len(rows)} parameters, sorted by how much was learned; "
        f"{len(rows) - clear} keep about the width of their prior.",
    )


def _draw_learned(axes: Axes, y: int, row: Mapping[Any, Any], ensemble: pd.DataFrame | None) -> None:
    prior, ends = ([float(row[name]) for name in names] for names in (PRIOR, POSTERIOR))
    colour = COLOURS[0] if row["contraction"] > row["chance_floor"] else "0.45"
    draws = ensemble if ensemble is not None and row["parameter"] in ensemble else None
    if np.isnan(ends).any():
        if draws is not None:
            words = numbers.words_of(draws, row["parameter"])
            axes.text(0.5, y, words, ha="center", va="center", fontsize=8, color=colour)
        return
    low, middle, high = numbers.places(np.array(ends), prior)
    axes.hlines(y, low, high, color=colour, linewidth=1.4)
    if draws is not None:
        half = numbers.places(numbers.middle_half(draws, row["parameter"]), prior)
        axes.hlines(y, *half, color=colour, linewidth=4.5)
    fill = colour if row["calibrated"] else "white"
    axes.plot(middle, y, "o", color=fill, markeredgecolor=colour, markersize=5.5)


def _draw_contraction(axes: Axes, rows: pd.DataFrame) -> None:
    clear = rows["contraction"] > rows["chance_floor"]
    colours = [COLOURS[0] if each else "0.65" for each in clear]
    axes.barh(range(len(rows)), rows["contraction"], color=colours, height=0.6)
    axes.axvline(float(rows["chance_floor"].iloc[0]), color=COLOURS[1], linestyle="--", linewidth=1.2)
    axes.axvline(0, color="0.3", linewidth=0.8)
    axes.set_xlim(min(-0.15, float(rows["contraction"].min()) - 0.02), 1)
    axes.set_xlabel("contraction\n0: nothing learned, 1: all")
    axes.tick_params(axis="y", length=0, labelleft=False)
    light_grid(axes, "x")


def _key_of_learned(figure: Figure, ensemble: pd.DataFrame | None) -> None:
    middle = "thick: middle half, circle: median" if ensemble is not None else "circle: median"
    circle: dict[str, Any] = {"marker": "o", "markeredgecolor": "0.45", "linestyle": "none"}
    handles = [
        Patch(color="0.92", label="prior, 5% to 95%"),
        Line2D([], [], color="0.45", label=f"posterior, 5% to 95% ({middle})"),
        Line2D([], [], color="0.45", label="full: calibrated", **circle),
        Line2D([], [], color="white", label="empty: drawn from its prior", **circle),
        Line2D([], [], color=COLOURS[1], linestyle="--", label="what chance allows"),
    ]
    key(figure, handles, columns=3, size=8.5)


# --- the fit -------------------------------------------------------------------------------------------
def fitted(targets: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Each fitted target: runs from the prior and accepted runs, with what was reported."""
    figure = new_figure(9.5, 2.8 + 0.42 * len(targets))
    parts = numbers.counts_and_shares(targets)
    panels = figure.subplots(len(parts), 1, height_ratios=[max(2, len(part)) for part in parts.values()], squeeze=False)
    for axes, (what, part) in zip(panels.ravel(), parts.items(), strict=True):
        _draw_fit(axes, part, found)
        if what == numbers.COUNTS:
            _root_axis(axes, numbers.farthest(part))
        axes.set_xlabel(what)
    key(figure, panels[0, 0], columns=2, size=9)
    yield Drawn(
        "fitted",
        figure,
        f"{numbers.held(targets)} of {len(targets)} fitted figures lie within 5% to 95% of the accepted runs",
        "Accepted runs were chosen for being near the reports, so this is no test; markers are medians of single runs.",
        f"Ranges of single runs for {len(targets)} fitted figures, before and after the choice, with the reports.",
    )


def _draw_fit(axes: Axes, targets: pd.DataFrame, found: Tabled) -> None:
    """Ranges before and after, and the reports."""
    ensemble, runs = found.get("ensemble"), found.about.get("runs_from_the_prior")
    before = f"{runs:,} runs from the prior" if runs else "runs from the prior"
    after = f"{len(ensemble):,} accepted runs, weighted" if ensemble is not None else "accepted runs, weighted"
    for shift, when, n, label in ((-0.17, "prior", 1, before), (0.17, "accepted", 0, after)):
        low, middle, high = (targets[f"{when}_q{q}"].to_numpy(float) for q in ("05", "50", "95"))
        rows = np.arange(len(targets)) + shift
        axes.hlines(rows, low, high, color=COLOURS[n], linewidth=2.5, label=f"{label}, 5% to 95%")
        axes.plot(middle, rows, MARKERS[n], color=COLOURS[n], markersize=5.5, label="_", clip_on=False)
    _draw_reports(axes, targets)
    label_rows(axes, list(targets["target"]))


def _root_axis(axes: Axes, most: float) -> None:
    """An axis of counts on the scale of their roots, where chance is about as wide everywhere; `most` is its end."""
    axes.set_xscale("function", functions=(lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda y: np.sign(y) * y**2))
    far = max(most, 1.0) * 1.06
    axes.set_xlim(-0.0006 * far, far)  # marks at 0 stand clear of the labels
    ticks = [tick for tick in TICKS if tick <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()


def _draw_reports(axes: Axes, targets: pd.DataFrame) -> None:
    words = {"*": "reported", ">": "reported: at least", "<": "reported: at most"}
    found: dict[str, list[tuple[float, int]]] = {}
    for y, cell in enumerate(targets["reported"]):
        report = reported(cell)
        mark = "*" if np.isfinite(report.low) == np.isfinite(report.high) else ">" if np.isfinite(report.low) else "<"
        found.setdefault(mark, []).append((report.place, y))
    for mark, points in found.items():
        x, rows = zip(*points, strict=True)
        style: dict[str, Any] = {"color": "black", "markerfacecolor": "none", "markersize": 11, "linestyle": "none"}
        axes.plot(x, rows, mark, label=words[mark], clip_on=False, zorder=4, **style)


# --- rivals --------------------------------------------------------------------------------------------
def rivals(table: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """Chance of each rival after the reports, by the posterior and by the forest; a half before."""
    figure = new_figure(9.0, 2.2 + 0.4 * len(table))
    axes = figure.add_subplot()
    axes.axvline(0.5, color="black", linewidth=1.2)
    for n, (keys, label) in enumerate(WEIGHED.items()):
        rows = np.arange(len(table)) + offset(n, len(WEIGHED), 0.36)
        means(axes, intervals(table, *keys), rows, n, markersize=6, capsize=3, label=label)
    label_rows(axes, [in_prose(name) for name in table["rival"]])
    axes.set_xlim(0, 1)
    axes.set_xlabel("chance that the rival holds and not the old rule, with 95% interval (line: before)")
    key(figure, axes, columns=2)
    yield Drawn(
        "rivals",
        figure,
        numbers.rivals_title(table),
        "Of the others the data can't tell: the ensemble carries both.",
        f"Chances of {len(table)} rival structures after the reports, by two ways, beside one half before.",
    )


# --- proof by simulation -------------------------------------------------------------------------------
def recovery(found: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """p-values of the rank test by parameter, and coverage by level, of each method."""
    single, methods = numbers.one_by_one(found), numbers.methods_of(found)
    n_keys = len(study.in_order(single, "parameter"))
    figure = new_figure(10.4, 4.6)
    left, right = figure.subplots(1, 2)
    left.axhspan(0, DOUBTFUL, color="0.9", linewidth=0)
    left.plot([0, 1], [0, 1], color="black", linewidth=1.0)
    for n, method in enumerate(methods):
        expected, values = numbers.sorted_p(found, method)
        rows = np.arange(len(LEVELS)) + offset(n, len(methods), 0.44)
        left.plot(expected, values, MARKERS[n], color=COLOURS[n], markersize=4, label=method, clip_on=False)
        means(right, numbers.coverage(found, method), rows, n, markersize=6, capsize=3)
    left.set_xlim(0, 1)
    left.set_ylim(0, 1)
    left.set_ylabel(f"p-value of even ranks (grey: below {DOUBTFUL:g})")
    left.set_xlabel("where it lies if the method is right, the smallest first")
    label_rows(right, [f"middle {level}%" for level in LEVELS])
    for y, level in enumerate(LEVELS):
        right.vlines(level / 100, y - 0.42, y + 0.42, color="black", linewidth=1.4)
    right.set_xlabel("share of truths inside, with exact 95% interval\n(long stroke: what it should be)")
    key(figure, left, columns=len(methods))
    yield Drawn(
        "recovery",
        figure,
        numbers.recovery_title(found),
        f"{numbers.sets_of(found)} synthetic data sets with known parameters, {n_keys} parameters.",
        f"Left: {len(single)} p-values that the rank of the truth is even, sorted, with the line that they follow if "
        "the method is right; right: coverage of {len(LEVELS)} levels.",
    )


def ranks(found: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """Ranks of the truth among the draws, all parameters together, a panel for each method."""
    methods, bins = numbers.methods_of(found), int(found["bins"].iloc[0])
    figure = new_figure(10.4, 3.6)
    for axes, method in zip(np.atleast_1d(figure.subplots(1, len(methods), sharey=True)), methods, strict=True):
        counts = numbers.rank_counts(found, method)
        axes.axhspan(*numbers.even_band(found, method), color="0.88", linewidth=0)
        axes.bar(counts.index, counts, width=0.9, color=COLOURS[0])
        panel_title(axes, f"{method}: {int(counts.sum()):,} ranks")
        axes.set_xlabel(f"rank of the truth, in {bins} parts")
        clean(axes)
    figure.axes[0].set_ylabel("synthetic sets × parameters")
    outside, of = sum(numbers.counts_outside(found, method) for method in methods), bins * len(methods)
    yield Drawn(
        "ranks",
        figure,
        f"{outside} of {of} counts of ranks lie outside the band that holds 95% of them if ranks are even",
        f"{0.05 * of:.1f} are to be expected; the parameters of one set are not quite independent.",
        "Histograms of the rank of the truth among posterior draws, with the band of even ranks.",
    )


pictures = study.pictures(
    ("calibration_parameters", learned),
    ("calibration_targets", fitted),
    ("calibration_rivals", rivals),
    ("calibration_recovery", recovery),
    ("calibration_ranks", ranks),
)
