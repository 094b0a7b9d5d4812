"""Governments and factions against the arithmetic of their rules: one attack, one day, one step, one strike."""

from __future__ import annotations

import math

import calls
import numpy as np
import pytest
from laws import agrees
from scipy import stats

from sim import load_scenario, simulate
from sim.engine import new_state
from sim.measures import TALLY
from sim.rules import baghdad, events, factions, operations, politics, retaliation, washington
from sim.state import CALM, CLOSED, NEVER, STRUCK, THREATENED, WARNED
from sim.world import build_world

N = 20_000
HOURS = np.arange(N)
CELL = 3


def prepared(seed=5, **changes):
    """World and state (as records) of the first hour; keys may be written with __ for the dot."""
    blocks = blocks_of(seed, **changes)
    return blocks[0][0], blocks[1][0]


def blocks_of(seed=5, **changes):
    world = build_world(load_scenario("six", {key.replace("__", "."): value for key, value in changes.items()}))
    return world, new_state(world, seed)


def spread(p, n=N):
    """Four standard errors of a share."""
    return 4 * math.sqrt(p * (1 - p) / n)


# --- one attack ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(("leaked", "wounded", "killed"), [(0, 0, 0), (2, 0, 0), (3, 2, 0), (1, 1, 1)])
def test_what_one_attack_costs(hidden, leaked, wounded, killed):
    """loss = blame · (w · loss per attack + per wounded + per killed); blame is less under a facade name."""
    world, state = prepared(militias__facade_discount=0.4)
    if hidden:
        state.factions[world.cells[CELL].faction].facade_until = 100
    blame, w = 0.6 if hidden else 1.0, 1.0 if leaked else 0.3
    assert world.relation.quiet_share == world.washington.quiet_share == 0.3
    politics.after_fire(CELL, leaked, wounded, killed, world, state)
    for plan, first, lost in (
        (world.relation, world.relation.loss_fire, world.relation.at_start - state.relation),
        (world.washington, world.washington.loss_attack, 0.7 - state.washington[0].patience),
    ):
        assert lost == pytest.approx(blame * (w * first + plan.loss_wounded * wounded + plan.loss_killed * killed))
    assert state.prestige == pytest.approx(world.militias.prestige_per_hit if leaked else 0.0)
    assert 0.5 - state.baghdad[0].capital == pytest.approx(world.baghdad.cost_attack if leaked else 0.0)


@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize("loss", ["loss_convoy", "loss_detail"])
def test_what_one_bomb_costs(loss, effect):
    world, state = prepared()
    politics.after_bomb(CELL, world.relation[loss], effect, world, state)
    lost = world.relation[loss] * (1.0 if effect else world.relation.quiet_share)
    assert world.relation.at_start - state.relation == pytest.approx(lost)
    assert state.washington[0].patience == world.washington.patience_at_start, "no US people were there"


def test_levels_stay_within_their_bounds():
    world, state = prepared()
    for _ in range(50):
        politics.after_fire(CELL, 5, 5, 5, world, state)
    assert (state.relation, state.washington[0].patience) == (0.0, 0.0)
    politics.change_capital(-9.0, state)
    assert state.baghdad[0].capital == 0.0
    politics.change_capital(9.0, state)
    assert state.baghdad[0].capital == 1.0


# --- a day's return -----------------------------------------------------------------------------------------------


def test_what_was_lost_returns_geometrically():
    """After n days (1 − 1/days)^n of it is missing: levels of everybody, funds and restraint of the factions."""
    days = {"relation.recovery_days": 90.0, "baghdad.capital_days": 70.0, "militias.grievance_days": 60.0}
    days |= {"militias.prestige_days": 120.0, "militias.funds_days": 50.0, "militias.restraint_days": 30.0}
    days |= {"washington.patience_days": 40.0}
    days |= {f"washington.{step}_below": 0.0 for step in ("warn", "threaten", "strike", "close")}
    world, state = prepared(**{key.replace(".", "__"): value for key, value in days.items()})
    state.relation, state.grievance, state.prestige = 0.1, 0.8, 0.5
    state.baghdad[0].capital, state.washington[0].patience = 0.2, 0.3
    state.factions["funds"][0], state.factions["restraint"][0] = 0.1, 0.9
    for n in range(1, 30):
        washington.act(0, world, state)
        baghdad.act(0, world, state)
        factions.act(0, world, state)
        assert state.relation == pytest.approx(0.6 - 0.5 * (1 - 1 / 90) ** n)
        assert state.baghdad[0].capital == pytest.approx(0.5 - 0.3 * (1 - 1 / 70) ** n)
        assert state.grievance == pytest.approx(0.8 * (1 - 1 / 60) ** n)
        assert state.prestige == pytest.approx(0.5 * (1 - 1 / 120) ** n)
        assert state.washington[0].patience == pytest.approx(0.7 - 0.4 * (1 - 1 / 40) ** n)
        full = world.factions[0].funds
        assert state.factions["funds"][0] == pytest.approx(full - (full - 0.1) * (1 - 1 / 50) ** n)
        assert state.factions["restraint"][0] == pytest.approx(0.9 * (1 - 1 / 30) ** n)


