"""Validation: targets beside runs, facts of made-up runs, and the command. Forecasts: test_forecasts.py."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from sizes import assert_counted, sizes_file

from experiments.studies.ensemble import ensemble_table
from experiments.studies.forms import write_csv
from experiments.studies.prior_runs.store import FILE
from experiments.studies.reporting import simulate_reports
from experiments.studies.targets import Running, load_targets
from experiments.studies.validation.facts import facts, growth
from experiments.studies.validation.predictive import SERIES, Predicted, check_target, told_of, weekly

LOADED = load_targets("2020")


def target(**changes):
    return LOADED.targets.targets[0].model_copy(update=changes)


# --- targets beside runs -------------------------------------------------------------------------------------
def checked(told, values):
    return check_target(told, values, values)


def test_a_target_is_checked_against_the_runs():
    check = checked(target(value=10.0, tolerance=0.2), np.array([7.0, 9, 10, 11, 13, np.nan]))
    assert check.inside == (True, True)
    assert check.p_below == 0.5
    assert check.p_agree == 0.6
    assert check.undefined == 1
    assert checked(target(value=30.0), np.arange(10.0)).inside == (False, False)
    bound = target(value=None, at_least=1.0)
    assert checked(bound, np.zeros(10)).inside == (False, False)
    assert checked(bound, np.ones(10)).p_agree == 1.0


def windows(*targets):
    return replace(LOADED, targets=LOADED.targets.model_copy(update={"targets": targets}))


def test_ranges_are_of_reports_and_cover_as_often_as_they_say():
    """Reports of runs like those that predict them, off by up to the tolerance; ranges of runs alone are too narrow."""
    rng, told = np.random.default_rng(4), target(tolerance=0.3)
    loaded, inside = windows(told), []
    for n in range(200):
        rate = rng.uniform(0.7, 1.3)
        series = {"fire_attacks": np.cumsum(rng.poisson(rate, (401, 91)), axis=1).astype(float)}
        runs = Predicted(
            loaded.values({"fire_attacks": series["fire_attacks"][1:]}), {"fire_attacks": series["fire_attacks"][1:]}
        )
        one = Running({"fire_attacks": series["fire_attacks"][:1]}, LOADED.start)
        reported = told.model_copy(update={"value": float(simulate_reports([told], one, 1, n)[0, 0])})
        values, (reports,) = runs.values[:, 0], told_of(loaded, runs, 1000 + n)
        inside.append((*check_target(reported, values, reports).inside, checked(reported, values).inside[1]))
    half, wide, narrow = np.mean(inside, axis=0)
    assert 0.40 <= half <= 0.60
    assert 0.85 <= wide <= 0.95
    assert narrow < 0.6


def test_so_many_of_so_many_are_told_as_shares_and_bounds_and_levels_as_they_are():
    share = next(t for t in LOADED.targets.targets if t.among)
    bound, level = target(value=None, at_least=3.0), target(measure="sites_open", value=8.0)
    days = {name: np.cumsum(np.ones((50, 274)), axis=1) for name in ("fire_attacks", "sites_open")}
    loaded = windows(share, bound, level)
    values = loaded.values(days)
    told = told_of(loaded, Predicted(values, days), 1)
    counts = told[0] * share.among
    assert counts == pytest.approx(np.rint(counts))
    assert 0 < told[0].min() < told[0].max() < 1
    assert np.array_equal(told[1], values[:, 1])
    assert np.array_equal(told[2], values[:, 2])


def test_weights_move_the_ranges_to_the_runs_that_have_them():
    values = np.repeat([10.0, 30.0], 50)
    weights = np.repeat([0.019, 0.001], 50)
    told = np.tile(values, 3)
    check = check_target(target(value=30.0), values, told, weights)
    assert check.quantiles.tolist() == [10, 10, 10, 10, 10]
    assert check.inside == (False, False)
    assert check.p_agree == pytest.approx(0.05)
    assert check.p_below == pytest.approx(0.975)
    alike = check_target(target(value=30.0), values, told, np.full(100, 0.01))
    assert alike.p_below == check_target(target(value=30.0), values, told).p_below == 0.75


def test_no_run_with_a_value_is_no_agreement():
    check = checked(target(), np.full(3, np.nan))
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
    small = ("--quick", "--sizes", sizes_file(tmp_path, "validation", {"runs": 20, "prior_runs": 80}), "--seed", 5)
    result = posture("validate", *small, "--ensemble", ensemble, "--out", tmp_path / "a")
    assert result.exit_code == 0, result.output
    assert "QUICK" in result.stdout
    assert_counted(result)
    for path in (tmp_path / "a").glob("*.csv"):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {(row["setting"], row.get("ensemble", "few")) for row in rows} == {("quick", "few")}
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["study"]["name"], manifest["study"]["setting"]) == ("validation", "quick")
    names = {path.name for path in (tmp_path / "a").iterdir()}
    drawn = {"targets.png", "weekly.png", "forecasts.png", "contests.png", "shape.png", "facts.png"}
    assert drawn | {"validation_facts.csv", "validation_structures.csv"} <= names
    assert "The null model to beat, named beforehand: rate and quarter effect." in result.stdout
    with open(tmp_path / "a" / "validation_structures.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 * 2 * 10  # rivals, in and out, forecasts
    other = posture("validate", *small, "--prior-runs", tmp_path / "a", "--ensemble", ensemble, "--out", tmp_path / "b")
    assert other.exit_code == 0, other.output
    assert_counted(other)
    assert "runs of the prior" not in json.loads((tmp_path / "b" / "manifest.json").read_text())["study"]["stages"]
    forecasts = [(tmp_path / folder / "validation_forecasts.csv").read_bytes() for folder in "ab"]
    assert forecasts[0] == forecasts[1]


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
    assert not (tmp_path / "out" / "validation_forecasts.csv").exists()
    assert not (tmp_path / "out" / "validation_facts.csv").exists()


def test_windows_to_june_2021_under_another_calendar_a_line_each_and_coverage_as_json(posture, tmp_path):
    """Reports made of a run of the defaults: runs of the same must cover them."""
    path = tmp_path / "late.toml"
    windows = ("2020-10-01", "2020-12-31"), ("2021-01-01", "2021-03-31"), ("2021-04-01", "2021-06-30")
    text = 'name = "late"\ntitle = "late"\nposture = "year_and_half"\ncalendar = "2020_2021"\n'
    for n, (first, last) in enumerate(windows):
        text += (
            f'[[targets]]\nname = "late {n}"\nmeasure = "fire_attacks"\nfrom = {first}\nuntil = {last}\nvalue = 20\n'
        )
    path.write_text(text.replace("value = 20", "value = 2000", 1), encoding="utf-8")
    call = ("validate", "--quick", "--targets", path, "--ensemble", "none", "--out", tmp_path / "out", "--workers", 1)
    said = posture(*call)
    assert said.exit_code == 0, said.output
    assert [sum(f"late {n}" in line for line in said.stdout.splitlines()) for n in range(3)] == [1, 1, 1]
    assert "OUT" in next(line for line in said.stdout.splitlines() if "late 0" in line)
    result = posture(*call, "--json")
    found = json.loads(result.stdout)
    assert [t["until"] for t in found["targets"]] == [last for _, last in windows]
    assert found["targets"][0]["inside_90"] is False
    assert found["coverage"]["all"]["90"] == {"inside": sum(t["inside_90"] for t in found["targets"]), "of": 3}
    assert found["coverage"]["fitted"]["90"]["of"] == 0
    assert found["forecasts"] == []
    assert all(t["q05"] <= t["q25"] <= t["q50"] <= t["q75"] <= t["q95"] for t in found["targets"])


def test_a_table_that_is_none_is_refused_before_anything_runs(posture, tmp_path):
    (tmp_path / FILE).write_text("no table", encoding="utf-8")
    result = posture("validate", "--quick", "--prior-runs", tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "--prior-runs" in result.stderr
    assert not list((tmp_path / "out").glob("chunks/*"))


def test_an_unknown_ensemble_is_refused(posture, tmp_path):
    result = posture("validate", "--ensemble", "nobody", "--quick", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert (
        "posture: ensemble is 'nobody'; it must be 2020, prior, none, or the path of a .csv file that exists"
        in result.stderr
    )
