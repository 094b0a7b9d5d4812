"""Measures of periods that runs may not reach, windows, displacement and sites out of reach: files, pages, refusals."""

from __future__ import annotations

import csv
import json

import designs
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import experiments
from experiments.analysis import comparison_of, differences
from experiments.files.columns import RUN_FIELDS
from experiments.runs.compare import with_window
from experiments.runs.displacement import PARTS
from sim.measures import BY_NAME, MEASURES
from sim.scenario import load_scenario

COLUMN = dict(zip(BY_NAME, (field.name for field in RUN_FIELDS[7:]), strict=True))
LATE = [COLUMN[m.name] for m in MEASURES if m.how in {"quarter 2", "quarter 3", "month 3", "month 18", "quarter 8"}]


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fire(day):
    return int(day["rocket_attacks"]) + int(day["drone_attacks"])


def call(*words):
    from click.testing import CliRunner

    from experiments.cli import cli

    done = CliRunner().invoke(cli, list(map(str, words)))
    assert done.exit_code == 0, done.output
    return done


# --- windows ---------------------------------------------------------------------------------------------
def test_all_scenarios_have_the_window_of_the_first_response():
    six, later, sooner = (load_scenario("six", {}, uses) for uses in ((), ["surge@90"], ["zone_closure@60:7"]))
    assert [s.posture.window_day for s in with_window([six, later, sooner])] == [60, 60, 60]
    assert [s.posture.window_day for s in with_window([six, later])] == [90, 90]
    assert [s.posture.window_day for s in with_window([six, load_scenario("fourteen")])] == [0, 0]
    assert [s.posture.window_day for s in with_window([six, load_scenario("six", {}, ["none"])])] == [0, 0]
    given = load_scenario("six", {"window_day": 10}, ["surge@90"])
    assert [s.posture.window_day for s in with_window([six, given])] == [0, 10], "who gives one has it as given"


@pytest.fixture(scope="module")
def windowed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("windowed")
    call(
        "compare", "--ensemble", "none", "six", "six+zone_closure@20", "--replicates", 6, "--days", 40, "--out", folder
    )
    return folder


def test_measures_of_a_window_count_from_its_day_in_every_scenario(windowed):
    manifest = json.loads((windowed / "manifest.json").read_text())
    assert {tree["window_day"] for tree in manifest["postures"].values()} == {20}
    daily = {}
    for row in rows(windowed / "runs.csv"):
        if row["posture"] == "six" and row["responses"] == "none":
            call("run", "six", "--days", 40, "--seed", row["seed"], "--daily", "--out", windowed / "again")
            days = rows(windowed / "again" / "daily.csv")
            daily[row["seed"]] = fire(days[33]) - fire(days[19])
            assert int(row["fire_attacks_first_14"]) == daily[row["seed"]]
    assert sum(daily.values()) > 0


def test_runs_of_a_window_are_verified(windowed, posture):
    done = posture("verify", windowed, "--sample", 12)
    assert done.exit_code == 0, done.output


# --- blanks in every file --------------------------------------------------------------------------------
def test_what_a_run_does_not_reach_is_blank_in_a_sweep_as_csv_and_parquet(tmp_path, posture):
    design = designs.write(
        tmp_path / "d.toml", factors=[{"key": "days", "values": [40, 100]}, designs.POSTURES], n=None, constants={}
    )
    for form in ("csv", "parquet"):
        call("sweep", design, "--out", tmp_path / form, "--format", form)
    table = experiments.load(tmp_path / "csv").runs
    stored = pq.read_table(tmp_path / "parquet" / "runs.parquet").to_pandas()
    for frame in (table, stored):
        short, longer = frame[frame["days"] == 40], frame[frame["days"] == 100]
        assert len(short) == len(longer) > 0
        assert short[LATE].isna().all(axis=None)
        assert longer[COLUMN["fire_attacks_q2"]].notna().all()
        assert longer[COLUMN["fire_attacks_m3"]].notna().all()
        assert longer[COLUMN["fire_attacks_q3"]].isna().all()
        assert (longer["fire_attacks_q1"] + longer["fire_attacks_q2"] == longer["fire_attacks"]).all()
    texts = rows(tmp_path / "csv" / "runs.csv")
    assert {row[column] for row in texts if row["days"] == "40" for column in LATE} == {""}
    assert not any(value in ("nan", "NaN") for row in texts for value in row.values())
    for command in ("verify", "report"):
        done = posture(command, tmp_path / "csv")
        assert done.exit_code == 0, done.output
    assert ">nan<" not in (tmp_path / "csv" / "report.html").read_text(encoding="utf-8").lower()


