"""The first hour, and an hour in order. The one place where the phases stand; both drivers run them.

0. start      politics and orders, then each kind of agent, drawn from the seed; the levels of that moment
1. calendar   areas reopen; once a day handovers, events from outside, fading, recovery, false alarms, orders for
              supply; then the standing orders that are due
2. convoys    convoys, then foreign details, move; bombs meet them
3. cells      militia cells that are due decide, move, fire or lay bombs; a preparation may be noticed, and the
              warning lets Baghdad and the standing orders act at once
4. fires      the salvos of the hour meet C-RAM and the sites; reaction units are called
5. units      Iraqi units that are due walk, look, raid
6. sites      sites use supply and make bursts ready
7. politics   at the last hour of a day: Washington, Baghdad, the coordinating body when it turns, then the factions
8. measures   at the end of a day, the levels of the daily table; the hour advances

Fires come after all cells, so that no salvo of an hour depends on which cell acted first; units after fires, so that
a raid races a cell that has just fired; sites last, so that bursts used are not made ready within the hour; politics
after all that happened in the day, the factions last, for they take in what the governments do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.compiled import Entry, entry, rule
from sim.memory import Address, rows_at
from sim.rules import (
    agenda,
    baghdad,
    calendar,
    convoys,
    coordinator,
    daily_tally,
    details,
    factions,
    fire,
    operations,
    patrols,
    start,
    supply,
    washington,
)
from sim.state import NONE, STATE, State
from sim.world import WORLD, World

Block: TypeAlias = NDArray[Any]  # world or state as an array of one row


@rule
def begin(world: World, state: State, seed: np.uint64) -> None:
    """Fill an empty (all zero) state. Draws: SETTLE_IN."""
    state.seed = seed
    start.begin_politics(world, state)
    start.begin_orders(world, state)
    for j in range(world.n_sites):
        start.begin_site(j, world, state)
    for f in range(world.n_factions):
        start.begin_faction(f, world, state)
    for i in range(world.n_cells):
        start.begin_cell(i, world, state)
    for k in range(world.n_units):
        start.begin_unit(k, world, state)
    for k in range(world.n_details):
        start.begin_detail(k, world, state)
    daily_tally.note_levels(world, state)


@rule
def hour(world: World, state: State) -> None:
    """One hour of the whole model: the compiled driver of `PHASES`. Who sleeps costs nothing (`rules/agenda.py`)."""
    calendar.open_hour(world, state)
    now, of = state.hour, state.agenda[0]
    agenda.open_hour(of.convoys, now, state.n_convoys)
    k = agenda.take(of.convoys, now, state.n_convoys, -1)
    while k >= 0:
        if state.convoys[k].phase != NONE and state.convoys[k].wake <= now:
            convoys.act(k, world, state)
        if state.convoys[k].phase != NONE:
            agenda.put(of.convoys, k, state.convoys[k].wake, now + 1)
        k = agenda.take(of.convoys, now, state.n_convoys, k)
    for k in range(world.n_details):
        if state.details[k].wake <= now:
            details.act(k, world, state)
    agenda.open_hour(of.cells, now, world.n_cells)
    i = agenda.take(of.cells, now, world.n_cells, -1)
    while i >= 0:
        if state.cells[i].wake <= now:
            operations.act(i, world, state)
        agenda.put(of.cells, i, state.cells[i].wake, now + 1)
        i = agenda.take(of.cells, now, world.n_cells, i)
    fire.resolve(world, state)
    agenda.open_hour(of.units, now, world.n_units)
    k = agenda.take(of.units, now, world.n_units, -1)
    while k >= 0:
        if state.units[k].wake <= now:
            patrols.act(k, world, state)
        agenda.put(of.units, k, state.units[k].wake, now + 1)
        k = agenda.take(of.units, now, world.n_units, k)
    for j in range(world.n_sites):
        if state.sites[j].open:
            supply.act(j, world, state)
    if state.washington[0].wake <= now:
        washington.act(0, world, state)
    if state.baghdad[0].wake <= now:
        baghdad.act(0, world, state)
    if state.coordinator[0].wake <= now:
        coordinator.act(0, world, state)
    for f in range(world.n_factions):
        if state.factions[f].wake <= now:
            factions.act(f, world, state)
    daily_tally.close_hour(world, state)


@rule
def world_at(address: Address) -> World:
    """The world at an address."""
    return rows_at(address, 1, WORLD)[0]


@rule
def state_at(address: Address) -> State:
    """The state at an address."""
    return rows_at(address, 1, STATE)[0]


# --- the same phases one by one, for the Mesa driver: world and state come as addresses -------------------------
@dataclass(frozen=True)
class Phase:
    """One phase: an entry for the whole hour, or one for each agent of a kind."""

    number: int
    name: str
    agents: str | None
    rule: Entry


PHASES: list[Phase] = []


def _phase(number: int, name: str, agents: str | None = None) -> Callable[[Callable[..., None]], Entry]:
    """The next phase, or part of one: an entry that the Mesa driver runs, once or for each agent of a kind."""

    def add(function: Callable[..., None]) -> Entry:
        compiled = entry(function)
        PHASES.append(Phase(number, name, agents, compiled))
        return compiled

    return add


@_phase(1, "calendar")
def _open_hour(world: Address, state: Address) -> None:
    calendar.open_hour(world_at(world), state_at(state))


@_phase(2, "convoys", "convoys")
def _convoy(k: int, world: Address, state: Address) -> None:
    convoys.act(k, world_at(world), state_at(state))


@_phase(2, "convoys", "details")
def _detail(k: int, world: Address, state: Address) -> None:
    details.act(k, world_at(world), state_at(state))


@_phase(3, "cells", "cells")
def _cell(i: int, world: Address, state: Address) -> None:
    operations.act(i, world_at(world), state_at(state))


@_phase(4, "fires")
def _fires(world: Address, state: Address) -> None:
    fire.resolve(world_at(world), state_at(state))


@_phase(5, "units", "units")
def _unit(k: int, world: Address, state: Address) -> None:
    patrols.act(k, world_at(world), state_at(state))


@_phase(6, "sites", "sites")
def _site(j: int, world: Address, state: Address) -> None:
    supply.act(j, world_at(world), state_at(state))


@_phase(7, "politics", "washington")
def _us_day(k: int, world: Address, state: Address) -> None:
    washington.act(k, world_at(world), state_at(state))


@_phase(7, "politics", "baghdad")
def _iraqi_day(k: int, world: Address, state: Address) -> None:
    baghdad.act(k, world_at(world), state_at(state))


@_phase(7, "politics", "coordinator")
def _direction(k: int, world: Address, state: Address) -> None:
    coordinator.act(k, world_at(world), state_at(state))


@_phase(7, "politics", "factions")
def _faction(f: int, world: Address, state: Address) -> None:
    factions.act(f, world_at(world), state_at(state))


@_phase(8, "measures")
def _close_hour(world: Address, state: Address) -> None:
    daily_tally.close_hour(world_at(world), state_at(state))


RULE_OF: dict[str, Entry] = {phase.agents: phase.rule for phase in PHASES if phase.agents}
