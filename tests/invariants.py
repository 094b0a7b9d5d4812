"""What holds in every state of every run: nothing is lost, nothing is negative, the sums of tallies agree."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sim.state import ASSEMBLING, BROKEN, IDLE, LYING_LOW, NONE, PREPARING, ROLLING, STATE, UNLOADING
from sim.world import DELIVERY

HIDDEN = (IDLE, PREPARING, LYING_LOW, BROKEN)
MAY_BE_NEGATIVE = {"option", "goal", "device_square", "device_for", "way", "target_cell"}  # −1 is none


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
    check_tallies(state)
    check_values(world, state)


def delivered(world, state):
    """Batteries that have arrived since the start."""
    orders = world.orders[: state.next_order]
    return orders["amount"][orders["kind"] == DELIVERY].sum()


def check_people(world, start, state):
    left, killed = state.tally["people_left"], state.tally["us_killed"]
    assert state.sites["people"].sum() + left + killed == start.sites["people"].sum()
    assert state.sites["people"][state.sites["open"] == 0].sum() == 0
    closed = start.sites["open"].sum() - state.sites["open"].sum()
    assert closed == state.tally["handovers"]
    wounded = [state.tally[name] for name in ("us_wounded", "drivers_wounded")]
    assert all(k <= w for k, w in zip([killed, state.tally["drivers_killed"]], wounded, strict=True))


def check_transport(world, state):
    tally, load = state.tally, world.supply["tonnes_per_truck"]
    convoys = state.convoys[state.convoys["phase"] != NONE]
    assert (convoys["cargo"] == near(convoys["trucks"] * load)) or len(convoys) == 0
    done = tally["cargo_delivered"] + tally["cargo_returned"]
    assert tally["cargo_sent"] == near(done + tally["cargo_lost"] + convoys["cargo"].sum())
    assert tally["trucks_sent"] == near(done / load + tally["trucks_lost"] + convoys["trucks"].sum())
    free = state.convoys[state.convoys["phase"] == NONE]
    assert not free["trucks"].any()
    assert not free["cargo"].any()
    check_under_way(world, state)
    coming = np.isin(convoys["phase"], (ASSEMBLING, ROLLING)).sum()
    ended = tally["convoys_arrived"] + tally["convoys_turned_back"] + coming
    assert ended <= tally["convoys_sent"] <= ended + tally["convoys_lost"]


def check_under_way(world, state):
    coming = state.convoys[np.isin(state.convoys["phase"], (ASSEMBLING, ROLLING, UNLOADING))]
    for j in range(world.n_sites):
        assert state.sites["under_way"][j] == near(coming["cargo"][coming["site"] == j].sum()), f"site {j}"


def check_supply(world, start, state):
    tally = state.tally
    there = start.sites["stock"].sum() + tally["cargo_delivered"]
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
    assert (squares["presence"][:n] == np.bincount(units["square"], minlength=n)).all()
    exposed = cells["square"][~np.isin(cells["mode"], HIDDEN)]
    assert (squares["exposed"][:n] == np.bincount(exposed, minlength=n)).all()
    out = cells["device_square"][cells["device_square"] >= 0]
    assert (squares["devices"][:n] == np.bincount(out, minlength=n)).all()
    tally = state.tally
    gone = tally["devices_found"] + tally["devices_expired"] + tally["convoy_attacks"] + tally["detail_attacks"]
    assert tally["devices_planted"] == gone + len(out)


def check_tallies(state):
    tally = state.tally
    falling = ("rounds_fired", "rounds_inside", "rounds_engaged", "rounds_intercepted")
    for more, less in itertools.pairwise(falling):
        assert tally[more] >= tally[less], (more, less)
    assert tally["rounds_leaked"] == tally["rounds_inside"] - tally["rounds_intercepted"]
    attacks = tally["rocket_attacks"] + tally["drone_attacks"]
    assert tally["fire_attacks_leaking"] <= attacks <= tally["operations"]
    assert tally["rounds_fired"] >= attacks
    bombs = tally["convoy_attacks"] + tally["detail_attacks"]
    assert tally["convoys_hit"] <= tally["convoy_attacks"]
    assert tally["devices_without_effect"] <= bombs
    assert tally["raids"] >= tally["raids_failed"] + tally["raids_leaked"]


def check_values(world, state):
    for part in ("tally", "sites", "cells", "units", "details", "convoys", "squares", "factions"):
        for field in STATE[part].base.names:
            values = state[part][field]
            assert np.isfinite(values).all(), (part, field)
            least = -1e-6 if field in ("under_way", "stock") else -1 if field in MAY_BE_NEGATIVE else 0
            used = values if part != "convoys" else values[state.convoys["phase"] != NONE]
            if (part, field) != ("details", "goal"):
                assert (used >= least).all(), (part, field, used.min())
    cells = state.cells[: world.n_cells]
    assert ((cells["skill"] >= 0) & (cells["skill"] <= 1)).all()
    assert ((state.units["strength"] >= 0) & (state.units["strength"] <= 1)).all()
    assert ((state.factions["expected"] >= 0) & (state.factions["expected"] <= 1)).all()
