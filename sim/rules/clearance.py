"""Clearing areas of fighters and heavy weapons, one after the other (S24), with clashes; support makes it hold (S28).

An area takes the order's hours. Then the share `removal · strength` of its fighters and heavy weapons is gone, and each
cell at home there is broken with that chance. What was removed comes back: a day brings
(start − now) / return_days · (1 − support).
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import events
from sim.rules.capture import break_cell
from sim.rules.closures import reinforce
from sim.rules.politics import change_capital
from sim.state import BROKEN, CLEARING, HELD, UNTOUCHED, State
from sim.world import World

WORTH_CLEARING = 0.5  # an area with less than this share of its fighters is left alone


@rule
def next_area(n: int, world: World, state: State) -> int:
    """The first area of order `n` that is worth clearing, −1 if there is none."""
    order = world.standing[n]
    for k in range(order.n_areas):
        a = int(order.areas[k])
        there, at_start = state.areas[a].fighters, world.areas[a].fighters
        if state.areas[a].phase == UNTOUCHED and at_start > 0 and there >= WORTH_CLEARING * at_start:
            return a
    return -1


@rule
def begin(n: int, world: World, state: State) -> None:
    """Order `n` starts on its next area. Writes: areas, squares, standing, baghdad.capital."""
    order, a = world.standing[n], next_area(n, world, state)
    if a < 0:
        return
    area, standing = state.areas[a], state.standing[n]
    area.phase, area.held_by = CLEARING, order.reinforce
    reinforce(a, area.held_by, world, state)
    standing.busy, standing.area, standing.wake = 1, a, state.hour + order.hours
    change_capital(-order.capital_cost, state)
    event = events.note(state, events.CLEARING, a, n, world.areas[a].square)
    event.hours, event.fighters, event.heavy_weapons = order.hours, area.fighters, area.heavy_weapons
    event.capital = state.baghdad[0].capital


@rule
def finish(n: int, world: World, state: State) -> None:
    """The area of order `n` is cleared. Writes: areas, cells, standing, baghdad.capital, tally, events."""
    order, a = world.standing[n], int(state.standing[n].area)
    area, share = state.areas[a], order.amount * order.strength
    fighters, weapons = area.fighters * share, area.heavy_weapons * share
    clash(a, order.p_clash * area.fighters / world.areas[a].fighters, world, state)
    area.phase = HELD
    area.fighters -= fighters
    area.heavy_weapons -= weapons
    state.tally.fighters_removed += fighters
    state.tally.weapons_removed += weapons
    state.tally.areas_cleared += 1
    change_capital(world.baghdad.gain_weapon * weapons, state)
    event = events.note(state, events.CLEARED, a, n, world.areas[a].square)
    event.fighters, event.heavy_weapons = fighters, weapons
    event.caught, event.capital = break_cells(a, share, world, state), state.baghdad[0].capital
    state.standing[n].area = -1


@rule
def break_cells(a: int, p: float, world: World, state: State) -> int:
    """Cells at home in area `a` are broken with chance `p`; how many. Draws: CLEARED_CELL."""
    caught = 0
    for n in range(world.n_cells):
        i = int(world.cells_by_name[n])
        cell = world.cells[i]
        there = cell.area == a and state.cells[i].mode != BROKEN
        if there and draws.happens(state.seed, draws.CLEARED_CELL, cell.name, state.hour, 0, p):
            break_cell(i, world, state)
            caught += 1
    return caught


@rule
def clash(a: int, p: float, world: World, state: State) -> None:
    """Perhaps a clash with the fighters of area `a`. Writes: see `fight`. Draws: CLASH."""
    if draws.happens(state.seed, draws.CLASH, world.areas[a].name, state.hour, 0, p):
        killed = fight(int(world.areas[a].name), int(world.areas[a].square), world, state)
        event = events.note(state, events.CLASH, a, -1, world.areas[a].square)
        event.chance, event.killed, event.grievance = p, killed, state.grievance
        event.capital = state.baghdad[0].capital


@rule
def fight(name: int, square: int, world: World, state: State) -> int:
    """One clash: 1 if it kills, else 0. Draws: CLASH_DEATH.

    Writes: grievance, baghdad.capital, units.strength, tally.
    """
    zone = world.zone
    state.tally.clashes += 1
    state.grievance += zone.clash_grievance
    change_capital(-world.baghdad.cost_clash, state)
    for k in range(world.n_units):
        if state.units[k].square == square:
            state.units[k].strength *= 1.0 - zone.clash_loss
    killed = 1 if draws.happens(state.seed, draws.CLASH_DEATH, name, state.hour, 0, zone.p_clash_death) else 0
    state.tally.forces_killed += killed
    return killed


@rule
def slip_back(world: World, state: State) -> None:
    """A day in which fighters and weapons return. Writes: areas, squares, events."""
    share = (1.0 - state.baghdad[0].support) / world.zone.return_days
    for a in range(world.n_areas):
        area, plan = state.areas[a], world.areas[a]
        if area.phase != CLEARING:
            area.fighters += (plan.fighters - area.fighters) * share
            area.heavy_weapons += (plan.heavy_weapons - area.heavy_weapons) * share
        if area.phase == HELD and area.fighters >= WORTH_CLEARING * plan.fighters:
            lose(a, world, state)


@rule
def lose(a: int, world: World, state: State) -> None:
    """Area `a` has slipped back. Writes: areas, squares, tally, events."""
    area = state.areas[a]
    reinforce(a, -area.held_by, world, state)
    area.phase, area.held_by = UNTOUCHED, 0
    state.tally.areas_lost += 1
    event = events.note(state, events.LOST, a, -1, world.areas[a].square)
    event.fighters, event.amount = area.fighters, state.baghdad[0].support
