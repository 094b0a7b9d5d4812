"""Deciding: policies are the defender's, what is clearly beaten goes, evacuation never wins, luck is shown as luck."""

from __future__ import annotations

import itertools
import json
import math
import random
import shutil

import numpy as np
import pytest
from policies_made_up import TIP_OFF, StandIn, mixed, sizes_of
from pydantic import ValidationError
from sizes import rows_in, run_twice, sizes_file

from experiments.studies.decide import rounds
from experiments.studies.decide.choice import by_structure, choose, finalists, front, hangs_on, turning
from experiments.studies.decide.decision import CHECKED, FRESH, decide
from experiments.studies.decide.policies import (
    LEVERS,
    TWICE,
    Given,
    Policy,
    all_policies,
    check,
    check_levers,
    policy,
    policy_of,
    refusal,
    refused_sets,
    sets,
)
from experiments.studies.decide.scores import BY_ORDER, score
from experiments.studies.decide.search import Space, search
from experiments.studies.forms import cells
from experiments.studies.fronts import in_turn, undominated
from experiments.studies.settings import DecideSizes, load_sizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.weights import weighed
from sim.config_files import find
from sim.errors import ConfigError
from sim.parameters import Parameters, flat

FULL = load_sizes(DecideSizes, "decide", quick=False)
RIVALS = load_rivals()
SHARING, FUNDS, LEAVE, CLOSE = (
    "intelligence_sharing",
    "financial_pressure",
    "embassy_closure",
    "zone_closure_on_warning",
)


def named(scored, text):
    return next(n for n, each in enumerate(scored.policies) if each.name == text)


def has(policy, response):
    return any(given.response == response for given in policy.responses)


# --- policies are what the defence decides -----------------------------------------------------------------
def test_thirteen_responses_make_378_sets_and_what_is_refused_is_in_none():
    every = list(sets(FULL))
    assert (len(FULL.responses), len(every)) == (13, 378)
    policies = all_policies(FULL)
    bad = [each for each in every if any(set(r.pair) <= set(each) for r in FULL.refused)]
    assert len(policies) == len(FULL.postures) * (378 - len(bad)) == len(set(policies))
    for each in policies:
        names = {given.response for given in each.responses}
        assert not any(set(r.pair) <= names for r in FULL.refused), each.name
        assert all((given.strength, given.start_day) == (1.0, 0) for given in each.responses)
    assert {(r.first, r.second): r.sets for r in refused_sets(FULL)} == {r.pair: 12 for r in FULL.refused}


def test_a_refusal_has_a_reason_and_a_response_is_given_once():
    assert refusal(["surge", "surge"], ()) == TWICE
    assert "troops" in refusal(["surge", "key_takedown", "embassy_closure"], FULL.refused)
    assert refusal(["surge", "key_takedown"], FULL.refused) == ""


def test_a_policy_is_its_name_whatever_the_order_of_its_responses():
    one = policy("six", [Given(SHARING, 0.5, 30), Given(FUNDS)])
    assert one == policy("six", [Given(FUNDS), Given(SHARING, 0.5, 30)])
    assert one.name == f"six+{FUNDS}@0+{SHARING}=0.5@30"
    assert policy_of(one.point) == one
    assert policy_of(Policy("six").point) == Policy("six")


def test_no_key_of_attackers_or_of_the_world_can_be_chosen():
    for key in [*flat(Parameters()), "calendar", "days", "people", "sites.embassy.batteries", "state"]:
        with pytest.raises(ConfigError, match="it must be what the defence decides"):
            check_levers({"posture": "six", key: 1.0})
        with pytest.raises(ConfigError):
            policy_of({"posture": "six", "responses": "none", key: 1.0})


