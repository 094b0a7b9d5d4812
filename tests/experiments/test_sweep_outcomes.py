"""Sweeps in this process: runs that fail, when to stop, what is said."""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
import sys
import time

import numpy as np
import pytest

from experiments.runs import pools
from experiments.runs.design import Points
from experiments.runs.pilot import JOB_SECONDS, estimate
from experiments.runs.plan import jobs_of, make_plan, sketch
from experiments.runs.room import Progress
from experiments.runs.sweep import described, opened, sweep
from tests.experiments.designs import CROWD, INTERCEPT, POSTURES, design, write

ONE = pools.threads(1)
BIG = {"replicates": 8, "outputs": ["runs", "daily", "events"], "constants": {"days": 8}}


@pytest.fixture
def swept(tmp_path, posture):
    """`swept(out, *arguments, **design)`: a sweep by the command line into a folder of this test."""

    def call(out, *arguments, **keys):
        return posture("sweep", write(tmp_path / "d.toml", **keys), "--out", tmp_path / out, *arguments)

    return call


def ran(result):
    """How many runs a sweep says that it ran."""
    assert result.exit_code == 0, result.stderr
    return int(result.stdout.split(": ")[1].split()[0])


# --- runs that fail --------------------------------------------------------------------------------------
FAILING = {
    "factors": [{"key": "supply.assembly_hours", "values": [12, 1000]}, {"key": "posture", "values": ["six"]}],
    "constants": {"days": 30, **{k: v for k, v in CROWD.items() if k != "supply.assembly_hours"}},
    "replicates": 2,
}
INVALID = {  # each is allowed alone; together the embassy would have more people than a site may have
    "factors": [],
    "points": [{"skill.at_start": 0.2}, {"sites.embassy.people": 100_000, "people": 300_000}],
    "replicates": 2,
}


def test_a_failing_run_is_a_row_told_at_once_and_the_rest_goes_on(swept, tmp_path, read, posture):
    result = swept("o", **FAILING)
    assert result.exit_code == 1
    said = result.stderr.splitlines()
    assert said[0].startswith("posture: run failed (run), seed ")
    assert "more than 1024 convoys" in said[0]
    assert said[-1] == "posture: 2 of 4 runs failed: see status, stage and error in runs.csv"
    rows = read(tmp_path / "o" / "runs.csv")
    assert [r["status"] for r in rows] == ["ok", "ok", "failed", "failed"]
    for row in rows[2:]:
        assert (row["stage"], row["digest"], row["convoys_sent"]) == ("run", "", "")
        again = posture(*shlex.split(row["replay"])[1:])
        assert again.exit_code == 1
        assert row["error"] in again.stderr
    for row in rows[:2]:
        assert (row["stage"], row["error"]) == ("", "")
        assert json.loads(posture(*shlex.split(row["replay"])[1:], "--json").stdout)["digest"] == row["digest"]
    assert json.loads((tmp_path / "o" / "manifest.json").read_text())["counts"]["failed"] == 2


def test_a_point_that_is_invalid_only_together_fails_alone(swept, tmp_path, read, posture):
    result = swept("o", **INVALID)
    assert result.exit_code == 1
    assert "posture: run failed (scenario), seed " in result.stderr
    rows = read(tmp_path / "o" / "runs.csv")
    assert [(r["status"], r["stage"]) for r in rows] == [("ok", "")] * 2 + [("failed", "scenario")] * 2
    again = posture(*shlex.split(rows[-1]["replay"])[1:])
    assert again.exit_code == 2
    assert rows[-1]["error"] in again.stderr


def test_failed_runs_are_not_run_again_unless_that_is_asked_for(swept):
    assert swept("o", **FAILING).exit_code == 1
    again = swept("o", **FAILING)
    assert (again.exit_code, "0 run, 4 there already" in again.stdout) == (1, True)
    again = swept("o", "--retry-failed", **FAILING)
    assert (again.exit_code, "2 run, 2 there already" in again.stdout) == (1, True)


def test_a_retry_that_goes_well_takes_the_place_of_the_failure(swept, tmp_path):
    from experiments.runs.archive import open_chunk, write_chunk

    swept("good")
    swept("o")
    chunk = sorted((tmp_path / "o" / "chunks").iterdir())[0]
    arrays = {name: open_chunk(chunk).array(name) for name in open_chunk(chunk).plans}
    write_chunk(chunk, {**arrays, "measures": arrays["measures"] * np.nan}, [(0, "run", "MemoryError: ")])
    result = swept("o")
    assert (result.exit_code, "1 of 24 runs failed" in result.stderr) == (1, True)
    assert "MemoryError" in (tmp_path / "o" / "runs.csv").read_text()
    # the other rows of that chunk are lost in this test alone: they are NaN
    write_chunk(chunk, arrays, [(0, "run", "MemoryError: ")])
    assert ran(swept("o", "--retry-failed")) == 1
    assert (tmp_path / "o" / "runs.csv").read_bytes() == (tmp_path / "good" / "runs.csv").read_bytes()


