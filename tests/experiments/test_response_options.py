"""`--response` and `--calendar`, and labels such as `six+zone_clearance=0.5`, from end to end."""

from __future__ import annotations

import json

import pytest
from made_up import SHORT

from experiments.cli.options import Changes
from sim.errors import ConfigError

DAYS = ("--days", 5)
# an order of each of three kinds, none of which any file of the program has together
OWN = """
name = "my_own"
title = "Close the city at once, arrest leaders, cut the funds of one faction"
source = "judgement"

[[orders]]
do = "close_area"
areas = ["city"]
start_day = 1
hours = 24
reinforce = 3

[[orders]]
do = "arrest_leaders"
start_day = 2
count = 3
p_success = 1.0
capital_cost = 0.1

[[orders]]
do = "cut_funds"
start_day = 3
share = 1.0
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    return path


def values(result):
    """Measure → value of `posture run --json`."""
    assert result.exit_code == 0, result.stderr
    return {name: entry["value"] for name, entry in json.loads(result.stdout)["measures"].items()}


# --- a response needs no code ----------------------------------------------------------------------------
def test_a_response_from_a_file_has_its_effects_and_its_events(posture, own, tmp_path, read):
    """Three orders of a file that the program has never seen: measures, events, runs.csv and manifest show them."""
    out = tmp_path / "out"
    without = values(posture("run", "six", "--json", *DAYS))
    found = values(posture("run", "six", "--response", own, "--events", "--daily", "--out", out, "--json", *DAYS))
    assert (without["closure_hours"], without["leaders_removed"], without["funds_cut"]) == (0, 0, 0)
    assert (found["closure_hours"], found["leaders_removed"], found["funds_cut"]) == (24, 3, 1)
    assert found["funds_mean"] < without["funds_mean"]
    assert found["capital_end"] < without["capital_end"]
    events = [row for row in read(out / "events.csv") if "my_own/" in row["actor"] + row["target"]]
    assert [(row["date_time"], row["kind"], row["actor"], row["target"]) for row in events] == [
        ("2020-01-02T00:00", "area closed", "city", "my_own/0 close_area"),
        ("2020-01-03T00:00", "leaders arrested", "my_own/1 arrest_leaders", events[1]["target"]),
        ("2020-01-04T00:00", "funds cut", "my_own/2 cut_funds", "all factions"),
    ]
    assert (events[0]["hours"], events[1]["amount"], events[2]["amount"]) == ("24", "3", "1")
    (row,) = read(out / "runs.csv")
    assert (row["posture"], row["responses"]) == ("six", "my_own")
    (used,) = json.loads((out / "manifest.json").read_text())["postures"]["six+my_own"]["responses"]
    assert (used["strength"], used["file"]) == (1.0, str(own))
    assert [order["do"] for order in used["response"]["orders"]] == ["close_area", "arrest_leaders", "cut_funds"]
    assert used["response"]["orders"][0]["hours"] == 24


def test_a_response_of_strength_0_gives_the_digest_of_none(posture, own):
    uses = (f"{own}=0", "zone_clearance=0", "surge=0@1")
    without = json.loads(posture("run", "six", "--json", *SHORT).stdout)
    words = [word for use in uses for word in ("--response", use)]
    found = json.loads(posture("run", "six", "--json", *words, *SHORT).stdout)
    assert found["responses"] == "my_own=0+zone_clearance=0+surge=0@1"
    assert found["digest"] == without["digest"]
    whole = json.loads(posture("run", "six", "--json", "--response", own, *SHORT).stdout)
    assert whole["digest"] != without["digest"], "the same file at full strength does something"


def test_a_start_day_is_that_of_the_first_order(posture, own):
    found = values(posture("run", "six", "--response", f"{own}@3", "--json", *DAYS))
    assert (found["closure_hours"], found["leaders_removed"], found["funds_cut"]) == (24, 3, 0)


def test_the_order_of_responses_does_not_matter(posture):
    first = ("--response", "leader_arrests@2", "--response", "key_takedown@2")
    other = ("--response", "key_takedown@2", "--response", "leader_arrests@2")
    changes = ("--days", 70)
    found = [json.loads(posture("run", "six", "--json", *words, *changes).stdout) for words in (first, other)]
    assert found[0]["measures"] == found[1]["measures"]


# --- labels ----------------------------------------------------------------------------------------------
def test_a_label_names_posture_and_responses(own):
    (scenario,) = Changes(9, ("surge",)).load([f"six+zone_clearance=0.5+{own}@3"])
    assert (scenario.name, scenario.days) == ("six", 9)
    assert scenario.label == "six+zone_clearance=0.5+my_own@3+surge"


def test_a_file_whose_name_has_a_plus_is_a_posture(tmp_path):
    from sim.config_files import configs_folder

    path = tmp_path / "a+b.toml"
    path.write_text((configs_folder() / "postures" / "six.toml").read_text())
    assert Changes().load([str(path)])[0].label == "six"


def test_strength_is_a_value_like_any_other():
    (scenario,) = Changes(settings=("responses.surge.strength=0.25",)).load(["six+surge"])
    assert scenario.label == "six+surge=0.25"


def test_a_response_is_compared_with_none(posture, tmp_path, read):
    command = ("compare", "--ensemble", "none", "six", "six+surge@1", "--replicates", 3, "--seed", 3, "--days", 40)
    result = posture(*command, "--out", tmp_path, "--json")
    assert result.exit_code == 0, result.stderr
    content = json.loads(result.stdout)
    assert content["postures"] == ["six", "six+surge@1"]
    entry = content["measures"]["people_end"]
    sides = {f"p_six+surge@1_{side}" for side in ("lower", "equal", "higher")}
    assert set(entry) == {"unit", "six", "six+surge@1", "difference", *sides}
    assert entry["difference"]["mean"] == pytest.approx(20000, abs=5)
    rows = read(tmp_path / "runs.csv")
    assert [(row["posture"], row["responses"]) for row in rows] == [("six", "none")] * 3 + [("six", "surge@1")] * 3
    assert [row["seed"] for row in rows[:3]] == [row["seed"] for row in rows[3:]]
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert list(manifest["postures"]) == ["six", "six+surge@1"]
    assert (tmp_path / "differences.png").exists()
    shown = posture(*command).stdout
    assert "six+surge@1 against six, 3 pairs" in shown
    assert "closure_hours" in shown


def test_a_row_with_responses_can_be_run_again_alone(posture, tmp_path, read):
    """Posture and responses of a row of runs.csv, joined by +, are the scenario that made it."""
    words = ("six", "six+surge=0.5@1+leader_arrests@2")
    assert (
        posture("compare", "--ensemble", "none", *words, "--replicates", 2, "--days", 40, "--out", tmp_path).exit_code
        == 0
    )
    row = read(tmp_path / "runs.csv")[-1]
    label = f"{row['posture']}+{row['responses']}"
    assert label == words[1]
    again = json.loads(posture("run", label, "--seed", row["seed"], "--days", 40, "--json").stdout)
    assert again["digest"] == row["digest"]


def test_a_response_option_holds_in_every_posture(posture):
    command = (
        "compare",
        "--ensemble",
        "none",
        "fourteen",
        "six",
        "--response",
        "surge",
        "--replicates",
        1,
        "--days",
        1,
        "--json",
    )
    assert json.loads(posture(*command).stdout)["postures"] == ["fourteen+surge", "six+surge"]


# --- calendars -------------------------------------------------------------------------------------------
def test_a_calendar_moves_the_levels_on_its_dates(posture, tmp_path, read):
    """From 5 May on: a new prime minister on 7 May, the first round of the dialogue on 11 June."""
    late = ("--days", 40, "--set", "start=2020-05-05", "--set", "operations.base_rate_per_day=0.0")
    without = values(posture("run", "six", "--json", *late))
    found = values(posture("run", "six", "--calendar", 2020, "--events", "--out", tmp_path, "--json", *late))
    assert found["relation_end"] > without["relation_end"]
    shifts = [row for row in read(tmp_path / "events.csv") if row["kind"] == "event from outside"]
    assert [(row["date_time"], row["actor"], row["amount"]) for row in shifts] == [
        ("2020-05-07T00:00", "will", "0.1"),
        ("2020-06-11T00:00", "relation", "0.1"),
    ]


def test_strikes_of_a_calendar_are_strikes_and_do_what_the_switch_says(posture, tmp_path, read):
    """3 January: two leaders of the strongest faction. Grievance moves only if strikes provoke or deter."""
    without = values(posture("run", "six", "--json", *DAYS))
    found = values(posture("run", "six", "--calendar", 2020, "--events", "--out", tmp_path, "--json", *DAYS))
    strikes = [row for row in read(tmp_path / "events.csv") if row["kind"] == "US strike"]
    assert [(row["date_time"], row["actor"]) for row in strikes] == [("2020-01-03T00:00", "Washington")] * 2
    assert found["strikes"] - without["strikes"] == 2
    effect = {}
    for word in ("none", "provokes", "deters"):
        words = ("--calendar", 2020, "--set", f'retaliation.effect="{word}"', *DAYS)
        effect[word] = values(posture("run", "six", "--json", *words))["grievance_mean"]
    assert effect["none"] == without["grievance_mean"]
    assert effect["provokes"] > effect["none"]
    calendar = json.loads((tmp_path / "manifest.json").read_text())["postures"]["six"]["calendar"]
    assert calendar["name"] == "2020"
    assert (calendar["strikes"][0]["date"], calendar["strikes"][0]["leaders"]) == ("2020-01-03", 2)


def test_a_calendar_may_be_a_file_in_the_folder_of_the_user(posture, tmp_path, monkeypatch):
    text = '[[events]]\ndate = 2020-01-02\nlevel = "patience"\namount = -0.3\nwhy = "a test"\n'
    (tmp_path / "mine.toml").write_text(f'name = "mine"\ntitle = "Mine"\nsource = "judgement"\n{text}')
    monkeypatch.chdir(tmp_path)
    found = values(posture("run", "six", "--calendar", "mine.toml", "--json", *DAYS))
    assert found["patience_lowest"] < 0.6, "0.7 without it; a step on the ladder gives some back"


# --- refusals --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--response", "nosuch"], ["response is 'nosuch'", "zone_clearance"]),
        (["--response", "nosuch.toml"], ["nosuch.toml"]),
        (["--response", "surge=2"], ["strength is 2", "0 to 1"]),
        (["--response", "surge=high"], ["surge=high", "NAME=STRENGTH"]),
        (["--response", "surge@soon"], ["surge@soon", "NAME@DAY"]),
        (["--response", "surge", "--response", "surge=0.5"], ["surge", "begin at another hour: two do at day 30"]),
        (
            ["--response", "surge", "--response", "surge@3", "--set", "responses.surge.strength=0.5"],
            ["responses.surge", "used once; this one is used 2 times"],
        ),
        (["--calendar", "1914"], ["1914", "2020"]),
        (["--calendar", "2020", "--set", 'calendar="2020"'], ["--set", "calendar may be given once"]),
    ],
)
def test_refusals_are_one_message(posture, words, message):
    for command in (("run", "six"), ("compare", "--ensemble", "none", "fourteen", "six"), ("describe", "six")):
        result = posture(*command, *words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert all(word in result.stderr for word in message), result.stderr
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("name", "label"), [("six+surge", "'six+surge'"), ("six+surge+surge@30", "surge"), ("six+nosuch", "'nosuch'")]
)
def test_labels_that_are_no_use_are_refused(posture, name, label):
    result = posture("compare", "--ensemble", "none", "six+surge", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert label in result.stderr


def test_an_unknown_posture_in_a_label_is_named():
    with pytest.raises(ConfigError, match="posture is 'nosuch'"):
        Changes().load(["nosuch+surge"])


def test_a_response_may_be_used_again_from_another_hour_on(posture, tmp_path, read):
    label = "six+zone_closure@1:6+surge@2+zone_closure=0.5@3:13"
    result = posture("run", label, *DAYS, "--events", "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    (row,) = read(tmp_path / "runs.csv")
    assert f"{row['posture']}+{row['responses']}" == label
    orders = {(e["target"], e["hour"]) for e in read(tmp_path / "events.csv") if e["kind"] == "area closed"}
    assert orders == {("zone_closure/0 close_area", "30"), ("zone_closure#2/0 close_area", "85")}
    shown = json.loads(posture("describe", label, "--json").stdout)["responses"]
    assert [use["orders"][0]["name"] for use in shown] == [
        "zone_closure/0 close_area",
        "surge/0 reinforce",
        "zone_closure#2/0 close_area",
    ]
