"""Components: the map and the charts for a page of your own, built with Mesa's SolaraViz; parts that panels share.

page = SolaraViz(PostureModel("six"), components=[posture_map, posture_charts])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets
import reacton.ipyvuetify as v
import solara

from sim.app.charts.live import LiveCharts
from sim.app.controls import Slide
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
    picture = solara.use_memo(lambda: ipywidgets.Image(format="png", tooltip="Charts of the run so far"), [])
    charts.update(model.tables.days[: model.hour // 24], model.setting)
    picture.value = charts.png()
    solara.Column(children=[picture])


@solara.component
def Strength(name: str, value: float, on_value: Callable[[float], None], low: float = 0.05) -> None:
    """From `low` to 1; the value stands behind the name."""
    Slide(name, f"{value:g}", value, low, 1.0, 0.05, lambda new: on_value(round(new, 4)))


@solara.component
def Table(
    rows: Sequence[Sequence[str]], head: Sequence[str] = (), titles: Sequence[str] = (), style: str = "posture-table"
) -> None:
    """Cells of text under a head; without one, a row's first cell is its head. Titles show under the pointer."""
    with v.Html(tag="table", class_=style):
        if head:
            v.Html(tag="tr", children=[v.Html(tag="th", children=[cell]) for cell in head])
        for row, title in zip(rows, titles or [""] * len(rows), strict=True):
            tags = ["td" if head or n else "th" for n in range(len(row))]
            cells = [v.Html(tag=tag, children=[cell]) for tag, cell in zip(tags, row, strict=True)]
            v.Html(tag="tr", children=cells, attributes={"title": title} if title else {})
