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
from experiments.report.comparison import answer, numbers
from experiments.report.comparison.numbers import ATTACKS
from experiments.report.style import panels as draw
from experiments.report.style.colours import COLOURS, policy_style, style_of
from experiments.report.style.forest import REACH, cut_axis, label_rows, mark_beyond, room_for, row_labels
from experiments.report.style.panels import bars, headline, key, light_grid, means, new_figure, offset, panel_title
from experiments.report.style.words import folded, policy, readable, with_unit
from experiments.runs.comparison import Comparison, Pair
from sim.measures import BY_NAME
from sim.numbers import signed
from sim.statistics import Interval, Values

WIDTH, FOREST_WIDTH, ROOM = 4.9, 5.0, 0.14
"""Of figures that a narrow screen shows whole, in inches; room for values beside bars, as a share of an axis."""
COLUMNS, PANEL_WIDTH = 4, 3.0
STYLES: dict[str, dict[str, Any]] = {
    "better": {**style_of(0), "label": "better for the defence"},
    "worse": {"color": COLOURS[1], "marker": "s", "label": "worse"},
    "open": {
        "color": "0.45",
        "marker": "o",
        "markerfacecolor": "white",
        "label": "not told apart, or neither",
    },
}
QUARTER_WIDTH, BOXES_WIDTH = 3.4, 3.1
_ACROSS = 3  # panels of quarters in a line


# --- differences ---------------------------------------------------------------------------------------
def differences(comparison: Comparison, name: str) -> Figure:
    """A row a measure, sorted by change in per cent; good and bad differ in colour and in the word at the value."""
    pairs = numbers.by_size(comparison, name)
    figure = new_figure(FOREST_WIDTH, 1.5 + 0.27 * max(len(pairs), 3))
    axes = figure.add_subplot()
    axes.axvline(0, color="0.4", linewidth=1)
    axes.set_yticks(range(len(pairs)), [readable(pair.measure) for pair in pairs], fontsize=8.5)
    axes.set_ylim(len(pairs) - 0.4, -0.6)
    cut = cut_axis(axes, *numbers.scaled(pairs))
    axes.set_xlim(*_with_room(*axes.get_xlim()))
    for row, pair in enumerate(pairs):
        _draw_change(axes, comparison, pair, row)
    axes.set_xlabel(folded(_axis_words(comparison, cut), 8.5, FOREST_WIDTH - 1.9), fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    light_grid(axes, "x")
    headline(figure, numbers.few_title(comparison, name))
    key(figure, [Line2D([], [], linestyle="none", **style) for style in STYLES.values()], size=8.5)
    return figure


def _with_room(low: float, high: float) -> tuple[float, float]:
    """For the values beside the bars."""
    return low - ROOM * (high - low) * (low < 0), high + ROOM * (high - low)


def _axis_words(comparison: Comparison, cut: bool) -> str:
    """What is drawn, what is cut, and what has no per cent since the base has none of it."""
    base, absent = policy(comparison.names[0]), numbers.not_in_per_cent(comparison)
    words = f"change against {base}, % (bars: 95% t interval, n = {comparison.sample})"
    if cut:
        words += "\narrow: beyond the edge"
    return words + (f"\n0 in {base}, so without %: {', '.join(absent)}" if absent else "")


def _draw_change(axes: Axes, comparison: Comparison, pair: Pair, row: int) -> None:
    """Mean and bar in per cent, and the value beside them."""
    (middle,), lengths = numbers.scaled([pair])
    style = {**STYLES[answer.verdict_in(comparison, pair)], "label": None}
    low, high = axes.get_xlim()
    axes.errorbar([middle], [row], xerr=lengths, linestyle="none", capsize=2, markersize=5, **style)
    mark_beyond(axes, middle, lengths[:, 0], row, numbers.percent_of_base(pair), style["color"])
    if low <= middle <= high:
        right = middle >= 0
        end = min(middle + lengths[1, 0], high) if right else max(middle - lengths[0, 0], low)
        words: dict[str, Any] = {"textcoords": "offset points", "ha": "left" if right else "right"}
        words |= {"va": "center", "fontsize": 8.5, "color": style["color"]}
        axes.annotate(numbers.percent_of_base(pair), (end, row), (5 if right else -5, 0), **words)


def many_differences(comparison: Comparison) -> Figure:
    """Small multiples with their own axes, in the measures' own units; a row for each scenario."""
    labels, measures = row_labels(comparison.names)[1:], numbers.panels_of(comparison)
    room, row = room_for(labels)
    rows = draw.rows_of(len(measures), COLUMNS)
    figure = new_figure(room + COLUMNS * PANEL_WIDTH, 1.5 + rows * (1.6 + row * len(labels)))
    grid = draw.panels(figure, len(measures), COLUMNS, sharey=True)
    cut = [_draw_differences(axes, comparison, m, labels) for axes, m in zip(grid, measures, strict=True)]
    note = f"arrow: beyond the edge, with its mean (an axis ends at {REACH:g} × the median reach of its intervals)"
    key(figure, [Line2D([], [], linestyle="none", **style) for style in STYLES.values()], note if any(cut) else "")
    headline(figure, numbers.many_title(comparison))
    return figure


def _draw_differences(axes: Axes, comparison: Comparison, measure: str, labels: Sequence[str]) -> bool:
    """One measure; whether its axis is cut."""
    pairs = numbers.against_base(comparison, measure)
    axes.axvline(0, color="0.4", linewidth=1)
    label_rows(axes, labels)
    intervals = [pair.difference for pair in pairs]
    cut = cut_axis(axes, np.array([i.mean for i in intervals]), bars(intervals))
    for row, pair in enumerate(pairs):
        style, mean = {**STYLES[answer.verdict_in(comparison, pair)], "label": None}, pair.difference.mean
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
    "choice": "choice: bombs laid in each",
    "encounter": "encounter: attacks\nfor each bomb laid",
    "total": "in all",
}


