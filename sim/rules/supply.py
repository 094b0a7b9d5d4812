"""Sites use up their stock, hour by hour, and order convoys once a day.

Use = people · tonnes per person and day + tonnes per site and day. A convoy is ordered while stock + what is under way
is below `reorder_days` of use; it assembles for `assembly_hours` / drivers' willingness (E13). How many convoys ran is
not published (E14).
"""

from __future__ import annotations

from sim.compiled import hot_rule, rule
from sim.rules import agenda, defence
from sim.rules.levels import toward
from sim.state import ASSEMBLING, MAX_CONVOYS, NONE, TOO_MANY_CONVOYS, State
from sim.world import World

MOST_CONVOYS_A_DAY = 8  # per site: more could not be loaded; keeps an emptied site from ordering all at once


@hot_rule
def act(j: int, world: World, state: State) -> None:
    """An hour at site `j`, which is open. Writes: sites, tally."""
    use(j, world, state)
    if state.sites[j].batteries > 0:
        defence.reload(j, world, state)


@hot_rule
def daily_use(j: int, world: World, state: State) -> float:
    """Use of supply at site `j` in t/day: by head, and by site while it is open."""
    site, supply = state.sites[j], world.supply
    return float(site.people * supply.tonnes_per_person_day + site.open * supply.tonnes_per_site_day)


@hot_rule
def use(j: int, world: World, state: State) -> None:
    """An hour's use, as far as there is stock."""
    site, need = state.sites[j], daily_use(j, world, state) / 24.0
    used = min(need, site.stock)
    site.stock -= used
    state.tally.supply_used += used
    if site.stock < world.supply.minimum_days * 24.0 * need:
        state.tally.site_hours_short += 1
    if used < need:
        state.tally.site_hours_empty += 1


@rule
def order_convoys(j: int, world: World, state: State) -> None:
    """Once a day: order what is missing. Writes: convoys, sites.under_way, tally."""
    site = state.sites[j]
    enough = world.supply.reorder_days * daily_use(j, world, state)
    for _ in range(MOST_CONVOYS_A_DAY):
        if site.open and site.stock + site.under_way < enough:
            send(j, world, state)


@rule
def reassure(world: World, state: State) -> None:
    """A day in which drivers' willingness returns. Writes: willingness."""
    state.willingness = toward(state.willingness, 1.0, world.supply.willingness_days)


@rule
def free_row(state: State) -> int:
    """A free row for a convoy, −1 if there is none."""
    for k in range(MAX_CONVOYS):
        if state.convoys[k].phase == NONE:
            return k
    state.status = TOO_MANY_CONVOYS
    return -1


@rule
def fill_row(k: int, j: int, world: World, state: State) -> None:
    """What is the same for every convoy of site `j`: its number, trucks and escorts, and the hours until it is ready.

    Writes: convoys, n_convoys, sites.next_number.
    """
    convoy, site, supply = state.convoys[k], state.sites[j], world.supply
    state.n_convoys = max(state.n_convoys, k + 1)
    convoy.wake = state.hour + int(supply.assembly_hours / state.willingness)
    agenda.convoy_woken(k, state)
    convoy.site = convoy.ordered_for = j
    convoy.number = site.next_number
    convoy.way, convoy.position, convoy.spare_hours = -1, 0, 0.0
    convoy.trucks = convoy.trucks_at_start = supply.trucks_per_convoy
    convoy.escorts = supply.escorts_per_convoy
    site.next_number += 1


@rule
def send(j: int, world: World, state: State) -> None:
    """A new convoy assembles at the site's gateway. Its name is its site and number, never its row."""
    k = free_row(state)
    if k < 0:
        return
    fill_row(k, j, world, state)
    convoy, site = state.convoys[k], state.sites[j]
    convoy.phase, convoy.cargo = ASSEMBLING, world.supply.trucks_per_convoy * world.supply.tonnes_per_truck
    convoy.square = convoy.origin = world.sites[j].gateway
    site.under_way += convoy.cargo
    state.tally.convoys_sent += 1
    state.tally.trucks_sent += convoy.trucks
    state.tally.cargo_sent += convoy.cargo
