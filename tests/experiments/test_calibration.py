"""The calibration: one table for all inference, its ensemble, what it says where it cannot know, and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import tomlkit

from experiments.runs.pools import threads
from experiments.studies.calibration.foresight import foresee
from experiments.studies.calibration.learned import trade_offs
from experiments.studies.calibration.methods import Used, use
from experiments.studies.calibration.onward import run_on
from experiments.studies.calibration.reports import reports_of, rival_of
from experiments.studies.ensemble import load_ensemble
from experiments.studies.inference.draws import Draws
from experiments.studies.prior_runs.making import STAGE, laws_of, table_in
from experiments.studies.prior_runs.making import Draws as PriorDraws
from experiments.studies.prior_runs.store import FILE, load_prior_runs
from experiments.studies.prior_runs.table import PriorRuns
from experiments.studies.priors import load_priors
from experiments.studies.runner import StudyRunner
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.targets import load_targets
from experiments.studies.weights import included
from sim.config_files import configs_folder, read_toml
from tests.experiments.sizes import assert_counted, sizes_file

LOADED, PRIORS, RIVALS = load_targets("2020"), load_priors("2020"), load_rivals().structures
N_DRAWS = 400
SMALL = {"draws": N_DRAWS, "nearest": 60, "near": (120, 60), "sets": 4, "deals": 2}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A small calibration: its folder, the folder of its table, what it said, its sizes."""
    from click.testing import CliRunner

    from experiments.cli import cli

    folder = tmp_path_factory.mktemp("calibration")
    out, table, sizes = folder / "o", folder / "table", sizes_file(folder, "calibration", SMALL)
    call = ("calibrate", "--quick", "--sizes", sizes, "--seed", 4, "--out", out, "--prior-runs", table)
    done = CliRunner().invoke(cli, [str(word) for word in call], prog_name="posture")
    assert done.exit_code == 0, done.output
    assert_counted(done)
    return out, table, done, sizes


@pytest.fixture(scope="module")
def runs(study):
    return load_prior_runs(study[1])


# --- the table -------------------------------------------------------------------------------------------------
def test_a_table_that_is_not_there_is_made(study):
    out, table, _, _ = study
    assert (table / FILE).is_file()
    assert not (out / FILE).exists()
    stages = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["study"]["stages"]
    assert stages["runs of the prior"]["runs"] == N_DRAWS
    assert stages["accepted states run on"]["runs"] == SMALL["nearest"], "only accepted states run on"


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ('calendar = "2020_2021"', "rules, posture and calendar"),
        ('posture = "six"', "rules, posture and calendar"),
    ],
)
def test_a_table_of_another_scenario_is_refused_in_words(study, posture, tmp_path, head, words):
    _, table, _, sizes = study
    target = '[[targets]]\nname = "a"\nmeasure = "fire_attacks"\nfrom = 2020-01-01\nuntil = 2020-03-31\n'
    path = tmp_path / "mine.toml"
    text = f'name = "mine"\ntitle = "t"\n{head}\n{target}value = 19\nfit = true\n'
    path.write_text(text, encoding="utf-8")
    call = ("calibrate", "--quick", "--sizes", sizes, "--targets", path, "--prior-runs", table, "--out", tmp_path / "o")
    done = posture(*call)
    assert done.exit_code == 2
    assert f"it must be a table of the same {words}: posture prior-runs makes one" in done.stderr


def test_a_table_of_other_priors_or_of_shorter_runs_is_refused(study, posture, tmp_path):
    _, table, _, sizes = study
    tree = read_toml(configs_folder() / "priors" / "2020.toml")
    tree["priors"][0]["high"] = 0.09
    mine = tmp_path / "priors.toml"
    mine.write_text(tomlkit.dumps(json.loads(json.dumps(tree))), encoding="utf-8")
    call = ("calibrate", "--quick", "--sizes", sizes, "--prior-runs", table, "--out", tmp_path / "o")
    assert "of the same priors:" in posture(*call, "--priors", mine).stderr
    later = (configs_folder() / "targets" / "2020.toml").read_text(encoding="utf-8").replace("2020-09-30", "2020-10-31")
    (tmp_path / "later.toml").write_text(later, encoding="utf-8")
    assert "of the same length:" in posture(*call, "--targets", tmp_path / "later.toml").stderr
    tree["priors"][0]["high"] = 0.1
    tree["priors"][0]["source"] = "another"
    assert laws_of(json.dumps({"priors": tree["priors"]})) == laws_of(PRIORS.model_dump_json()), "words move no draw"


