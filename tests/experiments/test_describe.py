"""`posture list`, `describe` and `check` for responses and calendars."""

from __future__ import annotations

import json
import math

import pytest

from experiments.files.describe import kind_of_content, order_words
from sim.calendars import SHIFTS
from sim.config_files import configs_folder, find, names, read_toml
from sim.responses import ORDERS
from tests.experiments.designs import write

SURGE = configs_folder() / "responses" / "surge.toml"
CALENDAR = configs_folder() / "calendars" / "2020.toml"


KINDS = {
    "events": tuple(SHIFTS),
    "strikes": "US strike at leaders",
    "threats": "threat to close the embassy",
    "truces": "truce until 2",
    "directives": "directive to roads until 2020-",
}


def test_list_shows_responses_and_calendars_with_their_sources(posture):
    listed = json.loads(posture("list", "--json").stdout)
    for kind in ("responses", "calendars"):
        assert [entry["name"] for entry in listed[kind]] == names(kind)
        for entry in listed[kind]:
            tree = read_toml(find(kind, entry["name"]))
            assert (entry["title"], entry["source"]) == (tree["title"], tree["source"])
    shown = posture("list").stdout
    assert "zone_clearance" in shown
    assert "S24, S28" in shown


@pytest.mark.parametrize("kind", ORDERS)
def test_every_kind_of_order_says_what_it_does_and_what_strength_means(kind):
    does, strength = order_words(kind)
    assert does
    assert strength


@pytest.mark.parametrize("name", names("responses"))
def test_describe_shows_every_field_of_every_order(posture, name):
    content = json.loads(posture("describe", name, "--json").stdout)
    tree = read_toml(find("responses", name))
    assert (content["name"], content["title"], content["source"]) == (name, tree["title"], tree["source"])
    assert len(content["orders"]) == len(tree["orders"])
    for n, (shown, given) in enumerate(zip(content["orders"], tree["orders"], strict=True)):
        assert shown["name"] == f"{name}/{n} {given['do']}"
        assert shown["source"] == given["source"]
        fields = {field["key"]: field for field in shown["fields"]}
        assert {key: fields[key]["value"] for key in given if key not in ("do", "source")} == {
            key: value for key, value in given.items() if key not in ("do", "source")
        }
        assert all(field["meaning"] for field in fields.values())
        assert all(field["unit"] for key, field in fields.items() if key not in ("on", "areas", "faction", "scope"))
    assert posture("describe", name).exit_code == 0


def test_describe_says_when_an_order_is_given(posture):
    def when(*words):
        return [order["when"] for order in json.loads(posture("describe", *words, "--json").stdout)["orders"]]

    assert when("zone_clearance") == ["on day 10, then every 60 days", "on day 30, then every 7 days"]
    assert when("zone_closure_on_warning") == ["at a warning of one of its areas, from day 0"]
    assert when("intelligence_sharing") == ["at any warning, from day 0"]


def test_describe_a_posture_with_responses_and_calendar(posture):
    words = ("describe", "six+surge=0.5@90", "--response", "leader_arrests", "--calendar", "2020")
    content = json.loads(posture(*words, "--json").stdout)
    assert content["label"] == "six+surge=0.5@90+leader_arrests"
    surge, arrests = content["responses"]
    assert (surge["label"], surge["strength"], surge["start_day"]) == ("surge=0.5@90", 0.5, 90)
    assert surge["orders"][0]["when"] == "on day 90", "its first order begins there"
    assert {"key": "people", "value": 20000, "unit": "person"}.items() <= next(
        field for field in surge["orders"][0]["fields"] if field["key"] == "people"
    ).items()
    assert arrests["orders"][0]["name"] == "leader_arrests/0 arrest_leaders"
    assert content["calendar"]["events"][0] == {
        "date": "2020-01-03",
        "level": "US strike at leaders",
        "amount": 2.0,
        "why": "the strike of 3 January on two leaders",
        "source": "S11, E32",
    }
    shown = posture(*words).stdout
    assert all(word in shown for word in ("surge/0 reinforce", "2020-01-03", "defence.p_intercept", "strength: "))


def test_describe_a_calendar(posture):
    content = json.loads(posture("describe", "2020", "--json").stdout)
    assert [event["date"] for event in content["events"]] == sorted(event["date"] for event in content["events"])
    tree = read_toml(CALENDAR)
    assert len(content["events"]) == sum(len(tree.get(kind, ())) for kind in KINDS)
    for kind, words in KINDS.items():
        shown = [event["why"] for event in content["events"] if event["level"].startswith(words)]
        assert sorted(shown) == sorted(event["why"] for event in tree.get(kind, ())), kind
    assert "the strike of 3 January" in posture("describe", "2020").stdout