def test_every_place_of_the_search_is_a_choice_of_the_defence_or_is_refused():
    space, rng = Space(FULL), np.random.default_rng(1)
    found = [space.policy(rng.integers(0, np.array(space.ends) + 1)) for _ in range(3000)]
    policies = [each for each in found if each is not None]
    assert 0 < len(policies) < len(found)
    for each in policies:
        assert set(each.point) <= LEVERS
        names = [given.response for given in each.responses]
        assert each.posture in FULL.postures
        assert len(names) <= FULL.most_responses
        assert refusal(names, FULL.refused) == ""
        assert space.policy(space.place(each)) == each
        for given in each.responses:
            assert given.strength in FULL.strengths
            assert given.start_day in FULL.starts


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("[parameters.operations]\nbase_rate_per_day = 0.001\n", "parameters"),
        ('calendar = "2020"\n', "calendar"),
        ("days = 90\n", "days"),
    ],
)
def test_a_posture_that_changes_more_than_the_defence_decides_is_refused(tmp_path, change, what):
    text = find("postures", "six").read_text(encoding="utf-8")
    assert "days = 274\n" in text
    text = text.replace("days = 274\n", change) if what == "days" else text
    top = change if what == "calendar" else ""
    path = tmp_path / "mine.toml"
    path.write_text(top + text + (change if what == "parameters" else ""), encoding="utf-8")
    check(sizes_of())
    with pytest.raises(ConfigError, match=f"it must have the same {what} as"):
        check(sizes_of(postures=("fourteen", str(path))))


def test_sizes_that_cannot_be_meant_are_refused():
    for changed in (
        {"decides": "nothing"},
        {"base": "plain_one"},
        {"strengths": (0.5,)},
        {"starts": (30,)},
        {"rounds": (16, 8)},
    ):
        with pytest.raises(ValidationError):
            sizes_of(**changed)
    turned = [{**each.model_dump(), "goal": "most"} for each in FULL.objectives if each.name == "pressure"]
    with pytest.raises(ValidationError, match="is against what pressure is for the defence"):
        sizes_of(objectives=[*turned, *[e.model_dump() for e in FULL.objectives if e.name != "pressure"]])


# --- objectives --------------------------------------------------------------------------------------------
def test_an_objective_adds_up_its_parts_with_their_costs():
    truth = {
        "people_mean": 2000.0,
        "batteries_mean": 5.0,
        "convoys_sent": 300.0,
        "convoys_hit": 6.0,
        "civilian_harm": 2.0,
    }
    sizes = sizes_of()
    scored = score(StandIn(lambda p, s: truth), "x", sizes, [{}], [Policy("fourteen")], 2)
    each = {part.measure: part.each for part in sizes.objective("cost").parts}
    wanted = 274 * (2000 * each["people_mean"] + 5 * each["batteries_mean"]) + 300 * each["convoys_sent"]
    assert scored.losses["cost"].tolist() == [[[pytest.approx(wanted)] * 2]]
    assert scored.losses["hits_per_100_convoys"][0, 0, 0] == pytest.approx(2.0)
    assert scored.losses["iraqi_harm"][0, 0, 0] == pytest.approx(2.0)
    assert scored.losses["relation"][0, 0, 0] == pytest.approx(-0.6)  # most is wanted: its loss is turned


def test_nothing_sent_is_nothing_hit():
    scored = score(StandIn(lambda p, s: {"convoys_sent": 0.0}), "x", sizes_of(), [{}], [Policy("fourteen")], 2)
    assert scored.losses["hits_per_100_convoys"].tolist() == [[[0.0, 0.0]]]


def test_every_cost_has_a_source_or_is_a_judgement():
    for part in FULL.objective("cost").parts:
        assert "judgement" in part.source
    assert {part.measure for part in FULL.objective("cost").parts} >= {"people_mean", "batteries_mean", "convoys_sent"}


def test_policies_share_streams_and_states_do_not():
    stand_in = StandIn(lambda p, s: {}, noise=1.0)
    scored = score(stand_in, "x", sizes_of(), [{}, {}], [Policy("fourteen"), Policy("six")], 3)
    assert stand_in.asked == [("x", 2, [Policy("fourteen").point, Policy("six").point], 3, 0)]
    assert not np.allclose(scored.loss[0], scored.loss[1])


# --- fronts ------------------------------------------------------------------------------------------------
def test_fronts_are_those_of_all_pairs():
    rng = np.random.default_rng(5)
    losses = rng.integers(0, 4, (40, 3)).astype(float)
    beaten = [
        any((losses[j] <= losses[i]).all() and (losses[j] < losses[i]).any() for j in range(40)) for i in range(40)
    ]
    assert undominated(losses).tolist() == [not each for each in beaten]
    assert in_turn(np.array([[0.0, 2.0], [1.0, 0.0], [2.0, 1.0]]), 2) == [0, 1]


