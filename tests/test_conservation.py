"""Nothing is lost and nothing comes from nowhere: people, trucks, cargo, supply, bursts, batteries, cells, bombs."""

from __future__ import annotations

from datetime import date, timedelta

import invariants
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import load_scenario
from sim.config_files import configs_folder, names
from sim.engine import Tables, new_state, run_to, simulate
from sim.errors import ConfigError
from sim.measures import TALLY
from sim.responses import Use
from sim.state import ASSEMBLING, EVENT, RETURNING, ROLLING, STATE
from sim.world import build_world

DAYS = 20
SEEDS = st.integers(0, 2**64 - 1)
BUSY = {
    "operations.base_rate_per_day": st.floats(0.05, 0.8),
    "operations.preparation_hours": st.floats(0, 60),
    "operations.lie_low_days": st.floats(0, 5),
    "operations.regrow_days": st.floats(1, 20),
    "operations.munitions_at_start": st.floats(0, 200),
    "operations.momentum_branching": st.floats(0, 0.5),
    "choice.rationality": st.floats(0, 3),
    "choice.cost_road": st.floats(-5, 5),
    "defence.capacity_per_salvo": st.integers(0, 20),
    "defence.ready_bursts": st.integers(0, 20),
    "defence.reserve_bursts": st.integers(0, 60),
    "defence.reload_hours": st.floats(0.05, 20),
    "harm.p_wound": st.floats(0, 1),
    "harm.p_death": st.floats(0, 1),
    "roadside.p_set_off": st.floats(0.3, 1),
    "roadside.p_next_truck": st.floats(0, 0.95),
    "roadside.turn_back_share": st.floats(0, 1),
    "roadside.delay_hours": st.integers(0, 24),
    "supply.stock_at_start_days": st.floats(5, 40),
    "supply.unloading_hours": st.integers(0, 60),
    "supply.assembly_hours": st.integers(0, 48),
    "forces.p_raid": st.floats(0, 1),
    "forces.p_find_device": st.floats(0, 1),
    "details.rest_hours": st.floats(1, 50),
    "intelligence.notice_per_day": st.floats(0, 3),
    "intelligence.false_alarms_per_month": st.floats(0, 10),
    "fire.p_drone_found": st.floats(0, 1),
    "supply.willingness_loss_truck": st.floats(0, 1),
    "zone.return_days": st.floats(1, 60),
    "washington.step_days": st.integers(1, 5),
    "washington.close_below": st.floats(0, 1),
    "washington.strike_below": st.floats(0, 1),
    "washington.p_strike_other": st.floats(0, 1),
    "retaliation.effect": st.sampled_from(["provokes", "deters", "none"]),
    "mission.evacuation_days": st.integers(0, 5),
    "mission.partner_days": st.floats(0.1, 20),
    "baghdad.floor": st.floats(0, 0.6),
    "baghdad.support_at_start": st.floats(0, 1),
    "calendar": st.sampled_from(["", "2020", "2020_2021"]),
    "roadside.tip_off": st.floats(0, 1),
    "roadside.progress_exponent": st.floats(0, 1),
    "supply.tonnes_out_per_person": st.floats(0, 20),
    "supply.outbound_days": st.integers(1, 40),
    "choice.waiting": st.sampled_from(["option", "budget"]),
    "choice.dissimilarity_city": st.floats(0.1, 1),
    "coordination.tempo_spread": st.floats(0, 1),
    "coordination.length_days": st.floats(1, 20),
    "fire.barrage_share": st.floats(0, 1),
}
CHANGES = st.fixed_dictionaries({}, optional=BUSY)


def watch(scenario, seed, every=1):
    """Run a scenario and check every invariant at the end of every `every`-th day; the last state."""
    world = build_world(scenario)
    state = new_state(world, seed)
    start, tables, nothing = state.copy(), Tables(world, state), np.zeros(0, EVENT)
    for day in range(1, scenario.days + 1):
        run_to(world, state, tables, 24 * day, nothing)
        assert state[0].status in (0, 2, 3)
        if state[0].status:  # more salvos or events in an hour than there is room for
            break
        if day % every == 0 or day == scenario.days:
            invariants.check(world, start, state)
    return world[0], state[0], tables.days


