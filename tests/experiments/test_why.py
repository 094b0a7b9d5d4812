"""`posture why`: every kind of event is told, from the files alone."""

from __future__ import annotations

import csv
import json
import math
import shutil

import pytest

from experiments.files.events import EVENT_FIELDS
from experiments.why.event_log import VALUES, Event, read_event_log
from experiments.why.reasons import number
from experiments.why.stories import STORIES, explain
from sim.rules.events import KINDS

RESPONSES = ("zone_closure_on_warning", "leader_arrests@1", "closure_threat", "surge@1")
RUN = ("--seed", 7, "--days", 60, "--calendar", "2020", "--set", "operations.base_rate_per_day=0.2")


@pytest.fixture(scope="module")
def folder(program, tmp_path_factory):
    """Two busy months with responses and calendar."""
    out = tmp_path_factory.mktemp("why")
    words = [word for name in RESPONSES for word in ("--response", name)]
    result = program("run", "six", *words, *RUN, "--events", "--out", out)
    assert result.returncode == 0, result.stderr
    return out


@pytest.fixture(scope="module")
def log(folder):
    return read_event_log(folder)


def of_kind(log, kind, wanted=lambda event: True):
    """The first event of a kind, as wanted."""
    return next(event for event in log.events if event.kind == kind and wanted(event))


def told(log, event):
    """What and why, in one text."""
    found = explain(log, event.number)
    return "\n".join([found.what, *found.why])


# --- every kind ------------------------------------------------------------------------------------------
def test_every_kind_has_a_story_and_no_other():
    assert set(STORIES) == {kind.name for kind in KINDS}


def made_up(log, kind, **values):
    """The log with an event of a kind at its end."""
    row = {field.name: "" for field in EVENT_FIELDS}
    last = log.events[-1]
    row |= {"event": str(len(log.events) + 1), "hour": last.hour, "date_time": last.date_time}
    row |= {"kind": kind.name, "rule": kind.rule, "actor": "somebody", "target": "something"}
    row |= dict.fromkeys(kind.values, "0") | values
    return type(log)((*log.events, Event(row)), log.posture, log.theatre)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_value_that_an_event_has_is_told(log, kind):
    """A value that changes changes the words: none of the inputs is left out."""
    n = len(log.events) + 1
    plain = explain(made_up(log, kind), n)
    assert plain.what
    assert plain.why
    for name in kind.values:
        other = explain(made_up(log, kind, **{name: "3"}), n)
        assert (other.what, other.why) != (plain.what, plain.why), name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_actor_and_target_are_told(log, kind):
    n = len(log.events) + 1
    text = "\n".join([(found := explain(made_up(log, kind), n)).what, *found.why])
    assert "somebody" in text or kind.actor in ("none", "order", "faction") or "Iraqi forces" in text
    assert "{" not in text
    if kind.target not in ("none", "order"):
        assert "something" in text


def test_every_event_of_a_run_is_told(log):
    kinds = {event.kind for event in log.events}
    assert len(kinds) > 15
    for event in log.events:
        text = told(log, event)
        assert "unknown" not in text, text
        assert "{" not in text


# --- choices ---------------------------------------------------------------------------------------------
def test_a_choice_names_the_options_and_says_whether_chance_decided(log):
    chance = of_kind(
        log,
        "operation started",
        lambda e: e.value("other_utility") and e.amount("utility") < e.amount("other_utility"),
    )
    text = told(log, chance)
    odds = math.exp(0.76 * (chance.amount("utility") - chance.amount("other_utility")))
    assert "Chance decided, not preference" in text
    assert f"odds of {number(odds)} to 1" in text
    assert f"rockets {number(chance.value('u_rocket')) if chance.row['u_rocket'] else 'not possible'}" in text
    preferred = of_kind(log, "waited", lambda e: e.target == "wait" and e.amount("other_utility") < 0)
    assert "Preference led the same way" in told(log, preferred)


def test_an_option_that_could_not_be_done_is_said_so(log):
    event = of_kind(log, "waited", lambda e: not e.row["u_road"])
    assert "a bomb against a convoy not possible" in told(log, event)


def test_the_hazard_is_taken_apart(log):
    """base · grievance · restraint · presence · rest + momentum is the hazard; on the first day the rest is 1."""
    first = of_kind(log, "waited", lambda e: e.hours < 24)
    line = next(line for line in explain(log, first.number).why if line.startswith("Its hazard was"))
    assert "base rate 0.2" in line
    assert "shelter and a facade name ×1," in line
    presence = math.exp(-0.15 * first.amount("presence"))
    assert f"×{number(presence)}" in line
    assert first.amount("hazard_per_day") == pytest.approx(0.2 * presence)


