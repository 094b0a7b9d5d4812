"""What a tab asks: its options, answers pinned, fans for the main charts, tables to download."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from experiments.files.what_if import answer_files
from experiments.live.states import in_states
from sim.app import whatif
from sim.app.asking import MOST_PINNED, Answered, Asking, Question
from sim.app.branching import answer_now, known_moves, options_of, twin_link, why_not
from sim.app.charts.points import RATE, SINGLE, TWIN, fans_of
from sim.app.ensemble_band import SERIES, per_week
from sim.app.live_run import Change
from sim.app.run_request import Catalogue, RunRequest, from_query
from sim.app.session import Session
from sim.app.setup import Setup
from sim.app.whatif import BASE
from sim.engine import simulate
from sim.scenario import load_scenario

HOUR, N, DAYS = 24 * 40 + 6, 30, 10
ASKED = Question(("surge",), "six", True, 0.5, days=DAYS, n=N)
BUSY = {"days": 60, "operations.base_rate_per_day": 0.2}


@pytest.fixture(scope="module")
def session():
    session = Session([load_scenario("fourteen", BUSY)], 7, HOUR, changes=[Change(240, "defence.p_intercept", 0.6)])
    yield session
    session.close()


@pytest.fixture(scope="module")
def answered(session):
    shares = []
    found = answer_now(Setup(), session, ASKED, shares.append)
    assert shares == sorted(shares)
    return found


def test_options_are_responses_another_posture_and_all_together(session, answered):
    assert answered.found.labels == (BASE, "surge", "six from now on", "all together")
    options = options_of(ASKED, session.first.scenario, Catalogue())
    assert options[2].moves["al_taqaddum"] == "al_asad", "as the year went (E5), not to the nearest"
    assert set(known_moves(load_scenario("plain_three"), Catalogue())) == set()
    five = Question(("surge", "zone_closure", "zone_clearance", "closure_threat"), "six")
    assert len(options_of(five, session.first.scenario, Catalogue())) == 5
    assert "surge, six from now on, all together at strength 0.5" in answered.words
    assert f"{DAYS} days from hour {HOUR} (2020-02-10 06:00), {N} futures, seed 7" in answered.words
    assert "The run so far: fourteen, with defence.p_intercept=0.6@10." in answered.words


def test_a_posture_with_more_sites_is_offered_as_a_twin():
    catalogue, request = Catalogue(), RunRequest("six", seed=7, hour=100)
    assert "al_qaim" in why_not("fourteen", load_scenario("six"), 100, catalogue)
    assert why_not("", load_scenario("six"), 100, catalogue) == ""
    assert from_query(twin_link(request, "fourteen"), RunRequest(), catalogue).twin == "fourteen"


def test_states_have_the_orders_and_changes_of_the_run(session):
    asked = Question((), "six", days=2, states=True)
    few = Setup(in_states=lambda scenario, _n: in_states(scenario, 3))
    found = answer_now(few, session, asked, lambda _: None).found
    assert (found.n, found.about.states, found.labels[1]) == (3, "ensemble 2020", "six from now on")


# --- pins ------------------------------------------------------------------------------------------------------
def test_answers_are_pinned_looked_at_in_turn_and_forgotten_with_the_run(answered):
    drawn = []
    asking = Asking(drawn.append)
    for k in range(MOST_PINNED + 1):
        asking.newest.value = Answered(f"question {k}", 7, answered.found)
        asking.look(asking.newest.value)
        asking.pin()
        asking.pin()
    assert [each.words for each in asking.pinned.value] == [f"question {k}" for k in range(MOST_PINNED)]
    assert [each.words for each in asking.answers] == [f"question {k}" for k in range(MOST_PINNED + 1)]
    first, second = asking.pinned.value[:2]
    asking.look(first)
    asking.look(second)
    asking.remove(second)
    assert asking.shown.value is asking.newest.value
    asking.switch_fans(False)
    assert drawn[-2:] == [answered.found, None]
    asking.look(first)
    assert drawn[-1] is None
    asking.forget()
    assert (asking.answers, asking.shown.value) == ((), None)


# --- fans ------------------------------------------------------------------------------------------------------
def test_the_charts_get_the_fans_in_their_own_terms(session, answered):
    found, before = answered.found, session.first.days
    fans = fans_of(found, twin=False)
    assert fans["first"] == HOUR // 24
    assert fans["labels"] == list(found.labels)
    assert {shown.series[0] for shown in SINGLE if shown.how == RATE} == set(whatif.RATES)
    shapes = {np.shape(fan) for both in (False, True) for rows in fans_of(found, both)["panels"] for fan in rows}
    assert shapes == {(3, DAYS)}
    assert len(fans_of(found, twin=True)["panels"]) == len(TWIN)
    leaked = next(k for k, shown in enumerate(SINGLE) if shown.series[0] == "rounds_leaked")
    at_fork = float(SERIES["rounds_leaked"](session.first.model.state_block[0].tally))
    median = found.fans[2]["rounds_leaked"].quantiles[2] + at_fork
    np.testing.assert_allclose(fans["panels"][leaked][2][1], median, rtol=1e-3)
    assert len(before) == HOUR // 24


def test_a_rate_counts_the_weeks_before_the_fork():
    scenario = load_scenario("six", {**BUSY, "operations.base_rate_per_day": 0.0})
    session = Session([scenario], 7, HOUR)
    past = simulate(load_scenario("six", BUSY), 7).days[: HOUR // 24]
    model = session.first.model
    state = model.state_block.copy()
    state["tally"] = past[-1]
    found = whatif.what_if(scenario, model.world_block, state, [whatif.Option(BASE)], 2, DAYS, past=past)
    fire = SERIES["fire_attacks"](past)
    known = per_week(np.concatenate([fire, np.full(DAYS, fire[-1])]))[len(past) :]  # nothing more is fired
    np.testing.assert_allclose(found.fans[0]["fire_attacks"].rate[2], known)
    session.close()


# --- files -----------------------------------------------------------------------------------------------------
def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_answer_is_two_tables(answered):
    found = answered.found
    files = answer_files(found, 7)
    rows, days = (rows_of(files[name]) for name in ("what_if.csv", "what_if_days.csv"))
    assert len(rows) == 4 * len(whatif.HORIZON)
    assert len(days) == 4 * len(SERIES) * DAYS
    leaked = {row["option"]: row for row in rows if row["measure"] == "rounds_leaked"}
    own = found.answers[1][2]
    assert float(leaked["six from now on"]["difference_low"]) == own.difference.low
    assert float(leaked["six from now on"]["p_equal"]) == own.sides.equal
    assert (leaked[BASE]["difference_mean"], leaked[BASE]["unit"], leaked[BASE]["pairs"]) == ("", "round", str(N))
    assert {row["measure"]: row["unit"] for row in rows}["lowest_supply_days_lowest"] == "day"
    first = next(row for row in days if row["option"] == "surge" and row["series"] == "pressure")
    assert (first["day"], first["date"], first["hour"], first["seed"]) == ("41", "2020-02-10", str(HOUR), "7")
    assert float(first["p95"]) == found.fans[1]["pressure"].quantiles[4, 0]
    assert float(first["difference_mean"]) == found.fans[1]["pressure"].difference[0, 0]
