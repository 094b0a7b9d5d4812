"""The browser's parts: each script in several files, its chapters, joined in a fixed order; no build step.

A chapter `map/main` is the file `map/front/main.js`. What draws is apart from what makes a widget of it, so that a page
without widgets draws with the same chapters.
"""

from __future__ import annotations

from pathlib import Path

APP = Path(__file__).parent
# fmt: off
MAP = (
    "map/bus", "map/style", "map/shapes", "map/view", "map/base_map", "map/spread", "map/agents", "map/paint",
    "map/layer", "map/words", "map/controls", "map/legend", "map/picture", "map/main",
)
# fmt: on
TIMELINE = ("timeline/timeline",)  # after the map's bus and style


def script(*chapters: str) -> str:
    """Chapters joined."""
    return "\n".join(_read(f"{chapter}.js") for chapter in chapters)


def style(*chapters: str) -> str:
    """Style sheets joined."""
    return "\n".join(_read(f"{chapter}.css") for chapter in chapters)


def _read(name: str) -> str:
    folder, _, file = name.partition("/")
    return (APP / folder / "front" / file).read_text(encoding="utf-8")
