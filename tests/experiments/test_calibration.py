"""Calibration: the discrepancy, the methods against closed forms, the proof by simulation, and the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from experiments.runs.pools import threads
from experiments.studies.calibration import rejection, smc
from experiments.studies.calibration.discrepancy import coordinates, observed, report
from experiments.studies.calibration.identify import chance_floor, identify
from experiments.studies.calibration.inference import cheap
from experiments.studies.calibration.posterior import Posterior, quantiles
from experiments.studies.calibration.recovery import Sets, crps, rank_test, recover
from experiments.studies.calibration.simulator import Simulator, seeds_of
from experiments.studies.calibration.study import prepare
from experiments.studies.ensemble import load_ensemble
from experiments.studies.priors import load_priors
from experiments.studies.reporting import discrepancy, stabilised
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import CalibrationSizes, load_sizes
from experiments.studies.study import StudyRequest
from experiments.studies.targets import load_targets
from sim.engine import simulate_many
from sim.errors import ConfigError, RunError
from sim.statistics import holm

PRIORS, LOADED = load_priors("2020"), load_targets("2020")
HIGHEST = 20.0  # rate of the toy at the end of its prior


def poisson(unit, seeds):
    """A toy with a known posterior: a count with a rate that is uniform from 0 to HIGHEST."""
    return np.array([[np.random.default_rng(int(s)).poisson(HIGHEST * u[0])] for u, s in zip(unit, seeds, strict=True)])


def truth_of(count):
    """Its posterior: a gamma law, cut at the end of the prior."""
    law = stats.gamma(count + 1)
    return lambda unit: law.cdf(HIGHEST * np.asarray(unit)) / law.cdf(HIGHEST)


def worst_gap(posterior, law):
    """Largest difference between two distribution functions, and what chance allows (1% point of Kolmogorov)."""
    order = np.argsort(posterior.unit[:, 0])
    steps = np.cumsum(posterior.weights[order])
    gap = np.max(np.abs(law(posterior.unit[order, 0]) - steps))
    return gap, 1.63 / np.sqrt(posterior.effective_size)


# --- the discrepancy -------------------------------------------------------------------------------------
@pytest.mark.parametrize("rate", [10, 30, 100])
def test_stabilised_counts_have_unit_variance_whatever_the_rate(rate):
    rng = np.random.default_rng(rate)
    counts = rng.poisson(rate, 40_000) * np.maximum(1 + 0.15 * rng.standard_normal(40_000), 0)
    assert np.std(stabilised(counts, 0.15)) == pytest.approx(1.0, abs=0.06)


def test_without_a_share_it_is_twice_the_root():
    assert stabilised(np.array([0.0, 4.0, 9.0]), 0.0) == pytest.approx([0, 4, 6])


def test_the_report_fills_the_ball_of_the_tolerance():
    points = np.zeros((20_000, 3))
    reports = report(points, 1.5, seed=1)
    far = discrepancy(points, reports)
    assert far.max() <= 1.5
    assert stats.kstest((far / 1.5) ** 3, "uniform").pvalue > 1e-3


def test_beyond_a_bound_every_value_is_as_good_as_the_bound():
    fitted = LOADED.targets.fitted
    k = next(k for k, target in enumerate(fitted) if target.at_least is not None)
    counts = np.zeros((3, len(fitted)))
    counts[:, k] = [0, 1, 7]
    points = coordinates(counts, fitted)[:, k]
    assert points[1] == points[2] == observed(fitted)[k] > points[0]


# --- methods against closed forms ------------------------------------------------------------------------
def test_smc_recovers_the_gamma_posterior_of_a_poisson_rate():
    posterior = smc.smc(poisson, 1, np.array([6.0]), smc.Schedule(800, (4.0, 1.0, 0.5)), seed=3)
    gap, allowed = worst_gap(posterior, truth_of(6))
    assert gap < allowed
    assert np.all(posterior.statistics == 6)
    assert posterior.runs == sum(generation.runs for generation in posterior.generations)


def test_smc_recovers_a_normal_posterior():
    def normal(unit, seeds):
        noise = [np.random.default_rng(int(seed)).standard_normal(2) for seed in seeds]
        return 10 * unit + np.array(noise)

    # reports lie anywhere in a ball around what happened, so their variance adds to that of the noise
    tolerance, reported = 0.5, np.array([5.0, 4.0])
    posterior = smc.smc(normal, 2, reported, smc.Schedule(800, (2.0, 1.0, tolerance)), seed=4)
    sd = np.sqrt(1 + 2 * tolerance**2 / 4) / 10
    error = 4 / np.sqrt(posterior.effective_size)
    assert posterior.mean() == pytest.approx(reported / 10, abs=error * sd)
    spread = np.sqrt(posterior.weights @ (posterior.unit - posterior.mean()) ** 2)
    assert spread == pytest.approx([sd, sd], rel=error)


def test_rejection_recovers_the_gamma_posterior():
    table = rejection.table_of(poisson, 1, 20_000, seed=5)
    gap, allowed = worst_gap(rejection.rejected(table, np.array([6.0]), 0.5), truth_of(6))
    assert gap < allowed


def test_regression_recovers_what_rejection_blurs():
    def line(unit, seeds):
        noise = [np.random.default_rng(int(seed)).standard_normal(1) for seed in seeds]
        return 20 * unit + np.array(noise)

    table, reported = rejection.table_of(line, 1, 4000, seed=6), np.array([10.0])
    adjusted = rejection.adjusted(table, reported, 0.1, 1000, seed=7)
    blurred = rejection.rejected(table, reported, 2.5)
    sd = np.sqrt(adjusted.weights @ (adjusted.unit - adjusted.mean()) ** 2)
    assert adjusted.mean()[0] == pytest.approx(0.5, abs=0.01)
    assert sd[0] == pytest.approx(0.05, rel=0.1)
    assert np.std(blurred.unit) > 1.3 * sd[0]


def test_smc_is_a_function_of_its_seed_and_leaves_the_global_generator_alone():
    setting = smc.Schedule(50, (4.0, 1.0))
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    first, again, other = (smc.smc(poisson, 1, np.array([6.0]), setting, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.unit, again.unit)
    assert not np.array_equal(first.unit, other.unit)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_a_tolerance_out_of_reach_is_given_up_in_words():
    with pytest.raises(RunError, match="generation 0: 0 of 10 draws accepted in"):
        smc.smc(poisson, 1, np.array([500.0]), smc.Schedule(10, (0.5,), most_runs=20), 1)


# --- proof by simulation ---------------------------------------------------------------------------------
def _sets(n, seed):
    unit, seeds = np.random.default_rng(seed).random((n, 1)), seeds_of(seed, n=n)
    return Sets(unit, poisson(unit, seeds).astype(float))


def _ranks(method, n=200):
    sets = _sets(n, 11)
    return [row for k in range(n) for row in recover("toy", method, sets, k, 1)]


def test_ranks_of_the_right_posterior_are_uniform_and_coverage_is_the_level():
    table = rejection.table_of(poisson, 1, 20_000, seed=12)
    found = _ranks(lambda reported, seed: rejection.rejected(table, reported, 0.5))
    assert rank_test(np.array([row.rank for row in found])) > 0.001
    for level, inside in zip((0.5, 0.8, 0.9), np.mean([row.inside for row in found], axis=0), strict=True):
        assert inside == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / len(found)))


def test_a_posterior_that_is_too_sure_is_caught():
    table = rejection.table_of(poisson, 1, 20_000, seed=12)

    def sure(reported, seed):
        right = rejection.rejected(table, reported, 0.5)
        unit = right.mean() + 0.4 * (right.unit - right.mean())
        return Posterior(unit, right.weights, right.seeds, right.statistics, right.runs)

    assert rank_test(np.array([row.rank for row in _ranks(sure)])) < 1e-6


def test_crps_of_weighted_draws_is_its_definition():
    unit, weights, truth = np.array([[0.1], [0.4], [0.9]]), np.array([0.2, 0.5, 0.3]), np.array([0.3])
    posterior = Posterior(unit, weights, np.zeros(3, np.int64), unit, 3)
    distance = weights @ np.abs(unit[:, 0] - truth)
    spread = weights @ np.abs(unit - unit.T) @ weights
    assert crps(truth, posterior)[0] == pytest.approx(distance - spread / 2)


def test_holm_is_the_published_procedure():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})


# --- what was learned --------------------------------------------------------------------------------------
def test_contraction_is_none_for_the_prior_and_known_for_a_narrower_law():
    n, calibrated = 4000, PRIORS.calibrated
    unit = np.random.default_rng(1).random((n, calibrated.dimension))
    unit[:, 0] = 0.25 + unit[:, 0] / 2  # half as wide: a quarter of the variance
    found = identify(calibrated, unit, np.full(n, 1 / n))
    assert found.parameters[0].contraction == pytest.approx(0.75, abs=0.02)
    assert all(abs(p.contraction) < 2 * found.floor for p in found.parameters[1:])
    assert found.parameters[0].prior[1] == pytest.approx(np.sqrt(0.01 * 0.1), rel=1e-6)


def test_the_floor_is_the_95_percent_point_of_chance():
    rng, n = np.random.default_rng(2), 200
    chance = [abs(1 - 12 * np.var(rng.random(n))) for _ in range(4000)]
    assert np.quantile(chance, 0.95) == pytest.approx(chance_floor(n), rel=0.1)


def test_weighted_quantiles_are_those_of_repeated_values():
    values, times = np.array([3.0, 1.0, 2.0]), np.array([1, 2, 4])
    repeated = np.repeat(values, times * 2000)
    found = quantiles(values, times / 7, [0.15, 0.5, 0.9])
    assert abs(found - np.quantile(repeated, [0.15, 0.5, 0.9])).max() < 0.6


# --- the engine behind it ----------------------------------------------------------------------------------
def test_the_simulator_does_not_depend_on_its_workers_and_draws_the_others_by_the_seed(tmp_path):
    loaded = cheap(LOADED)
    unit, seeds = np.full((9, PRIORS.calibrated.dimension), 0.5), seeds_of(3, n=9)
    simulators = [Simulator(loaded, PRIORS, StudyRunner(tmp_path / str(n), threads(n))) for n in (1, 2)]
    one, two = (simulator.counts(unit, seeds) for simulator in simulators)
    assert np.array_equal(one, two)
    simulator = simulators[0]
    assert np.array_equal(simulator.counts(unit[4:], seeds[4:]), one[4:])
    assert simulator.runner.stages["runs"]["runs"] == 14
    assert simulator.runner.stages["runs"]["ran_now"] == 9
    whole = simulator.whole(unit, seeds)
    fitted = [prior.calibrated for prior in PRIORS.priors]
    assert np.all(whole[:, fitted] == 0.5)
    assert len(np.unique(whole[:, ~np.array(fitted)])) == 9 * (PRIORS.dimension - sum(fitted))
    for point in simulator.points(unit, seeds)[:2]:
        loaded.scenario.with_changes(point)


def test_counts_are_those_of_the_days_of_the_run(tmp_path):
    loaded = cheap(LOADED)
    simulator = Simulator(loaded, PRIORS, StudyRunner(tmp_path, threads(1)))
    unit, seeds = np.full((2, PRIORS.calibrated.dimension), 0.4), seeds_of(4, n=2)
    counts = simulator.counts(unit, seeds)
    for n, point in enumerate(simulator.points(unit, seeds)):
        days = simulate_many(loaded.scenario.with_changes(point), [int(seeds[n])]).days[0]
        for k, target in enumerate(loaded.targets.fitted):
            names = {"fire_attacks": ("rocket_attacks", "drone_attacks")}.get(target.measure, (target.measure,))
            assert counts[n, k] == sum(days[name][(target.last - loaded.start).days] for name in names)


def test_no_setting_is_tighter_than_the_sources_allow():
    full, quick = (load_sizes(CalibrationSizes, "calibration", quick=each) for each in (False, True))
    assert all(sizes.tolerances[-1] >= 1.0 for sizes in (full, quick))
    assert full.population >= 500
    assert full.sets >= 100
    tight = quick.model_copy(update={"tolerances": (3.0, 0.5)})
    with pytest.raises(ConfigError, match=r"tolerances = 0.5: expected 1.0 or more \(E4\)"):
        prepare(StudyRequest(tight, 1))


# --- the command -------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_quick_command_says_that_it_is_quick_and_leaves_an_ensemble(posture, tmp_path):
    result = posture("calibrate", "--quick", "--seed", 5, "--out", tmp_path / "a")
    assert result.exit_code == 0, result.output
    assert "QUICK" in result.stdout
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert {"ensemble_2020_quick.csv", "calibration_ranks.csv"} <= set(files)
    assert {"learned.png", "fitted.png", "recovery.png", "ranks.png"} <= set(files)
    for name in files:
        if name.startswith("calibration") and name.endswith(".csv"):
            text = (tmp_path / "a" / name).read_text(encoding="utf-8").splitlines()
            assert all(line.startswith("quick,") for line in text[1:])
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["study"]["name"], manifest["study"]["setting"]) == ("calibration", "quick")
    assert {"runs from the prior", "posterior"} <= set(manifest["study"]["stages"])
    ensemble = load_ensemble(tmp_path / "a" / "ensemble_2020_quick.csv")
    assert ensemble.keys == PRIORS.keys
    LOADED.scenario.with_changes(ensemble.draws[0])


def test_targets_without_one_to_fit_are_refused(posture, tmp_path):
    path = tmp_path / "t.toml"
    path.write_text(
        'name = "t"\ntitle = "t"\n[[targets]]\nname = "a"\nmeasure = "us_killed"\n'
        "from = 2020-01-01\nuntil = 2020-02-01\nvalue = 1\n",
        encoding="utf-8",
    )
    result = posture("calibrate", "--quick", "--targets", path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "t.toml: targets = 'none with fit = true': expected one target or more to fit" in result.stderr
