"""The end of the mission: sites are evacuated, convoys turn back, partners leave (S26)."""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import agenda, convoys, events
from sim.rules.levels import clipped
from sim.rules.politics import change_capital, lose_relation
from sim.state import ASSEMBLING, NEVER, ROLLING, State
from sim.world import World


@rule
def decide(hours: int, world: World, state: State) -> None:
    """Washington decides to leave; `hours` 0 takes the evacuation's usual time. Writes: washington.closing_hour."""
    us = state.washington[0]
    if us.closing_hour < NEVER:
        return
    us.closing_hour = state.hour + (hours if hours > 0 else 24 * world.mission.evacuation_days)
    event = events.note(state, events.CLOSING, events.WASHINGTON, -1, -1)
    event.hours = us.closing_hour - state.hour
    events.note_politics(state, event)


@rule
def end(world: World, state: State) -> None:
    """The last flight. Writes: washington.mission_open, sites, convoys, relation, prestige, baghdad, tally, events."""
    mission, left = world.mission, 0
    state.washington[0].mission_open = 0
    for j in range(world.n_sites):
        left += evacuate(j, world, state)
    lose_relation(mission.closure_relation, state)
    change_capital(-mission.closure_capital, state)
    state.baghdad[0].will = clipped(state.baghdad[0].will - mission.closure_will)
    state.prestige += mission.closure_prestige
    event = events.note(state, events.MISSION_ENDED, events.WASHINGTON, -1, -1)
    event.people_left = left
    events.note_politics(state, event)


@rule
def evacuate(j: int, world: World, state: State) -> int:
    """Everybody leaves site `j`; what stands there stays there. Returns the people. Writes: sites, convoys, tally."""
    site = state.sites[j]
    if site.open == 0:
        return 0
    people = int(site.people)
    site.open = site.people = 0
    state.tally.people_left += people
    state.tally.sites_evacuated += 1
    for k in range(state.n_convoys):
        convoy = state.convoys[k]
        if convoy.site == j and (convoy.phase == ROLLING or convoy.phase == ASSEMBLING):
            convoys.head_back(k, state)  # an event for each would be more than an hour has room for
            convoy.wake = min(convoy.wake, state.hour + 1)
            agenda.convoy_woken(k, state)
    return people


@rule
def partners_leave(world: World, state: State) -> None:
    """Partners whose time has come since the closure. Writes: partners, events. Draws: PARTNER_LEAVES."""
    since, mean, there = state.hour - state.washington[0].closing_hour, 24.0 * world.mission.partner_days, 0
    for n in range(world.mission.partners):
        if draws.exponential(state.seed, draws.PARTNER_LEAVES, n, 0, 0, mean) > since:
            there += 1
    if there < state.partners:
        state.partners = there
        events.note(state, events.PARTNERS_LEFT, -1, -1, -1).amount = there
