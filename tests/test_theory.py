"""The rules against theory: closed forms, limits, and causes whose removal removes their effect (MODEL §8)."""

from __future__ import annotations

import math

import calls
import numpy as np
import pytest
from laws import agrees
from scipy import stats

from sim import load_scenario, simulate
from sim.engine import new_state, simulate_many
from sim.rules import events
from sim.state import ABSTAIN, DETAIL, DRONE, ROAD
from sim.theatre_config import ZONES
from sim.world import build_world

N = 20_000
HOURS = np.arange(N)
THEATRE = load_scenario("six").theatre
SITES = [site.name for site in THEATRE.config.sites]
WORLD = build_world(load_scenario("six"))[0]
HOMES = WORLD.cells["home"][: WORLD.n_cells]
NEAR = int(np.argmin(THEATRE.hours[HOMES, WORLD.sites[SITES.index("embassy")].square]))  # a cell in Baghdad


BUSY = {
    "days": 25,
    "operations.base_rate_per_day": 0.4,
    "operations.preparation_hours": 12.0,
    "operations.munitions_at_start": 100.0,
    "operations.lie_low_days": 2.0,
    "supply.stock_at_start_days": 20.0,
    "details.rest_hours": 12.0,
    "harm.p_wound": 0.8,
    "harm.p_civilian": 0.3,
    "choice.rationality": 0.2,
    "forces.p_leak": 1.0,
    "forces.p_loss": 0.5,
}


def prepared(posture="six", seed=5, **changes):
    """World and state of the first hour; keys may be written with __ for the dot."""
    changes = {key.replace("__", "."): value for key, value in changes.items()}
    world = build_world(load_scenario(posture).with_changes(changes))
    return world, new_state(world, seed)


# --- C-RAM ------------------------------------------------------------------------------------------------------


def leak_law(inside, batteries, availability, capacity, p, ready):
    """P(0 leak), …, P(all leak): batteries work or not, then each engaged round is destroyed or not."""
    law = np.zeros(inside + 1)
    for working in range(batteries + 1):
        engaged = min(inside, working * capacity, ready)
        weight = stats.binom.pmf(working, batteries, availability)
        law[inside - engaged :] += weight * stats.binom.pmf(np.arange(engaged + 1), engaged, p)[::-1]
    return law


@pytest.mark.parametrize(
    ("inside", "batteries", "availability", "capacity", "p", "ready"),
    [
        (8, 1, 0.85, 6, 0.7, 12),
        (12, 3, 0.6, 3, 0.5, 100),
        (5, 2, 1.0, 20, 0.9, 100),
        (10, 2, 0.5, 4, 0.8, 3),
        (30, 4, 0.3, 10, 0.25, 100),
    ],
)
def test_leaks_follow_the_closed_form(inside, batteries, availability, capacity, p, ready):
    world, state = prepared(
        defence__availability=availability, defence__capacity_per_salvo=capacity, defence__p_intercept=p
    )
    site = SITES.index("al_asad")
    assert world[0].sites[site].n_covering == 1, "a site with no neighbour"
    state[0].sites["batteries"] = state[0].sites["ready"] = 0
    state[0].sites[site].batteries, state[0].sites[site].ready = batteries, ready
    leaks = calls.leaks(world, state, 2, site, inside, 0, HOURS)
    law = leak_law(inside, batteries, availability, capacity, p, ready)
    assert agrees(np.bincount(leaks, minlength=inside + 1), N * law)


def test_two_sites_cover_each_other_with_all_their_batteries():
    world, state = prepared(defence__availability=0.6, defence__capacity_per_salvo=4, defence__radius_km=3.0)
    embassy, compound = SITES.index("embassy"), SITES.index("zone_compound")
    state[0].sites["batteries"] = 0
    state[0].sites["ready"] = 50
    state[0].sites[embassy].batteries, state[0].sites[compound].batteries = 1, 2
    p = world[0].defence["p_intercept"]
    for site in (embassy, compound):
        leaks = calls.leaks(world, state, 2, site, 10, 0, HOURS)
        assert agrees(np.bincount(leaks, minlength=11), N * leak_law(10, 3, 0.6, 4, p, 150))


