"""Reaction units: called by an attack, they race the cell that is leaving.

The nearest free reaction unit within its radius comes at a given speed. If the cell is still there, the raid succeeds
with p_raid · reliability · strength, unless an unreliable unit has warned it: (1 − reliability) · p_leak.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import events
from sim.rules.capture import break_cell
from sim.rules.grid import distance_km
from sim.state import BROKEN, IDLE, LYING_LOW, NEVER, PREPARING, State
from sim.world import REACTION, World


@rule
def alert(i: int, world: World, state: State) -> None:
    """Send the nearest free reaction unit after cell `i`. Writes: units.target_cell, .wake."""
    nearest, least = -1, world.forces.reaction_radius_km
    for k in range(world.n_units):
        # a unit that rests has a wake hour; a free one waits for a call
        if world.units[k].role == REACTION and state.units[k].wake == NEVER:
            away = distance_km(world, state.units[k].square, state.cells[i].square)
            if away <= least and (nearest < 0 or away < least):
                nearest, least = k, away
    if nearest >= 0:
        state.units[nearest].target_cell = i
        state.units[nearest].wake = state.hour + int(least / world.forces.speed_kmh) + 1


@rule
def is_exposed(i: int, state: State) -> bool:
    """Can cell `i` be found where it is?"""
    mode = state.cells[i].mode
    return mode not in (IDLE, PREPARING, LYING_LOW, BROKEN)


@rule
def arrive(k: int, world: World, state: State) -> None:
    """Reaction unit `k` reaches the place of the attack. Writes: units, cells, tally."""
    unit = state.units[k]
    i = unit.target_cell
    unit.target_cell, unit.wake = -1, state.hour + world.forces.rest_hours
    if is_exposed(i, state):
        raid(k, i, world, state)
        return
    state.tally.raids += 1
    state.tally.raids_failed += 1
    events.note(state, events.RAID, k, i, unit.square).gone = 1.0


@rule
def raid(k: int, i: int, world: World, state: State) -> None:
    """Unit `k` goes for cell `i`, which is there. Draws: RAID_LEAKED, RAID_CATCHES, UNIT_LOSS."""
    unit, forces, name = state.units[k], world.forces, world.units[k].name
    reliability, cell = world.units[k].reliability, world.cells[i].name
    leaked = draws.happens(state.seed, draws.RAID_LEAKED, name, state.hour, cell, (1.0 - reliability) * forces.p_leak)
    p = forces.p_raid * reliability * unit.strength
    caught = not leaked and draws.happens(state.seed, draws.RAID_CATCHES, name, state.hour, cell, p)
    state.tally.raids += 1
    state.tally.raids_leaked += 1 if leaked else 0
    if not leaked and draws.happens(state.seed, draws.UNIT_LOSS, name, state.hour, cell, forces.p_loss):
        unit.strength *= 1.0 - forces.loss_share
        state.tally.unit_losses += 1
    event = events.note(state, events.RAID, k, i, state.cells[i].square)
    event.caught, event.warned = caught, leaked
    if caught:
        break_cell(i, world, state)
