"""Columns; files that are whole or not there; the state of the checkout."""

from __future__ import annotations

import json
import math
import subprocess

import pytest

from experiments.files.columns import COMPARISON_FIELDS, DAILY_FIELDS, RUN_FIELDS, column_name
from experiments.files.events import EVENT_FIELDS, EVENT_VALUE_FIELDS
from experiments.files.manifest import git_state
from experiments.files.whole import replacing, results_folder, write_json
from sim.errors import ConfigError
from sim.rules.events import KINDS
from sim.state import EVENT_VALUES


@pytest.mark.parametrize(
    ("name", "unit", "column"),
    [
        ("fire_attacks", "1", "fire_attacks"),
        ("rounds_fired", "round", "rounds_fired"),
        ("cargo_sent", "t", "cargo_sent_t"),
        ("site_hours_short", "site hour", "site_hours_short"),
        ("closures", "site hour", "closures_site_hour"),
        ("lowest_supply_days_mean", "day", "lowest_supply_days_mean"),
        ("hazard", "1/day", "hazard_1_per_day"),
        ("relation_mean", "1", "relation_mean"),
        ("closure_hours", "hour", "closure_hours"),
        ("embassy_open_days", "day", "embassy_open_days"),
        ("heavy_weapons_in_zone_end", "weapon", "heavy_weapons_in_zone_end"),
        ("pressure", "point", "pressure"),
    ],
)
def test_a_column_carries_its_unit_unless_it_counts(name, unit, column):
    assert column_name(name, unit) == column


@pytest.mark.parametrize("fields", [RUN_FIELDS, DAILY_FIELDS, EVENT_FIELDS, COMPARISON_FIELDS])
def test_every_column_has_a_name_of_its_own_and_a_meaning(fields):
    assert len({field.name for field in fields}) == len(fields)
    assert all(field.meaning for field in fields)


def test_runs_begin_with_the_keys_of_a_run():
    assert [f.name for f in RUN_FIELDS[:7]] == [
        "posture",
        "responses",
        "replicate",
        "seed",
        "status",
        "error",
        "digest",
    ]


def test_every_measure_says_how_the_days_become_it():
    how = {field.name: field.how for field in RUN_FIELDS}
    assert how["prestige_highest"] == "highest of the days"
    assert how["mob_days"] == "sum over the days"
    assert how["patience_lowest"] == "lowest of the days"
    assert all(how[field.name] for field in RUN_FIELDS[7:])


def test_event_columns_are_those_of_the_model():
    assert [field.name for field in EVENT_VALUE_FIELDS] == EVENT_VALUES.split()
    assert [kind.number for kind in KINDS] == list(range(len(KINDS)))


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "file.txt"
    with replacing(path) as file:
        file.write("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def write_half(path):
    with replacing(path) as file:
        file.write("new")
        raise ValueError("midway")


def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(ValueError, match="midway"):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"a": math.nan})
    write_json(tmp_path / "y.json", {"a": "é"})
    assert json.loads((tmp_path / "y.json").read_text(encoding="utf-8")) == {"a": "é"}
    assert [path.name for path in tmp_path.iterdir()] == ["y.json"]


def test_folders_are_made_or_refused(tmp_path):
    assert results_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="it must be a folder that can be written"):
        results_folder(tmp_path / "file")


def test_git_state_is_none_outside_a_checkout(tmp_path):
    assert git_state(tmp_path) is None
    (tmp_path / ".git").mkdir()  # not a repository
    assert git_state(tmp_path) is None


def test_git_state_tells_commit_and_changes(tmp_path):
    def git(*words):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-m", "first")
    clean = git_state(tmp_path)
    (tmp_path / "file").write_text("2")
    assert clean is not None
    assert len(clean["commit"]) == 40
    assert clean["dirty"] is False
    assert git_state(tmp_path) == {"commit": clean["commit"], "dirty": True}
