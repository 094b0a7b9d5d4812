"""Leaders of a faction: arrested (S23), killed (S27), and replaced soon (factions.py)."""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import events, factions
from sim.rules.politics import change_capital
from sim.state import State
from sim.world import World


@rule
def remove(f: int, state: State) -> bool:
    """One leader of faction `f` less, if there is one. Writes: factions.leaders, tally."""
    if state.factions[f].leaders == 0:
        return False
    state.factions[f].leaders -= 1
    state.tally.leaders_removed += 1
    return True


@rule
def arrest(n: int, world: World, state: State) -> None:
    """Order `n`: seek some leaders. Writes: factions.leaders, grievance, baghdad.capital. Draws: LEADER_ARRESTED."""
    order, f = world.standing[n], factions.named(n, world, state)
    change_capital(-order.capital_cost, state)
    name, p, caught = world.factions[f].name, order.chance * order.strength, 0
    for k in range(order.count):
        index = (order.name + k) & 0xFFFFFFFF  # two orders of an hour have draws of their own
        found = draws.happens(state.seed, draws.LEADER_ARRESTED, name, state.hour, index, p)
        if found and remove(f, state):
            caught += 1
            state.grievance += order.grievance
            change_capital(world.baghdad.gain_catch, state)
    event = events.note(state, events.ARREST, n, f, -1)
    event.chance, event.amount, event.capital = p, caught, state.baghdad[0].capital