# --- rounds ------------------------------------------------------------------------------------------------
def only_when_tipped(gain, loss):
    """Sharing gains so much where bombs are laid on a tip-off, and loses so much where they are not; funds gain 12."""

    def truth(policy, state):
        pressure = 100.0 + (30.0 if policy.posture == "fourteen" else 0.0)
        pressure -= 12.0 * has(policy, FUNDS)
        if has(policy, SHARING):
            pressure += -gain if state[TIP_OFF] > 0 else loss
        return {"pressure": pressure, "sites_evacuated": 1.0 * has(policy, LEAVE)}

    return truth


def test_what_is_clearly_beaten_goes_and_what_is_good_in_one_structure_stays():
    sizes = sizes_of(responses=(SHARING, FUNDS), refused=())
    scored = score(StandIn(only_when_tipped(40.0, 200.0), noise=3.0), "x", sizes, mixed(60), all_policies(sizes), 2)
    keep, (evacuations, over, beaten) = rounds.kept(scored, RIVALS)
    left = {policy.name for policy, there in zip(scored.policies, keep, strict=True) if there}
    sharing = f"six+{SHARING}@0"
    assert scored.loss[:, named(scored, sharing)].mean() > scored.loss[:, named(scored, "six")].mean() + 5
    assert f"six+{FUNDS}@0+{SHARING}@0" in left  # 80 behind in the mean over all, far ahead where tip-offs are in
    assert {"fourteen", "six", f"six+{FUNDS}@0"} <= left
    assert f"fourteen+{FUNDS}@0" not in left
    assert (evacuations, over) == (0, 0)
    assert beaten == len(scored.policies) - len(left)
    # without a look at structures it would have gone: that is the fault this rule is there for
    blind = rounds.clearly_beaten(scored, scored.stays, RIVALS.model_copy(update={"structures": ()}))
    assert blind[named(scored, f"six+{FUNDS}@0+{SHARING}@0")]


def test_noise_alone_drops_nothing():
    sizes = sizes_of(responses=(SHARING, FUNDS, CLOSE), refused=())
    for seed in range(5):
        stand_in = StandIn(lambda p, s: {"pressure": 100.0}, noise=30.0, seed=seed)
        scored = score(stand_in, "x", sizes, mixed(16), all_policies(sizes), 2)
        keep, _ = rounds.kept(scored, RIVALS)
        assert keep.all()


def test_what_ends_the_mission_by_chance_in_a_few_runs_is_not_dropped_as_evacuation():
    """The mission ends in 19% of the states, whatever is chosen; above a fifth of them it would be evacuation."""
    sizes, more = sizes_of(responses=(SHARING, FUNDS, CLOSE), refused=()), 0
    for part in range(10):
        states = mixed(16, part)
        scored = score(
            StandIn(lambda p, s: {"pressure": 100.0, "sites_evacuated": 1.0 * (s["skill.gain"] < 0.19)}, 30.0),
            *("x", sizes, states, all_policies(sizes), 2),
        )
        more += int((~scored.stays).sum())
        assert rounds.kept(scored, RIVALS)[1][0] == 0
    assert more > 0  # the fault: a share of few runs that is taken for the truth


def test_a_limit_drops_only_what_clearly_misses_it():
    def truth(policy, state):
        spent = 0.3 * has(policy, SHARING) + 0.11 * has(policy, FUNDS)
        return {"pressure": 100.0, "capital_mean": 0.6 - spent + 0.2 * (state["skill.gain"] - 0.5) * has(policy, FUNDS)}

    sizes = sizes_of(responses=(SHARING, FUNDS), refused=())
    scored = score(StandIn(truth), "x", sizes, mixed(20), all_policies(sizes), 2)
    over = rounds.clearly_over(scored)
    assert over[named(scored, f"six+{SHARING}@0")]
    assert not over[named(scored, f"six+{FUNDS}@0")]


