"""Responses: TOML files of orders with a trigger, a start and a strength. Data, never a branch in code.

A response has a strength from 0 to 1 when it is used. It is the chance that an order is carried out (close_area,
close_embassy, strike_leaders, share_intelligence), or it scales what an order does, and its costs with it (all others).
An order of strength 0 is not given at all. Numbers in an order that no source gives are judgement.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from sim.config_files import StrictTable
from sim.texts import checked_name

Trigger = Literal["day", "warning", "us_death"]
TRIGGERS: tuple[str, ...] = get_args(Trigger)
Share = Annotated[float, Field(ge=0, le=1)]
Areas = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
Hours = Annotated[int, Field(ge=1, le=2000)]
Days = Annotated[int, Field(ge=0, le=3660)]


class _AnyOrder(StrictTable):
    """What all orders have: when they are given, and what they cost Baghdad.

    `on`: `day` (on day `start_day` of the run, then every `every_days` days if that is above 0), `warning` (at every
    warning that names one of its areas; any, if it has none) or `us_death` (the day after an attack that killed). An
    order is given from `start_day` until before `until_day`. Only orders on a day come again by `every_days`.
    """

    on: Trigger = "day"
    start_day: Days = 0
    until_day: Days | None = None
    every_days: Days = 0
    capital_cost: Share = Field(default=0.0, description="Baghdad's capital spent each time, 0…1")
    source: str = "judgement"


class CloseArea(_AnyOrder):
    """Close areas for some hours and reinforce their checkpoints (S19, S20). Strength: chance that it is done."""

    do: Literal["close_area"]
    areas: Areas
    scope: Literal["warned", "all"] = Field(
        default="warned", description="on a warning: close the area that it names, or all areas of the order"
    )
    hours: Hours = Field(description="how long")
    reinforce: int = Field(default=1, ge=0, le=20, description="units added to each square while closed")


class ShareIntelligence(_AnyOrder):
    """Give a share of specific warnings to the reliable service for a fast raid (S21). Strength: share of the share."""

    do: Literal["share_intelligence"]
    share: Share = Field(description="share of specific warnings")
    hours: Hours = Field(description="hours until the raid")
    reliability: Share = Field(description="units of at least this reliability are trusted with it")


class ClearArea(_AnyOrder):
    """Clear one area after another of fighters and heavy weapons (S24). Strength: share of what it removes."""

    do: Literal["clear_area"]
    areas: Areas
    hours: Hours = Field(description="hours that one area takes")
    removal: Share = Field(description="share of fighters, heavy weapons and cells removed")
    reinforce: int = Field(default=1, ge=0, le=20, description="units added to each square, as long as it is held")
    p_clash: Share = Field(description="chance of a clash in an area that is full of fighters")


class RallySupport(_AnyOrder):
    """Political support at home and abroad, which makes clearance hold (S28). Strength: of the amount."""

    do: Literal["rally_support"]
    amount: Share = Field(description="support added, 0…1")


class TakeDown(_AnyOrder):
    """One large move against a faction (S22). Strength: of the chances of breaking a cell and of a clash."""

    do: Literal["take_down"]
    faction: str = Field(default="strongest", description="name of a faction, or strongest: most cells at large")
    p_break: Share = Field(description="chance that a cell is broken")
    p_leak: Share = Field(description="chance that the plan is leaked: then the cells hide")
    p_clash: Share = Field(description="chance of a clash with each cell")
    grievance: float = Field(default=0.0, ge=0, le=5, description="grievance that it raises")


class ArrestLeaders(_AnyOrder):
    """Arrest leaders of a faction (S23). Strength: of the chance of success."""

    do: Literal["arrest_leaders"]
    faction: str = Field(default="strongest", description="name of a faction, or strongest")
    count: int = Field(ge=1, le=100, description="leaders sought each time")
    p_success: Share = Field(description="chance for each")
    grievance: float = Field(default=0.0, ge=0, le=5, description="grievance raised by each arrest")


class CutFunds(_AnyOrder):
    """Arrest a financier: the funds of a faction, or of all, fall (S13, S29). Strength: of the share."""

    do: Literal["cut_funds"]
    faction: str = Field(default="all", description="name of a faction, strongest, or all")
    share: Share = Field(description="share of funds lost")


class ThreatenClosure(_AnyOrder):
    """Washington threatens to close the embassy (S14, S25). Strength: of the effects in section `washington`."""

    do: Literal["threaten_closure"]


class CloseEmbassy(_AnyOrder):
    """The mission ends: every site is evacuated (S26). Strength: chance that it is done."""

    do: Literal["close_embassy"]


class StrikeLeaders(_AnyOrder):
    """US strikes on leaders of a faction (S27). Strength: chance that each strike is made."""

    do: Literal["strike_leaders"]
    faction: str = Field(default="strongest", description="name of a faction, or strongest")
    count: int = Field(default=1, ge=1, le=100, description="strikes each time")


class Reinforce(_AnyOrder):
    """Very many troops: people at the sites, patrols around them (S8, S16). Strength: of people and units."""

    do: Literal["reinforce"]
    people: int = Field(ge=0, le=300_000, description="US people, spread over the open sites by their size")
    reinforce: int = Field(ge=0, le=20, description="units added to each launch square of a site of the posture")
    days: int = Field(ge=1, le=3660, description="until they leave")
    relation_cost: Share = Field(default=0.0, description="relation lost when they come")
    grievance: float = Field(default=0.0, ge=0, le=5, description="grievance that it raises")


Order: TypeAlias = Annotated[
    CloseArea
    | ShareIntelligence
    | ClearArea
    | RallySupport
    | TakeDown
    | ArrestLeaders
    | CutFunds
    | ThreatenClosure
    | CloseEmbassy
    | StrikeLeaders
    | Reinforce,
    Field(discriminator="do"),
]
# kinds of orders, in the order of the numbers that the rules use (packed_orders.py)
ORDERS: tuple[type[_AnyOrder], ...] = get_args(get_args(Order)[0])


NO_ORDERS = "none"
"""What tables call no response at all: the name of the one that gives no orders."""


class Response(StrictTable):
    """One response file."""

    name: Annotated[str, AfterValidator(lambda name: name if name == NO_ORDERS else checked_name(name))]
    title: str
    source: str
    orders: tuple[Order, ...] = Field(default=(), strict=False)

    @field_validator("orders")
    @classmethod
    def _none_has_none(cls, orders: tuple[Order, ...], info: ValidationInfo) -> tuple[Order, ...]:
        if orders and info.data.get("name") == NO_ORDERS:
            raise ValueError(f"a response that is called {NO_ORDERS} must have no orders: tables call none of them so")
        return orders


class Use(StrictTable):
    """A response in a scenario: which (a name, or the path of a TOML file), how strong, and when it begins.

    With a `start_day` the first of its orders begins on that day, at `start_hour`, and the others keep their distance
    from it; without one the days of its file hold. A response may be used again from another hour on.
    """

    name: str
    strength: Share = 1.0
    start_day: Days | None = None
    start_hour: int = Field(default=0, ge=0, le=23)

    @property
    def start(self) -> str:
        """`@DAY` or `@DAY:HOUR`; nothing when the days of the file hold."""
        if self.start_day is None:
            return ""
        return f"@{self.start_day}" + (f":{self.start_hour}" if self.start_hour else "")

    def first_hour(self, response: Response) -> int:
        """The hour of the run at which the first of the response's orders begins."""
        if self.start_day is None:
            return 24 * min((order.start_day for order in response.orders), default=0)
        return 24 * self.start_day + self.start_hour

    def shift_hours(self, response: Response) -> int:
        """How many hours later than in its file the orders of the response come."""
        if not response.orders:
            return 0
        return self.first_hour(response) - 24 * min(order.start_day for order in response.orders)
