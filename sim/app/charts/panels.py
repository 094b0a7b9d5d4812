"""One panel of the live charts: axes, heading, where the run stands; its place given in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from numpy.typing import ArrayLike

from sim.app.charts.canvas import Canvas
from sim.app.ensemble_band import Floats
from sim.app.style import points, text_px
from sim.numbers import number

_TOPS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
LINE = 1.3  # height of a line of text, in letters


@dataclass(frozen=True)
class Box:
    """A place in pixels, from the lower left corner of the figure."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """Upper edge."""
        return self.bottom + self.height


@dataclass(frozen=True)
class HeadingKey:
    """A part of a heading: text, and before it the mark that it explains (`bar`, or the style of a line)."""

    text: str
    colour: str = ""
    mark: Any = None
    marker: str = ""
    bold: bool = False


class Panel:
    """Axes in a box, with a heading above; letters are `px` pixels high."""

    def __init__(self, canvas: Canvas, axes_box: Box, px: float) -> None:
        self.canvas, self.box, self.px = canvas, axes_box, px
        self.figure, self.colours = canvas.figure, canvas.colours
        self._width, self._height = canvas.size_px
        self.axes: Axes = self.figure.add_axes(self._part(axes_box))
        self.moving: list[Artist] = []
        self.low, self.high = 0.0, 0.0
        self.lift = 0.0  # room between axes and heading, pixels
        self._dress()

    def _part(self, box: Box) -> tuple[float, float, float, float]:
        return box.left / self._width, box.bottom / self._height, box.width / self._width, box.height / self._height

    def _dress(self) -> None:
        axes, colours = self.axes, self.colours
        axes.set_facecolor("none")
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(colours.quiet)
        small: dict[str, Any] = {"colors": colours.quiet, "labelsize": points(0.92 * self.px)}
        axes.tick_params(length=points(0.35 * self.px), pad=points(0.2 * self.px), **small)
        axes.tick_params(which="minor", length=points(0.18 * self.px), color=colours.quiet)
        axes.grid(axis="y", color=colours.grid, linewidth=0.6)
        axes.set_axisbelow(True)

    # --- text ----------------------------------------------------------------------------------------------
    def text(self, left: float, bottom: float, words: str, **style: Any) -> Text:
        """Text at a place in pixels."""
        return self.canvas.text(left, bottom, words, self.px, **style)

    def heading(self, left: float, line: int, keys: Sequence[HeadingKey]) -> None:
        """Keys in a line above the axes; line 0 is the lowest."""
        bottom = self.line(line)
        for key in keys:
            self._draw_mark(key, left, bottom)
            weight = "bold" if key.bold else "normal"
            self.text(left + self._mark_px(key), bottom, key.text, fontweight=weight)
            left += self.keys_px([key])

    def keys_px(self, keys: Sequence[HeadingKey]) -> float:
        """Width of keys in a line, in pixels."""
        return sum(self._mark_px(key) + text_px(key.text, self.px, key.bold) + 0.8 * self.px for key in keys)

    def _mark_px(self, key: HeadingKey) -> float:
        return 0.0 if key.mark is None else (1.1 if key.mark == "bar" else 2.2) * self.px

    def line(self, n: int) -> float:
        """Where the n-th line above the axes stands."""
        return self.box.top + self.lift + (0.75 + LINE * n) * self.px

    def _draw_mark(self, key: HeadingKey, left: float, bottom: float) -> None:
        px, transform = self.px, self.figure.transFigure
        if key.mark is None:
            return
        if key.mark == "bar":
            box = self._part(Box(left, bottom - 0.05 * px, 0.8 * px, 0.8 * px))
            self.figure.add_artist(Rectangle(box[:2], *box[2:], color=key.colour, transform=transform, linewidth=0))
            return
        ends, y = [left / self._width, (left + 1.9 * px) / self._width], (bottom + 0.33 * px) / self._height
        style: dict[str, Any] = {"color": key.colour, "linestyle": key.mark, "linewidth": points(0.17 * px)}
        self.figure.add_artist(Line2D(ends, [y, y], transform=transform, **style))
        if key.marker:
            dot: dict[str, Any] = {"marker": key.marker, "markersize": points(0.5 * px), "color": key.colour}
            self.figure.add_artist(Line2D([sum(ends) / 2], [y], transform=transform, **dot))

    def label(self, words: str, left: float) -> None:
        """What the vertical axis shows, with its unit."""
        style: dict[str, Any] = {"rotation": 90, "ha": "left", "va": "center", "fontsize": points(0.92 * self.px)}
        self.text(left, self.box.bottom + self.box.height / 2, words, color=self.colours.quiet, **style)

    def fill(self, days: Floats, quantiles: Floats, colour: str, outer: float, inner: float) -> None:
        """5–95% and 25–75% of a series as two shades."""
        low, inner_low, _, inner_high, high = quantiles
        self.axes.fill_between(days, low, high, facecolor=colour, alpha=outer, linewidth=0, zorder=1)
        self.axes.fill_between(days, inner_low, inner_high, facecolor=colour, alpha=inner, linewidth=0, zorder=1)

    # --- axes ----------------------------------------------------------------------------------------------
    def set_ends(self, low: float, high: float, whole: bool = False, n_ticks: int = 3) -> None:
        """Round ends of the vertical axis that hold 0 and both numbers, with ticks there and in the middle or at 0.

        `whole`: of a count, so that the middle is a whole number too.
        """
        low, high = round_ends(low, high)
        if whole and low == 0.0:
            high = 2.0 * math.ceil(high / 2 - 1e-9)
        self._set_axis(low, high, ticks_between(low, high) if n_ticks > 2 else two_ticks(low, high))

    def set_window(self, low: float, high: float) -> None:
        """Round ends of the vertical axis around two numbers, which may be far from 0."""
        step = round_up(max(high - low, 1e-3 * abs(high), 1e-3) / 2)
        bottom = step * math.floor(low / step + 1e-9)
        top = bottom + step * max(2, math.ceil((high - bottom) / step - 1e-9))
        self._set_axis(bottom, top, [bottom, bottom + (top - bottom) / 2, top])

    def _set_axis(self, low: float, high: float, ticks: list[float]) -> None:
        """Labels at the ends of low axes stay within, so that they touch nothing above or below."""
        if (low, high) == (self.low, self.high):
            return
        self.low, self.high = low, high
        self.axes.set_ylim(low, high)
        self.axes.set_yticks(ticks, [tick_words(tick) for tick in ticks])
        tight = self.box.height < 7 * self.px
        for tick, label in zip(ticks, self.axes.get_yticklabels(), strict=True):
            inside = {low: "bottom", high: "top"} if tight else {}
            label.set(verticalalignment=inside.get(tick, "center"))


def round_ends(low: float, high: float) -> tuple[float, float]:
    """0 and a round number on each side that is needed."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0.0, 1.0
    below = -round_up(-low) if low < 0 else 0.0
    return below, round_up(high) if high > 0 or below == 0.0 else 0.0


