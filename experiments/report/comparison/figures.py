"""Figures of a comparison: differences and quarters side by side, or in a row for each of many scenarios; boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from experiments.files.columns import COUNTED
from experiments.report import reports
from experiments.report.comparison import numbers
from experiments.report.comparison.numbers import ATTACKS
from experiments.report.style import panels as draw
from experiments.report.style.colours import COLOURS, style_of
from experiments.report.style.forest import REACH, cut_axis, label_rows, mark_beyond, room_for, row_labels
from experiments.report.style.panels import bars, headline, key, means, new_figure, offset, panel_title
from experiments.report.style.words import folded, readable, with_unit
from experiments.runs.comparison import Comparison, Pair
from sim.measures import BY_NAME
from sim.numbers import signed
from sim.statistics import Values

WIDTH = 8.5
COLUMNS, PANEL_WIDTH = 4, 3.0
STYLES: dict[str, dict[str, Any]] = {
    "better": {**style_of(0), "label": "better for the defence, interval clear of 0"},
    "worse": {"color": COLOURS[1], "marker": "s", "label": "worse, clear of 0"},
    "undecided": {
        "color": "0.45",
        "marker": "o",
        "markerfacecolor": "white",
        "label": "undecided: 0 within the interval",
    },
}
QUARTERS_WIDTH, QUARTER_WIDTH, BOXES_WIDTH = 10.5, 3.4, 3.1
_SIDE_BY_SIDE, _ACROSS = 4, 3  # quarters in panels side by side; panels of quarters in a line


# --- differences ---------------------------------------------------------------------------------------
def differences(comparison: Comparison) -> Figure:
    """Paired differences of the main measures with 95% t intervals, in one panel or one for each measure."""
    figure = _few_differences(comparison) if numbers.is_few(comparison) else _many_differences(comparison)
    headline(figure, numbers.differences_title(comparison))
    return figure


def _few_differences(comparison: Comparison) -> Figure:
    """One panel: rows are measures, colours are scenarios; what lies far out is an arrow with its value."""
    shown, others = numbers.in_per_cent(comparison), comparison.names[1:]
    figure = new_figure(WIDTH, 1.9 + 0.2 * len(others) + (0.26 + 0.14 * len(others)) * max(len(shown), 3))
    axes = figure.add_subplot()
    axes.axvline(0, color="0.4", linewidth=1)
    axes.set_yticks(range(len(shown)), [readable(m) for m in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    pairs = [[comparison.pair(name, measure) for measure in shown] for name in others]
    cut = cut_axis(axes, *numbers.scaled([pair for each in pairs for pair in each]))
    for n, each in enumerate(pairs):
        _draw_scenario(axes, each, others[n], offset(n, len(others), 0.5), style_of(n + 1))
    axes.set_xlabel(folded(_axis_words(comparison, cut), 10, WIDTH - 2.2))
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    draw.clean(axes)
    if len(others) > 1:
        key(figure, axes)
    return figure


def _axis_words(comparison: Comparison, cut: bool) -> str:
    """What is drawn, what is cut, and what has no per cent since the base has none of it."""
    base, absent = comparison.names[0], numbers.not_in_per_cent(comparison)
    words = f"paired difference from {base}, % of its mean (bars: 95% t interval, n = {comparison.sample})"
    if cut:
        words += "\narrow: beyond the edge, with its value"
    return words + (f"\n0 in {base}, so without %: {', '.join(absent)}" if absent else "")


def _draw_scenario(axes: Axes, pairs: Sequence[Pair], name: str, shift: float, style: dict[str, Any]) -> None:
    middle, lengths = numbers.scaled(pairs)
    rows, colour = np.arange(len(pairs)) + shift, style["color"]
    axes.errorbar(middle, rows, xerr=lengths, fmt=style["marker"], color=colour, capsize=3, label=name)
    for n, pair in enumerate(pairs):
        mark_beyond(axes, middle[n], lengths[:, n], rows[n], numbers.percent_of_base(pair), colour)


def _many_differences(comparison: Comparison) -> Figure:
    """Small multiples with their own axes, in the measures' own units; a row for each scenario."""
    labels, measures = row_labels(comparison.names)[1:], numbers.panels_of(comparison)
    room, row = room_for(labels)
    rows = draw.rows_of(len(measures), COLUMNS)
    figure = new_figure(room + COLUMNS * PANEL_WIDTH, 1.5 + rows * (1.6 + row * len(labels)))
    grid = draw.panels(figure, len(measures), COLUMNS, sharey=True)
    cut = [_draw_differences(axes, comparison, m, labels) for axes, m in zip(grid, measures, strict=True)]
    note = f"arrow: beyond the edge, with its mean (an axis ends at {REACH:g} × the median reach of its intervals)"
    key(figure, [Line2D([], [], linestyle="none", **style) for style in STYLES.values()], note if any(cut) else "")
    return figure


