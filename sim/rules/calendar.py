"""The start of an hour, and of a day: dated and standing orders, fading memories, the day's orders for supply."""

from __future__ import annotations

from sim import draws
from sim.calendars import SHIFTS
from sim.compiled import hot_rule, rule
from sim.maths import exp
from sim.packed_orders import DATED_STRIKE, DATED_THREAT, DELIVERY, DEPARTURE, DIRECTIVE, HANDOVER, TRUCE
from sim.rules import (
    agenda,
    clearance,
    closures,
    coordinator,
    devices,
    events,
    factions,
    orders,
    outbound,
    patrols,
    retaliation,
    supply,
    warnings,
    washington,
)
from sim.rules.convoys import TRAFFIC_STEP
from sim.rules.levels import clipped
from sim.rules.politics import change_capital, lose_patience, lose_relation
from sim.state import NONE, ROLLING, UNLOADING, State
from sim.world import World

GRIEVANCE, RESTRAINT, RELATION, CAPITAL, PATIENCE, FUNDS, WILL = range(len(SHIFTS))
ON_A_DATE = draws.name_hash("on a date")  # tells a dated strike apart from the others of its hour


@hot_rule
def open_hour(world: World, state: State) -> None:
    """Phase 1. Writes: n_events; once a day all of `open_day`."""
    state.n_events = 0
    if state.areas_wake <= state.hour:
        closures.reopen(world, state)
    if state.hour % 24 == 0:
        open_day(world, state)
    if state.orders_wake <= state.hour:
        orders.give_due(world, state)


@rule
def open_day(world: World, state: State) -> None:
    """Carry out the orders that are due, fade what is remembered, order convoys."""
    for n in range(world.n_sites):  # before a handover of this day moves the people
        outbound.ship(int(world.sites_by_name[n]), world, state)
    while state.next_order < world.n_orders and world.orders[state.next_order].hour <= state.hour:
        carry_out(state.next_order, world, state)
        state.next_order += 1
    fade(world, state)
    clearance.slip_back(world, state)
    supply.reassure(world, state)
    warnings.false_alarms(world, state)
    for i in range(world.n_cells):
        devices.expire(i, world, state)
    for k in range(world.n_units):
        patrols.recover(k, world, state)
    for n in range(world.n_sites):
        supply.order_convoys(int(world.sites_by_name[n]), world, state)


@rule
def fade(world: World, state: State) -> None:
    """A day's fading of traffic and of attacks remembered. Writes: squares."""
    faded = exp(-1.0 / world.supply.memory_days)
    for k in range(world.n_squares):
        square = state.squares[k]
        square.traffic *= 1.0 - TRAFFIC_STEP
        square.detail_traffic *= 1.0 - TRAFFIC_STEP
        square.recent_attacks *= faded


@rule
def carry_out(n: int, world: World, state: State) -> None:
    """One dated order of the posture."""
    order = world.orders[n]
    if order.kind == HANDOVER:
        hand_over(order.site, order.other, order.amount, world, state)
    elif order.kind == DELIVERY:
        deliver_batteries(order.site, int(order.amount), world, state)
    elif order.kind == DEPARTURE:
        depart(order.site, int(order.amount), world, state)
    else:
        from_outside(n, world, state)


@rule
def from_outside(n: int, world: World, state: State) -> None:
    """An event of the calendar (`calendars.py`): what it does is what the same does inside the model."""
    order = world.orders[n]
    if order.kind == DATED_STRIKE:
        for k in range(int(order.amount)):
            retaliation.strike(factions.strongest(world, state), (ON_A_DATE + k) & 0xFFFFFFFF, world, state)
    elif order.kind == DATED_THREAT:
        washington.threaten(order.amount, world, state)
    elif order.kind == TRUCE:
        factions.restrain(coordinator.hold_truce(order.amount, order.hours, world, state), world, state)
    elif order.kind == DIRECTIVE:
        coordinator.direct(order.amount, order.hours, state)
    else:
        shift(order.other, order.amount, world, state)


@rule
def shift(level: int, amount: float, world: World, state: State) -> None:
    """An event from outside moves a level (`calendars.SHIFTS`). Writes: that level."""
    if level == GRIEVANCE:
        state.grievance = max(0.0, state.grievance + amount)
    elif level == RELATION:
        lose_relation(-amount, state)
    elif level == CAPITAL:
        change_capital(amount, state)
    elif level == PATIENCE:
        lose_patience(-amount, state)
    elif level == WILL:
        state.baghdad[0].will = clipped(state.baghdad[0].will + amount)
    for f in range(world.n_factions):
        faction = state.factions[f]
        if level == RESTRAINT:
            faction.restraint = max(0.0, faction.restraint + amount)
        elif level == FUNDS:
            faction.funds = clipped(faction.funds + amount)
    events.note(state, events.SHIFTED, level, -1, -1).amount = amount


@rule
def deliver_batteries(j: int, batteries: int, world: World, state: State) -> None:
    """Batteries arrive with their bursts. Writes: sites."""
    site = state.sites[j]
    if site.open == 0:
        return
    site.batteries += batteries
    site.ready += batteries * world.defence.ready_bursts
    site.reserve += batteries * world.defence.reserve_bursts
    events.note(state, events.DELIVERY, j, -1, world.sites[j].square).batteries = batteries


@rule
def depart(j: int, people: int, world: World, state: State) -> None:
    """People go home. Writes: sites.people, tally."""
    leaving = min(people, state.sites[j].people)
    state.sites[j].people -= leaving
    state.tally.people_left += leaving
    events.note(state, events.DEPARTURE, j, -1, world.sites[j].square).people_left = leaving


@rule
def hand_over(j: int, to: int, share_home: float, world: World, state: State) -> None:
    """Site `j` is left: people go home or move, all else moves to site `to`; nothing is lost (E5).

    Nothing happens once the mission has ended.
    """
    site, other = state.sites[j], state.sites[to]
    if site.open == 0:
        return
    home = int(site.people * share_home + 0.5)
    event = events.note(state, events.HANDOVER, j, to, world.sites[j].square)
    event.people, event.people_left, event.batteries = site.people - home, home, site.batteries
    state.tally.people_left += home
    state.tally.handovers += 1
    other.people += site.people - home
    other.batteries += site.batteries
    other.ready += site.ready
    other.reserve += site.reserve
    other.stock += site.stock
    other.under_way += site.under_way
    site.open = site.people = site.batteries = site.ready = site.reserve = 0
    site.stock = site.under_way = site.reloading = 0.0
    redirect(j, to, world, state)


@rule
def redirect(j: int, to: int, world: World, state: State) -> None:
    """Convoys on their way to site `j` go to site `to`; what is being unloaded at `j` is brought over."""
    for k in range(state.n_convoys):
        convoy = state.convoys[k]
        if convoy.phase != NONE and convoy.site == j:
            convoy.site, convoy.way = to, -1  # one that still assembles chooses its way when it sets out
            if convoy.phase == UNLOADING:
                convoy.phase, convoy.wake = ROLLING, state.hour + 1
                agenda.convoy_woken(k, state)
                state.tally.convoys_arrived -= 1
