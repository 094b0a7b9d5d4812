"""What the live page asks of the rest: words, files, rows to open. All against what the command line does."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil

import pytest
from click.testing import CliRunner
from designs import INTERCEPT, POSTURES, write

from experiments.cli import cli
from experiments.live.services import events_of, explain_event, files_of, log_rows, save_run
from experiments.live.stored import open_row
from experiments.why.event_log import event_log_of, read_event_log
from experiments.why.reasons import brief
from experiments.why.stories import explain, what
from sim.app.live_run import LiveRun
from sim.engine import simulate
from sim.errors import ConfigError, RunError
from sim.scenario import load_scenario

SEED = 7
BUSY = {"days": 6, "operations.base_rate_per_day": 1.0, "intelligence.notice_per_day": 2.0}
OWN = 'name = "own"\ntitle = "Own"\nsource = "judgement"\n[[orders]]\ndo = "rally_support"\namount = 0.1\n'
TABLES = ("runs.csv", "daily.csv", "events.csv")


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A run to which orders were given on the way, one from a file of the user's own."""
    own = tmp_path_factory.mktemp("own") / "own.toml"
    own.write_text(OWN, encoding="utf-8")
    live = LiveRun(load_scenario("six", BUSY, ["surge=0.1@1"]), SEED, hour=30)
    live.give(["zone_closure", str(own)])
    live.go_to(70)
    live.give(["zone_closure=0.5"])
    live.go_to(live.n_hours)
    return live


@pytest.fixture(scope="module")
def saved(watched, tmp_path_factory):
    folder = tmp_path_factory.mktemp("live") / "runs" / "one"
    files = save_run(watched.scenario, SEED, folder, ["view", "six"])
    return folder, files


@pytest.fixture(scope="module")
def again(saved, tmp_path_factory):
    """The saved run, run again by the command line."""
    folder, out = saved[0], tmp_path_factory.mktemp("again")
    words = ["run", str(folder / "scenario.toml"), "--seed", str(SEED), "--daily", "--events", "--out", str(out)]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    return out


# --- files --------------------------------------------------------------------------------------------------------


def test_a_saved_run_is_the_run_of_the_command_line_byte_for_byte(saved, again):
    folder, files = saved
    assert files == [*TABLES, "scenario.toml", "responses/own.toml", "manifest.json"]
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == sorted(files)
    for name in TABLES:
        assert (folder / name).read_bytes() == (again / name).read_bytes(), name


def test_its_manifest_has_the_same_keys_and_says_where_it_comes_from(saved, again, watched):
    one, two = (json.loads((folder / "manifest.json").read_text("utf-8")) for folder in (saved[0], again))
    assert (one.keys(), one["counts"], one["seed"]) == (two.keys(), two["counts"], SEED)
    assert one["command"] == ["posture", "view", "six"]
    assert list(one["postures"]) == [watched.label]
    assert one["theatres"] == two["theatres"]
    assert list(saved[0].parent.iterdir()) == [saved[0]], "nothing half written is left"


def test_a_run_is_not_saved_over_another(saved, watched):
    before = {path: path.stat().st_mtime_ns for path in saved[0].rglob("*")}
    with pytest.raises(ConfigError, match="it must be a folder that is not there yet"):
        save_run(watched.scenario, SEED, saved[0], [])
    assert {path: path.stat().st_mtime_ns for path in saved[0].rglob("*")} == before


def test_a_run_that_fails_is_not_saved(tmp_path):
    changes = {"days": 40, "supply.stock_at_start_days": 0.0, "supply.reorder_days": 365.0}
    changes |= {"supply.assembly_hours": 1000, "supply.trucks_per_convoy": 1}
    with pytest.raises(RunError, match="MAX_CONVOYS"):
        save_run(load_scenario("fourteen", changes), 1, tmp_path / "x", [])
    assert list(tmp_path.iterdir()) == []