def test_drones_are_harder_to_hit():
    world, state = prepared(defence__availability=1.0, defence__p_intercept=0.9, defence__p_intercept_drone=0.2)
    leaks = [calls.leaks(world, state, 2, SITES.index("erbil"), 1, drone, HOURS).mean() for drone in (0, 1)]
    assert leaks[0] == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / N))
    assert leaks[1] == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / N))


# --- bombs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_bombs_are_set_off_independently(p):
    world, state = prepared(roadside__p_set_off=p)
    cells = state[0].cells[: world[0].n_cells]
    cells["device_square"][:10], cells["device_for"][:10], cells["device_until"][:10] = 4, ROAD, 10 * N
    law = stats.binom.pmf(np.arange(11), 10, p)
    first, second = (calls.bombs_set_off(world, state, ROAD, 4, passed, HOURS) for passed in (0, 1))
    assert agrees(np.bincount(first, minlength=11), N * law)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / math.sqrt(N), "two that pass share their luck"
    assert not calls.bombs_set_off(world, state, DETAIL, 4, 0, HOURS).any()
    assert not calls.bombs_set_off(world, state, ROAD, 5, 0, HOURS).any()
    cells["device_until"][:10] = 0
    assert not calls.bombs_set_off(world, state, ROAD, 4, 0, HOURS).any()


# --- choice -----------------------------------------------------------------------------------------------------

OPTIONS = np.arange(ABSTAIN + 1)


def choosing(rationality, **changes):
    """A cell in Baghdad with munitions for all means, with traffic on some roads near it."""
    world, state = prepared(choice__rationality=rationality, operations__munitions_at_start=1000.0, **changes)
    rng = np.random.default_rng(1)
    near = world[0].cells[NEAR].home + np.arange(-10, 10)
    state[0].squares["traffic"][near] = rng.uniform(0.1, 3, 20)
    state[0].squares["detail_traffic"][near] = rng.uniform(0.1, 1, 20)
    state[0].factions["expected"] = rng.uniform(0.2, 0.8, state[0].factions["expected"].shape)
    state[0].cells["munitions"] = 500.0
    return world, state


@pytest.mark.parametrize("rationality", [0.0, 0.3, 1.0, 4.0, 50.0])
def test_choices_are_a_quantal_response(rationality):
    """P ∝ exp(Λ · U) over all that can be done and waiting; uniform for Λ = 0."""
    world, state = choosing(rationality)
    utility = calls.utilities(world, state, NEAR, OPTIONS)
    can = np.isfinite(utility)
    assert can.sum() > 5
    assert can[[ROAD, DETAIL, ABSTAIN]].all()
    assert utility[ABSTAIN] == 0.0
    weights = np.exp(rationality * (utility[can] - utility[can].max()))
    chosen = np.bincount(calls.choices(world, state, NEAR, HOURS), minlength=len(OPTIONS))
    assert not chosen[~can].any()
    assert rationality > 0 or np.ptp(weights) == 0
    assert agrees(chosen[can], N * weights / weights.sum())


def test_a_wholly_rational_cell_takes_the_best():
    world, state = choosing(50.0, choice__value_road=50.0)
    best = np.nanargmax(calls.utilities(world, state, NEAR, OPTIONS))
    assert best == ROAD
    assert (calls.choices(world, state, NEAR, HOURS) == best).all()


def may_act_in(world):
    """Squares near the cell's home; the Zone and the airport only for a cell that lives there."""
    squares = world.squares[: world.n_squares]
    home = squares[world.cells[NEAR].home]
    near = np.hypot(squares["x"] - home["x"], squares["y"] - home["y"]) <= world.operations.radius_km
    gated = np.isin(squares["zone"], [ZONES.index("international_zone"), ZONES.index("airport")])
    return near & (~gated | (squares["zone"] == home["zone"]))


