"""Washington's day: patience and its ladder: warn, threaten, strike, close (S14).

Patience falls with attacks (politics.py) and returns. When it is below the threshold of a step higher than the one
taken, Washington takes one step, at most one in `step_days`; when it is above again, it comes down one.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import events, factions, mission, retaliation
from sim.rules.levels import clipped, toward
from sim.rules.politics import change_capital, lose_relation
from sim.state import CLOSED, STRUCK, THREATENED, WARNED, State
from sim.world import World

# tell apart the strikes of one hour; those of orders have words of their own
FOR_DEATHS, BY_LADDER = draws.name_hash("for deaths"), draws.name_hash("by the ladder")


@rule
def act(k: int, world: World, state: State) -> None:
    """A day of Washington (`k` is 0). Writes: washington, and what its steps do."""
    us = state.washington[k]
    us.wake = state.hour + 24
    if us.strike_on >= 0:
        retaliation.strike(int(us.strike_on), FOR_DEATHS, world, state)
        us.strike_on = -1
    if us.mission_open:
        us.patience = toward(us.patience, world.washington.patience_at_start, world.washington.patience_days)
        climb(world, state)
        if us.closing_hour <= state.hour:
            mission.end(world, state)
    else:
        mission.partners_leave(world, state)


@rule
def rung_due(world: World, state: State) -> int:
    """The step that Washington's patience asks for."""
    patience, limits, rung = state.washington[0].patience, world.washington, 0
    if patience < limits.warn_below:
        rung = WARNED
    if patience < limits.threaten_below:
        rung = THREATENED
    if patience < limits.strike_below:
        rung = STRUCK
    if patience < limits.close_below:
        rung = CLOSED
    return rung


@rule
def climb(world: World, state: State) -> None:
    """One step up or down, when enough time has passed since the last. Writes: washington, tally, events."""
    us, goal = state.washington[0], rung_due(world, state)
    soon = state.hour - us.rung_hour < 24 * world.washington.step_days and us.rung_hour > 0
    if goal == us.rung or soon:
        return
    up = goal > us.rung
    us.rung += 1 if up else -1
    us.rung_hour = state.hour
    event = events.note(state, events.STEP, events.WASHINGTON, -1, -1)
    event.rung = us.rung
    events.note_politics(state, event)
    if up:
        us.patience = clipped(us.patience + world.washington.patience_step)
        take(world, state)


@rule
def take(world: World, state: State) -> None:
    """Do what the step just taken says."""
    rung = state.washington[0].rung
    state.tally.ladder_steps += 1
    if rung == WARNED:
        factions.restrain(world.washington.warn_restraint, world, state)
    elif rung == THREATENED:
        threaten(1.0, world, state)
    elif rung == STRUCK:
        retaliation.strike(factions.strongest(world, state), BY_LADDER, world, state)
    else:
        mission.decide(0, world, state)


@rule
def threaten(strength: float, world: World, state: State) -> None:
    """A threat to close the embassy (S14, S25). Writes: factions, relation, baghdad, tally, events."""
    us, baghdad = world.washington, state.baghdad[0]
    if state.washington[0].mission_open == 0:
        return
    state.tally.threats += 1
    factions.restrain(strength * us.threat_restraint, world, state)
    factions.take_facades(strength, world, state)
    change_capital(-strength * us.threat_capital, state)
    baghdad.will = clipped(baghdad.will + strength * us.threat_will)
    lose_relation(strength * us.threat_relation, state)
    event = events.note(state, events.THREAT, events.WASHINGTON, -1, -1)
    event.amount = strength
    events.note_politics(state, event)
