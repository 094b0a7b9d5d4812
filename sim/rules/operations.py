"""The life of a militia cell: at rest, preparing, moving, in position, leaving, lying low, broken.

Hazard of starting, per day, looked at once a day at an hour of the cell's own:
λ = (rate of its faction (factions.py) · its activity · shelter · exp(−b_p · units at home) + momentum) · effort;
P(start) = 1 − exp(−λ). Effort is 1, or the share that does not wait where effort is a budget (`choice.waiting`).
Shelter is what the fighters around a cell in the International Zone give it (S24). A cell that is ready weighs its
options and may still prefer to wait.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import hot_rule, rule
from sim.maths import exp
from sim.rules import choice, devices, events, factions, fire, movement, warnings
from sim.rules.closures import is_closed
from sim.rules.grid import next_square
from sim.rules.momentum import momentum
from sim.state import ABSTAIN, DRONE, IDLE, IN_POSITION, LEAVING, LYING_LOW, MOVING, PREPARING, ROAD, Row, State
from sim.world import World


@hot_rule
def act(i: int, world: World, state: State) -> None:
    """What cell `i` does when it is due. Reads: its surroundings. Writes: cells, squares, salvos, tally, events."""
    mode = state.cells[i].mode
    if mode == IDLE:
        consider(i, world, state)
    elif mode == PREPARING:
        prepare(i, world, state)
    elif mode == MOVING:
        advance(i, world, state)
    elif mode == IN_POSITION:
        strike(i, world, state)
    elif mode == LEAVING:
        lie_low(i, world, state)
    else:
        rest(i, world, state)


@rule
def hazard_per_day(world: World, state: State, i: int) -> float:
    """λ of cell `i` now. Reads: cells, factions, squares, areas."""
    cell = world.cells[i]
    calm = exp(-world.operations.presence_effect * state.squares[cell.home].presence)
    rate = state.factions[cell.faction].rate_per_day * cell.activity * calm * shelter(world, state, cell.area)
    return float((rate + momentum(world, state, cell.faction)) * world.effort)


@rule
def shelter(world: World, state: State, a: int) -> float:
    """1 where the fighters of the start are still in area `a`; less when they are gone (S24)."""
    at_start = world.areas[a].fighters
    if at_start == 0:
        return 1.0
    gone = 1.0 - state.areas[a].fighters / at_start
    return float(1.0 - world.operations.shelter_effect * max(0.0, gone))


@hot_rule
def consider(i: int, world: World, state: State) -> None:
    """Once a day: take in munitions, and perhaps start an operation. Draws: START_OPERATION.

    1 − exp(−λ) is less than λ, which is at most the faction's rate · activity plus momentum as last known (effort is at
    most 1): most days end there.
    """
    cell, faction = state.cells[i], state.factions[world.cells[i].faction]
    cell.wake = state.hour + 24
    resupply(i, world, state)
    if cell.munitions < 1.0:
        return
    u = draws.uniform(state.seed, draws.START_OPERATION, world.cells[i].name, state.hour, 0)
    if u >= faction.rate_per_day * world.cells[i].activity + faction.momentum:
        return
    hazard = hazard_per_day(world, state, i)
    if u < 1.0 - exp(-hazard):
        start(i, hazard, world, state)


@hot_rule
def resupply(i: int, world: World, state: State) -> None:
    """A day's munitions, by the funds of the faction, up to the cap. Writes: cells.munitions."""
    cell, operations = state.cells[i], world.operations
    gain = operations.munitions_per_day * state.factions[world.cells[i].faction].funds
    cell.munitions = max(cell.munitions, min(cell.munitions + gain, operations.munitions_cap))


@rule
def start(i: int, hazard: float, world: World, state: State) -> None:
    """Weigh the options and prepare the one chosen. Draws: PREPARATION_HOURS and those of choice.py, warnings.py."""
    cell = state.cells[i]
    event = events.note(state, events.OPERATION, i, ABSTAIN, cell.square)
    option, worth, other = choice.choose(world, state, i, event)
    goal = choice.choose_square(world, state, i, option) if option != ABSTAIN else -1
    explain(i, hazard, worth, other, event, world, state)
    event.target = option
    if goal < 0:
        event.kind = events.ABSTAIN
        state.tally.abstained += 1
        return
    event.square, event.expected_success = goal, state.factions[world.cells[i].faction].expected[option]
    state.tally.operations += 1
    cell.mode, cell.option, cell.goal, cell.began = PREPARING, option, goal, state.hour
    mean = world.operations.preparation_hours
    cell.ready_at = state.hour + 1 + waiting(i, draws.PREPARATION_HOURS, mean, world, state)
    warnings.expect(i, world, state)
    cell.wake = min(cell.ready_at, cell.warn_at)


@rule
def explain(i: int, hazard: float, worth: float, other: float, event: Row, world: World, state: State) -> None:
    """Put what decided into the event."""
    f = world.cells[i].faction
    event.hazard_per_day, event.utility, event.other_utility = hazard, worth, other
    event.presence, event.momentum_per_day = state.squares[world.cells[i].home].presence, state.factions[f].momentum
    event.grievance, event.restraint = state.grievance, factions.restraint_asked(f, state)


