"""An opening as the page's form edits it: uses of responses and parameter settings, taken apart and put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.app.opening import Opening
from sim.scenario import parse_use
from sim.settings import parse_changes


def strengths(opening: Opening) -> dict[str, float]:
    """Each use of a response (`surge`, or `surge@90:13` if it says when it begins) with its strength."""
    uses = [parse_use(text) for text in opening.responses]
    return {f"{use.name}{use.start}": use.strength for use in uses}


def with_strengths(opening: Opening, uses: Mapping[str, float]) -> Opening:
    """The same with these uses of responses."""
    return replace(opening, responses=tuple(_label(use, strength) for use, strength in uses.items()))


def _label(use: str, strength: float) -> str:
    name, at, start = use.partition("@")
    return f"{name}{'' if strength == 1.0 else f'={strength:g}'}{at}{start}"


def settings_of(opening: Opening) -> dict[str, Any]:
    """Dotted key -> value of all changed parameters."""
    return parse_changes(opening.settings, None)


def with_setting(opening: Opening, key: str, value: Any, default: Any) -> Opening:
    """The same with one parameter changed; at its default it is not named."""
    kept = [text for text in opening.settings if text.partition("=")[0].strip() != key]
    return replace(opening, settings=(*kept, *([] if value == default else [f"{key}={value}"])))


def other_settings(opening: Opening, sliders: set[str]) -> str:
    """The settings that no slider shows, as `KEY=VALUE; KEY=VALUE`."""
    return "; ".join(text for text in opening.settings if text.partition("=")[0].strip() not in sliders)


def with_other_settings(opening: Opening, sliders: set[str], text: str) -> Opening:
    """The same with the settings that no slider shows replaced."""
    kept = [setting for setting in opening.settings if setting.partition("=")[0].strip() in sliders]
    return replace(opening, settings=(*kept, *(part.strip() for part in text.split(";") if part.strip())))
