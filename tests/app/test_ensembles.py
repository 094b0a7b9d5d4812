"""Tabs share ensembles by the content of what they watch."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sim.app.ensemble_band import compute_band
from sim.app.ensembles import KEPT, LOOK_SECONDS, Ensembles, content
from sim.errors import RunError
from sim.scenario import load_scenario

SHORT = {"days": 2}


class Counted:
    """Makes small ensembles, and says of what."""

    def __init__(self):
        self.made, self.lock, self.now, self.most = [], threading.Lock(), 0, 0

    def __call__(self, scenario, tell):
        with self.lock:
            self.made.append(scenario.label)
            self.now += 1
            self.most = max(self.most, self.now)
        band = compute_band(scenario, n=3)
        with self.lock:
            self.now -= 1
        return band


def test_what_many_tabs_ask_for_is_made_once_and_one_at_a_time():
    counted = Counted()
    ensembles = Ensembles(counted)
    kinds = [load_scenario("six", SHORT), load_scenario("fourteen", SHORT), load_scenario("six", {"days": 3})]
    with ThreadPoolExecutor(12) as executor:
        asked = [load_scenario("six", SHORT), *kinds] * 5
        bands = list(executor.map(ensembles.of, asked))
    assert sorted(counted.made) == ["fourteen", "six", "six"]
    assert counted.most == 1
    assert len({id(band) for band in bands}) == 3
    assert [band.n_days for band in bands[:4]] == [2, 2, 2, 3]


def test_who_must_wait_hears_of_it_at_once_and_who_need_not_hears_nothing():
    six, heard = load_scenario("six", SHORT), []

    def make(scenario, tell):
        assert heard == [0.0]
        return compute_band(scenario, n=3)

    ensembles = Ensembles(make)
    ensembles.of(six, heard.append)
    ensembles.of(load_scenario("six", SHORT), heard.append)
    assert heard == [0.0]


def test_a_parameter_or_an_order_makes_another_content():
    six = load_scenario("six", SHORT)
    others = [
        six.with_changes({"defence.p_intercept": 0.5}),
        six.with_responses(["zone_closure@1"]),
        load_scenario("fourteen", SHORT),
    ]
    assert content(six) == content(load_scenario("six", SHORT))
    assert len({content(each) for each in [six, *others]}) == 4


def test_what_failed_is_said_to_all_and_tried_again():
    answers = [RunError("every run stopped")]

    def make(scenario, tell):
        if answers:
            raise answers.pop()
        return compute_band(scenario, n=2)

    ensembles, six = Ensembles(make), load_scenario("six", SHORT)
    with pytest.raises(RunError, match="every run stopped"):
        ensembles.of(six)
    assert ensembles.of(six).n == 2


def test_only_the_last_are_kept():
    counted = Counted()
    ensembles = Ensembles(counted)
    some = [load_scenario("six", {"days": 1, "defence.p_intercept": k / 100}) for k in range(KEPT + 2)]
    for scenario in [*some, some[-1], some[0]]:
        ensembles.of(scenario)
    assert len(counted.made) == KEPT + 3


def test_who_waits_hears_how_much_is_done():
    heard, first = [], threading.Event()

    def make(scenario, tell):
        tell(0.4)
        first.set()
        time.sleep(3 * LOOK_SECONDS)
        return compute_band(scenario, n=2, tell=tell)

    ensembles, six = Ensembles(make), load_scenario("six", SHORT)
    with ThreadPoolExecutor(1) as executor:
        begun = executor.submit(ensembles.of, six)
        first.wait()
        ensembles.of(six, heard.append)
        begun.result()
    assert set(heard) == {0.4}
    told = []
    compute_band(six, n=60, tell=told.append)
    assert told == [1 / 3, 2 / 3, 1.0]
