"""Equipment of a site that is handed over leaves by road, in convoys to the gateway (E34).

It leaves evenly within so many days before and after the handover: people there when it begins · tonnes per person.
What is still there when the embassy closes stays behind.
"""

from __future__ import annotations

import math

from sim.compiled import rule
from sim.rules import supply
from sim.state import NEVER, OUTBOUND, State
from sim.world import World


@rule
def ship(j: int, world: World, state: State) -> None:
    """A day of site `j`. Writes: sites.to_ship, .equipment, convoys, tally."""
    leaves, span = world.sites[j].leaves, 24 * world.supply.outbound_days
    if leaves == NEVER or world.supply.tonnes_out_per_person == 0.0 or state.washington[0].mission_open == 0:
        return
    begins, ends = max(0, leaves - span), leaves + span
    if state.hour == begins:
        pack(j, world, state)
    if begins <= state.hour <= ends:
        stays = state.sites[j].to_ship * (ends - state.hour) / (ends - begins)
        load = world.supply.trucks_per_convoy * world.supply.tonnes_per_truck
        while state.sites[j].equipment > 0.0 and max(0.0, state.sites[j].equipment - load) >= stays:
            if not depart(j, load, world, state):
                return


@rule
def pack(j: int, world: World, state: State) -> None:
    """What there is to ship. Writes: sites.to_ship, .equipment, tally."""
    site = state.sites[j]
    site.to_ship = site.equipment = site.people * world.supply.tonnes_out_per_person
    state.tally.equipment_due += site.to_ship


@rule
def depart(j: int, load: float, world: World, state: State) -> bool:
    """A convoy of equipment, on its way to the gateway once its trucks are there. False if no row is free."""
    k = supply.free_row(state)
    if k < 0:
        return False
    convoy, site = state.convoys[k], state.sites[j]
    supply.fill_row(k, j, world, state)
    convoy.phase, convoy.cargo = OUTBOUND, min(load, site.equipment)
    convoy.trucks = convoy.trucks_at_start = max(1, math.ceil(convoy.cargo / world.supply.tonnes_per_truck))
    convoy.square, convoy.origin = world.sites[j].square, world.sites[j].gateway
    site.equipment -= convoy.cargo
    state.tally.equipment_sent += convoy.cargo
    state.tally.outbound_sent += 1
    state.tally.trucks_sent += convoy.trucks
    return True