def test_too_small_a_table_is_refused(study, posture, tmp_path):
    _, table, _, _ = study
    sizes = sizes_file(tmp_path, "calibration", {**SMALL, "nearest": 250})
    done = posture("calibrate", "--quick", "--sizes", sizes, "--prior-runs", table, "--out", tmp_path / "o")
    assert done.exit_code == 2
    assert f"--prior-runs is {N_DRAWS}; it must be 504 runs or more" in done.stderr


# --- what inference sees -----------------------------------------------------------------------------------------
def test_what_was_reported_is_on_the_scale_of_what_is_simulated(runs):
    """A report without error of a run that is in the table is nearest to that run."""
    exact = [t.model_copy(update={"tolerance": 0.0, "cut_days": 0}) for t in LOADED.targets.fitted if not t.among][:8]
    row = int(np.argmax(runs.counts["fire_attacks"].sum(axis=1) == 60))
    told = [t.model_copy(update={"value": float(t.read(runs)[row])}) for t in exact]
    seen = reports_of(runs, told, 1)
    far = np.abs(seen.table.summaries - seen.observed).max(axis=1)
    assert far[row] < 1e-6
    assert (far < 1e-6).sum() < 5


def test_places_of_a_rival_that_is_out_are_held_and_words_too(runs):
    table = reports_of(runs, LOADED.targets.fitted, 1).table
    owner = rival_of(PRIORS, runs.rivals)
    for k, prior in enumerate(PRIORS.priors):
        out = ~runs.included[:, owner[k]] if owner[k] >= 0 else np.zeros(len(runs), bool)
        assert np.array_equal(table.held[:, k], out | (prior.law == "choice")), prior.key


def test_a_truth_is_not_among_the_runs_that_are_to_find_it(runs):
    """Else every method would pass its proof: it would find the very run that plays the report."""
    seen = reports_of(runs, LOADED.targets.fitted, 1)

    def nearest_alone(table, seed):
        def method(of, observed):
            row = np.argmin(np.abs(of.summaries - observed).sum(axis=1))
            return Draws(of.unit[[row]], of.included[[row]], np.ones(1), np.array([row]))

        return method

    found: Used = use("nearest", nearest_alone, seen.table, seen.observed, 20, 3)
    free = [k for k, own in enumerate(rival_of(PRIORS, runs.rivals)) if own < 0 and PRIORS.priors[k].law != "choice"]
    assert (np.abs(found.checked.errors[:, free]) > 1e-9).all()


# --- what comes out ----------------------------------------------------------------------------------------------
def test_the_ensemble_has_structure_and_parameters_together(study):
    out = study[0]
    ensemble = load_ensemble(out / "ensemble_2020_quick.csv")
    assert ensemble.keys == PRIORS.keys
    assert len(ensemble.draws) == SMALL["nearest"]
    inside = included(ensemble.draws, RIVALS)
    assert 0 < inside.mean() < 1
    for rival, column in zip(RIVALS, inside.T, strict=True):
        for draw, is_in in zip(ensemble.draws, column, strict=True):
            same = [draw[key] == old for key, old in rival.old.items()]
            assert not all(same) if is_in else all(same), rival.name


def test_weights_of_rivals_are_those_of_the_file_of_draws(study, read):
    out = study[0]
    ensemble, rows = load_ensemble(out / "ensemble_2020_quick.csv"), read(out / "calibration_rivals.csv")
    shares = ensemble.weights @ included(ensemble.draws, RIVALS)
    assert [float(row["p_in"]) for row in rows] == pytest.approx(shares, abs=1e-3)
    assert [row["new_word"] for row in rows] == [rival.words[1] for rival in RIVALS]


