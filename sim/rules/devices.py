"""Roadside bombs: laid in a square, waiting for what passes, sometimes found first.

At most one per cell is out at a time. A bomb meant for convoys is set off against a passing convoy with `p_set_off`,
unless an escort spots it in time; whether it has an effect depends on the skill with which it was laid (S10).
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.maths import power
from sim.parameters import place_of
from sim.rules import events
from sim.rules.learning import learn
from sim.rules.momentum import excite
from sim.rules.politics import after_bomb
from sim.state import NEVER, OUTBOUND, ROAD, ROLLING, State
from sim.world import World

SURER = place_of("roadside.progress", "surer")


@rule
def lay(i: int, world: World, state: State) -> None:
    """Cell `i` lays a bomb where it stands. Writes: cells, squares.devices, tally.

    Draws: DEVICE_LIFE_HOURS, TIPPED_OFF.
    """
    cell, name = state.cells[i], world.cells[i].name
    life = draws.exponential(state.seed, draws.DEVICE_LIFE_HOURS, name, cell.began, 0, world.roadside.life_hours)
    cell.device_square, cell.device_until = cell.square, state.hour + 1 + int(life)
    cell.device_for, cell.device_skill, cell.device_began, cell.device_passed = cell.option, cell.skill, cell.began, 0
    cell.munitions -= world.roadside.munitions
    state.squares[cell.square].devices += 1
    state.tally.devices_planted += 1
    cell.device_tipped = 0
    if cell.option == ROAD:
        state.tally.bombs_laid += 1
        if draws.happens(state.seed, draws.TIPPED_OFF, name, cell.began, 0, world.roadside.tip_off):
            cell.device_tipped, cell.device_until = 1, NEVER  # it waits for its convoy
            state.tally.bombs_tipped += 1


@rule
def remove(i: int, outcome: float, world: World, state: State) -> None:
    """The bomb of cell `i` is gone; its faction learns. Writes: cells.device_square, squares.devices."""
    cell = state.cells[i]
    state.squares[cell.device_square].devices -= 1
    cell.device_square = -1
    learn(world, state, i, cell.device_for, outcome)


@rule
def expire(i: int, world: World, state: State) -> None:
    """Once a day: a bomb whose time is over is useless."""
    if state.cells[i].device_square >= 0 and state.cells[i].device_until <= state.hour:
        state.tally.devices_expired += 1
        remove(i, 0.0, world, state)


@rule
def goes_off(i: int, option: int, square: int, p: float, world: World, state: State) -> bool:
    """Is the bomb of cell `i` set off, with chance `p`, against what passes now?

    Writes: cells.device_passed. Draws: DEVICE_SET_OFF.
    """
    cell = state.cells[i]
    if cell.device_square != square or cell.device_for != option or cell.device_until <= state.hour:
        return False
    cell.device_passed += 1
    name = world.cells[i].name
    return draws.happens(state.seed, draws.DEVICE_SET_OFF, name, cell.device_began, cell.device_passed, p)


@rule
def experience(i: int, world: World, state: State) -> float:
    """By what the chance of no effect of a faction's bombs on convoys has fallen: (1 + successes)^−b (E38)."""
    done = 1.0 + state.factions[world.cells[i].faction].road_successes
    return float(power(done, -world.roadside.progress_exponent))


@rule
def has_effect(i: int, world: World, state: State) -> bool:
    """Does the bomb that went off do anything? Draws: DEVICE_EFFECT."""
    low, high = world.roadside.p_effect_unskilled, world.roadside.p_effect_skilled
    cell = state.cells[i]
    p = low + (high - low) * cell.device_skill
    if cell.device_for == ROAD and world.roadside.progress == SURER:
        p = 1.0 - (1.0 - p) * experience(i, world, state)
    return draws.happens(state.seed, draws.DEVICE_EFFECT, world.cells[i].name, cell.device_began, 0, p)


@rule
def wounds(i: int, world: World, state: State) -> tuple[int, int]:
    """People wounded and killed by an effect. Draws: DEVICE_CASUALTY, DEVICE_DEATH."""
    name, roadside, began = world.cells[i].name, world.roadside, state.cells[i].device_began
    if not draws.happens(state.seed, draws.DEVICE_CASUALTY, name, began, 0, roadside.p_wound):
        return 0, 0
    dead = draws.happens(state.seed, draws.DEVICE_DEATH, name, began, 0, roadside.p_death)
    return 1, 1 if dead else 0


