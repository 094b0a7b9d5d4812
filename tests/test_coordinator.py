"""The body above the factions, and what restraint binds: tempo, focus, directives, truces, scope (MODEL §11)."""

from __future__ import annotations

import math
from datetime import date

import calls
import numpy as np
import pytest
from laws import agrees

from sim import load_scenario
from sim.engine import new_state, simulate, simulate_many
from sim.rules import events
from sim.state import ABSTAIN, DETAIL, NEVER, ROAD
from sim.world import build_world

N = 20_000
HOURS = np.arange(N)
SPREAD = {"coordination.tempo_spread": 0.8, "coordination.focus_spread": 1.2}
FIRE = np.arange(ROAD)


def prepared(obedience=None, **changes):
    """World and state of the first hour; every faction obeys that far, if given."""
    changes = {key.replace("__", "."): value for key, value in changes.items()}
    world = build_world(load_scenario("fourteen", {"days": 1, **changes}))
    if obedience is not None:
        world["factions"]["obedience"] = obedience
    return world, new_state(world, 5)


def choosing(obedience=None, **changes):
    """The first cell that can reach several sites and roads, with all that it needs; roads and fire about as likely."""
    changes = {"operations__munitions_at_start": 100.0, "choice__rationality": 0.3, **changes}
    world, state = prepared(obedience, **changes)
    state[0].squares["traffic"][: world[0].n_squares] = 1.0
    state[0].squares["detail_traffic"][: world[0].n_squares] = 1.0
    return world, state


def chosen(world, state, cell=0):
    return calls.choices(world, state, cell, HOURS)


def shares(choices):
    """How often fire, roads and waiting were chosen."""
    roads = np.isin(choices, (ROAD, DETAIL)).sum()
    waited = (choices == ABSTAIN).sum()
    return np.array([len(choices) - roads - waited, roads, waited])


# --- tempo and focus ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("obedience", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("spread", [0.3, 0.8, 2.0])
def test_the_mean_tempo_over_directions_is_one_and_who_does_not_obey_keeps_its_own(obedience, spread):
    world, state = prepared(obedience, coordination__tempo_spread=spread, coordination__focus_spread=1.0)
    tempo, focus, _ = calls.directions(world, state, 0, HOURS).T
    assert tempo.mean() == pytest.approx(1.0, abs=4 * tempo.std() / math.sqrt(N))
    assert focus.mean() == pytest.approx(0.0, abs=4 * focus.std() / math.sqrt(N))
    assert np.log(tempo).std() == pytest.approx(spread * obedience, rel=0.02)
    assert focus.std() == pytest.approx(obedience, rel=0.02)
    if obedience == 0.0:
        assert (tempo == 1.0).all()
        assert (focus == 0.0).all()


def test_tempo_and_focus_are_independent_and_directions_last_as_said():
    world, state = prepared(1.0, **{key.replace(".", "__"): value for key, value in SPREAD.items()})
    tempo, focus, hours = calls.directions(world, state, 0, HOURS).T
    assert abs(np.corrcoef(tempo, focus)[0, 1]) < 4 / math.sqrt(N)
    mean = 24.0 * world[0].coordination.length_days
    assert hours.mean() == pytest.approx(mean + 0.5, abs=4 * mean / math.sqrt(N))


def test_a_faction_follows_the_tempo_as_far_as_it_obeys():
    world, state = prepared(**{key.replace(".", "__"): value for key, value in SPREAD.items()})
    world[0].factions["obedience"][:3] = 0.0, 0.5, 1.0
    rates = {}
    for tempo in (0.0, 0.7):
        state[0].coordinator[0].tempo = tempo
        rates[tempo] = np.array([calls.rate_of(world, state, f) for f in range(3)])
    assert rates[0.7] / rates[0.0] == pytest.approx(np.exp(0.7 * np.array([0.0, 0.5, 1.0])))


