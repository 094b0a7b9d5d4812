"""`posture run` and `posture compare` from end to end: files, bytes, failures."""

from __future__ import annotations

import json
import re
import signal
from importlib.metadata import version

import numpy as np
import pytest
from made_up import CROWDED, SHORT

from experiments.files.columns import DAILY_FIELDS, MAIN_MEASURES, RUN_FIELDS, column_name
from experiments.files.events import EVENT_FIELDS, EVENT_VALUE_FIELDS
from sim.config_files import configs_folder, parse_changes
from sim.draws import replicate_seed
from sim.engine import simulate_many
from sim.measures import BY_NAME, MEASURES
from sim.rules.events import KINDS
from sim.scenario import load_scenario
from tests.experiments.processes import chunks, finish, start, until

SIDES = ("lower", "equal", "higher")
COMPARE = ("compare", "--ensemble", "none", "fourteen", "six", "--replicates", 4, "--seed", 3, *SHORT)
TABLES = ("runs.csv", "comparison.csv", "displacement.csv", "weekly.csv", "squares.csv", "sites.csv")
FIGURES = ("differences.png", "split.png", "quarters.png", "quarters_2.png", "distributions.png")
NOT_REACHED = {  # in five days
    *(f"quarter {n}" for n in range(2, 9)),
    *(f"month {n}" for n in range(2, 19)),
}
BLANK = {measure.name for measure in MEASURES if measure.how in NOT_REACHED}


def contents(folder):
    """File name → bytes of what must be the same in every run of a command (a manifest tells the time)."""
    aside = ("manifest.json", "design.json", ".lock", "chunks")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name not in aside}


# --- run -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def run_folder(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    result = program("run", "six", "--seed", 7, "--out", folder, "--daily", "--events", *SHORT)
    assert result.returncode == 0, result.stderr
    assert f"Files in {folder}: runs.csv, daily.csv, events.csv, manifest.json" in result.stdout
    assert result.stderr == ""
    return folder


def test_the_same_run_gives_the_same_bytes(program, run_folder, tmp_path):
    program("run", "six", "--seed", 7, "--out", tmp_path, "--daily", "--events", *SHORT)
    assert contents(tmp_path) == contents(run_folder)
    assert set(contents(tmp_path)) == {"runs.csv", "daily.csv", "events.csv"}


def test_another_seed_gives_another_run(posture, run_folder, tmp_path):
    posture("run", "six", "--seed", 8, "--out", tmp_path, *SHORT)
    assert (tmp_path / "runs.csv").read_bytes() != (run_folder / "runs.csv").read_bytes()


def test_a_run_is_one_row_with_every_column(run_folder, read):
    (row,) = read(run_folder / "runs.csv")
    assert list(row) == [field.name for field in RUN_FIELDS]
    assert (row["posture"], row["replicate"], row["seed"], row["status"]) == ("six", "", "7", "ok")
    assert len(row["digest"]) == 16
    for field, measure in zip(RUN_FIELDS[7:], BY_NAME, strict=True):
        assert row[field.name] == "" if measure in BLANK else np.isfinite(float(row[field.name])), measure


def test_the_days_add_up_to_the_run(run_folder, read):
    days, (run,) = read(run_folder / "daily.csv"), read(run_folder / "runs.csv")
    assert list(days[0]) == [field.name for field in DAILY_FIELDS]
    assert [(row["day"], row["date"]) for row in days] == [(str(d), f"2020-01-0{d}") for d in range(1, 6)]
    shared = [name for name in days[0] if name in run and name not in ("posture", "seed", "replicate")]
    assert len(shared) > 30
    assert {name: days[-1][name] for name in shared} == {name: run[name] for name in shared}


def test_events_are_named_and_only_filled_where_they_mean_something(run_folder, read):
    events = read(run_folder / "events.csv")
    kinds = {kind.name: kind for kind in KINDS}
    impossible = {"other_utility", "u_rocket", "u_drone", "u_road", "u_detail"}  # an option may be
    assert list(events[0]) == [field.name for field in EVENT_FIELDS]
    assert [row["event"] for row in events] == [str(n) for n in range(1, len(events) + 1)]
    for row in events:
        kind = kinds[row["kind"]]
        given = {field.name for field in EVENT_VALUE_FIELDS if row[field.name]}
        assert given - set(kind.values) == set()
        assert set(kind.values) - given <= impossible
        assert row["rule"] == kind.rule
        assert bool(row["actor"]) == (kind.actor != "none")
        assert bool(row["target"]) == (kind.target != "none")
        assert row["x_km"] or not row["place"]
    weighed = [row for row in events if row["kind"] in ("operation started", "waited")]
    assert all(row["u_rocket"] != "inf" for row in weighed)
    assert any(row["u_road"] == "" for row in weighed), "no convoy has passed by the first day"
    hits = [row for row in events if row["kind"] == "fire on a site"]
    assert hits
    assert {row["target"] for row in hits} <= {"embassy", "zone_compound", "airport_base", "al_asad", "erbil", "harir"}
    starts = {row["target"] for row in events if row["kind"] == "operation started"}
    assert "rockets at embassy" in starts or "drone at embassy" in starts