def test_a_run_without_convoys_has_no_hits_for_each(tmp_path, posture):
    """One day: no convoy is sent, so nothing is there to divide by; and a page can be made of it all the same."""
    call(
        "compare",
        "--ensemble",
        "none",
        "six",
        "fourteen",
        "--days",
        1,
        "--replicates",
        3,
        "--set",
        "supply.stock_at_start_days=60.0",
        "--set",
        "operations.base_rate_per_day=1.0",
        "--out",
        tmp_path,
    )
    runs = experiments.load(tmp_path).runs
    assert (runs["convoys_sent"] + runs["outbound_sent"] == 0).all()
    assert runs[COLUMN["hits_per_100_convoys"]].isna().all()
    assert runs[COLUMN["fire_per_site"]].notna().all()
    row = differences(runs, measures=["hits_per_100_convoys"]).iloc[0]
    assert row["pairs"] == 0
    assert pd.isna(row["difference_mean"])
    done = posture("report", tmp_path)
    assert done.exit_code == 0, done.output
    assert ">nan<" not in (tmp_path / "report.html").read_text(encoding="utf-8").lower()


# --- displacement ----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    call(
        "compare",
        "--ensemble",
        "none",
        "fourteen",
        "six",
        "drawdown_2020",
        "--replicates",
        5,
        "--days",
        100,
        "--out",
        folder,
    )
    return folder


@pytest.mark.parametrize("other", ["six", "drawdown_2020"])
def test_the_parts_of_displacement_add_up(compared, other):
    """Of sums over the pairs: attacks = operations started × bombs laid for each × attacks for each bomb laid."""
    found = [row for row in rows(compared / "displacement.csv") if row["posture"] == other]
    assert [row["part"] for row in found] == list(PARTS)
    assert {(row["base"], row["pairs"]) for row in found} == {("fourteen", "5")}
    parts = {row["part"]: float(row["mean"]) for row in found}
    runs = experiments.load(compared).runs.groupby("posture", observed=True)
    sums = {
        name: runs[name].mean()
        for name in ("operations", "abstained", "bombs_laid", "convoy_attacks", "bombs_waiting_end")
    }
    change = {name: of[other] - of["fourteen"] for name, of in sums.items()}
    assert sums["convoy_attacks"].min() > 3, "a comparison of nothing would add up too"
    assert parts["total"] == pytest.approx(change["convoy_attacks"])
    assert parts["waiting"] == pytest.approx(change["bombs_waiting_end"])
    assert parts["volume"] + parts["choice"] + parts["encounter"] == pytest.approx(parts["total"], abs=1e-9)
    assert parts["opportunities"] + parts["going"] == pytest.approx(parts["volume"], abs=1e-9)
    assert np.sign(parts["volume"]) == np.sign(change["operations"])
    assert all(float(row["low"]) <= float(row["mean"]) <= float(row["high"]) for row in found)


def test_the_table_is_loaded_with_types_and_units(compared):
    table = experiments.load(compared).table("displacement")
    assert table.attrs["units"]["mean"] == "attack/run"
    assert table["pairs"].dtype == np.int64
    assert table["mean"].dtype == np.float64


