"""What holds in every state of every run: nothing is lost, nothing is negative, the sums of tallies agree."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sim.packed_orders import DELIVERY, REINFORCE
from sim.state import (
    ASSEMBLING,
    BROKEN,
    HELD,
    IDLE,
    LYING_LOW,
    NEVER,
    NONE,
    OUTBOUND,
    PREPARING,
    ROAD,
    ROLLING,
    STATE,
    UNLOADING,
    UNTOUCHED,
)

HIDDEN = (IDLE, PREPARING, LYING_LOW, BROKEN)
MAY_BE_NEGATIVE = {
    "option",
    "goal",
    "device_square",
    "device_for",
    "way",
    "target_cell",
    "area",
    "strike_on",
}  # −1 is none
OF_ANY_SIGN = {"tempo", "focus", "directive"}  # see `check_body`
PARTS = ("tally", "sites", "cells", "units", "details", "convoys", "squares", "factions")
PARTS += ("areas", "standing", "washington", "baghdad", "coordinator")


def near(value):
    return pytest.approx(value, rel=1e-9, abs=1e-6)


def check(world, start, state):
    """All invariants of a state that began as `start` (arrays of one row)."""
    world, start, state = world[0], start[0], state[0]
    check_people(world, start, state)
    check_transport(world, state)
    check_supply(world, start, state)
    check_bursts(world, start, state)
    check_squares(world, state)
    check_reinforcements(world, state)
    check_areas(world, start, state)
    check_politics(world, start, state)
    check_tallies(world, state)
    check_body(world, state)
    check_values(world, state)


def delivered(world, state):
    """Batteries that have arrived since the start; none arrive once the mission has ended."""
    orders, closing = world.orders[: state.next_order], state.washington[0].closing_hour
    last_hour = closing + (23 - closing) % 24  # politics, and so the last flight, is at the last hour of a day
    return orders["amount"][(orders["kind"] == DELIVERY) & (orders["hour"] <= last_hour)].sum()


def check_people(world, start, state):
    tally = state.tally
    there = state.sites["people"].sum() + tally["people_left"] + tally["us_killed"]
    assert there == start.sites["people"].sum() + tally["people_arrived"]
    assert state.sites["people"][state.sites["open"] == 0].sum() == 0
    closed = start.sites["open"].sum() - state.sites["open"].sum()
    assert closed == tally["handovers"] + tally["sites_evacuated"]
    wounded = [tally[name] for name in ("us_wounded", "drivers_wounded")]
    assert all(k <= w for k, w in zip([tally["us_killed"], tally["drivers_killed"]], wounded, strict=True))


def check_transport(world, state):
    tally, load = state.tally, world.supply["tonnes_per_truck"]
    convoys = state.convoys[state.convoys["phase"] != NONE]
    supplies, leaving = convoys[convoys["phase"] != OUTBOUND], convoys[convoys["phase"] == OUTBOUND]
    assert (supplies["cargo"] == near(supplies["trucks"] * load)) or len(supplies) == 0
    assert (leaving["cargo"] <= leaving["trucks"] * load + 1e-6).all()
    check_equipment(world, state, leaving)
    done = tally["cargo_delivered"] + tally["cargo_returned"]
    assert tally["cargo_sent"] == near(done + tally["cargo_lost"] + supplies["cargo"].sum())
    if not tally["outbound_sent"]:
        assert tally["trucks_sent"] == near(done / load + tally["trucks_lost"] + convoys["trucks"].sum())
    free = state.convoys[state.convoys["phase"] == NONE]
    assert not free["trucks"].any()
    assert not free["cargo"].any()
    check_under_way(world, state)
    coming = np.isin(convoys["phase"], (ASSEMBLING, ROLLING)).sum()
    ended = tally["convoys_arrived"] + tally["convoys_turned_back"] + coming
    assert ended <= tally["convoys_sent"] <= ended + tally["convoys_lost"]


def check_equipment(world, state, leaving):
    """What is to be shipped waits, is on the road, has left or is lost; a convoy arrives, is lost or is on its way."""
    tally, sites = state.tally, state.sites
    assert tally["equipment_due"] == near(sites["to_ship"].sum())
    somewhere = sites["equipment"].sum() + leaving["cargo"].sum() + tally["equipment_out"] + tally["equipment_lost"]
    assert tally["equipment_due"] == near(somewhere)
    assert tally["equipment_sent"] == near(tally["equipment_due"] - sites["equipment"].sum())
    ended = tally["outbound_arrived"] + len(leaving)
    assert ended <= tally["outbound_sent"] <= ended + tally["convoys_lost"]
    assert tally["outbound_attacks"] <= tally["convoy_attacks"]


def check_under_way(world, state):
    coming = state.convoys[np.isin(state.convoys["phase"], (ASSEMBLING, ROLLING, UNLOADING))]
    for j in range(world.n_sites):
        assert state.sites["under_way"][j] == near(coming["cargo"][coming["site"] == j].sum()), f"site {j}"


def check_supply(world, start, state):
    tally = state.tally
    there = start.sites["stock"].sum() + tally["cargo_delivered"] + tally["supply_brought"]
    assert there == near(state.sites["stock"].sum() + tally["supply_used"])


def check_bursts(world, start, state):
    sites, per_battery = state.sites, world.defence["ready_bursts"] + world.defence["reserve_bursts"]
    batteries = start.sites["batteries"].sum() + delivered(world, state)
    assert sites["batteries"].sum() == batteries
    assert sites["ready"].sum() + sites["reserve"].sum() + state.tally["bursts_used"] == batteries * per_battery
    assert state.tally["bursts_used"] == state.tally["rounds_engaged"]


def check_squares(world, state):
    n, squares = world.n_squares, state.squares
    units, cells = state.units[: world.n_units], state.cells[: world.n_cells]
    there = np.bincount(units["square"], minlength=n) + squares["reinforced"][:n]
    assert (squares["presence"][:n] == there).all()
    exposed = cells["square"][~np.isin(cells["mode"], HIDDEN)]
    assert (squares["exposed"][:n] == np.bincount(exposed, minlength=n)).all()
    out = cells["device_square"][cells["device_square"] >= 0]
    assert (squares["devices"][:n] == np.bincount(out, minlength=n)).all()
    tally = state.tally
    gone = tally["devices_found"] + tally["devices_expired"] + tally["convoy_attacks"] + tally["detail_attacks"]
    assert tally["devices_planted"] == gone + len(out)


def check_reinforcements(world, state):
    """Closures, clearances and surges bring units into squares, and take exactly those away again."""
    n, expected = world.n_squares, np.zeros(world.n_squares, int)
    area_of = world.squares["area"][:n]
    for a in range(world.n_areas):
        expected[area_of == world.areas["host"][a]] += state.areas["closed_by"][a] + state.areas["held_by"][a]
    for order, standing in zip(world.standing[: world.n_standing], state.standing, strict=False):
        if order["kind"] == REINFORCE and standing["busy"] == 1:
            of_posture = np.flatnonzero(world.sites["open"][: world.n_sites])
            in_range = np.unique(np.concatenate([world.ring[j, : world.sites["n_ring"][j]] for j in of_posture]))
            expected[in_range] += int(order["reinforce"] * order["strength"] + 0.5)
    assert (state.squares["reinforced"][:n] == expected).all()


def check_areas(world, start, state):
    areas, plans, tally = state.areas[: world.n_areas], world.areas[: world.n_areas], state.tally
    for kind, removed in (("fighters", "fighters_removed"), ("heavy_weapons", "weapons_removed")):
        assert ((areas[kind] >= 0) & (areas[kind] <= plans[kind] + 1e-9)).all(), kind
        assert plans[kind].sum() - areas[kind].sum() <= tally[removed] + 1e-6, f"{kind} gone but not removed"
    assert ((areas["phase"] >= UNTOUCHED) & (areas["phase"] <= HELD)).all()
    assert (areas["held_by"][areas["phase"] == UNTOUCHED] == 0).all()
    assert (areas["closed_by"][areas["closed_until"] < state.hour] == 0).all(), "open, but still reinforced"
    assert tally["areas_lost"] <= tally["areas_cleared"]
    assert (areas["phase"] == HELD).sum() == tally["areas_cleared"] - tally["areas_lost"]


def check_politics(world, start, state):
    us, iraq = state.washington[0], state.baghdad[0]
    levels = [state.relation, state.willingness, us["patience"], iraq["capital"], iraq["will"], iraq["support"]]
    assert all(0 <= level <= 1 for level in levels), levels
    assert state.willingness >= world.supply["least_willingness"]
    factions, plans = state.factions[: world.n_factions], world.factions[: world.n_factions]
    assert ((factions["funds"] >= 0) & (factions["funds"] <= 1)).all()
    assert (factions["leaders"] <= plans["leaders"]).all()
    assert 0 <= state.partners <= world.mission["partners"]
    assert us["mission_open"] == 1 or us["closing_hour"] < NEVER
    if us["mission_open"]:
        assert state.partners == world.mission["partners"]
        assert state.tally["sites_evacuated"] == 0
    else:
        assert not state.sites["open"].any()
    if world.n_standing == 0:
        orders = ("orders_refused", "closure_hours", "areas_cleared", "take_downs", "funds_cut", "people_arrived")
        assert not any(state.tally[name] for name in orders)


def check_tallies(world, state):
    tally = state.tally
    falling = ("rounds_fired", "rounds_inside", "rounds_engaged", "rounds_intercepted")
    for more, less in itertools.pairwise(falling):
        assert tally[more] >= tally[less], (more, less)
    assert tally["rounds_leaked"] == tally["rounds_inside"] - tally["rounds_intercepted"]
    attacks = tally["rocket_attacks"] + tally["drone_attacks"]
    assert tally["fire_attacks_leaking"] <= attacks <= tally["operations"] - tally["drones_found"]
    assert tally["rounds_fired"] >= attacks
    bombs = tally["convoy_attacks"] + tally["detail_attacks"]
    assert tally["convoys_hit"] <= tally["convoy_attacks"]
    lying = ((state.cells["device_square"] >= 0) & (state.cells["device_for"] == ROAD)).sum()
    assert tally["convoy_attacks"] + lying <= tally["bombs_laid"] <= tally["devices_planted"]
    assert tally["bombs_tipped"] <= tally["bombs_laid"]
    assert tally["airport_fire_attacks"] + tally["embassy_fire_attacks"] <= attacks
    assert tally["embassy_fire_attacks"] <= tally["capital_fire_attacks"] <= attacks
    assert tally["devices_without_effect"] <= bombs
    assert tally["raids"] >= tally["raids_failed"] + tally["raids_leaked"]
    assert tally["warnings"] <= tally["operations"]
    assert tally["warnings_shared"] <= (tally["warnings"] + tally["false_alarms"]) * max(1, world.n_standing)
    assert max(tally["mobs"], tally["motions"]) <= tally["strikes"]
    assert tally["forces_killed"] <= tally["clashes"]
    assert tally["embassy_days_lost"] <= state.hour // 24
    assert tally["embassy_open"] in (0, 1)


def check_body(world, state):
    """What the coordinating body asks for lies within the laws that it is drawn from, and within what can be dated."""
    body, plan = state.coordinator[0], world.coordination
    for asked, spread in ((body["tempo"], plan["tempo_spread"]), (body["focus"], plan["focus_spread"])):
        assert abs(asked) <= np.sqrt(3.0) * spread * (1 + 1e-12)
    assert abs(body["directive"]) <= 5
    if plan["tempo_spread"] == plan["focus_spread"] == 0:
        assert body["wake"] == NEVER


def check_values(world, state):
    for part in PARTS:
        for field in STATE[part].base.names:
            values = state[part][field]
            assert np.isfinite(values).all(), (part, field)
            least = -1e-6 if field in ("under_way", "stock") else -1 if field in MAY_BE_NEGATIVE else 0
            used = values if part != "convoys" else values[state.convoys["phase"] != NONE]
            if (part, field) != ("details", "goal") and field not in OF_ANY_SIGN:
                assert (used >= least).all(), (part, field, used.min())
    cells = state.cells[: world.n_cells]
    assert ((cells["skill"] >= 0) & (cells["skill"] <= 1)).all()
    assert ((state.units["strength"] >= 0) & (state.units["strength"] <= 1)).all()
    assert ((state.factions["expected"] >= 0) & (state.factions["expected"] <= 1)).all()
