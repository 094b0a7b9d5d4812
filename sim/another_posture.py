"""Another posture from the middle of a run on: the sites that it does not hold are handed over, the others stay held.

The rules do it as any dated handover: at a midnight, the first from the hour on. People, defences, stock and convoys go
to the site that takes over, and equipment leaves by road. Nobody goes home, and nobody comes. Deliveries and departures
that the run has still to come stay; those for a site that is left follow its people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.errors import ConfigError
from sim.packed_orders import pack_orders
from sim.scenario import Handover, Posture, Scenario, compose
from sim.state import NEVER
from sim.theatre import Theatre

Block: TypeAlias = NDArray[Any]  # a world as an array of one row
Moves = Mapping[str, str]
"""Site that is left → site that takes over, where such a place is known."""


def go_over(
    scenario: Scenario, world: Block, hour: int, other: Scenario, moves: Moves | None = None
) -> tuple[Scenario, Block]:
    """Scenario and world (a copy) of a run that holds just the sites of another posture from the hour on.

    A site goes where `moves` says, if that place is held on, else to the nearest that is. `ConfigError` as `refusal`
    says it. What has happened before the hour is the same in both worlds.
    """
    if why := refusal(scenario, hour, other):
        raise ConfigError(None, "another posture", other.name, why)
    midnight = -(-hour // 24)
    after = compose(_posture_after(scenario, midnight, other, moves or {}), scenario.file, scenario.theatre, scenario)
    new_world = world.copy()
    new_world["orders"], new_world["n_orders"] = 0, 0
    pack_orders(new_world[0], after)
    _pack_leaving(new_world, scenario.theatre, after, midnight)
    return after, new_world


def refusal(scenario: Scenario, hour: int, other: Scenario) -> str:
    """What a posture must be to follow this one from an hour on; "" if `other` is that."""
    day = _day(scenario, -(-hour // 24))
    if other.theatre.config != scenario.theatre.config:
        return "it must be a posture of the same theatre"
    here, own = held(scenario.posture, day), other.posture
    if more := [site for site in held(own, day) if site not in here]:
        return f"it must hold no site that this run does not hold then: {', '.join(more)}"
    days = [order.day for order in own.handovers]
    days += [order.day for orders in (own.deliveries, own.departures) for order in orders]
    if any(each >= day for each in days):
        return f"it must have no handovers, deliveries or departures of its own from {day} on"
    return ""


def held(posture: Posture, day: date) -> list[str]:
    """The sites that a posture holds as a day begins, before the handovers of that day."""
    left = {order.site for order in posture.handovers if order.day < day}
    return [plan.name for plan in posture.sites if plan.name not in left]


def _day(scenario: Scenario, midnight: int) -> date:
    return scenario.posture.start + timedelta(days=midnight)


def _posture_after(scenario: Scenario, midnight: int, other: Scenario, moves: Moves) -> Posture:
    """The posture of a run that goes over to another on a day (from 0): dated orders of the days before stay."""
    posture, day = scenario.posture, _day(scenario, midnight)
    stay = held(other.posture, day)
    left = [site for site in held(posture, day) if site not in stay]
    goes = {site: _taken_over_by(site, stay, scenario.theatre, moves) for site in left}
    handovers = [order for order in posture.handovers if order.day < day]
    handovers += [Handover(date=day, site=site, moves_to=to, source=f"as {other.name}") for site, to in goes.items()]
    follow = {
        kind: tuple(
            order.model_copy(update={"site": goes.get(order.site, order.site)}) if order.day >= day else order
            for order in getattr(posture, kind)
        )
        for kind in ("deliveries", "departures")
    }
    return posture.model_copy(update={"handovers": tuple(handovers), **follow})


def _taken_over_by(site: str, stay: Sequence[str], theatre: Theatre, moves: Moves) -> str:
    if moves.get(site) in stay:
        return moves[site]
    rows = {each.name: j for j, each in enumerate(theatre.config.sites)}
    j, others = rows[site], [rows[name] for name in stay]
    x, y = (km[others] - km[j] for km in (theatre.site_x_km, theatre.site_y_km))
    return stay[int(np.argmin(x * x + y * y))]


def _pack_leaving(world: Block, theatre: Theatre, after: Scenario, midnight: int) -> None:
    """When equipment leaves. Where the rules have not packed it yet, all of it is still to go: they begin that day."""
    rows, hour, span = world[0].sites, 24 * midnight, 24 * int(world[0].supply.outbound_days)
    before = {site.name: int(row["leaves"]) for site, row in zip(theatre.config.sites, rows, strict=False)}
    new = {order.site: 24 * (order.day - after.posture.start).days for order in after.posture.handovers}
    for row, (name, leaves) in zip(rows, before.items(), strict=False):
        row["leaves"] = new.get(name, NEVER)
        if row["leaves"] == hour and max(0, leaves - span) >= hour:
            row["leaves"] = hour + span