def test_fail_at_end_says_so_only_there(swept):
    result = swept("o", "--fail", "at-end", **FAILING)
    assert result.exit_code == 1
    assert result.stderr == "posture: 2 of 4 runs failed: see status, stage and error in runs.csv\n"


def test_fail_at_once_stops_and_goes_on_later(swept, tmp_path):
    keys = {**FAILING, "replicates": 60}
    result = swept("o", "--fail", "at-once", "--workers", 1, **keys)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "posture: run failed (run), seed " in result.stderr
    assert "--fail go-on" in result.stderr
    assert not (tmp_path / "o" / "runs.csv").exists()
    result = swept("o", "--fail", "at-end", **keys)
    assert result.exit_code == 1
    assert "60 of 120 runs failed" in result.stderr


# --- stopping when known well enough ---------------------------------------------------------------------
def test_replicates_are_added_until_the_difference_is_known(swept, tmp_path, read):
    keys = {"factors": [POSTURES], "replicates": 200, "constants": {"days": 10}}
    result = swept("o", "--stop-when", "convoys_sent half-width < 1.0", **keys)
    assert result.exit_code == 0
    widths = [float(line.rsplit(" ", 1)[1]) for line in result.stderr.splitlines() if "half-width" in line]
    n = int([line for line in result.stderr.splitlines() if "half-width" in line][-1].split()[0])
    assert all(width >= 1.0 for width in widths[:-1])
    rows = read(tmp_path / "o" / "runs.csv")
    assert len(rows) == 2 * n
    a, b = (np.array([float(r["convoys_sent"]) for r in rows if r["posture"] == p]) for p in ("fourteen", "six"))
    from scipy import stats

    exact = stats.t.ppf(0.975, n - 1) * (b - a).std(ddof=1) / math.sqrt(n)
    assert widths[-1] == pytest.approx(exact, rel=1e-3)
    assert (widths[-1] < 1.0) == ("the limit" not in result.stderr)


def test_the_limit_stops_it_too(swept):
    keys = {"factors": [POSTURES], "replicates": 35}
    result = swept("o", "--stop-when", "convoys_sent half-width < 0.000001", **keys)
    assert result.exit_code == 0
    assert "the limit of 35 replicates is reached" in result.stderr
    assert "70 runs of 2 points: 70 run, 0 there already" in result.stdout


@pytest.mark.parametrize("rule", ["", "luck half-width < 1", "fire_attacks < 1", "fire_attacks half-width < -1", "x"])
def test_another_rule_is_refused(swept, rule):
    result = swept("o", "--stop-when", rule or " ")
    assert (result.exit_code, "MEASURE half-width < NUMBER" in result.stderr) == (2, True)


def test_a_rule_needs_two_points(swept):
    result = swept("o", "--stop-when", "fire_attacks half-width < 1", factors=[])
    assert (result.exit_code, "at least two points" in result.stderr) == (2, True)


# --- what it would take, and what it says ----------------------------------------------------------------
def test_a_dry_run_estimates_and_leaves_nothing(swept, tmp_path):
    result = swept("o", "--dry-run", replicates=100)
    assert (result.exit_code, result.stderr) == (0, "")
    assert not (tmp_path / "o").exists()
    for words in ("8 points × 100 replicates = 800 runs", "memory", "disk", "posture = fourteen, defence.p_intercept"):
        assert words in result.stdout


def test_the_estimate_of_disk_is_about_right(tmp_path):
    some = design(**BIG)
    plan = make_plan(some, "x")
    guess = estimate(plan, 1)
    sweep(make_plan(some, "x"), tmp_path, ONE)
    chunks = sum(path.stat().st_size for path in tmp_path.rglob("*.chunk"))
    runs = (tmp_path / "runs.csv").stat().st_size
    assert 0.5 < guess.disk_bytes / (chunks + runs) < 2
    assert guess.core_seconds > 0
    assert guess.memory_bytes > 1e8


LENGTHS = {"key": "days", "values": [1, 200]}
RATES = {"key": "operations.base_rate_per_day", "low": 0.001, "high": 0.2, "scale": "log"}