@rule
def meet_convoy(k: int, world: World, state: State) -> None:
    """Convoy `k` enters a square with bombs. Writes: convoys, cells, squares, tally, factions."""
    convoy, roadside = state.convoys[k], world.roadside
    p = roadside.p_set_off * power(1.0 - roadside.p_escort_finds, convoy.escorts)
    for n in range(world.n_cells):
        i = int(world.cells_by_name[n])
        if convoy.trucks > 0 and goes_off(i, ROAD, convoy.square, p, world, state):
            blast_convoy(i, k, world, state)
        elif convoy.trucks > 0:
            miss(i, convoy.square, world, state)


@rule
def miss(i: int, square: int, world: World, state: State) -> None:
    """A bomb that waited for this convoy alone and was not set off is useless. Writes: see `remove`."""
    cell = state.cells[i]
    if cell.device_square == square and cell.device_tipped == 1 and cell.device_for == ROAD:
        state.tally.devices_expired += 1
        remove(i, 0.0, world, state)


@rule
def blast_convoy(i: int, k: int, world: World, state: State) -> None:
    """The bomb of cell `i` goes off against convoy `k`."""
    convoy, effect = state.convoys[k], has_effect(i, world, state)
    lost, wounded, killed = 0, 0, 0
    if effect:
        lost = trucks_lost(i, convoy.trucks, world, state)
        wounded, killed = wounds(i, world, state)
        lose_trucks(k, lost, world, state)
        state.tally.convoys_hit += 1
        state.factions[world.cells[i].faction].road_successes += 1
    else:
        state.tally.devices_without_effect += 1
    convoy.wake = state.hour + 1 + world.roadside.delay_hours
    state.tally.convoy_attacks += 1
    state.tally.outbound_attacks += 1 if convoy.phase == OUTBOUND else 0
    state.tally.drivers_wounded += wounded
    state.tally.drivers_killed += killed
    state.squares[convoy.square].recent_attacks += 1.0
    event = events.note(state, events.BOMB_CONVOY, i, convoy.ordered_for, convoy.square)
    event.convoy = convoy.number
    after_bomb(i, world.relation.loss_convoy, effect, world, state)
    scare(lost, wounded, world, state)
    event.effect, event.trucks_lost, event.wounded, event.killed = effect, lost, wounded, killed
    event.relation = state.relation
    excite(world, state, world.cells[i].faction)
    remove(i, 1.0 if effect else 0.0, world, state)


@rule
def scare(lost: int, wounded: int, world: World, state: State) -> None:
    """Losses make drivers less willing (E13). Writes: willingness."""
    supply = world.supply
    loss = supply.willingness_loss_truck * lost + supply.willingness_loss_casualty * wounded
    state.willingness = max(supply.least_willingness, state.willingness - loss)


@rule
def trucks_lost(i: int, trucks: int, world: World, state: State) -> int:
    """One truck, and each further one with `p_next_truck`. Draws: DEVICE_TRUCKS."""
    lost, name, began = 1, world.cells[i].name, state.cells[i].device_began
    while lost < trucks and draws.happens(
        state.seed, draws.DEVICE_TRUCKS, name, began, lost, world.roadside.p_next_truck
    ):
        lost += 1
    return lost


@rule
def lose_trucks(k: int, lost: int, world: World, state: State) -> None:
    """Take trucks and their cargo out of a convoy. Writes: convoys.trucks, .cargo, sites.under_way, tally."""
    convoy = state.convoys[k]
    cargo = convoy.cargo * lost / convoy.trucks
    convoy.trucks -= lost
    convoy.cargo -= cargo
    state.tally.trucks_lost += lost
    if convoy.phase == OUTBOUND:
        state.tally.equipment_lost += cargo
        return
    if convoy.phase == ROLLING:  # what turned back is no longer under way
        state.sites[convoy.site].under_way -= cargo
    state.tally.cargo_lost += cargo
