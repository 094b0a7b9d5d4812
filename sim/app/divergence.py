"""What happened in one of two runs and not in the other, and where they first part."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.rules import events as ev

Events = NDArray[Any]
SAME = ("hour", "kind", "actor", "target", "convoy")
DECISIVE = (ev.OPERATION, ev.ABSTAIN, ev.GIVEN_UP, *ev.ATTACKS)


def only_here(events: Events, other: Events) -> NDArray[np.bool_]:
    """Which events have no counterpart in the other run: same hour, kind, actor and target."""
    there = set(_keys(other))
    return np.array([key not in there for key in _keys(events)], dtype=bool)


def _keys(events: Events) -> list[tuple[Any, ...]]:
    return list(zip(*(events[name].tolist() for name in SAME), strict=True))


def first_divergence(first: Events, second: Events) -> tuple[int, int] | None:
    """Number (from 1) and run of the first decision or attack of a cell that only one of the runs has."""
    found = []
    for run, (events, other) in enumerate(((first, second), (second, first))):
        numbers = np.flatnonzero(only_here(events, other) & np.isin(events["kind"], DECISIVE))
        if len(numbers):
            found.append((int(events["hour"][numbers[0]]), run, int(numbers[0]) + 1))
    return (min(found)[2], min(found)[1]) if found else None
