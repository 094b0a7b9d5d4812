"""Going on from a state: orders given in the middle of a run, and many futures in pairs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sim.config_files import names
from sim.draws import replicate_seed
from sim.engine import Tables, new_state, run_to
from sim.futures import futures, with_orders
from sim.responses import Use
from sim.scenario import load_scenario
from sim.state import EVENT
from sim.world import build_world

BUSY = {"days": 60, "operations.base_rate_per_day": 0.2, "intelligence.notice_per_day": 1.0}
LOG = np.zeros(0, EVENT)


def at(scenario, hour, seed=7):
    """World and state of a run at an hour."""
    world = build_world(scenario)
    return world, run_on(world, new_state(world, seed), hour)


def run_on(world, state, hour):
    run_to(world, state, Tables(world, state), hour, LOG)
    return state


@pytest.mark.parametrize("response", [name for name in names("responses") if name != "none"])
def test_an_order_given_now_is_the_order_that_a_scenario_says(response):
    scenario, hour = load_scenario("six", BUSY), 24 * 11 + 13
    world, state = at(scenario, hour)
    after, new_world, new_state_ = with_orders(scenario, world, state, [Use(name=response)])
    live = run_on(new_world, new_state_, 24 * 60)
    assert live.tobytes() == at(after, 24 * 60)[1].tobytes()
    assert after.label == f"six+{response}@11:13"


def test_orders_that_are_under_way_go_on():
    scenario, hour = load_scenario("six", BUSY, ["zone_clearance@2", "surge=0.1@3"]), 24 * 25 + 7
    world, state = at(scenario, hour)
    assert state[0].standing["busy"].sum() == 2
    added = [Use(name="closure_threat"), Use(name="airport_closure_on_warning", strength=0.5)]
    after, new_world, new_state_ = with_orders(scenario, world, state, added)
    assert new_state_[0].standing["busy"].sum() == 2
    assert new_world.tobytes() == build_world(after).tobytes()
    assert run_on(new_world, new_state_, 24 * 60).tobytes() == at(after, 24 * 60)[1].tobytes()


def test_a_use_that_is_still_to_come_gets_another_number():
    scenario, hour = load_scenario("six", BUSY, ["surge=0.1@3", "surge=0.1@30"]), 24 * 20 + 5
    world, state = at(scenario, hour)
    after, new_world, new_state_ = with_orders(scenario, world, state, ["surge=0.2"])
    assert [force.name for force in after.responses] == ["surge", "surge#3", "surge#2"]
    assert new_state_.tobytes() == at(after, hour)[1].tobytes()
    assert run_on(new_world, new_state_, 24 * 60).tobytes() == at(after, 24 * 60)[1].tobytes()


def test_the_state_that_is_left_alone_stays_as_it_was():
    scenario = load_scenario("six", BUSY)
    world, state = at(scenario, 24 * 5)
    before = state.tobytes()
    futures(scenario, world, state, [[Use(name="surge")]], n=3, days=5)
    assert state.tobytes() == before


def test_a_future_is_the_run_with_streams_of_its_own_from_the_fork_on():
    scenario, hour = load_scenario("six", BUSY), 24 * 10 + 5
    world, state = at(scenario, hour)
    (found,) = futures(scenario, world, state, [[]], n=4, days=20, seed=3)
    for k in range(4):
        fork = state.copy()
        fork[0].seed = replicate_seed(3, k)
        tables = Tables(world, fork)
        run_to(world, fork, tables, 24 * 30, LOG)
        assert found.days[k].tobytes() == tables.days[10:30].tobytes()


def test_options_meet_the_same_streams_and_workers_do_not_matter():
    scenario, hour = load_scenario("six", BUSY), 24 * 10
    world, state = at(scenario, hour)
    options = [[], [Use(name="surge", strength=0.0)], [Use(name="closure_threat")]]
    alone = futures(scenario, world, state, options, n=120, days=20)
    with ThreadPoolExecutor(2) as executor:
        both = futures(scenario, world, state, options, n=120, days=20, executor=executor)
    assert [a.days.tobytes() for a in alone] == [b.days.tobytes() for b in both]
    assert alone[0].days.tobytes() == alone[1].days.tobytes(), "an order of strength 0 changes nothing"
    operations = [option.days["operations"][:, -1] for option in (alone[0], alone[2])]
    assert np.var(operations[1] - operations[0]) < 0.5 * (np.var(operations[0]) + np.var(operations[1]))
    assert operations[1].mean() < operations[0].mean(), "restraint lowers the hazard"


def test_futures_may_go_beyond_the_end_of_the_run():
    scenario = load_scenario("six", {**BUSY, "days": 12})
    world, state = at(scenario, 24 * 12)
    (found,) = futures(scenario, world, state, [[]], n=2, days=15)
    assert found.days.shape == (2, 15)
    assert (found.days["operations"][:, -1] > state[0].tally["operations"]).all()