def test_describe_takes_files(posture):
    for path in (SURGE, CALENDAR):
        by_file, by_name = posture("describe", path, "--json").stdout, posture("describe", path.stem, "--json").stdout
        assert json.loads(by_file) == json.loads(by_name)


def test_a_switch_says_its_words(posture):
    content = json.loads(posture("describe", "six", "--json").stdout)
    (switch,) = [row for row in content["parameters"] if row["key"] == "retaliation.effect"]
    assert switch["value"] == "none"
    assert all(f"{word}:" in switch["meaning"] for word in ("provokes", "deters", "none"))
    changed = json.loads(posture("describe", "six", "--set", 'retaliation.effect="deters"', "--json").stdout)
    assert [row["value"] for row in changed["parameters"] if row["changed"]] == ["deters"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nosuch"], ["NAME is 'nosuch'", "`posture list` shows all"]),
        (["experiments/six"], ["NAME is 'experiments/six'", "threat_level"]),
        (["threat_level", "--days", "3"], ["threat_level is no posture"]),
        (["nosuch.toml"], ["nosuch.toml"]),
        (["surge", "--days", "3"], ["surge is no posture"]),
        (["2020", "--response", "surge"], ["2020 is no posture"]),
        (["surge+leader_arrests"], ["surge"]),
    ],
)
def test_describe_refuses(posture, words, message):
    result = posture("describe", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert all(word in result.stderr for word in message), result.stderr
    assert "Traceback" not in result.stderr


# --- designs ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", names("experiments"))
def test_describe_shows_the_factors_and_the_size_of_a_design(posture, name):
    content = json.loads(posture("describe", f"experiments/{name}", "--json").stdout)
    by_file = json.loads(posture("describe", find("experiments", name), "--json").stdout)
    tree = read_toml(find("experiments", name))
    assert content == by_file
    assert (content["name"], content["question"], content["source"]) == (name, tree["question"], tree["source"])
    assert [factor["key"] for factor in content["factors"]] == [factor["key"] for factor in tree["factors"]]
    for shown, given in zip(content["factors"], tree["factors"], strict=True):
        assert {key: shown[key] for key in given} == given
    sample = tree.get("n", 1)
    points = sample * math.prod(len(factor.get("values", "x")) for factor in tree["factors"])
    assert (content["points"], content["runs"]) == (points, points * tree["replicates"])
    assert len(content["first_points"]) == min(5, points)


def test_describe_a_design_in_words(posture):
    shown = posture("describe", "threat_level").stdout
    for words in (
        "128 points × 20 replicates = 2560 runs",
        "0.01 to 0.1 (log)",
        "1/day",
        "fourteen, six",
        "  4: posture",
    ):
        assert words in shown


def test_a_long_list_of_values_is_cut(posture, tmp_path):
    file = write(tmp_path / "d.toml", factors=[{"key": "batteries", "values": list(range(40))}])
    assert "0, 1, 2, …, 39 (40 values)" in posture("describe", file).stdout


def test_a_name_of_two_kinds_is_told_apart(posture):
    """`surge` is a response and a design."""
    assert "orders" in json.loads(posture("describe", "surge", "--json").stdout)
    assert "factors" in json.loads(posture("describe", "experiments/surge", "--json").stdout)
    both = posture("check", "surge").stdout
    assert "(response surge: " in both
    assert "(design surge: 12 points × 200 replicates = 2400 runs)" in both
    assert posture("check", "experiments/surge").stdout == both.splitlines(keepends=True)[1]


def test_check_knows_designs_by_file_and_by_name(posture, tmp_path):
    good = write(tmp_path / "d.toml")
    assert posture("check", good).stdout == f"{good}: ok (design small: 8 points × 3 replicates = 24 runs)\n"
    assert "ok (design fourteen_vs_six: 2 points" in posture("check", "fourteen_vs_six").stdout


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"factors": [{"key": "defence.p_intercept", "values": [0.5, 1.5]}]}, ["factors[0].values[1]", "0 to 1"]),
        ({"posture": "nosuch"}, ["posture is 'nosuch'"]),
        ({"nosuch": 1}, ["nosuch", "key is unknown"]),
        ({"points_file": "nosuch.csv"}, ["nosuch.csv"]),
        ({"n": 9_000_000}, ["18,000,000 points × 3 replicates", "at most 10,000,000 runs"]),
    ],
)
def test_check_refuses_what_a_sweep_would(posture, tmp_path, keys, words):
    result = posture("check", write(tmp_path / "d.toml", **keys))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert all(word in result.stderr for word in words), result.stderr