def test_events_add_up_to_the_run(run_folder, read):
    events, (run,) = read(run_folder / "events.csv"), read(run_folder / "runs.csv")
    fire = [row for row in events if row["kind"] == "fire on a site"]
    assert len(fire) == int(run["fire_attacks"])
    assert sum(int(row["leaked"]) for row in fire) == int(run["rounds_leaked"])
    assert sum(row["kind"] == "operation started" for row in events) == int(run["operations"])


def test_the_manifest_says_where_results_come_from(run_folder):
    manifest = json.loads((run_folder / "manifest.json").read_text())
    assert manifest["command"][:5] == ["posture", "run", "six", "--seed", "7"]
    assert manifest["seed"] == 7
    assert manifest["counts"] == {"postures": 1, "replicates": 1, "runs": 1, "failed": 0}
    assert manifest["started"] <= manifest["ended"]
    assert manifest["postures"]["six"]["days"] == 5
    assert manifest["postures"]["six"]["parameters"]["operations"]["base_rate_per_day"] == 1.0
    assert manifest["postures"]["six"]["parameters"]["defence"]["p_intercept"] > 0
    assert set(manifest["versions"]) == {"python", "posture", "mesa", "numpy", "numba", "scipy"}
    assert manifest["versions"]["numba"] == version("numba")
    assert len(manifest["source_hash"]) == 16
    assert "baghdad" in manifest["theatres"]


def test_run_prints_a_summary_or_one_json_object(posture, run_folder, read):
    shown = posture("run", "six", "--seed", 7, *SHORT)
    assert all(name in shown.stdout for name in MAIN_MEASURES)
    assert "Files in" not in shown.stdout
    printed = json.loads(posture("run", "six", "--seed", 7, "--json", *SHORT).stdout)
    (row,) = read(run_folder / "runs.csv")
    assert printed["digest"] == row["digest"]
    assert list(printed["measures"]) == list(BY_NAME)
    assert printed["measures"]["fire_attacks"] == {"unit": "1", "value": float(row["fire_attacks"])}
    assert {name for name, entry in printed["measures"].items() if entry["value"] is None} == BLANK


def test_a_failed_run_is_a_row(posture, tmp_path, read):
    assert posture("run", "six", "--seed", 7, "--out", tmp_path, "--daily", "--days", 60, *CROWDED).exit_code == 1
    (row,) = read(tmp_path / "runs.csv")
    assert (row["status"], row["digest"]) == ("failed", "")
    assert "stopped at hour" in row["error"]
    assert all(row[field.name] == "" for field in RUN_FIELDS[7:])
    assert not (tmp_path / "daily.csv").exists()
    assert json.loads((tmp_path / "manifest.json").read_text())["counts"]["failed"] == 1


# --- compare -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def compared(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    result = program(*COMPARE, "--workers", 1, "--out", folder, "--json")
    assert result.returncode == 0, result.stderr
    return folder, result


def test_the_same_bytes_whatever_the_workers(program, compared, tmp_path):
    result = program(*COMPARE, "--workers", 2, "--out", tmp_path, "--json")
    assert result.stdout == compared[1].stdout
    assert contents(tmp_path) == contents(compared[0])
    assert set(contents(tmp_path)) == {*TABLES, *FIGURES}


def test_a_pipe_gets_no_progress_bar(compared):
    folder, result = compared
    tables = "runs.csv, manifest.json, comparison.csv, displacement.csv, weekly.csv, squares.csv, sites.csv"
    assert result.stderr == f"Files in {folder}: {tables}, {', '.join(FIGURES)}\n"


def test_rows_are_sorted_and_paired_by_seed(compared, read):
    rows = read(compared[0] / "runs.csv")
    assert [(row["posture"], row["replicate"]) for row in rows] == [
        (p, str(r)) for p in ("fourteen", "six") for r in range(4)
    ]
    assert [int(row["seed"]) for row in rows] == [replicate_seed(3, r) for r in range(4)] * 2
    assert len({row["digest"] for row in rows}) == 8


def test_a_row_can_be_run_again_alone(posture, compared, read):
    row = read(compared[0] / "runs.csv")[5]
    again = json.loads(posture("run", row["posture"], "--seed", row["seed"], "--json", *SHORT).stdout)
    assert again["digest"] == row["digest"]