def ticks_between(low: float, high: float) -> list[float]:
    """Ends and middle; with both signs ends and 0, without an end that is too near to 0 for its label."""
    if low == 0.0 or high == 0.0:
        return [low, (low + high) / 2, high]
    reach = max(high, -low)
    return [tick for tick in (low, 0.0, high) if tick == 0.0 or abs(tick) >= reach / 2]


def two_ticks(low: float, high: float) -> list[float]:
    """Both ends; 0 instead of one that is too near to it."""
    reach = max(high, -low)
    return [tick if abs(tick) >= reach / 2 else 0.0 for tick in (low, high)]


def tick_words(value: float) -> str:
    """At most five letters down to a hundredth: `400`, `0.5`, `1.2k`, `−.015`."""
    words = number(value) if abs(value) < 1000 else f"{number(value / 1000)}k"
    return words.replace("0.", ".", 1) if abs(value) < 1 and len(words) > 5 else words


def round_up(value: float) -> float:
    """The next round number, of which the half is nearly as round; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(f"{top * power:.3g}" for top in _TOPS if top * power >= value * (1 - 1e-9)))


def highest(*arrays: ArrayLike) -> float:
    """The highest finite value of all; 0 if there is none."""
    values = np.concatenate([np.ravel(np.asarray(array, np.float64)) for array in arrays])
    values = values[np.isfinite(values)]
    return float(values.max()) if len(values) else 0.0


def lowest(*arrays: ArrayLike) -> float:
    """The lowest finite value of all; 0 if there is none."""
    return -highest(*(-np.asarray(array, np.float64) for array in arrays))


def with_start(values: Floats, level: bool, ends: Floats | None = None) -> tuple[Floats, Floats]:
    """Days and values of a series; a running total begins at 0, a level with the end of its first day (1)."""
    ends = np.arange(1, values.shape[-1] + 1, dtype=np.float64) if ends is None else ends
    if level:
        return ends, values
    zero = np.zeros((*values.shape[:-1], 1))
    return np.concatenate([[0.0], ends]), np.concatenate([zero, values], axis=-1)


class Trace:
    """A line with a dot at its end, that follows a series of a run."""

    def __init__(self, panel: Panel, colour: str, dashes: Any, marker: str, width: float) -> None:
        px = panel.px
        style: dict[str, Any] = {"linewidth": points(width * px), "zorder": 3, "solid_capstyle": "butt"}
        (self.line,) = panel.axes.plot([], [], color=colour, linestyle=dashes, **style)
        dot: dict[str, Any] = {"marker": marker, "markersize": points(0.55 * px), "zorder": 4, "clip_on": False}
        (self.dot,) = panel.axes.plot([], [], color=colour, linestyle="none", **dot)
        panel.moving += [self.line, self.dot]

    def show(self, values: Floats, level: bool) -> Floats:
        """Bring it up to date; what is seen of the values."""
        x, y = with_start(values, level)
        self.line.set_data(x, y)
        self.dot.set_data(x[-1:], y[-1:])
        return y
