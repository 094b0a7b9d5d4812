"""The map and the charts as components for a page of your own, built with Mesa's SolaraViz.

page = SolaraViz(PostureModel("six"), components=[posture_map, posture_charts])
"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
import solara

from sim.app.charts.live import LiveCharts
from sim.app.map.frame import frame
from sim.app.map.layout import layout
from sim.app.map.widget import MapWidget
from sim.model import PostureModel


def posture_map(model: PostureModel) -> None:
    """The map of the model as it is now."""
    widget = solara.use_memo(MapWidget, [])
    solara.use_effect(lambda: widget.set_trait("layout_data", layout(model)), [model])
    solara.use_effect(lambda: widget.close, [])
    widget.show(frame(model, model.events, cells=widget.show_cells))
    solara.Column(children=[widget], style={"height": "430px"})


def posture_charts(model: PostureModel) -> None:
    """The charts of the days that are finished."""
    charts = solara.use_memo(LiveCharts, [model])
    picture = solara.use_memo(lambda: ipywidgets.Image(format="png"), [])
    charts.update(model.tables.days[: model.hour // 24], model.setting)
    picture.value = charts.png()
    solara.Column(children=[picture])


@solara.component
def Strength(name: str, value: float, on_value: Callable[[float], None], low: float = 0.05) -> None:
    """From `low` to 1; the value stands behind the name."""
    solara.SliderFloat(
        f"{name} {value:g}",
        value=value,
        min=low,
        max=1.0,
        step=0.05,
        on_value=lambda new: on_value(round(new, 4)),
        thumb_label=False,
    )
