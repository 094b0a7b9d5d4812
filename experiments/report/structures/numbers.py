"""The numbers of the rival structures: pairs of postures, and under how many structures an answer has which sign."""

from __future__ import annotations

import pandas as pd

from experiments.report.style import tables
from sim.statistics import Interval

Pair = tuple[str, str]
SIDES = ("clearly lower", "clearly higher", "not told apart")


def pairs(frame: pd.DataFrame) -> list[Pair]:
    """Base and posture of each pair, as they come."""
    return list(dict.fromkeys(zip(frame["base"], frame["posture"], strict=True)))


def of_pair(frame: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    """The rows of a pair."""
    return frame[(frame["base"] == pair[0]) & (frame["posture"] == pair[1])]


def by_structure(rows: pd.DataFrame) -> dict[str, Interval]:
    """Structure → difference; of the rows of one pair and measure."""
    return dict(zip(rows["structure"], tables.intervals(rows), strict=True))


def by_side(found: dict[str, Interval]) -> list[tuple[str, list[str]]]:
    """Which sign the answer has under which structures, that of most structures first."""
    sides: dict[str, list[str]] = {side: [] for side in SIDES}
    for name, change in found.items():
        sides[side_of(change)].append(name)
    return sorted(((side, names) for side, names in sides.items() if names), key=lambda each: -len(each[1]))


def side_of(change: Interval) -> str:
    """Whether a difference is clear of 0, and on which side."""
    return "not told apart" if not change.clear else "clearly lower" if change.mean < 0 else "clearly higher"
