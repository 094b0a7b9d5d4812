"""`posture verify`: runs made again from what their rows record."""

from __future__ import annotations

import csv
import json
import os
import shutil

import numpy as np
import pytest

from experiments.runs.archive import open_chunk, write_chunk
from tests.experiments.designs import CROWD, INTERCEPT, POSTURES, write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished sweep with much in its design."""
    from experiments.cli import cli

    folder = tmp_path_factory.mktemp("made")
    factors = [POSTURES, INTERCEPT, {"key": "responses", "values": ["none", "surge=0.5@1"]}]
    points = [{"retaliation.effect": "none", "start": "2020-02-01", "days": 3}, {"calendar": "2020", "people": 2900}]
    keys = {"factors": factors, "points": points, "n": 2, "responses": ["zone_clearance=0.5"], "constants": {}}
    file = write(folder / "d.toml", **{**keys, "points": [{**points[0]}, {**points[1], "days": 2}]})
    cli(["sweep", str(file), "--out", str(folder / "out")], standalone_mode=False)
    file.unlink()  # what verifies is in the folder
    return folder / "out"


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "out")


def change(path, row, **values):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[row].update(values)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_what_is_as_it_was_is_the_same(folder, posture):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    result = posture("verify", folder, "--sample", 1000)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "48 runs made again: all the same\n", "")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_sample_is_of_the_size_asked_for_and_chosen_by_the_seed(folder, posture):
    assert posture("verify", folder, "--sample", 3).stdout.startswith("3 runs")
    assert posture("verify", folder).stdout.startswith("20 runs")


def test_a_changed_digest_names_the_run_and_says_that_the_table_was_changed(folder, posture):
    change(folder / "runs.csv", 16, digest="0" * 16)
    result = posture("verify", folder, "--sample", 1000)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"row 17: digest {'0' * 16} recorded, ")
    assert "runs.csv itself was changed" in result.stdout
    assert result.stderr == "posture: 1 of 48 runs came out differently\n"


def test_a_changed_value_is_found_too(folder, posture):
    change(folder / "runs.csv", 0, seed="123")
    result = posture("verify", folder, "--sample", 1000)
    assert (result.exit_code, result.stdout.startswith("row 1: digest")) == (1, True)


def test_a_trajectory_that_parts_names_the_day(folder, posture, read):
    rows = read(folder / "runs.csv")
    seed, digest = int(rows[0]["seed"]), int(rows[0]["digest"], 16)
    for path in (folder / "chunks").iterdir():
        chunk = open_chunk(path)
        arrays = {name: chunk.array(name).copy() for name in chunk.plans}
        (at,) = np.nonzero(arrays["digests"] == digest)
        for row in at:
            assert arrays["seeds"][row] == seed
            end = int(arrays["n_days"][: row + 1].sum())
            arrays["day_digests"][end - 2 : end] ^= np.uint64(5)  # the second day and the last
            arrays["digests"][row] ^= np.uint64(5)
            write_chunk(path, arrays)
    change(folder / "runs.csv", 0, digest=f"{digest ^ 5:016x}")
    result = posture("verify", folder, "--sample", 1000)
    assert result.exit_code == 1
    line = result.stdout.splitlines()[0]
    assert line == f"row 1: digest {digest ^ 5:016x} recorded, {digest:016x} now; first different on day 2"


def test_without_chunks_the_day_is_unknown(folder, posture):
    shutil.rmtree(folder / "chunks")
    change(folder / "runs.csv", 3, digest="0" * 16)
    result = posture("verify", folder, "--sample", 1000)
    assert "row 4: " in result.stdout
    assert "day unknown" in result.stdout


def by_other_rules(folder, **entries):
    """A manifest that says that other rules made the folder; what is said of them, and of ours."""
    manifest = json.loads((folder / "manifest.json").read_text())
    ours, entries = manifest["source_hash"], {"source_hash": "0" * 16, "versions": {"posture": "0.1.2"}, **entries}
    (folder / "manifest.json").write_text(json.dumps({**manifest, **entries}))
    return f"posture: {folder}: made by rules {'0' * 16} (version 0.1.2", f"these rules are {ours} (version "


def test_results_of_other_rules_are_said_to_be_that_and_not_changed(folder, posture):
    made, ours = by_other_rules(folder, git={"commit": "abc123", "dirty": True})
    for row in range(48):
        change(folder / "runs.csv", row, digest="0" * 16)
    result = posture("verify", folder, "--sample", 1000)
    assert (result.exit_code, result.stdout) == (1, "")
    first, last = result.stderr.splitlines()
    assert first.startswith(f"{made}, commit abc123, with changes that no commit has); {ours}")
    words = "48 of 48 runs came out differently under these rules: check out that version to make them again"
    assert last == f"posture: {words}"


def test_results_of_other_rules_that_agree_are_said_to_agree(folder, posture):
    made, ours = by_other_rules(folder, git=None)
    result = posture("verify", folder, "--sample", 1000)
    assert (result.exit_code, result.stdout) == (0, "48 runs made again: all the same, though the rules differ\n")
    assert result.stderr.startswith(f"{made}); {ours}")


def test_a_manifest_that_these_rules_cannot_read_says_whose_it_is(folder, posture):
    design = json.loads((folder / "manifest.json").read_text())["design"]
    made, _ = by_other_rules(folder, design={**design, "constants": {"defence.gone": 1.0}}, git=None)
    result = posture("verify", folder)
    assert result.exit_code == 2
    assert [line.startswith(made) for line in result.stderr.splitlines()] == [True, False]
    assert "defence.gone" in result.stderr


def test_runs_and_comparisons_can_be_verified_too(tmp_path, posture):
    from sim.config_files import configs_folder

    mine = tmp_path / "mine.toml"
    mine.write_text((configs_folder() / "responses" / "zone_clearance.toml").read_text().replace("zone_c", "my_c", 1))
    changes = ("--set", "defence.p_intercept=0.6", "--set=people=3100", "--days=3")
    posture("run", "six", "--seed", 5, "--response", mine, "--calendar", "2020", *changes, "--out", tmp_path / "run")
    posture(
        *("compare", "--ensemble", "none", "fourteen", "six", "--replicates", 4, "--response", "surge=0.5@1", *changes),
        *("--out", tmp_path / "compare"),
    )
    mine.unlink()
    for name, n in (("run", 1), ("compare", 8)):
        result = posture("verify", tmp_path / name)
        assert (result.exit_code, result.stdout) == (0, f"{n} runs made again: all the same\n"), result.stderr


def test_failed_rows_are_left_out(tmp_path, posture):
    file = write(tmp_path / "d.toml", factors=[], points=[{"days": 2}, {"days": 30, **CROWD}], constants={})
    assert posture("sweep", file, "--out", tmp_path / "o").exit_code == 1
    assert posture("verify", tmp_path / "o").stdout == "3 runs made again: all the same\n"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda d: (d / "runs.csv").unlink(), ["runs.csv", "it must be a results folder"]),
        (lambda d: (d / "manifest.json").unlink(), ["manifest.json", "it must be a manifest"]),
        (lambda d: (d / "manifest.json").write_text("{"), ["manifest.json", "it must be a manifest"]),
        (lambda d: (d / "manifest.json").write_text("[]"), ["manifest.json", "it must be a manifest"]),
        (
            lambda d: (d / "manifest.json").write_text("{}"),
            ["runs.csv: row is ", "of which the manifest"],
        ),
        (
            lambda d: [change(d / "runs.csv", n, seed="-1") for n in range(48)],
            ["seed is '-1'", "a whole number"],
        ),
        (lambda d: (d / "runs.csv").write_text("a,b\n1,2\n"), ["column", "posture"]),
    ],
)
def test_a_folder_that_is_none_is_refused(folder, posture, spoil, words):
    spoil(folder)
    result = posture("verify", folder)
    assert result.exit_code == 2
    for word in words:
        assert word in result.stderr


def test_a_table_without_finished_runs(folder, posture):
    (folder / "runs.csv").write_text((folder / "runs.csv").read_text().splitlines()[0] + "\n")
    result = posture("verify", folder)
    assert (result.exit_code, "no finished run" in result.stderr) == (1, True)
    assert os.listdir(folder / "chunks")
