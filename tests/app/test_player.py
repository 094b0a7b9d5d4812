"""The player: hours by the clock, pictures only as fast as they are taken, and it stops when nobody looks."""

from __future__ import annotations

import threading
import time

from sim.app.player import Player


class Stage:
    """A stand that counts what a player does."""

    def __init__(self, end=10_000, follow=lambda: None):
        self.hours, self.pictures, self.waiting, self.end = 0, 0, 0, end
        self.stopped = threading.Event()
        self.player = Player(self.advance, self.show, lambda: self.waiting, self.stopped.set, follow)

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
    threads = [t for t in threading.enumerate() if t.name in ("posture player", "posture page")]
    wait_until(lambda: not any(t.is_alive() for t in threads))


def test_pictures_wait_for_no_panel():
    """The page is still busy with what it was told first, and pictures go on."""
    asked, drawn = threading.Event(), threading.Event()

    def follow():
        asked.set()
        assert drawn.wait(60)

    stage = Stage(follow=follow)
    stage.player.play()
    assert asked.wait(20)
    before = stage.pictures
    wait_until(lambda: stage.pictures >= before + 5)
    stage.player.pause()
    drawn.set()


def test_the_page_is_told_again_and_again_while_it_plays():
    times = []
    stage = Stage(follow=lambda: times.append(stage.hours))
    stage.player.play()
    wait_until(lambda: len(times) >= 5 and stage.hours > times[0])
    stage.player.pause()
    assert times == sorted(times)
    assert len(set(times)) > 1


def test_when_it_has_settled_the_page_is_not_being_told_anything():
    told, go_on, busy = threading.Event(), threading.Event(), []

    def follow():
        busy.append(True)
        told.set()
        assert go_on.wait(60)
        busy.pop()

    stage = Stage(follow=follow)
    stage.player.play()
    assert told.wait(20)
    threading.Timer(0.3, go_on.set).start()
    stage.player.settle()
    assert (busy, stage.player.playing) == ([], False)