def test_the_json_object_agrees_with_the_runs(compared, read):
    printed, rows = json.loads(compared[1].stdout), read(compared[0] / "runs.csv")
    assert printed["postures"] == ["fourteen", "six"]
    assert printed["replicates"] == 4
    assert list(printed["measures"]) == list(BY_NAME)
    for measure in MEASURES:
        entry = printed["measures"][measure.name]
        assert set(entry) == {"unit", "fourteen", "six", "difference"} | {f"p_six_{side}" for side in SIDES}
        column = column_name(measure.name, measure.unit)
        if measure.name in BLANK:
            assert {row[column] for row in rows} == {""}
            assert entry["difference"] == {"mean": None, "low": None, "high": None}
            assert {entry[f"p_six_{side}"] for side in SIDES} == {None}
            continue
        fourteen, six = (np.array([float(r[column]) for r in rows if r["posture"] == p]) for p in ("fourteen", "six"))
        assert entry["fourteen"]["mean"] == pytest.approx(fourteen.mean())
        assert entry["difference"]["mean"] == pytest.approx((six - fourteen).mean())
        assert entry["difference"]["low"] <= entry["difference"]["mean"] <= entry["difference"]["high"]
        assert entry["p_six_lower"] == np.mean(six < fourteen)
        assert entry["p_six_equal"] == np.mean(six == fourteen)
        assert entry["p_six_higher"] == np.mean(six > fourteen)


def test_the_table_holds_every_measure(compared, read):
    printed, rows = json.loads(compared[1].stdout), read(compared[0] / "comparison.csv")
    assert [row["measure"] for row in rows] == list(BY_NAME)
    for row in rows:
        entry, blank = printed["measures"][row["measure"]], row["measure"] in BLANK
        assert (row["unit"], row["base"], row["posture"]) == (entry["unit"], "fourteen", "six")
        assert row["pairs"] == ("0" if blank else "4")
        assert (float(row["difference_low"]) if not blank else None) == entry["difference"]["low"]
        for side in SIDES:
            assert (float(row[f"p_{side}"]) if not blank else None) == entry[f"p_six_{side}"]
        assert not blank or {row[name] for name in row if "_" in name} == {""}


def test_the_figures_are_pictures(compared):
    for name in FIGURES:
        data = (compared[0] / name).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) > 10_000


def test_compare_prints_a_table_and_says_where_the_files_are(posture, tmp_path):
    result = posture(*COMPARE, "--out", tmp_path)
    assert result.exit_code == 0
    assert "six against fourteen, 4 pairs" in result.stdout
    assert "95% t interval" in result.stdout
    assert "Lower, equal, higher: in how many per cent of the pairs." in result.stdout
    assert all(name in result.stdout for name in MAIN_MEASURES)
    assert result.stdout.splitlines()[-1].startswith(f"Files in {tmp_path}: ")


def test_three_postures_are_each_compared_with_the_first(posture):
    result = posture(
        "compare", "--ensemble", "none", "fourteen", "six", "equal_six", "--replicates", 2, "--days", 2, "--json"
    )
    entry = json.loads(result.stdout)["measures"]["people_mean"]
    assert entry["difference_six"]["mean"] == entry["six"]["mean"] - entry["fourteen"]["mean"]
    assert entry["difference_equal_six"]["mean"] == entry["equal_six"]["mean"] - entry["fourteen"]["mean"]
    assert {"p_six_lower", "p_equal_six_lower"} < set(entry)


def test_one_pair_has_no_interval(posture):
    entry = json.loads(
        posture("compare", "--ensemble", "none", "fourteen", "six", "--replicates", 1, "--days", 1, "--json").stdout
    )
    assert entry["measures"]["people_mean"]["six"] == {"mean": 3000.0, "low": None, "high": None}


