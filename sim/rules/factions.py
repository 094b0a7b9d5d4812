"""A faction's day: restraint fades, facade names, leaders and funds come back, and the hazard of its cells is set.

rate per day = tempo · base · exp(b_g · grievance + b_q · prestige − b_r · s · obedience · restraint) · leadership.
A facade name saves a faction from a share of restraint (S14), a truce adds some; s is the share of restraint that binds
all kinds of attack (what binds fire alone is in choice.py, E35); tempo is the coordinating body's (E36);
leadership = 1 − b_l · (1 − leaders / leaders at the start) (S23).
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.maths import exp
from sim.packed_orders import STRONGEST
from sim.rules import coordinator, events
from sim.rules.levels import toward
from sim.rules.politics import change_capital
from sim.state import BROKEN, NEVER, State
from sim.world import World


@rule
def act(f: int, world: World, state: State) -> None:
    """A day of faction `f`. Writes: factions. Reads: grievance, prestige."""
    faction, militias = state.factions[f], world.militias
    faction.wake = state.hour + 24
    faction.restraint = toward(faction.restraint, world.operations.restraint, militias.restraint_days)
    faction.funds = toward(faction.funds, world.factions[f].funds, militias.funds_days)
    replace_leaders(f, world, state)
    faction.rate_per_day = rate_per_day(f, world, state)


@rule
def rate_per_day(f: int, world: World, state: State) -> float:
    """Hazard of a cell of faction `f` that has no Iraqi unit beside it, without momentum."""
    operations = world.operations
    push = (
        operations.grievance_effect * state.grievance
        + operations.prestige_effect * state.prestige
        - operations.restraint_scope * escalation_cost(f, world, state)
    )
    rate = operations.base_rate_per_day * exp(push) * leadership(f, world, state)
    return float(rate * coordinator.tempo_felt(f, world, state))


@rule
def escalation_cost(f: int, world: World, state: State) -> float:
    """What restraint takes from the log rate of what it binds."""
    return float(world.operations.restraint_effect * world.factions[f].obedience * restraint_felt(f, world, state))


@rule
def restraint_asked(f: int, state: State) -> float:
    """Restraint that is asked of faction `f`, by a truce that is held too."""
    return float(state.factions[f].restraint + coordinator.truce_felt(state))


@rule
def restraint_felt(f: int, world: World, state: State) -> float:
    """Restraint that binds faction `f`: less under a facade name."""
    hidden = state.factions[f].facade_until > state.hour
    return float(restraint_asked(f, state) * (1.0 - world.militias.facade_cover if hidden else 1.0))


@rule
def leadership(f: int, world: World, state: State) -> float:
    """1 with all leaders, less without."""
    at_start = world.factions[f].leaders
    if at_start == 0:
        return 1.0
    return float(1.0 - world.operations.leader_effect * (1.0 - state.factions[f].leaders / at_start))


@rule
def replace_leaders(f: int, world: World, state: State) -> None:
    """A leader who is gone is replaced after a while, one after the other. Draws: LEADER_REPLACED."""
    faction = state.factions[f]
    if faction.next_leader <= state.hour:
        faction.leaders += 1
        faction.next_leader = NEVER
    if faction.leaders < world.factions[f].leaders and faction.next_leader == NEVER:
        name, mean = world.factions[f].name, 24.0 * world.militias.leader_days
        wait = draws.exponential(state.seed, draws.LEADER_REPLACED, name, state.hour, 0, mean)
        faction.next_leader = state.hour + 1 + int(wait)


@rule
def restrain(amount: float, world: World, state: State) -> None:
    """Restraint is asked for, and rises in every faction; how far it obeys is its own. Writes: factions.restraint."""
    for f in range(world.n_factions):
        state.factions[f].restraint += amount


@rule
def take_facades(strength: float, world: World, state: State) -> None:
    """After a threat, factions that can deny take a facade name (S14). Writes: factions.facade_until. Draws: FACADE."""
    hours = 24.0 * world.militias.facade_days
    for f in range(world.n_factions):
        p = strength * world.factions[f].deniability
        if draws.happens(state.seed, draws.FACADE, world.factions[f].name, state.hour, 0, p):
            state.factions[f].facade_until = state.hour + int(hours)
            state.tally.facades_taken += 1
            event = events.note(state, events.FACADE, f, -1, -1)
            event.hours, event.chance = hours, p


@rule
def strongest(world: World, state: State) -> int:
    """The faction with most cells at large; of those with as many, the first by name."""
    best, most = 0, -1
    for f in range(world.n_factions):
        at_large = 0
        for i in range(world.n_cells):
            if world.cells[i].faction == f and state.cells[i].mode != BROKEN:
                at_large += 1
        tie = at_large == most and world.factions[f].name < world.factions[best].name
        if at_large > most or tie:
            best, most = f, at_large
    return best


@rule
def named(n: int, world: World, state: State) -> int:
    """The faction that standing order `n` is about (not for orders about all)."""
    f = int(world.standing[n].faction)
    return strongest(world, state) if f == STRONGEST else f


@rule
def cut_funds(n: int, world: World, state: State) -> None:
    """Order `n`: a financier is arrested (S13, S29). Writes: factions.funds, baghdad.capital."""
    order = world.standing[n]
    one = named(n, world, state)  # a negative row stands for all
    share = order.amount * order.strength
    change_capital(-order.capital_cost, state)
    for f in range(world.n_factions):
        if one < 0 or f == one:
            state.factions[f].funds *= 1.0 - share
    state.tally.funds_cut += 1
    event = events.note(state, events.FUNDS_CUT, n, max(one, -1), -1)
    event.amount, event.capital = share, state.baghdad[0].capital
