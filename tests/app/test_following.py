"""The page follows what is watched: at the end it says what is so, whoever said something older in between."""

from __future__ import annotations

import threading

import pytest

from sim.app.controller import Controller
from sim.app.setup import Setup


class Late(Controller):
    """One whose update, if it is of a thread that plays, comes to the page only when `go_on` is set."""

    def __init__(self):
        self.read, self.go_on = threading.Event(), threading.Event()
        super().__init__(Setup())

    def _as_it_is(self):
        found = super()._as_it_is()
        if threading.current_thread().name == "posture page" and not self.read.is_set():
            self.read.set()
            assert self.go_on.wait(60)
        return found


@pytest.fixture
def late():
    controller = Late()
    yield controller
    controller.go_on.set()
    controller.close()


def test_what_was_read_before_a_pause_does_not_stay_on_the_page(late):
    late.play_or_pause()
    assert late.read.wait(60)
    late.pause()
    late.go_to(100)
    assert (late.shown.value.playing, late.shown.value.hour) == (False, 100)
    (page,) = [thread for thread in threading.enumerate() if thread.name == "posture page"]
    late.go_on.set()
    page.join(60)
    assert (late.shown.value.playing, late.shown.value.hour) == (False, 100)
    assert (late.address.playing, "hour=100" in late.address.query) == (False, True)
