"""What a parameter is: default, bounds, unit, meaning and source, as a field of a pydantic model."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sim.config_files import StrictTable

JUDGEMENT = "judgement"


def number(
    default: float | int,
    unit: str,
    meaning: str,
    *,
    low: float,
    high: float,
    source: str = JUDGEMENT,
    symbol: str = "",
) -> Any:
    """A parameter with its bounds (both allowed), unit, meaning, source, and its symbol in the equations of the ODD."""
    return Field(
        default=default,
        ge=low,
        le=high,
        description=meaning,
        json_schema_extra={"unit": unit, "source": source, "symbol": symbol},
    )


def share(default: float, meaning: str, *, unit: str = "1", source: str = JUDGEMENT, symbol: str = "") -> Any:
    """A parameter from 0 to 1: a share, a chance, a level; or a level or a chance for each `unit` of something."""
    return number(default, unit, meaning, low=0, high=1, source=source, symbol=symbol)


def switch(options: str, default: str, meaning: str, *, source: str = JUDGEMENT) -> Any:
    """A parameter that takes one of a few words; `options` says what each means."""
    return Field(
        default=default,
        description=meaning,
        json_schema_extra={"unit": "word", "source": source, "options": options},
    )


class ParameterSection(StrictTable):
    """The parameters of one mechanism."""
