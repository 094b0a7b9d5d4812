"""What must not matter does not: labels, the order of a file, orders whose cause is taken away (MODEL §8)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import load_scenario, simulate
from sim.config_files import configs_folder, read_toml, validate
from sim.engine import new_state, simulate_many
from sim.measures import TALLY
from sim.rules import factions, washington
from sim.scenario import compose
from sim.theatre import build_theatre
from sim.theatre_config import TheatreConfig
from sim.world import build_world

HEAD = 'name = "trial"\ntitle = "A trial"\nsource = "judgement"\n'
BUSY = {"days": 40, "operations.base_rate_per_day": 0.1, "harm.p_wound": 0.8}
THEATRE = configs_folder() / "theatres" / "baghdad.toml"
SEEDS = range(6)


# --- labels -------------------------------------------------------------------------------------------------------


def reordered(kind, order):
    """The busy fourteen in a theatre file whose tables of a kind stand in another order."""
    tree = read_toml(Path(THEATRE))
    tree[kind] = order(tree[kind])
    base = load_scenario("fourteen", BUSY)
    theatre = build_theatre(validate(TheatreConfig, tree, THEATRE), THEATRE)
    return compose(base.posture, base.file, theatre)


def alike(one, two):
    """The same measures; sums over agents in another order may differ in the last digits. NaN where both have none."""
    for name, values in one.measures.items():
        assert values == pytest.approx(two.measures[name], rel=1e-9, abs=1e-9, nan_ok=True), name


KINDS = ["factions", "sites", "garrisons", "detail_routes", "neighbourhoods", "places", "roads"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_a_file_does_not_matter(kind):
    base = simulate_many(load_scenario("fourteen", BUSY), SEEDS)
    assert base.measures["fire_attacks"].sum() > 50
    alike(base, simulate_many(reordered(kind, lambda rows: rows[::-1]), SEEDS))


def test_the_order_of_sites_in_a_posture_does_not_matter():
    scenario = load_scenario("fourteen", BUSY)
    turned = scenario.posture.model_copy(update={"sites": scenario.posture.sites[::-1]})
    alike(simulate_many(scenario, SEEDS), simulate_many(compose(turned, scenario.file, scenario.theatre), SEEDS))


# --- causes taken away --------------------------------------------------------------------------------------------


def test_no_hazard_of_their_own_and_no_momentum_is_no_attack():
    still = {"operations.base_rate_per_day": 0.0, "operations.momentum_branching": 0.0}
    run = simulate(load_scenario("fourteen", {**BUSY, **still, "operations.grievance": 5.0}), 1)
    for name in ("operations", "fire_attacks", "convoy_attacks", "detail_attacks", "warnings", "strikes"):
        assert run.measures[name] == 0, name


def test_without_deaths_there_are_no_strikes():
    gentle = {"harm.p_death": 0.0, "washington.strike_below": 0.0, "washington.close_below": 0.0}
    runs = simulate_many(load_scenario("six", {**BUSY, **gentle}), SEEDS)
    assert runs.measures["us_wounded"].sum() > 0
    assert not runs.measures["strikes"].any()
    assert not runs.measures["mobs"].any()
    assert not runs.measures["motions"].any()


NO_THREAT = {f"washington.threat_{what}": 0.0 for what in ("restraint", "capital", "will", "relation")}
NO_FACADE = {"militias.facade_cover": 0.0, "militias.facade_discount": 0.0}
NO_CRISIS = {"retaliation.p_leader": 0.0, "retaliation.p_mob": 0.0, "retaliation.p_motion": 0.0}
# order; what takes its effect away; the columns in which alone it may then be seen
EMPTIED = {
    "arrests of leaders who do not matter": (
        'do = "arrest_leaders"\ncount = 2\np_success = 1.0',
        {"operations.leader_effect": 0.0, "baghdad.gain_catch": 0.0},
        {"leaders_removed", "leaders"},
    ),
    "funds cut where nothing is bought": (
        'do = "cut_funds"\nshare = 0.9',
        {"operations.munitions_per_day": 0.0, "operations.munitions_at_start": 30.0},
        {"funds_cut", "funds"},
    ),
    "support with nothing to hold": ('do = "rally_support"\namount = 0.8', {}, {"support"}),
    "strikes that hit and lead to nothing": ('do = "strike_leaders"\ncount = 3', NO_CRISIS, {"strikes"}),
    "a threat that nobody minds": ('do = "threaten_closure"', NO_THREAT | NO_FACADE, {"threats", "facades_taken"}),
    "a take-down that takes nobody": (
        'do = "take_down"\np_break = 0.0\np_leak = 0.0\np_clash = 0.0',
        {"operations.momentum_branching": 0.0},
        {"take_downs"},
    ),
    "nothing shared": (
        'do = "share_intelligence"\non = "warning"\nshare = 0.0\nhours = 1\nreliability = 0.0',
        {},
        set(),
    ),
    "nobody comes": ('do = "reinforce"\npeople = 0\nreinforce = 0\ndays = 5', {}, set()),
    "nothing removed": (
        'do = "clear_area"\nareas = ["international_zone"]\nhours = 24\nremoval = 0.0\np_clash = 0.0\nreinforce = 0',
        {},
        {"areas_cleared", "areas_lost"},
    ),
}


@pytest.mark.parametrize("case", EMPTIED)
def test_an_order_without_its_cause_has_no_effect(case, tmp_path):
    order, changes, seen = EMPTIED[case]
    path = tmp_path / "trial.toml"
    path.write_text(f"{HEAD}[[orders]]\n{order}\nstart_day = 3\nevery_days = 10\n", encoding="utf-8")
    scenario = load_scenario("six", {**BUSY, **changes, "retaliation.effect": "none"})
    without, with_it = simulate(scenario, 2), simulate(scenario.with_responses([str(path)]), 2)
    assert without.measures["fire_attacks"] > 0
    different = {c.name for c in TALLY if not np.array_equal(without.days[c.name], with_it.days[c.name])}
    assert different == seen


def test_a_threat_without_restraint_and_facades_does_not_touch_a_hazard():
    world = build_world(load_scenario("six", {"washington.threat_restraint": 0.0, "militias.facade_days": 0.0}))
    state = new_state(world, 1)
    before = [factions.rate_per_day(f, world[0], state[0]) for f in range(world[0].n_factions)]
    washington.threaten(1.0, world[0], state[0])
    assert [factions.rate_per_day(f, world[0], state[0]) for f in range(world[0].n_factions)] == before
    restrained = build_world(load_scenario("six", {"militias.facade_days": 0.0}))
    washington.threaten(1.0, restrained[0], state[0])
    after = [factions.rate_per_day(f, restrained[0], state[0]) for f in range(world[0].n_factions)]
    obey = world[0].factions["obedience"][: world[0].n_factions] > 0
    assert (np.array(after)[obey] < np.array(before)[obey]).all()


def test_a_weight_of_the_pressure_index_changes_the_index_alone():
    scenario = load_scenario("six", BUSY)
    base, heavier = simulate(scenario, 2), simulate(scenario.with_changes({"pressure.fire_attack": 7.0}), 2)
    different = {c.name for c in TALLY if not np.array_equal(base.days[c.name], heavier.days[c.name])}
    assert different == {"pressure"}
    added = 6.0 * (base.days["rocket_attacks"] + base.days["drone_attacks"])
    assert heavier.days["pressure"] - base.days["pressure"] == pytest.approx(added)