# --- the search --------------------------------------------------------------------------------------------
def test_the_search_finds_a_strength_and_a_start_that_no_set_at_full_strength_has():
    """Best is sharing at half strength from day 60; from the first day at full strength it is no better than none."""
    sizes = sizes_of(
        responses=(SHARING, FUNDS, CLOSE),
        refused=(),
        strengths=(0.25, 0.5, 0.75, 1.0),
        starts=(0, 30, 60, 90),
        population=24,
        generations=14,
    )

    def truth(policy, state):
        pressure = 100.0 + 20.0 * (policy.posture == "fourteen")
        for given in policy.responses:
            away = abs(given.strength - 0.5) / 0.5 + abs(given.start_day - 60) / 60
            pressure += 20.0 * (away - 1.0) if given.response == SHARING else 5.0
        return {"pressure": pressure}

    stand_in, states = StandIn(truth, noise=2.0), mixed(12)
    always = [Policy("fourteen"), Policy("six")]

    def scored(policies):
        return score(stand_in, "search", sizes, states, list(dict.fromkeys([*always, *policies])), 2)

    start = [Policy("six"), policy("six", [Given(SHARING)]), policy("six", [Given(FUNDS)])]
    before = random.getstate()
    generations, found = search(sizes, start, always, scored, 1)
    assert random.getstate() == before
    assert policy("six", [Given(SHARING, 0.5, 60)]) in found
    assert set(start) <= set(found)
    assert (generations, found) == search(sizes, start, always, scored, 1)
    assert generations[-1].least_regret <= generations[0].least_regret
    asked = [point for _, _, points, _, _ in stand_in.asked for point in points]
    assert all(set(point) == LEVERS for point in asked)


def test_the_search_keeps_no_policy_that_misses_a_limit_or_leaves():
    def truth(policy, state):
        gone, spent = has(policy, LEAVE), 0.3 * has(policy, SHARING)
        return {
            "pressure": 10.0 if gone else 100.0 - 50.0 * has(policy, SHARING),
            "capital_mean": 0.6 - spent,
            "sites_evacuated": 1.0 * gone,
        }

    sizes = sizes_of(refused=(), population=12, generations=5)
    stand_in, states, base = StandIn(truth), mixed(8), Policy("fourteen")

    def scored(policies):
        return score(stand_in, "search", sizes, states, list(dict.fromkeys([base, *policies])), 2)

    _, found = search(sizes, [base], [base], scored, 1)
    tried = [policy_of(point) for _, _, points, _, _ in stand_in.asked for point in points]
    assert any(has(each, LEAVE) for each in tried)
    assert any(has(each, SHARING) for each in tried)
    assert len(found) > 1
    assert not any(has(each, LEAVE) or has(each, SHARING) for each in found)


# --- the whole study, on made-up worlds --------------------------------------------------------------------
def whole(truth, noise=2.0, seed=1, weights="", **changed):
    small = {"rounds": (12, 24), "population": 12, "generations": 3, "fresh_states": 60, "fresh_replicates": 4}
    sizes = sizes_of(**{**small, **changed})
    stand_in = StandIn(truth, noise, seed)
    sets = [weighed(mixed(n, part), weights) for part, n in enumerate((sizes.rounds[-1], *[sizes.fresh_states] * 2))]
    return stand_in, decide(sizes, RIVALS, sets, stand_in)


def test_evacuation_never_wins_and_is_shown_apart():
    def truth(policy, state):
        gone = 1.0 * has(policy, LEAVE)
        if has(policy, CLOSE):  # nobody orders it, and yet the mission ends in three runs of four
            gone = 1.0 * (state["skill.gain"] < 0.75)
        pressure = 0.0 if gone else 100.0 - 10.0 * has(policy, SHARING)
        return {"pressure": pressure, "sites_evacuated": gone, "relation_mean": 0.9 if gone else 0.6}

    _, found = whole(truth)
    rows = {row.policy.name: row for row in found.rows}
    assert found.choice.policy is not None
    assert not has(found.choice.policy, LEAVE)
    assert not has(found.choice.policy, CLOSE)
    assert has(found.choice.policy, SHARING)
    gone = rows[f"six+{LEAVE}@0"]
    assert (gone.evacuation, gone.front, gone.chosen) == (BY_ORDER, False, False)
    assert math.isnan(gone.regret_p90)
    assert math.isnan(gone.satisficing)
    assert gone.ended == 1.0
    assert "% of the runs" in rows[f"six+{CLOSE}@0"].evacuation
    fresh = {policy.name for policy in found.fresh.policies}
    assert not any(LEAVE in name or CLOSE in name for name in fresh)
    # in everything that is counted it would have won: that is the fault
    assert all(truth(gone.policy, s)["pressure"] < 90 for s in mixed(5))