def test_where_the_data_cannot_tell_the_lines_say_so_and_both_are_carried(study, read):
    out, _, done, _ = study
    rows = read(out / "calibration_rivals.csv")
    unknown = [row for row in rows if row["verdict"].startswith("the data can't tell")]
    assert unknown, "60 of 400 runs cannot tell twelve rivals apart"
    said = " ".join(done.stdout.split())
    assert f"The data can't tell of {', '.join(row['rival'] for row in unknown)}: the ensemble carries both" in said
    assert all(0.05 < float(row["p_in"]) < 0.95 for row in unknown)


def test_acceptance_adds_up_to_the_runs_that_come_near(study, read):
    rows = read(study[0] / "calibration_acceptance.csv")
    near = sorted(SMALL["near"], reverse=True)
    for rival in RIVALS:
        mine = [row for row in rows if row["rival"] == rival.name]
        both = [int(float(row["near_in"])) + int(float(row["near_out"])) for row in mine]
        assert both == pytest.approx(near, abs=1.5)
        assert [float(row["tolerance"]) for row in mine] == sorted((float(r["tolerance"]) for r in mine), reverse=True)


def test_every_parameter_has_its_contraction_and_the_floor_of_chance(study, read):
    rows = read(study[0] / "calibration_parameters.csv")
    assert [row["parameter"] for row in rows] == PRIORS.keys
    assert len({row["chance_floor"] for row in rows}) == 1
    assert all(float(row["by_itself"]) <= float(row["chance_floor"]) + 1e-9 for row in rows)
    proved = read(study[0] / "calibration_recovery.csv")
    assert {row["method"] for row in proved} == {row["method"] for row in read(study[0] / "calibration_methods.csv")}
    assert len(proved) == 3 * (len(PRIORS.keys) + 1)


