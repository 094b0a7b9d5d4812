"""How sure: an effect in the states of the world with each rival rule of the model, and without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from experiments.report.comparison import answer
from experiments.report.comparison.answer import HEADLINE, structure_title
from experiments.report.comparison.scorecard import STYLES
from experiments.report.comparison.sentences import percent_of
from experiments.report.style.panels import key, light_grid, new_figure
from experiments.report.style.words import folded, policy, sentence
from experiments.runs.comparison import Comparison, Pair, sides_of

WIDTH, ROW, MOST = 4.9, 0.5, 6
"""Of a figure and a row in inches; rules that are shown, those first that move the effect most."""
_GROUND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.3}
Rows = Sequence[tuple[str, Pair, Pair]]
"""Of each rule its title, the effect where it is in, and where it is not."""


def rows_of(comparison: Comparison, known: Mapping[str, NDArray[np.bool_]], measure: str) -> Rows:
    """The first scenario against the base by rule, those first that move the effect most."""
    found: dict[str, dict[bool, Pair]] = {}
    for name, is_in, some in sides_of(comparison, known):
        found.setdefault(name, {})[is_in] = some.pair(comparison.names[1], measure)
    rows = [(structure_title(name), sides[True], sides[False]) for name, sides in found.items()]
    return sorted(rows, key=lambda row: -abs(row[1].difference.mean - row[2].difference.mean))


def title(comparison: Comparison, measure: str, rows: Rows) -> str:
    """Whether the sign is the same on every side."""
    pairs = [pair for _, *sides in rows for pair in sides]
    signs = {pair.difference.mean > 0 for pair in pairs if pair.difference.clear}
    said = f"{sentence(HEADLINE[measure])} with {policy(comparison.names[1])}"
    if len(signs) > 1:
        return f"{said}: the sign turns with some rules"
    words = "more" if signs == {True} else "fewer"
    if all(pair.difference.clear for pair in pairs):
        return f"{said}: {words} with every rule, and without it"
    return f"{said}: {words}, or not told apart, with every rule" if signs else f"{said}: not told apart with any rule"


def figure(comparison: Comparison, measure: str, rows: Rows) -> Figure:
    """A row a rule: a full dot where it is in, a hollow one where it is not; % of the base."""
    made = new_figure(WIDTH, 1.5 + ROW * min(len(rows), MOST))
    axes, every, rows = made.add_subplot(), rows, rows[:MOST]
    axes.axvline(0, color="0.3", linewidth=1)
    axes.set_yticks([])
    axes.set_ylim(len(rows) - 0.3, -0.75)
    for row, (words, inside, outside) in enumerate(rows):
        axes.text(0.0, row - 0.33, words, transform=axes.get_yaxis_transform(), fontsize=8.5, va="center", bbox=_GROUND)
        _side(axes, inside, row - 0.04, full=True)
        _side(axes, outside, row + 0.27, full=False)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:+.0f}%" if x else "0%")
    axes.spines["left"].set_visible(False)
    light_grid(axes, "x")
    axes.set_title(folded(title(comparison, measure, every), 10, WIDTH - 0.6), fontsize=10, loc="left")
    axes.set_xlabel(
        folded(f"change against {policy(comparison.names[0])}, %; bars: 95% interval", 8.5, WIDTH - 0.4), fontsize=8.5
    )
    axes.margins(x=0.12)
    key(made, list(_marks()), size=8.5)
    return made


def _side(axes: Axes, pair: Pair, row: float, *, full: bool) -> None:
    colour, scale = STYLES[answer.verdict(pair)][0], 100 / (abs(pair.base_value.mean) or 1.0)
    mean, of = scale * pair.difference.mean, pair.difference
    axes.hlines(row, scale * of.low, scale * of.high, color=colour, linewidth=2)
    axes.plot([mean], [row], "o", color=colour, markersize=5.5, markerfacecolor=colour if full else "white", zorder=3)
    style: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 8.5, "color": colour}
    axes.annotate(percent_of(pair), (scale * of.high, row), (4, 0), **style)


def _marks() -> list[Line2D]:
    style: dict[str, Any] = {"linestyle": "", "marker": "o", "color": "0.3", "markersize": 5.5}
    full = Line2D([], [], label="states with the rule", **style)
    hollow = Line2D([], [], label="without it", markerfacecolor="white", **style)
    return [full, hollow]
