"""Baghdad's day: capital, will and support return to where they were; will falls with capital and with intimidation.

will's goal = will at start − c · (capital at start − capital) − intimidation · share of fighters left in Zone (S30).
The relation, grievance and prestige, which nobody owns, return here too.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules.levels import clipped, toward
from sim.state import State
from sim.world import World


@rule
def act(k: int, world: World, state: State) -> None:
    """A day of Baghdad (`k` is 0). Writes: baghdad, relation, grievance, prestige."""
    baghdad, plan, militias = state.baghdad[k], world.baghdad, world.militias
    baghdad.wake = state.hour + 24
    baghdad.capital = toward(baghdad.capital, plan.capital_at_start, plan.capital_days)
    baghdad.support = toward(baghdad.support, plan.support_at_start, plan.capital_days)
    baghdad.will = clipped(toward(baghdad.will, wished_will(world, state), plan.will_days))
    state.relation = toward(state.relation, world.relation.at_start, world.relation.recovery_days)
    state.grievance = toward(state.grievance, world.operations.grievance, militias.grievance_days)
    state.prestige = toward(state.prestige, 0.0, militias.prestige_days)


@rule
def wished_will(world: World, state: State) -> float:
    """Where will returns to now."""
    plan = world.baghdad
    lost = plan.capital_at_start - state.baghdad[0].capital
    return clipped(
        plan.will_at_start - plan.will_capital_effect * lost - plan.intimidation * fighters_left(world, state)
    )


@rule
def fighters_left(world: World, state: State) -> float:
    """Fighters in the International Zone, as a share of those at the start; 0 if there were none."""
    now, at_start = 0.0, 0.0
    for a in range(world.n_areas):
        now += state.areas[a].fighters
        at_start += world.areas[a].fighters
    return now / at_start if at_start > 0.0 else 0.0


@rule
def acts(i: int, on_warning: int, world: World, state: State) -> bool:
    """Does Baghdad send a unit after cell `i`? With the chance of its will. Draws: BAGHDAD_ACTS."""
    name, will = world.cells[i].name, state.baghdad[0].will
    return draws.happens(state.seed, draws.BAGHDAD_ACTS, name, state.cells[i].began, on_warning, will)
