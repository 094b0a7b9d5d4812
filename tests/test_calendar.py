"""Events from outside: each moves its level on its day by its amount; off unless asked for; refusals."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from sim import load_scenario, simulate
from sim.calendars import SHIFTS
from sim.config_files import names
from sim.engine import Tables, new_state, run_to
from sim.errors import ConfigError
from sim.rules import events
from sim.scenario import load_calendar
from sim.state import EVENT
from sim.world import build_world

HEAD = 'name = "trial"\ntitle = "A trial"\nsource = "judgement"\n'
QUIET = {"days": 12, "operations.base_rate_per_day": 0.0, "intelligence.false_alarms_per_month": 0.0}


def write(folder, *shifts):
    """A calendar file of (date, level, amount)."""
    tables = (f'[[events]]\ndate = {d}\nlevel = "{level}"\namount = {x}\nwhy = "a trial"\n' for d, level, x in shifts)
    path = folder / "trial.toml"
    path.write_text(HEAD + "".join(tables), encoding="utf-8")
    return str(path)


def level_of(state, level):
    """The level as an array: of each faction for restraint and funds, else of one."""
    if level in ("restraint", "funds"):
        return state.factions[level][:5].copy()
    owner = {"capital": state.baghdad[0], "will": state.baghdad[0], "patience": state.washington[0]}.get(level, state)
    return np.array([owner[level]])


def at(scenario, hour):
    """The state of a run at an hour."""
    world = build_world(scenario)
    state = new_state(world, 1)
    run_to(world, state, Tables(world, state), hour, np.zeros(0, EVENT))
    return state[0]


@pytest.mark.parametrize("level", SHIFTS)
@pytest.mark.parametrize("amount", [0.2, -0.1])
def test_a_shift_moves_its_level_on_its_day_by_its_amount(tmp_path, level, amount):
    changes = {**QUIET, "operations.grievance": 0.5, "operations.restraint": 0.5}
    base = load_scenario("six", changes)
    shifted = base.with_changes({"calendar": write(tmp_path, ("2020-01-05", level, amount))})
    hour = 4 * 24
    assert level_of(at(shifted, hour), level) == pytest.approx(level_of(at(base, hour), level))
    expected = level_of(at(base, hour + 1), level) + amount
    if level == "funds":
        expected = np.minimum(expected, 1.0)
    assert level_of(at(shifted, hour + 1), level) == pytest.approx(expected)
    for other in set(SHIFTS) - {level} - ({"will"} if level == "capital" else set()):
        assert level_of(at(shifted, hour + 1), other) == pytest.approx(level_of(at(base, hour + 1), other)), other
    log = simulate(shifted, 1, events=True).events
    (event,) = log[log["kind"] == events.SHIFTED]
    assert (event["hour"], SHIFTS[event["actor"]], event["amount"]) == (hour, level, amount)


@pytest.mark.parametrize("level", SHIFTS)
@pytest.mark.parametrize("amount", [5.0, -5.0])
def test_a_shift_stays_within_the_bounds_of_its_level(tmp_path, level, amount):
    scenario = load_scenario("six", {**QUIET, "calendar": write(tmp_path, ("2020-01-01", level, amount))})
    after = level_of(at(scenario, 1), level)
    if amount < 0:
        assert not after.any()
    elif level not in ("grievance", "restraint"):
        assert (after == 1.0).all()
    else:
        assert (after == 5.0).all()


def test_a_shift_fades_as_its_level_does(tmp_path):
    changes = {**QUIET, "militias.grievance_days": 10.0}
    scenario = load_scenario("six", {**changes, "calendar": write(tmp_path, ("2020-01-03", "grievance", 1.0))})
    days = simulate(scenario, 1).days["grievance"]
    assert days == pytest.approx([0, 0, *(0.9**n for n in range(1, 11))])


def test_events_before_the_run_and_after_it_do_nothing(tmp_path):
    shifts = (("2020-01-01", "relation", -0.5), ("2020-03-01", "relation", -0.5))
    file = write(tmp_path, *shifts)
    late = {**QUIET, "start": date(2020, 1, 10)}
    base, shifted = (load_scenario("six", {**late, "calendar": name}) for name in ("", file))
    assert simulate(base, 1).days.tobytes() == simulate(shifted, 1).days.tobytes()


def test_a_calendar_is_off_by_default():
    for posture in set(names("postures")) - {"year_and_half"}:
        scenario = load_scenario(posture)
        assert scenario.calendar is None
        run = simulate(scenario.with_changes({"days": 5}), 1, events=True)
        assert events.SHIFTED not in run.events["kind"]


def test_the_year_2020_is_as_its_file_says():
    scenario = load_scenario("drawdown_2020", {"calendar": "2020"})
    log = simulate(scenario, 1, events=True).events
    seen = log[log["kind"] == events.SHIFTED]
    expected = [(e.day, e.level, e.amount) for e in load_calendar("2020").events]
    found = [((int(e["hour"]) // 24), SHIFTS[e["actor"]], e["amount"]) for e in seen]
    assert len(expected) == 6
    assert sorted(((d - date(2020, 1, 1)).days, level, amount) for d, level, amount in expected) == sorted(found)
    assert (seen["hour"] % 24 == 0).all()
    without = simulate(load_scenario("drawdown_2020"), 1)
    assert without.days[:2].tobytes() == simulate(scenario, 1).days[:2].tobytes(), "until the 3rd of January"
    other = {kind: [int(e["hour"]) // 24 for e in log if e["kind"] == kind] for kind in set(log["kind"].tolist())}
    strikes, threats = other[events.STRIKE_MADE], other[events.THREAT]
    assert strikes[:2] == [2, 2], "two leaders, 3 January"
    assert 72 in strikes, "13 March"
    assert 263 in threats, "20 September"
    assert other[events.DIRECTIVE] == [59], "29 February"


DATED = """
name = "mine"
title = "Mine"
source = "test"

