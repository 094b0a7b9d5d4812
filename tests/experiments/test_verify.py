"""`posture verify`: files against the manifest, and runs made again from what is recorded of them."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest

from experiments.files.finished import record_of
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


def rewritten(path, edit):
    """Write a table again after an edit of its rows, the first of them the header."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(edit(rows))


def change(path, row, **values):
    def edit(rows):
        for name, value in values.items():
            rows[row + 1][rows[0].index(name)] = value
        return rows

    rewritten(path, edit)


def recorded_anew(folder, **entries):
    """The manifest with other entries, and with the checksums of what the files are now."""
    manifest = json.loads((folder / "manifest.json").read_text())
    files = {name: record_of(folder / name) for name in manifest["files"]}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "files": files, **entries}))


def test_the_manifest_has_the_checksum_and_rows_of_every_table(folder):
    files = json.loads((folder / "manifest.json").read_text())["files"]
    assert {name: entry["rows"] for name, entry in files.items()} == {"runs.csv": 48, "points.csv": 16}
    assert all(len(entry["sha256"]) == 64 for entry in files.values())


# --- what was changed ------------------------------------------------------------------------------------
def all_are(column, value):
    def edit(rows):
        at = rows[0].index(column)
        return [rows[0], *([*row[:at], value, *row[at + 1 :]] for row in rows[1:])]

    return edit


def one_is(line, column, value):
    def edit(rows):
        rows[line - 1][rows[0].index(column)] = value
        return rows

    return edit


CHANGES = {
    "another count": (all_are("fire_attacks", "77"), 1, "line 2, fire_attacks is '77'"),
    "words": (all_are("fire_attacks", "abc"), 1, "line 2, fire_attacks is 'abc'"),
    "NaN": (all_are("fire_attacks", "NaN"), 1, "line 2, fire_attacks is 'NaN'"),
    "infinity": (all_are("fire_attacks", "inf"), 1, "line 2, fire_attacks is 'inf'"),
    "below 0": (all_are("fire_attacks", "-4"), 1, "line 2, fire_attacks is '-4'"),
    "the last measure of one row": (one_is(40, "pressure", "17.5"), 1, "line 40, pressure is '17.5'"),
    "rows that are gone": (lambda rows: [rows[0], *rows[1::3]], 1, "line 3, point is '1'; it must be '0'"),
    "last rows that are gone": (lambda rows: rows[:30], 1, "rows is 29; it must be "),
    "a replicate twice": (one_is(3, "replicate", "0"), 1, "line 3, replicate is '0'; it must be '1'"),
    "a row twice": (lambda rows: [*rows[:3], rows[2], *rows[3:]], 1, "line 4, replicate is '1'; it must be '2'"),
    "a row more": (lambda rows: [*rows, rows[-1]], 1, "rows is 49; it must be 48"),
    "failed": (
        lambda rows: [*rows[:24], *all_are("status", "failed")([rows[0], *rows[24:]])[1:]],
        1,
        "line 25, status is 'failed'; it must be 'ok'",
    ),
    "an unknown posture": (one_is(9, "posture", "sixteen"), 1, "line 9, posture is 'sixteen'; it must be 'f"),
    "another seed": (one_is(9, "seed", "123"), 1, "line 9, seed is '123'; it must be '"),
    "another digest": (one_is(18, "digest", "0" * 16), 1, f"line 18, digest is '{'0' * 16}'; it must be '"),
    "another error": (one_is(18, "error", "a storm"), 1, "line 18, error is 'a storm'; it must be ''"),
    "another swept value": (one_is(5, "defence.p_intercept", "0.9999"), 1, "line 5, defence.p_intercept is '0.9999'"),
    "a header twice": (lambda rows: [rows[0], *rows], 2, "line 2, point is 'point'; it must be 0"),
    "a torn last row": (lambda rows: [*rows[:-1], rows[-1][:9]], 2, "line 49 is '9 cells'; there must be "),
    "a seed in words": (all_are("seed", "x"), 2, "line 2, seed is 'x'; it must be "),
    "a seed below 0": (all_are("seed", "-1"), 2, "line 2, seed is '-1'; it must be "),
    "no such point": (all_are("point", "99999999"), 2, "line 2, point is '99999999'; it must be 0"),
    "a point below 0": (all_are("point", "-1"), 2, "line 2, point is '-1'; it must be 0"),
    "no rows": (lambda rows: rows[:1], 2, "rows is 0; there must be at least one row"),
    "no header": (lambda rows: [], 2, "header is empty; "),
    "another column": (lambda rows: [[*rows[0][:-1], "mine"], *rows[1:]], 2, "header, column "),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_is_changed_is_told_by_file_line_column_and_value(folder, posture, what):
    edit, code, words = CHANGES[what]
    rewritten(folder / "runs.csv", edit)
    result = posture("verify", folder)
    assert (result.exit_code, result.stderr.count("\n")) == (code, 1), result.stderr
    told = result.stdout.splitlines() if code == 1 else [result.stderr.removeprefix(f"posture: {folder}/")]
    assert any(f"runs.csv: {words}" in line for line in told), told
    if code == 1:
        assert result.stderr.startswith("posture: runs.csv: not as written")
        assert any(line.startswith("runs.csv: sha256 is ") for line in told)


HIDDEN = (
    "another count",
    "below 0",
    "the last measure of one row",
    "rows that are gone",
    "a row more",
    "failed",
    "another error",
)


@pytest.mark.parametrize("what", HIDDEN)
def test_nothing_changed_passes_with_checksums_to_match_and_without_chunks(folder, posture, what):
    edit, code, words = CHANGES[what]
    rewritten(folder / "runs.csv", edit)
    shutil.rmtree(folder / "chunks")
    recorded_anew(folder)
    result = posture("verify", folder, "--sample", 1000)
    assert (result.exit_code, result.stderr.count("\n")) == (code, 1), result.stderr
    assert f"runs.csv: {words}" in (result.stdout if code == 1 else result.stderr)


def test_the_other_tables_are_looked_at_too(folder, posture):
    change(folder / "points.csv", 3, pressure_mean="1")
    result = posture("verify", folder)
    assert result.exit_code == 1
    assert "points.csv: line 5, pressure_mean is '1'; it must be '" in result.stdout
    assert result.stderr == "posture: points.csv: not as written\n"
    (folder / "points.csv").unlink()
    assert "points.csv: file is 'missing'" in posture("verify", folder).stdout


def test_a_folder_without_checksums_is_said_to_be_of_an_older_version(folder, posture):
    recorded_anew(folder, files={})
    result = posture("verify", folder)
    assert (result.exit_code, result.stdout) == (0, "20 runs made again: all the same\n")
    assert "no checksums" in result.stderr
    change(folder / "runs.csv", 30, pressure="17.5")
    result = posture("verify", folder, "--sample", 1)
    assert (result.exit_code, "line 32, pressure is '17.5'" in result.stdout) == (1, True), "its chunks tell"


# --- runs ------------------------------------------------------------------------------------------------
def test_what_is_as_it_was_is_the_same(folder, posture):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    result = posture("verify", folder, "--sample", 1000)
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "48 runs made again, 2 files checked: all the same\n",
        "",
    )
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_sample_is_of_the_size_asked_for_and_chosen_by_the_seed(folder, posture):
    assert posture("verify", folder, "--sample", 3).stdout.startswith("3 runs")
    assert posture("verify", folder).stdout.startswith("20 runs")


