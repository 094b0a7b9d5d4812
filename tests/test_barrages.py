"""Salvos in two regimes (E8), and the munitions of a barrage, which a cell takes from its faction's others."""

from __future__ import annotations

import math

import calls
import numpy as np
import pytest
from laws import agrees
from test_draws import salvo_law

from sim import load_scenario
from sim.engine import new_state, simulate
from sim.rules import events
from sim.world import build_world

N = 20_000
HOURS = np.arange(N)


def prepared(**changes):
    world = build_world(load_scenario("six", {"days": 1, **changes}))
    return world, new_state(world, 3)


@pytest.mark.parametrize("share", [0.0, 0.07, 0.5, 1.0])
def test_sizes_are_of_the_regime_that_the_share_tells(share):
    world, state = prepared(**{"fire.barrage_share": share})
    fire, sizes = world[0].fire, calls.salvo_rounds(world, state, 0, HOURS)
    barrages = sizes > fire.salvo_cap
    assert barrages.mean() == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / N))
    usual = np.bincount(sizes[~barrages], minlength=fire.salvo_cap + 1)[1:]
    law = salvo_law(fire.salvo_exponent, fire.salvo_shift, fire.salvo_cap)
    assert share == 1.0 or agrees(usual, usual.sum() * law)
    assert share == 0.0 or (sizes[barrages].min(), sizes[barrages].max()) == (fire.barrage_from, fire.barrage_to)
    each = np.bincount(sizes[barrages], minlength=fire.barrage_to + 1)[fire.barrage_from :]
    assert share == 0.0 or agrees(each, np.full(len(each), each.sum() / len(each)))


@pytest.mark.parametrize("own", [0.0, 3.5, 40.0])
@pytest.mark.parametrize("others", [0.0, 0.7, 25.0])
def test_a_barrage_takes_what_it_lacks_from_its_own_faction_and_nothing_is_lost(own, others):
    world, state = prepared()
    cells, faction = state[0].cells[: world[0].n_cells], world[0].cells["faction"][: world[0].n_cells]
    cells["munitions"], cells["munitions"][0] = others, own
    before = np.bincount(faction, cells["munitions"])
    calls.collect(world, state, 0, 24.0)
    after = np.bincount(faction, cells["munitions"])
    assert after == pytest.approx(before)
    assert (cells["munitions"] >= 0).all()
    assert cells["munitions"][0] == pytest.approx(max(own, min(24.0, before[faction[0]])))
    assert (cells["munitions"][faction != faction[0]] == others).all()


def test_in_a_run_rounds_are_as_many_as_munitions_spent():
    """No resupply, no bombs and no drones: what cells and factions have left is what they had less what was fired."""
    changes = {
        "days": 60,
        "operations.munitions_per_day": 0.0,
        "operations.munitions_at_start": 12.0,
        "operations.base_rate_per_day": 0.2,
        "fire.barrage_share": 0.3,
        **{f"choice.cost_{kind}": 20.0 for kind in ("road", "detail", "drone")},
        "forces.p_raid": 0.0,
        "forces.p_stop": 0.0,
        "forces.p_see": 0.0,
    }
    world = build_world(load_scenario("six", changes))
    start, run = new_state(world, 4)[0], simulate(load_scenario("six", changes), 4, events=True)
    end, n = run.state[0], world[0].n_cells
    assert end.tally["cells_broken"] == end.tally["devices_planted"] == end.tally["drones_found"] == 0
    fired = run.events[run.events["kind"] == events.FIRE]
    faction = world[0].cells["faction"][:n]
    spent = np.bincount(faction, start.cells["munitions"][:n] - end.cells["munitions"][:n])
    by_faction = np.bincount(faction[fired["actor"]], fired["rounds"], minlength=len(spent))
    assert spent == pytest.approx(by_faction)
    assert end.tally["barrages"] > 5
    assert (fired["rounds"] > world[0].fire.salvo_cap).sum() > 3
    assert (fired["rounds"] <= world[0].fire.barrage_to).all()