def test_the_report_says_the_split_and_the_sites_out_of_reach(compared, posture):
    assert (compared / "split.png").read_bytes().startswith(b"\x89PNG")
    assert posture("report", compared, "--format", "md").exit_code == 0
    page = (compared / "report.md").read_text(encoding="utf-8")
    parts = {row["part"]: float(row["mean"]) for row in rows(compared / "displacement.csv") if row["posture"] == "six"}
    assert f"Attacks on convoys with six: {parts['total']:+.3g} a run = volume".replace("-", "−") in page
    assert "Three reasons add up exactly." in page
    assert "Out of every cell's reach, so never fired at: Erbil, Harir (six)." in page.replace("\\_", "_")


# --- sites out of reach ----------------------------------------------------------------------------------
def test_sites_out_of_reach_are_named_by_check_describe_and_manifest_and_are_never_fired_at(compared, posture):
    manifest = json.loads((compared / "manifest.json").read_text())
    assert manifest["out_of_reach"]["six"] == ["erbil", "harir"]
    content = json.loads(posture("describe", "six", "--json").stdout)
    assert content["out_of_reach"] == ["erbil", "harir"]
    assert "No cell can fire at: erbil, harir." in posture("describe", "six").stdout
    hit = experiments.load(compared).table("squares")
    assert not set(hit.loc[hit["kind"] == "fire", "place"]) & {"erbil", "harir"}
    nearer = posture("describe", "six", "--set", "operations.radius_km=300.0").stdout
    assert "No cell can fire at" not in nearer


def test_check_of_a_posture_whose_sites_can_all_be_reached_says_nothing_of_it(posture, tmp_path):
    text = (load_scenario("six").file, load_scenario("plain_three").file)
    done = posture("check", *text)
    assert done.exit_code == 0
    assert "out of every cell's reach: erbil, harir" in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[1].endswith("3 sites, 180 days)")


# --- a year and a half -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def long(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    call(
        "compare",
        "--ensemble",
        "none",
        "year_and_half",
        "year_and_half+surge=0.5@90",
        "--replicates",
        2,
        "--out",
        folder / "two",
    )
    call("run", "year_and_half", "--seed", 3, "--daily", "--events", "--out", folder / "one")
    return folder


def test_a_run_of_six_quarters_has_all_of_them_and_no_more(long):
    (row,) = rows(long / "one" / "runs.csv")
    for kind in ("fire_attacks", "convoy_attacks"):
        quarters = [row[f"{kind}_q{q}"] for q in range(1, 9)]
        assert quarters[6:] == ["", ""]
        assert sum(map(int, quarters[:6])) == int(row[kind])
        assert sum(int(row[f"{kind}_m{m}"]) for m in range(1, 19)) == int(row[kind])
    days = rows(long / "one" / "daily.csv")
    assert fire(days[455]) - fire(days[365]) == int(row["fire_attacks_q5"])
    assert days[365]["date"] == "2020-12-31"


def test_the_report_of_a_comparison_shows_six_quarters_and_says_what_was_reported_of_three(long, posture):
    found = comparison_of(experiments.load(long / "two"))
    assert found.quarters[1] == (91, 182, 274, 366, 456, 547)
    assert posture("report", long / "two", "--format", "md").exit_code == 0
    page = (long / "two" / "report.md").read_text(encoding="utf-8")
    assert "six quarters" in page
    assert "reported 57 in the first three" in page
    assert " nan" not in page.lower()


def test_the_report_of_a_run_names_six_quarters(long, posture):
    done = posture("report", long / "one")
    assert done.exit_code == 0, done.output
    page = (long / "one" / "report.html").read_text(encoding="utf-8")
    assert ">nan<" not in page.lower()


def test_describe_lists_the_quarters_that_the_run_reaches(posture):
    ends = "quarters end on days 91, 182, 274"
    assert f"{ends}, 366, 456, 547\n" in posture("describe", "year_and_half").stdout
    assert f"{ends}\n" in posture("describe", "six").stdout
