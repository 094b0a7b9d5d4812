"""The run that a page watches, or two side by side under the same streams, moved together. No Solara here."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from sim.app.live_run import Change, LiveRun
from sim.responses import Use
from sim.scenario import Scenario


class Session:
    """One run, or two with the same seed. Every call is safe from any thread."""

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        seed: int,
        hour: int = 0,
        given: Sequence[Use] = (),
        agents: Mapping[str, type[Any]] | None = None,
        changes: Sequence[Change] = (),
    ) -> None:
        self.lock = threading.RLock()
        n_hours = 24 * min(scenario.days for scenario in scenarios)
        self.runs = [LiveRun(scenario, seed, min(hour, n_hours), agents, given, changes) for scenario in scenarios]
        self.n_hours, self.seed = n_hours, seed

    @property
    def first(self) -> LiveRun:
        """The run whose charts, orders and events are shown."""
        return self.runs[0]

    @property
    def hour(self) -> int:
        """Hours since the start: the hour that comes next."""
        return self.first.hour

    @property
    def ended(self) -> bool:
        """Is there nothing left to play?"""
        return self.hour >= self.n_hours or bool(self.failed)

    @property
    def failed(self) -> str:
        """Why a run stopped before its end, "" if none did."""
        return next((run.failed for run in self.runs if run.failed), "")

    @property
    def given(self) -> tuple[Use, ...]:
        """Orders given while watching, by their hours."""
        return self.first.given

    def advance(self, hours: int) -> None:
        """Play on, never past the end."""
        self._each("advance", min(hours, self.n_hours - self.hour))

    def go_to(self, hour: int) -> None:
        """Go to any hour, back or forth."""
        self._each("go_to", max(0, min(hour, self.n_hours)))

    def give(self, uses: Sequence[Use]) -> None:
        """Give orders now, in every run."""
        self._each("give", uses)

    def take_back(self, k: int) -> None:
        """Take the k-th given order back: both runs come to this hour without it."""
        self._each("take_back", k)

    def set_given(self, given: Sequence[Use]) -> None:
        """Both runs come to this hour under just these orders."""
        self._each("set_given", given)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Parameters changed while watching, by their hours."""
        return self.first.changes

    def change(self, key: str, value: Any) -> None:
        """Another value of a parameter from now on, in every run."""
        with self.lock:
            for run in self.runs:
                run.change(key, value)

    def set_changes(self, changes: Sequence[Change]) -> None:
        """Both runs come to this hour under just these changes."""
        self._each("set_changes", changes)

    def so_far(self, run: int = 0) -> tuple[Scenario, NDArray[Any], NDArray[Any]]:
        """Scenario, finished days (dtype TALLY) and events (dtype EVENT) of a run, as copies."""
        with self.lock:
            watched = self.runs[run]
            return watched.scenario, watched.days.copy(), watched.events.copy()

    def _each(self, method: str, argument: Any) -> None:
        with self.lock:
            for run in self.runs:
                getattr(run, method)(argument)

    def close(self) -> None:
        """Free the models."""
        with self.lock:
            for run in self.runs:
                run.close()
