"""What each kind of standing order does: one run (or one hour) of each, read from its events and the state."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim import load_scenario
from sim.engine import Tables, new_state, run_to
from sim.rules import events
from sim.state import BROKEN, CLEARING, EVENT, HELD, IDLE, LYING_LOW, NEVER, PREPARING
from sim.world import REACTION, build_world

HEAD = 'name = "trial"\ntitle = "A trial"\nsource = "judgement"\n'
QUIET = {
    "operations.base_rate_per_day": 0.0,
    "operations.momentum_branching": 0.0,
    "intelligence.false_alarms_per_month": 0.0,
    "baghdad.capital_days": 3650.0,
}


@pytest.fixture
def given(tmp_path):
    """World and state of a quiet run at hour `until` in which one order was given, and its events."""

    def run(order, until=1, strength=1.0, seed=1, prepare=None, **changes):
        path = tmp_path / "trial.toml"
        path.write_text(f"{HEAD}[[orders]]\n{order}\n", encoding="utf-8")
        changes = {**QUIET, **{key.replace("__", "."): value for key, value in changes.items()}}
        world = build_world(load_scenario("six", {"days": 60, **changes}, [f"{path}={strength}"]))
        state = new_state(world, seed)
        if prepare:
            prepare(world[0], state[0])
        log = np.zeros(4096, EVENT)
        n = run_to(world, state, Tables(world, state), until, log)
        return world[0], state[0], log[:n]

    return run


def of_kind(log, kind):
    return log[log["kind"] == kind]


def capital_spent(given, order, **more):
    """By this order in its first hour."""
    return 0.5 - given(order, **more)[1].baghdad[0].capital


COSTING = {
    "close_area": 'areas = ["airport"]\nhours = 10',
    "clear_area": 'areas = ["international_zone/north"]\nhours = 10\nremoval = 0.5\np_clash = 0.0',
    "rally_support": "amount = 0.1",
    "take_down": "p_break = 0.0\np_leak = 0.0\np_clash = 0.0",
    "arrest_leaders": "count = 2\np_success = 0.0",
    "cut_funds": "share = 0.1",
    "threaten_closure": "",
    "close_embassy": "",
    "strike_leaders": "",
    "reinforce": "people = 100\nreinforce = 1\ndays = 3",
}
FREE = {"baghdad__cost_closure_hour": 0.0, "washington__threat_capital": 0.0, "retaliation__p_mob": 0.0}
FREE |= {"retaliation__p_motion": 0.0}


@pytest.mark.parametrize("kind", COSTING)
@pytest.mark.parametrize("cost", [0.0, 0.07])
def test_every_order_costs_what_it_says(given, kind, cost):
    order = f'do = "{kind}"\ncapital_cost = {cost}\n{COSTING[kind]}'
    assert capital_spent(given, order, **FREE) == pytest.approx(cost)


def test_a_closure_costs_by_the_hour_and_ends(given):
    order = 'do = "close_area"\nareas = ["airport", "airport_road"]\nhours = 10\nreinforce = 3'
    world, state, log = given(order)
    assert len(of_kind(log, events.CLOSURE)) == 2
    assert (of_kind(log, events.CLOSURE)["hours"] == 10).all()
    assert state.tally.closure_hours == 20
    assert 0.5 - state.baghdad[0].capital == pytest.approx(20 * world.baghdad.cost_closure_hour)
    areas = set(world.standing[0].areas[:2].tolist())
    inside = np.isin(world.squares["area"][: world.n_squares], list(areas))
    assert inside.sum() > 3
    assert (state.squares["reinforced"][: world.n_squares] == np.where(inside, 3, 0)).all()
    for until, there in ((10, 3), (11, 0)):
        _, later, _ = given(order, until)
        assert later.squares["reinforced"].max() == there, until


def test_a_closure_of_strength_p_is_made_with_chance_p(given):
    made = [given(CLOSE_ONE, seed=seed, strength=0.3)[1].tally.closure_hours > 0 for seed in range(300)]
    assert np.mean(made) == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / 300))


CLOSE_ONE = 'do = "close_area"\nareas = ["airport"]\nhours = 10'


def test_rallied_support_is_added_and_fades(given):
    order = 'do = "rally_support"\namount = 0.5'
    _, state, log = given(order, strength=0.6)
    assert state.baghdad[0].support == pytest.approx(0.2 + 0.3)
    assert of_kind(log, events.SUPPORT)["amount"] == pytest.approx(0.3)
    _, later, _ = given(order, until=48, strength=0.6, baghdad__capital_days=10.0)
    assert later.baghdad[0].support == pytest.approx(0.2 + 0.3 * 0.9**2)
    assert given('do = "rally_support"\namount = 1.0')[1].baghdad[0].support == 1.0


CLEAR = (
    'do = "clear_area"\nareas = ["international_zone/north"]\nhours = 30\nremoval = 0.8\np_clash = 1.0\nreinforce = 2'
)


def test_clearing_takes_its_hours_and_then_removes_its_share(given):
    world, state, log = given(CLEAR, until=30, zone__return_days=3650.0)
    a = int(world.standing[0].areas[0])
    assert state.areas[a].phase == CLEARING
    assert (state.standing[0].busy, state.standing[0].area) == (1, a)
    assert not len(of_kind(log, events.CLEARED))
    here = world.squares["area"][: world.n_squares] == a
    assert (state.squares["reinforced"][: world.n_squares] == np.where(here, 2, 0)).all()
    world, state, log = given(CLEAR, until=31, strength=0.5, zone__return_days=3650.0)
    plan = world.areas[a]
    assert state.areas[a].phase == HELD
    assert state.areas[a].fighters == pytest.approx(0.6 * plan.fighters)
    assert state.areas[a].heavy_weapons == pytest.approx(0.6 * plan.heavy_weapons)
    assert of_kind(log, events.CLEARED)["fighters"] == pytest.approx(0.4 * plan.fighters)
    assert state.tally.fighters_removed == pytest.approx(0.4 * plan.fighters)
    assert (state.tally.clashes, len(of_kind(log, events.CLASH))) == (1, 1)
    gained = world.baghdad.gain_weapon * 0.4 * plan.heavy_weapons - world.baghdad.cost_clash
    assert state.baghdad[0].capital == pytest.approx(0.5 + gained, abs=1e-6)
    assert state.grievance == pytest.approx(world.zone.clash_grievance, rel=0.05)


def test_clearing_breaks_the_cells_at_home_there(given):
    order = CLEAR.replace("0.8", "1.0").replace("north", "palace").replace("/palace", "")
    world, state, log = given(order, until=31)
    (cleared,) = of_kind(log, events.CLEARED)
    at_home = world.squares["area"][world.cells["home"][: world.n_cells]] == cleared["actor"]
    broken = state.cells["mode"][: world.n_cells] == BROKEN
    assert broken.sum() == cleared["caught"] == at_home.sum()
    assert (broken == at_home).all()


def test_areas_are_cleared_one_after_another_and_only_full_ones(given):
    order = CLEAR.replace("/north", "") + "\nevery_days = 1"
    world, state, log = given(order, until=59 * 24, zone__return_days=3650.0)
    cleared = of_kind(log, events.CLEARED)
    full = [a for a in range(world.n_areas) if world.areas[a].fighters > 0]
    assert sorted(cleared["actor"].tolist()) == full
    begun = of_kind(log, events.CLEARING)["hour"]
    assert (np.diff(begun) >= 30).all()
    assert (state.areas["fighters"][full] < 0.5 * world.areas["fighters"][full]).all()


TAKE = 'do = "take_down"\np_break = 0.4\np_leak = LEAK\np_clash = 0.0\ngrievance = 0.3\nfaction = "WHO"'


def largest(world):
    return int(np.argmax(world.factions["n_cells"][: world.n_factions]))


def test_a_take_down_breaks_cells_of_the_strongest_by_chance(given):
    order, broken, n = TAKE.replace("LEAK", "0.0").replace("WHO", "strongest"), 0, 0
    for seed in range(60):
        world, state, log = given(order, seed=seed, strength=0.5)
        own = world.cells["faction"][: world.n_cells] == largest(world)
        gone = state.cells["mode"][: world.n_cells] == BROKEN
        assert not gone[~own].any()
        assert of_kind(log, events.TAKE_DOWN)["caught"] == gone.sum()
        broken, n = broken + gone.sum(), n + own.sum()
    assert state.grievance == pytest.approx(0.3 * 0.5)
    assert broken / n == pytest.approx(0.2, abs=4 * math.sqrt(0.2 * 0.8 / n))


def test_a_leaked_take_down_finds_the_cells_in_hiding(given):
    world, state, log = given(TAKE.replace("LEAK", "1.0").replace("WHO", "strongest"))
    own = world.cells["faction"][: world.n_cells] == largest(world)
    assert (state.cells["mode"][: world.n_cells][own] == LYING_LOW).all()
    assert (of_kind(log, events.TAKE_DOWN)["warned"], of_kind(log, events.TAKE_DOWN)["caught"]) == (1, 0)


def test_a_take_down_of_a_named_faction(given):
    theatre = load_scenario("six").theatre.config
    order = TAKE.replace("LEAK", "0.0").replace("0.4", "1.0").replace("WHO", theatre.factions[2].name)
    world, state, _ = given(order)
    broken = state.cells["mode"][: world.n_cells] == BROKEN
    assert (broken == (world.cells["faction"][: world.n_cells] == 2)).all()


def test_arrests_take_leaders_at_their_chance(given):
    order = 'do = "arrest_leaders"\ncount = 3\np_success = 0.5\ngrievance = 0.02'
    caught = []
    for seed in range(200):
        world, state, log = given(order, seed=seed)
        f = largest(world)
        assert world.factions[f].leaders >= 3
        caught.append(world.factions[f].leaders - state.factions[f].leaders)
        assert of_kind(log, events.ARREST)["amount"] == caught[-1] == state.tally.leaders_removed
        assert state.grievance == pytest.approx(0.02 * caught[-1])
        assert state.baghdad[0].capital == pytest.approx(0.5 + world.baghdad.gain_catch * caught[-1])
    assert np.mean(caught) == pytest.approx(1.5, abs=4 * math.sqrt(0.75 / 200))


def test_no_more_leaders_are_arrested_than_there_are(given):
    world, state, _ = given('do = "arrest_leaders"\ncount = 100\np_success = 1.0')
    assert state.factions[largest(world)].leaders == 0
    assert state.tally.leaders_removed == world.factions[largest(world)].leaders


@pytest.mark.parametrize("faction", ["all", "strongest"])
def test_funds_are_cut_by_the_share(given, faction):
    world, state, log = given(f'do = "cut_funds"\nshare = 0.4\nfaction = "{faction}"', strength=0.5)
    hit = np.arange(world.n_factions) == largest(world) if faction == "strongest" else np.ones(world.n_factions, bool)
    expected = world.factions["funds"][: world.n_factions] * np.where(hit, 0.8, 1.0)
    assert state.factions["funds"][: world.n_factions] == pytest.approx(expected)
    assert of_kind(log, events.FUNDS_CUT)["target"] == (-1 if faction == "all" else largest(world))


def test_a_threat_brings_restraint_and_facades_and_shakes_baghdad(given):
    world, state, log = given('do = "threaten_closure"', strength=0.5)
    us = world.washington
    assert state.factions["restraint"][: world.n_factions] == pytest.approx(0.5 * us.threat_restraint)
    assert state.baghdad[0].capital == pytest.approx(0.5 - 0.5 * us.threat_capital)
    assert state.relation == pytest.approx(world.relation.at_start - 0.5 * us.threat_relation)
    assert of_kind(log, events.THREAT)["amount"] == 0.5
    before = given('do = "rally_support"\namount = 0.0')[1].baghdad[0].will
    assert state.baghdad[0].will == pytest.approx(before + 0.5 * us.threat_will)


def test_facades_are_taken_by_deniability(given):
    taken = np.zeros(5)
    for seed in range(300):
        world, state, _ = given('do = "threaten_closure"', seed=seed)
        assert world.n_factions == 5
        taken += state.factions["facade_until"][:5] == 24 * world.militias.facade_days
    p = world.factions["deniability"][:5]
    assert (np.abs(taken / 300 - p) <= 4 * np.sqrt(p * (1 - p) / 300)).all()


def test_the_embassy_closes_after_its_evacuation(given):
    world, state, log = given('do = "close_embassy"\nstart_day = 2', until=24 * 30, mission__evacuation_days=7)
    (decided,), (ended,) = of_kind(log, events.CLOSING), of_kind(log, events.MISSION_ENDED)
    assert (decided["hour"], decided["hours"]) == (48, 7 * 24)
    assert ended["hour"] == (2 + 7) * 24 + 23, "politics is done at the last hour of a day"
    assert state.washington[0].mission_open == 0
    assert not state.sites["open"].any()
    assert ended["people_left"] == state.tally.people_left == world.sites["people"].sum()


def test_a_closure_of_strength_p_is_decided_with_chance_p(given):
    decided = [
        given('do = "close_embassy"', seed=seed, strength=0.4)[1].washington[0].closing_hour < NEVER
        for seed in range(300)
    ]
    assert np.mean(decided) == pytest.approx(0.4, abs=4 * math.sqrt(0.24 / 300))


def test_strikes_fall_on_leaders_each_with_the_strength_as_chance(given):
    made, killed = [], []
    for seed in range(200):
        world, state, log = given('do = "strike_leaders"\ncount = 3', seed=seed, strength=0.5)
        made.append(state.tally.strikes)
        killed += of_kind(log, events.STRIKE_MADE)["amount"].tolist()
        assert set(of_kind(log, events.STRIKE_MADE)["target"].tolist()) <= {largest(world)}
    assert np.mean(made) == pytest.approx(1.5, abs=4 * math.sqrt(0.75 / 200))
    assert len(set(made)) == 4
    p = world.retaliation.p_leader
    assert np.mean(killed) == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / len(killed)))


SURGE = 'do = "reinforce"\npeople = 1000\nreinforce = 2\ndays = 5\nrelation_cost = 0.1\ngrievance = 0.2'


def test_a_surge_brings_people_units_and_supply_for_its_days(given):
    world, state, log = given(SURGE, strength=0.5)
    assert state.tally.people_arrived == of_kind(log, events.REINFORCED)["people"] == pytest.approx(500, abs=3)
    at_start = world.sites["people"][: world.n_sites]
    assert state.sites["people"][: world.n_sites] == pytest.approx(at_start * (1 + 500 / at_start.sum()), abs=1)
    assert state.relation == pytest.approx(world.relation.at_start - 0.05)
    assert state.grievance == pytest.approx(0.1)
    rings = set()
    for site, ring in zip(world.sites[: world.n_sites], world.ring, strict=False):
        if site.open:
            rings |= set(ring[: site.n_ring].tolist())
    assert set(np.flatnonzero(state.squares["reinforced"]).tolist()) == rings
    _, state, _ = given(SURGE, until=5 * 24)
    assert state.sites["people"].sum() > at_start.sum() + 900
    _, state, log = given(SURGE, until=5 * 24 + 1)
    assert state.sites["people"].sum() == at_start.sum()
    assert not state.squares["reinforced"].any()
    assert of_kind(log, events.WITHDRAWN)["people_left"] == state.tally.people_left == pytest.approx(1000, abs=3)


SHARE_ORDER = 'do = "share_intelligence"\non = "warning"\nshare = SHARE\nhours = 3\nreliability = 0.85'
NOTICED = {"operations.base_rate_per_day": 0.3, "intelligence.notice_per_day": 5.0, "baghdad.will_at_start": 0.0}
NOTICED |= {"forces.p_see": 0.0, "forces.p_stop": 0.0}


def test_a_share_of_warnings_goes_to_the_reliable_service_and_fast(given):
    """With no will of Baghdad's own, every raid is one of the shared warnings, made by a reliable unit."""
    changes = {key.replace(".", "__"): value for key, value in NOTICED.items()}
    world, state, log = given(SHARE_ORDER.replace("SHARE", "0.7"), until=59 * 24, strength=0.5, **changes)
    warned, raids = of_kind(log, events.WARNING), of_kind(log, events.RAID)
    n = len(warned)
    assert n > 80
    assert state.tally.warnings_shared / n == pytest.approx(0.35, abs=4 * math.sqrt(0.35 * 0.65 / n))
    assert len(raids) > 10
    assert (world.units["reliability"][raids["actor"]] >= 0.85).all()
    assert (world.units["role"][raids["actor"]] == REACTION).all()
    assert (raids["on_warning"] == 1).all()
    hours = {(w["target"], w["hour"] + 3) for w in warned}
    assert all((raid["target"], raid["hour"]) in hours for raid in raids)


