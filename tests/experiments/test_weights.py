"""Finished runs weighed anew: chances that come out as asked, analyses that use them, and nothing run again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.runs.nested import weighted_interval, worth_of
from experiments.studies import catalogue
from experiments.studies.ensemble import states_of
from experiments.studies.factorial.effects import terms
from experiments.studies.structures.rivals import included, load_rivals
from experiments.studies.weights import kept, parse_weights, reweigh, weighed
from sim.errors import ConfigError
from tests.experiments.sizes import sizes_file

RIVALS = load_rivals().structures


# --- what is asked -----------------------------------------------------------------------------------------------
def test_either_word_of_a_rival_says_its_chance():
    wanted = parse_weights("encounter=tip_off:0.8, waiting=option:0.3")
    assert [(each.rival.name, each.p_in) for each in wanted] == [("encounter", 0.8), ("waiting", 0.7)]


def test_every_rival_has_two_words_of_its_own():
    for rival in RIVALS:
        for k, word in enumerate(rival.words):
            assert parse_weights(f"{rival.name}={word}:1")[0].p_in == k


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("encounter", ["'encounter'", "RIVAL=WORD:CHANCE"]),
        ("encounter=tip_off", ["RIVAL=WORD:CHANCE"]),
        ("encounters=tip_off:0.5", ["'encounters'", "one of", "Did you mean encounter?"]),
        ("encounter=betrayal:0.5", ["'encounter=betrayal'", "traffic or tip_off"]),
        ("encounter=tip_off:1.2", ["1.2", "chance of 0 to 1"]),
        ("encounter=tip_off:-0.1", ["chance of 0 to 1"]),
        ("encounter=tip_off:nan", ["chance of 0 to 1"]),
        ("encounter=tip_off:likely", ["likely", "chance of 0 to 1"]),
        ("encounter=tip_off:0.5,encounter=traffic:0.5", ["each rival may be given once"]),
        ("encounter=tip_off:0.5,", ["RIVAL=WORD:CHANCE"]),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(text, words):
    with pytest.raises(ConfigError) as refused:
        parse_weights(text)
    assert all(word in str(refused.value) for word in ["--weights", *words]), str(refused.value)


def test_states_that_say_nothing_of_a_rival_cannot_be_weighed_by_it():
    with pytest.raises(ConfigError, match=r"encounter.*they say nothing of roadside\.tip_off"):
        weighed([{}], "encounter=tip_off:0.5")


# --- weights -----------------------------------------------------------------------------------------------------
def test_each_rival_gets_its_chance_and_what_was_not_asked_about_hardly_moves():
    rng = np.random.default_rng(1)
    inside = rng.random((4000, 3)) < 0.5
    found = reweigh(np.ones(4000), inside[:, :2], [0.8, 0.3])
    assert found.sum() == pytest.approx(1)
    assert found @ inside == pytest.approx([0.8, 0.3, inside[:, 2].mean()], abs=0.02)
    assert (found @ inside)[:2] == pytest.approx([0.8, 0.3], abs=1e-8)
    # of independent halves the odds ratios stay: p/½ for each that is in, (1 − p)/½ for each that is out
    exact = np.where(inside[:, 0], 1.6, 0.4) * np.where(inside[:, 1], 0.6, 1.4) / 4000
    assert np.abs(found / exact - 1).max() < 0.15
    assert worth_of(found) == pytest.approx(4000 / (1.36 * 1.16), rel=0.05)


def test_rivals_that_go_together_keep_their_odds_ratio():
    """Raking is of the least change: the ratio of odds of two rivals is what it was."""
    counts = np.array([40, 10, 20, 30])  # both, first, second, none
    inside = np.repeat(np.array([[1, 1], [1, 0], [0, 1], [0, 0]], bool), counts, axis=0)
    found = reweigh(np.ones(100), inside, [0.7, 0.2])
    a, b, c, d = (found[(inside == pair).all(axis=1)].sum() for pair in ([1, 1], [1, 0], [0, 1], [0, 0]))
    assert (a + b, a + c) == pytest.approx((0.7, 0.2))
    assert a * d / (b * c) == pytest.approx(40 * 30 / (10 * 20), rel=1e-4)


def test_to_ask_for_what_is_there_changes_nothing():
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    inside = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], bool)
    now = (weights / weights.sum()) @ inside
    assert reweigh(weights, inside, now) == pytest.approx(weights / 10)


@pytest.mark.parametrize(
    ("inside", "chances", "words"),
    [
        ([[1], [1]], [0.5], "no state is without it: its chance can only be 1"),
        ([[0], [0]], [0.5], "no state is with it: its chance can only be 0"),
        ([[1, 0], [0, 1]], [0.8, 0.8], "cannot have these chances together"),
    ],
)
def test_chances_that_the_states_cannot_have_are_refused(inside, chances, words):
    with pytest.raises(ConfigError, match=words):
        reweigh(np.ones(len(inside)), np.array(inside, bool), chances)


def test_whether_a_rival_is_in_is_read_off_the_state_although_a_file_has_fewer_digits():
    state = {key: value for rival in RIVALS for key, value in rival.old.items()}
    assert not included([state], RIVALS).any()
    assert not included([{**state, "roadside.life_hours": 60.00001}], RIVALS).any()
    moved = included([{**state, "choice.waiting": "budget", "fire.range_km": 10.01}], RIVALS)[0]
    assert [rival.name for rival, is_in in zip(RIVALS, moved, strict=True) if is_in] == ["waiting", "radii"]


def test_states_that_were_not_finished_take_their_weight_with_them():
    assert kept(np.array([0.2, 0.3, 0.5]), np.array([True, False, True])) == pytest.approx([2 / 7, 5 / 7])
    assert kept(None, np.array([True])) is None


# --- analyses ----------------------------------------------------------------------------------------------------
def test_states_of_double_weight_are_states_that_are_there_twice():
    table = np.random.default_rng(2).normal(1.0, 3.0, (6, 8))
    times = np.array([1, 2, 1, 3, 1, 2])
    found, wanted = terms("pressure", table, times / 10), terms("pressure", np.repeat(table, times, axis=0))
    for one, other in zip(found, wanted, strict=True):
        mine, its = ((term.estimate.mean, *vars(term.sides).values()) for term in (one, other))
        assert mine == pytest.approx(its)


def test_the_interval_of_weighed_states_covers_what_would_be_found_if_the_chance_were_so():
    """States of which half have the rival, weighed to 0.8: the truth is 0.8 · 3 + 0.2 · (−1)."""
    rng, truth, hits, n = np.random.default_rng(3), 0.8 * 3.0 - 0.2, 0, 2000
    for _ in range(n):
        inside = rng.random((60, 1)) < 0.5
        values = np.where(inside[:, 0], 3.0, -1.0) + rng.normal(0, 2.0, 60)
        interval = weighted_interval(values, reweigh(np.ones(60), inside, [0.8]))
        hits += interval.low <= truth <= interval.high
    assert hits / n > 0.94, "never narrower than it says; known chances make it a little wide"


# --- the option --------------------------------------------------------------------------------------------------
SMALL = {"replicates": 3, "draws": 16, "curve_replicates": 2, "curve_batteries": (0, 4), "measures": ["fire_attacks"]}


@pytest.fixture(scope="module")
def factorial(tmp_path_factory):
    """A factorial over the wide priors that has been run, and the call that ran it."""
    from click.testing import CliRunner

    from experiments.cli import cli

    folder = tmp_path_factory.mktemp("weights")
    sizes = sizes_file(folder, "factorial", SMALL)
    call = ["factorial", "--quick", "--ensemble", "prior", "--sizes", str(sizes), "--out", str(folder / "o")]
    run = CliRunner().invoke(cli, call, prog_name="posture")
    assert run.exit_code == 0, run.output
    return call, folder / "o"


def test_finished_runs_are_weighed_anew_and_none_is_made(factorial, posture, read):
    call, folder = factorial
    before = [row for row in read(folder / "factorial.csv") if row["over"] == "ensemble"]
    done = posture(*call, "--weights", "waiting=budget:0.9")
    assert done.exit_code == 0, done.output
    assert "(0 run now)" in done.stdout
    assert "Weighed: waiting budget 0.9 (0.50 before). 16 states, worth 10." in done.stdout
    after = [row for row in read(folder / "factorial.csv") if row["over"] == "ensemble"]
    assert [row["mean"] for row in after] != [row["mean"] for row in before]
    kept_of = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["study"]
    assert kept_of["weights"] == "waiting=budget:0.9"
    states = states_of("prior", 16, 1)
    share = included(states, [rival for rival in RIVALS if rival.name == "waiting"]).mean()
    same = posture(*call, "--weights", f"waiting=budget:{share}")
    assert same.exit_code == 0
    again = [row for row in read(folder / "factorial.csv") if row["over"] == "ensemble"]
    for one, other in zip(before, again, strict=True):
        numbers = [[float(row[key]) for key in ("mean", "low", "high", "p_negative")] for row in (one, other)]
        assert numbers[0] == pytest.approx(numbers[1], abs=1e-6)


def test_what_weights_cannot_change_is_refused_in_words(posture, tmp_path):
    catalogue.check_weighs(catalogue.load("factorial"), "waiting=budget:0.9")
    catalogue.check_weighs(catalogue.load("structures"), "")
    alike = "posture structures counts all states alike; these can weigh them: .*posture factorial"
    with pytest.raises(ConfigError, match=alike):
        catalogue.check_weighs(catalogue.load("structures"), "waiting=budget:0.9")
    done = posture("factorial", "--quick", "--out", tmp_path / "o", "--weights", "waiting=nothing:0.9")
    assert done.exit_code == 2
    assert "it must be option or budget" in done.stderr
    assert not (tmp_path / "o").exists()