def test_it_is_said_how_the_options_moved_since_last_time(log):
    """The numbers are those of the two events, and the faction's luck in between is counted from the table."""
    considered = [e for e in log.events if e.kind in ("operation started", "waited")]
    then, now = next(
        (a, b)
        for b in considered[::-1]
        for a in [next((e for e in considered[::-1] if e.actor == b.actor and e.number < b.number), None)]
        if a and a.row["u_road"] and b.row["u_road"] and a.row["u_rocket"] and b.row["u_rocket"]
    )
    text = told(log, now)
    assert f"Since it last weighed them (event {then.number}, " in text
    assert f"rockets {number(then.value('u_rocket'))} → {number(now.value('u_rocket'))}" in text
    assert f"a bomb against a convoy {number(then.value('u_road'))} → {number(now.value('u_road'))}" in text
    between = log.events[then.number : now.number - 1]
    faction = now.actor.split("/")[0]
    fires = [e for e in between if e.kind == "fire on a site" and e.actor.startswith(f"{faction}/")]
    assert f"its faction fired {len(fires)} times ({sum(e.amount('leaked') > 0 for e in fires)} with" in text


def test_a_cell_that_turns_is_said_to_turn(log):
    """Fire led, now the road does."""
    started = of_kind(log, "operation started")
    row = dict(started.row)
    cell = {"actor": "plain/nowhere/0", "u_drone": "", "u_detail": ""}
    n = len(log.events)
    before = row | cell | {"event": str(n + 1), "u_rocket": "2", "u_road": "1"}
    after = row | cell | {"event": str(n + 2), "u_rocket": "0.5", "u_road": "1"}
    longer = type(log)((*log.events, Event(before), Event(after)), log.posture, log.theatre)
    text = told(longer, longer.events[-1])
    assert "Fire led the road by 1 then and by −0.5 now, so it turned to the road." in text


# --- causes ----------------------------------------------------------------------------------------------
def test_a_raid_says_why_it_failed(log):
    kind = next(kind for kind in KINDS if kind.name == "raid")
    n = len(log.events) + 1
    words = {"gone": "had left before the unit came", "warned": "the cell warned", "caught": "It caught the cell"}
    for name, sentence in words.items():
        assert sentence in explain(made_up(log, kind, **{name: "1"}), n).why[0]
    assert "did not catch" in explain(made_up(log, kind), n).why[0]


def test_a_broken_cell_names_its_raid(log):
    raid = of_kind(log, "raid", lambda e: e.amount("caught") == 1)
    broken = of_kind(log, "cell broken", lambda e: e.actor == raid.target and e.hours == raid.hours)
    assert f"A raid caught it: event {raid.number}, " in told(log, broken)


def test_a_closure_names_its_order_and_its_warning(log):
    closure = of_kind(log, "area closed")
    text = told(log, closure)
    assert "Standing order zone_closure_on_warning/0 close_area, strength 1 (source: S19" in text
    assert "It was triggered by event " in text
    assert "costs 0.0004 of Baghdad's capital" in text


def test_an_event_from_outside_has_the_words_of_the_calendar(log):
    """A dated shift, and a strike, threat, directive or truce of the calendar: none is put down to the model's own."""
    (kind,) = [kind for kind in KINDS if kind.name == "event from outside"]
    longer = made_up(log, kind, date_time="2020-05-07T00:00", actor="will", amount="0.1")
    assert "The calendar says: a new prime minister (source: date: E32" in told(longer, longer.events[-1])
    strikes = [event for event in log.events if event.kind == "US strike" and event.date_time == "2020-01-03T00:00"]
    assert len(strikes) == 2
    for strike in strikes:
        said = told(log, strike)
        assert "The calendar says: the strike of 3 January on two leaders (source: S11, E32)." in said
        assert "led to it" not in said
    directive = of_kind(log, "directive")
    assert directive.date_time == "2020-02-29T00:00"
    assert "The calendar says: a leading militia's ultimatum to contractors" in told(log, directive)