@pytest.mark.parametrize(("budget", "chosen"), [(-0.1, f"six+{FUNDS}@0"), (-0.4, f"six+{SHARING}@0")])
def test_the_budget_of_capital_binds(budget, chosen):
    def truth(policy, state):
        gains = {SHARING: 60.0, FUNDS: 20.0}
        best = max((gains.get(given.response, 0.0) * given.strength for given in policy.responses), default=0.0)
        spent = sum({SHARING: 0.3, FUNDS: 0.05}.get(g.response, 0.2) * g.strength for g in policy.responses)
        pressure = 100.0 + 30.0 * (policy.posture == "fourteen") - best
        return {"pressure": pressure, "capital_mean": 0.6 - spent, "people_mean": 3000.0 + 1000.0 * spent}

    limit = {"objective": "capital", "at_least": budget, "against_base": True, "source": "judgement"}
    _, found = whole(truth, responses=(SHARING, FUNDS), refused=(), constraints=(limit,), strengths=(1.0,), starts=(0,))
    assert found.choice.policy.name == chosen
    over = {row.policy.name for row in found.rows if row.broken}
    assert all("capital" in row.broken for row in found.rows if row.broken)
    assert chosen not in over


def test_nothing_within_the_limits_is_no_choice_and_says_why():
    limit = {"objective": "relation", "at_least": 0.9, "source": "judgement"}
    _, found = whole(lambda p, s: {"pressure": 100.0}, responses=(SHARING,), refused=(), constraints=(limit,))
    assert found.choice.policy is None
    assert "relation" in found.choice.reason
    assert found.structures == []
    assert not any(row.front or row.chosen for row in found.rows)


def test_a_policy_that_wins_only_where_a_structure_is_in_is_what_the_choice_hangs_on():
    _, found = whole(
        only_when_tipped(40.0, 60.0), responses=(SHARING, FUNDS), refused=(), strengths=(1.0,), starts=(0,)
    )
    assert found.choice.policy.name == f"six+{FUNDS}@0"
    assert hangs_on(found.structures) == ["encounter in"]
    there = {(each.rival, each.where): each for each in found.structures}
    turned = there["encounter", "in"]
    assert turned.pick == f"six+{FUNDS}@0+{SHARING}@0"
    assert turned.change.mean == pytest.approx(-40.0, abs=1.5)
    assert turned.turns_at == pytest.approx(0.6, abs=0.02)  # 60 lost against 40 gained
    assert not there["encounter", "out"].turns
    assert there["direction", "in"].pick == ""  # never in: nothing to say
    assert there["direction", "out"].pick == found.choice.policy.name


def test_where_structures_make_no_difference_the_choice_hangs_on_none():
    for seed in range(4):
        _, found = whole(only_when_tipped(0.0, 0.0), noise=25.0, seed=seed, responses=(SHARING, FUNDS), refused=())
        assert hangs_on(found.structures) == []


def test_luck_turns_no_choice_however_many_structures_and_policies_are_tried():
    """A dozen equal policies, a dozen rivals that are in or out by a coin: 24 picks a study, none better in truth."""
    sizes, turned, luckier = sizes_of(responses=(SHARING, FUNDS, CLOSE), refused=()), 0, 0
    policies = all_policies(sizes)
    for seed in range(12):
        coins = np.random.default_rng(seed).random((60, len(RIVALS.structures))) < 0.5
        sides = [[r.middle if coin else r.old for r, coin in zip(RIVALS.structures, row, strict=True)] for row in coins]
        states = [{key: value for side in row for key, value in side.items()} for row in sides]
        scored = score(StandIn(lambda p, s: {"pressure": 100.0}, 60.0, seed), "x", sizes, states, policies, 4)
        found = by_structure(scored, RIVALS, choose(scored).policy)
        assert len(found) == 24
        turned += len(hangs_on(found))
        luckier += sum(each.change.high < 0 for each in found)
    assert luckier > 0  # the fault: an interval that is not corrected for what was tried
    assert turned == 0


@pytest.mark.parametrize(
    ("here", "there", "at"), [(-40.0, 60.0, 0.6), (-40.0, -1.0, 0.0), (-10.0, 10.0, 0.5), (5.0, -5.0, None)]
)
def test_the_chance_at_which_a_choice_turns(here, there, at):
    rows = np.array([True, False] * 5)
    found = turning(np.where(rows, here, there), rows)
    assert math.isnan(found) if at is None else found == pytest.approx(at)


# --- weights -----------------------------------------------------------------------------------------------
TIPPED = {"responses": (SHARING, FUNDS), "refused": (), "strengths": (1.0,), "starts": (0,)}


