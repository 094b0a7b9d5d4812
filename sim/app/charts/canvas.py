"""A figure that is drawn again and again: what seldom changes is kept as pixels, what moves is drawn over it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from sim.app.style import SizePx, new_figure, png, theme, within


class Canvas:
    """A figure of a size, with its resting and its moving artists. Not safe between threads by itself."""

    def __init__(self, size_px: SizePx, dark: bool) -> None:
        self.size_px, self.colours = size_px, theme(dark)
        self.figure = new_figure(size_px, self.colours)
        self.moving: list[Artist] = []
        self._resting: Any = None
        self._key: Hashable = None

    def png(self, key: Hashable) -> bytes:
        """The picture now; `key` says all that the resting artists depend on."""
        if self._resting is None or key != self._key:
            self._rest()
            self._key = key
        agg = self._agg
        agg.restore_region(self._resting)
        renderer = agg.get_renderer()
        for artist in self.moving:
            if artist.get_visible():
                artist.draw(renderer)
        return png(self.figure)

    @property
    def _agg(self) -> Any:
        return self.figure.canvas  # a FigureCanvasAgg, whose methods have no types

    def _rest(self) -> None:
        """Draw all that rests, and keep its pixels. What moves is out of sight meanwhile."""
        seen = [artist for artist in self.moving if artist.get_visible()]
        for artist in seen:
            artist.set_visible(False)
        self._agg.draw()
        self._resting = self._agg.copy_from_bbox(self.figure.bbox)
        for artist in seen:
            artist.set_visible(True)


class Charts:
    """Charts in a Canvas, safe between threads: `_follow` brings the artists up to date, `png` draws them.

    A new look makes a new Canvas; else figure and artists live as long as the charts.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._canvas: Canvas | None = None
        self._look: Hashable = None
        self._key: Hashable = None
        self._picture: bytes | None = None

    def _canvas_for(self, size_px: SizePx, dark: bool, form: Hashable, build: Callable[[Canvas], None]) -> Canvas:
        """The canvas of a look, built if it is a new one; `form` is what else the resting artists are made of."""
        look = (within(size_px), dark, form)
        if self._canvas is None or look != self._look:
            self._canvas, self._look = Canvas(look[0], dark), look
            build(self._canvas)
        return self._canvas

    @property
    def figure(self) -> Figure:
        """The figure, up to date as of the last update."""
        assert self._canvas is not None, "nothing to see before the first update"
        return self._canvas.figure

    def png(self) -> bytes:
        """The picture as of the last update."""
        with self._lock:
            assert self._canvas is not None, "nothing to see before the first update"
            if self._picture is None:
                self._picture = self._canvas.png(self._key)
            return self._picture

    def _changed(self, key: Hashable) -> None:
        """Note what the resting artists depend on now; the picture must be drawn again."""
        self._key, self._picture = key, None
