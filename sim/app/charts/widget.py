"""The charts as a widget, drawn in the browser by uPlot (MIT licence, in `front/`); nothing comes from elsewhere."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets as t

from sim.app.map.widget import FRONT as MAP_FRONT

FRONT = Path(__file__).parent / "front"


class ChartsWidget(anywidget.AnyWidget):
    """`setup` is what `points.chart_setup` returns, `fans` what `points.fans_of` does ({} for none).

    `orders` are [hour, text]; the days come with the maps' message.
    """

    _esm = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (FRONT / "uPlot.iife.min.js", MAP_FRONT / "bus.js", FRONT / "fans.js", FRONT / "charts.js")
    )
    _css = "\n".join((FRONT / name).read_text(encoding="utf-8") for name in ("uPlot.min.css", "charts.css"))

    setup = t.Dict().tag(sync=True)
    fans = t.Dict().tag(sync=True)
    orders = t.List().tag(sync=True)
    dark = t.Bool(False).tag(sync=True)