@settings(max_examples=60)
@given(st.sampled_from(names("postures")), SEEDS, CHANGES)
def test_nothing_is_lost_in_any_run(posture, seed, changes):
    watch(load_scenario(posture).with_changes({"days": DAYS, **changes}), seed)


def used(early, uses):
    return [Use(name=early[name], strength=p, start_day=day) for name, (p, day) in uses.items()]


def fits(posture, response):
    """Has the posture's theatre all areas that the response names?"""
    try:
        load_scenario(posture, {}, [response])
    except ConfigError:
        return False
    return True


ELSEWHERE = [name for name in names("postures") if load_scenario(name).theatre.name != "baghdad"]
ANYWHERE = [name for name in names("responses") if all(fits(posture, name) for posture in ELSEWHERE)]


def with_uses(responses):
    """Responses with their strengths and the day that is added to their starts."""
    return st.dictionaries(
        st.sampled_from(responses), st.tuples(st.floats(0, 1), st.integers(0, 10)), min_size=1, max_size=6
    )


CASES = st.one_of(
    st.tuples(st.sampled_from(sorted({*names("postures")} - {*ELSEWHERE})), with_uses(names("responses"))),
    st.tuples(st.sampled_from(ELSEWHERE), with_uses(ANYWHERE)),
)


@settings(max_examples=80)
@given(case=CASES, seed=SEEDS, changes=CHANGES)
def test_nothing_is_lost_with_any_responses(early, case, seed, changes):
    posture, uses = case
    scenario = load_scenario(posture).with_changes({"days": DAYS, **changes}).with_responses(used(early, uses))
    watch(scenario, seed)


CLOSING = {
    "days": DAYS,
    "operations.base_rate_per_day": 0.3,
    "roadside.p_set_off": 1.0,
    "supply.stock_at_start_days": 20.0,
    "supply.unloading_hours": 60,
    "mission.evacuation_days": 5,
}


@pytest.mark.parametrize("posture", ["six", "fourteen"])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_when_the_embassy_closes(early, posture, seed):
    """Convoys on their way turn back, what is being unloaded stays, everybody goes home."""
    scenario = load_scenario(posture).with_changes(CLOSING).with_responses([early["embassy_closure"]])
    _, state, days = watch(scenario, seed)
    end = int(np.flatnonzero(days["embassy_open"] == 0)[0])
    assert 0 < end < DAYS - 2
    assert state.tally["sites_evacuated"] == days["sites_open"][end - 1]
    assert days["people"][end:].max() == 0
    assert days["convoys_turned_back"][-1] > days["convoys_turned_back"][end - 1]
    assert days["convoys_sent"][-1] == days["convoys_sent"][end]
    assert days["cargo_returned"][-1] > 0
    assert not np.isin(state.convoys["phase"], [ASSEMBLING, ROLLING]).any()


def test_a_surge_comes_and_goes_again(early):
    scenario = load_scenario("six").with_changes({"days": 30, "harm.p_death": 0.0})
    _, state, days = watch(scenario.with_responses([early["surge"]]), 1)
    assert state.tally["people_arrived"] == state.tally["people_left"] == pytest.approx(20_000, abs=3)
    assert days["people"].max() == days["people"][0] + state.tally["people_arrived"]
    assert days["people"][-1] == days["people"][0]
    assert not state.squares["reinforced"].any()


@settings(max_examples=40)
@given(SEEDS, CHANGES, st.integers(0, 2))
def test_nothing_is_lost_at_a_handover(seed, changes, weeks):
    """Days of March and April 2020, in which six sites are left and three batteries arrive."""
    start = date(2020, 3, 16) - timedelta(7 * weeks)
    days = (date(2020, 4, 18) - start).days
    scenario = load_scenario("drawdown_2020").with_changes({"days": days, "start": start, **changes})
    _, state, _ = watch(scenario, seed, every=3)
    assert state.status or state.tally["sites_evacuated"] or state.tally["handovers"] == 6


HANDOVERS = """
handovers = [
  { date = 2020-01-02, site = "taji", moves_to = "al_taqaddum", share_home = 0.0 },
  { date = 2020-01-04, site = "al_taqaddum", moves_to = "erbil", share_home = 0.333 },
  { date = 2020-01-04, site = "besmaya", moves_to = "embassy", share_home = 1.0 },
  { date = 2020-01-08, site = "erbil", moves_to = "embassy", share_home = 0.5 },
]
deliveries = [
  { date = 2020-01-01, site = "taji", batteries = 2 },
  { date = 2020-01-05, site = "erbil", batteries = 1 },
  { date = 2020-03-05, site = "embassy", batteries = 1 },
]
departures = [{ date = 2020-01-03, site = "embassy", people = 90000 }]
"""


