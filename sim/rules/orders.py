"""Standing orders of the responses: when they are given, and to which mechanism. Numbers: `world.standing`."""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.packed_orders import (
    ARREST,
    CLEAR_AREA,
    CLOSE_AREA,
    CLOSE_EMBASSY,
    CUT_FUNDS,
    ON_DAY,
    ON_WARNING,
    RALLY,
    REINFORCE,
    SHARE,
    STRIKE,
    TAKE_DOWN,
    THREATEN,
)
from sim.rules import (
    clearance,
    closures,
    events,
    factions,
    leaders,
    mission,
    raids,
    reinforcement,
    retaliation,
    takedown,
    washington,
)
from sim.rules.levels import clipped
from sim.rules.politics import change_capital
from sim.state import NEVER, State
from sim.world import World

REFUSED_HOURS = 24 * 7  # an order that could not be afforded is tried again a week later


@rule
def give_due(world: World, state: State) -> None:
    """Give the orders that are due in this hour. Writes: standing.wake, orders_wake, and what the orders do."""
    for n in range(world.n_standing):
        if state.standing[n].wake <= state.hour:
            give(n, -1, -1, world, state)
            state.standing[n].wake = next_time(n, world, state)
    state.orders_wake = NEVER
    for n in range(world.n_standing):
        state.orders_wake = min(state.orders_wake, state.standing[n].wake)


@rule
def next_time(n: int, world: World, state: State) -> int:
    """When order `n` is due after it was given now."""
    order, wake = world.standing[n], state.standing[n].wake
    if wake > state.hour:  # the mechanism has set it
        return int(wake)
    after = state.hour + order.period if order.period > 0 and order.trigger == ON_DAY else NEVER
    return int(after if after < order.until else NEVER)


@rule
def on_warning(a: int, i: int, world: World, state: State) -> bool:
    """Orders triggered by a warning of area `a`, of cell `i` if it is specific. True if a raid is on its way."""
    raided = False
    for n in range(world.n_standing):
        order = world.standing[n]
        waits = order.trigger == ON_WARNING and order.start <= state.hour < order.until and state.standing[n].busy == 0
        if waits and concerns(n, a, world):
            raided = give(n, a, i, world, state) or raided
            state.orders_wake = min(state.orders_wake, state.standing[n].wake)
    return raided


@rule
def concerns(n: int, a: int, world: World) -> bool:
    """Is area `a` one of those of order `n`? An order without areas concerns all."""
    order = world.standing[n]
    for k in range(order.n_areas):
        if world.areas[order.areas[k]].host == world.areas[a].host:
            return True
    return bool(order.n_areas == 0)


@rule
def affordable(n: int, world: World, state: State) -> bool:
    """Has Baghdad the capital for order `n`? Else it refuses. Writes: standing.wake, tally, events."""
    capital, cost = state.baghdad[0].capital, world.standing[n].capital_cost
    if cost == 0.0 or capital >= world.baghdad.floor:
        return True
    state.tally.orders_refused += 1
    event = events.note(state, events.REFUSED, events.BAGHDAD, n, -1)
    event.capital, event.amount = capital, world.baghdad.floor
    again = state.hour + REFUSED_HOURS
    if state.standing[n].wake <= state.hour and again < world.standing[n].until:
        state.standing[n].wake = again
    return False


@rule
def give(n: int, a: int, i: int, world: World, state: State) -> bool:
    """Give order `n`, for a warned area `a` and cell `i` if there are any (−1). True if a raid is on its way."""
    if state.standing[n].busy == 1:
        finish(n, world, state)
    elif affordable(n, world, state):
        if world.standing[n].kind == SHARE:
            return raids.share(n, a, i, world, state)
        start(n, a, world, state)
    return False


@rule
def finish(n: int, world: World, state: State) -> None:
    """The end of what order `n` has under way."""
    state.standing[n].busy = 0
    if world.standing[n].kind == CLEAR_AREA:
        clearance.finish(n, world, state)
    else:
        reinforcement.leave(n, world, state)


@rule
def start(n: int, a: int, world: World, state: State) -> None:
    """Begin what order `n` says, by its kind."""
    kind = world.standing[n].kind
    if kind == CLOSE_AREA:
        close_areas(n, a, world, state)
    elif kind == CLEAR_AREA:
        clearance.begin(n, world, state)
    elif kind == RALLY:
        rally(n, world, state)
    elif kind == TAKE_DOWN:
        takedown.take_down(n, world, state)
    elif kind == ARREST:
        leaders.arrest(n, world, state)
    elif kind == CUT_FUNDS:
        factions.cut_funds(n, world, state)
    elif kind == THREATEN:
        change_capital(-world.standing[n].capital_cost, state)
        washington.threaten(world.standing[n].strength, world, state)
    elif kind == REINFORCE:
        reinforcement.arrive(n, world, state)
    else:
        act_by_chance(n, world, state)


@rule
def act_by_chance(n: int, world: World, state: State) -> None:
    """Orders whose strength is the chance that they are carried out. Draws: ORDER_CARRIED_OUT."""
    order = world.standing[n]
    for k in range(max(1, order.count)):
        if draws.happens(state.seed, draws.ORDER_CARRIED_OUT, order.name, state.hour, k, order.strength):
            change_capital(-order.capital_cost, state)
            if order.kind == CLOSE_EMBASSY:
                mission.decide(order.hours, world, state)
            elif order.kind == STRIKE:
                retaliation.strike(factions.named(n, world, state), (order.name + k) & 0xFFFFFFFF, world, state)


@rule
def close_areas(n: int, a: int, world: World, state: State) -> None:
    """Close the warned area; all areas of the order by its scope, or when it was not a warning that gave it."""
    order = world.standing[n]
    for k in range(order.n_areas):
        asked = a < 0 or order.scope_all or world.areas[order.areas[k]].host == world.areas[a].host
        if asked and first_of_host(n, k, world):
            closures.close(n, int(order.areas[k]), world, state)


@rule
def first_of_host(n: int, k: int, world: World) -> bool:
    """Is area `k` of order `n` the first of its list on its square? Two that share one are closed together, once."""
    order = world.standing[n]
    for other in range(k):
        if world.areas[order.areas[other]].host == world.areas[order.areas[k]].host:
            return False
    return True


@rule
def rally(n: int, world: World, state: State) -> None:
    """Political support (S28). Writes: baghdad.support, .capital."""
    change_capital(-world.standing[n].capital_cost, state)
    amount = world.standing[n].amount * world.standing[n].strength
    state.baghdad[0].support = clipped(state.baghdad[0].support + amount)
    events.note(state, events.SUPPORT, n, -1, -1).amount = amount
