"""What all studies share: catalogue, sizes in TOML, reference copies; studies that are stopped, in real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from processes import hear_control_c
from sizes import sizes_file

from experiments.cli.studies import _part_of
from experiments.files.columns import Field
from experiments.runs.room import Progress
from experiments.studies import catalogue, settings
from experiments.studies.forms import FilledForm, forms
from experiments.studies.frame import check_reference, frames, told, write_reference
from experiments.studies.settings import SensitivitySizes, load_sizes
from sim.config_files import configs_folder
from sim.errors import ConfigError

PATIENCE_SECONDS = 120
STUDIES = catalogue.commands()


# --- the catalogue -----------------------------------------------------------------------------------------
def test_the_catalogue_has_the_studies_of_one_form():
    assert list(STUDIES) == [
        "calibration",
        "claims",
        "decide",
        "discovery",
        "factorial",
        "information",
        "prior_runs",
        "sensitivity",
        "sites",
        "structures",
        "validation",
    ]
    assert {path.stem for path in (configs_folder() / "studies").glob("*.toml")} == set(STUDIES)
    for name in STUDIES:
        study = catalogue.load(name)
        assert study.name == name
        for quick in (False, True):
            assert load_sizes(study.sizes, name, quick=quick).question
    tables = [table for table, _, _ in catalogue.files()]
    assert len(tables) == len(set(tables))
    assert all(fields[0].name == "setting" for _, _, fields in catalogue.files())


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_takes_the_options_that_all_share(posture, name):
    told = posture(STUDIES[name].name, "--help").stdout
    shared = (
        "out",
        "seed",
        "workers",
        "processes",
        "scheduler",
        "scheduler-file",
        "quick",
        "fresh",
        "dry-run",
        "reference",
    )
    own = (option.removeprefix("as_").replace("_", "-") for option in STUDIES[name].options)
    assert all(f"--{option} " in told for option in (*shared, *own))


@pytest.mark.parametrize("name", STUDIES)
def test_a_dry_run_counts_what_would_run_and_leaves_nothing(posture, tmp_path, monkeypatch, name):
    """That the counts are those of the runs is tested where each study runs (`assert_counted`)."""
    monkeypatch.chdir(tmp_path)
    done = posture(STUDIES[name].name, "--quick", "--dry-run", "--out", "results/here")
    assert done.exit_code == 0, done.output
    *stages, total, written = done.stdout.splitlines()
    each = [int(re.fullmatch(r".+: (?:at most )?([\d,]+) runs", line)[1].replace(",", "")) for line in stages]
    assert re.match(rf"In all (at most )?{sum(each):,} runs: about \S+ core-minutes", total)
    assert written.startswith(f"Would write into results/here: {next(iter(catalogue.load(name).forms))}.csv, ")
    assert ("prior_runs.parquet" in written) == (name in ("calibration", "prior_runs", "validation"))
    assert list(tmp_path.iterdir()) == []


def test_a_results_folder_is_needed_but_for_a_dry_run(posture):
    done = posture("sites", "--quick")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Missing option '--out'" in done.stderr


def test_processes_and_a_scheduler_exclude_each_other(posture, tmp_path):
    done = posture("factorial", "--quick", "--out", tmp_path, "--processes", "--scheduler", "tcp://127.0.0.1:1")
    assert done.exit_code == 2
    assert "--processes and --scheduler exclude each other" in done.stderr


def test_a_stage_that_asks_again_for_runs_goes_on_with_its_bar():
    told, whole = [], Progress()
    whole.on_runs = lambda runs, cost: told.append((runs, whole.total_runs, whole.total_cost))
    for total in (10, 5):
        part = _part_of(whole)
        part.total_runs, part.total_cost = total, 2.0 * total
        for runs in (3, 2):
            part.on_runs(runs, 1.0)
    assert told == [(3, 10, 20.0), (2, 10, 20.0), (3, 15, 30.0), (2, 15, 30.0)]


def test_what_is_no_number_is_none_in_a_manifest():
    said = {"curse": [float("nan"), 1.5], "more": {"at": (float("inf"), "word", 2, None)}}
    assert told(said) == {"curse": [None, 1.5], "more": {"at": [None, "word", 2, None]}}


# --- sizes -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", STUDIES)
def test_an_unknown_key_of_a_study_is_one_message_that_says_what_is_known(name, tmp_path):
    text = (configs_folder() / "studies" / f"{name}.toml").read_text(encoding="utf-8")
    path = tmp_path / f"{name}.toml"
    path.write_text(text.replace("[full]", "[full]\nnonsense = 3", 1), encoding="utf-8")
    sizes = catalogue.load(name).sizes
    with pytest.raises(ConfigError, match=rf"{name}\.toml: nonsense is 3; this key is unknown. Known here: "):
        load_sizes(sizes, path, quick=False)
    assert load_sizes(sizes, path, quick=True) == load_sizes(sizes, name, quick=True)


def test_sizes_are_refused_with_their_place(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('title = "t"\nquestion = "q"\nmeasures = ["nonsense"]\n[full]\ntrajectories = 2\n')
    with pytest.raises(ConfigError, match=r"nonsense is no measure"):
        load_sizes(SensitivitySizes, path, quick=False)
    with pytest.raises(ConfigError, match=r"quick is missing; it must be a table of sizes"):
        load_sizes(SensitivitySizes, path, quick=True)


def test_every_model_of_sizes_belongs_to_a_study():
    used = {catalogue.load(name).sizes for name in STUDIES}
    models = {each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, settings.Sizes)}
    assert models - used == {settings.Sizes, settings.MeasureSizes}


# --- what is written ---------------------------------------------------------------------------------------
def test_reference_tables_name_their_command_and_an_ensemble_takes_its_manifest_along(tmp_path):
    table = forms("t: w\nclaim | | c\nprobability | 1 | p")["t"].filled([("S15", 1 / 3), ("S16", float("nan"))])
    alone = FilledForm((Field("draw", "1", "d"),), [[0]], alone=True)
    manifest = {"command": ["posture", "claims", "--seed", "1"], "postures": {"six": {}}, "theatres": {}}
    write_reference({"claims": table, "tests": table, "ensemble_x": alone}, "claims", tmp_path / "r", manifest)
    names = sorted(path.name for path in (tmp_path / "r").iterdir())
    assert names == ["claims.csv", "claims.json", "claims_tests.csv", "ensemble_x.csv", "ensemble_x.json"]
    made = json.loads((tmp_path / "r" / "claims.json").read_text(encoding="utf-8"))
    sums = {name: sha256((tmp_path / "r" / name).read_bytes()).hexdigest() for name in names if name.endswith("csv")}
    assert made == {"command": manifest["command"], "sha256": sums}
    lines = (tmp_path / "r" / "claims.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["# made by: posture claims --seed 1", "claim,probability", "S15,0.333333", "S16,"]
    assert json.loads((tmp_path / "r" / "ensemble_x.json").read_text(encoding="utf-8")) == manifest
    assert list(frames({"claims": table.marked("quick"), "ensemble_x": alone.marked("quick")})) == [
        "claims",
        "ensemble",
    ]
    assert table.marked("quick").rows[0] == ["quick", "S15", 1 / 3]
    assert alone.marked("quick") == alone


def test_a_quick_run_is_no_reference(posture, tmp_path):
    check_reference(None, quick=True)
    with pytest.raises(ConfigError, match="it needs the full setting, without --quick"):
        check_reference(tmp_path, quick=True)
    for command in STUDIES.values():
        done = posture(command.name, "--quick", "--out", tmp_path / "o", "--reference", tmp_path / "r")
        assert done.exit_code == 2
        assert "it needs the full setting, without --quick" in done.stderr
        assert not (tmp_path / "o").exists()


def test_sizes_of_a_file_are_those_of_the_study(posture, tmp_path):
    """What is asked for is what the manifest says; a file that is not there, or lacks something, is refused."""
    sizes = sizes_file(tmp_path, "factorial", SMALL["factorial"])
    done = posture("factorial", "--quick", "--sizes", sizes, "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    kept = json.loads((tmp_path / "o" / "manifest.json").read_text(encoding="utf-8"))["study"]["settings"]
    assert {key: kept[key] for key in SMALL["factorial"]} == json.loads(json.dumps(SMALL["factorial"]))
    nowhere = posture("factorial", "--quick", "--sizes", tmp_path / "no.toml", "--out", tmp_path / "n")
    assert nowhere.exit_code == 2
    assert "no.toml" in nowhere.stderr
    sizes.write_text(sizes.read_text(encoding="utf-8").replace("draws", "drafts"), encoding="utf-8")
    wrong = posture("factorial", "--quick", "--sizes", sizes, "--out", tmp_path / "n")
    assert wrong.exit_code == 2
    assert f"{sizes}: drafts is 3; this key is unknown" in wrong.stderr
    assert "Did you mean draws?" in wrong.stderr
    assert not (tmp_path / "n").exists()


# --- run again, elsewhere, and stopped in the middle -------------------------------------------------------
FEW_MEASURES = {"measures": ("fire_attacks", "pressure")}
SMALL = {
    "calibration": {
        "draws": 300,
        "nearest": 30,
        "near": (60, 30),
        "sets": 3,
        "deals": 2,
    },
    "claims": {"draws": 10},
    "discovery": {"states": 20, "metrics": ("pressure",), "responses": ("none", "surge"), **FEW_MEASURES},
    "factorial": {"replicates": 3, "draws": 3, "curve_replicates": 2, "curve_batteries": (0, 4), **FEW_MEASURES},
    "prior_runs": {"draws": 12, "measures": ("fire_attacks",)},
    "sensitivity": {"tornado_replicates": 2, "kept": 1, "base_points": 4, "group_points": 4, **FEW_MEASURES},
    "sites": {"draws": 6},
    "validation": {"runs": 10, "prior_runs": 40},
}
"""Sizes that are still smaller than those of the quick setting."""


def tables(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


@pytest.fixture
def small(posture, tmp_path):
    """`small(name, folder, workers)` runs a study with small sizes: its tables, and what it said."""

    def run(name, folder, workers):
        sizes = sizes_file(tmp_path, name, SMALL[name])
        words = ("--quick", "--sizes", sizes, "--seed", 3, "--out", tmp_path / folder, "--workers", workers)
        done = posture(STUDIES[name].name, *words)
        assert done.exit_code == 0, done.output
        return tables(tmp_path / folder), done.stdout

    return run


ELSEWHERE = {"decide", "information", "structures"}
"""Studies whose own tests say the same of the folder that they look at (`run_twice`), or that reads such a folder."""


@pytest.mark.parametrize("name", [name for name in STUDIES if name not in ELSEWHERE])
def test_workers_do_not_matter_and_what_was_run_is_not_run_again(name, small, tmp_path):
    (one, _), (two, said) = small(name, "a", 1), small(name, "b", 2)
    assert one
    assert one == two
    assert "(0 run now)" not in said
    entry = json.loads((tmp_path / "b" / "manifest.json").read_text(encoding="utf-8"))["study"]
    assert {"ensemble", "priors"} & set(STUDIES[name].options) <= set(entry), "a page says over what it is"
    if name == "prior_runs":  # all inference reads what it leaves; test_factorial.py has one of states and policies
        again, said = small(name, "b", 1)
        assert "(0 run now)" in said
        assert again == two


CALL = ("prior-runs", "--quick", "--seed", "5", "--targets")
TARGETS = 'name = "few"\ntitle = "t"\nposture = "six"\n' + "".join(
    f'[[targets]]\nname = "{name}"\nmeasure = "{name}_attacks"\nfrom = 2020-01-01\nuntil = 2020-02-29\n'
    f"value = {value}\nfit = true\n"
    for name, value in (("fire", 14), ("convoy", 12))
)


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    """Targets of six sites, for a table of prior runs. Sizes beside it."""
    path = tmp_path_factory.mktemp("targets") / "few.toml"
    path.write_text(TARGETS, encoding="utf-8")
    sizes_file(path.parent, "prior_runs", {"draws": 1200, "measures": ["fire_attacks"]})
    return path


def start(*arguments):
    """The program, with sizes smaller than those of its quick setting: the file beside the targets."""
    targets = next(Path(word) for word in arguments if Path(word).name == "few.toml")
    words = (*arguments, "--sizes", targets.parent / "prior_runs_sizes.toml")
    command = [sys.executable, "-m", "experiments.cli", *map(str, words)]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "preexec_fn": hear_control_c}
    return subprocess.Popen(command, start_new_session=True, **how)


def finish(process):
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, err


def chunks(folder):
    return len(list((folder / "chunks").glob("*.chunk")))


def stop(process, folder, number, at_least):
    """A signal once so many chunks are there."""
    end = time.monotonic() + PATIENCE_SECONDS
    while chunks(folder) < at_least and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    os.killpg(process.pid, number)
    return finish(process)


@pytest.fixture(scope="module")
def whole(targets, tmp_path_factory):
    """The tables of a study that nobody disturbed, by one worker."""
    out = tmp_path_factory.mktemp("whole")
    code, _, err = finish(start(*CALL, targets, "--out", out, "--workers", 1))
    assert code == 0, err
    return tables(out)


def test_killed_and_stopped_a_study_goes_on_through_its_chunks_to_the_same_bytes(targets, whole, tmp_path):
    call = (*CALL, targets, "--out", tmp_path, "--workers", 2)
    code, _, _ = stop(start(*call), tmp_path, signal.SIGKILL, 1)
    assert code == -signal.SIGKILL
    there = chunks(tmp_path)
    assert there >= 1
    assert not list(tmp_path.glob("*.csv"))
    code, out, err = stop(start(*call), tmp_path, signal.SIGINT, there + 1)
    assert (code, out) == (130, "")
    stopped = [line for line in err.splitlines() if line.startswith("posture: ")]
    assert stopped == [f"posture: stopped; what is complete is kept in {tmp_path}. The same command goes on."]
    assert chunks(tmp_path) > there
    code, out, err = finish(start(*call))
    assert code == 0, err
    runs, ran = map(int, re.search(r"(\d+) runs \((\d+) run now\)", out).groups())
    assert 0 < ran < runs - there
    assert tables(tmp_path) == whole