# --- failures --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def days():
    """A length at which some of twelve crowded runs of `six` have failed and some have not."""
    crowded = load_scenario("six", parse_changes(CROWDED[1::2], 60))
    seeds = [replicate_seed(3, r) for r in range(12)]
    stops = sorted(int(re.search(r"hour (\d+)", error)[1]) for error in simulate_many(crowded, seeds).errors)
    assert stops[0] < stops[-1], "they all fail in the same hour: crowd them otherwise"
    return -(-stops[0] // 24)


def crowded(days, folder):
    """Six, and the same under another name, with more convoys than a run has room for."""
    text = (configs_folder() / "postures" / "six.toml").read_text(encoding="utf-8")
    (folder / "twin.toml").write_text(text.replace('name = "six"', 'name = "twin"', 1), encoding="utf-8")
    return (
        "compare",
        "--ensemble",
        "none",
        "six",
        folder / "twin.toml",
        "--replicates",
        12,
        "--seed",
        3,
        "--days",
        days,
        *CROWDED,
    )


def test_failed_pairs_are_left_out_and_said(posture, tmp_path, days, read):
    result = posture(*crowded(days, tmp_path), "--out", tmp_path / "out", "--json")
    assert result.exit_code == 1
    rows = read(tmp_path / "out" / "runs.csv")
    failed = [row for row in rows if row["status"] == "failed"]
    n = len(failed) // 2
    assert 0 < n < 12
    assert f"posture: {2 * n} runs failed, {n} of 12 pairs left out; six, seed {failed[0]['seed']}: " in result.stderr
    assert "more than 1024 convoys at once" in result.stderr
    assert all("more than 1024 convoys at once" in row["error"] and not row["digest"] for row in failed)
    assert all(row["digest"] and not row["error"] for row in rows if row["status"] == "ok")
    assert json.loads(result.stdout)["replicates"] == 12 - n
    pairs = {row["measure"]: row["pairs"] for row in read(tmp_path / "out" / "comparison.csv")}
    assert {n for measure, n in pairs.items() if not BY_NAME[measure].may_be_empty} == {str(12 - n)}
    assert {row["pairs"] for row in read(tmp_path / "out" / "displacement.csv")} == {str(12 - n)}


def test_when_every_run_fails_the_rows_are_kept(posture, tmp_path, read):
    result = posture(*crowded(60, tmp_path), "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "no replicate was finished in every posture" in result.stderr
    assert len(read(tmp_path / "out" / "runs.csv")) == 24
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["counts"]["failed"] == 24
    assert not (tmp_path / "out" / "comparison.csv").exists()


# --- stopped, killed, gone on with ------------------------------------------------------------------------
BIG = ("compare", "--ensemble", "none", "fourteen", "six", "six+surge=0.5@5", "--replicates", 400, "--days", 40)


@pytest.fixture(scope="module")
def undisturbed(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    assert program(*BIG, "--out", folder).returncode == 0
    return {name: (folder / name).read_bytes() for name in (*TABLES, *FIGURES)}


def again(program, folder):
    """The same command once more: how many chunks it found, and the files."""
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("chunks/*.chunk")}
    result = program(*BIG, "--out", folder)
    assert result.returncode == 0, result.stderr
    after = {path.name: path.stat().st_mtime_ns for path in folder.glob("chunks/*.chunk")}
    assert before.items() <= after.items(), "what was complete is kept as it was"
    return len(before), {name: (folder / name).read_bytes() for name in (*TABLES, *FIGURES)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["control-c", "killed"])
def test_a_comparison_that_is_stopped_goes_on_to_the_same_bytes(program, undisturbed, tmp_path, number):
    process = start(*BIG, "--out", tmp_path)
    until(process, lambda: chunks(tmp_path) >= 3)
    process.send_signal(number)
    code, _, said = finish(process)
    if number == signal.SIGINT:
        kept = f"posture: stopped; what is complete is kept in {tmp_path}. The same command goes on."
        assert (code, said.splitlines()) == (130, [kept])
        assert not list(tmp_path.rglob(".*.part"))
    assert not (tmp_path / "manifest.json").exists(), "its presence means that all is there"
    assert not (tmp_path / "runs.csv").exists()
    there, files = again(program, tmp_path)
    assert there >= 3
    assert files == undisturbed


def test_the_same_bytes_with_processes(program, undisturbed, tmp_path):
    assert program(*BIG, "--out", tmp_path, "--processes", "--workers", 2).returncode == 0
    assert {name: (tmp_path / name).read_bytes() for name in undisturbed} == undisturbed


def test_without_a_folder_nothing_is_left_behind(program, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    result = program(*COMPARE)
    assert (result.returncode, "No files written" in result.stdout) == (0, True)
    assert list(tmp_path.iterdir()) == []


def test_another_comparison_in_the_same_folder_is_refused_unless_fresh(posture, tmp_path):
    first = ("compare", "--ensemble", "none", "fourteen", "six", "--replicates", 2, "--days", 2, "--out", tmp_path)
    assert posture(*first).exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for change, words in (
        (("--set", "defence.p_intercept=0.9"), "scenarios.fourteen: "),
        (("--seed", 2), "design.seed: 1 → 2"),
        (("--days", 3), "scenarios.six: "),
    ):
        result = posture(*first, *change)
        assert (result.exit_code, words in result.stderr, "--fresh" in result.stderr) == (2, True, True)
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert posture(*first, "--seed", 2, "--fresh").exit_code == 0
    assert (tmp_path / "runs.csv").read_bytes() != before[tmp_path / "runs.csv"]


def test_replicates_are_added_until_the_rule_is_met(posture, tmp_path, read):
    result = posture(
        *("compare", "--ensemble", "none", "fourteen", "six", "--days", 10, "--replicates", 200, "--out", tmp_path),
        *("--stop-when", "convoys_sent half-width < 50"),
    )
    assert result.exit_code == 0
    assert result.stderr.startswith("20 replicates: convoys_sent half-width ")
    assert len(read(tmp_path / "runs.csv")) == 40
