"""Where attacks fell, the ticks of the line of time, the points of the charts, the country around the theatre."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("solara")

from sim import load_scenario, simulate
from sim.app.charts.points import chart_setup
from sim.app.displacement import answer, difference, places_of, positions, so_far, weekly_counts
from sim.app.divergence import DECISIVE, first_divergence, only_here
from sim.app.ensemble_band import EnsembleBand, compute_band, per_week
from sim.app.map.base_map import base_map
from sim.app.pictures import Pictures
from sim.app.run_request import RunRequest
from sim.app.session import Session
from sim.app.timeline.marks import focus, marks
from sim.app.why_chain import chain, weighed
from sim.config_files import find
from sim.model import PostureModel
from sim.rules import events as ev
from sim.scenario import load_theatre

SIX, FOURTEEN = load_scenario("six"), load_scenario("fourteen")
N = 6


@pytest.fixture(scope="module")
def run():
    return simulate(SIX, 7, events=True)


@pytest.fixture(scope="module")
def pair():
    def counted(scenario):
        return compute_band(scenario, N, count=lambda events: weekly_counts(scenario.theatre, events, 40))

    return [counted(FOURTEEN), counted(SIX)]


@pytest.fixture(scope="module")
def model():
    return PostureModel("six", rng=7, collect=False)


# --- places --------------------------------------------------------------------------------------------------------
def test_attacks_of_the_last_weeks_add_up_by_place(run):
    theatre, hour = SIX.theatre, 2500
    rows = so_far(theatre, run.events[run.events["hour"] < hour], hour, 4)
    late = run.events[(run.events["hour"] < hour) & (run.events["hour"] >= hour - 4 * 168)]
    expected = [np.isin(late["kind"], kinds).sum() for kinds in ((ev.FIRE,), (ev.BOMB_CONVOY, ev.BOMB_DETAIL))]
    assert [sum(n for *_, n, fire in rows if fire == kind) for kind in (1, 0)] == expected
    assert min(expected) > 0
    sites = {tuple(xy) for xy in positions(theatre)[: len(theatre.site_square)].round(2).tolist()}
    assert all((x, y) in sites for x, y, _, fire in rows if fire)


def test_counts_of_a_run_have_every_attack_in_its_week(run):
    counts = weekly_counts(SIX.theatre, run.events, 40)
    _, chosen = places_of(SIX.theatre, run.events)
    assert counts.sum() == len(chosen) == np.isin(run.events["kind"], ev.ATTACKS).sum()
    weeks = np.bincount(np.minimum(chosen["hour"] // 168, 39), minlength=40)
    assert (counts.sum(axis=1) == weeks).all()


def test_the_difference_of_a_place_is_the_mean_of_its_pairs_with_its_interval(pair):
    rows = difference(SIX.theatre, pair, hour=20 * 168 + 5, weeks=13)
    sums = [band.attacks[:, 7:20].sum(axis=1, dtype=int) for band in pair]
    by_place = {tuple(xy): k for k, xy in enumerate(positions(SIX.theatre).round(2).tolist())}
    assert sum(row[2] for row in rows) == pytest.approx((sums[1] - sums[0]).sum() / N, abs=0.01)
    assert all(low <= mean <= high for *_, mean, low, high in rows)
    lone = [row for row in rows if list(row[:2]) == positions(SIX.theatre)[0].round(2).tolist()]
    assert len(by_place) > 300
    assert len(lone) == 1  # the embassy is fired at in every posture


def test_a_posture_beside_itself_differs_nowhere(pair):
    rows = difference(SIX.theatre, [pair[1], pair[1]], hour=6000, weeks=52)
    assert rows
    assert all(row[2:] == [0, 0, 0] for row in rows)


def test_the_answer_says_which_way_and_how_sure():
    def band(fire, bombs):
        days = np.zeros((len(fire), 2), np.float32)
        values = {name: days.copy() for name in ("fire_attacks", "rounds_leaked", "convoy_attacks")}
        values["fire_attacks"][:, -1], values["convoy_attacks"][:, -1] = fire, bombs
        return EnsembleBand(values, "")

    text = answer(["fourteen", "six"], [band([50, 52, 54], [10, 10, 10]), band([40, 41, 45], [12, 13, 14])])
    assert text.startswith("six instead of fourteen, over 3 pairs of runs at one point of the parameters (mean")
    assert "attacks on sites 52 → 42, −10" in text
    assert "bombs on convoys 10 → 13, +3" in text
    assert "rounds that land 0 → 0, 0 (0 to 0), undecided" in text
    assert text.count("better") == text.count("worse") == 1


# --- ticks ---------------------------------------------------------------------------------------------------------
def test_every_attack_has_a_mark_with_how_it_ended(run, model):
    found = marks(model, run.events)
    attacks = [n + 1 for n, event in enumerate(run.events) if event["kind"] in ev.ATTACKS]
    assert [number for number, *_ in found] == attacks
    for number, hour, kind, result, words in found:
        event = run.events[number - 1]
        assert hour == event["hour"]
        assert (kind in ("rockets", "drone")) == (event["kind"] == ev.FIRE)
        assert (result == "harm") == bool(event["leaked"] or event["effect"] or event["trucks_lost"])
        assert words


def test_focus_names_place_and_agents_as_the_map_does(run, model):
    fire = next(event for event in run.events if event["kind"] == ev.FIRE)
    sites = SIX.theatre.config.sites
    assert f"sites/{sites[int(fire['target'])].name}" in focus(model, fire)["agents"]
    bomb = next(event for event in run.events if event["kind"] == ev.BOMB_CONVOY)
    name = f"convoys/convoy/{sites[int(bomb['target'])].name}/{int(bomb['convoy'])}"
    assert name in focus(model, bomb)["agents"]
    assert focus(model, bomb)["x"] == SIX.theatre.x_km[bomb["square"]] or bomb["square"] in SIX.theatre.site_square


# --- charts --------------------------------------------------------------------------------------------------------
def test_attacks_a_week_are_a_mean_of_four():
    totals = np.cumsum(np.ones(60))
    found = per_week(totals)
    assert np.isnan(found[:13]).all()
    assert found[13:] == pytest.approx(7.0)


def test_the_set_up_of_a_twin_has_the_band_of_its_pairs(pair):
    setup = chart_setup(FOURTEEN, pair, {}, ["fourteen", "six"])
    leaked = next(panel for panel in setup["panels"] if panel["series"][0]["name"] == "rounds_leaked")
    both = [band.values["rounds_leaked"].astype(float) for band in pair]
    assert leaked["band"][2][-1] == pytest.approx(np.median(both[1][:, -1] - both[0][:, -1]))
    assert leaked["better"] == -1
    assert f"{N} pairs" in setup["ensemble"]


def test_a_message_has_the_days_that_the_browser_lacks():
    session, pictures = Session([SIX], 7, 100), Pictures()
    first = pictures.message(session, [False])
    session.advance(48)
    second = pictures.message(session, [False])
    session.go_to(50)
    third = pictures.message(session, [False])
    session.close()
    days = [message["days"][0] for message in (first, second, third)]
    assert [message["hour"] for message in (first, second, third)] == [100, 148, 50]
    assert [(each["from"], len(each["values"]["relation"])) for each in days] == [(0, 4), (4, 2), (2, 0)]


# --- the country, and the words of a row ---------------------------------------------------------------------------
def test_the_country_holds_its_theatre_and_rivers_pass_their_towns():
    found, theatre = base_map(SIX.theatre), SIX.theatre
    x, y = np.array(found["border"]).T
    towns = [p for p in theatre.config.places if p.zone != "gateway"]
    assert all(x.min() < p.x_km < x.max() and y.min() < p.y_km < y.max() for p in towns)
    rivers = {river["name"]: river["points"] for river in found["rivers"]}
    at = {place.name: [place.x_km, place.y_km] for place in theatre.config.places}
    assert at["mosul"] in rivers["Tigris"]
    assert at["ramadi"] in rivers["Euphrates"]
    plain = load_theatre(find("theatres", "plain"))
    assert base_map(plain) == {"border": [], "rivers": []}


def test_words_of_a_row_are_of_that_row_alone():
    from sim.app.page import _open
    from sim.app.setup import Setup

    setup = Setup(RunRequest("six", hour=24), note="Row 3 of results")
    notes = []
    for query in ("", "?hour=48&posture=six", "?posture=fourteen", "?posture=six&seed=9"):
        controller = _open(setup, query)
        notes.append(controller.setup.note)
        controller.close()
    assert notes == ["Row 3 of results", "Row 3 of results", "", ""]


# --- why, as a chain -----------------------------------------------------------------------------------------------
def test_the_chain_of_an_attack_leads_from_decision_to_relation(run):
    fire = next(n for n, event in enumerate(run.events, 1) if event["kind"] == ev.FIRE and event["hour"] > 1000)
    links = chain(SIX, run.events, fire)
    assert [link.title for link in links] == ["decision", "launch", "interception", "harm", "relation"]
    event, decided = run.events[fire - 1], run.events[links[0].event - 1]
    assert decided["kind"] == ev.OPERATION
    assert decided["actor"] == event["actor"]
    assert decided["hour"] <= event["hour"]
    site = SIX.theatre.config.sites[int(event["target"])].name
    assert site in links[0].words
    seen = weighed(SIX, run.events, int(event["actor"]), int(decided["hour"]))
    assert seen.hour == decided["hour"]
    assert seen.utilities["rockets"] == decided["u_rocket"]
    bomb = next(n for n, event in enumerate(run.events, 1) if event["kind"] == ev.BOMB_CONVOY and event["hour"] > 1000)
    links = chain(SIX, run.events, bomb)
    assert [link.title for link in links] == ["decision", "bomb", "harm", "relation"]
    assert "bomb against" in links[0].words
    raid = next(n for n, event in enumerate(run.events, 1) if event["kind"] == ev.RAID)
    assert chain(SIX, run.events, raid) == []


# --- two runs ------------------------------------------------------------------------------------------------------
def test_the_first_divergence_is_a_decision_that_only_one_run_has(run):
    other = simulate(FOURTEEN, 7, events=True).events
    number, which = first_divergence(run.events, other)
    mine, theirs = (run.events, other) if which == 0 else (other, run.events)
    event = mine[number - 1]
    same = (theirs["hour"] == event["hour"]) & (theirs["actor"] == event["actor"]) & (theirs["kind"] == event["kind"])
    assert not (same & (theirs["target"] == event["target"])).any()
    before = [each[np.isin(each["kind"], DECISIVE) & (each["hour"] < event["hour"])] for each in (mine, theirs)]
    assert [len(each) for each in before] == [len(before[0])] * 2
    assert (before[0][["hour", "kind", "actor", "target"]] == before[1][["hour", "kind", "actor", "target"]]).all()
    assert first_divergence(other, other) is None
    assert not only_here(other, other).any()
    assert only_here(run.events, other).any()