def test_a_tempo_adds_no_volume():
    """Over many directions: more in some months, fewer in others, as many in all."""
    changes = {"days": 180, "operations.momentum_branching": 0.0, "coordination.length_days": 20.0}
    base = load_scenario("fourteen", changes)
    calm, driven = (
        simulate_many(base.with_changes({"coordination.tempo_spread": spread}), range(150)).measures["operations"]
        for spread in (0.0, 0.5)
    )
    differences = driven - calm
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    assert 4 * error < 0.12 * calm.mean(), "enough runs to tell"
    assert abs(differences.mean()) < 0.02 * calm.mean() + 4 * error, "0.02: busy cells, and hazards in a day"
    assert driven.var() > 2 * calm.var()


def test_focus_moves_the_odds_of_roads_against_fire():
    """Roads by e^(o · focus / 2), fire by its inverse, against waiting."""
    world, state = choosing(0.8)
    before = shares(chosen(world, state))
    for focus in (-1.0, 1.5):
        state[0].coordinator[0].focus = focus
        expected = before * np.exp(0.8 * focus * np.array([-0.5, 0.5, 0.0]))
        after = shares(chosen(world, state))
        assert before.min() > 1000, "each is chosen often enough to tell"
        odds, law = after / after[2], expected / expected[2]
        assert np.log(odds[:2]) == pytest.approx(np.log(law[:2]), abs=4 * math.sqrt((1 / after + 1 / before).max() * 2))


def test_fire_keeps_its_shares_among_sites_under_a_focus():
    world, state = choosing(1.0)
    before = np.bincount(chosen(world, state), minlength=ABSTAIN + 1)[FIRE]
    state[0].coordinator[0].focus = -2.0
    after = np.bincount(chosen(world, state), minlength=ABSTAIN + 1)[FIRE]
    utility = calls.utilities(world, state, 0, FIRE)
    can = np.isfinite(utility)
    assert not before[~can].any()
    assert not after[~can].any()
    weights = np.exp(0.3 * utility[can])
    assert agrees(after[can], after.sum() * weights / weights.sum())
    assert after.sum() > 1.5 * before.sum()


def test_without_focus_or_obedience_no_choice_changes():
    world, state = choosing()
    none = chosen(world, state)
    state[0].coordinator[0].focus = 1.0
    assert (chosen(world, state) != none).any()
    world["factions"]["obedience"] = 0.0
    assert (chosen(world, state) == none).all()
    world["factions"]["obedience"], state[0].coordinator[0].focus = 1.0, 0.0
    assert (chosen(world, state) == none).all()


