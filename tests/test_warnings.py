"""Warnings against closed forms: how many preparations are noticed, false alarms, shelter, drones found, escorts."""

from __future__ import annotations

import math

import calls
import numpy as np
import pytest
from laws import agrees
from scipy import stats

from sim import load_scenario, simulate
from sim.engine import new_state
from sim.rules import baghdad, devices, events, raids, supply
from sim.state import DRONE, IDLE, NEVER, PREPARING
from sim.world import REACTION, build_world

N = 20_000
HOURS = np.arange(N)
CELL = 3


def prepared(seed=5, **changes):
    """World and state of the first hour; keys may be written with __ for the dot."""
    world = build_world(load_scenario("six", {key.replace("__", "."): value for key, value in changes.items()}))
    return world, new_state(world, seed)


def spread(p, n=N):
    """Four standard errors of a share."""
    return 4 * math.sqrt(p * (1 - p) / n)


# --- noticed or not -----------------------------------------------------------------------------------------------


def share_noticed(rate_per_day, mean_hours):
    """P(int W < int P): W is exponential with `rate_per_day`, P with `mean_hours`; both are taken in whole hours.

    With a = exp(−rate / 24), b = exp(−1 / mean): Σ_k (1 − a) a^k · b^(k+1) = (1 − a) b / (1 − a b).
    """
    a, b = math.exp(-rate_per_day / 24), math.exp(-1 / mean_hours)
    return (1 - a) * b / (1 - a * b)


@pytest.mark.parametrize("mean_hours", [6.0, 48.0])
@pytest.mark.parametrize("notice", [0.1, 1.0, 8.0])
@pytest.mark.parametrize("relation", [0.0, 0.6, 1.0])
def test_the_share_of_preparations_noticed(mean_hours, notice, relation):
    world, state = prepared(operations__preparation_hours=mean_hours, intelligence__notice_per_day=notice)
    state[0].relation = relation
    ready, noticed = calls.preparations(world, state, CELL, HOURS).T
    p = share_noticed(notice * (1 - 0.5 * (1 - relation)), mean_hours)
    assert (noticed < ready).mean() == pytest.approx(p, abs=spread(p))
    assert agrees(np.bincount(ready), N * stats.geom.pmf(np.arange(ready.max() + 1), -math.expm1(-1 / mean_hours)))


def test_nothing_is_noticed_at_a_rate_of_nought():
    world, state = prepared(intelligence__notice_per_day=0.0)
    assert (calls.preparations(world, state, CELL, HOURS[:100])[:, 1] + HOURS[:100] == NEVER).all()


BUSY = {
    "days": 60,
    "operations.base_rate_per_day": 0.3,
    "operations.munitions_per_day": 5.0,
    "operations.lie_low_days": 1.0,
    "forces.p_raid": 0.0,
    "forces.p_stop": 0.0,
}


def test_a_run_notices_the_share_that_the_closed_form_says():
    """Through the whole model: operations whose cell got a warning while it prepared, of all whose time is over."""
    rate, mean = 1.5, 24.0
    still = {"intelligence.notice_per_day": rate, "intelligence.relation_effect": 0.0}
    scenario = load_scenario("six", {**BUSY, **still, "operations.preparation_hours": mean})
    started = warned = 0
    for seed in range(8):
        measures = simulate(scenario, seed).measures
        started, warned = started + measures["operations"], warned + measures["warnings"]
    p = share_noticed(rate, mean)
    assert started > 2000
    assert warned / started == pytest.approx(p, abs=spread(p, started) + 0.01), "a few are still preparing at the end"


@pytest.mark.parametrize("per_month", [0.0, 0.5, 6.0, 30.0])
def test_false_alarms_are_independent_days_of_open_sites(per_month):
    rates = {"intelligence.false_alarms_per_month": per_month, "intelligence.notice_per_day": 0.0}
    scenario = load_scenario("fourteen", {"days": 30, "operations.base_rate_per_day": 0.0, **rates})
    counts = [simulate(scenario, seed).measures["false_alarms"] for seed in range(100)]
    n, p = 14 * 30, per_month / 30
    assert np.mean(counts) == pytest.approx(n * p, abs=4 * math.sqrt(n * p * (1 - p) / 100))
    if 0 < p < 1:
        spread_of_variance = 4 * math.sqrt(2 / 99) * n * p * (1 - p)
        assert np.var(counts, ddof=1) == pytest.approx(n * p * (1 - p), abs=spread_of_variance)


def test_no_warnings_without_their_causes():
    rates = {"intelligence.false_alarms_per_month": 0.0, "intelligence.notice_per_day": 0.0}
    run = simulate(load_scenario("six", {**BUSY, **rates}), 1, events=True)
    assert run.measures["operations"] > 50
    assert run.measures["warnings"] == run.measures["false_alarms"] == 0
    assert not run.state[0].sites["alert_until"].any()
    assert not run.state[0].areas["warned_until"].any()
    assert not (run.events["alert"] > 0).any()