@pytest.fixture(scope="module")
def tipped():
    """Sharing is better by 40 where `encounter` is in, and worse by 60 where not; by the chance that it is in."""
    chances = {"": "", **{p: f"encounter=tip_off:{p}" for p in ("1", "0.8", "0.5", "0.4", "0")}}
    return {name: whole(only_when_tipped(40.0, 60.0), weights=text, **TIPPED) for name, text in chances.items()}


def test_a_policy_that_is_best_only_where_a_rival_is_in_is_chosen_if_that_is_sure(tipped):
    both, alone = f"six+{FUNDS}@0+{SHARING}@0", f"six+{FUNDS}@0"
    chosen = {name: found.choice.policy.name for name, (_, found) in tipped.items()}
    assert chosen[""] == chosen["0.5"] == chosen["0.4"] == chosen["0"] == alone
    assert chosen["1"] == both
    assert all(tipped[p][1].choice.regret_mean < 1.0 for p in "10")  # in one world it is the best of each state
    rows = {row.policy.name: row for row in tipped["0.8"][1].rows}
    assert rows[both].regret_mean == pytest.approx(0.2 * 60.0, abs=1.5)
    assert rows[alone].regret_mean == pytest.approx(0.8 * 40.0, abs=1.5)
    assert rows[alone].regret_p90 == pytest.approx(40.0, abs=3.0)


def test_no_weight_has_another_policy_run_or_another_state(tipped):
    (plain, _), *others = tipped.values()
    assert all(stand_in.asked == plain.asked for stand_in, _ in others)


def test_chances_that_states_have_anyway_change_nothing_but_between_what_values_percentiles_lie(tipped):
    """In `mixed` states the rival is in every other time."""
    plain, same = (tipped[name][1] for name in ("", "0.5"))
    for one, other in zip((*plain.scores, *plain.structures), (*same.scores, *same.structures), strict=True):
        mine, its = ([value for value in cells(each) if isinstance(value, float)] for each in (one, other))
        assert mine == pytest.approx(its, nan_ok=True)
    for one, other in zip(plain.rows, same.rows, strict=True):
        mine, its = ([r.regret_mean, r.reliability, r.satisficing, r.ended] for r in (one, other))
        assert mine == pytest.approx(its, nan_ok=True)
    assert vars(plain.curse) == pytest.approx(vars(same.curse))


def test_means_limits_evacuations_and_luck_are_weighed():
    """Where the rival is in, sharing costs capital, and with funds the mission ends."""

    def truth(policy, state):
        tipped = state[TIP_OFF] > 0
        return {
            "pressure": 100.0 - 50.0 * has(policy, SHARING) + 20.0 * tipped,
            "capital_mean": 0.6 - 0.2 * (tipped and has(policy, SHARING)),
            "sites_evacuated": 1.0 * (tipped and has(policy, FUNDS)),
        }

    limit = {"objective": "capital", "at_least": 0.48, "source": "judgement"}
    sharing, funds = f"six+{SHARING}@0", f"six+{FUNDS}@0"
    for p, broken, why in ((0.1, "", ""), (0.9, "capital", "in 90% of the runs")):
        small = {**TIPPED, "constraints": (limit,), "ended_at_most": 0.85}
        _, found = whole(truth, noise=0.0, weights=f"encounter=tip_off:{p}", **small)
        rows = {row.policy.name: row for row in found.rows if row.scored_on == FRESH}
        assert rows[sharing].broken == broken
        assert (rows[funds].evacuation, rows[funds].ended) == (why, pytest.approx(p))
        row = next(r for r in found.scores if (r.policy.name, r.objective) == (sharing, "pressure"))
        assert (row.fresh.mean, row.at_selection) == pytest.approx((50.0 + 20.0 * p,) * 2)
        assert row.change.mean == pytest.approx(-50.0)
        assert found.curse.mean == pytest.approx(0.0, abs=1e-9)


def test_where_a_rival_has_no_weight_nothing_is_said_and_what_was_not_run_is_named(tipped):
    there = {(each.rival, each.where): each for each in tipped["0"][1].structures}
    assert (there["encounter", "in"].states, there["encounter", "in"].pick) == (0, "")
    assert there["encounter", "out"].states == 30
    words = tipped["1"][1].weighed
    assert words.startswith("Weighed: encounter tip_off 1 (0.50 before). 60 states, worth 30. Policies were looked for")
    assert words.endswith(f" six+{FUNDS}@0+{SHARING}@0 was not run on states not seen before.")
    assert tipped["0"][1].weighed.endswith("with all states alike.")
    assert tipped[""][1].weighed == ""


