"""The map's layout and frames: they say what the state says, are small, and show nobody what nobody sees."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sim import PostureModel
from sim.agents import MOVING
from sim.app.map.attacks import HARM, MOST_SHOWN, NOTHING, SHOWN_HOURS, STOPPED
from sim.app.map.frame import OTHERS, frame
from sim.app.map.layout import in_words, layout
from sim.app.map.widget import MapWidget
from sim.event_log import EventLog
from sim.names import agent_names
from sim.rules import events as ev
from sim.state import EVENT, NONE
from sim.theatre import area_names

BUSY = {"operations.base_rate_per_day": 0.4}
RESPONSES = ("zone_clearance=1@3", "airport_closure_on_warning", "leadership_strikes")
HOURS = (0, 1, 60, 400, 1500, 3000)
MOST_BYTES = 15_000


def busy(hour=0, posture="fourteen", seed=7, **more):
    model = PostureModel(posture, rng=seed, changes=BUSY, responses=RESPONSES, collect=False, **more)
    model.event_log = EventLog()
    model.go_to(hour)
    return model


def picture(model, cells=False):
    return frame(model, model.event_log.rows, cells=cells)


@pytest.fixture(scope="module")
def model():
    return busy()


# --- layout --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("posture", ["six", "fourteen"])
def test_the_layout_is_json_and_has_every_square_road_and_name(posture):
    model = busy(posture=posture)
    theatre, names = model.setting.theatre, agent_names(model.setting)
    plan = json.loads(json.dumps(layout(model)))
    assert {len(column) for column in plan["squares"].values()} == {theatre.n_squares}
    assert {(min(a, b), max(a, b)) for a, b, _, _ in plan["roads"]} == {
        (min(edge), max(edge)) for edge in theatre.graph.edges
    }
    for kind in ("sites", "units", "details", "cells"):
        assert plan[kind]["name"] == names[kind]
    assert plan["areas"]["name"] == area_names(theatre)
    assert plan["c_ram_km"] == model.world.defence.radius_km
    assert (plan["start"], plan["days"], plan["label"]) == ("2020-01-01", 274, model.setting.label)


def test_roads_have_the_speed_that_gives_their_hours(model):
    for a, b, speed_kmh, length_km in layout(model)["roads"]:
        road = model.setting.theatre.graph.edges[a, b]
        assert math.isclose(length_km / speed_kmh, road["hours"], rel_tol=0.03)


def test_the_most_important_places_come_first_and_sites_are_not_named_twice(model):
    plan = layout(model)
    ranks = [place["rank"] for place in plan["places"]]
    assert ranks == sorted(ranks)
    assert {"Basra", "Mosul"} <= {place["title"] for place in plan["places"] if place["rank"] == 0}
    spots = set(zip(plan["sites"]["x"], plan["sites"]["y"], strict=True))
    assert not any((place["x"], place["y"]) in spots for place in plan["places"])


def test_the_inset_holds_every_square_of_the_capital(model):
    plan, theatre = layout(model), model.setting.theatre
    centre = plan["centre"]
    for n in range(theatre.n_squares):
        if plan["words"]["zones"][theatre.zone[n]] in ("International zone", "Airport", "Airport road", "Belt"):
            away = max(abs(theatre.x_km[n] - centre["x"]), abs(theatre.y_km[n] - centre["y"]))
            assert away + plan["tile_km"] / 2 <= centre["half_km"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("al_qaim_town", "Al Qaim town"), ("basra", "Basra"), ("international_zone", "International zone")],
)
def test_names_in_words(name, words):
    assert in_words(name) == words


# --- frames --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("hour", HOURS)
def test_a_frame_is_small_json_and_counts_what_the_state_has(hour):
    model = busy(hour)
    shown = json.loads(json.dumps(picture(model, cells=True)))
    assert len(json.dumps(shown)) < MOST_BYTES
    state, world = model.state, model.world
    convoys = state["convoys"][state["convoys"]["phase"] != NONE]
    assert (shown["hour"], len(shown["convoys"]["name"])) == (hour, len(convoys))
    assert sum(shown["convoys"]["trucks"]) == convoys["trucks"].sum()
    assert sum(shown["convoys"]["cargo"]) == pytest.approx(convoys["cargo"].sum(), abs=0.1 * len(convoys))
    for name in ("open", "people", "batteries", "ready", "reserve"):
        assert shown["sites"][name] == state["sites"][name][: world.n_sites].tolist()
    assert shown["units"]["square"] == state["units"]["square"][: world.n_units].tolist()
    assert sum(shown["units"]["sent"]) == (state["units"]["target_cell"][: world.n_units] >= 0).sum()
    assert shown["details"]["square"] == state["details"]["square"][: world.n_details].tolist()
    assert shown["areas"]["phase"] == state["areas"]["phase"][: world.n_areas].tolist()
    assert shown["cells"]["mode"] == state["cells"]["mode"][: world.n_cells].tolist()
    assert sum(shown["devices"]["n"]) == state["squares"]["devices"].sum()


def test_convoys_have_the_names_of_their_agents():
    model = busy()
    for _ in range(120):
        model.step()
    convoys = picture(model)["convoys"]
    agents = {agent.name: agent for agent in model.agents if type(agent).__name__ == "Convoy"}
    assert set(convoys["name"]) == set(agents)
    for row, name, square in zip(convoys["row"], convoys["name"], convoys["square"], strict=True):
        assert (agents[name].index, agents[name].square) == (row, square)


def test_stock_in_days_is_stock_over_daily_use(model):
    model.go_to(300)
    shown, use = picture(model)["sites"], float(model.world.supply.tonnes_per_person_day)
    for j, site in enumerate(model.state["sites"][: model.world.n_sites]):
        days = site["stock"] / (site["people"] * use) if site["people"] else -1.0
        assert shown["stock"][j] == pytest.approx(days, abs=0.06)


def test_the_date_is_that_of_the_hour():
    model = busy(24 * 59 + 5)
    assert picture(model)["date"] == "Sat 29 February 2020, 05:00"


def test_cells_and_bombs_are_absent_unless_asked_for():
    model = busy(1500)
    plain, all_seeing = picture(model), picture(model, cells=True)
    assert not {"cells", "devices"} & set(plain)
    assert {key: value for key, value in all_seeing.items() if key not in ("cells", "devices")} == plain


def test_a_frame_reads_and_changes_nothing():
    model = busy(700)
    state, world, digest = model.state_block.tobytes(), model.world_block.tobytes(), model.digest
    picture(model, cells=True)
    layout(model)
    assert (model.state_block.tobytes(), model.world_block.tobytes(), model.digest) == (state, world, digest)


def test_a_closure_and_a_warning_run_out_hour_by_hour():
    model = busy(600)
    model.state["areas"]["closed_until"][7] = 610
    model.state["areas"]["warned_until"][8] = 601
    left = []
    for _ in range(3):
        areas = picture(model)["areas"]
        left.append((areas["closed"][7], areas["warned"][8]))
        model.state["hour"] += 1
    assert left == [(10, 1), (9, 0), (8, 0)]


# --- attacks -------------------------------------------------------------------------------------------------------
def made(kind, hour=99, **values):
    """One event by hand."""
    event = np.zeros(1, EVENT)
    event["hour"], event["kind"] = hour, kind
    for name, value in values.items():
        event[name] = value
    return event


def shown_of(event, model):
    return frame(model, event, cells=False)["events"]


@pytest.fixture(scope="module")
def at_100():
    return busy(100)


@pytest.mark.parametrize(
    ("kind", "values", "name", "result", "words"),
    [
        (ev.FIRE, {"rounds": 3, "leaked": 1, "wounded": 2, "killed": 1}, "rockets", HARM, "2 wounded, 1 killed"),
        (ev.FIRE, {"rounds": 3, "intercepted": 2}, "rockets", STOPPED, "2 intercepted"),
        (ev.FIRE, {"rounds": 1}, "rockets", NOTHING, "1 rocket at embassy: missed"),
        (ev.FIRE, {"rounds": 1, "drone": 1, "leaked": 1}, "drone", HARM, "1 drone at embassy"),
        (ev.BOMB_CONVOY, {"convoy": 4, "effect": 1, "trucks_lost": 1}, "convoy bomb", HARM, "1 truck lost"),
        (ev.BOMB_CONVOY, {"convoy": 4, "effect": 1}, "convoy bomb", HARM, "convoy 4 for embassy"),
        (ev.BOMB_CONVOY, {"convoy": 4}, "convoy bomb", NOTHING, "no effect"),
        (ev.BOMB_DETAIL, {"effect": 1}, "detail bomb", HARM, "an effect"),
        (ev.BOMB_DETAIL, {}, "detail bomb", NOTHING, "no effect"),
        (ev.DEVICE_FOUND, {}, "bomb found", STOPPED, "found"),
        (ev.DRONE_FOUND, {}, "drone found", STOPPED, "before launch"),
        (ev.RAID, {"caught": 1}, "raid", STOPPED, "caught"),
        (ev.RAID, {"gone": 1}, "raid", NOTHING, "gone"),
        (ev.RAID, {"warned": 1}, "raid", NOTHING, "warned"),
        (ev.CELL_BROKEN, {}, "cell broken", STOPPED, "broken"),
        (ev.CLASH, {"killed": 1}, "clash", HARM, "killed"),
        (ev.CLASH, {}, "clash", NOTHING, "nobody"),
        (ev.STRIKE_MADE, {"amount": 1}, "strike", STOPPED, "vanguard: a leader killed"),
        (ev.STRIKE_MADE, {}, "strike", NOTHING, "no leader"),
    ],
)
def test_each_kind_of_attack_is_told_by_how_it_ended(at_100, kind, values, name, result, words):
    (attack,) = shown_of(made(kind, **values), at_100)
    assert (attack["kind"], attack["result"], attack["age"]) == (name, result, 1)
    assert words in attack["words"]


def test_fire_is_shown_where_it_was_aimed_never_where_it_came_from(at_100):
    theatre = at_100.setting.theatre
    places = set()
    for square in range(0, theatre.n_squares, 25):
        (attack,) = shown_of(made(ev.FIRE, target=3, square=square, rounds=1), at_100)
        places.add((attack["x"], attack["y"]))
    assert places == {(theatre.site_x_km[3], theatre.site_y_km[3])}


def test_what_has_no_square_has_no_place_and_other_events_are_no_attacks(at_100):
    (strike,) = shown_of(made(ev.STRIKE_MADE, square=-1), at_100)
    assert (strike["x"], strike["y"]) == (None, None)
    assert shown_of(made(ev.OPERATION), at_100) == []


@pytest.mark.parametrize(("hour", "n"), [(100 - SHOWN_HOURS - 1, 0), (100 - SHOWN_HOURS, 1), (99, 1), (100, 0)])
def test_an_attack_is_shown_for_two_days(at_100, hour, n):
    assert len(shown_of(made(ev.RAID, hour=hour), at_100)) == n


def test_of_very_many_the_newest_are_shown(at_100):
    many = np.concatenate([made(ev.RAID, hour=60 + k // 10, actor=k) for k in range(3 * MOST_SHOWN)])
    attacks = shown_of(many, at_100)
    assert len(attacks) == MOST_SHOWN
    assert attacks[-1]["id"] == f"{60 + (3 * MOST_SHOWN - 1) // 10}.{ev.RAID}.{3 * MOST_SHOWN - 1}.0"


def test_leaks_on_the_map_are_those_of_the_events():
    model = busy()
    for hour in HOURS:
        model.go_to(hour)
        events = model.event_log.rows
        late = events[(events["hour"] >= hour - SHOWN_HOURS) & (events["kind"] == ev.FIRE)]
        fire = [attack for attack in picture(model)["events"] if attack["kind"] in ("rockets", "drone")]
        assert [attack["result"] == HARM for attack in fire] == (late["leaked"] > 0).tolist()
        assert [attack["age"] for attack in fire] == (hour - late["hour"]).tolist()


def test_all_events_or_the_recent_ones_give_the_same_frame():
    model = busy(1500)
    events = model.event_log.rows
    recent = events[events["hour"] >= 1500 - SHOWN_HOURS]
    assert frame(model, recent, cells=True) == frame(model, events, cells=True)


def test_an_hour_later_every_attack_is_an_hour_older():
    model = busy(1500)
    before = picture(model)["events"]
    model.step()
    after = {attack["id"]: attack["age"] for attack in picture(model)["events"]}
    for attack in before:
        assert after.get(attack["id"], attack["age"] + 1) == attack["age"] + 1
    assert {attack["id"] for attack in before if attack["age"] < SHOWN_HOURS} <= set(after)


# --- widget, without a browser ---------------------------------------------------------------------------------------
def test_frames_are_numbered_and_a_new_browser_gets_the_last_one():
    widget, sent = MapWidget(), []
    widget.send = sent.append
    widget.show({"hour": 1})
    widget.show({"hour": 2})
    widget._answer(widget, "ready", [])
    widget._answer(widget, "something else", [])
    assert [(message["number"], message["frame"]["hour"]) for message in sent] == [(1, 1), (2, 2), (2, 2)]
    assert (widget.sent, widget.acknowledged, widget.picked) == (2, 0, {})
    widget.close()


def test_a_browser_that_comes_before_the_first_frame_waits():
    widget, sent = MapWidget(), []
    widget.send = sent.append
    widget._answer(widget, "ready", [])
    assert sent == []
    widget.close()


def test_the_script_asks_for_nothing_from_outside():
    text = MapWidget._esm + MapWidget._css
    assert "export default" in text
    assert not any(word in text for word in ("http:", "https:", "import(", "fetch(", "@import", "url("))


def test_every_kind_that_moves_is_on_the_map(model):
    """A new kind of agent needs no line of the map's: it is among the others until it has a layer of its own."""
    shown, plan = picture(model, cells=True), layout(model)
    assert set(MOVING) == {kind for kind in shown if isinstance(shown[kind], dict) and "square" in shown[kind]} - {
        "devices"
    } | set(shown["others"])
    assert plan["others"].keys() == shown["others"].keys() == set(OTHERS)
