"""An event is told in words once; what is given is what telling all of them anew gives."""

from __future__ import annotations

import pytest

from experiments.live.services import log_rows
from sim.app.event_rows import EventRows
from sim.engine import simulate
from sim.scenario import load_scenario

SEED = 7


class Counted:
    """Tells rows of a log, and keeps which were asked for."""

    def __init__(self):
        self.asked = []

    def __call__(self, scenario, seed, events, numbers):
        self.asked.append(list(numbers))
        return log_rows(scenario, seed, events, numbers)


@pytest.fixture(scope="module")
def scenario():
    return load_scenario("six", {"days": 40})


@pytest.fixture(scope="module")
def events(scenario):
    return simulate(scenario, SEED, events=True).events


def newest(n, most=30):
    return list(range(n, max(0, n - most), -1))


def test_as_a_run_goes_on_each_event_is_told_once_and_rows_are_those_told_anew(scenario, events):
    counted = Counted()
    rows = EventRows(counted)
    for n in range(0, len(events), 3):
        found = rows.of(scenario, SEED, events[:n], newest(n))
        assert found == (log_rows(scenario, SEED, events[:n], newest(n)) if n else [])
    told = [number for numbers in counted.asked for number in numbers]
    assert len(told) == len(set(told)) > 30
    assert all(counted.asked), "nobody is asked for nothing"


def test_a_row_that_stays_is_the_same_object(scenario, events):
    rows = EventRows(log_rows)
    first = rows.of(scenario, SEED, events[:20], newest(20))
    again = rows.of(scenario, SEED, events[:21], newest(21))
    assert all(one is other for one, other in zip(first, again[1:], strict=True))


def test_other_events_under_the_same_numbers_are_told_anew(scenario, events):
    """As after a step back and an order: the run goes another way."""
    rows, others = EventRows(log_rows), simulate(scenario, SEED + 1, events=True).events
    n = min(len(events), len(others))
    assert any(events[k] != others[k] for k in range(n))
    for log in (events[:n], others[:n], events[:n]):
        assert rows.of(scenario, SEED, log, newest(n)) == log_rows(scenario, SEED, log, newest(n))


@pytest.mark.parametrize("what", ["scenario", "seed"])
def test_another_run_is_told_anew(scenario, events, what):
    counted = Counted()
    rows = EventRows(counted)
    rows.of(scenario, SEED, events, [3, 2, 1])
    other = scenario.with_responses(["zone_closure@1"]) if what == "scenario" else scenario
    rows.of(other, SEED + (what == "seed"), events, [3, 2, 1])
    assert counted.asked == [[3, 2, 1], [3, 2, 1]]


def test_what_is_no_longer_shown_is_forgotten(scenario, events):
    counted = Counted()
    rows = EventRows(counted)
    for numbers in ([2, 1], [4, 3], [2, 1]):
        rows.of(scenario, SEED, events, numbers)
    assert counted.asked == [[2, 1], [4, 3], [2, 1]]
