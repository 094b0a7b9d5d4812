"""All events of a run that is watched, in one buffer that grows by doubling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.state import EVENT

_FIRST_ROWS = 256


class EventLog:
    """Events in their order. What `rows` has handed out is never written to again."""

    def __init__(self) -> None:
        self._buffer, self._n = np.zeros(_FIRST_ROWS, EVENT), 0

    def __len__(self) -> int:
        return self._n

    @property
    def rows(self) -> NDArray[Any]:
        """The events so far (dtype EVENT), without a copy."""
        return self._buffer[: self._n]

    def add(self, events: NDArray[Any]) -> None:
        """Events that happened next."""
        end = self._n + len(events)
        if end > len(self._buffer):
            self._buffer = np.concatenate([self.rows, np.zeros(max(end, 2 * len(self._buffer)) - self._n, EVENT)])
        self._buffer[self._n : end] = events
        self._n = end

    def replace(self, events: NDArray[Any]) -> None:
        """These events instead of all so far."""
        self._buffer, self._n = np.zeros(max(_FIRST_ROWS, len(events)), EVENT), 0
        self.add(events)
