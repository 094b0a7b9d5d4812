"""Scenarios: every refusal says file, key, value and what is allowed; what is accepted runs."""

from __future__ import annotations

import math
from datetime import date

import pytest

from sim import load_scenario, simulate
from sim.config_files import configs_folder, names
from sim.errors import ConfigError
from sim.parameters import flat

POSTURE = """
name = "test"
title = "A test"
source = "judgement"
theatre = "baghdad"
start = 2020-01-01
days = 5
quarter_ends_days = [2, 3, 5]
budget = { people = 1000, batteries = 1 }

sites = [
  { name = "embassy", people = 400, batteries = 1 },
  { name = "erbil", people = 500 },
  { name = "taji", people = 100 },
]

handovers = [
  { date = 2020-01-03, site = "taji", moves_to = "erbil", share_home = 0.5 },
]

[parameters.defence]
p_intercept = 0.5
capacity_per_salvo = 4
"""


@pytest.fixture
def written(tmp_path):
    def write(*edits, name="test.toml"):
        text = POSTURE
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(path, **more):
    """The error of loading a file; its message must name the file."""
    with pytest.raises(ConfigError) as caught:
        load_scenario(path, **more)
    error = caught.value
    assert error.exit_code == 2
    assert str(path) in str(error), "the message does not name the file"
    assert error.key in str(error)
    assert error.allowed in str(error)
    return error


def test_what_is_right_is_loaded(written):
    scenario = load_scenario(written())
    assert (scenario.name, scenario.days, scenario.parameters.defence.p_intercept) == ("test", 5, 0.5)
    assert simulate(scenario, 1).measures["handovers"] == 1


HANDOVER = '{ date = 2020-01-03, site = "taji", moves_to = "erbil", share_home = 0.5 }'
SECOND = '{ date = 2020-01-04, site = "%s", moves_to = "%s" }'
P, C = "p_intercept = 0.5", "capacity_per_salvo = 4"

