"""Validation: scores and null models against closed forms, facts of made-up runs, and the command."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import stats

from experiments.studies.ensemble import ensemble_table
from experiments.studies.forms import write_csv
from experiments.studies.targets import load_targets
from experiments.studies.validation.facts import facts, fano_of, growth, salvo_sizes
from experiments.studies.validation.left_out import kinds, nearest_without
from experiments.studies.validation.nulls import CONSTANT, EXCITED, KEPT, LAST, fano, predict_null
from experiments.studies.validation.predictive import SERIES, Predicted, check_target, weekly
from experiments.studies.validation.scores import ROUNDING, crps, log_score

LOADED = load_targets("2020")
COUNTS, DAYS = [19.0, 11.0, 27.0], [91, 91, 88]


def target(**changes):
    return LOADED.targets.targets[0].model_copy(update=changes)


# --- scores ----------------------------------------------------------------------------------------------
def test_scores_of_one_draw_are_those_of_a_normal_law():
    mean, sd, y = 20.0, np.hypot(0.15 * 20, ROUNDING), 23.0
    z = (y - mean) / sd
    closed = sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert crps(y, np.array([mean]), 0.15) == pytest.approx(closed)
    assert log_score(y, np.array([mean]), 0.15) == pytest.approx(-stats.norm(mean, sd).logpdf(y))


def test_scores_of_many_draws_are_those_of_their_mixture():
    draws = np.random.default_rng(1).poisson(20, 300).astype(float)
    sds = np.hypot(0.15 * draws, ROUNDING)
    assert log_score(25.0, draws, 0.15) == pytest.approx(-np.log(np.mean(stats.norm(draws, sds).pdf(25.0))))
    grid = np.linspace(-20, 90, 20_001)
    cdf = np.mean(stats.norm(draws[:, None], sds[:, None]).cdf(grid), axis=0)
    assert crps(25.0, draws, 0.15) == pytest.approx(np.trapezoid((cdf - (grid >= 25)) ** 2, grid), abs=2e-3)


@pytest.mark.parametrize("score", [crps, log_score])
def test_scores_are_proper_the_truth_scores_best_on_average(score):
    rng = np.random.default_rng(2)
    happened = rng.poisson(20, 200).astype(float)
    truth, low, wide = rng.poisson(20, 400), rng.poisson(14, 400), rng.poisson(20, 400) * 2 - 20
    means = [np.mean([score(y, np.maximum(d, 0).astype(float), 0.0) for y in happened]) for d in (truth, low, wide)]
    assert means[0] < min(means[1:])


# --- null models -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "seen"), [(CONSTANT, [0, 1]), (LAST, [1])])
def test_poisson_nulls_are_the_negative_binomial_of_a_rate_learned_from_the_counts(name, seen):
    draws = predict_null(name, COUNTS, DAYS, 2, seed=1)
    shape, exposure = sum(COUNTS[w] for w in seen), sum(DAYS[w] for w in seen)
    law = stats.nbinom(shape, exposure / (exposure + DAYS[2]))
    assert draws.mean() == pytest.approx(law.mean(), abs=6 * law.std() / np.sqrt(KEPT))
    assert draws.std() == pytest.approx(law.std(), rel=0.08)


def test_the_first_window_is_predicted_by_the_next():
    draws = predict_null(LAST, COUNTS, DAYS, 0, seed=1)
    assert draws.mean() == pytest.approx(11.0, rel=0.05)


def test_the_published_spread_of_a_hawkes_process():
    assert [round(float(fano(0.44, 14.0, days)), 2) for days in (7, 30, 91)] == [1.28, 1.91, 2.60]
    assert fano(0.0, 14.0, 30.0) == 1.0


def test_self_excitation_spreads_more_about_the_same_mean():
    constant, excited = (predict_null(name, COUNTS, DAYS, 1, seed=1) for name in (CONSTANT, EXCITED))
    assert excited.mean() == pytest.approx(constant.mean(), rel=0.1)
    assert excited.std() > 1.15 * constant.std()


def test_what_is_left_out_does_not_matter_to_its_prediction():
    for name in (CONSTANT, LAST, EXCITED):
        other = [COUNTS[0], COUNTS[1], 500.0]
        assert np.array_equal(predict_null(name, COUNTS, DAYS, 2, 1), predict_null(name, other, DAYS, 2, 1))


def test_the_model_too_is_not_shown_the_window():
    values = np.random.default_rng(3).poisson(15, (200, len(LOADED.targets.targets))).astype(float)
    values[:, [k for k, target in enumerate(LOADED.targets.targets) if target.per]] /= 100.0
    first, last = date(2020, 4, 1), date(2020, 6, 30)
    rows, reached = nearest_without(LOADED, values, first, last, 20)
    for k, each in enumerate(LOADED.targets.targets):
        if each.last >= first and each.first <= last:
            values[:, k] = 1000.0 if not each.per else 1.0
    again, _ = nearest_without(LOADED, values, first, last, 20)
    assert rows.tolist() == again.tolist()
    assert reached > 0


def test_kinds_are_the_measures_with_windows_that_do_not_overlap():
    found = kinds(LOADED)
    assert list(found) == ["fire_attacks", "convoy_attacks", "detail_attacks"]
    twice = LOADED.targets.model_copy(update={"targets": (target(), target(name="b"))})
    assert kinds(replace(LOADED, targets=twice)) == {}


# --- targets beside runs -------------------------------------------------------------------------------------
def test_a_target_is_checked_against_the_runs():
    check = check_target(target(value=10.0, tolerance=0.2), np.array([7.0, 9, 10, 11, 13, np.nan]))
    assert check.inside == (True, True)
    assert check.p_below == 0.5
    assert check.p_agree == 0.6
    assert check.undefined == 1
    assert check_target(target(value=30.0), np.arange(10.0)).inside == (False, False)
    bound = target(value=None, at_least=1.0)
    assert check_target(bound, np.zeros(10)).inside == (False, False)
    assert check_target(bound, np.ones(10)).p_agree == 1.0


def test_no_run_with_a_value_is_no_agreement():
    check = check_target(target(), np.full(3, np.nan))
    assert check.undefined == 3
    assert check.inside == (False, False)


def test_weeks_end_on_their_seventh_day():
    ends, sums = weekly(np.cumsum(np.ones((1, 20)), axis=1), 20)
    assert ends.tolist() == [7, 14]
    assert sums.tolist() == [[7, 14]]


# --- facts -----------------------------------------------------------------------------------------------------
def made_up(n=50, fire=0.2, road=0.2, seed=1):
    """Runs of Poisson attacks, two rounds each, half of them inside."""
    rng = np.random.default_rng(seed)
    series = {name: np.zeros((n, 274)) for name in SERIES}
    series["fire_attacks"] = np.cumsum(rng.poisson(fire, (n, 274)), axis=1).astype(float)
    series["convoy_attacks"] = np.cumsum(rng.poisson(road, (n, 274)), axis=1).astype(float)
    series["rounds_fired"] = 2 * series["fire_attacks"]
    series["rounds_inside"] = series["fire_attacks"].copy()
    return Predicted(np.zeros((n, 1)), series)


def test_counts_of_a_poisson_process_have_variance_over_mean_of_one():
    spread = fano_of(made_up(2000).series["fire_attacks"], 7)
    assert spread.mean() == pytest.approx(1.0, abs=0.02)


def test_salvos_are_read_off_days_with_one_attack():
    assert set(salvo_sizes(made_up())) == {2.0}


def test_growth_over_quarters_adds_up():
    series = made_up().series["fire_attacks"]
    parts = [growth(series, *window) for window in ((0, 91), (91, 182), (182, 274))]
    assert np.array_equal(sum(parts), series[:, -1])


def test_facts_see_what_was_put_in():
    quiet, busy = made_up(road=0.2), made_up(road=0.8)
    rows = {row.measure.split(" after")[0]: row for row in facts(busy, quiet, (91, 182, 274))}
    assert rows["convoy attacks"].p_agree > 0.95
    assert rows["fire attacks"].median == 0  # the same streams
    assert rows["share of rounds heading inside, Q3 − Q1"].p_agree == 0
    assert rows["US people wounded or killed in Q3"].p_agree == 1
    assert {row.rests_on for row in rows.values()} == {"assumed", "fitted", "emergent"}


# --- the command -----------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_quick_command_says_that_it_is_quick_and_names_its_ensemble(posture, tmp_path):
    ensemble = tmp_path / "few.csv"
    write_csv(ensemble, ensemble_table([0.5, 0.5], [{"skill.gain": 0.1}, {"skill.gain": 0.0}]))
    result = posture("validate", "--quick", "--ensemble", ensemble, "--seed", 5, "--out", tmp_path / "a")
    assert result.exit_code == 0, result.output
    assert "QUICK" in result.stdout
    for path in (tmp_path / "a").glob("*.csv"):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {(row["setting"], row["ensemble"]) for row in rows} == {("quick", "few")}
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["study"]["name"], manifest["study"]["setting"]) == ("validation", "quick")
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert {"targets.png", "weekly.png", "scores.png", "facts.png", "validation_facts.csv"} <= names


def test_other_data_with_one_window_has_checks_alone(posture, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ntitle = "mine"\nposture = "six"\n[[targets]]\nname = "late"\nmeasure = "fire_attacks"\n'
        "from = 2020-10-01\nuntil = 2020-10-31\nvalue = 5\n",
        encoding="utf-8",
    )
    call = ("validate", "--quick", "--targets", path, "--ensemble", "none", "--out", tmp_path / "out")
    result = posture(*call)
    assert result.exit_code == 0, result.output
    assert "late" in result.stdout
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {"targets.png", "weekly.png"}
    assert not (tmp_path / "out" / "validation_scores.csv").exists()
    assert not (tmp_path / "out" / "validation_facts.csv").exists()


def test_an_unknown_ensemble_is_refused(posture, tmp_path):
    result = posture("validate", "--ensemble", "nobody", "--quick", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert (
        "posture: ensemble = 'nobody': expected 2020, prior, none, or the path of a .csv file that exists"
        in result.stderr
    )
