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
    owner = {"capital": state.baghdad[0], "patience": state.washington[0]}.get(level, state)
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
    for other in set(SHIFTS) - {level}:
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
    for posture in names("postures"):
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
    assert len(expected) == 8
    assert sorted(((d - date(2020, 1, 1)).days, level, amount) for d, level, amount in expected) == sorted(found)
    assert (seen["hour"] % 24 == 0).all()
    without = simulate(load_scenario("drawdown_2020"), 1)
    assert without.days[:2].tobytes() == simulate(scenario, 1).days[:2].tobytes(), "until the 3rd of January"


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