def test_utility_is_as_written():
    """U = value · expected success − cost − risk + taste."""
    world, state = choosing(1.0, choice__risk_per_unit=0.25, choice__traffic_half_per_day=0.5)
    w, s = world[0], state[0]
    faction, choice = w.cells[NEAR].faction, w.choice
    taste, expected = w.factions[faction].taste, s.factions[faction].expected
    site = SITES.index("embassy")
    s.squares[w.sites[site].square].presence = 3
    got = calls.utilities(world, state, NEAR, np.array([site, DRONE + site, ROAD, DETAIL]))
    value = choice.value_site * w.sites[site].value
    assert got[0] == pytest.approx(value * expected[site] - choice.cost_rocket - 0.75 + taste[0])
    assert got[1] == pytest.approx(value * expected[DRONE + site] - choice.cost_drone - 0.75 + taste[1])
    for n, option, traffic in ((2, ROAD, "traffic"), (3, DETAIL, "detail_traffic")):
        busiest = s.squares[traffic][: w.n_squares][may_act_in(w)].max()
        worth = (choice.value_road if n == 2 else choice.value_detail) * busiest / (busiest + 0.5)
        cost = choice.cost_road if n == 2 else choice.cost_detail
        assert got[n] == pytest.approx(worth * expected[option] - cost + taste[n])


@pytest.mark.parametrize("rationality", [0.0, 1.0])
def test_a_bomb_is_laid_where_traffic_and_risk_say(rationality):
    """P ∝ traffic · km of road · exp(−Λ · risk · units) over the squares in reach."""
    world, state = choosing(rationality)
    w, s = world[0], state[0]
    n = w.n_squares
    risk = rationality * w.choice.risk_per_unit * s.squares["presence"][:n]
    weights = np.where(may_act_in(w), s.squares["traffic"][:n] * w.squares["road_km"][:n] * np.exp(-risk), 0.0)
    chosen = np.bincount(calls.squares_chosen(world, state, NEAR, ROAD, HOURS), minlength=n)
    assert (weights > 0).sum() > 5
    assert not chosen[weights == 0].any()
    assert agrees(chosen[weights > 0], (N * weights / weights.sum())[weights > 0])


def launch_squares_by_walking(w, site, steps=2001):
    """Each point of road within range stands with its nearer end, but for the site's own square."""
    found, along = set(), np.linspace(0.0, 1.0, steps)
    for a, b in THEATRE.graph.edges:
        x = w.squares[a].x + along * (w.squares[b].x - w.squares[a].x)
        y = w.squares[a].y + along * (w.squares[b].y - w.squares[a].y)
        within = np.hypot(x - site.x, y - site.y) <= w.fire.range_km
        for near, far, half in ((a, b, along < 0.5), (b, a, along >= 0.5)):
            if (within & half).any():
                found.add(far if near == site.square else near)
    return found


def test_fire_comes_from_within_range():
    world, state = choosing(0.0)
    w, site = world[0], world[0].sites[SITES.index("embassy")]
    chosen = calls.squares_chosen(world, state, NEAR, SITES.index("embassy"), HOURS)
    ring = w.ring[SITES.index("embassy"), : site.n_ring]
    allowed = ring[may_act_in(w)[ring]]
    assert set(chosen.tolist()) == set(allowed.tolist())
    assert set(ring.tolist()) == launch_squares_by_walking(w, site)
    assert site.square not in chosen
    assert agrees(np.bincount(chosen)[allowed], np.full(len(allowed), N / len(allowed)))


def test_an_option_that_cannot_be_done_is_never_chosen():
    world, state = choosing(0.0)
    state[0].cells[NEAR].munitions = 0.5
    assert (calls.choices(world, state, NEAR, HOURS[:500]) == ABSTAIN).all()
    state[0].cells[NEAR].munitions = 500.0
    state[0].cells[NEAR].device_square = 3
    assert not np.isin(calls.choices(world, state, NEAR, HOURS[:2000]), [ROAD, DETAIL]).any()
    state[0].squares["traffic"] = 0.0
    state[0].cells[NEAR].device_square = -1
    assert not (calls.choices(world, state, NEAR, HOURS[:2000]) == ROAD).any()


# --- hazard and momentum ------------------------------------------------------------------------------------------


def test_the_hazard_is_as_written():
    """λ = base · exp(b_g · grievance − b_r · obedience · restraint − b_p · units) + momentum."""
    o = {"grievance": 1.5, "grievance_effect": 0.7, "restraint": 0.6, "restraint_effect": 1.2, "presence_effect": 0.15}
    world, state = prepared(operations__base_rate_per_day=0.03, **{f"operations__{k}": v for k, v in o.items()})
    faction = world[0].cells[0].faction
    state[0].factions[faction].momentum = 0.02
    state[0].squares[world[0].cells[0].home].presence = 2
    push = 0.7 * 1.5 - 1.2 * world[0].factions[faction].obedience * 0.6 - 0.15 * 2
    assert calls.hazard(world, state, 0) == pytest.approx(0.03 * math.exp(push) + 0.02)