@pytest.mark.parametrize(
    "keys",
    [
        {"factors": [LENGTHS], "constants": {}, "replicates": 30},  # a pilot at the first point would be 100 times off
        {"factors": [RATES], "n": 40, "replicates": 1, "constants": {"days": 200}},
        {"factors": [POSTURES, {"key": "supply.assembly_hours", "values": [6, 48]}], "replicates": 20},
        {"factors": [INTERCEPT], "n": 500, "replicates": 1, "constants": {"days": 1}},
    ],
)
def test_the_estimate_of_time_is_right_within_a_factor_of_two(keys):
    """Against the processor time that the jobs took, whatever else the machine does meanwhile."""
    plan = make_plan(design(**{"constants": {"days": 100}, **keys}), "x")
    guess = estimate(plan, 1)
    jobs = jobs_of(plan, np.ones(plan.keys.shape, bool), lambda: JOB_SECONDS)
    spent = sum(result.seconds for _, result in pools.run_jobs(ONE, jobs))
    assert 0.5 < guess.core_seconds / spent < 2


def test_a_sketch_of_a_design_tells_as_much_as_the_whole():
    some = design(factors=[LENGTHS, RATES], constants={}, n=300, replicates=8)
    whole = estimate(make_plan(some, "x"), 2)
    part = estimate(sketch(some, "x", Points(some)), 2, 600 * 8)
    assert 0.6 < part.core_seconds / whole.core_seconds < 1.6
    assert part.memory_bytes == pytest.approx(whole.memory_bytes, rel=0.1)
    assert part.disk_bytes == pytest.approx(whole.disk_bytes, rel=0.1)


# --- very many runs --------------------------------------------------------------------------------------
def grid(n, key="defence.p_intercept"):
    return ("--factor", f"{key}=0.1:0.9:{0.8 / (n - 1):.12f}")


TOO_MANY = "1,000,000 points × 11 replicates'; it must be at most 10,000,000 runs"


@pytest.mark.parametrize("command", ["sweep", "dry-run", "check"])
def test_too_many_runs_are_refused_before_any_point_is_made(tmp_path, posture, command):
    n = {"factors": [POSTURES, INTERCEPT], "n": 500_000}
    file = write(tmp_path / "d.toml", replicates=11, **n)
    words = {"sweep": ["sweep", file, "--out", tmp_path / "o"], "dry-run": ["sweep", file, "--dry-run"]}
    start = time.thread_time()
    result = posture(*words.get(command, ["check", file]))
    assert time.thread_time() - start < 2
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{file}: runs is '{TOO_MANY}" in result.stderr
    assert not (tmp_path / "o").exists()


def test_replicates_of_the_line_count_too(tmp_path, posture):
    file = write(tmp_path / "d.toml", n=500_000)
    assert posture("sweep", file, "--dry-run", "--replicates", 10).exit_code == 0
    result = posture("sweep", file, "--dry-run", "--replicates", 11)
    assert (result.exit_code, TOO_MANY in result.stderr) == (2, True)


@pytest.mark.parametrize("keys", [{"n": 500_000}, {"sample": "sobol", "n": 500_000}])
def test_a_dry_run_of_a_million_points_counts_them_without_making_them(tmp_path, posture, keys):
    """To name a million runs takes half a minute of processor time; this answers within two seconds."""
    posture("sweep", write(tmp_path / "warm.toml"), "--dry-run")
    start = time.thread_time()
    result = posture("sweep", write(tmp_path / "d.toml", replicates=1, **keys), "--dry-run")
    assert time.thread_time() - start < 2
    assert result.exit_code == 0
    first, measuring, cost, *rest = result.stdout.splitlines()
    assert first == "A small one: 1000000 points × 1 replicates = 1000000 runs"
    assert measuring == "  time: measuring"
    assert re.fullmatch(r"  time: about [0-9.,]+ core-minutes, .+ on \d+ workers?", cost)
    assert "not counted beyond 20,000 runs" in rest[1]
    assert rest[3].startswith("  0: posture = fourteen, defence.p_intercept = 0.")


