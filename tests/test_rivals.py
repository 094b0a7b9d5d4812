"""The rival structures (MODEL §11, §13): each at its old value is the rule of §10, and does what it says beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from compiling import entry

from experiments.runs.common_state import attacks_per_start, further_attacks, held
from experiments.studies.structures.rivals import load_rivals
from sim import draws, load_scenario
from sim.engine import new_state, simulate, simulate_many
from sim.rules import beliefs, choice
from sim.scenario import compose
from sim.state import ABSTAIN
from sim.theatre import build_theatre
from sim.world import build_world

GOLDEN = json.loads((Path(__file__).parent / "golden_digests.json").read_text(encoding="utf-8"))
DRAWS = 200_000


def as_before(scenario):
    """In the theatre as it was with those rules: squares of 5 km, and the common state that was computed in them."""
    then = {"attacks_per_start": 0.22, "share_going": 0.724, "traffic": 0.891, "detail_traffic": 1.22, "visits": 0.23}
    old = build_theatre(scenario.theatre.config.model_copy(update={"square_km": 5.0}), scenario.file)
    there = compose(scenario.posture, scenario.file, old, before=scenario)
    return there.with_changes({f"common_state.{key}": value for key, value in then.items()})


# --- old values ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", GOLDEN)
def test_all_rivals_at_their_old_values_give_the_runs_of_the_rules_before_them(case):
    """Digests stored with the commit that ends the corrections, whose rules know nothing of the rivals."""
    posture, *responses = case.split("+")
    changes = {"calendar": ""} if posture == "year_and_half" else {}
    shipped = {"supply.tonnes_per_site_day", "supply.tonnes_per_person_day", "supply.tonnes_out_per_person"}
    old = {key: value for key, value in load_rivals().old.items() if key not in shipped}  # corrections, on from then
    scenario = as_before(load_scenario(posture, {**changes, **old}, responses))
    assert simulate_many(scenario, range(1, 6)).digests == GOLDEN[case]


def test_a_body_without_spread_and_without_dates_does_nothing():
    silent = {"coordination.length_days": 3.0, "coordination.truce": "decays"}
    base = load_scenario("fourteen", {"days": 60})
    assert simulate(base, 1).digest == simulate(base.with_changes(silent), 1).digest
    spread = {"coordination.focus_spread": 0.01, **silent}
    assert simulate(base, 1).digest != simulate(base.with_changes(spread), 1).digest


@pytest.mark.parametrize("rival", load_rivals().structures, ids=lambda rival: rival.name)
def test_every_rival_changes_runs_alone(rival):
    base = load_scenario("drawdown_2020", {"days": 120, **load_rivals().old})
    calendar = {"calendar": "2020"} if rival.name in ("scope_of_restraint",) else {}
    start = {"washington.patience_at_start": 0.5} if calendar else {}  # a ladder that asks for restraint
    both = [base.with_changes({**calendar, **start, **values}) for values in (rival.old, rival.middle)]
    old, middle = (simulate_many(scenario, range(5)).digests for scenario in both)
    assert old != middle


# --- likeness --------------------------------------------------------------------------------------------------
@entry
def wins_of_nest(world, state, first, second, both, wins):
    """How often one or two sites of a nest beat an option outside of it, all of the same utility."""
    w, s = world[0], state[0]
    for n in range(len(wins)):
        s.hour = n
        outside = draws.gumbel(s.seed, draws.CHOOSE_OPTION, 7, n, w.option_names[ABSTAIN])
        best = noise_of(w, s, first, n)
        if both:
            best = max(best, noise_of(w, s, second, n))
        wins[n] = 1 if best > outside else 0


def noise_of(w, s, option, n):
    noise = draws.gumbel(s.seed, draws.CHOOSE_OPTION, 7, n, w.option_names[option])
    return choice.site_noise(noise, w, s, 0, option)


noise_of = choice.rule(noise_of)  # compiled into the entry


def odds(place, city, size, both):
    changes = {"choice.dissimilarity_place": place, "choice.dissimilarity_city": city, "choice.size_effect": size}
    scenario = load_scenario("fourteen", {**changes, "sites.zone_compound.people": 500, "days": 1})
    names = [site.name for site in scenario.theatre.config.sites]
    block, wins = build_world(scenario), np.zeros(DRAWS, np.int64)
    state = new_state(block, 11)
    wins_of_nest(block, state, names.index("embassy"), names.index("zone_compound"), both, wins)
    p = wins.mean()
    return p / (1 - p), 4 * np.sqrt(p * (1 - p) / DRAWS) / (1 - p) ** 2


@pytest.mark.parametrize(("place", "city"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.5), (0.3, 0.6), (0.1, 0.1)])
def test_a_clone_in_the_nest_multiplies_its_odds_by_two_to_lambda(place, city):
    """Red bus, blue bus; with the size term the nest of two halves is as tempting as the whole."""
    alone, error = odds(place, city, 0.0, both=False)
    assert alone == pytest.approx(1.0, abs=error), "the noise of one site is standard Gumbel at any dissimilarity"
    two, error = odds(place, city, 0.0, both=True)
    assert two == pytest.approx(2.0 ** (place * city), abs=error)
    halves, error = odds(place, city, 1.0, both=True)
    assert halves == pytest.approx(1.0, abs=error)


# --- encounter ---------------------------------------------------------------------------------------------------
def attacks_for_each_bomb(tip_off, tonnes):
    """Attacks for each bomb laid whose end is known, over many runs, and its standard error."""
    changes = {
        "days": 120,
        "roadside.tip_off": tip_off,
        "supply.tonnes_per_person_day": tonnes,
        "supply.tonnes_per_site_day": 0.0,
        "forces.p_find_device": 0.0,
        "choice.value_road": 20.0,
    }
    measures = simulate_many(load_scenario("fourteen", changes), range(60)).measures
    ended = measures["bombs_laid"] - measures["bombs_waiting_end"]
    rate = measures["convoy_attacks"].sum() / ended.sum()
    return rate, np.sqrt(rate * (1 - rate) / ended.sum())


def test_bombs_on_a_tip_off_do_not_care_for_traffic_and_others_do():
    roadside, supply = load_scenario("fourteen").parameters.roadside, load_scenario("fourteen").parameters.supply
    p = roadside.p_set_off * (1 - roadside.p_escort_finds) ** supply.escorts_per_convoy
    for tonnes in (0.06, 0.24):
        rate, error = attacks_for_each_bomb(1.0, tonnes)
        assert rate == pytest.approx(p, abs=4 * error), "set off against its convoy, or useless"
    (thin, _), (dense, _) = attacks_for_each_bomb(0.0, 0.06), attacks_for_each_bomb(0.0, 0.24)
    assert dense > 1.3 * thin


# --- momentum and beliefs ----------------------------------------------------------------------------------------
QUIET = {"militias.prestige_per_hit": 0.0}
PAIRS = 4000
GENERATIONS_DAYS = 150  # a generation takes some 20 days: of five and more, at 0.44, little is left


def followers(scenario, n, pairs):
    """Further attacks for each attack planted in every faction, and twice the standard error.

    Cells start as often in all as in the common state, with 1 / (1 − n) attacks for each that starts by itself: so
    they are as busy as where the share of starts that becomes attacks was found.
    """
    operations = scenario.parameters.operations
    rate = operations.base_rate_per_day * (1 - n)
    changes = {**QUIET, "operations.momentum_branching": n, "operations.base_rate_per_day": rate}
    block, starts = build_world(scenario.with_changes(changes)), n / scenario.parameters.common_state.attacks_per_start
    days = operations.momentum_days
    found = [further_attacks(block, seed, starts, days, GENERATIONS_DAYS) for seed in range(pairs)]
    each = np.array(found) / int(block[0].n_factions)
    return each.mean(), 2 * each.std(ddof=1) / np.sqrt(pairs)


@pytest.mark.parametrize("n", [0.0, 0.25, 0.44])
def test_an_attack_is_followed_by_as_many_as_branching_says_in_the_whole_model(n):
    """An attack of every faction is planted, and runs are compared in pairs: n + n² + … = n / (1 − n) for each."""
    scenario, expected = held(load_scenario("drawdown_2020"), 45 + GENERATIONS_DAYS), n / (1 - n)
    mean, error = followers(scenario, n, PAIRS if n else 20)
    assert error <= 0.1 * max(expected, 0.1), "enough pairs to tell"
    assert abs(mean - expected) <= 0.1 * expected + error


def test_where_cells_hardly_lie_low_branching_is_as_said_up_to_the_largest():
    """What is missing above is dead time: without it the rules of momentum make whole families."""
    scenario = held(load_scenario("drawdown_2020"), 45 + GENERATIONS_DAYS).with_changes(
        {"operations.lie_low_days": 1.0}
    )
    share = attacks_per_start(scenario.with_changes(QUIET), range(5000, 7000))
    n, expected = 0.44, 0.44 / 0.56
    mean, error = followers(scenario.with_changes({"common_state.attacks_per_start": share}), n, 2000)
    assert error <= 0.1 * expected
    assert abs(mean - expected) <= 0.1 * expected + error


RUNS = 400


def test_beliefs_are_what_the_common_state_yields_and_do_not_drift():
    scenario = held(load_scenario("drawdown_2020"), 274)
    world, measures = build_world(scenario)[0], simulate_many(scenario, range(RUNS)).measures
    fire = measures["fire_attacks_leaking"].sum() / measures["fire_attacks"].sum()
    ended = measures["bombs_laid"] - measures["bombs_waiting_end"]
    road = measures["convoys_hit"].sum() / ended.sum()
    assert fire == pytest.approx(beliefs.of_rockets(world), abs=0.02)
    assert road == pytest.approx(beliefs.of_bombs(world), abs=0.02)
    learning = scenario.with_changes({"choice.learning_rate": 0.1})
    learned = simulate_many(learning, range(RUNS)).measures
    for name, belief in (("expected_fire_end", beliefs.of_rockets), ("expected_road_end", beliefs.of_bombs)):
        drift = learned[name] - belief(world)
        assert abs(drift.mean()) + 2 * drift.std() / np.sqrt(len(drift)) < 0.02, name
