"""The numbers of attacks by square, and what a map says of them in words.

Frames are `squares.csv` as a table: a row for each scenario, kind of attack and square, the base first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from scipy import stats

from experiments.report.style import base_map as on
from experiments.report.style.base_map import BaseMap
from experiments.report.style.words import policy
from sim.numbers import fixed, number
from sim.statistics import LEVEL

KINDS = ("fire", "convoy", "detail")
DIFFERENCE = ("difference_mean", "difference_low", "difference_high")
NAMED = 2
"""Falls and rises that the headline names."""


def of_scenario(squares: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of a scenario, the largest first."""
    return squares[squares["scenario"] == name].sort_values("mean", ascending=False, kind="stable")


def is_clear(rows: pd.DataFrame) -> Any:
    """Whether the interval of each difference leaves 0 out."""
    return (rows["difference_low"] > 0) | (rows["difference_high"] < 0)


def counts(rows: pd.DataFrame) -> tuple[int, int, int]:
    """Squares (of each kind of attack) with clearly fewer attacks, clearly more, and undecided."""
    clear = is_clear(rows)
    fewer = int((clear & (rows["difference_mean"] < 0)).sum())
    more = int((clear & (rows["difference_mean"] > 0)).sum())
    return fewer, more, len(rows) - fewer - more


def largest(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows of largest difference, whatever its sign."""
    order = rows["difference_mean"].abs().sort_values(ascending=False, kind="stable").index
    return rows.loc[order].head(most)


def where(row: Mapping[Any, Any], base_map: BaseMap) -> str:
    """The place of a square, or how far it is from the nearest."""
    if isinstance(row["place"], str) and row["place"]:
        return on.in_words(row["place"])
    x, y = row["x_km"], row["y_km"]
    if not base_map.places:
        return f"at {x:.0f}, {y:.0f} km"
    nearest = min(base_map.places, key=lambda place: math.hypot(place.x - x, place.y - y))
    away = math.hypot(nearest.x - x, nearest.y - y)
    return f"{away:.0f} km from {nearest.name}" if away >= 1 else nearest.name


def panel_title(rows: pd.DataFrame, name: str, part: str) -> str:
    """Attacks per run by kind in this part."""
    part = f", {part}" if part else ""
    sums = rows.groupby("kind")["mean"].sum()
    words = ", ".join(f"{number(float(sums[kind]))} {kind}" for kind in KINDS if kind in sums)
    return f"{policy(name)}{part}: {words or 'none'}"


def change_title(base_map: BaseMap, other: str, *, near: bool) -> str:
    """What a map of the difference shows."""
    if near:
        return f"The same around {base_map.name}"
    return f"Where attacks fall and rise with {policy(other)}"


def displacement_title(squares: pd.DataFrame, base_map: BaseMap, base: str, other: str | None) -> str:
    """Where attacks fall and rise most for certain."""
    if other is None:
        return f"{policy(base)}, attacks per run: most at {_tops(of_scenario(squares, base), base_map)}"
    rows = of_scenario(squares, other)
    clear = rows[is_clear(rows)]
    falls = largest(clear[clear["difference_mean"] < 0], NAMED)
    rises = largest(clear[clear["difference_mean"] > 0], NAMED)
    words = [
        f"{what}: {_named(found, base_map)}"
        for what, found in (("largest falls", falls), ("largest rises", rises))
        if len(found)
    ]
    moved = "; ".join(words) or "no square differs for certain"
    return f"{policy(other)} against {policy(base)}, attacks per run in a square (95% interval); {moved}"


def _tops(rows: pd.DataFrame, base_map: BaseMap) -> str:
    found = [f"{where(r, base_map)} ({r['kind']} {number(r['mean'])})" for r in rows.head(3).to_dict("records")]
    return ", ".join(found) or "none"


def _named(rows: pd.DataFrame, base_map: BaseMap) -> str:
    return ", ".join(f"{r['kind']} {where(r, base_map)} {change_words(r)}" for r in rows.to_dict("records"))


def change_words(row: Mapping[Any, Any]) -> str:
    """A difference with its interval."""
    mean, low, high = (fixed(row[end], 2, sign=True) for end in DIFFERENCE)
    return f"{mean} ({low} to {high})"


def varying(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose difference varies between runs, so that an interval says something."""
    return rows[(rows["difference_high"] > rows["difference_low"]) & (rows["n"] > 1)]


def p_values(rows: pd.DataFrame) -> Any:
    """Two-sided p of each difference, from the width of its t interval."""
    freedom = rows["n"].to_numpy() - 1
    half = (rows["difference_high"] - rows["difference_low"]).to_numpy() / 2
    error = half / stats.t.ppf((1 + LEVEL) / 2, freedom)
    return 2 * stats.t.sf(rows["difference_mean"].abs().to_numpy() / error, freedom)