def test_will_follows_capital_and_intimidation():
    """goal = will at start − c · capital lost − intimidation · share of fighters left (S30)."""
    world, state = prepared(baghdad__will_days=20.0)
    plan = world.baghdad
    assert state.baghdad[0].will == pytest.approx(plan.will_at_start - plan.intimidation)
    state.areas["fighters"] *= 0.25
    state.baghdad[0].capital = 0.3
    goal = plan.will_at_start - plan.will_capital_effect * 0.2 - plan.intimidation * 0.25
    assert baghdad.wished_will(world, state) == pytest.approx(goal)
    state.baghdad[0].will = 0.0
    baghdad.act(0, world, state)
    goal = plan.will_at_start - plan.will_capital_effect * (0.5 - state.baghdad[0].capital) - plan.intimidation * 0.25
    assert state.baghdad[0].will == pytest.approx(goal / 20)


# --- the hazard of a faction --------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [False, True])
def test_the_rate_of_a_faction_is_as_written(hidden):
    """base · exp(b_g · g + b_q · q − b_r · obedience · restraint · (1 − cover)) · (1 − b_l · share of leaders gone)."""
    world, state = prepared(operations__base_rate_per_day=0.05, militias__facade_cover=0.5)
    f, o = 1, world.operations
    plan, faction = world.factions[f], state.factions[f]
    state.grievance, state.prestige, faction.restraint, faction.leaders = 0.4, 0.3, 0.9, plan.leaders - 2
    faction.facade_until = 10 if hidden else 0
    restraint = 0.9 * (0.5 if hidden else 1.0)
    push = o.grievance_effect * 0.4 + o.prestige_effect * 0.3 - o.restraint_effect * plan.obedience * restraint
    rate = 0.05 * math.exp(push) * (1 - o.leader_effect * 2 / plan.leaders)
    assert plan.obedience > 0
    assert factions.rate_per_day(f, world, state) == pytest.approx(rate)


def test_leaders_are_replaced_after_a_mean_delay():
    """Looked at once a day: the delay is geometric with exp(−1 / leader_days)."""
    world, state = blocks_of(militias__leader_days=6.0)
    delays = calls.leaders_back(world, state, 0, 200_000)
    assert len(delays) > 20_000
    p = -math.expm1(-1 / 6.0)
    assert agrees(np.bincount(delays)[1:], len(delays) * stats.geom.pmf(np.arange(1, delays.max() + 1), p))


def test_resupply_follows_the_funds():
    world, state = prepared(operations__munitions_per_day=2.0, operations__munitions_cap=10.0)
    state.cells["munitions"][CELL], state.factions["funds"] = 1.0, 0.25
    operations.resupply(CELL, world, state)
    assert state.cells["munitions"][CELL] == pytest.approx(1.5)
    for _ in range(50):
        operations.resupply(CELL, world, state)
    assert state.cells["munitions"][CELL] == 10.0


# --- the ladder ---------------------------------------------------------------------------------------------------


def test_the_ladder_is_climbed_a_rung_at_a_time_and_comes_down_again():
    """Patience held at 0 for 100 days, then at 1: a step every 7 days, up to the top, then down."""
    world, state = prepared(washington__step_days=7, mission__evacuation_days=365)
    rungs = []
    for day in range(200):
        state.hour, state.n_events = 24 * day + 23, 0
        state.washington[0].patience = 0.0 if day < 100 else 1.0
        washington.climb(world, state)
        rungs.append(int(state.washington[0].rung))
    changes = np.flatnonzero(np.diff([0, *rungs]))
    assert [rungs[day] for day in changes] == [WARNED, THREATENED, STRUCK, CLOSED, STRUCK, THREATENED, WARNED, CALM]
    assert changes[0] == 0, "the first step need not wait"
    assert (np.diff(changes)[[0, 1, 2, 4, 5, 6]] == 7).all()
    assert state.tally.ladder_steps == 4, "steps up"
    assert (state.tally.threats, state.tally.strikes) == (1, 1)
    assert state.washington[0].closing_hour < NEVER


