"""The scorecard as a figure for a slide: a panel a measure, a row a policy, dots with their ranges over states."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from experiments.report.comparison import answer
from experiments.report.comparison.answer import BETTER, OPEN, WORSE
from experiments.report.comparison.sentences import percent_of
from experiments.report.style.colours import COLOURS
from experiments.report.style.panels import clean, new_figure
from experiments.report.style.words import folded, policy, readable, sentence
from experiments.runs.comparison import Comparison, Pair
from sim.statistics import Interval

WIDTH, HEIGHT, ACROSS = 12.8, 7.2, 4
"""Of a slide of 16:9 in inches; panels in a line."""
LONG, MOST_LETTERS = 170, 60
"""Letters of a title that is set smaller; of the name of a row."""
TITLES: Mapping[str, str] = {
    "fire_attacks": "Fire attacks on sites",
    "rounds_leaked": "Rounds that land",
    "us_wounded": "US people hurt",
    "convoy_attacks": "Bombs against convoys",
    "hits_per_100_convoys": "Hits per 100 convoys",
    "drivers_wounded": "Drivers hurt",
    "relation_mean": "Relation with Baghdad",
    "capital_mean": "Political capital",
}
"""Of the panels."""
STYLES: Mapping[str, tuple[str, str]] = {
    BETTER: (COLOURS[0], "better for the defence"),
    WORSE: (COLOURS[1], "worse"),
    OPEN: ("0.5", "not told apart, or neither good nor bad"),
}
"""Colour and words of a verdict."""


def answer_figure(comparison: Comparison, measures: Sequence[str], title: str, over: str) -> Figure:
    """The finding, a panel for each measure, what the colours mean, and over what it is."""
    figure = new_figure(WIDTH, HEIGHT)
    figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1, rect=(0.01, 0.11, 0.98, 0.76)))
    size = 19 if len(title) < LONG else 11
    figure.text(0.02, 0.97, folded(title, size, WIDTH - 1.8), fontsize=size, fontweight="bold", va="top")
    rows = -(-len(measures) // ACROSS)
    grid = figure.subplots(rows, min(ACROSS, len(measures)), sharey=True, squeeze=False)
    for axes in grid.flat[len(measures) :]:
        axes.remove()
    for axes, measure in zip(grid.flat, measures, strict=False):
        _panel(axes, comparison, measure)
    _legend(figure, comparison, over)
    return figure


def _panel(axes: Axes, comparison: Comparison, measure: str) -> None:
    """The change of every policy in per cent of its base."""
    pairs = [comparison.pair(after, measure, before) for before, after in answer.carded(comparison)]
    labels = [folded(row_name(comparison, pair), 11, 1.9) for pair in pairs]
    axes.axvline(0, color="0.3", linewidth=1)
    axes.set_yticks(range(len(pairs)), labels, fontsize=11)
    axes.set_ylim(len(pairs) - 0.4, -0.7)
    for row, pair in enumerate(pairs):
        draw_change(axes, pair, row, answer.verdict_in(comparison, pair))
    axes.margins(x=0.3)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:+.0f}%" if x else "0%")
    axes.tick_params(axis="x", labelsize=9, color="0.6", labelcolor="0.35")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    clean(axes)
    axes.set_title(TITLES.get(measure, sentence(readable(measure))), fontsize=12, fontweight="bold", loc="left")


def row_name(comparison: Comparison, pair: Pair) -> str:
    """The policy of a row; of one with equal budgets that it is."""
    if pair.base == comparison.names[0]:
        return textwrap.shorten(sentence(policy(pair.posture)), MOST_LETTERS, placeholder=" …")
    return "Equal budgets"


def draw_change(axes: Axes, pair: Pair, row: float, verdict: str, size: float = 10.5) -> None:
    """A dot at the mean, a thick bar for its interval, a thin one for nine of ten states, its value above."""
    colour, scale = STYLES[verdict][0], 100 / (abs(pair.base_value.mean) or 1.0)
    mean = scale * pair.difference.mean
    if pair.effect is not None:
        axes.hlines(row, scale * pair.effect.low, scale * pair.effect.high, color=colour, linewidth=1.5, alpha=0.6)
    axes.hlines(row, *_ends(pair.difference, scale), color=colour, linewidth=4.5)
    axes.plot([mean], [row], "o", color=colour, markersize=8, markeredgecolor="white", zorder=3)
    style: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": size, "fontweight": "bold"}
    style["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
    axes.annotate(f"{percent_of(pair)} {_sign(verdict)}".strip(), (mean, row), (0, 7), color=colour, **style)


def _ends(of: Interval, scale: float) -> tuple[float, float]:
    return scale * of.low, scale * of.high


def _sign(verdict: str) -> str:
    """Told apart without colours too."""
    return "" if verdict == OPEN else verdict


def _legend(figure: Figure, comparison: Comparison, over: str) -> None:
    marks = [
        Line2D([], [], linestyle="", marker="o", markersize=8, color=c, label=words) for c, words in STYLES.values()
    ]
    figure.legend(handles=marks, loc="lower left", bbox_to_anchor=(0.01, 0.06), ncols=3, frameon=False, fontsize=11)
    ranges = "; thin: nine of ten states" if comparison.states is not None else ""
    against = f"Change in per cent against {policy(comparison.names[0])}; thick: 95% interval of the mean{ranges}."
    if comparison.equal:
        pairs = "; ".join(f"{policy(b)} against {policy(a)}" for a, b in comparison.equal[:1])
        against += f" Equal budgets: {pairs}."
    figure.text(0.02, 0.018, folded(f"{against} {over}", 9, WIDTH - 0.5), fontsize=9, color="0.35", va="bottom")
