"""The levels noted at the end of each day (see `measures.TALLY`)."""

from __future__ import annotations

import math

from sim.compiled import hot_rule, rule
from sim.rules import factions, supply
from sim.state import BROKEN, ROAD, State
from sim.world import World


@hot_rule
def close_hour(world: World, state: State) -> None:
    """Phase 8. At the end of a day note the levels; then the next hour begins. Writes: tally, hour."""
    if state.hour % 24 == 23:
        note_levels(world, state)
        note_pressure(world, state)
    state.hour += 1


@rule
def note_levels(world: World, state: State) -> None:
    """All levels as they are now. Writes: tally."""
    note_sites(world, state)
    note_militias(world, state)
    note_politics(world, state)


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
        tally.batteries += site.batteries * site.open
        use = supply.daily_use(j, world, state)
        if use > 0.0 and site.open:
            lowest = min(lowest, site.stock / use)
    tally.lowest_supply_days = lowest if lowest < math.inf else 0.0


@rule
def note_militias(world: World, state: State) -> None:
    """Writes: tally.mean_skill, .cells_at_large, .bombs_waiting, .expected_fire, .expected_road."""
    skill, at_large, tally = 0.0, 0, state.tally
    tally.bombs_waiting = 0.0
    for i in range(world.n_cells):
        tally.bombs_waiting += 1.0 if state.cells[i].device_square >= 0 and state.cells[i].device_for == ROAD else 0.0
        skill += state.cells[i].skill
        at_large += 0 if state.cells[i].mode == BROKEN else 1
    fire, road, n = 0.0, 0.0, 0
    for f in range(world.n_factions):
        road += state.factions[f].expected[ROAD]
        for j in range(world.n_sites):
            if state.sites[j].open:
                fire += state.factions[f].expected[j]
                n += 1
    tally.mean_skill = skill / max(world.n_cells, 1)
    tally.cells_at_large = at_large
    tally.expected_road = road / max(world.n_factions, 1)
    tally.expected_fire = fire / max(n, 1)


@rule
def note_politics(world: World, state: State) -> None:
    """Writes: the political levels of the tally."""
    tally, us, iraq = state.tally, state.washington[0], state.baghdad[0]
    tally.relation, tally.grievance, tally.prestige = state.relation, state.grievance, state.prestige
    tally.willingness, tally.partners = state.willingness, state.partners
    tally.patience, tally.ladder, tally.embassy_open = us.patience, us.rung, us.mission_open
    tally.mob_there = 1.0 if state.mob_until > state.hour else 0.0
    tally.capital, tally.will, tally.support = iraq.capital, iraq.will, iraq.support
    tally.fighters_in_zone = tally.heavy_weapons_in_zone = 0.0
    for a in range(world.n_areas):
        tally.fighters_in_zone += state.areas[a].fighters
        tally.heavy_weapons_in_zone += state.areas[a].heavy_weapons
    note_factions(world, state)


@rule
def note_factions(world: World, state: State) -> None:
    """Means over the factions. Writes: tally.restraint, .funds, .leaders."""
    tally, n = state.tally, max(world.n_factions, 1)
    tally.restraint = tally.funds = tally.leaders = 0.0
    for f in range(world.n_factions):
        tally.restraint += factions.restraint_asked(f, state) / n
        tally.funds += state.factions[f].funds / n
        tally.leaders += state.factions[f].leaders


@rule
def note_pressure(world: World, state: State) -> None:
    """The pressure index so far: counts times weights, and the days without relation or embassy. Writes: tally."""
    tally, weight = state.tally, world.pressure
    attacks = (
        weight.fire_attack * (tally.rocket_attacks + tally.drone_attacks) + weight.leaked_round * tally.rounds_leaked
    )
    roads = (
        weight.convoy_attack * tally.convoy_attacks
        + weight.truck * tally.trucks_lost
        + weight.detail_attack * tally.detail_attacks
    )
    others = tally.drivers_wounded + tally.foreign_wounded + tally.civilian_harm + tally.forces_killed
    people = weight.us_wounded * tally.us_wounded + weight.us_killed * tally.us_killed + weight.other_harmed * others
    tally.relation_days_lost += 1.0 - state.relation
    tally.embassy_days_lost += 1.0 - tally.embassy_open
    politics = (
        weight.crisis * (tally.mobs + tally.motions)
        + weight.relation_day * tally.relation_days_lost
        + weight.closed_day * tally.embassy_days_lost
        + weight.short_site_day * tally.site_hours_short / 24.0
    )
    tally.pressure = attacks + roads + people + politics