def test_a_changed_digest_names_the_run_and_says_that_the_table_was_changed(folder, posture):
    change(folder / "runs.csv", 16, digest="0" * 16)
    result = posture("verify", folder, "--sample", 1000)
    assert result.exit_code == 1
    assert "every day agrees with what the chunks keep: runs.csv itself was changed" in result.stdout
    assert result.stderr == "posture: runs.csv: not as written; 1 of 48 runs came out differently\n"


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
    recorded_anew(folder)
    result = posture("verify", folder, "--sample", 1000)
    assert result.exit_code == 1
    assert result.stdout == (
        f"runs.csv: line 2, digest is '{digest ^ 5:016x}'; it must be '{digest:016x}'; first different on day 2\n"
    )


def test_without_chunks_the_day_is_unknown(folder, posture):
    shutil.rmtree(folder / "chunks")
    change(folder / "runs.csv", 3, digest="0" * 16)
    result = posture("verify", folder, "--sample", 1000)
    assert "line 5, digest is " in result.stdout
    assert "day unknown" in result.stdout


def by_other_rules(folder, **entries):
    """A manifest that says that other rules made the folder; what is said of them, and of ours."""
    ours = json.loads((folder / "manifest.json").read_text())["source_hash"]
    recorded_anew(folder, **{"source_hash": "0" * 16, "versions": {"posture": "0.1.2"}, **entries})
    return f"posture: {folder}: made by rules {'0' * 16} (version 0.1.2", f"these rules are {ours} (version "


def test_results_of_other_rules_are_said_to_be_that_and_not_changed(folder, posture):
    for row in range(48):
        change(folder / "runs.csv", row, digest="0" * 16)
    made, ours = by_other_rules(folder, git={"commit": "abc123", "dirty": True})
    result = posture("verify", folder, "--sample", 1000)
    assert (result.exit_code, result.stdout) == (1, "")
    first, last = result.stderr.splitlines()
    assert first.startswith(f"{made}, commit abc123, with changes that no commit has); {ours}")
    words = "48 of 48 runs came out differently under these rules: check out that version to make them again"
    assert last == f"posture: {words}"


