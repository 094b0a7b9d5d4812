"""The numbers of the rival structures: pairs of postures, and under how many structures an answer has which sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.report.style import tables
from experiments.report.style.names import structure_words
from experiments.report.style.words import readable
from sim.numbers import percent_change, signed
from sim.statistics import Interval

Pair = tuple[str, str]
CORRECTIONS, PRIOR = "corrections alone", "whole prior"
"""Rows of the tables that are no rival: none of them, and all of them together."""
UNDECIDED = "not told apart"
SIDES = ("clearly lower", "clearly higher", UNDECIDED)


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
    return UNDECIDED if not change.clear else "clearly lower" if change.mean < 0 else "clearly higher"


# --- in short --------------------------------------------------------------------------------------------
def structure_label(name: str) -> str:
    """A structure in words; what is no rival keeps its name."""
    return name if name in (CORRECTIONS, PRIOR) else structure_words(name)


def steady(rows: pd.DataFrame) -> dict[str, str]:
    """Measures of a pair whose sign is clear and the same under every structure, and that side."""
    sides = {measure: by_side(by_structure(some)) for measure, some in rows.groupby("measure", sort=False)}
    return {str(m): found[0][0] for m, found in sides.items() if len(found) == 1 and found[0][0] != UNDECIDED}


def whole(rows: pd.DataFrame) -> dict[str, Mapping[Any, Any]]:
    """Measure → its row over the whole prior; without such rows those of the first structure."""
    name = PRIOR if PRIOR in set(rows["structure"]) else rows["structure"].iloc[0]
    return {str(row["measure"]): row for row in rows[rows["structure"] == name].to_dict("records")}


def relative(rows: pd.DataFrame, measure: str) -> str:
    """`fire attacks −22%`: over the whole prior, as a share of the base; as it is where the base has none."""
    row = whole(rows)[measure]
    level = float(row["level_mean"])
    change = percent_change(float(row["mean"]) / level) if level else signed(float(row["mean"]))
    return f"{readable(measure)} {change}"


def first_of_each(found: Mapping[str, str]) -> list[str]:
    """The first measure of each side: what falls, and what rises."""
    firsts: dict[str, str] = {}
    for measure, side in found.items():
        firsts.setdefault(side, measure)
    return list(firsts.values())
