"""Responses as standing orders: files, strength, triggers, refusal, branches of a run."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from sim import load_scenario
from sim.config_files import names
from sim.engine import Tables, new_state, run_to, simulate
from sim.errors import ConfigError
from sim.responses import Use
from sim.rules import events
from sim.scenario import parse_use
from sim.state import EVENT, STATE
from sim.world import build_world

BUSY = {"operations.base_rate_per_day": 0.15, "harm.p_wound": 0.8, "intelligence.notice_per_day": 1.0}
DAYS = 25
HEAD = 'name = "trial"\ntitle = "A trial"\nsource = "judgement"\n'


def six(*responses, days=DAYS, **changes):
    changes = {key.replace("__", "."): value for key, value in changes.items()}
    return load_scenario("six", {"days": days, **BUSY, **changes}, [str(response) for response in responses])


@pytest.fixture
def trial(tmp_path):
    """Writes a response file of one order (or more) and returns its path."""

    def write(*orders, name="trial"):
        path = tmp_path / f"{name}.toml"
        text = "".join(f"[[orders]]\n{order}\n" for order in orders)
        path.write_text(HEAD.replace("trial", name, 1) + text, encoding="utf-8")
        return path

    return write


def same(one, two):
    return one.digest == two.digest and one.days.tobytes() == two.days.tobytes()


def of_kind(run, kind):
    return run.events[run.events["kind"] == kind]


# --- strength -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def without():
    return simulate(six(), 3)


@pytest.mark.parametrize("name", names("responses"))
def test_strength_nought_is_no_response(early, without, name):
    assert same(simulate(six(f"{early[name]}=0"), 3), without)
    assert same(simulate(six().with_changes({f"responses.{name}.strength": 0.0}), 3), without)
    assert name == "none" or not same(simulate(six(early[name]), 3), without), "at full strength it does something"


def test_the_response_none_is_no_response(without):
    assert same(simulate(six("none"), 3), without)


def test_strength_and_start_can_be_changed_by_key(early):
    half = six(f"{early['surge']}=0.5")
    assert half.responses[0].use.strength == 0.5
    assert simulate(half, 3).measures["people_arrived"] == pytest.approx(10_000, abs=3)
    changed = load_scenario("six", {"responses.surge.strength": 0.25, "responses.surge.start_day": 7})
    assert [(r.use.strength, r.use.start_day) for r in changed.responses] == [(0.25, 7)]
    again = load_scenario("six", {"responses.surge.strength": 0.75}, ["surge=0.5@9"])
    assert [(r.use.strength, r.use.start_day) for r in again.responses] == [(0.75, 9)]


def test_labels_tell_strengths_and_starts_apart():
    labels = [load_scenario("six", responses=[use]).label for use in ("surge", "surge=0.5", "surge@9", "surge=0.5@9")]
    assert labels == ["six+surge", "six+surge=0.5", "six+surge@9", "six+surge=0.5@9"]


@pytest.mark.parametrize("strength", [0.0, 1.0, 0.25, 0.1 + 0.2, 1 / 3, 1e-7, 0.123456789])
def test_a_label_says_all_of_its_use(strength):
    use = Use(name="surge", strength=strength, start_day=3, start_hour=5)
    (label,) = (force.label for force in load_scenario("six", responses=[use]).responses)
    assert parse_use(label) == use


PAIRS = list(combinations([name for name in names("responses") if name != "none"], 2))


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_the_order_of_responses_does_not_matter(early, pair):
    one, two = (simulate(six(*(early[name] for name in order)), 3) for order in (pair, pair[::-1]))
    assert same(one, two)


# --- forking ------------------------------------------------------------------------------------------------------

CUTS = (1, 24, 25, 80, 167, 168, 200, 400)


def test_a_branch_of_a_run_under_orders_is_the_run(early):
    """Cut in the middle of a closure, a clearance, a surge and an evacuation."""
    responses = ("zone_closure_on_warning", "zone_clearance", "surge", "intelligence_sharing", "embassy_closure")
    scenario = six(*(early[name] for name in responses), mission__evacuation_days=10)
    world, whole, under_way = build_world(scenario), simulate(scenario, 3), set()
    for cut in CUTS:
        state = new_state(world, 3)
        tables, nothing = Tables(world, state), np.zeros(0, EVENT)
        run_to(world, state, tables, cut, nothing)
        under_way |= going_on(state[0])
        branch = state.copy()
        own = Tables(world, branch)
        own.days[:], own.digests[:] = tables.days, tables.digests
        run_to(world, branch, own, 24 * DAYS, nothing)
        assert branch.tobytes() == whole.state.tobytes(), cut
        assert own.digest(DAYS) == whole.digest, cut
    assert under_way == {"closed", "clearing", "held", "surge", "leaving"}


def going_on(state):
    """What is under way in a state."""
    found = {"closed": (state.areas["closed_until"] > state.hour).any(), "clearing": (state.areas["phase"] == 1).any()}
    found |= {"held": (state.areas["phase"] == 2).any(), "surge": (state.standing["people"] > 0).any()}
    found["leaving"] = state.hour < state.washington[0].closing_hour < 24 * DAYS
    return {name for name, there in found.items() if there}


# --- a response of one's own, and refusals ------------------------------------------------------------------------


def test_a_response_of_known_orders_needs_no_code(trial):
    own = trial(
        'do = "cut_funds"\nshare = 0.5\nstart_day = 3\nevery_days = 5\nuntil_day = 13',
        'do = "threaten_closure"\nstart_day = 4',
    )
    run = simulate(six(own), 1, events=True)
    assert (of_kind(run, events.FUNDS_CUT)["hour"] // 24).tolist() == [3, 8]
    assert run.measures["threats"] >= 1
    assert 4 * 24 in of_kind(run, events.THREAT)["hour"]


CLOSE = 'do = "close_area"\nareas = ["airport"]\nhours = 5\n'
REFUSED = {
    "unknown kind": ('do = "nothing"', "orders[0]", "nothing", "close_area"),
    "unknown area": (CLOSE.replace("airport", "moon"), "orders[0].areas", "moon", "airport_road"),
    "no areas": (CLOSE.replace('"airport"', ""), "areas", [], "at least 1"),
    "unknown faction": ('do = "cut_funds"\nshare = 0.1\nfaction = "x"', "orders[0].faction", "x", "strongest"),
    "all factions arrested": (
        'do = "arrest_leaders"\ncount = 1\np_success = 0.1\nfaction = "all"',
        "faction",
        "all",
        "",
    ),
    "all factions taken down": (
        'do = "take_down"\np_break = 0.1\np_leak = 0.1\np_clash = 0.1\nfaction = "all"',
        "faction",
        "all",
        "",
    ),
    "all factions struck": ('do = "strike_leaders"\nfaction = "all"', "faction", "all", ""),
    "share above 1": ('do = "cut_funds"\nshare = 1.5', "share", 1.5, "from 0 to 1"),
    "not a number": ('do = "cut_funds"\nshare = nan', "share", None, "a number from 0 to 1"),
    "missing hours": ('do = "close_area"\nareas = ["airport"]', "hours", None, "no default"),
    "hours as text": (CLOSE.replace("5", '"5"'), "hours", "5", "a whole number"),
    "no hours": (CLOSE.replace("5", "0"), "hours", 0, "1"),
    "unknown key": (CLOSE + "colour = 3", "colour", 3, "key is unknown"),
    "unknown trigger": (CLOSE + 'on = "monday"', "on", "monday", "us_death"),
    "negative day": (CLOSE + "start_day = -1", "start_day", -1, "0"),
    "no days": ('do = "reinforce"\npeople = 5\nreinforce = 1\ndays = 0', "days", 0, "1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_order_is_refused_with_file_key_value_and_what_is_allowed(trial, case):
    order, key, value, allowed = REFUSED[case]
    path = trial(order)
    with pytest.raises(ConfigError) as caught:
        six(path)
    error = caught.value
    assert error.file == str(path)
    assert key in error.key
    assert value is None or error.value == value or (isinstance(error.value, dict) and value in error.value.values())
    assert allowed in error.allowed


@pytest.mark.parametrize(
    ("use", "key"),
    [
        ("surge=1.5", "strength"),
        ("surge=-0.1", "strength"),
        ("surge=nan", "response"),
        ("surge=much", "response"),
        ("surge@soon", "response"),
        ("surge@-3", "start_day"),
        ("charm", "response"),
        ("nowhere.toml", "response"),
    ],
)
def test_a_wrong_use_is_refused(use, key):
    with pytest.raises(ConfigError, match="; it must be ") as caught:
        load_scenario("six", responses=[use])
    assert key in caught.value.key


# --- a response used again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uses", "hour"),
    [
        (("surge", "surge=0.5"), "day 30, hour 0"),
        (("surge@30", "surge"), "day 30, hour 0"),
        (("zone_closure@3:7", "surge", "zone_closure=0@3:7"), "day 3, hour 7"),
    ],
)
def test_two_uses_that_begin_in_the_same_hour_are_refused(uses, hour):
    with pytest.raises(ConfigError) as caught:
        load_scenario("six", responses=uses)
    assert caught.value.key == f"responses[{len(uses) - 1}].name"
    assert caught.value.allowed == f"each use must begin at another hour: two do at {hour}"


def test_another_response_of_the_same_name_is_refused(trial):
    path = trial(RALLY, name="surge")
    with pytest.raises(ConfigError, match=r"surge\.toml has this one") as caught:
        load_scenario("six", responses=["surge", f"{path}@3"])
    assert (caught.value.key, caught.value.value) == ("responses[1].name", "surge")


def test_a_strength_that_could_be_that_of_two_uses_cannot_be_changed():
    twice = load_scenario("six", responses=["surge@3", "surge@200"])
    for key in ("responses.surge.strength", "responses.surge.start_day"):
        with pytest.raises(ConfigError, match="a response that is used once; this one is used 2 times"):
            twice.with_changes({key: 0})
    assert twice.with_changes({"responses.zone_closure.strength": 0.5}).responses[-1].use.strength == 0.5


@pytest.mark.parametrize("first", [0, 1, 2])
def test_uses_are_numbered_by_their_starts_in_whichever_order_they_are_named(first):
    uses = ["zone_closure=0.9@9:5", "zone_closure=0.8@2", "zone_closure@5"]
    uses = uses[first:] + uses[:first]
    scenario = six(*uses)
    assert scenario.response_names == "+".join(uses)
    assert {force.first_hour: force.name for force in scenario.responses} == {
        48: "zone_closure",
        120: "zone_closure#2",
        221: "zone_closure#3",
    }
    assert same(simulate(scenario, 3), simulate(six(*sorted(uses)), 3))
    assert build_world(scenario).tobytes() == build_world(six(*sorted(uses))).tobytes()


def test_the_first_use_is_the_run_that_it_was_alone():
    """Until the second begins, and for ever if its strength is 0."""
    alone, again = simulate(six("zone_closure=0.5@3"), 3), simulate(six("zone_closure=0.5@3", "zone_closure@15"), 3)
    closed = [
        of_kind(simulate(six(*uses), 3, events=True), events.CLOSURE)
        for uses in (("zone_closure=0.5@3",), ("zone_closure@15", "zone_closure=0.5@3"))
    ]
    assert 0 < len(closed[0]) < 6, "done by chance, for each area"
    assert closed[1][: len(closed[0])]["actor"].tolist() == closed[0]["actor"].tolist()
    assert len(closed[1]) == len(closed[0]) + 6
    assert alone.days[:15].tobytes() == again.days[:15].tobytes()
    assert same(alone, simulate(six("zone_closure=0@1", "zone_closure=0.5@3", "zone_closure=0@9"), 3))


def test_each_use_has_streams_of_its_own():
    uses = [f"zone_closure=0.5@{day}:{hour}" for day in range(1, 20, 2) for hour in (0, 1)]
    closed = of_kind(simulate(six(*uses), 3, events=True), events.CLOSURE)
    drawn = [closed["actor"][closed["target"] == n].tolist() for n in range(len(uses))]
    assert len({tuple(each) for each in drawn}) > 10


def test_a_posture_may_name_its_responses(tmp_path, trial):
    own = trial('do = "rally_support"\namount = 0.3')
    text = Path(load_scenario("six").file).read_text(encoding="utf-8")
    head, _, rest = text.partition("\nsites = [")
    (tmp_path / "mine.toml").write_text(
        f'{head}\nresponses = [{{ name = "{own.name}", strength = 0.5 }}]\nsites = [{rest}', encoding="utf-8"
    )
    run = simulate(load_scenario(tmp_path / "mine.toml", {"days": 2}), 1, events=True)
    assert of_kind(run, events.SUPPORT)["amount"].tolist() == [0.15]


# --- triggers -----------------------------------------------------------------------------------------------------

RALLY = 'do = "rally_support"\namount = 0.01\n'


@pytest.mark.parametrize(
    ("when", "use", "days"),
    [
        ("", "", [0]),
        ("start_day = 4", "", [4]),
        ("start_day = 4", "@3", [3]),
        ("start_day = 4\nevery_days = 6", "", [4, 10, 16, 22]),
        ("start_day = 4\nevery_days = 6\nuntil_day = 16", "", [4, 10]),
        ("start_day = 4\nevery_days = 6\nuntil_day = 16", "@5", [5, 11]),
        ("start_day = 4\nuntil_day = 4", "", []),
        ("start_day = 30", "", []),
    ],
)
def test_orders_on_a_day(trial, when, use, days):
    run = simulate(six(f"{trial(RALLY + when)}{use}"), 1, events=True)
    assert of_kind(run, events.SUPPORT)["hour"].tolist() == [24 * day for day in days]


def test_orders_on_a_warning_come_with_each_warning_of_their_time(trial):
    run = simulate(six(trial(RALLY + 'on = "warning"\nstart_day = 5\nuntil_day = 15')), 1, events=True)
    warned = np.isin(run.events["kind"], [events.WARNING, events.FALSE_ALARM])
    hours = run.events["hour"][warned]
    expected = hours[(hours >= 5 * 24) & (hours < 15 * 24)]
    assert len(expected) > 10
    assert of_kind(run, events.SUPPORT)["hour"].tolist() == expected.tolist()


def test_an_order_with_areas_waits_for_a_warning_of_one_of_them(trial):
    own = trial('do = "close_area"\nareas = ["airport"]\nhours = 1\non = "warning"')
    scenario = six(own, intelligence__false_alarms_per_month=10.0)
    world, run = build_world(scenario)[0], simulate(scenario, 1, events=True)
    airport = int(world.standing[0].areas[0])
    warned = run.events[np.isin(run.events["kind"], [events.WARNING, events.FALSE_ALARM])]
    assert len(np.unique(warned["actor"])) > 2
    closures = of_kind(run, events.CLOSURE)
    assert set(closures["actor"].tolist()) == {airport}
    assert sorted(set(closures["hour"].tolist())) == sorted(set(warned["hour"][warned["actor"] == airport].tolist()))


@pytest.mark.parametrize(("scope", "several"), [("warned", False), ("all", True)])
def test_the_scope_of_a_closure(trial, scope, several):
    own = trial(f'do = "close_area"\nareas = ["international_zone"]\nhours = 1\non = "warning"\nscope = "{scope}"')
    scenario = six(own)
    world, run = build_world(scenario)[0], simulate(scenario, 1, events=True)
    areas = set(world.standing[0].areas[: world.standing[0].n_areas].tolist())
    warned = run.events[np.isin(run.events["kind"], [events.WARNING, events.FALSE_ALARM])]
    by_hour = {hour: areas & set(warned["actor"][warned["hour"] == hour].tolist()) for hour in warned["hour"].tolist()}
    expected = {hour: areas if several else named for hour, named in by_hour.items() if named}
    closures = of_kind(run, events.CLOSURE)
    assert len(expected) > 3
    hours = np.unique(closures["hour"]).tolist()
    assert {hour: set(closures["actor"][closures["hour"] == hour].tolist()) for hour in hours} == expected


def test_orders_after_a_death_come_on_the_next_day(trial):
    deadly = {"harm__p_death": 1.0, "defence__availability": 0.0, "washington__loss_killed": 0.0}
    own = trial(RALLY + 'on = "us_death"\nevery_days = 1')
    scenario, n = six(own, days=60, operations__base_rate_per_day=0.6, **deadly), 0
    for seed in range(4):
        run = simulate(scenario, seed, events=True)
        fire, given = of_kind(run, events.FIRE), of_kind(run, events.SUPPORT)["hour"]
        days = np.unique(fire["hour"][fire["killed"] > 0] // 24)
        assert given.tolist() == [24 * (day + 1) for day in days.tolist() if day + 1 < 60]
        n += len(given)
    assert n > 5


# --- Baghdad refuses ----------------------------------------------------------------------------------------------


def test_an_order_that_cannot_be_afforded_is_refused_and_tried_a_week_later(trial):
    """Capital is 0.05 at first, below the floor of 0.15; it returns to 0.5 by 1/20 of what is missing a day."""
    own = trial('do = "cut_funds"\nshare = 0.1\nstart_day = 0\ncapital_cost = 0.02')
    changes = {"operations__base_rate_per_day": 0.0, "intelligence__false_alarms_per_month": 0.0}
    scenario = six(own, baghdad__capital_days=20.0, **changes)
    world = build_world(scenario)
    state = new_state(world, 1)
    state[0].baghdad["capital"] = 0.05
    log = np.zeros(4096, EVENT)
    n = run_to(world, state, Tables(world, state), 24 * DAYS, log)
    log = log[:n]
    missing = 0.45 * 0.95 ** np.arange(DAYS)
    attempts = range(0, DAYS, 7)
    first = next(day for day in attempts if 0.5 - missing[day] >= 0.15)
    assert first == 7
    assert log["hour"][log["kind"] == events.REFUSED].tolist() == [0]
    assert log["hour"][log["kind"] == events.FUNDS_CUT].tolist() == [24 * first]
    assert state[0].tally.orders_refused == 1


def test_an_order_is_not_tried_again_after_its_time(trial):
    own = trial('do = "cut_funds"\nshare = 0.1\nuntil_day = 5\ncapital_cost = 0.02')
    run = simulate(six(own, baghdad__capital_at_start=0.1), 1)
    assert (run.measures["orders_refused"], run.measures["funds_cut"]) == (1, 0)


def test_what_costs_nothing_is_never_refused(trial):
    run = simulate(six(trial(RALLY), baghdad__capital_at_start=0.0), 1, events=True)
    assert run.measures["orders_refused"] == 0
    assert len(of_kind(run, events.SUPPORT)) == 1


def test_rows_of_orders_that_nobody_gave_stay_empty(without):
    assert not without.state[0].standing.tobytes().strip(b"\0")
    assert STATE["standing"].shape[0] > 0
    assert re.fullmatch(r"[0-9a-f]{16}", without.digest)
