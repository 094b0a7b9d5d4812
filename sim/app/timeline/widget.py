"""The timeline as a widget: the hour comes with the maps' message, the ticks once for each run and its orders."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets as t

from sim.app.map.widget import FRONT as MAP_FRONT

FRONT = Path(__file__).parent / "front"


class TimelineWidget(anywidget.AnyWidget):
    """`marks` has a list of `marks.Mark` for each run, `labels` their names; `start` is a date as ISO writes it.

    `seek` is the hour that was asked for, `chosen` the event (its number from 1, and its run), each with a running
    `serial`.
    """

    _esm = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (MAP_FRONT / "bus.js", MAP_FRONT / "style.js", FRONT / "page.js", FRONT / "timeline.js")
    )
    _css = (FRONT / "timeline.css").read_text(encoding="utf-8")

    marks = t.List().tag(sync=True)
    labels = t.List(t.Unicode()).tag(sync=True)
    n_hours = t.Int(1).tag(sync=True)
    start = t.Unicode("2020-01-01").tag(sync=True)
    dark = t.Bool(False).tag(sync=True)
    seek = t.Dict().tag(sync=True)
    chosen = t.Dict().tag(sync=True)
