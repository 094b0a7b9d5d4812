"""A run being watched is the same run, whichever way an hour is reached and whenever an order was given."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import weakref
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_two_drivers import differences

from sim import PostureModel, load_scenario, simulate
from sim.agents import Convoy, MilitiaCell, OffMapAgent, Site
from sim.app.live_run import LiveRun
from sim.engine import Tables, new_state, run_to
from sim.errors import ConfigError, RunError
from sim.event_log import EventLog
from sim.model import REPORTERS, release
from sim.state import EVENT
from sim.world import build_world

DAYS = 6
BUSY = {
    "days": DAYS,
    "operations.base_rate_per_day": 1.0,
    "operations.preparation_hours": 12.0,
    "supply.stock_at_start_days": 20.0,
    "intelligence.notice_per_day": 3.0,
    "harm.p_death": 1.0,
    "harm.p_wound": 0.8,
    "defence.availability": 0.0,
}
HEAD = 'name = "after_deaths"\ntitle = "A trial"\nsource = "judgement"\n'
CROWDED = {
    "days": 40,
    "supply.stock_at_start_days": 0.0,
    "supply.reorder_days": 365.0,
    "supply.assembly_hours": 1000,
    "supply.trucks_per_convoy": 1,
}


@pytest.fixture(scope="module")
def busy():
    return load_scenario("six", BUSY)


@pytest.fixture(scope="module")
def after_deaths(tmp_path_factory):
    """A response that waits for deaths, and one of its orders for a later day."""
    path = tmp_path_factory.mktemp("own") / "after_deaths.toml"
    orders = (
        'do = "rally_support"\namount = 0.01\non = "us_death"\nstart_day = 2\nuntil_day = 5',
        'do = "cut_funds"\nshare = 0.3\nstart_day = 3\nevery_days = 1',
        'do = "rally_support"\namount = 0.02\non = "warning"\nstart_day = 4',
    )
    path.write_text(HEAD + "".join(f"[[orders]]\n{order}\n" for order in orders), encoding="utf-8")
    return str(path)


def at(scenario, seed, hour):
    """State, tables and events of a run at an hour, by the compiled loop in one go."""
    world = build_world(scenario)
    state, log = new_state(world, seed), np.zeros(20_000, EVENT)
    tables = Tables(world, state)
    n = run_to(world, state, tables, hour, log)
    assert n <= len(log)
    return state, tables, log[:n]


def agrees(model, scenario, seed, events=None):
    """Is the model what a run of the scenario is at this hour: state, tables, agents, network, events?"""
    state, tables, log = at(scenario, seed, model.hour)
    if model.state_block.tobytes() != state.tobytes():
        pytest.fail("; ".join(list(differences(model.state, state[0]))[:20]))
    assert model.tables.days.tobytes() == tables.days.tobytes()
    assert model.tables.digests.tolist() == tables.digests.tolist()
    assert model.world_block.tobytes() == build_world(scenario).tobytes()
    assert events is None or events.tobytes() == log.tobytes()
    assert model.steps == model.hour
    agents_agree(model)


def agents_agree(model):
    rows = model.state["convoys"]
    convoys = list(model.agents_by_type.get(Convoy, []))
    assert sorted(c.index for c in convoys) == np.flatnonzero(rows["phase"]).tolist()
    assert all(c.name.endswith(f"/{rows['number'][c.index]}") for c in convoys)
    standing = [agent for agent in model.agents if not isinstance(agent, OffMapAgent)]
    for agent in standing:
        square = agent.plan["square"] if isinstance(agent, Site) else agent.square
        assert agent.cell is model.grid[square], agent.name
        assert agent in agent.cell.agents
    assert sum(len(list(cell.agents)) for cell in model.grid) == len(standing)


# --- the model: any hour ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [(100,), (100, 37), (144, 0), (0, 144), (24, 23, 25, 24), (70, 70)])
def test_any_hour_is_as_if_stepped_there(busy, way):
    model = PostureModel(busy, rng=3, collect=False)
    model.event_log = EventLog()
    for hour in way:
        model.go_to(hour)
        assert (model.hour, model.running) == (hour, True)
        agrees(model, busy, 3, model.event_log.rows)
    for _ in range(min(30, 144 - model.hour)):
        model.step()
    agrees(model, busy, 3, model.event_log.rows)


def test_going_on_from_an_hour_that_was_stepped_to(busy):
    model = PostureModel(busy, rng=3, collect=False)
    model.event_log = EventLog()
    for _ in range(31):
        model.step()
    model.go_to(90)
    agrees(model, busy, 3, model.event_log.rows)
    model.go_to(144)
    assert model.digest == simulate(busy, 3).digest


@pytest.mark.parametrize("hour", [-1, 145])
def test_an_hour_outside_the_run_is_refused(busy, hour):
    with pytest.raises(ConfigError, match=f"hour is {hour}.*it must be 0 to 144"):
        PostureModel(busy, rng=3).go_to(hour)


class MoodyCell(MilitiaCell):
    """Knows more than its row, and draws from the model's own generator."""

    steps = 0

    def step(self):
        self.steps += 1
        if self.steps % 40 == 0 and self.model.random.random() < 0.5 + self.model.rng.random() / 4:
            self.munitions = self.munitions + 1.0
        super().step()


