"""The map as a widget: Python sends one layout and then frames, the browser draws them on a canvas.

`front/` holds the browser's part, in chapters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets as t

from sim.app import chapters


class MapWidget(anywidget.AnyWidget):
    """One map of one browser tab. `sent - acknowledged` is how many pictures the browser is behind.

    `layout_data` is what `layout` returns (a widget's own `layout` is its CSS). `picked` is the agent that was clicked:
    kind (an array of the state), row, name, hour and a running `serial`; {} when the ground was clicked. Sizes are
    width and height in pixels of the screen: `size_px` of the map, `chart_size_px` of the box that `chart_box`, a CSS
    selector, finds on the page. Of several maps whose pictures come in one message, `lane` is the place of its own.
    With `bare`, no agents: only what `layer` says of places (x, y, mean difference, low, high), and `note` of it.
    `focus` is where to fly to and whom to ring (as `timeline.marks.focus` gives it), with a running `serial`.
    """

    _esm = chapters.script(*chapters.MAP, "map/widget")
    _css = chapters.style("map/map")

    layout_data = t.Dict().tag(sync=True)
    title = t.Unicode().tag(sync=True)
    dark = t.Bool(False).tag(sync=True)
    show_cells = t.Bool(False).tag(sync=True)
    chart_box = t.Unicode(".posture-chart-box").tag(sync=True)
    lane = t.Int(0).tag(sync=True)
    focus = t.Dict().tag(sync=True)
    bare = t.Bool(False).tag(sync=True)
    layer = t.List().tag(sync=True)
    note = t.Unicode().tag(sync=True)
    acknowledged = t.Int(0).tag(sync=True)
    drawn = t.Int(0).tag(sync=True)
    picked = t.Dict().tag(sync=True)
    size_px = t.List(t.Int(), [0, 0]).tag(sync=True)
    chart_size_px = t.List(t.Int(), [0, 0]).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.sent = 0
        self.on_ready: Callable[[], None] | None = None
        self._last: dict[str, Any] | None = None
        self.on_msg(self._answer)

    def show(self, frame: dict[str, Any]) -> None:
        """Number a frame and send it to the browser; may be called from any thread."""
        self.show_all({"frame": frame})

    def show_all(self, message: dict[str, Any]) -> None:
        """Number a message for all maps and charts of the page (`pictures.Pictures.message`) and send it."""
        self.sent += 1
        self._last = {"kind": "frame", "number": self.sent, **message}
        self.send(self._last)

    def _answer(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """A browser that has just begun to draw asks for the picture as it is."""
        if content != "ready":
            return
        if self.on_ready is not None:
            self.on_ready()
        elif self._last is not None:
            self.send(self._last)
