"""The charts of a run that grow while it is watched, over the band of an ensemble."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from sim.app.charts.canvas import Canvas, Charts
from sim.app.charts.grid import OrderTimes, PanelGrid, draw_orders, order_words
from sim.app.charts.kinds import PANELS, PanelContext, Reported, RunPanel
from sim.app.charts.panels import Panel
from sim.app.charts.time_axis import span_of
from sim.app.ensemble_band import EnsembleBand
from sim.app.style import SizePx
from sim.scenario import Scenario

SMALL: SizePx = (380, 430)
_COLUMNS = 2


class LiveCharts(Charts):
    """Six panels: attacks on sites and on roads by week, rounds leaked, supply, relation and capital, pressure."""

    def update(
        self,
        days: NDArray[Any],
        scenario: Scenario,
        band: EnsembleBand | None = None,
        orders: OrderTimes = (),
        size_px: SizePx = SMALL,
        dark: bool = False,
        reported: Reported = MappingProxyType({}),
    ) -> None:
        """Show the finished days of a run (one row a day, dtype TALLY), which may be none.

        `orders` are (hour, text) of orders given; `reported` has source and counts of the quarters by series.
        """
        with self._lock:
            shown = shown_of(scenario, band, len(days), reported)
            self._canvas_for(size_px, dark, (shown, tuple(orders)), lambda canvas: self._build(canvas, shown, orders))
            for panel in self._panels:
                panel.show(days)
            self._changed(tuple(panel.key for panel in self._panels))

    def _build(self, canvas: Canvas, shown: PanelContext, orders: OrderTimes) -> None:
        headings = [kind.heading_lines for kind in PANELS[::_COLUMNS]]
        notes = [band_words(shown.band), order_words(orders, shown.span)]
        grid = PanelGrid(canvas.figure, canvas.size_px, canvas.colours, headings, notes, numbered=bool(orders))
        self._panels: list[RunPanel] = []
        for n, kind in enumerate(PANELS):
            panel = Panel(canvas.figure, grid.axes_box(n), canvas.colours, grid.px)
            panel.lift = grid.lift if n < _COLUMNS else 0.0
            grid.set_time(panel, shown.span, grid.is_last(n))
            draw_orders(panel, orders, numbered=n < _COLUMNS)
            self._panels.append(kind(panel, shown, grid.cell_left(n), grid.heading_width()))
        canvas.moving = [artist for each in self._panels for artist in each.panel.moving]


def shown_of(scenario: Scenario, band: EnsembleBand | None, n_days: int, reported: Reported) -> PanelContext:
    """What the panels of a run share; equal as long as they need not be built anew."""
    posture = scenario.posture
    minimum = scenario.parameters.supply.minimum_days
    return PanelContext(band, span_of(scenario, n_days), posture.quarter_ends_days, reported, minimum)


def band_words(band: EnsembleBand | None) -> str:
    """What the bands are."""
    return f"bands: 5–95% and 25–75%, thin line: median of {band.title}" if band else ""
