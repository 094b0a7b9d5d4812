"""Another posture from an hour on: exactly what a scenario does that has these handovers from its start."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from sim.another_posture import go_over, held, refusal
from sim.engine import Tables, new_state, run_to
from sim.futures import futures
from sim.responses import Use
from sim.scenario import load_scenario
from sim.state import EVENT
from sim.world import build_world

DAYS = 60
NO_EQUIPMENT = {"days": DAYS, "operations.base_rate_per_day": 0.2, "supply.tonnes_out_per_person": 0.0}
MOVES = {order.site: order.moves_to for order in load_scenario("drawdown_2020").posture.handovers}


def run_on(world, state, hour):
    tables = Tables(world, state)
    run_to(world, state, tables, hour, np.zeros(0, EVENT))
    return tables.days


def at(scenario, hour, seed=7):
    world = build_world(scenario)
    state = new_state(world, seed)
    run_on(world, state, hour)
    return world, state


def open_sites(scenario, state):
    return {site.name for site, row in zip(scenario.theatre.config.sites, state[0].sites, strict=False) if row["open"]}


@pytest.mark.parametrize("hour", [0, 24 * 10, 24 * 10 + 13])
def test_it_is_the_run_of_a_scenario_with_these_handovers(hour):
    scenario, six = load_scenario("fourteen", NO_EQUIPMENT), load_scenario("six")
    world, state = at(scenario, hour)
    people = state[0].sites["people"].sum()
    after, new_world = go_over(scenario, world, hour, six, MOVES)
    assert open_sites(scenario, state) == set(held(scenario.posture, date(2020, 1, 12)))
    run_on(new_world, state, 24 * 20)
    assert open_sites(scenario, state) == set(held(six.posture, date(2020, 1, 12)))
    assert {order.site: order.moves_to for order in after.posture.handovers} == MOVES
    assert state[0].sites["people"].sum() == people, "nobody comes and nobody goes home"
    assert state[0].sites["batteries"].sum() == 4
    run_on(new_world, state, 24 * DAYS)
    assert state.tobytes() == at(after, 24 * DAYS)[1].tobytes()


def test_where_the_open_sites_are_the_same_the_option_is_the_base_bit_for_bit():
    scenario, hour = load_scenario("drawdown_2020"), 24 * 250 + 5
    world, state = at(scenario, hour)
    after, new_world = go_over(scenario, world, hour, load_scenario("six"))
    order = [Use(name="surge")]
    (base, surge), (own, own_surge) = (
        futures(of, in_world, state, [[], order], n=5, days=20)
        for of, in_world in ((scenario, world), (after, new_world))
    )
    assert base.days.tobytes() == own.days.tobytes() != surge.days.tobytes() == own_surge.days.tobytes()
    assert (base.days["people_left"][:, -1] > base.days["people_left"][:, 0]).all(), "departures that were to come stay"


def test_all_equipment_is_packed_that_day_and_leaves_from_then_on():
    scenario, hour = load_scenario("fourteen", {"days": 70}), 24 * 10 + 3
    world, state = at(scenario, hour)
    _, new_world = go_over(scenario, world, hour, load_scenario("six"), MOVES)
    days = run_on(new_world, state, 24 * 70)
    left = sum(plan.people for plan in scenario.posture.sites if plan.name in MOVES)
    assert days["equipment_due"][[10, 11]].tolist() == [0.0, 2.0 * left]
    assert 0 < days["equipment_sent"][25] < days["equipment_sent"][40] < 2.0 * left == days["equipment_sent"][55]


def test_what_the_run_had_planned_for_sites_that_are_left_goes_along_and_other_handovers_do_not_happen():
    scenario = load_scenario("drawdown_2020")
    world, state = at(scenario, 24 * 60)
    after, new_world = go_over(scenario, world, 24 * 60, load_scenario("six"))
    sites = [order.site for order in after.posture.deliveries]
    assert sites == ["al_asad", "erbil", "zone_compound", "embassy", "zone_compound", "harir"]  # taji's goes next door
    assert after.posture.departures == scenario.posture.departures
    _, kept_world = go_over(scenario, world, 24 * 60, load_scenario("fourteen"))
    for changed, n in ((new_world, 6), (kept_world, 14)):
        own = state.copy()
        assert run_on(changed, own, 24 * 274)["sites_open"][273] == n
        assert own[0].status == 0


@pytest.mark.parametrize(
    ("name", "other", "hour", "words"),
    [
        ("six", "fourteen", 100, "no site that this run does not hold then: al_qaim, qayyarah_west"),
        ("fourteen", "drawdown_2020", 100, "no handovers, deliveries or departures of its own from 2020-01-06 on"),
        ("drawdown_2020", "fourteen", 24 * 80, "does not hold then: al_qaim"),
        ("six", "plain_one", 0, "the same theatre"),
        ("fourteen", "six", 100, ""),
    ],
)
def test_what_can_not_be_is_refused_in_words(name, other, hour, words):
    found = refusal(load_scenario(name), hour, load_scenario(other))
    assert words in found
    assert bool(words) == bool(found)