def test_a_warning_puts_the_threatened_site_on_alert_until_it_expires():
    scenario = load_scenario("six", {**BUSY, "intelligence.notice_per_day": 2.0, "intelligence.validity_hours": 20})
    world, run = build_world(scenario)[0], simulate(scenario, 2, events=True)
    until = {}
    fires = 0
    started = {}
    for event in run.events:
        if event["kind"] == events.OPERATION:
            started[event["actor"]] = event["target"]
        elif event["kind"] in (events.WARNING, events.FALSE_ALARM):
            site = started[event["target"]] % DRONE if event["kind"] == events.WARNING else event["target"]
            road = event["kind"] == events.WARNING and started[event["target"]] >= 2 * DRONE
            if not road:
                until[site] = event["hour"] + 20
                assert event["actor"] == world.squares["area"][world.sites["square"][site]]
        elif event["kind"] == events.FIRE:
            assert event["alert"] == (until.get(event["target"], 0) > event["hour"])
            fires += event["alert"] > 0
    assert fires > 10


# --- what an alert saves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shelter", [0.0, 0.5, 1.0])
def test_people_on_alert_are_harmed_less_by_the_share_of_shelter(shelter):
    world, state = prepared(harm__shelter=shelter, harm__p_wound=0.9, harm__p_death=0.0)
    site = int(np.argmax(world[0].sites["people"]))
    p = 0.9 * state[0].sites[site].people / 1000 * (1 - world[0].sites[site].hardening)
    assert 0.05 < p < 1
    for alert, expected in ((0, p), (10 * N, p * (1 - shelter))):
        state[0].sites[site].alert_until = alert
        wounded = calls.casualties(world, state, CELL, site, 4, HOURS)
        assert agrees(np.bincount(wounded, minlength=5), N * stats.binom.pmf(np.arange(5), 4, expected))


# --- drones found before launch, escorts --------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_drones_are_found_before_launch_by_chance(p):
    world, state = prepared(fire__p_drone_found=p)
    state[0].cells[CELL].option, state[0].cells[CELL].munitions = DRONE, 1e9
    found = calls.drones_found(world, state, CELL, HOURS)
    assert found.mean() == pytest.approx(p, abs=spread(p))
    assert state[0].tally.drones_found == found.sum()
    assert 1e9 - state[0].cells[CELL].munitions == pytest.approx(found.sum() * world[0].fire.drone_rounds)
    state[0].cells[CELL].option = 0
    assert not calls.drones_found(world, state, CELL, HOURS[:1000]).any(), "a rocket is not"


@pytest.mark.parametrize("escorts", [0, 1, 4])
@pytest.mark.parametrize("p_finds", [0.0, 0.2, 1.0])
def test_each_escort_may_spot_the_bomb_first(escorts, p_finds):
    """p_set_off · (1 − p)^n for one bomb and one passage."""
    world, state = prepared(
        roadside__p_set_off=0.6, roadside__p_escort_finds=p_finds, supply__escorts_per_convoy=escorts
    )
    convoy = state[0].convoys[0]
    convoy.phase, convoy.square, convoy.escorts, convoy.trucks_at_start = 2, 7, escorts, 5
    hit = calls.passing(world, state, 0, np.array([CELL]), 1, HOURS)
    p = 0.6 * (1 - p_finds) ** escorts
    assert hit.mean() == pytest.approx(p, abs=spread(p))


# --- willingness --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("willingness", [1.0, 0.5, 0.2])
def test_unwilling_drivers_take_longer_to_set_out(willingness):
    world, state = prepared(supply__assembly_hours=40)
    state[0].willingness = willingness
    supply.send(0, world[0], state[0])
    assert state[0].convoys[0].wake == int(40 / willingness)


def test_losses_lower_willingness_and_it_returns():
    world, state = prepared(
        supply__willingness_loss_truck=0.05,
        supply__willingness_loss_casualty=0.1,
        supply__willingness_days=10.0,
        supply__least_willingness=0.3,
    )
    devices.scare(2, 1, world[0], state[0])
    assert state[0].willingness == pytest.approx(1 - 2 * 0.05 - 0.1)
    for _ in range(6):
        supply.reassure(world[0], state[0])
    assert state[0].willingness == pytest.approx(1 - 0.2 * 0.9**6)
    devices.scare(100, 0, world[0], state[0])
    assert state[0].willingness == 0.3


# --- who is sent ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("will", [0.0, 0.4, 1.0])
def test_baghdad_sends_a_unit_with_the_chance_of_its_will(will):
    world, state = prepared()
    state[0].baghdad["will"] = will
    sent = 0
    for hour in range(2000):
        state[0].cells[CELL].began = hour
        sent += baghdad.acts(CELL, 1, world[0], state[0])
    assert sent / 2000 == pytest.approx(will, abs=spread(will, 2000))


@pytest.mark.parametrize(("began", "mode", "found"), [(5, PREPARING, True), (6, PREPARING, False), (5, IDLE, False)])
def test_a_raid_on_a_warning_is_for_the_operation_that_was_noticed(began, mode, found):
    """A cell that has begun another preparation meanwhile, or given up, is not where the warning said."""
    world, state = prepared(forces__p_raid=1.0, forces__p_leak=0.0)
    reaction = np.flatnonzero(world[0].units["role"][: world[0].n_units] == REACTION)
    k, cell = int(reaction[0]), state[0].cells[CELL]
    cell.mode, cell.began = PREPARING, 5
    raids.send(k, CELL, 3, 1, state[0])
    assert state[0].units[k].wake == 3
    cell.mode, cell.began, state[0].hour = mode, began, 3
    raids.arrive(k, world[0], state[0])
    assert (state[0].tally.raids, state[0].tally.raids_failed) == (1, 0 if found else 1)
    assert state[0].units[k].wake == 3 + world[0].forces.rest_hours
