"""Designs that stand on the command line, the table of points, and what a smaller question leaves out."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from experiments.runs.archive import Archive, write_chunk
from experiments.runs.design import Points
from experiments.runs.line import design_of_line
from experiments.runs.points import _BATCH, NAMES, summary_of
from tests.experiments.designs import POSTURES, write

GRID = ("--factor", "defence.p_intercept=0.5,0.9", "--factor", "batteries=2:6:2")
FEW = ("--factor", "days=3", "--replicates", 3)


def points_of(*factors, policies=()):
    return list(Points(design_of_line(factors, policies)))


# --- the design ------------------------------------------------------------------------------------------
def test_the_factors_of_the_line_are_a_grid_for_each_policy(posture, tmp_path, read):
    result = posture("sweep", *GRID, *FEW, "six+zone_clearance", "fourteen", "--out", tmp_path / "o")
    assert (result.exit_code, result.stderr) == (0, "")
    rows = read(tmp_path / "o" / "runs.csv")
    found = [(r["posture"], r["responses"], r["defence.p_intercept"], r["batteries"], r["days"]) for r in rows[::3]]
    policies = [("six", "zone_clearance"), ("fourteen", "none")]
    grid = itertools.product(policies, ("0.5", "0.9"), ("2", "4", "6"), ("3",))
    assert found == [(*policy, *values) for policy, *values in grid]
    assert json.loads((tmp_path / "o" / "manifest.json").read_text())["counts"]["runs"] == len(rows) == 36


def test_the_line_runs_what_a_file_would(posture, tmp_path, read):
    factors = [{"key": "defence.p_intercept", "values": [0.5, 0.9]}, {"key": "batteries", "values": [2, 4, 6]}]
    file = write(
        tmp_path / "d.toml", factors=factors, posture="six", responses=["zone_clearance"], constants={"days": 3}
    )
    assert posture("sweep", file, "--out", tmp_path / "file").exit_code == 0
    line = posture("sweep", *GRID, *FEW, "six+zone_clearance", "--out", tmp_path / "line")
    assert line.exit_code == 0
    digests = [[row["digest"] for row in read(tmp_path / name / "runs.csv")] for name in ("file", "line")]
    assert digests[0] == digests[1]
    assert len(set(digests[0])) > 3


def test_a_finished_grid_of_the_line_grows(posture, tmp_path):
    def ran(*words):
        result = posture("sweep", *words, *FEW, "--out", tmp_path / "o")
        assert result.exit_code == 0, result.stderr
        return int(result.stdout.split(": ")[1].split()[0])

    assert ran("--factor", "batteries=2,4", "six") == 6
    assert ran("--factor", "batteries=2,4,6", "six") == 3
    assert ran("--factor", "batteries=2,4,6", "six", "six+surge@1") == 9


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("defence.p_intercept=0.1:0.5:0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),  # not 0.30000000000000004
        ("defence.p_intercept=0.1:0.45:0.2", [0.1, 0.3]),
        ("defence.p_intercept=0.5:0.5:1", [0.5]),
        ("batteries=2:6:2", [2, 4, 6]),
        ("batteries=2:7:2,9", [2, 4, 6, 9]),
        ("days=1,2", [1, 2]),
        ("retaliation.effect=none,deters", ["none", "deters"]),
        ("responses=none,surge=0.5+zone_clearance", ["none", "surge=0.5+zone_clearance"]),
        ("start=2020-01-01,2020-02-01", ["2020-01-01", "2020-02-01"]),
        ("calendar=2020", ["2020"]),
    ],
)
def test_values_and_ranges(text, values):
    found = [next(iter(point.values())) for point in points_of(text)]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_what_nobody_decides_is_an_uncertainty():
    kinds = [f.kind for f in design_of_line(["defence.p_intercept=0.5", "batteries=2", "posture=six"], []).factors]
    assert kinds == ["uncertainty", "lever", "lever"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--factor", "batteries"], ["--factor is 'batteries'", "KEY=VALUES", "batteries=2:6:2"]),
        (["--factor", "=2"], ["--factor is '=2'", "KEY=VALUES"]),
        (["--factor", "batteries="], ["--factor is 'batteries='", "KEY=VALUES"]),
        (["--factor", "batteries=2,,4"], ["a value between any two commas"]),
        (["--factor", "batteries=2,2"], ["each value may be given once"]),
        (["--factor", "batteries=2,2.0"], ["each value may be given once"]),
        (["--factor", "batteries=2:4"], ["low:high:step"]),
        (["--factor", "batteries=6:2:2"], ["low:high:step", "low not above high"]),
        (["--factor", "batteries=2:6:0"], ["step above 0"]),
        (["--factor", "batteries=a:b:c"], ["low:high:step"]),
        (["--factor", "batteries=0:nan:1"], ["low:high:step"]),
        (["--factor", "defence.p_intercept=0:1:0.00000001"], ["at most 10,000,000 values"]),
        (["--factor", "batteries=2", "--factor", "batteries=4"], ["'batteries'", "each key may be given once"]),
        (["--factor", "batteries=2", "six", "six"], ["policy is 'six'", "each policy may be named once"]),
        (["--factor", "posture=six", "fourteen"], ["'posture'", "in one place"]),
        (["--factor", "responses=surge", "six+surge"], ["'responses'", "in one place"]),
        (["--factor", "batteries=2", "nosuch"], ["the command line: points[0] (posture) is 'nosuch'", "fourteen"]),
        (["--factor", "batteries=2", "six+nosuch"], ["(responses) is 'nosuch'", "zone_clearance"]),
        (["--factor", "defence.p_intercept=0.5,1.5", "six"], ["the command line: factors[0]", "1.5", "0 to 1"]),
        (["--factor", "defence.luck=1", "six"], ["defence.luck", "p_intercept"]),
        (["--factor", "defence.p_intercept=nan"], ["factors[0].values[0]", "nan"]),
        (["fourteen", "six"], ["Give one DESIGN, or --factor"]),
        ([], ["Give one DESIGN, or --factor"]),
        (["fourteen_vs_six", "--measures", "luck"], ["--measures is 'luck'", "docs/data-dictionary.md"]),
        (["fourteen_vs_six", "--measures", "fire_atacks"], ["'fire_atacks'", "Did you mean fire_attacks?"]),
        (["fourteen_vs_six", "--measures", "pressure,pressure"], ["'pressure'", "each once"]),
        (["fourteen_vs_six", "--measures", ""], ["--measures is empty"]),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_and_leaves_nothing(posture, tmp_path, words, said):
    result = posture("sweep", *words, "--out", tmp_path / "o")
    assert (result.exit_code, result.stdout) == (2, ""), result.stdout
    assert "Traceback" not in result.stderr
    for word in said:
        assert word in result.stderr
    assert not (tmp_path / "o").exists()


# --- points.csv ------------------------------------------------------------------------------------------
CONVOYS = {"factors": [POSTURES, {"key": "supply.trucks_per_convoy", "values": [5, 10]}], "constants": {"days": 20}}


def numbers(rows, column):
    return np.array([float(row[column]) if row[column] else np.nan for row in rows])


def test_points_are_the_means_of_the_runs(posture, tmp_path, read):
    assert posture("sweep", write(tmp_path / "d.toml", replicates=7, **CONVOYS), "--out", tmp_path / "o").exit_code == 0
    runs, points = read(tmp_path / "o" / "runs.csv"), read(tmp_path / "o" / "points.csv")
    assert [row["point"] for row in points] == ["0", "1", "2", "3"]
    assert [(row["posture"], row["supply.trucks_per_convoy"]) for row in points] == [
        (row["posture"], row["supply.trucks_per_convoy"]) for row in runs[::7]
    ]
    moved = 0
    for column in (name.removesuffix("_mean") for name in points[0] if name.endswith("_mean")):
        for k, row in enumerate(points):
            values = numbers(runs[7 * k : 7 * k + 7], column)
            values = values[~np.isnan(values)]
            assert int(row[f"{column}_n"]) == len(values)
            if len(values) < 2:
                assert row[f"{column}_sd"] == ""
                continue
            assert float(row[f"{column}_mean"]) == pytest.approx(values.mean())
            assert float(row[f"{column}_sd"]) == pytest.approx(values.std(ddof=1), abs=1e-9)
            moved += values.std() > 0
    assert moved > 20


def test_more_runs_of_a_point_than_there_is_room_for_are_added_up_in_blocks(tmp_path):
    """A real archive of made-up runs, of which some have no value: two whole blocks and a part of a third."""
    n = 2 * _BATCH + 100
    keys, values = np.arange(2 * n, dtype=np.uint64), np.random.default_rng(1).normal(5.0, 2.0, (2 * n, len(NAMES)))
    values[::7] = np.nan
    write_chunk(tmp_path / "a.chunk", {"keys": keys, "measures": values})
    found, whole = summary_of(Archive.open(tmp_path), keys.reshape(2, n)), values.reshape(2, n, -1)
    assert np.array_equal(found.n, np.isfinite(whole).sum(axis=1))
    np.testing.assert_allclose(found.mean, np.nanmean(whole, axis=1), rtol=1e-9)
    np.testing.assert_allclose(found.sd, np.nanstd(whole, axis=1, ddof=1), rtol=1e-9)


def test_failed_runs_count_in_no_mean(posture, tmp_path, read):
    points = [{"skill.at_start": 0.2}, {"sites.embassy.people": 100_000, "people": 300_000}]  # the second can't be
    file = write(tmp_path / "d.toml", factors=[], points=points, replicates=2)
    assert posture("sweep", file, "--out", tmp_path / "o", "--fail", "at-end").exit_code == 1
    good, bad = read(tmp_path / "o" / "points.csv")
    assert (good["fire_attacks_n"], bad["fire_attacks_n"]) == ("2", "0")
    assert bad["fire_attacks_mean"] == bad["fire_attacks_sd"] == ""


def test_measures_choose_what_stands_in_points_and_on_the_screen(posture, tmp_path, read):
    file, out = write(tmp_path / "d.toml", factors=[POSTURES]), tmp_path / "o"
    shown = posture("sweep", file, "--out", out)
    assert "fire attacks" in shown.stdout
    assert len(read(out / "points.csv")[0]) == 3 + 3 * len(NAMES)
    before = (out / "runs.csv").read_bytes()
    chosen = posture("sweep", file, "--out", out, "--measures", "cargo_sent, patience_lowest")
    assert "patience lowest" in chosen.stdout
    assert "fire attacks" not in chosen.stdout
    columns = [f"{name}_{part}" for name in ("cargo_sent_t", "patience_lowest") for part in ("mean", "sd", "n")]
    assert list(read(out / "points.csv")[0]) == ["point", "posture", "responses", *columns]
    assert (out / "runs.csv").read_bytes() == before


def test_points_are_read_with_their_units(posture, tmp_path):
    import experiments

    posture("sweep", *GRID, *FEW, "six", "--out", tmp_path / "o")
    points = experiments.load(tmp_path / "o").table("points")
    assert len(points) == 6
    assert points["batteries"].tolist() == [2, 4, 6] * 2
    assert points.attrs["units"]["cargo_sent_t_mean"] == points.attrs["units"]["cargo_sent_t_sd"] == "t"
    assert points.attrs["units"]["cargo_sent_t_n"] == "1"


def test_the_points_that_a_design_reads_are_never_written_over(posture, tmp_path):
    (tmp_path / "points.csv").write_text("skill.at_start\n0.2\n0.3\n", encoding="utf-8")
    file = write(tmp_path / "d.toml", factors=[], points_file="points.csv")
    result = posture("sweep", file, "--out", tmp_path)
    assert (result.exit_code, "would be written over" in result.stderr) == (2, True)
    assert (tmp_path / "points.csv").read_text(encoding="utf-8") == "skill.at_start\n0.2\n0.3\n"
    assert not (tmp_path / "chunks").exists()


def test_the_table_shows_the_first_points_and_says_how_many_more(posture, tmp_path):
    result = posture("sweep", "--factor", "defence.p_intercept=0.1:0.9:0.05", *FEW, "--out", tmp_path / "o")
    assert "And 5 more points: points.csv has all." in result.stdout
    assert "\n 0.65 " in result.stdout
    assert "\n 0.7 " not in result.stdout


# --- what is stored and not asked for ----------------------------------------------------------------------
def test_what_a_smaller_question_leaves_out_is_said(posture, tmp_path, read):
    def asked(*words):
        result = posture("sweep", *words, "--factor", "days=3", "--out", tmp_path / "o")
        assert result.exit_code == 0, result.stderr
        return [line for line in result.stdout.splitlines() if line.startswith("Left out")]

    all_values, two = ("--factor", "batteries=2,3,4"), ("--factor", "batteries=2,4")
    assert asked(*all_values, "--replicates", 5) == []
    fewer = asked(*all_values, "--replicates", 2)
    assert fewer == ["Left out of the tables, though stored: 3 further replicates, 9 runs in all."]
    assert len(read(tmp_path / "o" / "runs.csv")) == 6
    both = asked(*two, "--replicates", 2)
    assert both == ["Left out of the tables, though stored: 3 further replicates and 1 other point, 11 runs in all."]
    assert asked(*two, "--replicates", 5) == ["Left out of the tables, though stored: 1 other point, 5 runs in all."]
    assert [row["batteries"] for row in read(tmp_path / "o" / "points.csv")] == ["2", "4"]
    assert asked(*all_values, "--replicates", 5) == [], "nothing was thrown away"


def test_a_question_with_other_points_is_another_one(posture, tmp_path):
    words = ("--factor", "days=3", "--replicates", 2, "--out", tmp_path / "o")
    assert posture("sweep", "--factor", "batteries=2,3", *words).exit_code == 0
    result = posture("sweep", "--factor", "batteries=2,4", *words)
    assert (result.exit_code, "--fresh" in result.stderr) == (2, True)
