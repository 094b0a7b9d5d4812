"""Attacks by kind and quarter, beside the quarters that were reported (one run of history)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.style.colours import (
    COLOURS,
    FEW,
    bars,
    clean,
    headline,
    label_rows,
    look,
    new_figure,
    offset,
    room_for,
    row_labels,
)
from experiments.report.style.words import columns_that_fit, folded, short_labels
from experiments.runs.compare import Comparison
from experiments.studies.targets import reported_quarters
from sim.numbers import number
from sim.statistics import Values, mean_interval, spread

KIND_TITLES = {"fire_attacks": "Rocket and drone attacks", "convoy_attacks": "Bombs against supply convoys"}
WIDTH, PANEL_WIDTH = 10.5, 3.4


def quarters(comparison: Comparison) -> Figure:
    """Attacks by kind, quarter and scenario: side by side, or a row for each scenario if there are many."""
    return _few(comparison) if len(comparison.names) <= FEW else _many(comparison)


def quarters_title(comparison: Comparison, kind: str) -> str:
    """Attacks of a kind over the three quarters, by scenario, beside what was reported."""
    parts = [f"{name} {_year(comparison, name, kind):.0f}" for name in comparison.names]
    if is_reported(comparison):
        parts.append(f"reported {sum(reported_quarters().counts[kind][1])}")
    return f"{KIND_TITLES[kind]}, three quarters:\n{', '.join(parts)}"


def _year(comparison: Comparison, name: str, kind: str) -> float:
    values = comparison.values[name]
    return float(sum(values[f"{kind}_q{q}"].mean() for q in (1, 2, 3)))


def is_reported(comparison: Comparison) -> bool:
    """Whether the runs cover just the quarters that were reported."""
    return reported_quarters().are(comparison.quarters)


def _note(comparison: Comparison) -> str:
    return f"marker: mean; capped bar: its 95% t interval; thin bar: 5th to 95th percentile of {comparison.n} runs"


# --- two to four scenarios -----------------------------------------------------------------------------
def _few(comparison: Comparison) -> Figure:
    figure = new_figure(WIDTH, 5.4)
    for n, kind in enumerate(KIND_TITLES):
        axes = figure.add_subplot(1, 2, n + 1)
        _draw_kind(axes, comparison, kind)
        axes.set_title(folded(quarters_title(comparison, kind), 11, WIDTH / 2 - 0.9), fontsize=11, loc="left")
        axes.set_ylabel("attacks in the quarter")
        axes.set_xlabel("quarter of the run")
        axes.margins(y=0.08)
        axes.set_ylim(bottom=0)
        clean(axes)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    _legend(figure, comparison, handles, labels)
    return figure


def _legend(figure: Figure, comparison: Comparison, handles: Sequence[Any], labels: Sequence[str]) -> None:
    width = figure.get_figwidth() - 0.4
    labels = [folded(label, 10, width - 0.6) for label in labels]
    ncols, note = columns_that_fit(labels, 10, width), _note(comparison)
    style: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "title_fontsize": 9}
    figure.legend(handles, labels, ncols=ncols, title=note, **style)


def _draw_kind(axes: Axes, comparison: Comparison, kind: str) -> None:
    at, names, reported = np.arange(3), comparison.names, is_reported(comparison)
    slots = len(names) + int(reported)
    for n, name in enumerate(names):
        values = [comparison.values[name][f"{kind}_q{q}"] for q in (1, 2, 3)]
        _draw_scenario(axes, at + offset(n, slots, 0.5), values, look(n), name)
    if reported:
        style: dict[str, Any] = {"markersize": 13, "markerfacecolor": "none", "color": "black"}
        x = at + offset(slots - 1, slots, 0.5)
        found = reported_quarters()
        axes.plot(x, found.counts[kind][1], "*", label=f"reported ({found.sources})", **style)
    axes.set_xticks(at, ["Q1", "Q2", "Q3"])
    axes.set_xlim(-0.5, 2.5)


def _draw_scenario(axes: Axes, x: Any, values: Sequence[Values], style: dict[str, Any], name: str) -> None:
    """Spread of the runs, mean and its interval, at each x."""
    lows, highs = zip(*map(spread, values), strict=True)
    axes.vlines(x, lows, highs, color=style["color"], linewidth=1)
    intervals = [mean_interval(each) for each in values]
    bar: dict[str, Any] = {"elinewidth": 2.5, "capsize": 7, "capthick": 1.5, "markersize": 4, "clip_on": False}
    means = [i.mean for i in intervals]
    axes.errorbar(x, means, yerr=bars(intervals), fmt=style["marker"], color=style["color"], label=name, **bar)


# --- many scenarios ------------------------------------------------------------------------------------
def _many(comparison: Comparison) -> Figure:
    """Panels: kind × quarter; a row for each scenario, the base on top and as a dotted line."""
    labels = row_labels(comparison.names)
    labels_width, row = room_for(labels)
    figure = new_figure(labels_width + 3 * PANEL_WIDTH, 1.3 + 2 * (1.3 + row * len(labels)))
    grid = figure.subplots(2, 3, sharey=True, sharex="row")
    for line, kind in zip(grid, KIND_TITLES, strict=True):
        for q, axes in enumerate(line, 1):
            _draw_panel(axes, comparison, kind, q)
            label_rows(axes, labels)
        line[0].set_xlim(left=0)  # last, since it ends the scaling of the whole line
    handles, words = figure.axes[0].get_legend_handles_labels()
    _legend(figure, comparison, handles, words)
    headline(figure, many_title(comparison))
    return figure


def many_title(comparison: Comparison) -> str:
    """For each kind, the fewest and the most attacks over the three quarters."""
    return "\n".join(_range_over_the_year(comparison, kind) for kind in KIND_TITLES)


def _range_over_the_year(comparison: Comparison, kind: str) -> str:
    labels = short_labels(comparison.names)
    year = {name: _year(comparison, name, kind) for name in comparison.names}
    low, high = min(year, key=year.__getitem__), max(year, key=year.__getitem__)
    base = comparison.names[0]
    reported = f", reported {sum(reported_quarters().counts[kind][1])}" if is_reported(comparison) else ""
    return (
        f"{KIND_TITLES[kind]}, three quarters: {base} {year[base]:.0f}, fewest {year[low]:.0f} ({labels[low]}), "
        f"most {year[high]:.0f} ({labels[high]}){reported}"
    )


def panel_title(comparison: Comparison, kind: str, quarter: int) -> str:
    """Kind and quarter; the base and what was reported."""
    base = comparison.names[0]
    mean = comparison.interval(base, f"{kind}_q{quarter}").mean
    reported = f", reported {reported_quarters().counts[kind][1][quarter - 1]}" if is_reported(comparison) else ""
    return f"{KIND_TITLES[kind]}, Q{quarter}:\n{base} {number(mean)}{reported}"


def _draw_panel(axes: Axes, comparison: Comparison, kind: str, quarter: int) -> None:
    values = [comparison.values[name][f"{kind}_q{quarter}"] for name in comparison.names]
    intervals, rows = [mean_interval(each) for each in values], np.arange(len(values))
    lows, highs = zip(*map(spread, values), strict=True)
    axes.hlines(rows, lows, highs, color=COLOURS[0], linewidth=1)
    bar: dict[str, Any] = {"fmt": "o", "color": COLOURS[0], "elinewidth": 2.5, "capsize": 4, "markersize": 4}
    axes.errorbar([i.mean for i in intervals], rows, xerr=bars(intervals), label="scenario", clip_on=False, **bar)
    axes.axvline(intervals[0].mean, color="black", linestyle=":", linewidth=1.2, label=f"mean of {comparison.names[0]}")
    if is_reported(comparison):
        style: dict[str, Any] = {"color": COLOURS[1], "linestyle": "--", "linewidth": 1.2}
        found = reported_quarters()
        axes.axvline(found.counts[kind][1][quarter - 1], label=f"reported ({found.sources})", **style)
    axes.set_xlabel("attacks in the quarter", fontsize=9)
    title = folded(panel_title(comparison, kind, quarter), 9.5, PANEL_WIDTH - 0.35)
    axes.set_title(title, fontsize=9.5, loc="left")
