"""The fields of an agent's row in words: value, unit and meaning, from the table in `state.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import sim.state
from sim.model import PostureModel
from sim.names import option_names
from sim.numbers import number
from sim.state import NEVER, WORDS

_ROW = re.compile(r"^(\w+) {2,}(\w+) {2,}(\S+) {2,}(.+)$", re.MULTILINE)


@cache
def table() -> dict[tuple[str, str], tuple[str, str]]:
    """(array, field) -> (unit, meaning), as the docstring of `state.py` has them."""
    rows = _ROW.findall(sim.state.__doc__ or "")
    return {(array, field): (unit, meaning) for array, field, unit, meaning in rows}


def fields_of(model: PostureModel, kind: str, row: int) -> list[tuple[str, str, str, str]]:
    """(field, value, unit, meaning) of every number of an agent's row."""
    record = model.state[kind][row]
    names = [name for name in record.dtype.names if record[name].ndim == 0]
    return [
        (name.replace("_", " "), *_shown(model, kind, name, record[name].item()), table()[kind, name][1])
        for name in names
    ]


def _shown(model: PostureModel, kind: str, name: str, value: Any) -> tuple[str, str]:
    """A value in words with its unit."""
    unit = table()[kind, name][0]
    if (kind, name) in WORDS:
        return WORDS[kind, name][value], ""
    if unit == "hour" and isinstance(value, int):
        return _date(model, value), ""
    if name in _IN_WORDS:
        return _IN_WORDS[name](model, int(value)), ""
    if unit == "0/1":
        return "yes" if value else "no", ""
    return number(value), unit if unit not in ("1", "0…1") else ""


def _date(model: PostureModel, hour: int) -> str:
    if hour >= NEVER or hour < 0:
        return "never"
    return model.setting.moment(hour).strftime("%-d %b %Y, %H:00")


def _place(model: PostureModel, square: int) -> str:
    """A square by its place, or its grid position."""
    if square < 0:
        return "none"
    theatre = model.setting.theatre
    names = [name for name, at in sorted(theatre.places.items()) if at == square]
    return names[0] if names else f"{theatre.x_km[square]:.0f} km east, {theatre.y_km[square]:.0f} km north"


def _option(model: PostureModel, option: int) -> str:
    return option_names(model.setting)[option] if option >= 0 else "none"


def _site(model: PostureModel, row: int) -> str:
    return model.setting.theatre.config.sites[row].name


_IN_WORDS: dict[str, Callable[[PostureModel, int], str]] = {
    **dict.fromkeys(("square", "goal", "origin", "device_square"), _place),
    **dict.fromkeys(("option", "device_for"), _option),
    **dict.fromkeys(("site", "ordered_for"), _site),
}