def _draw_differences(axes: Axes, comparison: Comparison, measure: str, labels: Sequence[str]) -> bool:
    """One measure; whether its axis is cut."""
    pairs = numbers.against_base(comparison, measure)
    axes.axvline(0, color="0.4", linewidth=1)
    label_rows(axes, labels)
    intervals = [pair.difference for pair in pairs]
    cut = cut_axis(axes, np.array([i.mean for i in intervals]), bars(intervals))
    for row, pair in enumerate(pairs):
        style, mean = {**STYLES[numbers.side(pair)], "label": None}, pair.difference.mean
        means(axes, [pair.difference], [row], markersize=5, elinewidth=1.5, capsize=3, **style)
        mark_beyond(axes, mean, bars([pair.difference])[:, 0], row, signed(mean), style["color"])
    unit = BY_NAME[measure].unit
    axes.set_xlabel(f"difference [{unit}]" if unit != "1" else "difference", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    panel_title(axes, numbers.panel_words(comparison, measure), size=9, width=PANEL_WIDTH - 0.35)
    return cut


# --- displacement --------------------------------------------------------------------------------------
_SPLIT_LABELS = {
    "volume": "volume: operations started",
    "choice": "choice: bombs laid for each",
    "encounter": "encounter: attacks for each bomb laid",
    "total": "total change",
}


def split(comparison: Comparison) -> Figure:
    """The change in attacks on convoys of each scenario, in its three parts, and their sum."""
    others = comparison.names[1:]
    figure = new_figure(WIDTH, 1.5 + 0.42 * len(_SPLIT_LABELS) + 0.5 * len(others))
    axes = figure.add_subplot()
    axes.axvline(0, color="0.4", linewidth=1)
    axes.axhline(len(_SPLIT_LABELS) - 1.5, color="0.8", linewidth=1)
    axes.set_yticks(range(len(_SPLIT_LABELS)), list(_SPLIT_LABELS.values()))
    axes.set_ylim(len(_SPLIT_LABELS) - 0.5, -0.5)
    for n, name in enumerate(others):
        found = numbers.split_of(comparison, name)
        rows = np.arange(len(_SPLIT_LABELS)) + offset(n, len(others), 0.5)
        parts = [found[part] for part in _SPLIT_LABELS]
        means(axes, parts, rows, capsize=3, label=name, **style_of(n + 1))
        for row, part in zip(rows, parts, strict=True):
            axes.annotate(
                signed(part.mean), (part.mean, row), (0, 6), textcoords="offset points", fontsize=8, ha="center"
            )
    over = "pairs" if comparison.states is None else comparison.sample
    axes.set_xlabel(f"attacks a run, scenario less base (bars: 95% interval over {over})")
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    draw.clean(axes)
    headline(figure, "\n".join(numbers.split_words(comparison, name) for name in others))
    if len(others) > 1:
        key(figure, axes)
    return figure


# --- quarters ------------------------------------------------------------------------------------------
def quarters(comparison: Comparison) -> Figure:
    """Attacks by kind, quarter and scenario: side by side, or a row for each scenario if there are many."""
    figure = _few_quarters(comparison) if numbers.is_few(comparison) else _many_quarters(comparison)
    note = f"marker: mean; capped bar: its 95% t interval; thin bar: 5th to 95th percentile of {comparison.n} runs"
    key(figure, figure.axes[0], note)
    return figure


def _few_quarters(comparison: Comparison) -> Figure:
    """A panel for each kind of attack: side by side, or one above the other if there are many quarters."""
    across = 2 if len(numbers.quarters_of(comparison)) <= _SIDE_BY_SIDE else 1
    figure = new_figure(QUARTERS_WIDTH, 5.4 if across == 2 else 9.0)
    for axes, kind in zip(draw.panels(figure, 2, across), ATTACKS, strict=True):
        _draw_kind(axes, comparison, kind)
        panel_title(axes, numbers.quarters_title(comparison, kind), size=11, width=QUARTERS_WIDTH / across - 0.9)
        axes.set_ylabel("attacks in the quarter")
        axes.set_xlabel("quarter of the run")
        axes.margins(y=0.08)
        axes.set_ylim(bottom=0)
        draw.clean(axes)
    return figure


def _draw_kind(axes: Axes, comparison: Comparison, kind: str) -> None:
    shown, names, reported = numbers.quarters_of(comparison), comparison.names, numbers.reported_in(comparison, kind)
    at, slots = np.arange(len(shown)), len(names) + bool(reported)
    for n, name in enumerate(names):
        found = [numbers.mean_and_spread(comparison, name, kind, q) for q in shown]
        _draw_quarters(axes, found, at + offset(n, slots, 0.5), n, upright=True, capsize=7, capthick=1.5, label=name)
    if reported:
        style: dict[str, Any] = {"markersize": 13, "markerfacecolor": "none", "color": "black"}
        x = at[: len(reported)] + offset(slots - 1, slots, 0.5)
        axes.plot(x, reported, "*", label=f"reported ({reports.sources()})", **style)
    axes.set_xticks(at, [numbers.quarter_label(comparison, q) for q in shown])
    axes.set_xlim(-0.5, len(shown) - 0.5)


def _draw_quarters(axes: Axes, found: Sequence[Any], at: Any, n: int, *, upright: bool = False, **style: Any) -> None:
    """Means with their intervals and, as thin lines, where nine of ten single runs lie."""
    intervals, ends = zip(*found, strict=True)
    lines = axes.vlines if upright else axes.hlines
    lines(at, *zip(*ends, strict=True), color=style_of(n)["color"], linewidth=1)
    means(axes, intervals, at, n, upright=upright, elinewidth=2.5, clip_on=False, **style)


def _many_quarters(comparison: Comparison) -> Figure:
    """Panels: kind × quarter; a row for each scenario, the base on top and as a dotted line."""
    labels, shown = row_labels(comparison.names), numbers.quarters_of(comparison)
    (room, row), across = room_for(labels), min(len(shown), _ACROSS)
    down = draw.rows_of(len(shown), across)
    figure = new_figure(room + across * QUARTER_WIDTH, 1.3 + 2 * down * (1.3 + row * len(labels)))
    grid = figure.subplots(2 * down, across, sharey=True, sharex="row", squeeze=False)
    for lines, kind in zip((grid[:down], grid[down:]), ATTACKS, strict=True):
        _draw_quarters_of(list(lines.flat), comparison, kind, labels)
        for line in lines:
            line[0].set_xlim(left=0)  # last, since it ends the scaling of the whole line
    headline(figure, numbers.many_quarters_title(comparison))
    return figure


def _draw_quarters_of(panels: Sequence[Axes], comparison: Comparison, kind: str, labels: Sequence[str]) -> None:
    """A panel a quarter; those that are left over are taken away."""
    shown = numbers.quarters_of(comparison)
    for quarter, axes in zip(shown, panels, strict=False):
        _draw_quarter(axes, comparison, kind, quarter)
        label_rows(axes, labels)
    for axes in panels[len(shown) :]:
        axes.remove()


def _draw_quarter(axes: Axes, comparison: Comparison, kind: str, quarter: int) -> None:
    found = [numbers.mean_and_spread(comparison, name, kind, quarter) for name in comparison.names]
    _draw_quarters(axes, found, np.arange(len(found)), 0, capsize=4, label="scenario")
    base: dict[str, Any] = {"color": "black", "linestyle": ":", "linewidth": 1.2}
    axes.axvline(found[0][0].mean, label=f"mean of {comparison.names[0]}", **base)
    for count in numbers.reported_in(comparison, kind)[quarter - 1 : quarter]:
        style: dict[str, Any] = {"color": COLOURS[1], "linestyle": "--", "linewidth": 1.2}
        axes.axvline(count, label=f"reported ({reports.sources()})", **style)
    axes.set_xlabel("attacks in the quarter", fontsize=9)
    panel_title(axes, numbers.quarter_words(comparison, kind, quarter), size=9.5, width=QUARTER_WIDTH - 0.35)


# --- how far single runs differ ------------------------------------------------------------------------
def distributions(comparison: Comparison) -> Figure:
    """Boxes of single runs: a panel for each measure, a row for each scenario."""
    labels, measures = row_labels(comparison.names), numbers.distributed(comparison)
    room, row = room_for(labels)
    row = max(row, 0.6) if numbers.is_few(comparison) else row
    figure = new_figure(room + 3 * BOXES_WIDTH, 0.8 + draw.rows_of(len(measures), 3) * (1.05 + row * len(labels)))
    for axes, measure in zip(draw.panels(figure, len(measures), 3, sharey=True), measures, strict=True):
        _draw_boxes(axes, [comparison.values[name][measure] for name in comparison.names], numbers.is_few(comparison))
        label_rows(axes, labels)
        panel_title(axes, numbers.distribution_title(comparison, measure), size=9.5, width=BOXES_WIDTH - 0.35)
        axes.set_xlabel(with_unit(measure), fontsize=9.5)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=BY_NAME[measure].unit in COUNTED))
    headline(figure, f"How far runs differ: box 25–75%, line median, whiskers 5–95% of {comparison.n} runs")
    return figure


def _draw_boxes(axes: Axes, values: Sequence[Values], few: bool) -> None:
    """Of many scenarios rows tell them apart, and the base alone has a colour of its own."""
    style: dict[str, Any] = {"orientation": "horizontal", "whis": (5, 95), "showfliers": False, "patch_artist": True}
    boxes = axes.boxplot(list(values), positions=range(len(values)), widths=0.6, **style)
    for n, box in enumerate(boxes["boxes"]):
        box.set(facecolor=style_of(n if few else min(n, 1))["color"], alpha=0.6)
    for line in boxes["medians"]:
        line.set(color="black", linewidth=2)
