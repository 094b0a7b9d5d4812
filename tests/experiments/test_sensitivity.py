"""Sensitivity: Morris and Sobol against closed forms, replicate noise told from parameters, the study as a command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sizes import assert_counted

from experiments.runs.pools import threads
from experiments.studies.priors import load_priors
from experiments.studies.runner import StudyRunner, keep_whole
from experiments.studies.sensitivity import indices, screening, stages
from experiments.studies.sensitivity.factors import factors_of
from experiments.studies.sensitivity.replicate_noise import shares
from experiments.studies.sensitivity.screening import HIGH, LOW, STREAMS
from experiments.studies.sensitivity.stages import POSTURES
from sim.errors import RunError

A, B = 7.0, 0.1


def ishigami(u):
    """Ishigami & Homma, 1990, of points of the unit cube."""
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def closed_form():
    """First-order, total and the one second-order index of the Ishigami function."""
    v1 = 0.5 * (1 + B * np.pi**4 / 5) ** 2
    v2 = A**2 / 8
    v13 = B**2 * np.pi**8 * (1 / 18 - 1 / 50)
    v = v1 + v2 + v13
    return np.array([v1, v2, 0.0]) / v, np.array([v1 + v13, v2, v13]) / v, v13 / v


# --- Sobol -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sobol():
    drawn = indices.sample(["a", "b", "c"], 2048, 5)
    rng = np.random.default_rng(1)
    noise = 0.5 * rng.standard_normal(2)[drawn.other_streams.astype(int)]  # noise that all points share
    return drawn, indices.analyse(drawn, ishigami(drawn.parameters) + noise, 200, 3)


def test_the_ishigami_function_gives_its_closed_form(sobol):
    first, total, both = closed_form()
    singles, pairs = sobol[1]
    for n, index in enumerate(singles[:3]):
        assert index.first == pytest.approx(first[n], abs=0.03)
        assert index.total == pytest.approx(total[n], abs=0.03)
        assert index.first_half_width < 0.08
    found = {(pair.parameter, pair.other): pair.second for pair in pairs}
    assert found["a", "c"] == pytest.approx(both, abs=0.05)
    assert abs(found["a", "b"]) < 0.05
    assert set(found) == {("a", "b"), ("a", "c"), ("b", "c")}


def test_what_matters_stands_above_replicate_noise(sobol):
    singles = sobol[1][0]
    assert [index.parameter for index in singles if index.matters] == ["a", "b", "c"]
    assert singles[-1].parameter == STREAMS
    assert singles[-1].total < 0.1


def test_a_column_that_does_nothing_does_not_matter():
    drawn = indices.sample(["a", "b", "c", "nothing"], 1024, 5)
    rng = np.random.default_rng(2)
    y = ishigami(drawn.parameters) + 0.3 * rng.standard_normal(len(drawn.unit))
    singles, _ = indices.analyse(drawn, y, 100, 3)
    assert {index.parameter: index.matters for index in singles}["nothing"] is False


def test_the_two_kinds_of_streams_stand_where_the_matrices_do():
    drawn = indices.sample(["a", "b"], 8, 1)
    a, b = drawn.unit[:: drawn.per_row], drawn.unit[drawn.per_row - 1 :: drawn.per_row]
    for n, row in enumerate(drawn.unit.reshape(-1, drawn.per_row, 3)):
        other = drawn.other_streams[: drawn.per_row]
        assert (row[~other, -1] == a[n, -1]).all()
        assert (row[other, -1] == b[n, -1]).all()


def test_a_base_row_with_a_failed_run_is_left_out(sobol):
    drawn, (singles, _) = sobol
    y = ishigami(drawn.parameters)
    y[5] = np.nan
    again, _ = indices.analyse(drawn, y, 50, 3)
    assert again[0].first == pytest.approx(singles[0].first, abs=0.03)


def test_where_nothing_varies_there_are_no_shares():
    drawn = indices.sample(["a", "b"], 8, 1)
    singles, pairs = indices.analyse(drawn, np.ones(len(drawn.unit)), 20, 1)
    assert np.isnan(singles[0].total)
    assert not singles[0].matters
    assert pairs == []


# --- Morris ----------------------------------------------------------------------------------------------------
def test_a_linear_model_gives_its_slopes():
    drawn = screening.sample(["a", "b", "c"], 30, 4)
    slopes = np.array([3.0, -2.0, 0.0])
    effects = screening.analyse(drawn, drawn.parameters @ slopes, 50, 1)
    for slope, effect in zip(slopes * (HIGH - LOW), effects[:3], strict=True):
        assert effect.mu == pytest.approx(slope, abs=1e-9)
        assert effect.mu_star == pytest.approx(abs(slope), abs=1e-9)
        assert effect.sigma == pytest.approx(0.0, abs=1e-9)
    assert [effect.matters for effect in effects] == [True, True, False, False]
    assert effects[-1].parameter == STREAMS


def test_replicate_noise_is_the_floor():
    drawn = screening.sample(["a", "b"], 40, 4)
    y = 0.5 * drawn.parameters[:, 0] + 5.0 * drawn.other_streams
    effects = screening.analyse(drawn, y, 50, 1)
    assert effects[-1].mu_star > 5.0
    assert not effects[0].matters


def test_a_trajectory_with_a_failed_run_is_left_out():
    drawn = screening.sample(["a", "b"], 10, 4)
    y = drawn.parameters @ np.array([3.0, -2.0])
    y[1] = np.nan
    effects = screening.analyse(drawn, y, 50, 1)
    assert effects[0].mu == pytest.approx(3.0 * (HIGH - LOW))


def test_parameters_stay_away_from_the_ends_of_their_laws():
    parameters = screening.sample(["a", "b"], 10, 4).parameters
    assert parameters.min() == pytest.approx(LOW)
    assert parameters.max() == pytest.approx(HIGH)


# --- replicate noise -------------------------------------------------------------------------------------------
def test_components_of_variance_are_found():
    rng = np.random.default_rng(3)
    table = 3.0 * rng.standard_normal((400, 1)) + 2.0 * rng.standard_normal((1, 400)) + rng.standard_normal((400, 400))
    found = shares(table)
    # standard errors of the first two: relative √(2/399) of the component
    assert found.parameters == pytest.approx(9 / 14, abs=0.08)
    assert found.shared == pytest.approx(4 / 14, abs=0.08)
    assert found.own == pytest.approx(1 / 14, abs=0.02)
    assert found.noise == pytest.approx(1 - found.parameters)


def test_without_noise_all_is_parameters():
    found = shares(np.arange(5.0)[:, None] + np.zeros((5, 3)))
    assert (found.parameters, found.noise) == (1.0, 0.0)
    assert np.isnan(shares(np.ones((4, 3))).parameters)


# --- the choice of what goes on --------------------------------------------------------------------------------
def test_the_strongest_go_on_in_the_order_of_the_priors():
    def effect(name, star, matters):
        return screening.Effect(name, star, star, 0.0, 0.0, matters)

    effects = {
        ("six", "x"): [
            effect("a", 1.0, False),
            effect("b", 4.0, True),
            effect("c", 0.0, False),
            effect(STREAMS, 9, False),
        ],
        ("six", "y"): [
            effect("a", 0.0, False),
            effect("b", 0.0, False),
            effect("c", 2.0, True),
            effect(STREAMS, 9, False),
        ],
    }
    assert stages.choose(effects, ["a", "b", "c"], 2) == ("b", "c")
    assert stages.choose(effects, ["a", "b", "c"], 1) in (("b",), ("c",))


def test_one_at_a_time_moves_one_at_a_time():
    points = stages.one_at_a_time(3)
    assert points.shape == (7, 3)
    assert (points[0] == 0.5).all()
    assert [(row != 0.5).sum() for row in points[1:]] == [1] * 6
    assert (points[3, 1], points[4, 1]) == (LOW, HIGH)


# --- real runs -------------------------------------------------------------------------------------------------
def test_a_parameter_that_a_measure_does_not_read_has_no_effect_at_all(tmp_path):
    """Named draws: the runs are the same, bit for bit. That is why replicate noise, not an idle input, is the floor."""
    runner = StudyRunner(tmp_path, threads(2))
    states = [{"days": 60}, {"days": 60, "pressure.truck": 9.0}]
    outcomes = runner.run("idle", states, POSTURES, 3, ["fire_attacks", "trucks_lost", "pressure"])
    assert (outcomes.values["trucks_lost"][0] == outcomes.values["trucks_lost"][1]).all()
    changed = outcomes.values["pressure"][1] - outcomes.values["pressure"][0]
    assert changed == pytest.approx(8.0 * outcomes.values["trucks_lost"][0])


def test_the_runner_runs_what_is_missing_and_counts_what_failed(tmp_path):
    crowd = {"supply.trucks_per_convoy": 1, "supply.tonnes_per_truck": 0.1, "supply.assembly_hours": 1000}
    states = [{"days": 5}, {"days": 5, "fire.range_km": 12.0}, {"days": 120, **crowd}]
    runner = StudyRunner(tmp_path, threads(2))
    first = runner.run("one", states[:2], POSTURES, 2, ["fire_attacks"])
    again = runner.run("two", states, POSTURES, 2, ["fire_attacks"])
    assert runner.stages["one"]["ran_now"] == 8
    assert runner.stages["two"]["ran_now"] == 4
    assert (first.values["fire_attacks"] == again.values["fire_attacks"][:2]).all()
    assert again.failed == runner.stages["two"]["failed"] > 0
    assert again.whole().tolist() == [True, True, False]
    kept = keep_whole(again, states, "two")
    assert (kept.states, kept.left_out) == (states[:2], 1)
    assert (kept.values["fire_attacks"] == first.values["fire_attacks"]).all()
    lost = runner.run("three", states[2:], POSTURES, 2, ["fire_attacks"])
    with pytest.raises(RunError, match="three: only 0 of 1 points were finished; too few to analyse"):
        keep_whole(lost, states[2:], "three")


def test_other_streams_are_other_runs(tmp_path):
    runner = StudyRunner(tmp_path, threads(2))
    one, two = (runner.run(str(n), [{"days": 90}], POSTURES, 3, ["rounds_fired"], streams=n) for n in (0, 1))
    assert (one.values["rounds_fired"] != two.values["rounds_fired"]).any()


def test_quick_through_the_command_line_is_marked(posture, tmp_path, read):
    first = posture("sensitivity", "--quick", "--out", tmp_path / "a", "--workers", 2)
    assert first.exit_code == 0, first.output
    assert "QUICK setting" in first.stdout
    assert_counted(first)
    tornados = {f"tornado_{scope}" for scope in ("fourteen", "six", "six_minus_fourteen")}
    assert {path.stem for path in (tmp_path / "a").glob("*.png")} == tornados | {
        *("groups", "groups_six", "sobol", "sobol_six", "interactions")
    }
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["study"]["setting"] == "quick"
    assert manifest["command"][:3] == ["posture", "sensitivity", "--quick"]
    assert set(manifest["study"]["stages"]) >= {"one at a time", "screening, streams 1", "sobol, streams 2"}
    assert manifest["study"]["left_out"] == {"groups": 0, "screening": 0, "sobol": 0}
    for name in ("tornado", "screening", "sobol", "sobol_pairs", "sobol_groups", "replicate_noise"):
        assert {row["setting"] for row in read(tmp_path / "a" / f"{name}.csv")} == {"quick"}
    dimension = len(factors_of(load_priors("2020")).names)
    assert len(read(tmp_path / "a" / "screening.csv")) == 3 * 7 * (dimension + 1)
