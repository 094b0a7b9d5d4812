"""Rows of the event log: an event is told in words once, however often the log is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from sim.app.setup import Events, Row, Rows
from sim.scenario import Scenario


class EventRows:
    """Makes rows as `tell(scenario, seed, events, numbers)` does, and keeps those that it gave last.

    A row must depend on its scenario, seed and event alone. One that was told for the same event is given again, the
    same object.
    """

    def __init__(self, tell: Rows) -> None:
        self._tell = tell
        self._run: tuple[Scenario, int] | None = None
        self._kept: dict[int, tuple[bytes, Row]] = {}  # number of an event → the event, and its row

    def of(self, scenario: Scenario, seed: int, events: Events, numbers: Sequence[int]) -> list[Row]:
        """Rows of the events with these numbers (from 1)."""
        if self._run is None or self._run[0] is not scenario or self._run[1] != seed:
            self._run, self._kept = (scenario, seed), {}
        asked = {number: events[number - 1].tobytes() for number in numbers}
        self._kept = {n: self._kept[n] for n, event in asked.items() if n in self._kept and self._kept[n][0] == event}
        if new := [number for number in asked if number not in self._kept]:
            rows = self._tell(scenario, seed, events, new)
            self._kept |= {number: (asked[number], row) for number, row in zip(new, rows, strict=True)}
        return [self._kept[number][1] for number in numbers]