[[strikes]]
date = 2020-01-05
why = "a strike"

[[threats]]
date = 2020-01-08
strength = 0.5
why = "a threat"

[[truces]]
date = 2020-01-10
until = 2020-01-20
restraint = 2.0
why = "a truce"

[[directives]]
date = 2020-01-12
until = 2020-01-15
focus = 1.5
why = "to the roads"
"""


@pytest.fixture
def dated(tmp_path):
    path = tmp_path / "dated.toml"
    path.write_text(DATED, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("effect", ["provokes", "deters", "none"])
def test_a_dated_strike_provokes_or_deters_as_the_switch_says(dated, effect):
    changes = {**QUIET, "retaliation.effect": effect, "retaliation.p_mob": 0.0, "retaliation.p_motion": 0.0}
    base, struck = (load_scenario("six", {**changes, "calendar": name}) for name in ("", dated))
    before, after = at(base, 4 * 24 + 1), at(struck, 4 * 24 + 1)
    more = after.grievance - before.grievance, (after.factions["restraint"] - before.factions["restraint"])[0]
    retaliation = base.parameters.retaliation
    expected = {"provokes": (retaliation.grievance, 0.0), "deters": (0.0, retaliation.restraint), "none": (0.0, 0.0)}
    assert more == pytest.approx(expected[effect])
    assert after.tally["strikes"] == 1


def test_a_dated_threat_does_all_that_washingtons_own_does(dated):
    """Restraint, facade names, will, relation and capital (S14)."""
    changes = {**QUIET, "militias.facade_days": 30.0}
    base, threatened = (load_scenario("six", {**changes, "calendar": name}) for name in ("", dated))
    before, after = at(base, 7 * 24), at(threatened, 7 * 24 + 1)
    us = base.parameters.washington
    assert after.tally["threats"] == 1
    assert after.factions["restraint"][0] - before.factions["restraint"][0] == pytest.approx(0.5 * us.threat_restraint)
    assert after.baghdad[0]["will"] - before.baghdad[0]["will"] == pytest.approx(0.5 * us.threat_will, abs=0.05)
    assert before.relation - after.relation > 0.4 * us.threat_relation
    assert after.tally["facades_taken"] == (after.factions["facade_until"] > 0).sum()


@pytest.mark.parametrize("truce", ["held", "decays"])
def test_a_truce_is_held_to_its_end_or_fades(dated, truce):
    changes = {**QUIET, "days": 30, "coordination.truce": truce, "militias.restraint_days": 5.0, "calendar": dated}
    # the rate follows restraint alone: what the dated strike sets off moves prestige, grievance and leaders too
    changes |= {f"operations.{what}_effect": 0.0 for what in ("prestige", "grievance", "leader")}
    changes |= {"operations.base_rate_per_day": 1e-9}
    scenario = load_scenario("six", {**changes, "washington.threat_restraint": 0.0})
    rates = [at(scenario, 24 * day).factions["rate_per_day"][:5] for day in (9, 12, 18, 21)]
    before, early, late, after = rates
    assert (early < before).all()
    if truce == "held":
        assert late == pytest.approx(early, rel=1e-9, abs=0.0)
        assert (after > late).all()
    else:
        assert (late > early).all(), "it fades"


def test_a_directive_moves_odds_to_the_roads_as_far_as_a_faction_obeys(dated):
    state = at(load_scenario("six", {**QUIET, "calendar": dated}), 24 * 12)
    assert (state.coordinator[0]["directive"], state.coordinator[0]["directive_until"]) == (1.5, 24 * 14)


def test_a_truce_that_ends_before_it_begins_is_refused(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(DATED.replace("until = 2020-01-20", "until = 2020-01-10"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"truces\[0\].until is 2020-01-10; it must be a day after 2020-01-10"):
        load_scenario("six", {"calendar": str(path)})


@pytest.mark.parametrize(
    ("shift", "key"),
    [
        (("2020-01-05", "luck", 0.1), "level"),
        (("2020-01-05", "relation", 6.0), "amount"),
        (("2020-01-05", "relation", "nan"), "amount"),
        (("2020-01-05", "relation", '"much"'), "amount"),
        (('"soon"', "relation", 0.1), "date"),
    ],
)
def test_a_wrong_event_is_refused(tmp_path, shift, key):
    file = write(tmp_path, shift)
    with pytest.raises(ConfigError) as caught:
        load_scenario("six", {"calendar": file})
    assert caught.value.file == file
    assert caught.value.key == f"events[0].{key}"


def test_an_event_says_why(tmp_path):
    file = tmp_path / "mute.toml"
    file.write_text(HEAD + '[[events]]\ndate = 2020-01-05\nlevel = "relation"\namount = 0.1\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="why"):
        load_scenario("six", {"calendar": str(file)})


def test_an_unknown_calendar_is_refused():
    with pytest.raises(ConfigError, match="2020"):
        load_scenario("six", {"calendar": "1984"})
