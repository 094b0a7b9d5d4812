"""US strikes on a faction and what they bring: the switch of E20, mobs and motions to expel (S11, S27)."""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import events, factions, leaders
from sim.rules.momentum import excite
from sim.rules.politics import change_capital, lose_relation
from sim.state import State
from sim.world import DETERS, PROVOKES, World


@rule
def strike(f: int, index: int, world: World, state: State) -> None:
    """A strike on leaders of faction `f`; `index` tells apart those of one hour. Draws: STRIKE_KILLS_LEADER.

    Writes: factions, grievance, tally, events.
    """
    retaliation, name = world.retaliation, world.factions[f].name
    state.tally.strikes += 1
    killed = 0
    if draws.happens(state.seed, draws.STRIKE_KILLS_LEADER, name, state.hour, index, retaliation.p_leader):
        killed = 1 if leaders.remove(f, state) else 0
    if retaliation.effect == PROVOKES:
        provoke(f, world, state)
    elif retaliation.effect == DETERS:
        factions.restrain(retaliation.restraint, world, state)
    event = events.note(state, events.STRIKE_MADE, events.WASHINGTON, f, -1)
    event.amount, event.grievance, event.restraint = killed, state.grievance, factions.restraint_asked(f, state)
    if state.washington[0].mission_open:
        mob(f, index, world, state)
        motion(f, index, world, state)


@rule
def provoke(f: int, world: World, state: State) -> None:
    """A strike that provokes. Writes: grievance, factions.momentum."""
    state.grievance += world.retaliation.grievance
    for _ in range(int(world.retaliation.attacks + 0.5)):
        excite(world, state, f)


@rule
def mob(f: int, index: int, world: World, state: State) -> None:
    """Perhaps a mob at the embassy gates. Writes: mob_until, relation, prestige, baghdad.capital. Draws: MOB."""
    retaliation = world.retaliation
    if not draws.happens(state.seed, draws.MOB, world.factions[f].name, state.hour, index, retaliation.p_mob):
        return
    state.mob_until = state.hour + 24 * retaliation.mob_days
    state.tally.mobs += 1
    lose_relation(retaliation.mob_relation, state)
    change_capital(-retaliation.mob_capital, state)
    state.prestige += retaliation.mob_prestige
    event = events.note(state, events.MOB, f, world.top_site, world.sites[world.top_site].square)
    event.hours, event.chance = 24.0 * retaliation.mob_days, retaliation.p_mob
    events.note_politics(state, event)


@rule
def motion(f: int, index: int, world: World, state: State) -> None:
    """Perhaps a motion to expel, likelier when the relation is poor. Draws: MOTION.

    Writes: relation, baghdad.capital, tally, events.
    """
    p = world.retaliation.p_motion * (1.0 - state.relation)
    if not draws.happens(state.seed, draws.MOTION, world.factions[f].name, state.hour, index, p):
        return
    state.tally.motions += 1
    lose_relation(world.retaliation.motion_relation, state)
    change_capital(-world.retaliation.motion_capital, state)
    event = events.note(state, events.MOTION, f, -1, -1)
    event.chance = p
    events.note_politics(state, event)
