"""While a page plays, one thread makes runs; otherwise two."""

from __future__ import annotations

import threading
import time

import pytest

from sim.app.ensembles import Ensembles, make
from sim.app.pace import PACE, Pace, PacedPool
from sim.app.player import Player
from sim.scenario import load_scenario


class Work:
    """Pieces of work that go on until they are told to end; how many there are now, and were at most."""

    def __init__(self):
        self.lock, self.end = threading.Condition(), threading.Event()
        self.now = self.most = self.done = 0

    def __call__(self, _k):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.lock.notify_all()
        assert self.end.wait(60)
        with self.lock:
            self.now -= 1
            self.done += 1
            self.lock.notify_all()

    def wait_for(self, n):
        with self.lock:
            assert self.lock.wait_for(lambda: self.now == n, 60)


@pytest.fixture
def work():
    work = Work()
    yield work
    work.end.set()


def test_two_work_at_a_time_where_nobody_plays(work):
    with PacedPool(Pace()) as pool:
        pool.map(work, range(4))
        work.wait_for(2)
        work.end.set()
    assert (work.most, work.done) == (2, 4)


def test_one_works_while_somebody_plays_and_the_second_when_the_last_has_ended(work):
    pace = Pace()
    with PacedPool(pace) as pool:
        with pace.playing():
            with pace.playing():
                pool.map(work, range(3))
                work.wait_for(1)
            time.sleep(0.2)  # in which a second would begin, if there were room
            assert work.most == 1
        work.wait_for(2)
        work.end.set()
    assert work.done == 3


def test_work_that_fails_gives_its_room_back():
    with PacedPool(Pace()) as pool:
        failed = [pool.submit(lambda: 1 / 0) for _ in range(5)]
        assert all(isinstance(each.exception(60), ZeroDivisionError) for each in failed)
        assert pool.submit(lambda: "done").result(60) == "done"


def test_a_player_plays_at_the_pace_of_the_ensembles():
    """The one that ensembles follow, until it stops by itself."""
    playing, go_on, stopped = threading.Event(), threading.Event(), threading.Event()

    def advance(_hours):
        playing.set()
        assert go_on.wait(60)
        return False

    def work_too():
        with PACE.working():
            pass

    player = Player(advance, lambda: None, lambda: 0, stopped.set, lambda: None)
    player.play()
    assert playing.wait(60)
    with PACE.working():  # there is room for one
        second = threading.Thread(target=work_too, daemon=True)
        second.start()
        second.join(0.2)
        assert second.is_alive()
        go_on.set()
        assert stopped.wait(60)
        second.join(60)
        assert not second.is_alive()


def test_an_ensemble_that_is_made_while_somebody_plays_is_the_same():
    scenario = load_scenario("six", {"days": 2})
    alone = Ensembles(make).of(scenario)
    with PACE.playing():
        beside = Ensembles(make).of(scenario)
    assert {name: rows.tolist() for name, rows in beside.values.items()} == {
        name: rows.tolist() for name, rows in alone.values.items()
    }
