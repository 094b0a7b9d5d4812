"""Exogenous calendars: dated events from outside the model, inputs without outcomes, to replay a history (E32).

A calendar may be longer than a run: what it has on days before or after it does not happen.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from pydantic import Field, ValidationInfo, field_validator

from sim.config_files import StrictTable
from sim.texts import Name

# what an event can shift, in the order of the numbers that the rule uses (rules/calendar.py)
Level = Literal["grievance", "restraint", "relation", "capital", "patience", "funds", "will"]
SHIFTS: tuple[str, ...] = get_args(Level)


class Dated(StrictTable):
    """What every event from outside has."""

    day: date = Field(alias="date")
    why: str = Field(min_length=1, max_length=200)
    source: str = "judgement"


class Lasting(Dated):
    """An event that holds from its day until another."""

    until: date

    @field_validator("until")
    @classmethod
    def _is_after(cls, until: date, info: ValidationInfo) -> date:
        begins = info.data.get("day")
        if begins is not None and until <= begins:
            raise ValueError(f"it must be a day after {begins}")
        return until


class Shift(Dated):
    """On a day a level moves by an amount, within its bounds; it then fades or recovers as the level does."""

    level: Level
    amount: float = Field(ge=-5, le=5)


class DatedStrike(Dated):
    """On a day the US strikes the strongest faction: whether that provokes or deters follows `retaliation.effect`."""

    leaders: int = Field(default=1, ge=1, le=10, description="strikes, each at a leader")


class DatedThreat(Dated):
    """On a day Washington threatens to close the embassy, with all that its own threats do (S14)."""

    strength: float = Field(default=1.0, ge=0, le=2)


class Truce(Lasting):
    """From a day the coordinating body asks for restraint, until another; each faction as far as it obeys (E35)."""

    restraint: float = Field(ge=0, le=5)


class Directive(Lasting):
    """From a day the coordinating body points to the roads (above 0) or to fire, in log-odds, until another (E36)."""

    focus: float = Field(ge=-5, le=5)


class Calendar(StrictTable):
    """One calendar file."""

    name: Name
    title: str
    source: str
    events: tuple[Shift, ...] = Field(default=(), strict=False)
    strikes: tuple[DatedStrike, ...] = Field(default=(), strict=False)
    threats: tuple[DatedThreat, ...] = Field(default=(), strict=False)
    truces: tuple[Truce, ...] = Field(default=(), strict=False)
    directives: tuple[Directive, ...] = Field(default=(), strict=False)

    @property
    def dated(self) -> tuple[Dated, ...]:
        """All that happens, of every kind."""
        return (*self.events, *self.strikes, *self.threats, *self.truces, *self.directives)
