"""The HTML of a replay: one file with scripts, styles and data, that loads nothing and may load nothing."""

from __future__ import annotations

import base64
import hashlib
import html
from pathlib import Path
from string import Template

from sim.app import chapters

_PAGE = Path(__file__).parent / "front" / "replay.html"


def document(title: str, data: str) -> str:
    """The page; `data` is what `packing.packed` returns."""
    script = chapters.script(*chapters.MAP, *chapters.TIMELINE, "replay/stand_in", "replay/frames", "replay/replay")
    style = chapters.style("map/map", "timeline/timeline", "replay/replay")
    parts = {"policy": _policy(script, style), "title": html.escape(title), "style": style, "script": script}
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(parts, data=data)


def _policy(script: str, style: str) -> str:
    """Just this script and this style, and nothing from anywhere."""
    own = f"script-src {_hash(script)}; style-src {_hash(style)}"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
