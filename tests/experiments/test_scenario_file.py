"""A scenario written as a file is read back as the same scenario."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.files.scenario_file import scenario_files, scenario_toml
from sim.config_files import configs_folder, names
from sim.engine import simulate
from sim.parameters import CommonState, Parameters
from sim.scenario import load_scenario

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "days": st.integers(1, 400),
        "calendar": st.sampled_from(["", "2020"]),
        "people": st.integers(0, 9000),
        "sites.embassy.batteries": st.integers(0, 9),
        "defence.p_intercept": st.floats(0, 1),
        "operations.base_rate_per_day": st.floats(0, 0.5),
        "operations.radius_km": st.sampled_from([7, 7.5]),
        "common_state.traffic": st.sampled_from([1.0, 0.856, 2.0]),
        "window_day": st.integers(0, 90),
        "retaliation.effect": st.sampled_from(["provokes", "deters", "none"]),
    },
)
USES = st.lists(
    st.tuples(st.sampled_from(names("responses")), st.floats(0, 1), st.integers(0, 300), st.integers(0, 23)),
    max_size=6,
    unique_by=lambda use: (use[0], *use[2:]),
)
OWN = """name = "own_one"
title = "A title with \\"quotes\\", a \\\\ and more, ×"
source = "judgement"
[[orders]]
do = "close_area"
areas = ["airport", "international_zone/north"]
on = "warning"
scope = "all"
hours = 5
capital_cost = 0.1
[[orders]]
do = "cut_funds"
share = 0.30000000000000004
start_day = 3
"""
OUTSIDE = """name = "events-of_mine"
title = "Events"
source = "judgement"
[[events]]
date = 2020-01-03
level = "grievance"
amount = 0.5
why = "x"
"""


def written(scenario, folder):
    """Write the files of a scenario and read them back."""
    for name, content in scenario_files(scenario).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return load_scenario(folder / "scenario.toml")


@given(st.sampled_from(names("postures")), CHANGES, USES)
def test_every_scenario_is_read_back_as_it_was(tmp_path_factory, posture, changes, uses):
    if load_scenario(posture).theatre.name == "plain":  # no embassy there, and no zone
        changes = {key.replace("embassy", "town_post"): value for key, value in changes.items()}
        uses = [use for use in uses if not use[0].startswith(("zone_", "airport_"))]
    labels = [f"{name}={strength!r}@{day}:{hour}" for name, strength, day, hour in uses]
    scenario = load_scenario(posture, changes, labels)
    back = written(scenario, tmp_path_factory.mktemp("written"))
    assert back.posture == scenario.posture
    assert (back.responses, back.calendar, back.label) == (scenario.responses, scenario.calendar, scenario.label)
    assert back.theatre is scenario.theatre


def test_the_file_has_only_what_is_changed():
    scenario = load_scenario("six", {"defence.p_intercept": 0.8, "days": 9}, ["surge=0.5", "surge@3:7", "none"])
    tree = tomllib.loads(scenario_toml(scenario))
    assert tree["parameters"] == {"defence": {"p_intercept": 0.8}}
    assert tree["responses"] == [
        {"name": "surge", "strength": 0.5},
        {"name": "surge", "start_day": 3, "start_hour": 7},
        {"name": "none"},
    ]
    assert (tree["days"], str(tree["start"]), tree["theatre"]) == (9, "2020-01-01", "baghdad")
    assert list(scenario_files(scenario)) == ["scenario.toml"]


def test_a_common_state_of_ones_own_is_written_whole_even_if_it_is_the_default_of_the_program():
    """Without it in the file the theatre's would be read back."""
    ones = {f"common_state.{key}": value for key, value in CommonState()}
    scenario = load_scenario("six", ones)
    assert scenario.parameters == Parameters()
    assert tomllib.loads(scenario_toml(scenario))["parameters"] == {"common_state": dict(CommonState())}


def test_what_does_not_come_with_the_program_is_written_beside_it(tmp_path):
    (tmp_path / "mine.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "events.toml").write_text(OUTSIDE, encoding="utf-8")
    theatre = (configs_folder() / "theatres" / "baghdad.toml").read_text(encoding="utf-8")
    (tmp_path / "land.toml").write_text(theatre.replace('name = "baghdad"', 'name = "land"', 1), encoding="utf-8")
    posture = Path(load_scenario("six").file).read_text(encoding="utf-8")
    (tmp_path / "p.toml").write_text(posture.replace('theatre = "baghdad"', 'theatre = "land.toml"'), encoding="utf-8")
    mine = str(tmp_path / "mine.toml")
    changes = {"calendar": str(tmp_path / "events.toml"), "days": 6}
    scenario = load_scenario(tmp_path / "p.toml", changes, [f"{mine}=0.7@1:5", f"{mine}@2", "surge@1"])
    files = scenario_files(scenario)
    own = ["theatres/land.toml", "responses/own_one.toml", "calendars/events-of_mine.toml"]
    assert list(files) == ["scenario.toml", *own]
    back = written(scenario, tmp_path / "saved")
    assert [force.response for force in back.responses] == [force.response for force in scenario.responses]
    assert (back.label, back.calendar) == (scenario.label, scenario.calendar)
    assert back.theatre.config == scenario.theatre.config
    assert simulate(back, 3).digest == simulate(scenario, 3).digest


@pytest.mark.parametrize("change", ['title = "Other"', "hours = 5"])
def test_a_response_that_only_has_the_name_of_one_that_comes_with_the_program_is_not_taken_for_it(tmp_path, change):
    key = change.partition(" ")[0]
    text = (configs_folder() / "responses" / "zone_closure.toml").read_text(encoding="utf-8")
    lines = [change if line.startswith(key) else line for line in text.splitlines()]
    (tmp_path / "x.toml").write_text("\n".join(lines), encoding="utf-8")
    scenario = load_scenario("six", {}, [str(tmp_path / "x.toml")])
    assert list(scenario_files(scenario)) == ["scenario.toml", "responses/zone_closure.toml"]
    assert written(scenario, tmp_path / "saved").responses[0].response == scenario.responses[0].response
