"""The map of the live view: what never changes (`layout`), one picture (`frame`), and the widget that draws both."""

from __future__ import annotations

from sim.app.map.frame import frame
from sim.app.map.layout import layout
from sim.app.map.widget import MapWidget

__all__ = ["MapWidget", "frame", "layout"]
