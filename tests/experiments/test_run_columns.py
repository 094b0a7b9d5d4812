"""The columns of `daily.csv` and `events.csv` are what a slow writer of single rows says, for every kind of run."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from experiments.files.columns import DAILY_FIELDS, DAY_FIELDS
from experiments.files.daily import daily_columns
from experiments.files.events import (
    ALL_FACTIONS,
    EVENT_FIELDS,
    EVENT_VALUE_FIELDS,
    event_columns,
    order_names,
)
from sim.calendars import SHIFTS
from sim.config_files import names
from sim.engine import simulate_many
from sim.errors import ConfigError
from sim.measures import TALLY
from sim.names import agent_names, convoy_name
from sim.rules.events import KINDS
from sim.scenario import load_scenario
from sim.state import ABSTAIN, DETAIL, DRONE, EVENT, ROAD
from sim.theatre import area_names

BUSY = {"days": 50, "operations.base_rate_per_day": 0.3}


# --- a row at a time -------------------------------------------------------------------------------------
def rows_of(columns):
    """Columns as rows of plain values, None where there is nothing."""
    lists = [column.to_pylist() if isinstance(column, pa.Array) else column.tolist() for column in columns]
    return [[plain(value) for value in row] for row in zip(*lists, strict=True)]


def plain(value):
    return None if isinstance(value, float) and math.isnan(value) else value


def event_row(scenario, known, number, event):
    """An event, the `number`-th of its run, by looking up each of its names."""
    kind, hour, square = KINDS[event["kind"]], int(event["hour"]), int(event["square"])
    start = datetime.combine(scenario.posture.start, datetime.min.time())
    when = (start + timedelta(hours=hour)).isoformat(timespec="minutes")
    who = [name_of(known, getattr(kind, column), int(event[column]), event) for column in ("actor", "target")]
    theatre = scenario.theatre
    place = min((name for name, where in theatre.places.items() if where == square), default="")
    where = ["", None, None] if square < 0 else [place, theatre.x_km[square], theatre.y_km[square]]
    values = [float(event[f.name]) if f.name in kind.values else None for f in EVENT_VALUE_FIELDS]
    return [number, hour, when, kind.name, kind.rule, *who, *where, *map(plain, values)]


def names_of(scenario):
    """Names by kind of agent, in the order of their rows."""
    agents = agent_names(scenario)
    return {
        **{kind.removesuffix("s"): rows for kind, rows in agents.items()},
        "government": agents["washington"] + agents["baghdad"],
        "area": area_names(scenario.theatre),
        "order": order_names(scenario),
        "level": list(SHIFTS),
    }


def name_of(known, kind, row, event):
    """What a row of a kind of agent is called."""
    if kind == "none" or row < 0:
        return ALL_FACTIONS if kind == "faction" else ""
    if kind == "convoy":
        return convoy_name(known["site"][row], int(event["convoy"]))
    return option_name(known["site"], row) if kind == "option" else known[kind][row]


def option_name(sites, row):
    words = {ROAD: "bomb against a convoy", DETAIL: "bomb against a foreign detail", ABSTAIN: "wait"}
    drone = DRONE <= row < DRONE + len(sites)
    return words.get(row) or (f"drone at {sites[row - DRONE]}" if drone else f"rockets at {sites[row]}")


# --- the same by column ----------------------------------------------------------------------------------
def assert_same_events(scenario, logs):
    columns = event_columns(scenario, np.concatenate(logs), [len(log) for log in logs])
    assert len(columns) == len(EVENT_FIELDS) - 2  # but for posture and seed
    known = names_of(scenario)
    wanted = [event_row(scenario, known, n, event) for log in logs for n, event in enumerate(log, 1)]
    assert rows_of(columns) == wanted


@pytest.mark.parametrize("responses", [*names("responses"), "surge=0.5@3 zone_closure surge@20"])
@pytest.mark.parametrize("posture", names("postures"))
def test_events_of_real_runs(posture, responses):
    changes = BUSY | {"calendar": "2020"}
    if load_scenario(posture).theatre.name == "plain" and "zone_" in responses:
        with pytest.raises(ConfigError, match=r"areas is '\w+.*'; it must be an area of the theatre, one of "):
            load_scenario(posture, changes, responses.split())
        return
    scenario = load_scenario(posture, changes, responses.split())
    assert_same_events(scenario, simulate_many(scenario, [3, 4], events=True).events)


def test_events_of_every_kind_with_and_without_somebody_somewhere():
    """Also what real runs seldom have: every agent, nobody, convoys of one site, off the map, a square of two names."""
    scenario = load_scenario("fourteen", responses=["surge", "zone_clearance"])
    places = scenario.theatre.places
    twice = {"a": places["taji"], **places, "zz": places["taji"]}  # a square of several names goes by the first
    scenario = replace(scenario, theatre=replace(scenario.theatre, places=twice))
    agents = agent_names(scenario)
    rows = {
        "none": 3,
        "government": 2,
        "option": [*range(len(agents["sites"])), DRONE, DRONE + 3, ROAD, DETAIL, ABSTAIN],
        "area": len(area_names(scenario.theatre)),
        "order": len(order_names(scenario)),
        "level": len(SHIFTS),
        "convoy": len(agents["sites"]),
        "coordinator": len(agents["coordinator"]),
        **{kind: len(agents[f"{kind}s"]) for kind in ("cell", "unit", "site", "detail", "faction")},
    }
    random = np.random.default_rng(5)
    events = np.zeros(4000, EVENT)
    for n, event in enumerate(events):
        kind = KINDS[n % len(KINDS)]
        event["kind"], event["hour"] = kind.number, n % (24 * scenario.days)
        for column in ("actor", "target"):
            event[column] = -1 if random.random() < 0.2 else random.choice(rows[getattr(kind, column)])
        event["square"] = random.integers(-1, scenario.theatre.n_squares)
        for field in EVENT_VALUE_FIELDS:
            event[field.name] = random.choice([0.0, -1.5, 7.0, math.nan])
        event["convoy"] = random.integers(0, 3)
    assert_same_events(scenario, [events[:1500], events[:0], events[1500:]])


def test_no_events_have_no_rows_and_all_columns():
    scenario = load_scenario("six")
    for lengths in ([], [0, 0]):
        columns = event_columns(scenario, np.zeros(0, EVENT), lengths)
        assert [len(column) for column in columns] == [0] * (len(EVENT_FIELDS) - 2)


@pytest.mark.parametrize(("column", "row"), [("actor", 60), ("target", 10_000), ("square", 10_000), ("hour", 24 * 274)])
def test_a_row_that_nobody_has_is_a_bug_and_not_the_name_of_another(column, row):
    scenario = load_scenario("fourteen")
    events = np.zeros(2, EVENT)
    events[column][1] = row
    with pytest.raises(IndexError):
        event_columns(scenario, events, [2])


@pytest.mark.parametrize("days", [1, 50])
def test_days_follow_run_by_run(days):
    scenario = load_scenario("drawdown_2020", {"days": days})
    batch = simulate_many(scenario, [1, 2, 3])
    wanted = [
        [day + 1, str(scenario.posture.start + timedelta(days=day)), *(float(tally[c.name]) for c in TALLY)]
        for run in batch.days
        for day, tally in enumerate(run)
    ]
    assert rows_of(daily_columns(scenario, batch.days)) == wanted
    plain_numbers = batch.days.view(np.float64).reshape(3, days, len(TALLY))
    assert rows_of(daily_columns(scenario, plain_numbers)) == wanted
    assert len(wanted[0]) == len(DAY_FIELDS)
    assert [field.name for field in DAY_FIELDS[:2]] == ["day", "date"]
    assert DAILY_FIELDS[-len(DAY_FIELDS) :] == DAY_FIELDS
