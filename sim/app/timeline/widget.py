"""The timeline as a widget: the hour comes with the maps' message, the ticks once for each run and its orders."""

from __future__ import annotations

import anywidget
import traitlets as t

from sim.app import chapters


class TimelineWidget(anywidget.AnyWidget):
    """`marks` has a list of `marks.Mark` for each run, `labels` their names; `start` is a date as ISO writes it.

    `seek` is the hour that was asked for, `chosen` the event (its number from 1, and its run), each with a running
    `serial`.
    """

    _esm = chapters.script("map/bus", "map/style", *chapters.TIMELINE, "timeline/widget")
    _css = chapters.style("timeline/timeline")

    marks = t.List().tag(sync=True)
    labels = t.List(t.Unicode()).tag(sync=True)
    n_hours = t.Int(1).tag(sync=True)
    start = t.Unicode("2020-01-01").tag(sync=True)
    dark = t.Bool(False).tag(sync=True)
    seek = t.Dict().tag(sync=True)
    chosen = t.Dict().tag(sync=True)