def test_what_is_shared_of_a_false_alarm_is_a_raid_in_vain(given):
    order = SHARE_ORDER.replace("SHARE", "1.0")
    world, state, _ = given(order, until=10 * 24, intelligence__false_alarms_per_month=30.0)
    assert state.tally.false_alarms == state.tally.warnings_shared == 6 * 10
    assert state.tally.raids == state.tally.raids_failed == 60
    assert state.baghdad[0].capital == pytest.approx(0.5 - 60 * world.baghdad.cost_raid, abs=1e-3)


@pytest.mark.parametrize("trigger", ["warning", "us_death"])
def test_a_second_trigger_does_not_cut_short_what_is_under_way(given, trigger):
    """A clearing begun on a warning (or a death) takes its hours, however many more come meanwhile."""
    changes = {"operations__base_rate_per_day": 0.3, "harm__p_wound": 1.0, "harm__p_death": 1.0}
    changes |= {"defence__availability": 0.0, "washington__loss_killed": 0.0}
    order = CLEAR.replace("/north", "").replace("30", "240") + f'\non = "{trigger}"'
    _, _, log = given(order, until=59 * 24, **changes)
    begun, cleared = of_kind(log, events.CLEARING), of_kind(log, events.CLEARED)
    again = of_kind(log, events.WARNING) if trigger == "warning" else of_kind(log, events.FIRE)
    if trigger == "us_death":
        again = again[again["killed"] > 0]
    assert len(cleared) > 1
    between = (again["hour"] > begun["hour"][0]) & (again["hour"] < cleared["hour"][0])
    assert between.any()
    assert (cleared["hour"] - begun["hour"][: len(cleared)] == 240).all()


def test_cells_that_hide_are_those_at_rest_or_preparing(given):
    """A leaked take-down cannot hide a cell that is out."""

    def prepare(world, state):
        own = np.flatnonzero(world.cells["faction"][: world.n_cells] == largest(world))
        state.cells["mode"][own[0]], state.cells["mode"][own[1]] = PREPARING, BROKEN
        state.cells["wake"][own] = 1000

    world, state, _ = given(TAKE.replace("LEAK", "1.0").replace("WHO", "strongest"), prepare=prepare)
    own = np.flatnonzero(world.cells["faction"][: world.n_cells] == largest(world))
    assert state.cells["mode"][own[0]] == LYING_LOW
    assert state.cells["mode"][own[1]] == BROKEN
    assert not (state.cells["mode"][own] == IDLE).any()