# what is changed in the file, and: key, value, words of what is allowed
REFUSALS = {
    "unknown key": ("days = 5", "days = 5\nweeks = 2", "weeks", 2, "this key is unknown. Known here: name, title"),
    "unknown key of a site": (
        'name = "erbil",',
        'name = "erbil", colour = "red",',
        "sites[1].colour",
        "red",
        "Known here: name, people, batteries",
    ),
    "unknown section": ("[parameters.defence]", "[parameters.fence]", "parameters.fence", None, "defence"),
    "unknown parameter": (P, "p_interception = 0.5", "parameters.defence.p_interception", 0.5, "p_intercept"),
    "missing key": ('title = "A test"', "", "title", None, "no default"),
    "text for an integer": ("days = 5", 'days = "10"', "days", "10", "a whole number"),
    "text for a number": (P, 'p_intercept = "0.5"', "parameters.defence.p_intercept", "0.5", "number"),
    "true for a number": (P, "p_intercept = true", "parameters.defence.p_intercept", True, "number"),
    "true for an integer": ("people = 500", "people = true", "sites[1].people", True, "a whole number"),
    "a number for an integer": (C, "capacity_per_salvo = 4.0", "capacity_per_salvo", 4.0, "a whole number"),
    "a number for text": ('title = "A test"', "title = 3", "title", 3, "text in quotes"),
    "text for a date": ("start = 2020-01-01", 'start = "2020-01-01"', "start", "2020-01-01", "date"),
    "too large": (P, "p_intercept = 1.5", "p_intercept", 1.5, "from 0 to 1"),
    "too small": (P, "p_intercept = -0.1", "p_intercept", -0.1, "from 0 to 1"),
    "too large an integer": (C, "capacity_per_salvo = 101", "capacity_per_salvo", 101, "from 0 to 100 round"),
    "no days": ("days = 5", "days = 0", "days", 0, "from 1 to 3660"),
    "not a number": (P, "p_intercept = nan", "p_intercept", None, "a number from 0 to 1"),
    "infinite": (P, "p_intercept = inf", "p_intercept", None, "a number from 0 to 1"),
    "negative people": ("people = 500", "people = -500", "sites[1].people", -500, "from 0 to"),
    "unknown site": ('name = "erbil"', 'name = "atlantis"', "sites[1].name", "atlantis", "embassy, zone_compound"),
    "a site twice": ('name = "erbil"', 'name = "embassy"', "sites[1].name", "embassy", "once"),
    "no sites": ("sites = [", "sites = []\nothers = [", "sites", None, "at least 1"),
    "unknown theatre": ('"baghdad"', '"mars"', "theatre", "mars", "baghdad"),
    "wrong budget of people": ("people = 1000,", "people = 999,", "budget.people", 999, "1000"),
    "wrong budget of batteries": ("batteries = 1 }\n\n", "batteries = 2 }\n\n", "budget.batteries", 2, "is 1"),
    "handover of nobody": ('site = "taji"', 'site = "harir"', "handovers[0].site", "harir", "embassy, erbil, taji"),
    "handover to nowhere": ('"erbil", share', '"harir", share', "handovers[0].moves_to", "harir", "erbil"),
    "handover to itself": ('"erbil", share', '"taji", share', "handovers[0].site", "taji", "for another"),
    "handover too early": ("2020-01-03", "2019-12-31", "handovers[0].date", "2019-12-31", "2020-01-01 or later"),
    "left twice": (HANDOVER, f"{HANDOVER}, {SECOND % ('taji', 'embassy')}", "handovers[1].site", "taji", "once"),
    "handed to one that was left": (
        HANDOVER,
        f"{HANDOVER}, {SECOND % ('erbil', 'taji')}",
        "handovers[1].moves_to",
        "taji",
        "still held then",
    ),
    "share above one": ("share_home = 0.5", "share_home = 1.5", "handovers[0].share_home", 1.5, "from 0"),
    "delivery to one that was left": (
        "handovers = [",
        'deliveries = [{ date = 2020-01-03, site = "taji", batteries = 1 }]\nhandovers = [',
        "deliveries[0].site",
        "taji",
        "still held then",
    ),
    "delivery of nothing": (
        "handovers = [",
        'deliveries = [{ date = 2020-01-03, site = "erbil", batteries = 0 }]\nhandovers = [',
        "deliveries[0].batteries",
        0,
        "from 1 to 20",
    ),
    "departure from nowhere": (
        "handovers = [",
        'departures = [{ date = 2020-01-03, site = "harir", people = 5 }]\nhandovers = [',
        "departures[0].site",
        "harir",
        "erbil",
    ),
    "quarters that fall": ("[2, 3, 5]", "[3, 2, 5]", "quarter_ends_days", [3, 2, 5], "rising"),
    "no quarter": ("[2, 3, 5]", "[]", "quarter_ends_days", [], "at least 1 item"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_wrong_file_is_refused(written, case):
    old, new, key, value, allowed = REFUSALS[case]
    error = refusal(written((old, new)))
    assert error.key.endswith(key)
    assert allowed in error.allowed
    if value is not None:
        assert error.value == value
        assert type(error.value) is type(value)
        assert (str(value).lower() if isinstance(value, bool) else repr(value)) in str(error)


@pytest.mark.parametrize("word", ["nan", "inf", "-inf"])
def test_numbers_that_are_none_are_shown(written, word):
    error = refusal(written((P, f"p_intercept = {word}")))
    assert not math.isfinite(error.value)
    assert repr(float(word)) in str(error)


def test_a_syntax_error_names_its_line(written):
    error = refusal(written(("days = 5", "days = = 5")))
    assert "line 7" in error.allowed


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "picture.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "it must be TOML" in refusal(path).allowed


def test_a_missing_file_is_refused_with_the_names_there_are(tmp_path):
    error = refusal(tmp_path / "nowhere.toml")
    assert (error.key, error.value) == ("posture", str(tmp_path / "nowhere.toml"))
    assert "fourteen" in error.allowed


def test_an_unknown_name_is_refused_with_the_names_there_are():
    error = refusal("seven")
    assert (error.key, error.value) == ("posture", "seven")
    assert all(name in error.allowed for name in names("postures"))


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        ('place = "iz_embassy"', 'place = "iz_moon"', "sites[0].place", "iz_moon"),
        ("square_km = 1.0", "square_km = -1.0", "square_km", -1.0),
        ("step_km = 14.0", "step_km = 0.2", "roads", None),
    ],
)
def test_a_wrong_theatre_beside_a_posture_is_refused(written, old, new, key, value):
    path = written(('"baghdad"', '"mine.toml"'))
    text = (configs_folder() / "theatres" / "baghdad.toml").read_text(encoding="utf-8")
    assert old in text
    theatre = path.parent / "mine.toml"
    theatre.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_scenario(path)
    assert (caught.value.file, caught.value.key) == (str(theatre), key)
    assert value is None or caught.value.value == value


def test_a_theatre_beside_a_posture_is_found(written):
    path = written(('"baghdad"', '"mine.toml"'))
    text = (configs_folder() / "theatres" / "baghdad.toml").read_text(encoding="utf-8")
    (path.parent / "mine.toml").write_text(text, encoding="utf-8")
    assert simulate(load_scenario(path), 1).digest == simulate(load_scenario(written()), 1).digest


# --- changes --------------------------------------------------------------------------------------------------


