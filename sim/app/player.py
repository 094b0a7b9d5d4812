"""The threads that play a session: so many hours a second, so many pictures a second, no more than are looked at.

A second thread lets the rest of the page follow, so that no picture waits for a panel.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sim.app.pace import PACE

SPEEDS = {
    "1 hour/s": 1.0,
    "6 hours/s": 6.0,
    "1 day/s": 24.0,
    "3 days/s": 72.0,
    "1 week/s": 168.0,
    "1 month/s": 720.0,
}
"""Words → hours a second."""
USUAL_SPEED = "1 day/s"
FRAMES_PER_SECOND = 24.0
FOLLOWED_EVERY_SECONDS = 0.1
REST_SECONDS = 0.02  # at least, between two rounds of the page
PATIENCE_SECONDS = 5.0  # without a sign of life from the browser, playing stops


class Player:
    """Plays by calling `advance(hours)` and `show()`; meanwhile `follow()` is called a few times a second, beside them.

    `behind()` is how many pictures the browser has not yet taken: with more than two, the next is not sent, and after
    `PATIENCE_SECONDS` playing stops: the tab is gone, or asleep.
    """

    def __init__(
        self,
        advance: Callable[[int], bool],
        show: Callable[[], None],
        behind: Callable[[], int],
        stopped: Callable[[], None],
        follow: Callable[[], None],
    ) -> None:
        self._advance, self._show, self._behind = advance, show, behind
        self._stopped, self._follow = stopped, follow
        self.hours_per_second, self.patience_seconds = SPEEDS[USUAL_SPEED], PATIENCE_SECONDS
        self._quit = threading.Event()
        self._quit.set()
        self._moving, self._following = threading.Lock(), threading.RLock()

    @property
    def playing(self) -> bool:
        """Is a thread at work?"""
        return not self._quit.is_set()

    def play(self) -> None:
        """Begin, if not begun."""
        if not self.playing:
            self._quit = threading.Event()
            for name, work in (("posture player", self._loop), ("posture page", self._keep_up)):
                threading.Thread(target=work, args=(self._quit,), daemon=True, name=name).start()

    def pause(self) -> None:
        """Stop; when this returns, no hour is in work and none begins."""
        with self._moving:
            self._quit.set()

    def settle(self) -> None:
        """Stop; when this returns, the page is told nothing more of what it was told while playing."""
        self.pause()
        with self._following:
            return

    def _move(self, hours: int, quit_now: threading.Event) -> bool:
        with self._moving:
            return not quit_now.is_set() and self._advance(hours)

    def _loop(self, quit_now: threading.Event) -> None:
        """A picture every tick; hours by the clock, so that a slow picture slows nothing down but pictures."""
        try:
            with PACE.playing():
                self._play(quit_now)
        finally:  # also after an error, which the thread's own hook reports
            if not quit_now.is_set():
                quit_now.set()
                self._stopped()

    def _keep_up(self, quit_now: threading.Event) -> None:
        took = 0.0
        while not quit_now.wait(max(REST_SECONDS, FOLLOWED_EVERY_SECONDS - took)):
            began = time.monotonic()
            with self._following:
                if quit_now.is_set():
                    return
                self._follow()
            took = time.monotonic() - began

    def _play(self, quit_now: threading.Event) -> None:
        owed, more, last = 0.0, True, time.monotonic()
        alive = due = last
        while more and not quit_now.wait(max(0.0, due - time.monotonic())):
            now = time.monotonic()
            due = max(due + 1.0 / FRAMES_PER_SECOND, now)
            if self._behind() <= 2:
                alive = now
                owed += min(now - last, 0.5) * self.hours_per_second
                more = self._move(int(owed), quit_now)
                owed -= int(owed)
                self._show()
                last = now
            more = more and now - alive < self.patience_seconds