def test_presence_deters_more_the_larger_its_effect():
    hazards = []
    for effect in (0.0, 0.5, 5.0):
        world, state = prepared(operations__presence_effect=effect)
        state[0].squares[world[0].cells[0].home].presence = 3
        hazards.append(calls.hazard(world, state, 0))
    assert hazards[1] == pytest.approx(hazards[0] * math.exp(-1.5))
    assert hazards[2] == pytest.approx(hazards[0] * math.exp(-15))


def test_momentum_jumps_and_decays_as_written():
    world, state = prepared(operations__momentum_branching=0.4, operations__momentum_days=10.0)
    called = 0.4 / world[0].common_state.attacks_per_start
    jump, attacks = called / (world[0].factions[1].n_cells * 10.0), [5, 30, 30, 200]
    for hour in attacks:
        state[0].hour = hour
        calls.excite(world, state, 1)
    for hour in (200, 201, 500, 2000):
        state[0].hour = hour
        expected = sum(jump * math.exp(-(hour - then) / 240) for then in attacks)
        assert calls.momentum_now(world, state, 1) == pytest.approx(expected)
    assert calls.momentum_now(world, state, 0) == 0.0, "another faction"


def test_one_attack_calls_for_starts_of_which_as_many_as_the_branching_says_become_attacks():
    """Integral over time of all cells' extra hazard, times the share of starts that becomes attacks."""
    world, state = prepared(operations__momentum_branching=0.4, operations__momentum_days=10.0)
    calls.excite(world, state, 1)
    total = 0.0
    for hour in range(24 * 200):
        state[0].hour = hour
        total += calls.momentum_now(world, state, 1) * world[0].factions[1].n_cells / 24
    assert 0 < world[0].common_state.attacks_per_start < 1
    assert total * world[0].common_state.attacks_per_start == pytest.approx(0.4, rel=0.01)


def test_without_branching_there_is_no_momentum():
    world, state = prepared(operations__momentum_branching=0.0)
    calls.excite(world, state, 1)
    assert calls.momentum_now(world, state, 1) == 0.0
    run = simulate(load_scenario("six").with_changes({**BUSY, "operations.momentum_branching": 0.0}), 1)
    assert run.measures["fire_attacks"] > 0
    assert not run.state[0].factions["momentum"].any()


# --- limits and removed causes ----------------------------------------------------------------------------------