def test_changes_are_taken_one_by_one():
    six = load_scenario("six")
    scenario = six.with_changes(
        {
            "days": 3,
            "start": date(2021, 5, 1),
            "defence.p_intercept": 1,
            "sites.embassy.people": 7,
            "sites.erbil.batteries": 3,
        }
    )
    posture = scenario.posture
    assert (posture.days, posture.start) == (3, date(2021, 5, 1))
    assert type(scenario.parameters.defence.p_intercept) is float
    assert {site.name: (site.people, site.batteries) for site in posture.sites}["embassy"] == (7, 1)
    assert posture.sites[4].batteries == 3
    before, after = flat(six.parameters), flat(scenario.parameters)
    assert {key for key in after if after[key] != before[key]} <= {"defence.p_intercept"}
    assert six.days == 274, "the scenario it came from has changed"


def test_changes_while_loading_are_the_same_changes():
    changes = {"days": 3, "defence.p_intercept": 0.25}
    assert load_scenario("six", changes).posture == load_scenario("six").with_changes(changes).posture


def test_a_changed_site_is_free_of_the_budget():
    changed = load_scenario("equal_six").with_changes({"sites.embassy.people": 1})
    assert changed.posture.budget is None
    assert load_scenario("equal_six").with_changes({"days": 3}).posture.budget is not None


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("nonsense", 1, "there is no such key"),
        ("", 1, "there is no such key"),
        ("defence", 1, "there is no such key"),
        ("defence.nope", 1, "one of defence."),
        ("fence.p_intercept", 1, "Did you mean defence.p_intercept?"),
        ("sites.moon.people", 1, "one of sites.embassy.people, "),
        ("sites.embassy.colour", 1, "one of sites.embassy.people, sites.embassy.batteries"),
        ("sites.embassy", 1, "there is no such key"),
        ("defence.p_intercept.low", 1, "there is no such key"),
        ("name", "other", "there is no such key"),
    ],
)
def test_an_unknown_key_of_a_change_is_refused(key, value, allowed):
    with pytest.raises(ConfigError) as caught:
        load_scenario("six").with_changes({key: value})
    assert (caught.value.key, caught.value.value) == (key or '""', value)
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("defence.p_intercept", 1.01, "from 0 to 1"),
        ("defence.p_intercept", "0.5", "number"),
        ("defence.p_intercept", True, "number"),
        ("defence.p_intercept", math.nan, "a number from 0 to 1"),
        ("defence.capacity_per_salvo", 2.0, "a whole number"),
        ("days", 0, "from 1 to 3660"),
        ("days", "10", "a whole number"),
        ("start", "2020-01-01", "date"),
        ("sites.embassy.batteries", -1, "from 0 to 20"),
        ("quarter_ends_days", [3, 2, 1], "rising"),
    ],
)
def test_a_wrong_value_of_a_change_is_refused(key, value, allowed):
    with pytest.raises(ConfigError) as caught:
        load_scenario("six").with_changes({key: value})
    assert caught.value.key.split(".")[-1] == key.split(".")[-1] or key.startswith("sites")
    assert caught.value.value == value or value != value
    assert allowed in caught.value.allowed


def test_no_changes_are_no_change():
    six = load_scenario("six")
    assert six.with_changes({}) is six
    again = six.with_changes(flat(six.parameters))
    assert simulate(again.with_changes({"days": 3}), 1).digest == simulate(six.with_changes({"days": 3}), 1).digest


# --- what is shipped ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("posture", names("postures"))
def test_every_shipped_posture_loads_and_runs(posture):
    scenario = load_scenario(posture)
    assert scenario.name == posture
    assert scenario.posture.budget is not None, "a shipped posture says what it adds up to"
    assert simulate(scenario.with_changes({"days": 3}), 1).measures["people_end"] > 0


def budget(posture):
    sites = load_scenario(posture).posture.sites
    return sum(site.people for site in sites), sum(site.batteries for site in sites)


def test_equal_budget_variants_differ_in_sites_alone():
    six, fourteen = load_scenario("equal_six").posture, load_scenario("equal_fourteen").posture
    assert budget("equal_six") == budget("equal_fourteen")
    assert (len(six.sites), len(fourteen.sites)) == (6, 14)
    assert {s.name: s.batteries for s in six.sites if s.batteries} == {
        s.name: s.batteries for s in fourteen.sites if s.batteries
    }
    apart = ("name", "title", "sites")
    same = [posture.model_dump(exclude=set(apart)) for posture in (six, fourteen)]
    assert same[0] == same[1]


def test_the_drawdown_starts_with_fourteen_and_ends_with_the_six():
    drawdown = load_scenario("drawdown_2020").posture
    left = {order.site for order in drawdown.handovers}
    assert len(drawdown.sites) == 14
    assert {s.name for s in drawdown.sites} - left == {s.name for s in load_scenario("six").posture.sites}
