"""A cell is broken: out of action for weeks, then formed again with less skill (S10, S23)."""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import agenda, events
from sim.state import BROKEN, IDLE, LYING_LOW, PREPARING, State
from sim.world import World


@rule
def is_exposed(i: int, state: State) -> bool:
    """Can cell `i` be found where it is?"""
    mode = state.cells[i].mode
    return mode not in (IDLE, PREPARING, LYING_LOW, BROKEN)


@rule
def break_cell(i: int, world: World, state: State) -> None:
    """Writes: cells, squares.exposed, tally.cells_broken. Draws: REGROW_HOURS."""
    cell, skill = state.cells[i], world.skill
    if is_exposed(i, state):
        state.squares[cell.square].exposed -= 1
    events.note(state, events.CELL_BROKEN, i, -1, cell.square)
    state.tally.cells_broken += 1
    cell.mode, cell.option, cell.goal, cell.munitions = BROKEN, -1, -1, 0.0
    cell.skill = min(cell.skill, skill.at_start + (cell.skill - skill.at_start) * (1.0 - skill.loss))
    mean = 24.0 * world.operations.regrow_days
    wait = draws.exponential(state.seed, draws.REGROW_HOURS, world.cells[i].name, cell.began, 0, mean)
    cell.wake = state.hour + 1 + int(wait)
    agenda.cell_woken(i, state)
