"""Supply convoys, driven by Iraqis from a gateway to a site (S9); no active defence covers them.

They wait before a closed area. Equipment of a site that is handed over leaves in convoys too (outbound.py)."""

from __future__ import annotations

import math

from sim.compiled import hot_rule, rule
from sim.rules import devices, events
from sim.rules.closures import is_closed
from sim.state import ASSEMBLING, NONE, OUTBOUND, RETURNING, ROLLING, UNLOADING, Row, State
from sim.world import World


@hot_rule
def act(k: int, world: World, state: State) -> None:
    """What convoy `k` does when it is due. Writes: convoys, sites, squares.traffic, tally."""
    convoy = state.convoys[k]
    if convoy.phase == UNLOADING:
        deliver(k, world, state)
        return
    if convoy.phase == ASSEMBLING:
        convoy.phase = ROLLING
        convoy.way = choose_way(k, world, state)
    roll(k, world, state)


@rule
def choose_way(k: int, world: World, state: State) -> int:
    """The way with the least hours · (1 + avoidance · recent attacks on it). Reads: squares.recent_attacks.

    A convoy that starts from another gateway than its site's (its first site was handed over) goes straight.
    """
    convoy, best, least = state.convoys[k], -1, math.inf
    site = world.sites[convoy.site]
    if convoy.square != site.gateway:
        return -1
    for n in range(site.n_ways):
        way = world.ways[convoy.site, n]
        cost = way.hours * (1.0 + world.supply.avoidance * attacks_along(way, state))
        if cost < least:
            best, least = n, cost
    return best


@rule
def attacks_along(way: Row, state: State) -> float:
    """Recent attacks on a way."""
    recent_attacks = 0.0
    for n in range(way.n_squares):
        recent_attacks += state.squares[int(way.squares[n])].recent_attacks
    return recent_attacks


@hot_rule
def is_there(k: int, world: World, state: State) -> bool:
    """Is the convoy at its site, or back at its gateway?"""
    convoy = state.convoys[k]
    if convoy.way >= 0:
        return bool(convoy.position == world.ways[convoy.site, convoy.way].n_squares)
    return bool(convoy.square == goal_of(k, world, state))


@hot_rule
def goal_of(k: int, world: World, state: State) -> int:
    """The square that the convoy is heading for."""
    convoy = state.convoys[k]
    return int(convoy.origin if is_homeward(k, state) else world.sites[convoy.site].square)


@hot_rule
def is_homeward(k: int, state: State) -> bool:
    """Is it on its way to the gateway, with what turned back or with equipment?"""
    return bool(state.convoys[k].phase == RETURNING or state.convoys[k].phase == OUTBOUND)


@hot_rule
def next_step(k: int, world: World, state: State) -> tuple[int, float]:
    """The next square and the hours into it. A planned way is read in its order: a look-up per step would cost more."""
    convoy = state.convoys[k]
    if convoy.way >= 0:
        way = world.ways[convoy.site, convoy.way]
        return int(way.squares[convoy.position]), float(way.step_hours[convoy.position])
    here, slot = convoy.square, world.step_toward[goal_of(k, world, state), convoy.square]
    return int(world.squares[here].neighbours[slot]), float(world.road_hours[here, slot])


@hot_rule
def in_window(hour_of_day: int, start: int, end: int) -> bool:
    """Is it an hour at which convoys move? From `start` to before `end`, over midnight when `end` is not later."""
    if start < end:
        return start <= hour_of_day < end
    return hour_of_day >= start or hour_of_day < end


@hot_rule
def roll(k: int, world: World, state: State) -> None:
    """An hour on the road, in the hours of the day at which convoys move."""
    convoy, supply = state.convoys[k], world.supply
    hour_of_day = state.hour % 24
    if not in_window(hour_of_day, supply.travel_from_hour, supply.travel_until_hour):
        convoy.wake = state.hour + 1 + (supply.travel_from_hour - hour_of_day - 1) % 24
        return
    convoy.wake = state.hour + 1
    convoy.spare_hours += 1.0
    while convoy.wake == state.hour + 1 and (convoy.phase == ROLLING or is_homeward(k, state)):
        if is_there(k, world, state):
            arrive(k, world, state)
        elif not move_on(k, world, state):
            return