@pytest.fixture(scope="module")
def chained(tmp_path_factory):
    """Fourteen sites of which one is left after another, each for the next, with convoys on their way."""
    text = (configs_folder() / "postures" / "fourteen.toml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("postures") / "chained.toml"
    path.write_text(text + HANDOVERS, encoding="utf-8")
    return load_scenario(path)


@settings(max_examples=40)
@given(seed=SEEDS, changes=CHANGES)
def test_nothing_is_lost_when_sites_are_left_one_after_another(chained, seed, changes):
    _, state, _ = watch(chained.with_changes({"days": DAYS, **changes}), seed)
    assert state.status or state.tally["sites_evacuated"] or state.tally["handovers"] == 4


def test_a_departure_takes_no_more_people_than_there_are(chained):
    run = simulate(chained.with_changes({"days": 4, "operations.base_rate_per_day": 0.0}), 1)
    embassy = next(site.people for site in chained.posture.sites if site.name == "embassy")
    assert run.days["people_left"][2] == embassy
    assert run.days["people_left"][1] == 0


HARASSED = {
    "days": DAYS,
    "operations.base_rate_per_day": 0.5,
    "operations.munitions_at_start": 200.0,
    "operations.lie_low_days": 0.5,
    "operations.preparation_hours": 6.0,
    "choice.cost_road": -10.0,
    "roadside.p_set_off": 1.0,
    "roadside.life_hours": 500.0,
    "roadside.p_effect_unskilled": 1.0,
    "roadside.p_effect_skilled": 1.0,
    "roadside.turn_back_share": 0.1,
    "supply.stock_at_start_days": 20.0,
}


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_when_convoys_that_turned_back_are_hit_again(seed):
    _, state, _ = watch(load_scenario("fourteen").with_changes(HARASSED), seed)
    assert state.tally["convoys_turned_back"] > 5
    assert state.tally["cargo_returned"] > 0


def test_convoys_on_their_way_back_are_hit_in_these_runs():
    """Else the test above would not see what it is for."""
    scenario = load_scenario("fourteen").with_changes(HARASSED)
    world, hits = build_world(scenario), 0
    state = new_state(world, 0)
    tables, nothing = Tables(world, state), np.zeros(0, EVENT)
    for hour in range(1, 24 * DAYS + 1):
        before = state[0].convoys[["ordered_for", "number", "phase", "trucks"]].copy()
        run_to(world, state, tables, hour, nothing)
        now = state[0].convoys
        hits += ((before["phase"] == RETURNING) & (now["trucks"] < before["trucks"]) & (now["trucks"] > 0)).sum()
    assert hits > 0


def test_the_daily_table_counts_up():
    """Counters never fall, but for convoys sent on from a site that is left while they unload."""
    scenario = load_scenario("fourteen").with_changes(HARASSED)
    _, _, days = watch(scenario, 3, every=DAYS)
    for column in TALLY:
        assert column.level or (np.diff(days[column.name]) >= 0).all(), column.name


def test_levels_of_the_day_are_those_of_the_state():
    scenario = load_scenario("drawdown_2020").with_changes({"days": 40, "start": date(2020, 3, 10)})
    _, state, days = watch(scenario, 3, every=10)
    last = days[-1]
    assert last["people"] == state.sites["people"].sum()
    assert last["batteries"] == state.sites["batteries"].sum()
    assert last["sites_open"] == state.sites["open"].sum()
    assert last.tobytes() == state.tally.tobytes()


def test_rows_that_nobody_uses_stay_empty():
    world, state, _ = watch(load_scenario("six").with_changes({"days": 10}), 3)
    for part, n in (("cells", world.n_cells), ("units", world.n_units), ("details", world.n_details)):
        assert not state[part][n:].tobytes().strip(b"\0"), part
    assert not state.squares[world.n_squares :].tobytes().strip(b"\0")
    assert not state.sites[world.n_sites :].tobytes().strip(b"\0")
    assert STATE["convoys"].shape[0] >= state.n_convoys