@pytest.mark.parametrize("way", [(50, 20, 45), (60, 45)])
def test_a_replaced_class_is_stepped_and_starts_afresh(busy, way):
    straight, model = (PostureModel(busy, rng=3, agents={"cells": MoodyCell}, collect=False) for _ in range(2))
    for _ in range(45):
        straight.step()
    for hour in way:
        model.go_to(hour)
    assert model.state_block.tobytes() == straight.state_block.tobytes()
    assert straight.state_block.tobytes() != at(busy, 3, 45)[0].tobytes()
    assert model.digest == straight.digest
    assert len(model.agents) == len(straight.agents)
    assert model.steps == straight.steps == 45
    agents_agree(model)


@pytest.mark.parametrize(("agents", "hours"), [({"cells": MoodyCell}, list(range(30))), ({}, [])])
def test_hours_are_stepped_where_a_class_is_replaced_and_else_run_compiled(busy, agents, hours):
    stepped = []

    class Watched(PostureModel):
        def step(self):
            stepped.append(self.hour)
            super().step()

    model = Watched(busy, rng=3, agents=agents, collect=False)
    model.go_to(30)
    assert stepped == hours
    assert model.hour == model.steps == 30


def test_the_data_collector_begins_anew_or_keeps_nothing(busy):
    model = PostureModel(busy, rng=3)
    model.go_to(30)
    assert len(model.datacollector.get_model_vars_dataframe()) == 1
    for _ in range(5):
        model.step()
    frame = model.datacollector.get_model_vars_dataframe()
    assert len(frame) == 6
    assert frame["mean_skill"].iloc[-1] == REPORTERS["mean_skill"](model)
    quiet = PostureModel(busy, rng=3, collect=False)
    for _ in range(5):
        quiet.step()
    assert len(quiet.datacollector.get_model_vars_dataframe()) == 0
    assert quiet.state_block.tobytes() == at(busy, 3, 5)[0].tobytes()


def test_a_run_that_cannot_go_on_says_so_when_it_is_taken_on():
    scenario = load_scenario("fourteen", CROWDED)
    model = PostureModel(scenario, rng=1, collect=False)
    with pytest.raises(RunError, match=r"seed 1: stopped at hour \d+: .*MAX_CONVOYS"):
        model.go_to(24 * 40)
    assert not model.running
    model.go_to(24)
    assert model.running
    agrees(model, scenario, 1)


# --- the model: orders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hour", [0, 23, 24, 61, 143])
@pytest.mark.parametrize("order", ["zone_closure", "surge=0.3", "zone_closure_on_warning", "after_deaths", "none"])
def test_an_order_given_now_is_in_the_scenario_from_its_hour_on(busy, after_deaths, hour, order):
    model = PostureModel(busy, rng=3, collect=False)
    model.event_log = EventLog()
    model.go_to(hour)
    scenario = model.give(after_deaths if order == "after_deaths" else order)
    assert scenario is model.setting
    assert scenario.responses[-1].first_hour == hour
    agrees(model, scenario, 3, model.event_log.rows)
    while model.hour < 144:
        model.step()
    agrees(model, scenario, 3, model.event_log.rows)
    assert model.digest == simulate(scenario, 3).digest


@pytest.mark.parametrize("hour", range(24, 73, 3))
def test_deaths_before_an_order_do_not_trigger_it(busy, after_deaths, hour):
    """Given at hours around a death: the day of the death, its end, the next day's first hour."""
    model = PostureModel(busy, rng=3, collect=False)
    model.go_to(hour)
    model.give(after_deaths)
    model.go_to(144)
    agrees(model, model.setting, 3)


def test_the_runs_of_these_tests_have_deaths_warnings_and_orders(busy, after_deaths):
    run = simulate(busy.with_responses([f"{after_deaths}@1"]), 3, events=True)
    assert run.measures["us_killed"] > 2
    assert run.measures["warnings"] > 5
    assert run.measures["funds_cut"] > 1