@hot_rule
def move_on(k: int, world: World, state: State) -> bool:
    """Into the next square, if there is time for it. Writes: convoys, squares.traffic."""
    convoy = state.convoys[k]
    onward, hours = next_step(k, world, state)
    if hours > convoy.spare_hours:
        return False
    if is_closed(onward, world, state):
        convoy.spare_hours = hours
        return False
    convoy.spare_hours -= hours
    convoy.square = onward
    convoy.position += 1
    square = state.squares[onward]
    square.traffic += TRAFFIC_STEP
    if square.devices > 0:
        devices.meet_convoy(k, world, state)
        after_bombs(k, world, state)
    return True


# A passage counts 1/7 and fades by 1/7 a day (calendar.py): in the long run the passages of a day.
TRAFFIC_STEP = 1.0 / 7.0


@rule
def after_bombs(k: int, world: World, state: State) -> None:
    """A convoy without trucks is lost; one that has lost a large share turns back."""
    convoy = state.convoys[k]
    if convoy.trucks == 0:
        state.tally.convoys_lost += 1
        events.note(state, events.CONVOY_LOST, convoy.ordered_for, convoy.site, convoy.square).convoy = convoy.number
        free(k, state)
    elif (
        convoy.phase == ROLLING
        and convoy.trucks_at_start - convoy.trucks >= world.roadside.turn_back_share * convoy.trucks_at_start
        and convoy.trucks < convoy.trucks_at_start
    ):
        turn_back(k, world, state)


@rule
def head_back(k: int, state: State) -> None:
    """Back to the gateway with what there is. Writes: convoys, sites.under_way, tally."""
    convoy = state.convoys[k]
    convoy.phase, convoy.way = RETURNING, -1
    state.sites[convoy.site].under_way -= convoy.cargo
    state.tally.convoys_turned_back += 1


@rule
def turn_back(k: int, world: World, state: State) -> None:
    """The drivers go back to the gateway with what they have (E13). Writes: convoys, sites.under_way, tally."""
    convoy = state.convoys[k]
    head_back(k, state)
    event = events.note(state, events.CONVOY_BACK, convoy.ordered_for, convoy.site, convoy.square)
    event.convoy, event.trucks, event.cargo_t = convoy.number, convoy.trucks, convoy.cargo


@rule
def arrive(k: int, world: World, state: State) -> None:
    """At the site, or back at the gateway. Writes: convoys, tally."""
    convoy = state.convoys[k]
    if convoy.phase == OUTBOUND:
        state.tally.equipment_out += convoy.cargo
        state.tally.outbound_arrived += 1
        free(k, state)
        return
    if convoy.phase == RETURNING:
        state.tally.cargo_returned += convoy.cargo
        free(k, state)
        return
    convoy.phase, convoy.spare_hours = UNLOADING, 0.0
    convoy.wake = state.hour + max(1, world.supply.unloading_hours)
    state.tally.convoys_arrived += 1


@rule
def deliver(k: int, world: World, state: State) -> None:
    """The cargo becomes stock. Writes: sites.stock, .under_way, tally."""
    convoy, site = state.convoys[k], state.sites[state.convoys[k].site]
    site.stock += convoy.cargo
    site.under_way -= convoy.cargo
    state.tally.cargo_delivered += convoy.cargo
    free(k, state)


@rule
def free(k: int, state: State) -> None:
    """Give the row back."""
    convoy = state.convoys[k]
    convoy.phase, convoy.trucks, convoy.cargo, convoy.way, convoy.square = NONE, 0, 0.0, -1, -1