def test_what_was_best_at_selection_was_partly_luck_and_fresh_states_show_it():
    """All sets are equal: whichever looks best on noisy runs is lucky, and on fresh states it leads by nothing."""
    shown, leads = [], []
    for seed in range(6):
        _, found = whole(lambda p, s: {"pressure": 100.0}, noise=60.0, seed=seed, postures=("fourteen",))
        shown.append(found.curse)
        row = next(r for r in found.scores if r.policy.name == found.best_at_selection and r.objective == "pressure")
        leads.append(row.change.mean)
        assert row.checked.mean == pytest.approx(100.0, abs=12.0)
    assert np.mean([each.mean for each in shown]) > 8.0  # what selection promised and fresh states did not keep
    assert all(each.low <= each.mean <= each.high for each in shown)  # equal where the base itself looked best
    assert abs(np.mean(leads)) < 4.0


def test_without_noise_nothing_is_luck():
    _, found = whole(only_when_tipped(0.0, 0.0), noise=0.0, responses=(SHARING, FUNDS), refused=())
    assert found.curse.mean == pytest.approx(0.0, abs=1e-9)


def test_the_three_sets_of_states_are_apart_and_the_choice_is_scored_on_the_last():
    stand_in, found = whole(only_when_tipped(0.0, 0.0), responses=(SHARING, FUNDS), refused=())
    streams = {stage: s for stage, _, _, _, s in stand_in.asked}
    assert len({streams["all sets"], streams[FRESH], streams[CHECKED]}) == 3
    checked = {row.policy.name for row in found.scores if not math.isnan(row.checked.mean)}
    assert checked == {"fourteen", found.choice.policy.name, found.best_at_selection}


def test_the_front_has_no_policy_that_another_beats_and_the_bare_postures_are_always_scored():
    _, found = whole(only_when_tipped(20.0, 20.0))
    on = front(found.fresh)
    assert on.any()
    assert not on[~found.fresh.eligible].any()
    assert {"fourteen", "six"} <= {each.name for each in found.fresh.policies}
    assert len(finalists(found.fresh, RIVALS, 3)) <= 3 + 2


def test_of_policies_as_good_as_the_best_the_cheapest_is_chosen():
    def truth(policy, state):
        return {"pressure": 100.0 - 3.0 * len(policy.responses), "people_mean": 3000.0 + 500.0 * len(policy.responses)}

    sizes = sizes_of(responses=(SHARING,), refused=(), postures=("fourteen",))
    scored = score(StandIn(truth), "x", sizes, mixed(20), all_policies(sizes), 2)
    choice = choose(scored)
    assert choice.policy == Policy("fourteen")
    assert "2 that are as good" in choice.reason
    assert "least cost" in choice.reason
    assert by_structure(scored, RIVALS, choice.policy)[0].pick in ("", "fourteen")


