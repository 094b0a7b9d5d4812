"""Waiting or a budget of effort, and progress of roadside bombs: what each does beside its old value (MODEL §11)."""

from __future__ import annotations

import math

import calls
import numpy as np
import pytest

from experiments.runs.common_state import held
from sim import load_scenario
from sim.engine import new_state, simulate, simulate_many
from sim.rules import events
from sim.state import ABSTAIN, DETAIL, ROAD
from sim.world import build_world

N = 20_000
HOURS = np.arange(N)
OPTIONS = np.arange(ABSTAIN + 1)


def choosing(**changes):
    """The first cell with munitions for all, with traffic everywhere; roads, fire and waiting are all chosen often."""
    changes = {"operations.munitions_at_start": 100.0, "choice.rationality": 0.3, "days": 1, **changes}
    world = build_world(load_scenario("fourteen", changes))
    state = new_state(world, 5)
    state[0].squares["traffic"][: world[0].n_squares] = 1.0
    state[0].squares["detail_traffic"][: world[0].n_squares] = 1.0
    return world, state


def counts(world, state, cell=0):
    return np.bincount(calls.choices(world, state, cell, HOURS), minlength=ABSTAIN + 1)


def close(odds, law, *numbers):
    """Are log-odds of counts as said, within four standard errors?"""
    error = math.sqrt(sum(1.0 / number for number in numbers))
    return math.log(odds) == pytest.approx(math.log(law), abs=4 * error)


# --- waiting ------------------------------------------------------------------------------------------------------
def test_with_a_budget_nobody_waits_who_can_do_anything_and_the_rest_choose_as_before():
    world, state = choosing()
    free = calls.choices(world, state, 0, HOURS)
    world, state = choosing(**{"choice.waiting": "budget"})
    spent = calls.choices(world, state, 0, HOURS)
    assert (free == ABSTAIN).sum() > 1000
    assert not (spent == ABSTAIN).any()
    went = free != ABSTAIN
    assert (spent[went] == free[went]).all(), "waiting was one option among others: without it the next best wins"
    state[0].cells[0].munitions = 0.5
    assert (calls.choices(world, state, 0, HOURS[:500]) == ABSTAIN).all(), "nothing can be done"


def test_in_a_run_with_a_budget_those_who_waited_could_do_nothing():
    changes = {"days": 150, "choice.waiting": "budget", "operations.munitions_at_start": 1.0}
    for seed in range(5):
        run = simulate(load_scenario("fourteen", changes), seed, events=True)
        waited = run.events[run.events["kind"] == events.ABSTAIN]
        for means in ("u_rocket", "u_drone", "u_road", "u_detail"):
            assert (waited[means] == -np.inf).all(), means
        assert (run.events["kind"] == events.OPERATION).any()


def test_a_budget_is_about_the_volume_of_waiting_in_the_common_state():
    base = held(load_scenario("drawdown_2020"))
    option, budget = (
        simulate_many(base.with_changes({"choice.waiting": waiting}), range(150)).measures["operations"]
        for waiting in ("option", "budget")
    )
    ratio = budget.sum() / option.sum()
    error = ratio * math.sqrt(sum(x.var() / x.mean() ** 2 / len(x) for x in (option, budget)))
    assert 4 * error < 0.1, "enough runs to tell"
    assert ratio == pytest.approx(1.0, abs=0.03 + 4 * error)


def test_better_defence_does_not_deter_who_spends_a_budget():
    """Learned failure moves effort to roads; with waiting as an option part of it is lost."""
    worse = {"choice.beliefs": "given", "choice.learning_rate": 0.0, "operations.momentum_branching": 0.0, "days": 120}
    changes = {}
    for waiting in ("option", "budget"):
        base = load_scenario("fourteen", {**worse, "choice.waiting": waiting})
        few, many = (
            simulate_many(base.with_changes({"choice.expect_rocket": p}), range(60)).measures["operations"]
            for p in (0.0, 0.8)
        )
        difference = few - many
        changes[waiting] = difference.mean() / many.mean(), difference.std(ddof=1) / math.sqrt(60) / many.mean()
    fall, error = changes["option"]
    assert fall < -0.07 - 4 * error
    fall, error = changes["budget"]
    assert abs(fall) < 0.03 + 4 * error


# --- progress -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("b", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("successes", [0, 3, 20])
def test_experience_multiplies_the_odds_of_a_bomb_on_convoys_alone(b, successes):
    world, state = choosing(**{"roadside.progress_exponent": b, "choice.cost_road": 4.0})
    before = counts(world, state)
    state[0].factions["road_successes"] = successes
    after = counts(world, state)
    if b == 0.0 or successes == 0:
        assert (after == before).all()
        return
    rest, rest_before = after.sum() - after[ROAD], before.sum() - before[ROAD]
    assert close(after[ROAD] / rest, before[ROAD] / rest_before * (1 + successes) ** b, after[ROAD], before[ROAD], rest)
    assert close(after[DETAIL] / after[ABSTAIN], before[DETAIL] / before[ABSTAIN], after[DETAIL], before[DETAIL])


@pytest.mark.parametrize("b", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("successes", [0, 3, 15])
def test_surer_lowers_the_chance_of_no_effect_and_leaves_choices(b, successes):
    world, state = choosing(**{"roadside.progress_exponent": b, "roadside.progress": "surer"})
    chosen = counts(world, state)
    state[0].factions["road_successes"] = successes
    assert (counts(world, state) == chosen).all()
    cell, roadside = state[0].cells[0], world[0].roadside
    cell.device_skill = 0.3
    p = roadside.p_effect_unskilled + 0.3 * (roadside.p_effect_skilled - roadside.p_effect_unskilled)
    for option, law in ((ROAD, 1 - (1 - p) * (1 + successes) ** -b), (DETAIL, p)):
        cell.device_for = option
        seen = calls.effects(world, state, 0, HOURS).mean()
        assert seen == pytest.approx(law, abs=4 * math.sqrt(law * (1 - law) / N)), option


def test_cheaper_leaves_the_chance_of_an_effect():
    world, state = choosing(**{"roadside.progress_exponent": 1.0, "roadside.progress": "cheaper"})
    state[0].cells[0].device_for = ROAD
    none = calls.effects(world, state, 0, HOURS)
    state[0].factions["road_successes"] = 20
    assert (calls.effects(world, state, 0, HOURS) == none).all()


def test_experience_is_the_number_of_bombs_with_an_effect():
    run = simulate(load_scenario("fourteen", {"days": 120, "choice.value_road": 20.0}), 2)
    assert run.state[0].factions["road_successes"].sum() == run.state[0].tally["convoys_hit"] > 5