def test_a_dry_run_of_a_latin_hypercube_leaves_out_what_takes_half_a_second_to_import(tmp_path):
    file = write(tmp_path / "d.toml", n=500_000, replicates=1)
    code = f"import sys; from experiments.cli import cli\ntry: cli(['sweep', {str(file)!r}, '--dry-run'])\nfinally: "
    done = subprocess.run(
        [sys.executable, "-c", code + "print([m for m in sys.modules if m == 'scipy.stats'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1000000 points" in done.stdout
    assert done.stdout.endswith("[]\n")


def test_a_list_of_very_many_values_is_refused_at_its_ends(posture):
    good = posture("sweep", *grid(3000), "--replicates", 1, "--dry-run")
    assert good.exit_code == 0, good.stderr
    bad = posture("sweep", "--factor", "defence.p_intercept=0.1:1.3:0.0004", "--replicates", 1, "--dry-run")
    assert (bad.exit_code, "0 to 1" in bad.stderr) == (2, True)


def test_a_long_sweep_in_a_pipe_says_what_it_takes(capsys):
    from experiments.cli import screen

    with screen.progress("sweep") as progress:
        progress.total_runs, progress.total_cost = 9000, 29.0
        progress.on_measured()
        assert capsys.readouterr().err == "", "it is over before anybody reads it"
        progress.total_cost = 300.0
        progress.on_measured()
    assert capsys.readouterr().err == "0 of 9000 runs, about 5 core-minutes\n"


def test_it_is_said_that_it_measures_before_it_counts_down(tmp_path):
    progress, told = Progress(), []
    progress.on_stage = told.append
    progress.on_measured = lambda: told.append((progress.total_runs, progress.total_cost > 0))
    progress.on_runs = lambda n, cost: told.append("runs")
    sweep(make_plan(design(), "x"), tmp_path, ONE, progress)
    assert told[:3] == ["measuring", (24, True), "runs"]
    assert told[-1] == "writing"


def test_time_left_is_weighted_by_cost(tmp_path):
    progress, told = Progress(), []
    progress.on_runs = lambda n, cost: told.append((n, cost))
    some = design(factors=[{"key": "days", "values": [1, 30]}], constants={}, replicates=10)
    sweep(make_plan(some, "x"), tmp_path, ONE, progress)
    assert sum(n for n, _ in told) == progress.total_runs == 20
    assert sum(cost for _, cost in told) == pytest.approx(progress.total_cost)


def test_a_line_every_so_often_in_a_pipe(tmp_path, capsys):
    from experiments.cli import screen

    with screen.progress("sweep", 0.0) as progress:
        sweep(make_plan(design(), "x"), tmp_path, ONE, progress)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("24 of 24 runs, ")
    assert all("runs/s, about" in line and line.endswith(" left") for line in lines)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--processes", "--scheduler", "127.0.0.1:1"], "exclude each other"),
        (["--workers", "0"], "--workers"),
        (["--replicates", "0"], "--replicates"),
        (["--fail", "never"], "--fail"),
        (["--seed", "-1"], "--seed"),
    ],
)
def test_bad_options(swept, options, words):
    result = swept("o", *options)
    assert (result.exit_code, words in result.stderr) == (2, True)


def test_out_is_needed(tmp_path, posture):
    result = posture("sweep", write(tmp_path / "d.toml"))
    assert (result.exit_code, "--out DIR" in result.stderr) == (2, True)


def test_parquet_has_the_same_numbers(swept, tmp_path, read):
    from pyarrow import parquet

    result = swept("o", "--parquet", **BIG)
    assert "runs.parquet, daily.parquet, events.parquet, points.parquet" in result.stdout
    alone = swept("alone", "--format", "parquet", **BIG)
    assert "Files in " + str(tmp_path / "alone") + ": runs.parquet, daily.parquet, events.parquet, poi" in alone.stdout
    assert not list((tmp_path / "alone").glob("*.csv"))
    for name in ("runs", "daily", "events", "points"):
        table, rows = parquet.read_table(tmp_path / "o" / f"{name}.parquet"), read(tmp_path / "o" / f"{name}.csv")
        assert table.num_rows == len(rows)
        assert table == parquet.read_table(tmp_path / "alone" / f"{name}.parquet")
        assert table.column_names == list(rows[0])
        for key in rows[0]:
            column = table[key].to_pylist()
            if table.schema.field(key).type == "string":
                assert column == [row[key] for row in rows]
            else:
                assert column == [type(c)(row[key]) if row[key] else None for c, row in zip(column, rows, strict=True)]


@pytest.mark.parametrize("keys", [{"factors": [{"key": "defence.p_intercept", "values": [2.0]}]}, {"posture": "seven"}])
def test_a_bad_value_leaves_no_folder(swept, tmp_path, keys):
    assert swept("o", **keys).exit_code == 2
    assert not (tmp_path / "o").exists()


def test_a_manifest_means_that_all_is_written(swept, tmp_path):
    """A finished folder is no longer finished once it is opened for more: a kill must not leave an old manifest."""
    some = design()
    assert swept("o").exit_code == 0
    assert (tmp_path / "o" / "manifest.json").is_file()
    plan = make_plan(some, "x")
    opened(tmp_path / "o", ONE, described(plan), plan.keys, fresh=False)
    assert not (tmp_path / "o" / "manifest.json").exists()
    assert ran(swept("o")) == 0
    assert (tmp_path / "o" / "manifest.json").is_file()