def split(comparison: Comparison) -> Figure:
    """The change in attacks on convoys of each scenario as bars: its three parts, and their sum."""
    others = comparison.names[1:]
    figure = new_figure(WIDTH, 1.5 + (0.3 + 0.26 * len(others)) * len(_SPLIT_LABELS))
    axes = figure.add_subplot()
    axes.axvline(0, color="0.4", linewidth=1)
    axes.axhline(len(_SPLIT_LABELS) - 1.5, color="0.8", linewidth=1)
    axes.set_yticks(range(len(_SPLIT_LABELS)), list(_SPLIT_LABELS.values()), fontsize=9)
    axes.set_ylim(len(_SPLIT_LABELS) - 0.5, -0.5)
    for n, name in enumerate(others):
        found = numbers.split_of(comparison, name)
        _draw_split(axes, [found[part] for part in _SPLIT_LABELS], n, len(others), policy(name))
    over = "pairs" if comparison.states is None else comparison.sample
    words = f"attacks on convoys a run, less those with {policy(comparison.names[0])} (lines: 95% interval over {over})"
    axes.set_xlabel(folded(words, 8.5, WIDTH - 2.0), fontsize=8.5)
    axes.margins(x=0.3)
    axes.tick_params(axis="y", length=0)
    light_grid(axes, "x")
    if len(others) > 1:
        key(figure, axes, size=8.5, columns=1)
    return figure


def _draw_split(axes: Axes, parts: Sequence[Interval], n: int, of: int, name: str) -> None:
    """Bars of a scenario: more attacks in the colour of what is worse; of several a colour each."""
    rows, height = np.arange(len(parts)) + offset(n, of, 0.5), 0.5 / of
    colours = [_of_sign(part) for part in parts] if of == 1 else policy_style(n + 1)["color"]
    axes.barh(rows, [part.mean for part in parts], height=height, color=colours, label=name)
    axes.errorbar([p.mean for p in parts], rows, xerr=bars(parts), linestyle="none", color="0.25", elinewidth=1)
    for row, part in zip(rows, parts, strict=True):
        right = part.mean >= 0
        end = max(part.mean, part.high) if right else min(part.mean, part.low)
        style: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 8.5, "fontweight": "bold"}
        style["ha"] = "left" if right else "right"
        axes.annotate(signed(part.mean), (end, row), (4 if right else -4, 0), **style)


def _of_sign(part: Interval) -> str:
    """Attacks that are fewer are better; one that may have either sign is grey."""
    return str(STYLES["better" if part.mean < 0 else "worse"]["color"]) if part.clear else "0.6"


# --- quarters ------------------------------------------------------------------------------------------
def quarters(comparison: Comparison, kind: str) -> Figure:
    """Attacks of a kind by quarter, scenarios side by side beside what was reported."""
    title = folded(numbers.quarters_title(comparison, kind), 10, WIDTH - 1.1)
    figure = new_figure(WIDTH, 3.3 + 0.17 * title.count("\n") + 0.2 * len(comparison.names))
    axes = figure.add_subplot()
    _draw_kind(axes, comparison, kind)
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_ylabel("attacks in the quarter", fontsize=9)
    axes.margins(y=0.08)
    axes.set_ylim(bottom=0)
    light_grid(axes, "y")
    key(figure, axes, size=8.5)
    return figure


def how_quarters(comparison: Comparison) -> str:
    """How they are drawn."""
    return f"dot: mean; bar: its 95% t interval; thin bar: 5th to 95th percentile of {comparison.n} runs"


def _draw_kind(axes: Axes, comparison: Comparison, kind: str) -> None:
    shown, names, reported = numbers.quarters_of(comparison), comparison.names, numbers.reported_in(comparison, kind)
    at, slots = np.arange(len(shown)), len(names) + bool(reported)
    for n, name in enumerate(names):
        found = [numbers.mean_and_spread(comparison, name, kind, q) for q in shown]
        _draw_quarters(axes, found, at + offset(n, slots, 0.5), n, upright=True, capsize=0, label=policy(name))
    if reported:
        style: dict[str, Any] = {"markersize": 11, "markerfacecolor": "none", "color": "black"}
        x = at[: len(reported)] + offset(slots - 1, slots, 0.5)
        axes.plot(x, reported, "*", label=f"reported ({reports.sources()})", **style)
    axes.set_xticks(at, [numbers.quarter_label(comparison, q) for q in shown])
    axes.set_xlim(-0.5, len(shown) - 0.5)


def _draw_quarters(axes: Axes, found: Sequence[Any], at: Any, n: int, *, upright: bool = False, **style: Any) -> None:
    """Means with their intervals and, as thin lines, where nine of ten single runs lie."""
    intervals, ends = zip(*found, strict=True)
    lines = axes.vlines if upright else axes.hlines
    lines(at, *zip(*ends, strict=True), color=policy_style(n)["color"], linewidth=1)
    style = {**policy_style(n), "elinewidth": 2.5, "clip_on": False, **style}
    means(axes, intervals, at, n, upright=upright, **style)


def many_quarters(comparison: Comparison) -> Figure:
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
    key(figure, figure.axes[0], how_quarters(comparison))
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
    axes.axvline(found[0][0].mean, label=f"mean of {policy(comparison.names[0])}", **base)
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
        box.set(facecolor=policy_style(n if few else min(n, 1))["color"], alpha=0.6)
    for line in boxes["medians"]:
        line.set(color="black", linewidth=2)
