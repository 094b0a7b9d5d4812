"""How the live pictures look: colours for light and dark, letters sized by pixels, Figure objects and nothing global.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), told apart with any kind of colour vision. On dark
ground each is exchanged for its lighter neighbour. Lines that share a panel differ in more than their colour.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath
from PIL import Image

DPI = 100.0
SizePx = tuple[int, int]
SMALLEST_PX, LARGEST_PX = (240, 180), (4000, 4000)


_COLOURS = {  # on a light and on a dark background
    "background": ("#fafafa", "#121212"),
    "text": ("#1a1a1a", "#eaeaea"),
    "quiet": ("#595959", "#a8a8a8"),  # second lines, ticks
    "grid": ("#dcdcdc", "#333333"),
    "blue": ("#0072B2", "#56B4E9"),
    "sky": ("#56B4E9", "#2c7fb8"),
    "orange": ("#D55E00", "#F0803C"),
    "amber": ("#E69F00", "#E6B84D"),
    "green": ("#009E73", "#2DBE96"),
    "pink": ("#CC79A7", "#CC79A7"),
    "reported": ("#000000", "#ffffff"),
}


class Theme(NamedTuple):
    """Colours on one background."""

    background: str
    text: str
    quiet: str
    grid: str
    blue: str
    sky: str
    orange: str
    amber: str
    green: str
    pink: str
    reported: str

    @property
    def options(self) -> tuple[str, ...]:
        """Colours of things that share a panel; the first is what the others are compared with."""
        return (self.text, self.orange, self.blue, self.green, self.pink, self.amber)


LIGHT, DARK = (Theme(*colours) for colours in zip(*_COLOURS.values(), strict=True))
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)))
MARKERS = "osD^vP"


def theme(dark: bool) -> Theme:
    """The colours of a dark or a light page."""
    return DARK if dark else LIGHT


def within(size_px: SizePx) -> SizePx:
    """A size that can be drawn: a hidden or huge panel must not break the charts."""
    width, height = np.clip(size_px, SMALLEST_PX, LARGEST_PX).astype(int).tolist()
    return width, height


def letter_px(size_px: SizePx) -> float:
    """Font size in pixels for a picture of two columns: 10 for 380 × 430, 13.5 for 700 × 800."""
    width, height = size_px
    return float(np.clip(5.9 + min(width, 0.88 * height) / 92.0, 9.0, 26.0))


def points(px: float) -> float:
    """Pixels as points, as matplotlib wants sizes."""
    return px * 72.0 / DPI


def new_figure(size_px: SizePx, colours: Theme) -> Figure:
    """An empty figure of so many pixels."""
    figure = Figure(figsize=(size_px[0] / DPI, size_px[1] / DPI), dpi=DPI, facecolor=colours.background)
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """A figure as a picture, exactly of its size; `canvas.draw()` must have been called."""
    canvas: Any = figure.canvas
    file = io.BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").save(file, format="png", compress_level=1)
    return file.getvalue()


# --- words -----------------------------------------------------------------------------------------------------
@lru_cache(maxsize=4096)
def text_px(text: str, px: float, bold: bool = False) -> float:
    """Width of a line of text in pixels; a little more than its outline."""
    font = FontProperties(size=points(px), weight="bold" if bold else "normal")
    return 1.04 * float(TextToPath().get_text_width_height_descent(text, font, False)[0]) * DPI / 72.0


def first_that_fits(texts: tuple[str, ...], px: float, width: float) -> str:
    """The first of several wordings (long to short) that fits a width in pixels; the last, cut, if none does."""
    for text in texts:
        if text_px(text, px) <= width:
            return text
    return cut(texts[-1], px, width)


def cut(text: str, px: float, width: float) -> str:
    """The text, cut with … if it is wider than a width in pixels."""
    if text_px(text, px) <= width:
        return text
    while text and text_px(f"{text}…", px) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def folded(text: str, px: float, width: float) -> list[str]:
    """The text in lines of at most so many pixels, broken at blanks; a longer word is cut."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_px(longer, px) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [cut(line, px, width) for line in lines]
