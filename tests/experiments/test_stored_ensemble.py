"""The ensemble of the live view from stored results: the runs that the title names, or one clear refusal."""

from __future__ import annotations

import csv
import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from experiments.cli import cli
from experiments.live.stored import stored_ensemble
from sim.app.ensemble_band import SERIES, charted
from sim.engine import simulate
from sim.errors import ConfigError
from sim.scenario import load_scenario
from tests.experiments.designs import INTERCEPT, POSTURES, write

SHORT = {"days": 3, "operations.base_rate_per_day": 1.0}
SIX, FOURTEEN = load_scenario("six", SHORT), load_scenario("fourteen", SHORT)
SETTINGS = ["--days", "3", "--set", "operations.base_rate_per_day=1.0"]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep with daily tables: two postures, three values of a parameter, with and without a response."""
    folder = tmp_path_factory.mktemp("sweep")
    factors = [POSTURES, INTERCEPT, {"key": "responses", "values": ["none", "surge=0.5@1"]}]
    file = write(folder / "d.toml", factors=factors, n=3, constants=SHORT, outputs=["runs", "daily"])
    cli(["sweep", str(file), "--out", str(folder / "out")], standalone_mode=False)
    return folder / "out"


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A comparison: rows that are run again."""
    folder = tmp_path_factory.mktemp("compared") / "out"
    words = ["compare", "--ensemble", "none", "fourteen", "six", "--replicates", "4", "--out", str(folder), *SETTINGS]
    cli(words, standalone_mode=False)
    return folder


@pytest.fixture
def copy(tmp_path):
    return lambda folder: shutil.copytree(folder, tmp_path / "out")