def test_a_directive_adds_to_the_focus_until_its_end():
    world, state = choosing(1.0)
    body = state[0].coordinator[0]
    body.focus, body.directive, body.directive_until = 0.0, 1.0, N // 2
    directed = chosen(world, state)
    body.focus, body.directive_until = 1.0, 0
    focused = chosen(world, state)
    body.focus = 0.0
    free = chosen(world, state)
    assert (directed[: N // 2] == focused[: N // 2]).all()
    assert (directed[N // 2 :] == free[N // 2 :]).all()
    assert (focused != free).any()


def test_a_body_without_spread_never_wakes_and_one_with_it_leaves_events():
    base = load_scenario("six", {"days": 60, "coordination.length_days": 5.0})
    assert simulate(base, 1).state[0].coordinator[0].wake == NEVER
    run = simulate(base.with_changes(SPREAD), 1, events=True)
    told = run.events[run.events["kind"] == events.DIRECTION]
    assert run.state[0].tally["directions"] == len(told) > 4
    assert (np.abs(told["tempo"]) <= math.sqrt(3) * 0.8).all()
    assert (told["hour"][1:] == told["hour"][:-1] + told["hours"][:-1]).all(), "the next one comes when this one ends"


# --- scope of restraint --------------------------------------------------------------------------------------------
def test_at_scope_one_restraint_binds_the_rate_and_no_choice():
    world, state = choosing(0.9)
    free, rate = chosen(world, state), calls.rate_of(world, state, 0)
    state[0].factions["restraint"] = 1.2
    assert (chosen(world, state) == free).all()
    less = math.exp(-world[0].operations.restraint_effect * 0.9 * 1.2)
    assert calls.rate_of(world, state, 0) == pytest.approx(rate * less)


def test_at_scope_zero_restraint_binds_fire_alone():
    """The rate stays; who chose a road, or to wait, does so still; fire falls by e^(−b o R) against both."""
    world, state = choosing(0.9, operations__restraint_scope=0.0)
    free, rate = chosen(world, state), calls.rate_of(world, state, 0)
    state[0].factions["restraint"] = 0.8
    bound = chosen(world, state)
    assert calls.rate_of(world, state, 0) == rate
    assert (bound[free >= ROAD] == free[free >= ROAD]).all()
    before, after = shares(free), shares(bound)
    law = before * np.array([math.exp(-world[0].operations.restraint_effect * 0.9 * 0.8), 1.0, 1.0])
    odds, expected = after[0] / after[1:].sum(), law[0] / law[1:].sum()
    assert math.log(odds) == pytest.approx(math.log(expected), abs=4 * math.sqrt((1 / after + 1 / before).max() * 2))


def test_between_the_scopes_restraint_is_shared_out():
    world, state = choosing(0.9, operations__restraint_scope=0.25)
    free, rate = shares(chosen(world, state)), calls.rate_of(world, state, 0)
    state[0].factions["restraint"] = 0.8
    bound, cost = shares(chosen(world, state)), world[0].operations.restraint_effect * 0.9 * 0.8
    assert calls.rate_of(world, state, 0) == pytest.approx(rate * math.exp(-0.25 * cost))
    fall = math.log(free[0] / free[1:].sum()) - math.log(bound[0] / bound[1:].sum())
    assert fall == pytest.approx(0.75 * cost, abs=4 * math.sqrt((1 / free + 1 / bound).max() * 2))


def test_restraint_on_fire_alone_lowers_fire_and_not_roads_in_a_run():
    base = load_scenario("fourteen", {"days": 90, "operations.momentum_branching": 0.0})
    for scope, roads_fall in ((0.0, False), (1.0, True)):
        scoped = base.with_changes({"operations.restraint_scope": scope})
        free, bound = (
            simulate_many(scoped.with_changes({"operations.restraint": level}), range(60)).measures
            for level in (0.0, 1.5)
        )
        for measure, falls in (("fire_attacks", True), ("convoy_attacks", roads_fall)):
            change = bound[measure] - free[measure]
            error = change.std(ddof=1) / math.sqrt(len(change))
            assert (change.mean() < -4 * error) == falls, (scope, measure)


# --- truces ----------------------------------------------------------------------------------------------------------
TRUCE = {"start": date(2020, 10, 1), "days": 45, "calendar": "2020_2021", "coordination.truce": "held"}


def test_a_truce_is_held_to_its_end_or_decays():
    """From 10 October to 3 November, of strength 1.5, in a calendar without other restraint in that time."""
    base = load_scenario("fourteen", {**TRUCE, **CALM})
    held = simulate(base, 1)
    decays = simulate(base.with_changes({"coordination.truce": "decays"}), 1)
    assert held.state[0].tally["truces"] == decays.state[0].tally["truces"] == 1
    begins, ends = 9, (date(2020, 11, 3) - TRUCE["start"]).days
    level, faded = held.days["restraint"], decays.days["restraint"]
    assert level[begins:ends] == pytest.approx(1.5)
    assert level[ends + 1 :] == pytest.approx(0.0)
    assert (np.diff(faded[begins:]) < 0).all()
    assert 0 < faded[ends + 1] < 1.5


CALM = {f"washington.{rung}_below": 0.0 for rung in ("warn", "threaten", "strike", "close")}
CALM |= {"washington.p_strike_lethal": 0.0, "retaliation.effect": "none"}
