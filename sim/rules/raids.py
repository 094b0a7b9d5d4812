"""Reaction units: called by an attack they race the cell that is leaving, sent on a warning the one that prepares.

Baghdad sends one with the chance of its will. The nearest free reaction unit within its radius comes at a given speed.
If the cell is still there, the raid succeeds with p_raid · reliability · strength, unless an unreliable unit has warned
it: (1 − reliability) · p_leak. A warning shared with the reliable service goes to it alone, and fast (S21).
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import agenda, baghdad, events
from sim.rules.capture import break_cell, is_exposed
from sim.rules.grid import distance_km
from sim.rules.levels import clipped
from sim.rules.politics import change_capital
from sim.state import NEVER, PREPARING, State
from sim.world import REACTION, World


@rule
def alert(i: int, on_warning: int, world: World, state: State) -> None:
    """Baghdad may send the nearest free reaction unit after cell `i`. Writes: units, tally, events."""
    if not baghdad.acts(i, on_warning, world, state):
        state.tally.not_sent += 1
        event = events.note(state, events.NO_RAID, events.BAGHDAD, i, state.cells[i].square)
        event.chance = event.will = state.baghdad[0].will
        event.on_warning, event.capital = on_warning, state.baghdad[0].capital
        return
    k = nearest_free(i, 0.0, world.forces.reaction_radius_km, world, state)
    if k >= 0:
        away = distance_km(world, state.units[k].square, state.cells[i].square)
        send(k, i, int(away / world.forces.speed_kmh) + 1, on_warning, state)


@rule
def nearest_free(i: int, reliability: float, radius_km: float, world: World, state: State) -> int:
    """The nearest free reaction unit of at least this reliability; −1 if there is none within the radius."""
    nearest, least = -1, radius_km
    for k in range(world.n_units):
        # a unit that rests has a wake hour; a free one waits for a call
        if (
            world.units[k].role == REACTION
            and state.units[k].wake == NEVER
            and world.units[k].reliability >= reliability
        ):
            away = distance_km(world, state.units[k].square, state.cells[i].square)
            closer = away <= least if nearest < 0 else away < least
            tie = nearest >= 0 and away == least and world.units[k].name < world.units[nearest].name
            if closer or tie:
                nearest, least = k, away
    return nearest


@rule
def send(k: int, i: int, hours: int, on_warning: int, state: State) -> None:
    """Unit `k` is on its way to cell `i`. Writes: units."""
    unit = state.units[k]
    unit.target_cell, unit.on_warning, unit.wake = i, on_warning, state.hour + hours
    agenda.unit_woken(k, state)
    unit.operation = state.cells[i].began


@rule
def share(n: int, a: int, i: int, world: World, state: State) -> bool:
    """Order `n`: the warning of cell `i` (−1: a false one, of area `a`) goes to the reliable service.

    True if a unit goes; a false one costs a raid in vain. Draws: ORDER_CARRIED_OUT.

    Writes: units, tally, baghdad.capital.
    """
    order, name = world.standing[n], world.cells[i].name if i >= 0 else world.areas[a].name
    p = order.amount * order.strength
    if not draws.happens(state.seed, draws.ORDER_CARRIED_OUT, order.name, state.hour, name, p):
        return False
    state.tally.warnings_shared += 1
    change_capital(-order.capital_cost, state)
    if i < 0:
        search_in_vain(world, state)
        return False
    k = nearest_free(i, order.reliability, 1e9, world, state)
    if k >= 0:
        send(k, i, order.hours, 1, state)
    return bool(k >= 0)


@rule
def search_in_vain(world: World, state: State) -> None:
    """A raid that finds nobody. Writes: tally, baghdad.capital."""
    state.tally.raids += 1
    state.tally.raids_failed += 1
    change_capital(-world.baghdad.cost_raid, state)


@rule
def arrive(k: int, world: World, state: State) -> None:
    """Reaction unit `k` reaches the place. Writes: units, cells, tally."""
    unit = state.units[k]
    i = unit.target_cell
    known = unit.on_warning == 1 and state.cells[i].mode == PREPARING and state.cells[i].began == unit.operation
    unit.target_cell, unit.wake = -1, state.hour + world.forces.rest_hours
    if known or is_exposed(i, state):
        raid(k, i, world, state)
        return
    search_in_vain(world, state)
    event = events.note(state, events.RAID, k, i, unit.square)
    event.gone, event.on_warning, event.capital = 1.0, unit.on_warning, state.baghdad[0].capital


@rule
def raid(k: int, i: int, world: World, state: State) -> None:
    """Unit `k` goes for cell `i`, which is there. Draws: RAID_LEAKED, RAID_CATCHES, UNIT_LOSS.

    Writes: cells, units.strength, baghdad.capital, washington.patience, tally, events.
    """
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
    change_capital((world.baghdad.gain_catch if caught else 0.0) - world.baghdad.cost_raid, state)
    event = events.note(state, events.RAID, k, i, state.cells[i].square)
    event.chance, event.caught, event.warned = p, caught, leaked
    event.on_warning, event.capital = unit.on_warning, state.baghdad[0].capital
    if caught:
        state.washington[0].patience = clipped(state.washington[0].patience + world.washington.gain_catch)
        break_cell(i, world, state)