def rows_of(folder, name="runs.csv"):
    with open(folder / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(folder, rows, name="runs.csv"):
    with open(folder / name, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def change(folder, k, name="runs.csv", **values):
    rows = rows_of(folder, name)
    rows[k].update(values)
    write_rows(folder, rows, name)


def expected(rows, scenario_of):
    """The series of rows, each run by itself."""
    return charted(np.stack([simulate(scenario_of(row), int(row["seed"])).days for row in rows]))


def same(band, values):
    for name in SERIES:
        np.testing.assert_array_equal(np.sort(band.values[name], axis=0), np.sort(values[name], axis=0))


# --- runs made again -------------------------------------------------------------------------------------------
def test_rows_of_the_posture_are_run_again(compared):
    band = stored_ensemble(compared, SIX)
    rows = [row for row in rows_of(compared) if row["posture"] == "six"]
    same(band, expected(rows, lambda row: SIX))
    assert (band.n, band.title) == (4, f"4 runs of {compared}, posture six")


def test_workers_do_not_matter(compared):
    with ThreadPoolExecutor(2) as executor:
        same(stored_ensemble(compared, SIX, executor), stored_ensemble(compared, SIX).values)


def test_another_posture_gets_all_the_runs_and_the_title_says_so(compared):
    band = stored_ensemble(compared, load_scenario("six", SHORT, ["surge"]))
    assert (band.n, band.title) == (8, f"8 runs of {compared}, none of six+surge, so all: fourteen, six")


def test_failed_rows_are_left_out(compared, copy):
    folder = copy(compared)
    first = next(k for k, row in enumerate(rows_of(folder)) if row["posture"] == "six")
    change(folder, first, status="failed")
    assert stored_ensemble(folder, SIX).n == 3


def test_a_single_run_is_a_band_of_one(tmp_path):
    cli(["run", "six", "--seed", "7", "--out", str(tmp_path / "one"), *SETTINGS], standalone_mode=False)
    band = stored_ensemble(tmp_path / "one", SIX)
    assert (band.n, band.title) == (1, f"1 run of {tmp_path / 'one'}, posture six")


def test_no_more_than_some_runs_are_read(compared, sweep):
    assert stored_ensemble(compared, SIX, most_runs=3).title.startswith("first 3 of 4 runs of ")
    assert stored_ensemble(sweep, SIX, most_runs=3).title.startswith("first 3 of 9 runs of ")


# --- daily.csv -------------------------------------------------------------------------------------------------
def test_daily_tables_are_taken_as_they_stand(sweep):
    band = stored_ensemble(sweep, SIX)
    rows = [row for row in rows_of(sweep) if (row["posture"], row["responses"]) == ("six", "none")]
    at = "defence.p_intercept"
    same(band, expected(rows, lambda row: load_scenario("six", {**SHORT, at: float(row[at])})))
    assert (band.n, band.n_days) == (9, 3)
    assert band.title == f"9 runs of {sweep}, posture six, 3 points of the design"


def test_responses_are_told_apart(sweep):
    band = stored_ensemble(sweep, load_scenario("six", SHORT, ["surge=0.5@1"]))
    rows = [row for row in rows_of(sweep) if (row["posture"], row["responses"]) == ("six", "surge=0.5@1")]
    at = "defence.p_intercept"
    same(band, expected(rows, lambda row: load_scenario("six", {**SHORT, at: float(row[at])}, ["surge=0.5@1"])))


def test_daily_tables_and_runs_made_again_are_the_same(sweep, copy):
    folder = copy(sweep)
    (folder / "daily.csv").unlink()
    same(stored_ensemble(folder, SIX), stored_ensemble(sweep, SIX).values)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_run_may_come_in_parts(sweep, size):
    whole = stored_ensemble(sweep, FOURTEEN)
    same(stored_ensemble(sweep, FOURTEEN, rows_at_a_time=size), whole.values)


def test_a_single_run_with_days(tmp_path):
    cli(["run", "six", "--seed", "7", "--daily", "--out", str(tmp_path / "one"), *SETTINGS], standalone_mode=False)
    same(stored_ensemble(tmp_path / "one", SIX), charted(simulate(SIX, 7).days[None]))


def test_runs_of_another_length_are_left_out_and_said(tmp_path):
    points = [{"days": 2}, {"days": 4}]
    file = write(
        tmp_path / "d.toml", factors=[POSTURES], points=points, n=None, constants={}, outputs=["runs", "daily"]
    )
    cli(["sweep", str(file), "--out", str(tmp_path / "out")], standalone_mode=False)
    band = stored_ensemble(tmp_path / "out", load_scenario("six", {"days": 4}))
    assert (band.n, band.n_days) == (3, 4)
    assert "(3 of another length than 4 days left out)" in band.title
    assert stored_ensemble(tmp_path / "out", SIX).n == 3


# --- bad input -------------------------------------------------------------------------------------------------
def refused(folder, scenario=SIX):
    with pytest.raises(ConfigError) as error:
        stored_ensemble(folder, scenario)
    assert "\n" not in str(error.value).strip() or "manifest" in str(error.value)
    return str(error.value)


def test_no_folder_is_refused(tmp_path):
    assert "it must be a results folder" in refused(tmp_path / "nothing")


def test_a_folder_without_a_good_run_is_refused(compared, copy):
    folder = copy(compared)
    write_rows(folder, [{**row, "status": "failed"} for row in rows_of(folder)])
    assert "there must be at least one run that went well" in refused(folder)


def test_a_run_that_comes_out_otherwise_is_refused(compared, copy):
    folder = copy(compared)
    k = next(k for k, row in enumerate(rows_of(folder)) if row["posture"] == "six")
    change(folder, k, digest="0" * 16)
    assert f"runs.csv: row {k + 1}: digest is '0000000000000000'; it must be what this run gives now" in refused(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "source_hash": "x"}), encoding="utf-8")
    assert "the rules have changed since" in refused(folder)


def test_a_seed_that_is_none_is_refused(compared, copy):
    folder = copy(compared)
    write_rows(folder, [{**row, "seed": "many"} for row in rows_of(folder)])
    assert "seed is 'many'; it must be a whole number" in refused(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"postures": {}}', '{"postures": {"six": {"days": 1}}}'])
def test_a_broken_manifest_is_refused(compared, copy, content):
    folder = copy(compared)
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    assert "manifest" in refused(folder)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "daily.csv"),
        (["a,b", "1,2"], "column is 'replicate'|column is 'seed'"),
    ],
)
def test_a_broken_daily_table_is_refused(sweep, copy, lines, message):
    folder = copy(sweep)
    (folder / "daily.csv").write_text("\n".join(lines), encoding="utf-8")
    assert re.search(message, refused(folder))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pressure": ""}, "pressure is empty; there must be a number"),
        ({"pressure": "much"}, "it must be a table of days"),
        ({"day": "7"}, "the days of a run must follow one another"),
    ],
)
def test_a_broken_day_is_refused(sweep, copy, values, message):
    folder = copy(sweep)
    first = next(k for k, row in enumerate(rows_of(folder, "daily.csv")) if row["posture"] == "six")
    change(folder, first + 1, "daily.csv", **values)
    assert message in refused(folder)


def test_days_that_are_missing_are_refused(sweep, copy):
    folder = copy(sweep)
    write_rows(folder, rows_of(folder, "daily.csv")[:30], "daily.csv")
    assert "there must be the days of the 9 runs that runs.csv names" in refused(folder)