@rule
def waiting(i: int, name: int, mean_hours: float, world: World, state: State) -> int:
    """Whole hours of an exponential wait of cell `i`."""
    began = state.cells[i].began
    return int(draws.exponential(state.seed, name, world.cells[i].name, began, 0, mean_hours))


@rule
def prepare(i: int, world: World, state: State) -> None:
    """Noticed while it prepares, or ready to go. Writes: cells.wake; see warnings.py."""
    cell = state.cells[i]
    if state.hour < cell.ready_at:
        cell.wake = cell.ready_at
        warnings.notice(i, world, state)
    else:
        set_out(i, world, state)


@rule
def set_out(i: int, world: World, state: State) -> None:
    """Leave home: from now on the cell can be seen."""
    cell = state.cells[i]
    cell.mode, cell.wake = MOVING, state.hour + 1
    state.squares[cell.square].exposed += 1


@rule
def advance(i: int, world: World, state: State) -> None:
    """An hour on the way; at the goal the cell takes position. A site handed over or a closed area may send it home."""
    cell = state.cells[i]
    cell.wake = state.hour + 1
    if target_gone(i, world, state) or (held_up(i, world, state) and gives_up(i, world, state)):
        go_home(i, world, state, IDLE)
    elif movement.advance(i, world, state):
        cell.mode = IN_POSITION


@rule
def target_gone(i: int, world: World, state: State) -> bool:
    """Has the site that the cell is after been handed over?"""
    option = state.cells[i].option
    if option >= ROAD:
        return False
    return bool(state.sites[option - DRONE if option >= DRONE else option].open == 0)


@rule
def strike(i: int, world: World, state: State) -> None:
    """Fire at the site or lay the bomb, then get away; wait while the area is closed. Draws: LEAVE_HOURS."""
    cell = state.cells[i]
    if target_gone(i, world, state):
        go_home(i, world, state, IDLE)
        return
    if is_closed(cell.square, world, state):
        wait(i, world, state)
        return
    if cell.option >= ROAD:
        devices.lay(i, world, state)
    elif not fire.found_before_launch(i, world, state):
        fire.launch(i, world, state)
    cell.mode = LEAVING
    cell.wake = state.hour + 1 + waiting(i, draws.LEAVE_HOURS, world.operations.leaving_hours, world, state)


@rule
def wait(i: int, world: World, state: State) -> None:
    """In a closed area: wait, or give up. Writes: cells, squares.exposed, tally."""
    state.tally.cell_hours_held += 1
    if gives_up(i, world, state):
        go_home(i, world, state, IDLE)
    else:
        state.cells[i].wake = state.hour + 1


@rule
def held_up(i: int, world: World, state: State) -> bool:
    """Does the cell stand before a closed area?"""
    cell = state.cells[i]
    return bool(cell.square != cell.goal and is_closed(next_square(world, cell.square, cell.goal), world, state))


@rule
def gives_up(i: int, world: World, state: State) -> bool:
    """Does a cell that is held up by a closed area go home? Writes: tally. Draws: GIVES_UP."""
    p = 1.0 / world.operations.wait_hours
    if not draws.happens(state.seed, draws.GIVES_UP, world.cells[i].name, state.hour, 0, p):
        return False
    state.tally.operations_given_up += 1
    events.note(state, events.GIVEN_UP, i, state.cells[i].option, state.cells[i].square).chance = p
    return True


@rule
def lie_low(i: int, world: World, state: State) -> None:
    """Back home and out of sight for a while. Draws: LIE_LOW_HOURS."""
    go_home(i, world, state, LYING_LOW)
    hours = 24.0 * world.operations.lie_low_days
    state.cells[i].wake = state.hour + 1 + waiting(i, draws.LIE_LOW_HOURS, hours, world, state)


@rule
def go_home(i: int, world: World, state: State, mode: int) -> None:
    """Out of sight, at home. Writes: squares.exposed, cells."""
    cell = state.cells[i]
    state.squares[cell.square].exposed -= 1
    cell.square, cell.mode, cell.option, cell.goal = world.cells[i].home, mode, -1, -1
    cell.wake = own_hour(i, world, state)


@rule
def rest(i: int, world: World, state: State) -> None:
    """The end of lying low or of being formed again: at rest, at home."""
    cell = state.cells[i]
    cell.square = world.cells[i].home
    cell.mode, cell.wake = IDLE, own_hour(i, world, state)


@rule
def own_hour(i: int, world: World, state: State) -> int:
    """The next time that it is the cell's hour of the day: always the same hour, so that its draws meet their like
    in another posture, whatever the cell has done before. Draws: SETTLE_IN."""
    own = draws.integer(state.seed, draws.SETTLE_IN, world.cells[i].name, 0, 1, 24)
    return int(state.hour + 1 + (own - state.hour - 1) % 24)
