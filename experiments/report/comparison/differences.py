"""Paired differences of two to four scenarios, in per cent of the base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.style import forest
from experiments.report.style.colours import FEW, bars, clean, headline, limits, look, mark_beyond, new_figure, offset
from experiments.report.style.words import columns_that_fit, folded, readable, with_unit
from experiments.runs.compare import MAIN_MEASURES, Comparison, Pair
from sim.numbers import percent_change, signed
from sim.statistics import Values

ATTACKS = ("fire_attacks", "convoy_attacks")
WIDTH = 8.5


def differences(comparison: Comparison) -> Figure:
    """Paired differences of the main measures with 95% t intervals, in one panel or one for each measure."""
    return few(comparison) if len(comparison.names) <= FEW else forest.differences(comparison)


def in_per_cent(comparison: Comparison) -> list[str]:
    """Main measures that can be given in per cent of the base."""
    base = comparison.names[0]
    return [m for m in comparison.among(MAIN_MEASURES) if abs(comparison.interval(base, m).mean) > 0]


def differences_title(comparison: Comparison) -> str:
    """What the main measures show, two lines for each scenario."""
    base, shown = comparison.names[0], in_per_cent(comparison)
    return "\n".join(_finding([comparison.pair(name, m) for m in shown], name, base) for name in comparison.names[1:])


def _finding(pairs: Sequence[Pair], name: str, base: str) -> str:
    """The two kinds of attack, and how many measures moved for certain."""
    attacks = [f"{readable(p.measure)} {_percent(p)}" for p in pairs if p.measure in ATTACKS]
    below, above = (sum(p.difference.clear and (p.difference.mean < 0) == low for p in pairs) for low in (True, False))
    rest = len(pairs) - below - above
    counts = f"of {len(pairs)} main measures {below} lower, {above} higher, {rest} undecided"
    first = f"{', '.join(attacks)};\n" if attacks else ""
    return f"{name} against {base}: {first}{counts}"


def _percent(pair: Pair) -> str:
    """The difference in per cent of the base, with its sign."""
    return percent_change(pair.difference.mean / abs(pair.base_value.mean))


def few(comparison: Comparison) -> Figure:
    """One panel: rows are measures, colours are scenarios; what lies far out is an arrow with its value."""
    shown, others = in_per_cent(comparison), comparison.names[1:]
    figure = new_figure(WIDTH, 1.9 + 0.2 * len(others) + (0.26 + 0.14 * len(others)) * max(len(shown), 3))
    axes = figure.add_subplot()
    axes.axvline(0, color="0.4", linewidth=1)
    axes.set_yticks(range(len(shown)), [readable(m) for m in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    pairs = [[comparison.pair(name, measure) for measure in shown] for name in others]
    cut = _cut_axis(axes, pairs)
    for n, each in enumerate(pairs):
        _draw(axes, each, others[n], offset(n, len(others), 0.5), look(n + 1))
    axes.set_xlabel(folded(_axis_words(comparison, cut), 10, WIDTH - 2.2))
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    clean(axes)
    _legend(figure, others)
    headline(figure, differences_title(comparison))
    return figure


def _legend(figure: Figure, others: Sequence[str]) -> None:
    if len(others) > 1:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        labels = [folded(label, 10, WIDTH - 1) for label in labels]
        ncols = columns_that_fit(labels, 10, WIDTH - 0.4)
        figure.legend(handles, labels, loc="outside lower center", ncols=ncols, frameon=False)


def _scaled(pairs: Sequence[Pair]) -> tuple[Values, Values]:
    """Means, and the lengths of the bars below and above, in per cent of the base."""
    scale = np.array([100 / abs(pair.base_value.mean) for pair in pairs])
    return scale * [pair.difference.mean for pair in pairs], scale * bars([pair.difference for pair in pairs])


def _cut_axis(axes: Axes, pairs: Sequence[Sequence[Pair]]) -> bool:
    """Set the ends of the axis; whether something lies beyond them."""
    middle, lengths = _scaled([pair for each in pairs for pair in each])
    if not len(middle):
        return False
    lows, highs = middle - lengths[0], middle + lengths[1]
    low, high = limits(lows, highs)
    axes.set_xlim(low, high)
    return bool(lows.min() < low or highs.max() > high)


def _axis_words(comparison: Comparison, cut: bool) -> str:
    """What is drawn, what is cut, and what has no per cent since the base has none of it."""
    base, shown = comparison.names[0], in_per_cent(comparison)
    words = f"paired difference from {base}, % of its mean (bars: 95% t interval, n = {comparison.n} pairs)"
    if cut:
        words += "\narrow: beyond the edge, with its value"
    absent = [
        _plainly(comparison, m) for m in comparison.among(MAIN_MEASURES) if m not in shown and _moves(comparison, m)
    ]
    return words + (f"\n0 in {base}, so without %: {', '.join(absent)}" if absent else "")


def _moves(comparison: Comparison, measure: str) -> bool:
    return any(comparison.pair(name, measure).difference.mean for name in comparison.names[1:])


def _plainly(comparison: Comparison, measure: str) -> str:
    """The differences of a measure in its own unit."""
    differences = [signed(comparison.pair(name, measure).difference.mean) for name in comparison.names[1:]]
    return f"{with_unit(measure)} {' and '.join(differences)}"


def _draw(axes: Axes, pairs: Sequence[Pair], name: str, shift: float, style: dict[str, Any]) -> None:
    middle, lengths = _scaled(pairs)
    rows, colour = np.arange(len(pairs)) + shift, style["color"]
    axes.errorbar(middle, rows, xerr=lengths, fmt=style["marker"], color=colour, capsize=3, label=name)
    for n, pair in enumerate(pairs):
        mark_beyond(axes, middle[n], lengths[:, n], rows[n], _percent(pair), colour)
