"""Self-excitation of a faction (Hawkes): an attack raises its cells' hazard for weeks (E15, E16).

Each attack adds J to the hazard of each of the faction's N cells; J decays as exp(−t/τ). One attack causes
N · J · τ = n further operations, so J = n / (N · τ).
"""

from __future__ import annotations

from sim.compiled import rule
from sim.maths import exp
from sim.state import State
from sim.world import World


@rule
def momentum(world: World, state: State, faction: int) -> float:
    """The self-excited part of a cell's hazard now, per day. Writes: factions.momentum, .momentum_hour."""
    row = state.factions[faction]
    if row.momentum > 0.0 and row.momentum_hour < state.hour:
        days = (state.hour - row.momentum_hour) / 24.0
        row.momentum *= exp(-days / world.operations.momentum_days)
    row.momentum_hour = state.hour
    return float(row.momentum)


@rule
def excite(world: World, state: State, faction: int) -> None:
    """One attack of the faction. Writes: factions.momentum, .momentum_hour."""
    now = momentum(world, state, faction)
    jump = world.operations.momentum_branching / (world.factions[faction].n_cells * world.operations.momentum_days)
    state.factions[faction].momentum = now + jump