def test_check_of_what_is_not_there(posture):
    result = posture("check", "nosuch")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "file is 'nosuch'; it must be a file that exists, or one of " in result.stderr


# --- check -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "words"), [("priors", "ok (priors: 70 parameters, 7 "), ("targets", "ok (targets: 22, for")]
)
def test_check_knows_priors_and_targets(posture, tmp_path, kind, words):
    good, bad = find(kind, "2020"), tmp_path / "bad.toml"
    assert words in posture("check", good).stdout
    bad.write_text(good.read_text(encoding="utf-8") + "\nnonsense = 1\n", encoding="utf-8")
    result = posture("check", bad)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nonsense" in result.stderr


def test_check_accepts_every_response_and_calendar(posture):
    files = [find(kind, name) for kind in ("responses", "calendars") for name in names(kind)]
    result = posture("check", *files)
    assert (result.exit_code, result.stderr) == (0, "")
    for file in files:
        kind = file.parent.name.removesuffix("s")
        assert f"{file}: ok ({kind} {file.stem}: " in result.stdout


@pytest.mark.parametrize(
    ("source", "old", "new", "words"),
    [
        (SURGE, "people = 20000", "people = -1", ["orders[0].reinforce.people is -1"]),
        (SURGE, 'do = "reinforce"', 'do = "magic"', ["orders[0]", "magic", "close_area"]),
        (SURGE, "days = 180", "", ["orders[0].reinforce.days", "missing"]),
        (SURGE, 'name = "surge"', 'name = "Surge!"', ["name is 'Surge!'"]),
        (SURGE, "days = 180", "days = 180\nhourz = 3", ["orders[0].reinforce.hourz is 3", "key is unknown"]),
        (CALENDAR, 'level = "will"', 'level = "mood"', ["events[0].level is 'mood'", "restraint"]),
        (CALENDAR, "amount = 0.1", "amount = 50.0", ["events[0].amount is 50.0"]),
        (CALENDAR, "date = 2020-01-03", 'date = "soon"', ["strikes[0].date is 'soon'"]),
        (CALENDAR, "leaders = 2", "leaders = 0", ["strikes[0].leaders is 0"]),
        (CALENDAR, "focus = 1.0", "focus = 9.0", ["directives[0].focus is 9.0"]),
        (CALENDAR, "until = 2020-09-30", "until = 2020-01-01", ["directives[0].until", "2020-01-01", "2020-02-29"]),
    ],
)
def test_check_says_what_is_wrong(posture, tmp_path, source, old, new, words):
    path = tmp_path / "bad.toml"
    assert old in source.read_text()
    path.write_text(source.read_text().replace(old, new))
    result = posture("check", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"posture: {path}: ")
    assert result.stderr.count("\n") == 1
    assert all(word in result.stderr for word in words), result.stderr


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("zone_closure_on_warning", '"international_zone"', '"atlantis"', ["orders[0].areas", "atlantis", "airport"]),
        ("leader_arrests", '"strongest"', '"martians"', ["orders[0].faction", "martians", "strongest"]),
    ],
)
def test_check_knows_the_areas_and_factions_of_the_theatre(posture, tmp_path, name, old, new, words):
    path = tmp_path / "bad.toml"
    text = find("responses", name).read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    result = posture("check", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"posture: {path}: ")
    assert all(word in result.stderr for word in words), result.stderr


def test_check_wants_a_name_that_a_run_would_take(posture, tmp_path):
    path = tmp_path / "surge.txt"
    path.write_text(SURGE.read_text())
    result = posture("check", path)
    assert result.exit_code == 2
    assert "it must be a name that ends in .toml" in result.stderr


@pytest.mark.parametrize(
    ("key", "kind"),
    [("places", "theatres"), ("sites", "postures"), ("orders", "responses")]
    + [(key, "calendars") for key in KINDS]
    + [(key, "experiments") for key in ("factors", "points", "points_file", "replicates", "constants", "sample")]
    + [("structures", "structures"), ("priors", "priors"), ("targets", "targets")],
)
def test_files_are_told_apart_by_their_keys(key, kind):
    assert kind_of_content({"name": "x", key: ()}) == kind
    assert kind_of_content({"name": "x"}) == ""