def test_a_strike_beyond_those_of_the_calendar_is_the_models_own(log):
    (kind,) = [kind for kind in KINDS if kind.name == "US strike"]
    longer = made_up(log, kind, date_time="2020-01-03T00:00", hour="48", actor="Washington", target="vanguard")
    assert "The calendar says" not in told(longer, longer.events[-1])


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("closure threatened", {"amount": "0.7"}, "a threat for a test"),
        ("truce", {"amount": "1.5", "hours": "240"}, "a truce for a test"),
        ("directive", {"focus": "-0.5", "hours": "240"}, "a directive for a test"),
    ],
)
def test_threats_truces_and_directives_of_a_calendar_are_told_by_its_words(log, name, values, words):
    day, until = {"date": "2020-02-01"}, {"until": "2020-02-11"}
    more = {"source": "judgement"}
    calendar = {
        "threats": [{**day, **more, "strength": 0.7, "why": "a threat for a test"}],
        "truces": [{**day, **until, **more, "restraint": 1.5, "why": "a truce for a test"}],
        "directives": [{**day, **until, **more, "focus": -0.5, "why": "a directive for a test"}],
    }
    (kind,) = [kind for kind in KINDS if kind.name == name]
    dated = type(log)(log.events, {**log.posture, "calendar": calendar}, log.theatre)
    longer = made_up(dated, kind, date_time="2020-02-01T00:00", **values)
    assert f"The calendar says: {words} (source: judgement)." in told(longer, longer.events[-1])
    later = made_up(dated, kind, date_time="2020-02-02T00:00", **values)
    assert "The calendar says" not in told(later, later.events[-1])


def test_a_strike_after_a_death_names_the_attack(log):
    n = len(log.events)
    fire = of_kind(log, "fire on a site").row | {"event": str(n + 1), "killed": "1", "hour": log.events[-1].hour}
    strike = fire | {"event": str(n + 2), "kind": "US strike", "actor": "Washington", "target": "plain"}
    strike["hour"] = str(log.events[-1].hours + 24)
    longer = type(log)((*log.events, Event(fire), Event(strike)), log.posture, log.theatre)
    assert f"An attack had killed Americans: event {n + 1}, " in told(longer, longer.events[-1])


# --- the command -----------------------------------------------------------------------------------------
def test_the_command_tells_an_event(posture, folder, log):
    event = next(e for e in reversed(log.events) if e.kind == "fire on a site")
    shown = posture("why", folder, "--event", event.number)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert f"Event {event.number} of {len(log.events)}: fire on a site" in shown.stdout
    assert "Rule: fire.land (sim/rules/fire.py)" in shown.stdout
    assert event.target in shown.stdout
    assert f"hour {event.hours})" in shown.stdout
    assert f"Before, {event.actor}:" in shown.stdout
    content = json.loads(posture("why", folder, "--event", event.number, "--json").stdout)
    assert (content["event"], content["kind"], content["rule"]) == (event.number, "fire on a site", "fire.land")
    assert content["values"]["leaked"] == event.amount("leaked")
    assert set(content["values"]) <= set(VALUES)
    assert 1 <= len(content["before"]) <= 3
    assert all(event.actor in (e["actor"], e["target"]) and e["event"] < event.number for e in content["before"])


def test_nothing_is_run_or_compiled(folder, program):
    """It reads two files: no simulation, no compiler."""
    import subprocess
    import sys

    script = (
        "import sys; from experiments.cli import cli; cli(sys.argv[1:], prog_name='posture', standalone_mode=False); "
        "print('LOADED', 'numba' in sys.modules, 'sim.engine' in sys.modules)"
    )
    command = [sys.executable, "-c", script, "why", str(folder), "--event", "1"]
    assert "LOADED False False" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("given", ["0", "-1", "99999"])
def test_a_number_out_of_range(posture, folder, log, given):
    result = posture("why", folder, f"--event={given}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"posture: --event is {given}; it must be 1 to {len(log.events)}.\n"


@pytest.mark.parametrize("words", [["--event", "x"], ["--event", "1.5"], []])
def test_not_a_number(posture, folder, words):
    result = posture("why", folder, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--event" in result.stderr


def test_a_folder_without_events(posture, tmp_path):
    posture("run", "six", "--days", 1, "--out", tmp_path)
    result = posture("why", tmp_path, "--event", 1)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "events.csv" in result.stderr
    assert "--events" in result.stderr
    assert "no such" not in posture("why", tmp_path / "nowhere", "--event", 1).stderr.lower()


def test_other_tables_and_manifests_are_refused(posture, folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "manifest.json").write_text("{}")
    assert "manifest of one run" in posture("why", copy, "--event", 1).stderr
    (copy / "manifest.json").unlink()
    assert "manifest.json" in posture("why", copy, "--event", 1).stderr
    shutil.copy(folder / "manifest.json", copy)
    with open(copy / "events.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["event", "kind"], ["1", "raid"]])
    result = posture("why", copy, "--event", 1)
    assert result.exit_code == 2
    assert "table of this version" in result.stderr


def test_a_run_without_any_event(posture, tmp_path):
    quiet = ("operations.base_rate_per_day=0.0", "intelligence.false_alarms_per_month=0.0")
    words = [word for change in quiet for word in ("--set", change)]
    posture("run", "six", "--days", 1, *words, "--events", "--out", tmp_path)
    result = posture("why", tmp_path, "--event", 1)
    assert result.exit_code == 2
    assert "there are no events" in result.stderr
