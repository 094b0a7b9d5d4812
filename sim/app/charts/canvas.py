"""A figure that is drawn again and again: what seldom changes is kept as pixels, what moves is drawn over it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.app.style import SizePx, new_figure, png, points, theme, within


class Canvas:
    """A figure of a size, with its resting and its moving artists. Not safe between threads by itself."""

    def __init__(self, size_px: SizePx, dark: bool) -> None:
        self.size_px, self.colours = size_px, theme(dark)
        self.figure = new_figure(size_px, self.colours)
        self.moving: list[Artist] = []
        self._resting: Any = None
        self._key: Hashable = None

    def text(self, left: float, bottom: float, words: str, px: float, **style: Any) -> Text:
        """Text at a place in pixels, its letters `px` pixels high."""
        width, height = self.size_px
        usual: dict[str, Any] = {"color": self.colours.text, "fontsize": points(px), "va": "baseline"}
        return self.figure.text(left / width, bottom / height, words, **{**usual, **style})

    def png(self, key: Hashable) -> bytes:
        """The picture now; `key` says all that the resting artists depend on."""
        if self._resting is None or key != self._key:
            self._rest()
            self._key = key
        agg = self._agg
        agg.restore_region(self._resting)
        renderer = agg.get_renderer()
        for artist in sorted(self.moving, key=Artist.get_zorder):
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


class Part(Protocol):
    """A part of charts: its moving artists, brought up to date with the days of a run (dtype TALLY), or of two."""

    moving: list[Artist]

    @property
    def key(self) -> Hashable:
        """What its resting artists depend on."""

    def show(self, days: Any) -> None:
        """Bring the artists up to date."""


class Charts:
    """Charts in a Canvas, safe between threads: `_follow` brings the artists up to date, `png` draws them.

    A new size, theme or form makes a new Canvas; else figure and artists live as long as the charts.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._canvas: Canvas | None = None
        self._form: Hashable = None
        self.parts: Sequence[Part] = ()
        self._key: Hashable = None
        self._picture: bytes | None = None

    def _follow(
        self, days: Any, size_px: SizePx, dark: bool, form: Hashable, build: Callable[[Canvas], Sequence[Part]]
    ) -> None:
        """Show the days; `build` makes the parts anew when size, theme or `form`, all else they are made of, change."""
        size = within(size_px)
        with self._lock:
            if self._canvas is None or self._form != (size, dark, form):
                self._canvas, self._form = Canvas(size, dark), (size, dark, form)
                self.parts = build(self._canvas)
                self._canvas.moving = [artist for part in self.parts for artist in part.moving]
            for part in self.parts:
                part.show(days)
            self._key, self._picture = tuple(part.key for part in self.parts), None

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
