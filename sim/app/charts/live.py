"""The charts of a run that grow while it is watched, over the band of an ensemble."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from sim.app.charts.canvas import Canvas, Charts
from sim.app.charts.grid import COLUMNS, OrderTimes, PanelGrid
from sim.app.charts.kinds import PANELS, PanelContext, Reported, RunPanel
from sim.app.charts.time_axis import span_of
from sim.app.ensemble_band import EnsembleBand
from sim.app.style import SizePx
from sim.scenario import Scenario

SMALL: SizePx = (380, 430)


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
        minimum = scenario.parameters.supply.minimum_days
        span, ends = span_of(scenario, len(days)), scenario.posture.quarters
        shown = PanelContext(band, span, ends, reported, minimum)
        self._follow(days, size_px, dark, (shown, tuple(orders)), lambda canvas: _build(canvas, shown, orders))


def _build(canvas: Canvas, shown: PanelContext, orders: OrderTimes) -> list[RunPanel]:
    band, headings = shown.band, [kind.heading_lines for kind in PANELS[::COLUMNS]]
    note = f"bands: 5–95% and 25–75%, thin line: median of {band.title}" if band else ""
    grid = PanelGrid(canvas, shown.span, orders, headings, note)
    panels = []
    for n, kind in enumerate(PANELS):
        panel = grid.panel(n, grid.axes_box(n))
        grid.draw_orders(n, panel)
        panels.append(kind(panel, shown, grid.cell_left(n), grid.heading_width()))
    return panels
