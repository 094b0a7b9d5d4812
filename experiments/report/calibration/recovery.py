"""Figures of a calibration's proof by simulation: is the truth found again where it is known? Drawn from its tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from experiments.analysis.intervals import share
from experiments.report.study_figures import Drawn, in_order, in_prose
from experiments.report.style.colours import COLOURS, MARKERS, bars, clean, label_rows, new_figure, offset
from sim.numbers import number, percent
from sim.statistics import Interval

ALL, DOUBTFUL = "all", 0.05
METHOD = "ABC-SMC"
"""The method that makes the ensemble; the others are asked for comparison."""
LEVELS = (50, 80, 90)


def methods_of(recovery: pd.DataFrame) -> list[str]:
    """The methods, that of the ensemble first."""
    return sorted(in_order(recovery, "method"), key=lambda method: method != METHOD)


def covered(recovery: pd.DataFrame, method: str, level: int) -> tuple[Interval, int]:
    """Share of the truths inside the middle `level` per cent, all parameters together, with its exact interval; n.

    The interval counts each set and parameter as one try; the parameters of one set are not quite independent.
    """
    rows = recovery[(recovery["method"] == method) & (recovery["parameter"] != ALL)]
    n = int(rows["sets"].sum())
    return share(round(float((rows[f"coverage_{level}"] * rows["sets"]).sum())), n), n


def recovery(found: pd.DataFrame) -> Drawn:
    """p-values of the rank test by parameter, and coverage by level, of each method."""
    single, methods = found[found["parameter"] != ALL], methods_of(found)
    keys = in_order(single, "parameter")
    figure = new_figure(10.4, 2.6 + 0.36 * max(len(keys), 2 * len(LEVELS)))
    left, right = figure.subplots(1, 2)
    left.axvspan(0, DOUBTFUL, color="0.9", linewidth=0)
    for n, method in enumerate(methods):
        values = single[single["method"] == method].set_index("parameter")["rank_p"]
        rows = np.arange(len(keys)) + offset(n, len(methods), 0.44)
        left.plot(values.reindex(keys), rows, MARKERS[n], color=COLOURS[n], markersize=6, label=method, clip_on=False)
        _draw_coverage(right, n, methods, found)
    label_rows(left, [in_prose(key) for key in keys])
    left.set_xlim(0, 1)
    left.set_xlabel(f"p-value of even ranks (grey: below {DOUBTFUL:g})")
    label_rows(right, [f"middle {level}%" for level in LEVELS])
    for y, level in enumerate(LEVELS):
        right.vlines(level / 100, y - 0.42, y + 0.42, color="black", linewidth=1.4)
    right.set_xlabel("share of truths inside, with exact 95% interval\n(long stroke: what it should be)")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(methods), frameon=False)
    return Drawn(
        "recovery",
        figure,
        recovery_title(found),
        f"{_sets(found)} synthetic data sets with known parameters, {len(keys)} parameters.",
        "calibration_recovery",
        f"Left: {len(single)} p-values that the rank of the truth is even; right: coverage of {len(LEVELS)} levels.",
    )


def _draw_coverage(axes: Axes, n: int, methods: list[str], found: pd.DataFrame) -> None:
    shares = [covered(found, methods[n], level)[0] for level in LEVELS]
    rows = np.arange(len(LEVELS)) + offset(n, len(methods), 0.44)
    style: dict[str, Any] = {"color": COLOURS[n], "fmt": MARKERS[n], "markersize": 6, "capsize": 3}
    axes.errorbar([s.mean for s in shares], rows, xerr=bars(shares), **style)


def _sets(found: pd.DataFrame) -> int:
    return int(found["sets"].max())


def recovery_title(found: pd.DataFrame) -> str:
    """What the p-values and the widest interval say of the method that makes the ensemble."""
    single = found[found["parameter"] != ALL]
    uneven = single[single["rank_p_holm"] < DOUBTFUL]
    words = f"smallest of {len(single)} p-values {number(float(single['rank_p'].min()))}"
    first = (
        f"{len(uneven)} of {len(single)} ranks uneven after correction"
        if len(uneven)
        else "no ranks shown uneven after correction"
    )
    method = methods_of(found)[0]
    inside, _ = covered(found, method, LEVELS[-1])
    last = f"{method}'s {LEVELS[-1]}% intervals hold {_ends_in(inside)}"
    return f"Known parameters found again: {first} ({words}); {last}"


def _ends_in(inside: Interval) -> str:
    return f"{percent(inside.mean)} of the truths [{percent(inside.low)}, {percent(inside.high)}]"


def ranks(found: pd.DataFrame) -> Drawn:
    """Ranks of the truth among the draws, all parameters together, a panel for each method."""
    from scipy.stats import binom

    methods, bins = methods_of(found), int(found["bins"].iloc[0])
    figure = new_figure(10.4, 3.6)
    outside = 0
    for axes, method in zip(np.atleast_1d(figure.subplots(1, len(methods), sharey=True)), methods, strict=True):
        counts = found[found["method"] == method].groupby("bin")["count"].sum()
        n = int(counts.sum())
        low, high = binom.ppf([0.025, 0.975], n, 1 / bins)
        outside += int(((counts < low) | (counts > high)).sum())
        axes.axhspan(low, high, color="0.88", linewidth=0)
        axes.bar(counts.index, counts, width=0.9, color=COLOURS[0])
        axes.set_title(f"{method}: {n:,} ranks", fontsize=10, loc="left")
        axes.set_xlabel(f"rank of the truth, in {bins} parts")
        clean(axes)
    figure.axes[0].set_ylabel("synthetic sets × parameters")
    of = bins * len(methods)
    return Drawn(
        "ranks",
        figure,
        f"{outside} of {of} counts of ranks lie outside the band that holds 95% of them if ranks are even",
        f"{0.05 * of:.1f} are to be expected; the parameters of one set are not quite independent.",
        "calibration_ranks",
        "Histograms of the rank of the truth among posterior draws, with the band of even ranks.",
    )
