"""A cell's way over the network, past the Iraqi units in the squares it enters; it waits before a closed area."""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.maths import power
from sim.rules.capture import break_cell
from sim.rules.closures import is_closed
from sim.rules.grid import next_square
from sim.state import State
from sim.world import World


@rule
def advance(i: int, world: World, state: State) -> bool:
    """Move cell `i` for an hour; True when it is at its goal. It may be stopped and broken on the way.

    Reads: squares.presence, areas. Writes: cells.square, squares.exposed. Draws: CELL_SPOTTED.
    """
    cell = state.cells[i]
    for _ in range(world.operations.squares_per_hour):
        if cell.square == cell.goal:
            break
        onward = next_square(world, cell.square, cell.goal)
        if is_closed(onward, world, state):
            state.tally.cell_hours_held += 1
            return False
        state.squares[cell.square].exposed -= 1
        state.squares[onward].exposed += 1
        cell.square = onward
        if stopped(i, onward, world, state):
            break_cell(i, world, state)
            return False
    return bool(cell.square == cell.goal)


@rule
def stopped(i: int, square: int, world: World, state: State) -> bool:
    """Is the cell stopped in this square? 1 − (1 − p_stop)^units. Draws: CELL_SPOTTED."""
    units = state.squares[square].presence
    if units == 0:
        return False
    p = 1.0 - power(1.0 - world.forces.p_stop, units)
    word = world.squares[square].name
    return draws.happens(state.seed, draws.CELL_SPOTTED, world.cells[i].name, state.hour, word, p)