@pytest.mark.parametrize(
    ("patience", "rung"), [(0.7, CALM), (0.54, WARNED), (0.41, THREATENED), (0.14, STRUCK), (0.01, CLOSED)]
)
def test_thresholds_of_the_ladder(patience, rung):
    limits = {"warn_below": 0.55, "threaten_below": 0.42, "strike_below": 0.15, "close_below": 0.02}
    world, state = prepared(**{f"washington__{key}": value for key, value in limits.items()})
    state.washington[0].patience = patience
    assert washington.rung_due(world, state) == rung


def test_a_step_calms_washington_and_a_warning_asks_for_restraint():
    world, state = prepared(washington__step_days=1, washington__patience_step=0.1)
    state.hour, state.washington[0].patience = 100, 0.5
    washington.climb(world, state)
    assert state.washington[0].patience == pytest.approx(0.6)
    assert state.factions["restraint"][: world.n_factions] == pytest.approx(world.washington.warn_restraint)


# --- strikes ------------------------------------------------------------------------------------------------------


def test_strikes_follow_deaths_nearly_always_and_nothing_else():
    world, state = blocks_of()
    lethal, other = (calls.strikes_decided(world, state, CELL, killed, HOURS) for killed in (1, 0))
    assert lethal.mean() == pytest.approx(0.95, abs=spread(0.95))
    assert not other.any()
    world, state = blocks_of(washington__p_strike_other=0.2)
    assert calls.strikes_decided(world, state, CELL, 0, HOURS).mean() == pytest.approx(0.2, abs=spread(0.2))


DEADLY = {"operations__base_rate_per_day": 0.5, "harm__p_wound": 1.0, "harm__p_death": 1.0, "days": 60}
DEADLY |= {"defence__availability": 0.0, "washington__warn_below": 0.0, "washington__threaten_below": 0.0}
DEADLY |= {"washington__strike_below": 0.0, "washington__close_below": 0.0, "washington__p_strike_lethal": 1.0}