FIRE_HARM = ("fire_attacks", "rounds_fired", "rounds_leaked", "us_wounded", "stray_shells", "bursts_used")
BOMBS = ("convoy_attacks", "detail_attacks", "trucks_lost", "drivers_wounded", "foreign_wounded")
# what is changed, and the measures that must then be nought
REMOVED = {
    "no hazard": ({"operations.base_rate_per_day": 0.0}, ("operations", *FIRE_HARM, *BOMBS, "cells_broken")),
    "no munitions": (
        {"operations.munitions_at_start": 0.0, "operations.munitions_per_day": 0.0},
        ("operations", *FIRE_HARM, *BOMBS),
    ),
    "no convoys": ({"supply.reorder_days": 0.0}, ("convoys_sent", "convoy_attacks", "trucks_lost", "cargo_lost")),
    "nobody sets bombs off": ({"roadside.p_set_off": 0.0}, BOMBS),
    "bombs without effect": (
        {"roadside.p_effect_unskilled": 0.0, "roadside.p_effect_skilled": 0.0},
        ("convoys_hit", "trucks_lost", "cargo_lost", "drivers_wounded", "foreign_wounded"),
    ),
    "bombs without wounds": ({"roadside.p_wound": 0.0}, ("drivers_wounded", "drivers_killed", "foreign_wounded")),
    "perfect armour": ({"roadside.armour": 1.0}, ("foreign_wounded",)),
    "nobody finds bombs": ({"forces.p_find_device": 0.0}, ("devices_found",)),
    "no raid succeeds": ({"forces.p_raid": 0.0, "forces.p_stop": 0.0}, ("cells_broken",)),
    "no warning": ({"forces.p_leak": 0.0}, ("raids_leaked",)),
    "no losses": ({"forces.p_loss": 0.0}, ("unit_losses",)),
    "perfect shelter": ({"harm.p_wound": 0.0}, ("us_wounded", "us_killed")),
    "no deaths": ({"harm.p_death": 0.0, "roadside.p_death": 0.0}, ("us_killed", "drivers_killed")),
    "no stray shells": ({"defence.p_stray_shell": 0.0}, ("stray_shells",)),
    "no harm to civilians": ({"defence.p_stray_harm": 0.0, "harm.p_civilian": 0.0}, ("civilian_harm",)),
    "batteries out of order": ({"defence.availability": 0.0}, ("rounds_engaged", "rounds_intercepted", "bursts_used")),
    "batteries without capacity": ({"defence.capacity_per_salvo": 0}, ("rounds_engaged", "bursts_used")),
    "batteries without bursts": ({"defence.ready_bursts": 0}, ("rounds_engaged", "bursts_used")),
    "batteries that never hit": (
        {"defence.p_intercept": 0.0, "defence.p_intercept_drone": 0.0},
        ("rounds_intercepted",),
    ),
    "nothing noticed": ({"intelligence.notice_per_day": 0.0}, ("warnings",)),
    "no false alarms": ({"intelligence.false_alarms_per_month": 0.0}, ("false_alarms",)),
    "no drone found": ({"fire.p_drone_found": 0.0}, ("drones_found",)),
    "an unshaken government": (
        {"baghdad.will_at_start": 1.0, "baghdad.intimidation": 0.0, "baghdad.will_capital_effect": 0.0},
        ("not_sent",),
    ),
    "no round goes inside": (
        {f"fire.p_inside_{who}": 0.0 for who in ("unskilled", "skilled", "drone")},
        ("rounds_inside", "rounds_leaked", "us_wounded", "bursts_used", "stray_shells"),
    ),
}


def totals(**changes):
    """Sum of each measure over a few busy runs of `six`."""
    batch = simulate_many(load_scenario("six").with_changes({**BUSY, **changes}), range(6))
    assert batch.errors == [""] * 6
    return {name: values.sum() for name, values in batch.measures.items()}


@pytest.fixture(scope="module")
def base():
    return totals()


@pytest.mark.parametrize("case", REMOVED)
def test_without_the_cause_there_is_no_effect(base, case):
    changes, names = REMOVED[case]
    after = totals(**changes)
    for name in names:
        assert base[name] > 0, f"{name}: the base runs must show what is removed"
        assert after[name] == 0, name


def test_a_perfect_defence_leaks_nothing(base):
    changes = {f"defence.{key}": 1.0 for key in ("p_intercept", "p_intercept_drone", "availability")}
    changes |= {"defence.capacity_per_salvo": 100, "defence.ready_bursts": 1000}
    perfect = totals(**changes)
    assert perfect["rounds_inside"] > 100
    assert perfect["rounds_engaged"] == perfect["rounds_intercepted"] == perfect["rounds_inside"]
    assert perfect["rounds_leaked"] == perfect["us_wounded"] == perfect["fire_attacks_leaking"] == 0
    assert base["rounds_leaked"] > 0


def test_more_restraint_means_fewer_operations(base):
    assert totals(**{"operations.restraint": 5.0, "operations.restraint_effect": 5.0})["operations"] < (
        0.5 * base["operations"]
    )


def engaged_at(radius_km):
    """Rounds engaged at embassy and compound, 2 km apart, when only the embassy has a battery."""
    plans = {f"sites.{plan.name}.batteries": 0 for plan in load_scenario("six").posture.sites}
    plans |= {"sites.embassy.batteries": 3, "defence.radius_km": radius_km, "defence.availability": 1.0}
    scenario = load_scenario("six").with_changes({**BUSY, **plans})
    fire = np.concatenate([simulate(scenario, seed, events=True).events for seed in range(6)])
    fire = fire[fire["kind"] == events.FIRE]
    return {name: fire["engaged"][fire["target"] == SITES.index(name)].sum() for name in SITES[:6]}