def test_orders_of_one_response_again_and_again(busy):
    model = PostureModel(busy.with_responses(["surge=0.1@4"]), rng=3, collect=False)
    model.event_log = EventLog()
    for hour in (20, 45, 46):
        model.go_to(hour)
        model.give(["zone_closure", "surge=0.2"])
        agrees(model, model.setting, 3, model.event_log.rows)
    names = [force.name for force in model.setting.responses]
    assert names == ["surge#4", "zone_closure", "surge", "zone_closure#2", "surge#2", "zone_closure#3", "surge#3"]
    assert model.setting.label.endswith("+zone_closure@1:22+surge=0.2@1:22")
    with pytest.raises(ConfigError, match="each use must begin at another hour: two do at day 1, hour 22"):
        model.give("surge")
    model.go_to(144)
    agrees(model, model.setting, 3, model.event_log.rows)


def test_what_was_set_by_hand_stays_when_an_order_is_given(busy):
    model = PostureModel(busy, rng=3, collect=False)
    model.go_to(50)
    digest, model.washington.patience = model.digest, 0.123
    model.give("zone_closure")
    assert model.washington.patience == 0.123
    assert model.digest == digest
    assert model.world.n_standing == 1


def test_a_live_run_is_the_run_of_the_command_line(busy, tmp_path):
    live = LiveRun(busy, 9, hour=30)
    live.give(["zone_closure"])
    live.advance(20)
    live.give(["zone_closure=0.5", "airport_closure"])
    settings_ = [word for key, value in BUSY.items() for word in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "experiments.cli", "run", live.label, "--seed", "9", "--json", *settings_]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r'"digest": "([0-9a-f]{16})"', shown)[1] == live.complete().digest
    live.go_to(144)
    assert live.model.digest == live.complete().digest
    assert live.label == "six+zone_closure@1:6+zone_closure=0.5@2:2+airport_closure@2:2"


# --- the live run -----------------------------------------------------------------------------------------------

ORDERS = ("zone_closure", "surge=0.2", "zone_closure_on_warning", "airport_closure=0.5", "closure_threat", "own")
MOVES = st.one_of(
    st.tuples(st.just("advance"), st.integers(0, 40)),
    st.tuples(st.just("go_to"), st.integers(0, 24 * DAYS)),
    st.tuples(st.just("give"), st.lists(st.sampled_from(ORDERS), min_size=1, max_size=2, unique=True)),
    st.tuples(st.just("take_back"), st.integers(0, 3)),
)


