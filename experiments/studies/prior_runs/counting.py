"""What is kept of a run: for each thing that is counted in whole numbers, how many were new on each day."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.errors import RunError
from sim.measures import SUMS, TALLY
from sim.scenario import Scenario

Counts = NDArray[np.int16]
_MEASURED = frozenset({"t", "hour", "site hour", "day", "point"})
"""Units of totals that need not be whole numbers."""
COUNTED = tuple(column.name for column in TALLY if not column.level and column.unit not in _MEASURED)
SUMS_OF = {each.name: each.sum_of for each in SUMS}
MEASURES = (*SUMS_OF, *COUNTED)
"""What can be read off a table: counts, and sums of counts."""
_LEAST, _MOST = np.iinfo(np.int16).min, np.iinfo(np.int16).max


@dataclass(frozen=True)
class DailyCounts:
    """An output: what is new of each count of a run on each day (columns × days), packed into bytes; most are zero.

    One may be below 0: a convoy that has arrived counts as turned back if its site is handed over before it unloads.
    """

    columns: tuple[str, ...] = field(default=COUNTED)
    name: ClassVar[str] = "daily_counts"
    events: ClassVar[bool] = False

    def reduce(self, scenario: Scenario, batch: Any, k: int) -> NDArray[np.uint8]:
        """Of run `k`."""
        totals = np.stack([batch.days[k][name] for name in self.columns])
        new = np.diff(totals, axis=1, prepend=0.0)
        counts = new.astype(np.int16)
        if not np.array_equal(counts, new):
            first = self.columns[int(np.argmax((counts != new).any(axis=1)))]
            raise RunError(f"{first}: expected whole numbers of {_LEAST} to {_MOST} new on a day")
        return np.frombuffer(zlib.compress(counts.tobytes(), 1), np.uint8)

    def unpacked(self, row: NDArray[np.uint8]) -> Counts:
        """The counts (columns × days) of a run's bytes."""
        return np.frombuffer(zlib.decompress(row.tobytes()), np.int16).reshape(len(self.columns), -1)