# --- the command -------------------------------------------------------------------------------------------
SMALL = {
    "responses": [SHARING, LEAVE],
    "most_responses": 1,
    "postures": ["fourteen", "six"],
    "rounds": [4, 6],
    "population": 4,
    "generations": 2,
    "finalists": 3,
    "fresh_states": 8,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Real runs, in sizes that are smaller still than those of the quick setting; then once more."""
    return run_twice(tmp_path_factory, "decide", SMALL)


def test_the_second_time_nothing_is_run_and_the_tables_are_the_same(folder):
    _, ((first, before), (second, after)) = folder
    assert "(0 run now)" not in first
    assert "(0 run now)" in second
    assert before == after


def test_finished_runs_are_weighed_anew_and_none_is_made(folder, posture, tmp_path):
    from experiments.analysis.results import load
    from experiments.report.decide.numbers import curse_words
    from experiments.report.decide.section import section

    out, _ = folder
    again = tmp_path / "o"
    shutil.copytree(out, again)
    call = ("decide", "--quick", "--sizes", sizes_file(tmp_path, "decide", SMALL), "--weights", "encounter=tip_off:0.9")
    done = posture(*call, "--out", again)
    assert done.exit_code == 0, done.output
    assert "(0 run now)" in done.stdout
    told = json.loads((again / "manifest.json").read_text(encoding="utf-8"))["study"]
    assert told["weighed"].startswith("Weighed: encounter tip_off 0.9 (")
    assert told["weighed"] in " ".join(done.stdout.split())
    assert told["weighed"] in section(load(again)).caveats
    assert told["curse"][1:] == [None, None], "one state has next to all the weight: no interval"
    assert "so few states can't tell" in next(curse_words(told, "point"))
    means = [[row["fresh_mean"] for row in rows_in(each, "decide_scores")] for each in (out, again)]
    assert means[0] != means[1]
    refused = posture(*call, "--out", tmp_path / "new", "--ensemble", "none")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert not (tmp_path / "new").exists()


def test_the_tables_are_of_real_runs(folder):
    out, _ = folder
    rows = {row["policy"]: row for row in rows_in(out, "decide")}
    leaves = rows[f"six+{LEAVE}@0"]
    assert (leaves["evacuation"], leaves["regret_p90"], leaves["ended"]) == (BY_ORDER, "", "1")
    assert sum(row["chosen"] == "1" for row in rows.values()) <= 1
    scores = {(row["policy"], row["objective"]): row for row in rows_in(out, "decide_scores")}
    assert float(scores["fourteen", "cost"]["fresh_mean"]) > float(scores["six", "cost"]["fresh_mean"]) > 0
    assert float(scores["fourteen", "pressure"]["mean"]) == 0.0
    assert len(rows_in(out, "decide_structures")) == 2 * len(RIVALS.structures)
    stages = [(row["stage"], row["states"]) for row in rows_in(out, "decide_rounds")]
    assert stages[:3] == [("all sets", "4"), ("all sets", "6"), ("search", "6")]


def test_the_manifest_says_what_was_chosen_and_names_shown_policies_alone(folder):
    out, _ = folder
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    final = manifest["study"]["final"]
    assert [policy_of(point).name for point in final["policies"]]
    shown = {row["policy"] for row in rows_in(out, "decide")} | {"fourteen"}
    assert set(manifest["postures"]) <= shown
    assert list(itertools.chain(*(point for point in final["policies"]))) == ["posture", "responses"] * len(
        final["policies"]
    )


# --- what the page says ------------------------------------------------------------------------------------
def test_the_page_says_the_choice_and_keeps_evacuation_apart(folder):
    from experiments.analysis.results import load
    from experiments.report.decide.section import section
    from experiments.report.style.names import in_text, policy_words

    out, _ = folder
    page, rows = section(load(out)), rows_in(out, "decide")
    about = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["study"]
    chosen = [row["policy"] for row in rows if row["chosen"] == "1"]
    reason = in_text(about["reason"].partition(": of")[2] or about["reason"])
    assert reason in (page.more if chosen else page.findings)[0]
    assert all(policy_words(name) in page.findings[0] for name in chosen)
    policies, apart = page.tables[0], next(grid for grid in page.tables if grid.name == "decide_apart")
    gone = {policy_words(row["policy"]) for row in rows if row["evacuation"]}
    assert gone
    assert {row[0] for row in apart.rows} == gone
    assert {row[0] for row in policies.rows} == {policy_words(row["policy"]) for row in rows} - gone
    assert any("QUICK" in caveat for caveat in page.caveats)
    assert {f"{picture.name}.png" for picture in page.pictures} <= {path.name for path in out.iterdir()}


def test_the_lead_that_is_shown_is_that_of_the_tables(folder):
    import pandas as pd

    from experiments.report.decide.numbers import leads, lost

    out, _ = folder
    frame, scores = (pd.read_csv(out / f"{name}.csv") for name in ("decide", "decide_scores"))
    found = {each.policy: each for each in leads(frame, scores, "pressure", "fourteen")}
    rows = {row["policy"]: row for row in rows_in(out, "decide_scores") if row["objective"] == "pressure"}
    promised = float(rows["six"]["at_selection"]) - float(rows["fourteen"]["at_selection"])
    assert found["six"].promised == pytest.approx(promised)
    assert found["six"].kept.mean == pytest.approx(float(rows["six"]["mean"]))
    assert "fourteen" not in found
    assert lost([found["six"]]) == pytest.approx(float(rows["six"]["mean"]) - promised)
