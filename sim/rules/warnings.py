"""Warnings: a preparation may be noticed (specific intelligence), and there are false alarms.

A preparing cell is noticed at a rate of `notice_per_day`, less when the bilateral relation is poor:
· (1 − e · (1 − relation)). A warning names the area of the target, puts a threatened site on alert, and expires.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import events, orders
from sim.rules.raids import alert
from sim.state import DRONE, NEVER, ROAD, State
from sim.world import World


@rule
def rate_per_day(world: World, state: State) -> float:
    """Rate at which a preparation is noticed now. Reads: relation."""
    intelligence = world.intelligence
    return float(intelligence.notice_per_day * (1.0 - intelligence.relation_effect * (1.0 - state.relation)))


@rule
def expect(i: int, world: World, state: State) -> None:
    """When will cell `i`, which starts to prepare now, be noticed? Writes: cells.warn_at. Draws: WARNING_NOTICED."""
    cell, rate = state.cells[i], rate_per_day(world, state)
    cell.warn_at = NEVER
    if rate > 0.0:
        wait = draws.exponential(state.seed, draws.WARNING_NOTICED, world.cells[i].name, cell.began, 0, 24.0 / rate)
        cell.warn_at = state.hour + 1 + int(min(wait, 1e6))


@rule
def notice(i: int, world: World, state: State) -> None:
    """Cell `i` is noticed: warn, and let Baghdad and the standing orders act. Writes: areas, sites, tally, events."""
    cell = state.cells[i]
    site = -1
    if cell.option < ROAD:
        site = int(cell.option - DRONE if cell.option >= DRONE else cell.option)
    place = world.sites[site].square if site >= 0 else cell.goal
    a = int(world.squares[place].area)
    state.tally.warnings += 1
    event = events.note(state, events.WARNING, a, i, place)
    event.hours, event.chance = world.intelligence.validity_hours, rate_per_day(world, state)
    event.relation = state.relation
    issue(a, site, world, state)
    if not orders.on_warning(a, i, world, state):
        alert(i, 1, world, state)


@rule
def issue(a: int, site: int, world: World, state: State) -> None:
    """A warning for area `a`: a threatened site takes shelter. Writes: areas.warned_until, sites.alert_until."""
    until = state.hour + world.intelligence.validity_hours
    state.areas[a].warned_until = until
    if site >= 0:
        state.sites[site].alert_until = until


@rule
def false_alarms(world: World, state: State) -> None:
    """Once a day, at each open site. Writes: areas, sites, tally, events. Draws: FALSE_ALARM."""
    p = min(1.0, world.intelligence.false_alarms_per_month / 30.0)
    for n in range(world.n_sites):
        j = int(world.sites_by_name[n])
        if state.sites[j].open and draws.happens(state.seed, draws.FALSE_ALARM, world.sites[j].name, state.hour, 0, p):
            a = int(world.squares[world.sites[j].square].area)
            state.tally.false_alarms += 1
            event = events.note(state, events.FALSE_ALARM, a, j, world.sites[j].square)
            event.hours, event.chance = world.intelligence.validity_hours, p
            issue(a, j, world, state)
            orders.on_warning(a, -1, world, state)
