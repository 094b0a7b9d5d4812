"""What a faction and a cell learn from an outcome.

Expected success of an option: s ← s + η · (outcome − s), shared within the faction. Skill: a success
adds a share of what is missing to 1 (S10).
"""

from __future__ import annotations

from sim.compiled import rule
from sim.state import State
from sim.world import World


@rule
def learn(world: World, state: State, cell: int, option: int, outcome: float) -> None:
    """Take in the outcome (0 … 1) of an option. Writes: factions.expected, cells.skill."""
    faction = state.factions[world.cells[cell].faction]
    faction.expected[option] += world.choice.learning_rate * (outcome - faction.expected[option])
    if outcome > 0.0:
        state.cells[cell].skill += world.skill.gain * outcome * (1.0 - state.cells[cell].skill)