def test_downloads_are_what_there_is_so_far(watched, saved):
    live = LiveRun(watched.scenario, SEED, hour=77)
    files = files_of(live.scenario, SEED, live.days, live.events)
    assert list(files) == ["daily.csv", "events.csv", "scenario.toml", "responses/own.toml"]
    for name in ("daily.csv", "events.csv"):
        whole = (saved[0] / name).read_bytes()
        assert whole.startswith(files[name])
        assert len(files[name]) < len(whole)
    rows = list(csv.DictReader(io.StringIO(files["daily.csv"].decode())))
    assert [row["day"] for row in rows] == ["1", "2", "3"]
    assert files["scenario.toml"] == (saved[0] / "scenario.toml").read_bytes()


# --- words --------------------------------------------------------------------------------------------------------


def test_events_in_memory_are_explained_as_those_in_files(saved, watched):
    there = read_event_log(saved[0])
    here = event_log_of(watched.scenario, SEED, watched.events)
    assert len(there.events) == len(watched.events) > 100
    assert here.orders == there.orders
    assert {"zone_closure/0 close_area", "zone_closure#2/0 close_area"} < here.orders.keys()
    assert len({event.kind for event in there.events}) >= 12
    for n in range(1, len(there.events) + 1):
        one, two = explain_event(watched.scenario, SEED, watched.events, n), explain(there, n)
        assert dict(one.event.row) == two.event.row
        assert (one.what, one.why) == (two.what, two.why)
        assert [event.number for event in one.before] == [event.number for event in two.before]
        assert one.what == what(here, one.event)


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_an_event_that_is_not_there_is_refused(watched, number):
    with pytest.raises(ConfigError, match=rf"event is {number}; it must be 1 to {len(watched.events)}"):
        explain_event(watched.scenario, SEED, watched.events, number)
    with pytest.raises(ConfigError, match="nothing has happened yet"):
        explain_event(watched.scenario, SEED, watched.events[:0], number)


def test_rows_of_the_log(saved, watched):
    n = len(watched.events)
    rows, there = log_rows(watched.scenario, SEED, watched.events, [3, n, 1]), read_event_log(saved[0]).events
    assert [row["number"] for row in rows] == [3, n, 1]
    for row in rows:
        event = there[row["number"] - 1]
        assert row["words"] == what(read_event_log(saved[0]), event)
        assert (row["hour"], row["when"]) == (event.hours, event.date_time.replace("T", " "))
        assert [row[key] for key in ("kind", "actor", "target", "place")] == [
            event.row[key] for key in ("kind", "actor", "target", "place")
        ]


def test_the_events_of_an_agent_are_told_the_latest_first(saved, watched):
    there = read_event_log(saved[0]).events
    for name in ("embassy", there[0].actor, "surge/0 reinforce", "nobody"):
        expected = [(e.number, brief(e)) for e in reversed(there) if name in (e.actor, e.target)]
        assert list(events_of(watched.scenario, SEED, watched.events, name)) == expected
        assert name == "nobody" or expected


# --- a row to open ------------------------------------------------------------------------------------------------


def test_a_row_of_a_saved_run_is_opened_and_goes_on_as_recorded(saved, watched):
    opened = open_row(f"{saved[0]}/runs.csv:1")
    assert (opened.seed, opened.row, opened.warning, opened.replay) == (SEED, 1, "", "posture view six")
    assert opened.scenario.label == watched.label
    live = LiveRun(opened.scenario, opened.seed, hour=40)
    live.go_to(live.n_hours)
    assert live.model.digest == opened.digest
    assert live.events.tobytes() == watched.events.tobytes()


