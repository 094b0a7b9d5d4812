"""Closed areas: nothing enters them, nobody acts in them, their checkpoints are reinforced; at a cost (S19, S20)."""

from __future__ import annotations

from sim import draws
from sim.compiled import hot_rule, rule
from sim.rules import events
from sim.rules.politics import change_capital
from sim.state import NEVER, State
from sim.world import World


@hot_rule
def is_closed(square: int, world: World, state: State) -> bool:
    """Is the square in a closed area? No area opens at any hour while none is closed: that is known without a look."""
    if state.areas_wake == NEVER:
        return False
    return bool(state.areas[int(world.squares[square].area)].closed_until > state.hour)


@rule
def close(n: int, a: int, world: World, state: State) -> None:
    """Order `n` closes area `a`: its host, where two share a square; or keeps it closed longer. Strength: chance.

    Draws: ORDER_CARRIED_OUT.
    """
    order, area = world.standing[n], state.areas[world.areas[a].host]
    name = world.areas[a].name
    if not draws.happens(state.seed, draws.ORDER_CARRIED_OUT, order.name, state.hour, name, order.strength):
        return
    until = state.hour + order.hours
    hours = until - max(area.closed_until, state.hour)
    if hours <= 0:
        return
    if area.closed_until <= state.hour:
        area.closed_by = order.reinforce
        reinforce(a, area.closed_by, world, state)
    area.closed_until = until
    state.areas_wake = min(state.areas_wake, until)
    state.tally.closure_hours += hours
    change_capital(-world.baghdad.cost_closure_hour * hours - order.capital_cost, state)
    event = events.note(state, events.CLOSURE, a, n, world.areas[a].square)
    event.hours, event.capital = hours, state.baghdad[0].capital


@rule
def reinforce(a: int, units: int, world: World, state: State) -> None:
    """Units more (or fewer) in each square of area `a`. Writes: squares.presence, .reinforced."""
    for k in range(world.n_squares):
        if world.squares[k].area == world.areas[a].host:
            state.squares[k].presence += units
            state.squares[k].reinforced += units


@rule
def reopen(world: World, state: State) -> None:
    """Open what is over. Writes: areas.closed_by, squares, areas_wake."""
    state.areas_wake = NEVER
    for a in range(world.n_areas):
        area = state.areas[a]
        if area.closed_until > state.hour:
            state.areas_wake = min(state.areas_wake, area.closed_until)
        elif area.closed_by > 0:
            reinforce(a, -area.closed_by, world, state)
            area.closed_by = 0