def test_a_strike_comes_at_the_end_of_the_day_of_a_death_on_the_faction_to_blame():
    changes = {key.replace("__", "."): value for key, value in DEADLY.items()}
    scenario = load_scenario("six", changes)
    world, seen = build_world(scenario)[0], 0
    for seed in range(4):
        log = simulate(scenario, seed, events=True).events
        fires = log[(log["kind"] == events.FIRE) & (log["killed"] > 0)]
        last = {int(e["hour"]) // 24: int(world.cells["faction"][e["actor"]]) for e in fires}
        strikes = log[log["kind"] == events.STRIKE_MADE]
        assert {int(e["hour"]): int(e["target"]) for e in strikes} == {24 * d + 23: f for d, f in last.items()}
        seen += len(strikes)
    assert seen > 5


@pytest.mark.parametrize("effect", ["provokes", "deters", "none"])
def test_what_a_strike_leads_to_is_a_switch(effect):
    world, state = prepared(
        retaliation__effect=effect, retaliation__grievance=0.5, retaliation__attacks=3.0, retaliation__restraint=0.7
    )
    state.n_events = 0
    retaliation.strike(2, 0, world, state)
    starts = world.operations.momentum_branching / world.common_state.attacks_per_start
    jump = starts / (world.factions[2].n_cells * world.operations.momentum_days)
    assert state.grievance == pytest.approx(0.5 if effect == "provokes" else 0.0)
    assert state.factions["momentum"][2] == pytest.approx(3 * jump if effect == "provokes" else 0.0)
    assert not state.factions["momentum"][[0, 1, 3, 4]].any()
    expected = 0.7 if effect == "deters" else 0.0
    assert state.factions["restraint"][: world.n_factions] == pytest.approx(expected)


@pytest.mark.parametrize("relation", [0.0, 0.4, 1.0])
def test_motions_are_likelier_when_the_relation_is_poor(relation):
    world, state = blocks_of(retaliation__p_motion=0.6)
    p = 0.6 * (1 - relation)
    assert calls.motions(world, state, 1, relation, HOURS).mean() == pytest.approx(p, abs=spread(p))


def test_a_mob_and_a_motion_cost_what_they_say():
    world, state = prepared(retaliation__p_mob=1.0, retaliation__p_motion=1.0)
    state.relation, plan = 0.0, world.retaliation
    retaliation.motion(1, 0, world, state)
    assert 0.5 - state.baghdad[0].capital == pytest.approx(plan.motion_capital)
    state.relation = 0.6
    retaliation.mob(1, 0, world, state)
    assert 0.6 - state.relation == pytest.approx(plan.mob_relation)
    assert state.prestige == pytest.approx(plan.mob_prestige)
    assert state.mob_until == 24 * plan.mob_days
    assert 0.5 - state.baghdad[0].capital == pytest.approx(plan.motion_capital + plan.mob_capital)


# --- the end of the mission ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed(early):
    changes = {"days": 40, "mission.partner_days": 10.0, "mission.evacuation_days": 4}
    changes["operations.base_rate_per_day"] = 0.2
    scenario = load_scenario("six", changes, [early["embassy_closure"]])
    return scenario, [simulate(scenario, seed, events=True) for seed in range(60)]


def test_the_end_of_the_mission_is_what_it_says(closed):
    scenario, runs = closed
    mission = scenario.parameters.mission
    for run in runs[:5]:
        (over,) = run.events[run.events["kind"] == events.MISSION_ENDED]
        (decided,) = run.events[run.events["kind"] == events.CLOSING]
        assert over["hour"] == decided["hour"] + 24 * 4 + 23
        day = int(over["hour"]) // 24
        assert not run.days["sites_open"][day:].any()
        assert not run.days["people"][day:].any()
        assert run.measures["embassy_open_days"] == day
        assert run.measures["embassy_days_lost"] == 40 - day
        assert run.days["prestige"][day] - run.days["prestige"][day - 1] == pytest.approx(
            mission.closure_prestige, abs=0.05
        )
        before = run.days["relation"][day - 1]
        lost = min(mission.closure_relation, before)  # it ends at 0
        assert before - run.days["relation"][day] == pytest.approx(lost, abs=0.05)
        fires = run.events[run.events["kind"] == events.FIRE]["hour"]
        assert (fires < over["hour"] + 1).all()
        assert len(fires)


def test_partners_leave_independently_with_an_exponential_time(closed):
    """At the end of a day n days after the closure was due, each is still there with exp(−n / partner_days)."""
    scenario, runs = closed
    (decided,) = runs[0].events[runs[0].events["kind"] == events.CLOSING]
    due, n = int(decided["hour"] + decided["hours"]), scenario.parameters.mission.partners
    for day in (12, 20, 35):
        p = math.exp(-(24 * day + 23 - due) / 24 / 10.0)
        there = np.array([run.days["partners"][day] for run in runs])
        assert there.mean() == pytest.approx(n * p, abs=4 * math.sqrt(n * p * (1 - p) / len(runs)))
    assert all((np.diff(run.days["partners"]) <= 0).all() for run in runs)
    assert all(run.days["partners"][due // 24 - 1] == n for run in runs)


# --- the pressure index -------------------------------------------------------------------------------------------


def test_the_pressure_index_is_the_weighted_sum_of_what_is_counted():
    changes = {key.replace("__", "."): value for key, value in DEADLY.items()}
    changes |= {"calendar": "2020", "defence.availability": 0.5, "supply.stock_at_start_days": 9.0}
    scenario = load_scenario("fourteen", changes)
    w, days = scenario.parameters.pressure, simulate(scenario, 3).days
    of = {column.name: days[column.name] for column in TALLY}
    assert all(of[name][-1] > 0 for name in ("us_killed", "trucks_lost", "mobs", "site_hours_short", "civilian_harm"))
    harmed = of["drivers_wounded"] + of["foreign_wounded"] + of["civilian_harm"] + of["forces_killed"]
    expected = (
        w.fire_attack * (of["rocket_attacks"] + of["drone_attacks"])
        + w.leaked_round * of["rounds_leaked"]
        + w.convoy_attack * of["convoy_attacks"]
        + w.truck * of["trucks_lost"]
        + w.detail_attack * of["detail_attacks"]
        + w.us_wounded * of["us_wounded"]
        + w.us_killed * of["us_killed"]
        + w.other_harmed * harmed
        + w.short_site_day * of["site_hours_short"] / 24
        + w.crisis * (of["mobs"] + of["motions"])
        + w.relation_day * np.cumsum(1 - of["relation"])
        + w.closed_day * np.cumsum(1 - of["embassy_open"])
    )
    assert of["pressure"] == pytest.approx(expected)
