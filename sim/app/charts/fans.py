"""Fan charts of a what-if: how far the futures of each option spread, and their paired difference from the first."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.app.charts.canvas import Canvas
from sim.app.charts.panels import LINE, Box, HeadingKey, Panel, highest, lowest, with_start
from sim.app.ensemble_band import SERIES, Floats, Series
from sim.app.style import MARKERS, STYLES, SizePx, cut, folded, points, within
from sim.app.whatif import Fan, WhatIf
from sim.numbers import number

_SHOWN = (
    *("fire_attacks", "rounds_leaked", "convoy_attacks", "trucks_lost", "lowest_supply_days", "relation"),
    *("capital", "patience", "pressure"),
)
FAN_SERIES: tuple[str, ...] = tuple(SERIES[name].title for name in _SHOWN)
"""Titles of the series that a fan chart may show."""
FAN_PX: SizePx = (620, 400)
_OUTER, _INNER = 0.18, 0.28


def series_of(name: str) -> Series:
    """A series by its name or title."""
    found = next((each for each in SERIES.values() if name in (each.name, each.title)), None)
    if found is None:
        raise ValueError(f"series = {name!r}: expected one of {', '.join(FAN_SERIES)}")
    return found


class FanChart:
    """Fans of a series (name or title) under each option above, paired differences from the first below."""

    def __init__(self, found: WhatIf, series: str, size_px: SizePx = FAN_PX, dark: bool = False) -> None:
        self.found, self.series, self.size = found, series_of(series), within(size_px)
        self.canvas = Canvas(self.size, dark)
        self.colours, self.figure = self.canvas.colours, self.canvas.figure
        width, height = self.size
        self.px = float(np.clip(min(width / 52, height / 33), 9.0, 24.0))
        self.fans: list[Fan] = [fans[self.series.name] for fans in found.fans]
        self.n = len(self.fans)
        self.columns = self.n if self.n <= 3 else -(-self.n // 2)
        self.rows = -(-self.n // self.columns)
        foot = self._write_foot()
        room = self.size[1] - self._write_title() - foot
        lower = 0.4 * room if self.n > 1 else 0.0
        self._draw_options(foot + lower, room - lower)
        if self.n > 1:
            self._draw_differences(foot, lower)

    def png(self) -> bytes:
        """The picture."""
        return self.canvas.png(None)

    # --- words -------------------------------------------------------------------------------------------------
    def _write_title(self) -> float:
        """The title; its height in pixels."""
        since = "" if self.series.column.level else " from now on"
        unit = {"attack": "number", "0–1": "0 to 1"}.get(self.series.unit, f"{self.series.unit}s")
        self.unit = unit
        text = f"{self.series.title[0].upper()}{self.series.title[1:]}{since} ({unit}), n = {self.found.n} futures each"
        lines = folded(text, 1.08 * self.px, self.size[0] - 1.2 * self.px)[:2]
        for n, line in enumerate(lines):
            bottom = self.size[1] - (1.4 + LINE * n) * self.px
            self.canvas.text(0.6 * self.px, bottom, line, self.px, weight="bold")
        return (0.7 + LINE * len(lines)) * self.px

    def _write_foot(self) -> float:
        words = "Above: median, 25–75%, 5–95%" if self.n > 1 else "Median, 25–75%, 5–95%"
        if self.n > 1:
            words += f"; dashed: median of “{self.found.labels[0]}”. Below: mean paired difference, 95% t interval."
        lines = folded(words, 0.9 * self.px, self.size[0] - 1.2 * self.px)
        for n, line in enumerate(reversed(lines)):
            self.canvas.text(0.6 * self.px, (0.45 + 1.2 * n) * self.px, line, 0.9 * self.px, color=self.colours.quiet)
        top, words = (0.5 + 1.2 * len(lines)) * self.px, f"days from hour {self.found.hour} ({self.found.fork})"
        style: dict[str, Any] = {"ha": "center", "color": self.colours.quiet}
        self.canvas.text(self.size[0] / 2, top + 0.25 * self.px, words, 0.9 * self.px, **style)
        return top + 1.1 * self.px

    # --- options -----------------------------------------------------------------------------------------------
    def _draw_options(self, bottom: float, height: float) -> None:
        cell, row = (self.size[0] - 1.5 * self.px) / self.columns, height / self.rows
        quantiles = [fan.quantiles for fan in self.fans]
        for n in range(self.n):
            line, column = divmod(n, self.columns)
            left, floor = column * cell, bottom + (self.rows - 1 - line) * row
            box = Box(left + 4.9 * self.px, floor + 1.7 * self.px, cell - 5.4 * self.px, row - 3.4 * self.px)
            panel = self._panel(box)
            if self.series.column.level:
                panel.set_window(lowest(*quantiles), highest(*quantiles))
            else:
                panel.set_ends(0.0, highest(*quantiles))
            key = self._key(n, cut(self.found.labels[n], self.px, cell - 4 * self.px))
            panel.heading(left + 0.5 * self.px, 0, [key])
            self._draw_fan(panel, n)
            if column == 0:
                panel.label(self.unit, left + 0.4 * self.px)

    def _colour(self, n: int) -> str:
        return self.colours.options[n % len(self.colours.options)]

    def _key(self, n: int, text: str) -> HeadingKey:
        """The first option is drawn plainly; the others as their differences are."""
        if n == 0:
            return HeadingKey(text, self._colour(0), "bar")
        return HeadingKey(text, self._colour(n), STYLES[(n - 1) % len(STYLES)], MARKERS[n % len(MARKERS)])

    def _panel(self, box: Box) -> Panel:
        panel = Panel(self.canvas, box, self.px)
        last = float(self.found.ends[-1])
        panel.axes.set_xlim(0.0, last)
        ticks = _day_ticks(last, 5 if box.width > 18 * self.px else 3)
        panel.axes.set_xticks(ticks, [number(tick) for tick in ticks])
        return panel

    def _with_fork(self, values: Floats) -> tuple[Floats, Floats]:
        """Days and values; a running total begins at 0 at the fork."""
        return with_start(values, self.series.column.level, self.found.ends)

    def _draw_fan(self, panel: Panel, n: int) -> None:
        days, quantiles = self._with_fork(self.fans[n].quantiles)
        colour = self._colour(n)
        panel.fill(days, quantiles, colour, _OUTER, _INNER)
        panel.axes.plot(days, quantiles[2], color=colour, linewidth=points(0.18 * self.px))
        if n:
            base = self._with_fork(self.fans[0].quantiles)[1][2]
            style: dict[str, Any] = {"color": self.colours.text, "linestyle": (0, (3, 2))}
            panel.axes.plot(days, base, linewidth=points(0.1 * self.px), **style)

    # --- differences -------------------------------------------------------------------------------------------
    def _draw_differences(self, bottom: float, height: float) -> None:
        box = Box(5.4 * self.px, bottom + 1.7 * self.px, self.size[0] - 7.4 * self.px, height - 3.4 * self.px)
        differences = [fan.difference for fan in self.fans[1:]]
        panel = self._panel(box)
        panel.set_ends(min(0.0, lowest(*differences)), max(0.0, highest(*differences)))
        text = f"Difference from “{self.found.labels[0]}” ({self.unit}), in pairs"
        panel.heading(0.5 * self.px, 0, [HeadingKey(cut(text, self.px, self.size[0] - 2 * self.px))])
        panel.label("difference", 0.4 * self.px)
        panel.axes.axhline(0.0, color=self.colours.text, linewidth=points(0.08 * self.px))
        for n, difference in enumerate(differences, 1):
            self._draw_difference(panel, n, difference)

    def _draw_difference(self, panel: Panel, n: int, difference: Floats) -> None:
        days, (mean, low, high) = self._with_fork(difference)
        style: dict[str, Any] = {"color": self._colour(n), "linestyle": STYLES[(n - 1) % len(STYLES)]}
        panel.axes.fill_between(days, low, high, facecolor=style["color"], alpha=_OUTER, linewidth=0)
        orders: dict[str, Any] = {"marker": MARKERS[n % len(MARKERS)], "markersize": points(0.5 * self.px)}
        every = max(1, len(days) // 6)
        panel.axes.plot(days, mean, linewidth=points(0.16 * self.px), markevery=every, **style, **orders)


def _day_ticks(last: float, most: int) -> list[float]:
    """Whole days, weeks or months that fit."""
    step = next(step for step in (1, 2, 7, 14, 30, 60, 90, 180, 360, 720, 3600) if last / step <= most)
    return [float(day) for day in range(0, int(last) + 1, step)]
