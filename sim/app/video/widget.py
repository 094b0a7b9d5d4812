"""The button that records the maps: the browser films what it draws, the server has no part in it."""

from __future__ import annotations

import anywidget
import traitlets as t

from sim.app import chapters


class VideoWidget(anywidget.AnyWidget):
    """`name` is the file's, without its ending, which the browser chooses; `caption` stands below the pictures."""

    _esm = chapters.script("map/style", "video/video")
    _css = chapters.style("video/video")

    name = t.Unicode("posture").tag(sync=True)
    caption = t.Unicode().tag(sync=True)
