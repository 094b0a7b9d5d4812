"""Two runs under the same streams: the same series of both, and below each the difference, growing."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from matplotlib.patches import StepPatch
from numpy.typing import NDArray

from sim.app.charts.canvas import Canvas, Charts
from sim.app.charts.grid import COLUMNS, OrderTimes, PanelGrid
from sim.app.charts.live import SMALL
from sim.app.charts.panels import Box, HeadingKey, Trace, highest, lowest
from sim.app.charts.time_axis import Span, span_of
from sim.app.ensemble_band import SERIES, Floats, Series
from sim.app.style import MARKERS, STYLES, SizePx, Theme, cut, first_that_fits, points, text_px
from sim.numbers import number, signed
from sim.scenario import Scenario

Days = NDArray[Any]
_ROWS = 4
_ROUNDING, _LEAST = 1e-9, 0.01  # relative; in the unit of the series
_STRIP, _GAP = 0.36, 0.09  # shares of a cell's height: the difference, and what parts it from the runs
TWIN_SERIES = {
    "fire_attacks": ("Fire on sites", "attacks"),
    "road_attacks": ("Bombs on roads", "attacks"),
    "rounds_leaked": ("Rounds leaked", "rounds"),
    "trucks_lost": ("Trucks lost", "trucks"),
    "lowest_supply_days": ("Lowest supply", "days"),
    "relation": ("Relation", "0 to 1"),
    "capital": ("Baghdad's capital", "0 to 1"),
    "pressure": ("Pressure index", "points"),
}


def run_style(n: int, colours: Theme) -> dict[str, Any]:
    """Colour, line and marker of the first (0) and the second run."""
    return {"color": (colours.blue, colours.orange)[n], "linestyle": STYLES[n], "marker": MARKERS[n]}


class TwinCell:
    """The n-th series of `TWIN_SERIES`: both runs above, second − first below."""

    def __init__(self, grid: PanelGrid, n: int) -> None:
        box, left = grid.axes_box(n), grid.cell_left(n)
        name, (title, unit) = list(TWIN_SERIES.items())[n]
        self.series: Series = SERIES[name]
        upper = (_STRIP + _GAP) * box.height
        self.runs = grid.panel(n, Box(box.left, box.bottom + upper, box.width, box.height - upper))
        self.strip = grid.panel(n, Box(box.left, box.bottom, box.width, _STRIP * box.height))
        grid.draw_orders(n, self.runs)
        self.runs.heading(left, 0, [HeadingKey(title, bold=True)])
        self.runs.label(unit, left)
        self.strip.label("diff.", left)
        styles = [run_style(n, self.runs.colours) for n in (0, 1)]
        self._traces = [Trace(self.runs, s["color"], s["linestyle"], s["marker"], 0.17) for s in styles]
        self._n_days = grid.span.n_days
        self.difference = self._bars()
        self._width = grid.heading_width() - text_px(title, grid.px, True) - grid.px
        right: dict[str, Any] = {"ha": "right", "color": self.runs.colours.quiet, "fontsize": points(0.94 * grid.px)}
        self._now = self.runs.text(left + grid.heading_width(), self.runs.line(0), "", **right)
        self.moving = [*self.runs.moving, self.difference, self._now]

    def _bars(self) -> StepPatch:
        fill: dict[str, Any] = {"baseline": 0.0, "fill": True, "linewidth": 0, "zorder": 2}
        axes, colours = self.strip.axes, self.strip.colours
        axes.axhline(0.0, color=colours.quiet, linewidth=points(0.07 * self.strip.px))
        return axes.stairs(
            np.full(self._n_days, np.nan), np.arange(self._n_days + 1.0), facecolor=colours.green, **fill
        )

    def show(self, tables: Sequence[Days]) -> None:
        """Bring the artists up to date."""
        values = [self.series(days) for days in tables]
        for each, trace in zip(values, self._traces, strict=True):
            trace.show(each, self.series.column.level)
        top = 1.0 if self.series.unit == "0–1" else 0.0
        self.runs.set_ends(min(0.0, lowest(*values)), max(top, highest(*values)), whole=not self.series.column.level)
        self._show_difference(values)

    def _show_difference(self, values: Sequence[Floats]) -> None:
        first, second = values
        n = min(len(first), len(second))
        difference = _differences(first[:n], second[:n])
        shown = np.full(self._n_days, np.nan)
        shown[:n] = difference
        self.difference.set_data(shown)
        below, above = -_at_least(-lowest(difference)), _at_least(highest(difference))
        self.strip.set_ends(below, above, n_ticks=2)
        self._now.set_text(self._words(float(first[n - 1]), float(second[n - 1])) if n else "no day yet")

    def _words(self, first: float, second: float) -> str:
        difference = float(_differences(np.array(first), np.array(second)))
        by = signed(difference)
        shorter = [signed(float(f"{difference:.{digits}g}")) for digits in (2, 1)] if abs(difference) < 1 else []
        wordings = (f"{number(first)} → {number(second)}: {by}", f"diff. {by}", by, *shorter)
        return first_that_fits(wordings, 0.94 * self.runs.px, self._width)

    @property
    def key(self) -> Hashable:
        """What its resting artists depend on."""
        return self.runs.low, self.runs.high, self.strip.low, self.strip.high


def _differences(first: Floats, second: Floats) -> Floats:
    """Second − first; what is left of two equal numbers after rounding is none."""
    difference = second - first
    return np.where(np.isclose(first, second, rtol=_ROUNDING, atol=_ROUNDING), 0.0, difference)


def _at_least(reach: float) -> float:
    """How far the axis of differences reaches to a side: not at all, or so far that its labels are short."""
    return max(reach, _LEAST) if reach > 0 else 0.0


class TwinCharts(Charts):
    """Eight series of two runs, and second − first. `labels` name the runs."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self.labels = tuple(labels)

    def update(
        self,
        tables: Sequence[Days],
        scenario: Scenario,
        orders: OrderTimes = (),
        size_px: SizePx = SMALL,
        dark: bool = False,
    ) -> None:
        """Show the finished days of both runs (one row a day, dtype TALLY). `scenario` gives the days of the axis."""
        span = span_of(scenario, max(map(len, tables)))
        self._follow(tables, size_px, dark, (span, tuple(orders)), lambda canvas: self._build(canvas, span, orders))

    def _build(self, canvas: Canvas, span: Span, orders: OrderTimes) -> list[TwinCell]:
        first, second = self.labels
        note = f"green: difference, {second} − {first}, one run each, same streams"
        grid = PanelGrid(canvas, span, orders, (3, *[1] * (_ROWS - 1)), note)
        cells = [TwinCell(grid, n) for n in range(_ROWS * COLUMNS)]
        for n, label in enumerate(self.labels):  # a line for each run at the top, over both columns
            style, text = run_style(n, canvas.colours), cut(label, grid.px, grid.width - 4 * grid.px)
            key = HeadingKey(text, style["color"], style["linestyle"], style["marker"])
            cells[0].runs.heading(grid.cell_left(0), 2 - n, [key])
        return cells
