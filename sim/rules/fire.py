"""Rockets and drones: a cell in position fires, the salvos of the hour are resolved afterwards.

Rounds are a usual salvo, a truncated power law (E17), or rarely a barrage (E8), limited by the stock; a barrage takes
from the faction's other cells what its own lacks. A round heads inside the perimeter with a
chance that grows with skill (S10, E9). Salvos of one hour are resolved in the order of the cells' names.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules import defence, events
from sim.rules.learning import learn
from sim.rules.momentum import excite
from sim.rules.politics import after_fire, change_capital
from sim.rules.raids import alert
from sim.state import DRONE, MAX_SALVOS, TOO_MANY_SALVOS, State
from sim.theatre_config import AIRPORT
from sim.world import World


@rule
def found_before_launch(i: int, world: World, state: State) -> bool:
    """Is the drone of cell `i` found, armed, before it flies (S5)? Writes: cells.munitions, factions, units, tally.

    Draws: DRONE_FOUND.
    """
    cell, p = state.cells[i], world.fire.p_drone_found
    if cell.option < DRONE:
        return False
    if not draws.happens(state.seed, draws.DRONE_FOUND, world.cells[i].name, cell.began, 0, p):
        return False
    cell.munitions -= world.fire.drone_rounds
    state.tally.drones_found += 1
    events.note(state, events.DRONE_FOUND, i, cell.option - DRONE, cell.square).chance = p
    change_capital(world.baghdad.gain_catch, state)
    learn(world, state, i, cell.option, 0.0)
    alert(i, 0, world, state)
    return True


@rule
def launch(i: int, world: World, state: State) -> None:
    """Put a salvo of cell `i` into this hour's list. Writes: salvos, cells.munitions, tally. Draws: SALVO_SIZE."""
    if state.n_salvos >= MAX_SALVOS:
        state.status = TOO_MANY_SALVOS
        return
    cell, salvo = state.cells[i], state.salvos[state.n_salvos]
    state.n_salvos += 1
    salvo.cell, salvo.drone = i, 1 if cell.option >= DRONE else 0
    salvo.site = cell.option - DRONE * salvo.drone
    if salvo.drone:
        salvo.rounds = 1
        cell.munitions -= world.fire.drone_rounds
    else:
        wanted = rounds(i, world, state)
        if wanted > world.fire.salvo_cap:
            collect(i, float(wanted), world, state)
            state.tally.barrages += 1
        salvo.rounds = min(wanted, int(cell.munitions))
        cell.munitions -= salvo.rounds


@rule
def collect(i: int, rounds: float, world: World, state: State) -> None:
    """For a barrage, cell `i` takes what it lacks from its faction's other cells, by name. Writes: cells.munitions.

    A cell with something under way keeps what it has: it needs it.
    """
    cell = state.cells[i]
    for n in range(world.n_cells):
        other = int(world.cells_by_name[n])
        gives = state.cells[other].option < 0 and world.cells[other].faction == world.cells[i].faction
        if gives and cell.munitions < rounds:
            given = min(rounds - cell.munitions, state.cells[other].munitions)
            state.cells[other].munitions -= given
            cell.munitions += given


@rule
def rounds(i: int, world: World, state: State) -> int:
    """Rounds of a salvo before the stock limits it: one uniform number tells the regime, and the size in it.

    Draws: SALVO_SIZE.
    """
    began, fire = state.cells[i].began, world.fire
    u = draws.uniform(state.seed, draws.SALVO_SIZE, world.cells[i].name, began, 0)
    if u < fire.barrage_share:
        return draws.barrage_size(u / fire.barrage_share, fire.barrage_from, fire.barrage_to)
    usual = (u - fire.barrage_share) / (1.0 - fire.barrage_share)
    return draws.salvo_size(usual, fire.salvo_exponent, fire.salvo_shift, fire.salvo_cap)


@rule
def resolve(world: World, state: State) -> None:
    """Resolve all salvos of this hour, in the order of the cells' names. Writes: see `land`."""
    last = -1
    for _ in range(state.n_salvos):
        first = -1
        for k in range(state.n_salvos):
            name = world.cells[state.salvos[k].cell].name
            if name > last and (first < 0 or name < world.cells[state.salvos[first].cell].name):
                first = k
        last = world.cells[state.salvos[first].cell].name
        land(first, world, state)
    state.n_salvos = 0


@rule
def land(k: int, world: World, state: State) -> None:
    """One salvo: who heads inside, what C-RAM destroys, what hits; then everybody learns of it."""
    salvo = state.salvos[k]
    i, j = salvo.cell, salvo.site
    inside = count_inside(k, world, state)
    engaged, intercepted = defence.engage(i, j, inside, salvo.drone, world, state)
    leaked = inside - intercepted
    count(k, inside, engaged, intercepted, world, state)
    event = events.note(state, events.FIRE, i, j, state.cells[i].square)
    event.rounds, event.inside, event.engaged, event.drone = salvo.rounds, inside, engaged, salvo.drone
    event.intercepted, event.leaked = intercepted, leaked
    wounded, killed = defence.hit(i, j, leaked, salvo.rounds - inside, world, state)
    after_fire(i, leaked, wounded, killed, world, state)
    event.wounded, event.killed, event.relation = wounded, killed, state.relation
    event.alert = 1.0 if state.sites[j].alert_until > state.hour else 0.0
    learn(world, state, i, j + DRONE * salvo.drone, 1.0 if leaked > 0 else 0.0)
    excite(world, state, world.cells[i].faction)
    alert(i, 0, world, state)


@rule
def count_inside(k: int, world: World, state: State) -> int:
    """Rounds of salvo `k` on course to land inside the perimeter. Draws: ROUND_INSIDE."""
    salvo, fire = state.salvos[k], world.fire
    p = fire.p_inside_drone
    if salvo.drone == 0:
        p = fire.p_inside_unskilled + (fire.p_inside_skilled - fire.p_inside_unskilled) * state.cells[salvo.cell].skill
    inside, name, began = 0, world.cells[salvo.cell].name, state.cells[salvo.cell].began
    for n in range(salvo.rounds):
        if draws.happens(state.seed, draws.ROUND_INSIDE, name, began, n, p):
            inside += 1
    return inside


@rule
def count(k: int, inside: int, engaged: int, intercepted: int, world: World, state: State) -> None:
    """Add one salvo to the tally."""
    salvo, tally = state.salvos[k], state.tally
    tally.drone_attacks += salvo.drone
    tally.rocket_attacks += 1 - salvo.drone
    tally.embassy_fire_attacks += 1 if salvo.site == world.top_site else 0
    tally.capital_fire_attacks += 1 if world.sites[salvo.site].city == world.sites[world.top_site].city else 0
    tally.airport_fire_attacks += 1 if world.squares[world.sites[salvo.site].square].zone == AIRPORT else 0
    tally.covered_fire_attacks += 1 if defence.is_covered(salvo.site, world, state) else 0
    tally.rounds_fired += salvo.rounds
    tally.rounds_inside += inside
    tally.rounds_engaged += engaged
    tally.rounds_intercepted += intercepted
    tally.rounds_leaked += inside - intercepted
    tally.fire_attacks_leaking += 1 if inside > intercepted else 0
