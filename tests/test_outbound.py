"""Supply by site, and equipment of a site that is handed over: in convoys, evenly, hit like others (MODEL §10)."""

from __future__ import annotations

from datetime import date

import invariants
import numpy as np
import pytest

from sim import load_scenario
from sim.engine import Tables, new_state, run_to, simulate, simulate_many
from sim.responses import Use
from sim.rules import events
from sim.state import EVENT, NONE, OUTBOUND
from sim.world import build_world

# nobody attacks, so that all that leaves arrives
STILL = {"operations.base_rate_per_day": 0.0, "operations.momentum_branching": 0.0, "calendar": ""}
START = date(2020, 1, 1)
SPAN = 21
CONVOY_T = 5 * 18.0


def course(scenario, seed=1):
    """World, and the state at the end of each day."""
    world = build_world(scenario)
    state = new_state(world, seed)
    tables, nothing = Tables(world, state), np.zeros(0, EVENT)
    for day in range(1, scenario.days + 1):
        run_to(world, state, tables, 24 * day, nothing)
        yield world[0], state[0]


# --- supply ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("by_head", "by_site"), [(0.1, 0.0), (0.0, 7.5), (0.05, 20.0)])
@pytest.mark.parametrize("posture", ["six", "fourteen"])
def test_supply_is_used_by_head_and_by_site(posture, by_head, by_site):
    numbers = {"supply.tonnes_per_person_day": by_head, "supply.tonnes_per_site_day": by_site}
    scenario = load_scenario(posture, {**STILL, **numbers, "days": 20})
    sites = scenario.posture.sites
    daily = by_head * sum(site.people for site in sites) + by_site * len(sites)
    run = simulate(scenario, 1)
    assert run.state[0].tally["supply_used"] == pytest.approx(20 * daily)
    assert run.state[0].tally["site_hours_empty"] == 0
    start = new_state(build_world(scenario), 1)[0].sites["stock"].sum()
    days = scenario.parameters.supply.stock_at_start_days
    assert 0.9 * days * daily <= start <= 1.1 * days * daily, "stock counts in days of all use"


def test_a_site_that_is_left_uses_nothing_any_more():
    """Its people use as much elsewhere: what is saved is the part by site."""
    scenario = load_scenario("drawdown_2020", {**STILL, "days": 274, "supply.tonnes_out_per_person": 0.0})
    used = np.diff(simulate(scenario, 1).days["supply_used"])
    before, after = used[60], used[120]  # six handovers between them, and nobody goes home
    assert before - after == pytest.approx(6 * scenario.parameters.supply.tonnes_per_site_day)


# --- equipment --------------------------------------------------------------------------------------------------------
def test_equipment_leaves_evenly_within_its_days_and_all_of_it_arrives():
    scenario = load_scenario(
        "drawdown_2020", {**STILL, "supply.tonnes_out_per_person": 6.0, "supply.outbound_days": SPAN}
    )
    names = [site.name for site in scenario.theatre.config.sites]
    people = {site.name: site.people for site in scenario.posture.sites}
    left = np.array([state.sites["equipment"].copy() for _, state in course(scenario)])
    for handover in scenario.posture.handovers:
        j, day = names.index(handover.site), (handover.day - START).days
        due, ends = 6.0 * people[handover.site], day + SPAN
        assert not left[: day - SPAN, j].any(), "nothing is packed before its days"
        gone = due - left[day - SPAN : min(ends, scenario.days), j]
        even = due * np.arange(len(gone)) / (2 * SPAN)
        assert (gone <= even + 1e-6).all(), "never more than its even share"
        assert (gone > even - CONVOY_T - 1e-6).all(), "and less by less than one convoy"
        if ends < scenario.days:
            assert left[ends, j] == 0.0
    run = simulate(scenario, 1)
    tally, ended = run.state[0].tally, [h for h in scenario.posture.handovers if (h.day - START).days + SPAN < 265]
    assert tally["equipment_out"] >= 6.0 * sum(people[h.site] for h in ended)
    on_the_road = run.state[0].convoys["cargo"][run.state[0].convoys["phase"] == OUTBOUND].sum()
    assert tally["equipment_sent"] == pytest.approx(tally["equipment_out"] + on_the_road)


def test_what_is_due_is_tonnes_for_each_person_there_when_it_begins():
    for tonnes in (0.5, 4.0):
        scenario = load_scenario("drawdown_2020", {**STILL, "days": 150, "supply.tonnes_out_per_person": tonnes})
        people = {site.name: site.people for site in scenario.posture.sites}
        begun = [h.site for h in scenario.posture.handovers if (h.day - START).days - SPAN < 150]
        assert len(begun) == 6
        due = simulate(scenario, 1).state[0].tally["equipment_due"]
        assert due == pytest.approx(tonnes * sum(people[site] for site in begun))


def test_without_tonnes_or_handovers_nothing_leaves():
    for posture, tonnes in (("fourteen", 5.0), ("drawdown_2020", 0.0)):
        scenario = load_scenario(posture, {"days": 200, "supply.tonnes_out_per_person": tonnes})
        tally = simulate(scenario, 2).state[0].tally
        assert not any(tally[name] for name in ("equipment_due", "outbound_sent", "outbound_attacks", "equipment_lost"))


def test_outbound_convoys_are_hit_like_others():
    """On the same roads attacks for each convoy are of one order, and losses are real."""
    changes = {"supply.tonnes_out_per_person": 10.0, "choice.value_road": 20.0, "calendar": ""}
    batch = simulate_many(load_scenario("drawdown_2020", changes), range(40), events=True)
    total = {name: batch.days[name][:, -1].sum() for name in batch.days.dtype.names}
    assert total["outbound_attacks"] > 100
    assert 0 < total["equipment_lost"] < total["equipment_sent"]
    outward = total["outbound_attacks"] / total["outbound_sent"]
    inward = (total["convoy_attacks"] - total["outbound_attacks"]) / total["convoys_sent"]
    assert 0.4 < outward / inward < 2.5
    told = np.concatenate(batch.events)
    hits = told[told["kind"] == events.BOMB_CONVOY]
    assert len(hits) == total["convoy_attacks"]
    assert (hits["trucks_lost"][hits["effect"] == 1] >= 1).all()


def test_what_has_not_left_when_the_embassy_closes_stays_behind(early):
    """Loaded trucks drive on; no more are loaded."""
    changes = {"days": 90, "calendar": "", "supply.tonnes_out_per_person": 20.0, "mission.evacuation_days": 0}
    scenario = load_scenario("drawdown_2020", changes)
    closing = scenario.with_responses([Use(name=early["embassy_closure"], start_day=70)])
    world = build_world(closing)
    start, closed, sent, behind = new_state(world, 3), False, 0, 0.0
    for _, state in course(closing, 3):
        invariants.check(world, start, np.array([state], state.dtype))
        if closed:
            assert state.tally["outbound_sent"] == sent
            assert state.sites["equipment"].sum() == behind
        closed = state.washington[0]["mission_open"] == 0
        sent, behind = state.tally["outbound_sent"], float(state.sites["equipment"].sum())
    assert closed
    assert behind > 0
    assert sent > 0
    tally = state.tally
    assert tally["equipment_due"] == pytest.approx(behind + tally["equipment_sent"])
    gone = state.convoys["cargo"][(state.convoys["phase"] != NONE)].sum() + tally["equipment_out"]
    assert tally["equipment_sent"] == pytest.approx(gone + tally["equipment_lost"])
    assert simulate(scenario, 3).state[0].tally["outbound_sent"] > sent