def test_a_report_that_no_run_comes_near_is_said_to_be_outside_of_a_table_that_is_read(study, posture, tmp_path):
    _, table, _, sizes = study
    text = (configs_folder() / "targets" / "2020.toml").read_text(encoding="utf-8")
    (tmp_path / "far.toml").write_text(text.replace("value = 27", "value = 900", 1), encoding="utf-8")
    call = ("calibrate", "--quick", "--sizes", sizes, "--prior-runs", table, "--targets", tmp_path / "far.toml")
    before = (table / FILE).stat().st_mtime_ns
    done = posture(*call, "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    assert "What was reported is outside the cloud of simulated reports" in done.stdout
    entry = json.loads((tmp_path / "o" / "manifest.json").read_text(encoding="utf-8"))["study"]
    assert "outside" in entry["inside"]["words"]
    assert list(entry["stages"]) == ["accepted states run on"], "of another seed, the table is the same"
    assert (table / FILE).stat().st_mtime_ns == before


def test_parameters_that_stand_still_together_are_no_trade_off():
    """Two of a rival that is out in half of the draws, and two that go together: only these are told."""
    rng, n = np.random.default_rng(1), 4000
    out = rng.random(n) < 0.5
    unit = rng.random((n, 4))
    unit[out, 0], unit[out, 1] = 0.0, 1.0
    unit[:, 3] = (unit[:, 2] + unit[:, 3]) / 2
    free = np.column_stack([~out, ~out, np.ones((n, 2), bool)])
    draws = Draws(unit, np.zeros((n, 1), bool), np.full(n, 1 / n), np.arange(n))
    assert np.corrcoef(unit.T)[0, 1] < -0.5, "over all draws they seem to"
    found = {frozenset(pair[:2]): pair[2] for pair in trade_offs(list("abcd"), draws, free)}
    assert found[frozenset("cd")] == pytest.approx(np.sqrt(0.5), abs=0.03)
    assert max(abs(r) for pair, r in found.items() if pair != frozenset("cd")) < 0.06


def made_up(n, rng, foretells):
    """Runs in which the third quarter of those with the first rival is 27, if it `foretells`; else anything."""
    fitted = [t for t in LOADED.targets.fitted if t.name.startswith("fire, Q")]
    included_ = rng.random((n, 2)) < 0.5
    days = np.zeros((n, 274), np.int16)
    days[:, 10], days[:, 100] = rng.poisson(19, n), rng.poisson(11, n)
    days[:, 200] = np.where(included_[:, 0] & foretells, rng.poisson(27, n), rng.integers(0, 120, n))
    counts = {"fire_attacks": days}
    names = tuple(rival.name for rival in RIVALS[:2])
    table = PriorRuns(PRIORS, rng.random((n, PRIORS.dimension)), names, included_, date(2020, 1, 1), counts)
    return table, reports_of(table, fitted, 1)


def test_a_rival_that_foretells_the_third_quarter_gets_weight_and_another_does_not():
    rng = np.random.default_rng(4)
    first, second = foresee(*made_up(4000, rng, True), 300, 1)
    assert (first.rival, first.forecasts) == (RIVALS[0].name, 2), "the first quarter has none before it"
    assert first.stacked.weights[0] > 0.6
    assert first.stacked.plain[0] > 0.9, "unshrunk it goes into the corner"
    assert abs(second.stacked.weights[0] - 0.5) < 0.06
    assert first.stacked.open, "two forecasts prove nothing"
    none, _ = foresee(*made_up(4000, rng, False), 300, 1)
    assert abs(none.stacked.weights[0] - 0.5) < 0.06


# --- accepted states run on ----------------------------------------------------------------------------------------
def test_states_that_run_on_have_the_same_nine_months_and_then_nine_more(runs, tmp_path):
    rows = np.arange(3)
    points, seeds = runs.points(rows), runs.seeds[rows].astype(np.int64)
    few = type(runs)(runs.priors, runs.unit[rows], runs.rivals, runs.included[rows], runs.start, {}, runs.seeds[rows])
    with threads(1) as pool:
        on = run_on(StudyRunner(tmp_path, pool), LOADED, few, points, seeds, np.full(3, 1 / 3))
    assert on.runs.days == 547
    for name in ("fire_attacks", "convoy_attacks", "convoys_sent", "us_wounded"):
        assert np.array_equal(on.runs.counts[name][:, :274], runs.counts[name][rows]), name
    assert on.runs.window("convoys_sent", date(2021, 4, 1), date(2021, 6, 30)).min() > 0


def test_the_folder_of_a_study_gets_a_table_anew_if_that_there_is_another(tmp_path):
    """A folder that is named with --prior-runs may have a table of any seed and size."""
    wanted = PriorDraws(LOADED.scenario, PRIORS, 8, 1)
    with threads(1) as pool:
        runner = StudyRunner(tmp_path, pool)
        assert len(table_in(None, wanted, runner)) == 8
        made = runner.stages.pop(STAGE)
        assert made["ran_now"] == 8
        again = StudyRunner(tmp_path, pool)  # as after a kill that came when the table stood
        table_in(None, wanted, again)
        assert again.stages[STAGE] == {**made, "ran_now": 0, "seconds": 0.0}, "the same is read, and counts"
        assert again.scenarios == runner.scenarios
        other = replace(wanted, seed=2)
        assert np.array_equal(table_in(tmp_path, other, runner).unit, wanted.empty().unit)
        assert runner.stages == {}
        assert np.array_equal(table_in(None, other, runner).unit, other.empty().unit)
        assert runner.stages[STAGE]["ran_now"] == 8


def test_targets_without_one_to_fit_are_refused(posture, tmp_path):
    path = tmp_path / "t.toml"
    path.write_text(
        'name = "t"\ntitle = "t"\n[[targets]]\nname = "a"\nmeasure = "us_killed"\n'
        "from = 2020-01-01\nuntil = 2020-02-01\nvalue = 1\n",
        encoding="utf-8",
    )
    result = posture("calibrate", "--quick", "--targets", path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "t.toml: targets is 'none with fit = true'; there must be one target or more to fit" in result.stderr
