"""Two runs under the same streams: the same series of both, and below each the difference, growing."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.app.charts.canvas import Canvas, Charts
from sim.app.charts.grid import OrderTimes, PanelGrid, draw_orders, order_words
from sim.app.charts.live import SMALL
from sim.app.charts.panels import Box, HeadingKey, Panel, Trace, highest, lowest
from sim.app.charts.time_axis import Span, span_of
from sim.app.ensemble_band import SERIES, Floats, Series
from sim.app.style import MARKERS, STYLES, SizePx, Theme, cut, first_that_fits, points, text_px
from sim.numbers import number, signed
from sim.scenario import Scenario

Days = NDArray[Any]
_COLUMNS, _ROWS = 2, 4
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
    """One series: both runs above, second − first below."""

    def __init__(self, figure: Figure, box: Box, colours: Theme, grid: PanelGrid, n: int) -> None:
        strip = Box(box.left, box.bottom, box.width, _STRIP * box.height)
        upper = (_STRIP + _GAP) * box.height
        self.runs = Panel(figure, Box(box.left, box.bottom + upper, box.width, box.height - upper), colours, grid.px)
        self.strip = Panel(figure, strip, colours, grid.px)
        name = list(TWIN_SERIES)[n]
        self.series: Series = SERIES[name]
        title, unit = TWIN_SERIES[name]
        self._left, self._width = grid.cell_left(n), grid.heading_width()
        self._title_px = text_px(title, grid.px, True) + grid.px
        self._head = (title, unit)
        self.moving: list[Artist] = []

    def dress(self, n_days: int) -> None:
        """Make the artists, after the axes of days are set."""
        title, unit = self._head
        self.runs.heading(self._left, 0, [HeadingKey(title, bold=True)])
        self.runs.label(unit, self._left)
        self.strip.label("diff.", self._left)
        right: dict[str, Any] = {"ha": "right", "color": self.runs.colours.quiet}
        self._now = self.runs.text(self._left + self._width, self.runs.line(0), "", **right)
        self._now.set_fontsize(points(0.94 * self.runs.px))
        styles = [run_style(n, self.runs.colours) for n in (0, 1)]
        self._traces = [Trace(self.runs, s["color"], s["linestyle"], s["marker"], 0.17) for s in styles]
        self._n_days = n_days
        colour, empty = self.strip.colours.green, np.full(n_days, np.nan)
        fill: dict[str, Any] = {"baseline": 0.0, "fill": True, "facecolor": colour, "linewidth": 0, "zorder": 2}
        self.difference = self.strip.axes.stairs(empty, np.arange(n_days + 1.0), **fill)
        self.strip.axes.axhline(0.0, color=self.strip.colours.quiet, linewidth=points(0.07 * self.strip.px))
        traces = [*(trace.line for trace in self._traces), *(trace.dot for trace in self._traces)]
        self.moving = [*traces, self.difference, self._now]

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
        difference = second[:n] - first[:n]
        shown = np.full(self._n_days, np.nan)
        shown[:n] = difference
        self.difference.set_data(shown)
        self.strip.set_ends(min(0.0, lowest(difference)), max(0.0, highest(difference)), n_ticks=2)
        self._now.set_text(self._words(float(first[n - 1]), float(second[n - 1])) if n else "no day yet")

    def _words(self, first: float, second: float) -> str:
        by = signed(second - first)
        wordings = (f"{number(first)} → {number(second)}: {by}", f"diff. {by}", by)
        return first_that_fits(wordings, 0.94 * self.runs.px, self._width - self._title_px)

    @property
    def key(self) -> Hashable:
        """What its resting artists depend on."""
        return self.runs.low, self.runs.high, self.strip.low, self.strip.high


class TwinCharts(Charts):
    """Eight series of two runs, and second − first. `labels` name the runs."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        first, second = labels
        self.labels = (first, second)
        self.cells: list[TwinCell] = []

    def update(
        self,
        tables: Sequence[Days],
        scenario: Scenario,
        orders: OrderTimes = (),
        size_px: SizePx = SMALL,
        dark: bool = False,
    ) -> None:
        """Show the finished days of both runs (one row a day, dtype TALLY). `scenario` gives the days of the axis."""
        with self._lock:
            span = span_of(scenario, max(map(len, tables)))
            self._canvas_for(size_px, dark, (span, tuple(orders)), lambda canvas: self._build(canvas, span, orders))
            for cell in self.cells:
                cell.show(tables)
            self._changed(tuple(cell.key for cell in self.cells))

    def _build(self, canvas: Canvas, span: Span, orders: OrderTimes) -> None:
        first, second = self.labels
        notes = [f"green: difference, {second} − {first}, one run each, same streams", order_words(orders, span)]
        headings = (3, *[1] * (_ROWS - 1))
        figure, colours = canvas.figure, canvas.colours
        grid = PanelGrid(figure, canvas.size_px, colours, headings, notes, numbered=bool(orders))
        self.cells = [TwinCell(figure, grid.axes_box(n), colours, grid, n) for n in range(_ROWS * _COLUMNS)]
        for n, cell in enumerate(self.cells):
            cell.runs.lift = grid.lift if n < _COLUMNS else 0.0
            grid.set_time(cell.runs, span, False)
            grid.set_time(cell.strip, span, grid.is_last(n))
            draw_orders(cell.runs, orders, numbered=n < _COLUMNS)
            cell.dress(span.n_days)
        self._name_runs(grid)
        canvas.moving = [artist for cell in self.cells for artist in cell.moving]

    def _name_runs(self, grid: PanelGrid) -> None:
        """A line for each run at the top, over both columns."""
        panel = self.cells[0].runs
        for n, label in enumerate(self.labels):
            style = run_style(n, panel.colours)
            text = cut(label, grid.px, grid.width - 4 * grid.px)
            key = HeadingKey(text, style["color"], style["linestyle"], style["marker"])
            panel.heading(grid.cell_left(0), 2 - n, [key])