def test_orders_are_given_and_values_changed_in_an_opened_row_without_the_files_of_its_responses(saved, tmp_path):
    folder = shutil.copytree(saved[0], tmp_path / "moved")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for use in next(iter(manifest["postures"].values()))["responses"]:
        if use["name"].endswith(".toml"):
            use["name"] = use["file"] = str(tmp_path / "gone.toml")
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    opened = open_row(f"{folder}/runs.csv:1")
    live = LiveRun(opened.scenario, opened.seed, hour=100)
    live.give(["surge=0.2"])
    assert live.label == f"{opened.scenario.label}+surge=0.2@4:4"
    live.take_back(0)
    live.go_to(live.n_hours)
    assert live.model.digest == opened.digest
    assert opened.scenario.with_changes({"days": 5}).label == opened.scenario.label
    save_run(opened.scenario, SEED, tmp_path / "again", [])
    assert (tmp_path / "again" / "events.csv").read_bytes() == (saved[0] / "events.csv").read_bytes()


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    responses = {"key": "responses", "values": ["none", "zone_closure@1:6+zone_closure=0.5@2"]}
    keys = {"factors": [POSTURES, INTERCEPT, responses], "calendar": "2020"}
    cli(["sweep", str(write(folder / "d.toml", **keys)), "--out", str(folder / "out")], standalone_mode=False)
    return folder / "out"


def test_every_row_of_a_sweep_is_opened(swept):
    with open(swept / "runs.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert any("zone_closure@1:6+zone_closure=0.5@2" in row["responses"] for row in rows)
    for n, row in enumerate(rows, 1):
        if n % 5 == 1:
            opened = open_row(f"{swept}/runs.csv:{n}")
            assert (opened.row, opened.digest, opened.replay) == (n, row["digest"], row["replay"])
            assert simulate(opened.scenario, opened.seed).digest == row["digest"]
            assert (opened.scenario.response_names or "none") == row["responses"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("results", r"--row is 'results'; it must be DIR/runs\.csv:N, the row N \(from 1\) of a results folder"),
        ("{0}/runs.csv", "it must be DIR/runs.csv:N"),
        ("{0}/runs.csv:one", "it must be DIR/runs.csv:N"),
        ("{0}/runs.csv:-1", "it must be DIR/runs.csv:N"),
        ("{0}/runs.csv:²", "it must be DIR/runs.csv:N"),
        ("{0}/daily.csv:1", "it must be DIR/runs.csv:N"),
        ("{0}/runs.csv:0", r"runs\.csv: row is 0; it must be 1 to 1"),
        ("{0}/runs.csv:2", r"runs\.csv: row is 2; it must be 1 to 1"),
        ("{0}/nowhere/runs.csv:1", "it must be a results folder: No such file"),
    ],
)
def test_a_row_that_is_not_there_is_refused(saved, text, message):
    with pytest.raises(ConfigError, match=message):
        open_row(text.format(saved[0]))


def test_a_folder_in_disorder_is_refused(saved, tmp_path):
    folder = shutil.copytree(saved[0], tmp_path / "out")
    runs, manifest = folder / "runs.csv", folder / "manifest.json"
    text, recorded = runs.read_text("utf-8"), manifest.read_text("utf-8")
    for old, new, message in (
        (",ok,", ",failed,", "row is 1; it must be a run that went well"),
        (
            "six,",
            "sixteen,",
            r"row is 1; it must be a row of which the manifest of its folder says the rest \(KeyError\)",
        ),
        (f",{SEED},", ",seven,", r"row 1: seed is 'seven'; it must be a whole number"),
        ("digest", "digests", "column is 'digest'; runs.csv must have it"),
        (text, text.splitlines()[0] + "\n", "row is 1; there are no runs in this file"),
    ):
        runs.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(ConfigError, match=message):
            open_row(f"{runs}:1")
    runs.write_text(text, "utf-8")
    for content, message in (
        ("{", "manifest.json: manifest.json is "),
        ("{}", "command is missing"),
        ("[]", "a manifest of runs"),
    ):
        manifest.write_text(content, "utf-8")
        with pytest.raises(ConfigError, match=message):
            open_row(f"{runs}:1")
    manifest.unlink()
    with pytest.raises(ConfigError, match="it must be a manifest"):
        open_row(f"{runs}:1")
    manifest.write_text(re.sub(r'"source_hash": "\w+"', '"source_hash": "other"', recorded), "utf-8")
    assert open_row(f"{runs}:1").warning == "Made with other rules than those here: the run may differ from its row."
