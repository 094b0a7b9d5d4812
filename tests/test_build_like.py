"""The quick way to a changed world gives the same bytes as building it anew."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.runs.jobs import changed
from sim.parameters import Parameters, flat
from sim.scenario import load_scenario
from sim.world import build_like, build_world

DEFAULTS = flat(Parameters())


@pytest.fixture(scope="module")
def six():
    scenario = load_scenario("six", {}, ["surge=0.5", "zone_clearance"])
    return scenario, build_world(scenario)


def another(key):
    """A value of a parameter that is allowed and not its default."""
    section, name = key.split(".")
    schema = Parameters.model_json_schema()["$defs"][type(getattr(Parameters(), section)).__name__]["properties"][name]
    if "enum" in schema:
        return next(word for word in schema["enum"] if word != DEFAULTS[key])
    low, high, now = schema["minimum"], schema["maximum"], DEFAULTS[key]
    if schema["type"] == "integer":
        return now + 1 if now < high else now - 1
    return (now + high) / 2 if math.isfinite(high) and now < high else (now + low) / 2


@pytest.mark.parametrize("key", list(DEFAULTS))
def test_every_parameter(six, key):
    scenario, world = six
    after = scenario.with_changes({key: another(key)})
    anew = build_world(after)
    assert np.array_equal(build_like(world, scenario, after).view(np.uint8), anew.view(np.uint8))
    assert not np.array_equal(anew.view(np.uint8), world.view(np.uint8)), "the parameter is nowhere in the world"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"days": 7},
        {"people": 4000},
        {"batteries": 3},
        {"calendar": "2020"},
        {"sites.embassy.people": 7},
        {"responses.surge.strength": 0.25},
        {"responses.surge.start_day": 9},
        {"responses.key_takedown.strength": 1.0},
        {"responses.surge.strength": 0.25, "defence.p_intercept": 0.6, "days": 3},
        {"defence.radius_km": 3.0, "fire.range_km": 9.0, "operations.radius_km": 20.0, "defence.p_intercept": 0.6},
    ],
    ids=str,
)
def test_whatever_else_changes(six, changes):
    scenario, world = six
    before = world.copy()
    after = scenario.with_changes(changes)
    assert np.array_equal(build_like(world, scenario, after).view(np.uint8), build_world(after).view(np.uint8))
    assert np.array_equal(world.view(np.uint8), before.view(np.uint8)), "the given world is left alone"


def test_in_the_place_of_a_world_that_is_needed_no_longer(six):
    scenario, world = six
    room = None
    for changes in ({"days": 3, "defence.p_intercept": 0.6}, {"choice.cost_road": 3.0}, {"fire.range_km": 9.0}, {}):
        after = scenario.with_changes(changes)
        room = build_like(world, scenario, after, room)
        assert room is not world
        assert np.array_equal(room.view(np.uint8), build_world(after).view(np.uint8))


def test_another_theatre(six, tmp_path):
    from sim.config_files import configs_folder

    scenario, world = six
    for kind, name in (("postures", "six"), ("theatres", "baghdad")):
        (tmp_path / f"{name}.toml").write_text((configs_folder() / kind / f"{name}.toml").read_text())
    posture = (tmp_path / "six.toml").read_text().replace('theatre = "baghdad"', 'theatre = "baghdad.toml"')
    (tmp_path / "six.toml").write_text(posture)
    theatre = (tmp_path / "baghdad.toml").read_text()
    assert "fighters = " in theatre
    (tmp_path / "baghdad.toml").write_text(theatre.replace("fighters = ", "fighters = 1", 1))
    after = load_scenario(tmp_path / "six.toml", {}, ["surge=0.5", "zone_clearance"])
    assert np.array_equal(build_like(world, scenario, after).view(np.uint8), build_world(after).view(np.uint8))


@pytest.mark.parametrize("key", list(DEFAULTS))
def test_the_quick_change_of_parameters_is_the_thorough_one(six, key):
    scenario, _ = six
    value = another(key)
    quick, thorough = changed(scenario, {key: value}), scenario.with_changes({key: value})
    assert (quick.posture, quick.responses, quick.calendar) == (thorough.posture, thorough.responses, thorough.calendar)
    assert quick.theatre is thorough.theatre


@pytest.mark.parametrize(
    "changes", [{"defence.p_intercept": 2}, {"defence.luck": 1}, {"luck.x": 1}, {"luck": 1}, {"retaliation.effect": 1}]
)
def test_the_quick_change_refuses_in_the_same_words(six, changes):
    from sim.errors import ConfigError

    with pytest.raises(ConfigError) as quick:
        changed(six[0], changes)
    with pytest.raises(ConfigError) as thorough:
        six[0].with_changes(changes)
    assert str(quick.value) == str(thorough.value)
