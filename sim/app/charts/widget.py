"""The charts as a widget, drawn in the browser by uPlot (MIT licence, in `front/`); nothing comes from elsewhere."""

from __future__ import annotations

import anywidget
import traitlets as t

from sim.app import chapters


class ChartsWidget(anywidget.AnyWidget):
    """`setup` is what `points.chart_setup` returns, `fans` what `points.fans_of` does ({} for none).

    `orders` are [hour, text]; the days come with the maps' message.
    """

    _esm = chapters.script("charts/uPlot.iife.min", "map/bus", "charts/fans", "charts/charts")
    _css = chapters.style("charts/uPlot.min", "charts/charts")

    setup = t.Dict().tag(sync=True)
    fans = t.Dict().tag(sync=True)
    orders = t.List().tag(sync=True)
    dark = t.Bool(False).tag(sync=True)
