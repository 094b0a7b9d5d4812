"""The levels noted at the end of each day (see `measures.TALLY`)."""

from __future__ import annotations

import math

from sim.compiled import rule
from sim.state import BROKEN, State
from sim.world import ROAD, World


@rule
def close_hour(world: World, state: State) -> None:
    """Phase 8. At the end of a day note the levels; then the next hour begins. Writes: tally, hour."""
    if state.hour % 24 == 23:
        note_sites(world, state)
        note_militias(world, state)
    state.hour += 1


@rule
def note_sites(world: World, state: State) -> None:
    """Writes: tally.sites_open, .people, .batteries, .lowest_supply_days."""
    tally = state.tally
    tally.sites_open = tally.people = tally.batteries = 0.0
    lowest = math.inf
    for j in range(world.n_sites):
        site = state.sites[j]
        tally.sites_open += site.open
        tally.people += site.people
        tally.batteries += site.batteries
        use = site.people * world.supply.tonnes_per_person_day
        if use > 0.0:
            lowest = min(lowest, site.stock / use)
    tally.lowest_supply_days = lowest if lowest < math.inf else 0.0


@rule
def note_militias(world: World, state: State) -> None:
    """Writes: tally.mean_skill, .cells_at_large, .expected_fire, .expected_road."""
    skill, at_large = 0.0, 0
    for i in range(world.n_cells):
        skill += state.cells[i].skill
        at_large += 0 if state.cells[i].mode == BROKEN else 1
    fire, road, n = 0.0, 0.0, 0
    for f in range(world.n_factions):
        road += state.factions[f].expected[ROAD]
        for j in range(world.n_sites):
            if state.sites[j].open:
                fire += state.factions[f].expected[j]
                n += 1
    tally = state.tally
    tally.mean_skill = skill / max(world.n_cells, 1)
    tally.cells_at_large = at_large
    tally.expected_road = road / max(world.n_factions, 1)
    tally.expected_fire = fire / max(n, 1)
