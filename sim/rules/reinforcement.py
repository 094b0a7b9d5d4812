"""Very many troops for a while (S8, S16): people at the sites, patrols around them; they are targets, and they eat.

They bring as many days of supply by head as a site keeps; after that convoys must carry more.
"""

from __future__ import annotations

from sim.compiled import rule
from sim.rules import events
from sim.rules.politics import change_capital, lose_relation
from sim.state import State
from sim.world import World


@rule
def arrive(n: int, world: World, state: State) -> None:
    """Order `n`: they come. Writes: sites, squares, standing, relation, grievance, tally, events."""
    order, standing = world.standing[n], state.standing[n]
    here = people_here(world, state)
    if here == 0:
        return
    change_capital(-order.capital_cost, state)
    for j in range(world.n_sites):
        site = state.sites[j]
        come = int(order.people * order.strength * site.people / here + 0.5)
        supply = come * world.supply.tonnes_per_person_day * world.supply.reorder_days
        site.people += come
        site.stock += supply
        standing.people += come
        state.tally.supply_brought += supply
    patrol(n, 1, world, state)
    state.tally.people_arrived += standing.people
    lose_relation(order.relation_cost, state)
    state.grievance += order.grievance
    standing.busy, standing.wake = 1, state.hour + order.hours
    event = events.note(state, events.REINFORCED, n, -1, -1)
    event.people, event.relation, event.grievance = standing.people, state.relation, state.grievance


@rule
def people_here(world: World, state: State) -> int:
    """US people at all sites."""
    people = 0
    for j in range(world.n_sites):
        people += state.sites[j].people
    return people


@rule
def patrol(n: int, sign: int, world: World, state: State) -> None:
    """Units more or fewer in each launch square of the posture's sites. Writes: squares."""
    units = sign * int(world.standing[n].reinforce * world.standing[n].strength + 0.5)
    for k in range(world.n_squares):
        if world.squares[k].near_site:
            state.squares[k].presence += units
            state.squares[k].reinforced += units


@rule
def leave(n: int, world: World, state: State) -> None:
    """They go home, as far as they are still there. Writes: sites.people, squares, standing, tally, events."""
    standing, here, gone = state.standing[n], people_here(world, state), 0
    for j in range(world.n_sites):
        site = state.sites[j]
        go = min(site.people, int(standing.people * site.people / max(here, 1) + 0.5))
        site.people -= go
        gone += go
    patrol(n, -1, world, state)
    state.tally.people_left += gone
    standing.people = 0
    events.note(state, events.WITHDRAWN, n, -1, -1).people_left = gone