@settings(max_examples=40)
@given(st.lists(MOVES, min_size=1, max_size=8), st.sampled_from(["", "surge=0.1@2:7+zone_closure@3"]))
def test_whichever_way_an_hour_is_reached_the_run_is_the_same(busy, after_deaths, moves, own):
    live = LiveRun(busy.with_responses([use for use in own.split("+") if use]), 5)
    for name, argument in moves:
        if name == "give":
            argument = [after_deaths if order == "own" else order for order in argument]
        with suppress(ConfigError):  # an order given twice in an hour, or at the end; none to take back
            getattr(live, name)(argument)
    agrees(live.model, live.scenario, 5, live.events)
    assert live.model.setting == live.scenario
    assert live.days.tobytes() == live.model.tables.days[: live.hour // 24].tobytes()
    whole = live.complete()
    assert whole.events[: len(live.events)].tobytes() == live.events.tobytes()
    live.go_to(live.n_hours)
    assert live.events.tobytes() == whole.events.tobytes()
    assert live.model.digest == whole.digest
    np.testing.assert_equal(live.model.measures, whole.measures)  # NaN where both have none
    live.close()


def test_orders_are_kept_by_their_hours(busy):
    live = LiveRun(busy, 5, hour=50)
    live.give(["surge=0.3"])
    live.go_to(10)
    live.give(["zone_closure"])
    assert live.label == "six+zone_closure@0:10+surge=0.3@2:2"
    assert [use.name for use in live.given] == ["zone_closure", "surge"]
    live.take_back(0)
    assert (live.label, live.hour) == ("six+surge=0.3@2:2", 10)
    for k in (-1, 1):
        with pytest.raises(ConfigError, match=f"order is {k}.*it must be 0 to 0"):
            live.take_back(k)


def test_orders_of_a_link_are_orders_that_were_given(busy):
    live = LiveRun(busy, 5, hour=50)
    live.give(["surge=0.3"])
    live.advance(30)
    again = LiveRun(busy, 5, hour=80, given=live.given)
    assert (again.given, again.scenario, again.hour) == (live.given, live.scenario, 80)
    assert again.model.state_block.tobytes() == live.model.state_block.tobytes()
    again.set_given(())
    assert again.scenario == busy
    assert again.model.state_block.tobytes() == LiveRun(busy, 5, hour=80).model.state_block.tobytes()


LIVE = {"operations.base_rate_per_day": 0.1, "choice.rationality": 0.0, "defence.p_intercept": 0.1}


@pytest.mark.parametrize(("key", "value"), LIVE.items())
def test_a_parameter_changed_while_it_runs_acts_from_that_hour_on_whichever_way_it_is_reached(busy, key, value):
    plain, live = LiveRun(busy, 5, hour=144), LiveRun(busy, 5, hour=50)
    live.change(key, value)
    live.advance(20)
    live.give(["zone_closure"])
    live.go_to(144)
    there = live.model.state_block.tobytes()
    assert there != plain.model.state_block.tobytes()
    assert live.changes == ((50, key, value),)
    before = [event.tobytes() for event in live.events if event["hour"] < 50]
    assert before == [event.tobytes() for event in plain.events if event["hour"] < 50]
    live.go_to(10)
    live.advance(134)
    assert live.model.state_block.tobytes() == there
    again = LiveRun(busy, 5, 144, given=live.given, changes=live.changes)
    assert again.model.state_block.tobytes() == there
    assert live.complete().events.tobytes() == live.events.tobytes()
    live.set_changes(())
    ordered = LiveRun(busy, 5, 144, given=live.given)
    assert live.model.state_block.tobytes() == ordered.model.state_block.tobytes()
    with pytest.raises(ConfigError, match=r"defence.p_intercept is 2"):
        live.change("defence.p_intercept", 2)
    assert live.changes == ()


def test_a_refused_order_changes_nothing(busy):
    live = LiveRun(busy, 5, hour=50)
    live.give(["surge"])
    before = live.model.state_block.tobytes(), live.given, live.scenario, live.events.tobytes()
    for uses in (["surge"], ["zone_closure", "zone_closure=0.5"], ["charm"], ["surge=2"]):
        with pytest.raises(ConfigError):
            live.give(uses)
    assert before == (live.model.state_block.tobytes(), live.given, live.scenario, live.events.tobytes())
    live.go_to(144)
    with pytest.raises(ConfigError, match="before the end of the run, 144"):
        live.give(["zone_closure"])


def test_a_run_never_goes_past_its_end(busy):
    live = LiveRun(busy, 5, hour=140)
    live.advance(100)
    assert live.hour == live.n_hours == 144
    live.advance(-3)
    assert len(live.days) == DAYS
    assert not live.failed


def test_a_run_that_fails_stops_and_can_be_looked_at():
    scenario = load_scenario("fourteen", CROWDED)
    live = LiveRun(scenario, 1, hour=24 * 40)
    assert "MAX_CONVOYS" in live.failed
    end, events = live.hour, live.events.tobytes()
    live.advance(5)
    assert live.hour == end
    with pytest.raises(RunError, match="MAX_CONVOYS"):
        live.give(["zone_closure"])
    with pytest.raises(ConfigError, match="it must be 0 to 960"):
        live.go_to(961)
    assert "MAX_CONVOYS" in live.failed
    live.go_to(end - 3)
    assert not live.failed
    agrees(live.model, scenario, 1, live.events)
    live.advance(50)
    assert (live.hour, "MAX_CONVOYS" in live.failed, live.events.tobytes()) == (end, True, events)
    with pytest.raises(RunError, match="MAX_CONVOYS"):
        live.complete()


def test_replaced_agents_are_stepped_to_the_end(busy):
    live = LiveRun(busy, 5, hour=30, agents={"cells": MoodyCell})
    live.give(["zone_closure"])
    live.go_to(10)
    live.advance(30)
    whole = live.complete()
    assert whole.events[: len(live.events)].tobytes() == live.events.tobytes()
    live.advance(200)
    assert live.events.tobytes() == whole.events.tobytes()
    assert live.model.digest == whole.digest != simulate(live.scenario, 5).digest


def test_a_closed_run_is_freed(busy):
    live = LiveRun(busy, 5, hour=30)
    live.take_back_probe = weakref.ref(live.model)
    live.give(["zone_closure"])
    live.take_back(0)
    gc.collect()
    assert live.take_back_probe() is None, "the model of the run without the order has taken its place"
    model = weakref.ref(live.model)
    live.close()
    del live
    gc.collect()
    assert model() is None


def test_a_model_alone_is_freed(busy):
    model = PostureModel(busy, rng=1)
    gone = weakref.ref(model)
    release(model)
    del model
    gc.collect()
    assert gone() is None


def test_the_log_keeps_what_it_has_handed_out():
    log, parts = EventLog(), []
    for k in range(40):
        part = np.zeros(k % 17, EVENT)
        part["hour"] = k
        log.add(part)
        parts.append(part)
        early = log.rows
        assert early.tobytes() == np.concatenate(parts).tobytes()
    assert len(log) == len(early)
    before = early.tobytes()
    log.replace(early[:3])
    log.add(np.ones(2, EVENT))
    assert (early.tobytes(), len(log.rows)) == (before, 5)
