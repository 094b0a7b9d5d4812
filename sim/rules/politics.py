"""What an attack does to the governments: relation (S15), patience, capital, and perhaps a strike (E12).

loss = blame · (w · loss per attack + loss per person wounded + per person killed), w = 1 with an effect and the quiet
share without (intercepted, or a bomb that did nothing); blame is less for a faction under a facade name.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.packed_orders import ON_US_DEATH
from sim.rules.levels import clipped
from sim.state import State
from sim.world import World


@rule
def blame(f: int, world: World, state: State) -> float:
    """Share of the blame that faction `f` can't deny."""
    return 1.0 - world.militias.facade_discount if state.factions[f].facade_until > state.hour else 1.0


@rule
def lose_relation(loss: float, state: State) -> None:
    """Writes: relation."""
    state.relation = clipped(state.relation - loss)


@rule
def lose_patience(loss: float, state: State) -> None:
    """Writes: washington.patience."""
    state.washington[0].patience = clipped(state.washington[0].patience - loss)


@rule
def change_capital(change: float, state: State) -> None:
    """Writes: baghdad.capital."""
    state.baghdad[0].capital = clipped(state.baghdad[0].capital + change)


@rule
def after_fire(i: int, leaked: int, wounded: int, killed: int, world: World, state: State) -> None:
    """Fire of cell `i` on a site. Writes: relation, prestige, washington, baghdad.capital, standing."""
    f, relation, us = world.cells[i].faction, world.relation, world.washington
    share = blame(f, world, state)
    lose_relation(
        share
        * (
            relation.loss_fire * (1.0 if leaked > 0 else relation.quiet_share)
            + relation.loss_wounded * wounded
            + relation.loss_killed * killed
        ),
        state,
    )
    lost = (
        us.loss_attack * (1.0 if leaked > 0 else us.quiet_share) + us.loss_wounded * wounded + us.loss_killed * killed
    )
    lose_patience(share * lost, state)
    if leaked > 0:
        state.prestige += world.militias.prestige_per_hit
        change_capital(-world.baghdad.cost_attack, state)
    consider_strike(i, killed, world, state)


@rule
def consider_strike(i: int, killed: int, world: World, state: State) -> None:
    """Does Washington strike for this attack? It does on its next day. Draws: STRIKE_DECIDED."""
    p = world.washington.p_strike_lethal if killed > 0 else world.washington.p_strike_other
    if draws.happens(state.seed, draws.STRIKE_DECIDED, world.cells[i].name, state.cells[i].began, 0, p):
        state.washington[0].strike_on = world.cells[i].faction
    if killed > 0:
        wake_orders(ON_US_DEATH, world, state)


@rule
def wake_orders(trigger: int, world: World, state: State) -> None:
    """Standing orders in force with this trigger are due at the start of the next day.

    Writes: standing.wake, orders_wake.
    """
    tomorrow = state.hour - state.hour % 24 + 24
    for n in range(world.n_standing):
        order = world.standing[n]
        in_force = order.start <= state.hour and tomorrow < order.until
        if order.trigger == trigger and in_force and state.standing[n].busy == 0:
            state.standing[n].wake = min(state.standing[n].wake, tomorrow)
            state.orders_wake = min(state.orders_wake, tomorrow)


@rule
def after_bomb(i: int, loss: float, effect: bool, world: World, state: State) -> None:
    """A bomb of cell `i` on a road, which costs so much relation. Writes: relation, baghdad.capital."""
    loss *= 1.0 if effect else world.relation.quiet_share
    lose_relation(loss * blame(world.cells[i].faction, world, state), state)
    if effect:
        change_capital(-world.baghdad.cost_attack, state)
