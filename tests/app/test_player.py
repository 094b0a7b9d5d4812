"""The player: hours by the clock, pictures only as fast as they are taken, and it stops when nobody looks."""

from __future__ import annotations

import threading
import time

from sim.app.player import Player


class Stage:
    """A stand that counts what a player does."""

    def __init__(self, end=10_000):
        self.hours, self.pictures, self.waiting, self.end = 0, 0, 0, end
        self.stopped = threading.Event()
        self.player = Player(self.advance, self.show, lambda: self.waiting, self.stopped.set)

    def advance(self, hours):
        self.hours += hours
        return self.hours < self.end

    def show(self):
        self.pictures += 1


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_plays_and_after_pause_no_hour_is_added():
    stage = Stage()
    stage.player.play()
    assert stage.player.playing
    wait_until(lambda: stage.hours >= 10 and stage.pictures >= 3)
    stage.player.pause()
    hours = stage.hours
    time.sleep(0.4)
    assert (stage.hours, stage.player.playing) == (hours, False)
    assert not stage.stopped.is_set()


def test_speed_changes_hours_not_pictures():
    slow, fast = Stage(), Stage()
    fast.player.hours_per_second = 2400.0
    for stage in (slow, fast):
        stage.player.play()
    wait_until(lambda: slow.pictures >= 12 and fast.pictures >= 12)
    for stage in (slow, fast):
        stage.player.pause()
    assert fast.hours > 20 * slow.hours > 0


def test_it_stops_at_the_end_and_says_so():
    stage = Stage(end=5)
    stage.player.play()
    assert stage.stopped.wait(20)
    assert not stage.player.playing
    assert stage.hours >= 5


def test_a_browser_that_takes_no_pictures_gets_no_more_and_playing_ends():
    stage = Stage()
    stage.player.patience_seconds = 0.5
    stage.waiting = 3
    stage.player.play()
    assert stage.stopped.wait(20)
    assert (stage.hours, stage.pictures) == (0, 0)


def test_it_can_be_played_again_and_twice_is_once():
    stage = Stage()
    for _ in range(3):
        stage.player.play()
        stage.player.play()
        wait_until(lambda: stage.player.playing)
        stage.player.pause()
    threads = [t for t in threading.enumerate() if t.name == "posture player"]
    wait_until(lambda: not any(t.is_alive() for t in threads))
