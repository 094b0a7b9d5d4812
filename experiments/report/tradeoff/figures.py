"""Figure of responses: security gained against Baghdad's capital spent, with the front and its border."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.report.style.colours import COLOURS
from experiments.report.style.panels import bars, clean, headline, new_figure, spread_out
from experiments.report.style.words import folded, with_unit
from experiments.report.tradeoff import numbers
from experiments.report.tradeoff.numbers import GAINS, TradeOff
from sim.numbers import percent, signed
from sim.statistics import Interval

_PLACES = {"main": (0.85, 1.15, 4.5, 4.6), "upper": (9.2, 3.9, 1.95, 1.85), "lower": (9.2, 1.15, 1.95, 1.85)}
_WIDTH, _HEIGHT, _LABELS = 12.1, 6.8, 2.75  # inches
_SIZE = 8.5


def tradeoff(found: TradeOff) -> Figure:
    """A large panel for pressure, with names; small ones for rounds leaked and fire attacks, with numbers."""
    figure = new_figure(_WIDTH, _HEIGHT)
    figure.set_layout_engine("none")  # the places are fixed, so that the column of names fits its words
    for measure, place in zip(GAINS, _PLACES, strict=True):
        left, bottom, width, height = _PLACES[place]
        axes = figure.add_axes((left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT))
        _draw(axes, found, measure, named=place == "main")
    headline(figure, numbers.front_title(found))
    _key(figure)
    return figure


def _draw(axes: Axes, found: TradeOff, measure: str, *, named: bool) -> None:
    x, y = numbers.intervals(found.spent), numbers.intervals(found.gain[measure])
    x_ends, y_ends = numbers.ends_of(x), numbers.ends_of(y)
    axes.set_xlim(*x_ends)
    axes.set_ylim(*y_ends)
    front = found.front(measure)
    _draw_front(axes, [(x[n].mean, y[n].mean) for n, name in enumerate(found.names) if name in front])
    for n, name in enumerate(found.names):
        _draw_point(axes, x[n], y[n], base=n == 0, front=name in front)
    axes.axhline(0, color="0.75", linewidth=0.8, zorder=0)
    axes.axvline(0, color="0.75", linewidth=0.8, zorder=0)
    _write_axes(axes, measure, named=named)
    labels = list(_labels(found, measure, y, y_ends, named=named))
    shown = [n for n, name in enumerate(found.names) if named or name in front]
    _write_labels(axes, [(_inside(axes, x[n].mean, y[n].mean), labels[n], found.names[n] in front) for n in shown])


def _draw_front(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    """The border of what can be had: a staircase through the front, within the panel."""
    xs, ys = (np.array(part) for part in zip(*sorted(points), strict=True))
    (_, right), (bottom, _) = axes.get_xlim(), axes.get_ylim()
    xs, ys = np.concatenate([xs[:1], xs, [right]]), np.concatenate([[bottom], ys, ys[-1:]])
    axes.step(xs, ys, where="post", color=COLOURS[0], linewidth=1.2, linestyle="--", zorder=1)


def _draw_point(axes: Axes, x: Interval, y: Interval, *, base: bool, front: bool) -> None:
    at = _inside(axes, x.mean, y.mean)
    beyond = at != (x.mean, y.mean)
    colour = COLOURS[0] if front else "0.45"
    marker = ("v" if y.mean < at[1] else "^" if y.mean > at[1] else ">") if beyond else "D" if base else "o"
    if not base and not beyond:
        style: dict[str, Any] = {"fmt": "none", "ecolor": colour, "elinewidth": 1.1, "capsize": 2, "zorder": 2}
        axes.errorbar(*at, xerr=bars([x]), yerr=bars([y]), **style)
    face = colour if front else "white"
    axes.plot(*at, marker, color=colour, markerfacecolor=face, markersize=6, zorder=3, clip_on=False)


def _inside(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """The point, or the nearest on the panel's edge."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    return min(max(x, left), right), min(max(y, bottom), top)


def _write_axes(axes: Axes, measure: str, *, named: bool) -> None:
    clean(axes)
    axes.tick_params(labelsize=8.5)
    axes.xaxis.set_major_locator(MaxNLocator(5 if named else 3))
    axes.set_ylabel(f"fall in {with_unit(measure)}", fontsize=9.5)
    spent = "Baghdad's capital spent (mean over the days, scale 0 to 1)"
    axes.set_xlabel(spent if named else "capital spent", fontsize=9.5)


def _labels(
    found: TradeOff, measure: str, y: Sequence[Interval], ends: tuple[float, float], *, named: bool
) -> Iterator[str]:
    """Number and name; the value of what lies beyond the panel; the share on the front."""
    shares = found.shares(measure) if named else {}
    for n, name in enumerate(found.names):
        away = not ends[0] <= y[n].mean <= ends[1]
        value = f" {signed(y[n].mean)}" if away else ""
        share = f" ({percent(shares[name])})" if np.isfinite(shares.get(name, np.nan)) else ""
        yield folded(f"{n} {name}{value}{share}", _SIZE, _LABELS - 0.4) if named else f"{n}{value}"


def _write_labels(axes: Axes, labels: Sequence[tuple[tuple[float, float], str, bool]]) -> None:
    """A column on the right in the order of the points, a thin line from each label (point, words, on the front)."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    width, height = axes.get_position().width * _WIDTH, axes.get_position().height * _HEIGHT
    inch_x, inch_y = (right - left) / width, (top - bottom) / height
    wanted = [(point[1] - bottom) / inch_y for point, _, _ in labels]
    rows = [0.155 * (words.count("\n") + 1) for _, words, _ in labels]
    for at, ((x, y), words, front) in zip(spread_out(wanted, rows, height), labels, strict=True):
        level, end = bottom + at * inch_y, right + 0.35 * inch_x
        style: dict[str, Any] = {"color": "0.75", "linewidth": 0.6, "zorder": 0, "clip_on": False}
        axes.plot([x, right + 0.1 * inch_x, end], [y, level, level], **style)
        colour, weight = (COLOURS[0], "bold") if front else ("0.25", "normal")
        axes.text(end + 0.04 * inch_x, level, words, fontsize=_SIZE, va="center", color=colour, weight=weight)


def _key(figure: Figure) -> None:
    """What the marks mean, below the panels."""
    words = (
        "Filled, blue: on the front (dashed: its border). Hollow, grey: beaten. Diamond: no response. Triangle: beyond "
        "the panel, its value with its name. Small panels: the numbers of the scenarios on their own front."
    )
    figure.text(0.02, 0.12 / _HEIGHT, folded(words, 8.5, _WIDTH - 0.5), fontsize=8.5, color="0.25", va="bottom")
