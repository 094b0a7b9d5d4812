"""What a link opens: every request has a link that opens the same, and a bad link one clear message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.app.panels.scenario import slider
from sim.app.run_request import (
    MAX_SEED,
    Catalogue,
    RunRequest,
    from_query,
    live_changes,
    live_label,
    orders,
    scenarios,
    to_query,
)
from sim.errors import ConfigError
from sim.model import MAIN_PARAMETERS
from sim.parameters import Parameters, flat
from sim.scenario import load_scenario

CATALOGUE = Catalogue()
USES = ("zone_clearance", "surge=0.5", "closure_threat@30", "leader_arrests=0.25@12:7")
SETTINGS = ("defence.p_intercept=0.9", "choice.rationality=2", 'retaliation.effect="deters"')


@given(
    posture=st.sampled_from(["six", "fourteen", "drawdown_2020"]),
    twin=st.sampled_from(["", "fourteen", "six"]),
    responses=st.lists(st.sampled_from(USES), unique=True).map(tuple),
    seed=st.integers(0, MAX_SEED),
    hour=st.integers(0, 6576),
    days=st.none() | st.integers(1, 400),
    calendar=st.sampled_from(["", "2020"]),
    settings=st.lists(st.sampled_from(SETTINGS), unique=True).map(tuple),
    orders=st.lists(st.sampled_from(("zone_closure@12:13", "airport_closure=0.5@3")), unique=True).map(tuple),
    live=st.lists(st.sampled_from(("defence.p_intercept=0.5@12:13", "fire.range_km=9@3")), unique=True).map(tuple),
)
def test_a_link_opens_what_it_was_made_of(**fields):
    request = RunRequest(**fields)
    assert from_query("?" + to_query(request), RunRequest("fourteen", hour=5), CATALOGUE) == request


def test_what_a_link_leaves_out_is_as_the_page_begins():
    default = RunRequest("fourteen", seed=9, responses=("surge",), settings=("days=30",))
    assert from_query("", default, CATALOGUE) == default
    assert from_query("?hour=7", default, CATALOGUE) == RunRequest(
        "fourteen", seed=9, hour=7, responses=("surge",), settings=("days=30",)
    )
    assert from_query("?posture=six", default, CATALOGUE) == RunRequest("six", seed=9)


def test_the_scenarios_of_an_opening_are_those_of_the_command_line():
    request = RunRequest("six", "fourteen", ("surge=0.5@90",), days=60, settings=("defence.p_intercept=0.9",))
    first, twin = scenarios(request, CATALOGUE)
    assert (first.label, twin.label) == ("six+surge=0.5@90", "fourteen+surge=0.5@90")
    expected = load_scenario("six", {"defence.p_intercept": 0.9, "days": 60}, ["surge=0.5@90"])
    assert first == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("posture=seven", r"posture is 'seven'; it must be one of drawdown_2020, .*six"),
        ("twin=x", r"posture is 'x'; it must be one of"),
        ("speed=3", r"link: speed is '3'; this key is unknown. Known here: posture, twin, response, seed, hour, days"),
        ("seed=-1", r"link: seed is '-1'; it must be a whole number from 0 to 18446744073709551615"),
        ("seed=1e3", r"link: seed is '1e3'; it must be a whole number"),
        ("hour=many", r"link: hour is 'many'; it must be a whole number from 0 to 87840"),
        ("seed=1&seed=2", r"link: seed is \['1', '2'\]; it may be given once"),
        ("days=0", r"days is 0; it must be a whole number from 1"),
        ("response=x", r"response is 'x'; it must be one of"),
        ("response=surge=7", r"response surge: strength is 7.0; it must be a number from 0 to 1"),
        ("response=surge&response=surge", r"responses\[1\].*each use must"),
        ("set=defence.p_intercept=2", r"defence.p_intercept is 2; .*from 0 to 1"),
        ("set=nothing", r"--set is 'nothing'; it must be KEY=VALUE"),
        ("set=a.b=1", r"a.b is 1; there is no such key"),
        ("order=zone_closure", r"link: order is 'zone_closure'; it must say when it was given"),
        ("order=x@3", r"response is 'x'; it must be one of"),
        ("live=defence.p_intercept=0.5", r"link: live is .*; it must be KEY=VALUE@DAY"),
        ("live=defence.p_intercept=2@3", r"defence.p_intercept is 2; .*from 0 to 1"),
        ("live=defence.p_intercept=0.5@3:24", r"link: live is .*; it must be KEY=VALUE@DAY"),
        ("calendar=1999", r"calendar is '1999'; it must be"),
    ],
)
def test_a_bad_link_is_refused_in_one_line(query, message):
    with pytest.raises(ConfigError, match=message) as caught:
        from_query(query, RunRequest(), CATALOGUE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("query", ["posture={}", "twin={}", "response={}", "calendar={}", 'set=calendar="{}"'])
def test_a_link_reads_no_file(tmp_path, query):
    file = tmp_path / "mine.toml"
    file.write_text("name = 'secret'", encoding="utf-8")
    with pytest.raises(ConfigError, match="it must be one of") as caught:
        from_query(query.format(file), RunRequest(), CATALOGUE)
    assert "secret" not in str(caught.value)


def test_what_the_command_line_gave_can_be_opened_by_name():
    catalogue = Catalogue(postures={"mine": load_scenario("six", {"days": 3})})
    (scenario,) = scenarios(from_query("posture=mine", RunRequest(), catalogue), catalogue)
    assert scenario.days == 3
    assert catalogue.names("postures")[0] == "mine"


def test_orders_and_changes_of_a_link_are_what_was_done_live():
    request = from_query("order=zone_closure%3D0.5%4012:13&live=defence.p_intercept%3D0.5%403", RunRequest(), CATALOGUE)
    (use,) = orders(request, CATALOGUE)
    assert (use.name, use.strength, use.start_day, use.start_hour) == ("zone_closure", 0.5, 12, 13)
    assert CATALOGUE.label(use) == request.orders[0]
    (change,) = live_changes(request)
    assert change == (72, "defence.p_intercept", 0.5)
    assert live_label(change) == request.live[0]
    (scenario,) = scenarios(request, CATALOGUE)
    assert not scenario.responses


# --- the form ------------------------------------------------------------------------------------------------------
def test_responses_and_settings_are_taken_apart_and_put_together():
    request = RunRequest(responses=USES, settings=SETTINGS)
    uses = request.strengths
    assert uses == {"zone_clearance": 1.0, "surge": 0.5, "closure_threat@30": 1.0, "leader_arrests@12:7": 0.25}
    assert request.with_strengths(uses) == request
    twice = RunRequest(responses=("zone_closure@3:5", "zone_closure=0.5@9"))
    assert twice.with_strengths(twice.strengths) == twice
    changed = request.with_setting("defence.p_intercept", 0.5, default=0.7)
    assert changed.changes["defence.p_intercept"] == 0.5
    back = changed.with_setting("defence.p_intercept", 0.7, default=0.7)
    assert "defence.p_intercept" not in back.changes
    sliders = {"defence.p_intercept", "choice.rationality"}
    assert request.other_settings(sliders) == 'retaliation.effect="deters"'
    replaced = request.with_other_settings(sliders, " fire.range_km=8 ; days=20;")
    assert replaced.changes == {
        "defence.p_intercept": 0.9,
        "choice.rationality": 2,
        "fire.range_km": 8,
        "days": 20,
    }


# --- sliders -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", [key for key in MAIN_PARAMETERS.values() if "." in key])
def test_a_slider_goes_from_bound_to_bound_of_the_schema_through_the_default(key):
    section, name = key.split(".")
    field = Parameters.model_fields[section].annotation.model_fields[name]
    low, high = (next(getattr(m, side) for m in field.metadata if hasattr(m, side)) for side in ("ge", "le"))
    found = slider(key)
    assert (found.stops[0], found.stops[-1]) == (low, high)
    assert list(found.stops) == sorted(set(found.stops))
    assert flat(Parameters())[key] in found.stops
    assert all(isinstance(stop, field.annotation) for stop in found.stops)
    assert all(found.stops[found.index(stop)] == stop for stop in found.stops)
    odd = (low + high) / 3.1
    assert found.with_value(odd).stops[found.with_value(odd).index(odd)] == odd
