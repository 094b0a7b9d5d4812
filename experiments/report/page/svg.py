"""Figures as pictures in a page: SVG with words as text, in colours that follow a light or a dark page."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

from matplotlib import rc_context
from matplotlib.figure import Figure

from experiments.report.style.colours import COLOURS

FONTS = "'DejaVu Sans', Verdana, Geneva, sans-serif"
"""The words are laid out in DejaVu Sans; Verdana has the same widths where it is missing."""
DARK: Mapping[str, str] = dict(
    zip(
        [colour.lower() for colour in COLOURS[:6]],
        ("#4ba3dd", "#f58a42", "#35c79b", "#dd9bc0", "#f0b942", "#8accf2"),
        strict=True,
    )
)
"""Colours of Okabe and Ito, lighter on a dark page, in the same order of hues; on a light page they stay."""
_INK, _PAPER = (0x1A, 0x1C, 0x1E), (0xFF, 0xFF, 0xFF)
_DARK_INK, _DARK_PAPER = (0xE6, 0xE8, 0xEA), (0x16, 0x19, 0x1C)
_HEX = re.compile(r"#([0-9a-fA-F]{6})\b")


def svg_text(figure: Figure, name: str) -> str:
    """The figure as an `<svg>` element without anything that changes from run to run; ids begin with `name`."""
    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return _named_apart(_with_fonts(text), name)


def svg_file(figure: Figure, name: str) -> bytes:
    """The figure as a file of its own, words as outlines, so that it looks the same everywhere."""
    file = io.BytesIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _with_fonts(text: str) -> str:
    return re.sub(r"font(-family)?:([^;\"]*?)'DejaVu Sans'[^;\"]*", rf"font\1:\2{FONTS}", text)


def _named_apart(text: str, name: str) -> str:
    """Two figures of a page may not share an id."""
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)


def following_the_page(text: str, seen: set[str]) -> str:
    """Black, white, greys and house colours become variables of the page; `seen` gets the greys that were met."""

    def variable(match: re.Match[str]) -> str:
        colour = match[0].lower()
        if colour in DARK:
            return f"var(--c{colour[1:]})"
        if colour[1:3] == colour[3:5] == colour[5:7]:
            seen.add(colour[1:3])
            return f"var(--g{colour[1:3]})"
        return match[0]

    return re.sub(r'style="[^"]*"', lambda style: _HEX.sub(variable, style[0]), text)


def variables(seen: set[str], *, dark: bool) -> str:
    """The page's variables: a grey of 00 is the ink, of ff the paper, others lie between."""
    ink, paper = (_DARK_INK, _DARK_PAPER) if dark else (_INK, _PAPER)
    lines = [f"--c{colour[1:]}: {value if dark else colour};" for colour, value in DARK.items()]
    for grey in sorted(seen | {"00", "ff"}):
        share = int(grey, 16) / 255
        mixed = (round(a + (b - a) * share) for a, b in zip(ink, paper, strict=True))
        lines.append(f"--g{grey}: #{''.join(f'{part:02x}' for part in mixed)};")
    return " ".join(lines)
