"""Self-excitation of a faction (Hawkes): an attack raises its cells' hazard for weeks (E15, E16).

Each attack adds J to the hazard of each of the faction's N cells; J decays as exp(−t/τ). One attack calls for N · J · τ
starts; of these a share r becomes attacks (cells are busy, wait, are stopped; bombs wait in vain). So that one attack
causes n further attacks, J = n / (N · τ · r). r is that of the common state of 1 January, the same in every policy: a
share of each policy's own would hide differences.
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
    operations = world.operations
    starts = operations.momentum_branching / world.common_state.attacks_per_start
    jump = starts / (world.factions[faction].n_cells * operations.momentum_days)
    state.factions[faction].momentum = now + jump
