"""Iraqi units: checkpoints stand, patrols walk their beat, reaction units wait for a call.

Presence deters (operations.py), stops cells on the move (movement.py) and makes risk (choice.py); a patrol that comes
into a square may see an exposed cell or find a bomb there.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import hot_rule, rule
from sim.rules import devices, events
from sim.rules.capture import is_exposed
from sim.rules.grid import within
from sim.rules.raids import arrive, raid
from sim.state import MAX_NEIGHBOURS, NEVER, State
from sim.world import PATROL, World


@hot_rule
def act(k: int, world: World, state: State) -> None:
    """What unit `k` does when it is due. Writes: units, squares.presence, cells, tally."""
    unit = state.units[k]
    if unit.target_cell >= 0:
        arrive(k, world, state)
    elif world.units[k].role == PATROL:
        unit.wake = state.hour + world.forces.patrol_hours
        walk(k, world, state)
        watch(k, world, state)
    else:
        unit.wake = NEVER


@hot_rule
def walk(k: int, world: World, state: State) -> None:
    """To a random neighbouring square within the beat, or stay. Draws: PATROL_STEP.

    Who stays leaves its square and comes back: a processor guesses wrongly which it will be, and that takes longer.
    """
    unit, here = state.units[k], state.units[k].square
    ways, neighbours = int(world.squares[here].n_neighbours), world.squares[here].neighbours
    n = draws.integer(state.seed, draws.PATROL_STEP, world.units[k].name, state.hour, 0, ways + 1)
    onward = int(neighbours[n % MAX_NEIGHBOURS])
    onward = here if n == ways else onward
    onward = onward if within(world, onward, world.units[k].home, world.forces.beat_km) else here
    state.squares[here].presence -= 1
    state.squares[onward].presence += 1
    unit.square = onward


@hot_rule
def watch(k: int, world: World, state: State) -> None:
    """See exposed cells and find bombs in the square. Draws: UNIT_SEES, DEVICE_FOUND."""
    square = state.units[k].square
    if state.squares[square].exposed == 0 and state.squares[square].devices == 0:
        return
    for n in range(world.n_cells):
        i = int(world.cells_by_name[n])
        cell = state.cells[i]
        here = cell.square == square and is_exposed(i, state)
        if here and sees(k, i, draws.UNIT_SEES, world.forces.p_see, world, state):
            raid(k, i, world, state)
        bomb = cell.device_square == square
        if bomb and sees(k, i, draws.DEVICE_FOUND, world.forces.p_find_device, world, state):
            find_device(k, i, world, state)


@rule
def sees(k: int, i: int, name: int, p: float, world: World, state: State) -> bool:
    """Chance p · reliability · strength that unit `k` notices something of cell `i`."""
    unit = world.units[k]
    chance = p * unit.reliability * state.units[k].strength
    return draws.happens(state.seed, name, unit.name, state.hour, world.cells[i].name, chance)


@rule
def find_device(k: int, i: int, world: World, state: State) -> None:
    """Unit `k` finds the bomb of cell `i`."""
    chance = world.forces.p_find_device * world.units[k].reliability * state.units[k].strength
    events.note(state, events.DEVICE_FOUND, k, i, state.units[k].square).chance = chance
    state.tally.devices_found += 1
    devices.remove(i, 0.0, world, state)


@rule
def recover(k: int, world: World, state: State) -> None:
    """A day of recovering. Writes: units.strength."""
    unit = state.units[k]
    if unit.strength < 1.0:
        unit.strength = min(1.0, unit.strength + 1.0 / world.forces.recovery_days)
