"""One large move against a faction (S22): many must know of it, so it may leak, and then the cells hide."""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import agenda, events, factions
from sim.rules.capture import break_cell, is_exposed
from sim.rules.clearance import fight
from sim.rules.momentum import excite
from sim.rules.politics import change_capital
from sim.state import BROKEN, IDLE, LYING_LOW, PREPARING, State
from sim.world import World


@rule
def take_down(n: int, world: World, state: State) -> None:
    """Order `n`. Writes: cells, factions.momentum, grievance, baghdad.capital, tally. Draws: PLAN_LEAKED."""
    order, f = world.standing[n], factions.named(n, world, state)
    leaked = draws.happens(state.seed, draws.PLAN_LEAKED, order.name, state.hour, 0, order.p_leak)
    change_capital(-order.capital_cost, state)
    state.grievance += order.grievance
    state.tally.take_downs += 1
    killed_before, caught = state.tally.forces_killed, 0
    for k in range(world.n_cells):
        i = int(world.cells_by_name[k])
        if world.cells[i].faction == f and state.cells[i].mode != BROKEN:
            if leaked and not is_exposed(i, state):
                hide(i, world, state)
            else:
                caught += go_for(n, i, world, state)
    excite(world, state, f)
    event = events.note(state, events.TAKE_DOWN, n, f, -1)
    event.chance, event.warned, event.caught = order.chance * order.strength, leaked, caught
    event.killed, event.grievance = state.tally.forces_killed - killed_before, state.grievance
    event.capital = state.baghdad[0].capital


@rule
def hide(i: int, world: World, state: State) -> None:
    """A warned cell at home lies low. Writes: cells."""
    cell = state.cells[i]
    if cell.mode == IDLE or cell.mode == PREPARING:
        cell.mode, cell.option, cell.goal = LYING_LOW, -1, -1
        cell.wake = state.hour + 1 + int(24.0 * world.operations.lie_low_days)
        agenda.cell_woken(i, state)


@rule
def go_for(n: int, i: int, world: World, state: State) -> int:
    """One cell: 1 if it is broken, else 0; perhaps with a clash. Draws: TAKEN_DOWN, CLASH."""
    order, name, square = world.standing[n], world.cells[i].name, int(state.cells[i].square)
    if draws.happens(state.seed, draws.CLASH, name, state.hour, 0, order.p_clash * order.strength):
        fight(int(name), square, world, state)
    if draws.happens(state.seed, draws.TAKEN_DOWN, name, state.hour, 0, order.chance * order.strength):
        break_cell(i, world, state)
        change_capital(world.baghdad.gain_catch, state)
        return 1
    return 0
