"""The line of time of a page: the attacks of the whole run, those to come as they are to be if nothing is changed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import solara

from sim.app.live_run import LiveRun
from sim.app.session import Session
from sim.app.timeline.marks import Mark, marks
from sim.app.timeline.widget import TimelineWidget
from sim.errors import PostureError

_MARKING = threading.Semaphore(1)  # of all tabs one runs ahead: side by side they would keep the rest from working


class Timeline:
    """The widget, and the thread that finds its marks: a whole run is too long for a button to wait for.

    `marked` grows each time that marks were found.
    """

    def __init__(self, session: Callable[[], Session], dark: bool) -> None:
        self._session, self.widget = session, TimelineWidget(dark=dark)
        self.marked: solara.Reactive[int] = solara.reactive(0)
        self._wanted, self._closed = threading.Event(), threading.Event()

    def begin(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._work, daemon=True, name="posture marks").start()

    def restart(self) -> None:
        """Another run: nothing is known of it yet."""
        session = self._session()
        self.widget.marks, self.widget.n_hours = [], session.n_hours
        self.widget.start = session.first.scenario.posture.start.isoformat()
        self.follow()

    def follow(self) -> None:
        """Orders or parameters have changed, and with them what is to come."""
        self.widget.labels = [run.label for run in self._session().runs]
        self._wanted.set()

    def _work(self) -> None:
        while not self._closed.is_set():
            self._wanted.wait()
            self._wanted.clear()
            with _MARKING:
                if not self._closed.is_set():
                    self._find(self._session())

    def _find(self, session: Session) -> None:
        found = [_attacks(session, run) for run in session.runs]
        if not (self._closed.is_set() or self._wanted.is_set()):  # else it is looked for again
            self.widget.marks = found
            self.marked.value += 1

    def attack_from(self, hour: int, way: int) -> tuple[int, int] | None:
        """Event number and run of the next (`way` 1) or the last (−1) attack, seen from an hour."""
        every = [(at, number, k) for k, of_run in enumerate(self.widget.marks) for number, at, *_ in of_run]
        there = [each for each in every if (each[0] >= hour if way > 0 else each[0] + 1 < hour)]
        found = min(there, default=None) if way > 0 else max(there, default=None)
        return found and found[1:]

    def hour_of(self, number: int, run: int) -> int | None:
        """The hour of an attack by its event number; None for one that the line no longer has."""
        of_run = self.widget.marks[run] if run < len(self.widget.marks) else []
        return next((at for n, at, *_ in of_run if n == number), None)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._wanted.set()
        self.widget.close()


def _attacks(session: Session, run: LiveRun) -> list[Mark]:
    """Those of the whole run; of one that stops before its end, those so far."""
    try:
        events = run.complete().events
    except PostureError:
        with session.lock:
            events = run.events.copy()
    with session.lock:
        return marks(run.model, events)