def test_a_battery_covers_what_lies_within_its_radius():
    narrow, wide = engaged_at(0.0), engaged_at(3.0)
    assert narrow["embassy"] > 0
    assert wide["embassy"] > 0
    assert narrow["zone_compound"] == 0
    assert wide["zone_compound"] > 0
    assert all(rounds == 0 for name, rounds in wide.items() if name not in ("embassy", "zone_compound"))


def test_nobody_learns_at_a_rate_of_nought():
    still = {"choice.learning_rate": 0.0, "skill.gain": 0.0, "skill.loss": 0.0}
    scenario = load_scenario("six").with_changes({**BUSY, **still})
    world, run = build_world(scenario), simulate(scenario, 2)
    first = new_state(world, 2)[0]
    assert run.measures["fire_attacks"] > 0
    assert run.measures["cells_broken"] > 0
    assert (run.state[0].factions["expected"] == first.factions["expected"]).all()
    assert (run.state[0].cells["skill"] == first.cells["skill"]).all()


# --- common random numbers --------------------------------------------------------------------------------------


def test_a_salvo_has_the_same_size_in_every_posture():
    sizes = [calls.salvo_rounds(*prepared(posture), 3, HOURS[:2000]) for posture in ("six", "fourteen")]
    assert (sizes[0] == sizes[1]).all()
    plenty = {f"operations.munitions_{what}": 100.0 for what in ("at_start", "per_day", "cap")}
    whole = {"forces.p_raid": 0.0, "forces.p_stop": 0.0}  # a broken cell has lost its stock
    scenarios = [load_scenario(posture).with_changes({**BUSY, **plenty, **whole}) for posture in ("six", "fourteen")]
    runs = [simulate(scenario, 3, events=True) for scenario in scenarios]
    fires = [run.events[(run.events["kind"] == events.FIRE) & (run.events["drone"] == 0)] for run in runs]
    one, two = ({(e["hour"], e["actor"]): e["rounds"] for e in fire} for fire in fires)
    both = {key for key in one.keys() & two.keys() if key[0] >= 48}  # a first small stock may limit a salvo
    assert len(both) > 5
    assert all(one[key] == two[key] for key in both)


def test_a_cell_first_decides_in_the_same_hour_in_every_posture():
    """Nothing that differs between postures can touch a cell before it acts, but momentum, presence and money."""
    same = {"operations.momentum_branching": 0.0, "operations.presence_effect": 0.0}
    firsts = []
    for posture in ("six", "fourteen", "equal_fourteen"):
        scenario = load_scenario(posture).with_changes({**BUSY, **same})
        seen = simulate(scenario, 3, events=True).events
        seen = seen[np.isin(seen["kind"], (events.OPERATION, events.ABSTAIN))]
        actors, rows = np.unique(seen["actor"], return_index=True)
        firsts.append(dict(zip(actors.tolist(), seen["hour"][rows].tolist(), strict=True)))
    assert len(firsts[0]) > 30
    assert firsts[0] == firsts[1] == firsts[2]


def test_closing_a_site_changes_only_the_choices_it_would_have_won():
    world, state = choosing(0.5)
    before = calls.choices(world, state, NEAR, HOURS)
    closed = SITES.index("embassy")
    state[0].sites[closed].open = 0
    after = calls.choices(world, state, NEAR, HOURS)
    was_there = np.isin(before, (closed, DRONE + closed))
    assert was_there.sum() > 100
    assert (before[~was_there] == after[~was_there]).all()
    assert not np.isin(after, (closed, DRONE + closed)).any()


def test_a_cell_out_of_reach_does_not_notice_a_closed_site():
    world, state = choosing(0.5)
    w = world[0]
    away = np.hypot(
        w.squares["x"][w.cells["home"]] - w.squares["x"][w.sites[0].square],
        w.squares["y"][w.cells["home"]] - w.squares["y"][w.sites[0].square],
    )[: w.n_cells]
    far = int(np.argmax(away))
    assert away[far] > w.operations.radius_km
    before = calls.choices(world, state, far, HOURS[:3000])
    state[0].sites[0].open = 0
    assert (calls.choices(world, state, far, HOURS[:3000]) == before).all()
