"""Exogenous calendars: dated events from outside the model that shift a level, so that a history can be replayed."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from pydantic import Field

from sim.config_files import StrictTable

# what an event can shift, in the order of the numbers that the rule uses (rules/calendar.py)
Level = Literal["grievance", "restraint", "relation", "capital", "patience", "funds"]
SHIFTS: tuple[str, ...] = get_args(Level)


class Shift(StrictTable):
    """On a day a level moves by an amount, within its bounds; it then fades or recovers as the level does."""

    day: date = Field(alias="date")
    level: Level
    amount: float = Field(ge=-5, le=5)
    why: str = Field(min_length=1, max_length=200)
    source: str = "judgement"


class Calendar(StrictTable):
    """One calendar file."""

    name: str
    title: str
    source: str
    events: tuple[Shift, ...] = Field(default=(), strict=False)