def test_results_of_other_rules_that_agree_are_said_to_agree(folder, posture):
    made, ours = by_other_rules(folder, git=None)
    result = posture("verify", folder, "--sample", 1000)
    assert (result.exit_code, result.stdout) == (
        0,
        "48 runs made again, 2 files checked: all the same, though the rules differ\n",
    )
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
    for name, words in (("run", "1 run made again, 1 file"), ("compare", "8 runs made again, 11 files")):
        result = posture("verify", tmp_path / name)
        assert (result.exit_code, result.stdout) == (0, f"{words} checked: all the same\n"), result.stderr
        change(tmp_path / name / "runs.csv", 0, us_wounded="-1")
        result = posture("verify", tmp_path / name)
        assert result.exit_code == 1
        assert "runs.csv: line 2, us_wounded is '-1'; it must be '" in result.stdout


def test_states_of_the_world_are_made_again(tmp_path, posture):
    """Of a comparison over states, with what states.csv says; a state that is not there is refused."""
    call = ("compare", "fourteen", "six", "--states", 3, "--replicates", 2, "--days", 3, "--out", tmp_path)
    assert posture(*call).exit_code == 0
    result = posture("verify", tmp_path, "--sample", 1000)
    assert (result.exit_code, result.stdout.split(",")[0]) == (0, "24 runs made again"), result.stderr
    change(tmp_path / "states.csv", 1, **{"defence.p_intercept": "0.01"})
    result = posture("verify", tmp_path, "--sample", 1000)
    assert (result.exit_code, "states.csv: sha256 is " in result.stdout) == (1, True)
    rewritten(tmp_path / "states.csv", lambda rows: rows[:-1])
    result = posture("verify", tmp_path)
    assert (result.exit_code, "states.csv: states is 2; it must be states 0 to 2" in result.stderr) == (2, True)


def test_failed_runs_fail_again(tmp_path, posture):
    file = write(tmp_path / "d.toml", factors=[], points=[{"days": 2}, {"days": 30, **CROWD}], constants={})
    assert posture("sweep", file, "--out", tmp_path / "o").exit_code == 1
    assert posture("verify", tmp_path / "o").stdout == "6 runs made again, 2 files checked: all the same\n"
    change(tmp_path / "o" / "runs.csv", 4, status="ok", error="", stage="")
    recorded_anew(tmp_path / "o")
    result = posture("verify", tmp_path / "o")
    assert "line 6, status is 'ok'; it must be 'failed'" in result.stdout


# --- what is no folder of results ------------------------------------------------------------------------
def manifest_is(text):
    return lambda d: (d / "manifest.json").write_bytes(text if isinstance(text, bytes) else text.encode())


def with_entry(key, value):
    return lambda d: recorded_anew(d, **{key: value})


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda d: (d / "runs.csv").unlink(), ["runs.csv", "it must be a table of a results folder"]),
        (lambda d: (d / "manifest.json").unlink(), ["unfinished; run the same command again"]),
        (lambda d: shutil.rmtree(d), ["manifest.json", "it must be a manifest"]),
        (manifest_is("{"), ["manifest.json", "it must be a manifest"]),
        (manifest_is("[]"), ["manifest.json", "it must be a manifest"]),
        (manifest_is("[1,2]"), ["manifest.json", "it must be a manifest"]),
        (manifest_is("5"), ["manifest.json", "it must be a manifest"]),
        (manifest_is("{}"), ["manifest.json: command is missing", "is this a manifest of runs?"]),
        (manifest_is("[" * 100_000), ["manifest.json", "it must be a manifest"]),
        (manifest_is('{"a":' * 100_000), ["manifest.json", "it must be a manifest"]),
        (manifest_is(b"\xff\xfe\x00"), ["manifest.json", "it must be JSON: byte 0 is no UTF-8"]),
        (with_entry("seed", "x"), ["manifest.json: seed is 'x'; it must be a whole number"]),
        (with_entry("counts", []), ["manifest.json: counts is []; it must be a table"]),
        (with_entry("design", {"name": 5}), ["manifest.json", "it must be a manifest"]),
        (with_entry("design", 7), ["manifest.json", "it must be a manifest"]),
        (with_entry("files", []), ["manifest.json: files is []"]),
        (with_entry("files", {"../out/runs.csv": {}}), ["manifest.json: files is ", "files in this folder"]),
        (lambda d: (d / "runs.csv").write_text("a,b\n1,2\n"), ["header, column 1 is 'a'; it must be point"]),
        (lambda d: (d / "runs.csv").write_text(""), ["runs.csv: header is empty"]),
        (lambda d: (d / "runs.csv").write_bytes(b"point,\xff\n"), ["runs.csv: text is b'\\xff'; it must be UTF-8"]),
        (lambda d: (d / "runs.csv").write_bytes(b'point,"a\n'), ["runs.csv: line 1 is ", "a quote not closed?"]),
    ],
)
def test_a_folder_that_is_none_is_refused_in_a_line(folder, posture, spoil, words):
    spoil(folder)
    result = posture("verify", folder)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    for word in words:
        assert word in result.stderr
