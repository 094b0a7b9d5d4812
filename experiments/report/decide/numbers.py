"""The numbers of deciding: policies in their order, what luck was in them, where the choice turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.report.study import Tabled
from experiments.report.style import tables
from experiments.report.style.names import policy_words, side_words
from sim.numbers import amount, percent
from sim.statistics import Interval

SHOWN = 16
"""Policies in a figure: those of least regret."""


def choices(frame: pd.DataFrame) -> pd.DataFrame:
    """The policies that are no evacuations, those of least regret first."""
    rows = frame[frame["evacuation"].isna() | (frame["evacuation"] == "")]
    return rows.sort_values(["regret_p90", "regret_mean"], kind="stable")


def evacuations(frame: pd.DataFrame) -> pd.DataFrame:
    """The evacuations."""
    return frame[~frame.index.isin(choices(frame).index)]


def within(frame: pd.DataFrame) -> pd.DataFrame:
    """The policies within every limit."""
    rows = choices(frame)
    return rows[rows["broken"].isna() | (rows["broken"] == "")]


def chosen(frame: pd.DataFrame) -> str:
    """The policy that is chosen; empty if none is."""
    rows = frame[frame["chosen"] == 1]
    return str(rows["policy"].iloc[0]) if len(rows) else ""


def decides(found: Tabled) -> str:
    """The objective that decides; pressure if the manifest does not say."""
    return str(found.size("decides") or "pressure")


def of_objective(scores: pd.DataFrame, objective: str) -> pd.DataFrame:
    """The rows of an objective."""
    return scores[scores["objective"] == objective]


# --- regret against cost --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Mark:
    """A policy in the figure of regret against cost."""

    policy: str
    regret: float
    cost: float
    chosen: bool
    front: bool
    bare: bool


def marks(frame: pd.DataFrame, scores: pd.DataFrame, cost: str) -> list[Mark]:
    """The policies within every limit, with their regret and what they cost."""
    spent = of_objective(scores, cost).set_index("policy")["fresh_mean"]
    rows = within(frame)
    rows = rows[rows["policy"].isin(spent.index)]
    return [
        Mark(
            str(row["policy"]),
            float(row["regret_p90"]),
            float(spent[row["policy"]]),
            bool(row["chosen"]),
            bool(row["front"]),
            row["responses"] == "none",
        )
        for row in rows.to_dict("records")
    ]


# --- luck -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Kept:
    """A policy's lead over the base: what selection promised, and what fresh states kept (with its interval)."""

    policy: str
    promised: float
    kept: Interval


def leads(frame: pd.DataFrame, scores: pd.DataFrame, objective: str, base: str) -> list[Kept]:
    """Policies by what they promised, the largest lead first; policy − base in the objective's own unit."""
    rows = of_objective(scores, objective)
    at_base = rows[rows["policy"] == base]["at_selection"]
    if at_base.empty:
        return []
    keep = set(choices(frame)["policy"].head(SHOWN))
    found = [
        Kept(str(row["policy"]), float(row["at_selection"] - at_base.iloc[0]), tables.interval_of(row))
        for row in rows.to_dict("records")
        if row["policy"] in keep and row["policy"] != base
    ]
    return sorted(found, key=lambda each: each.promised)


def lost(found: list[Kept]) -> float:
    """How much of what was promised fresh states did not keep, mean over policies."""
    return float(np.mean([each.kept.mean - each.promised for each in found]))


# --- structures -----------------------------------------------------------------------------------------
def tried(structures: pd.DataFrame) -> pd.DataFrame:
    """The structures for which there were enough states, and a policy within the limits."""
    return structures[structures["pick"].notna() & (structures["pick"] != "")]


def turning(structures: pd.DataFrame) -> list[str]:
    """`“bombs are laid on a tip-off”: six sites with surge`, for each structure under which the choice turns."""
    rows = structures[structures["turns"] == 1]
    return [
        f"“{side_words(row['structure'], row['where'])}”: {policy_words(row['pick'])}"
        for row in rows.to_dict("records")
    ]


def other_picks(structures: pd.DataFrame, chosen: str) -> pd.DataFrame:
    """The structures under which another policy would be chosen, clearly better or not."""
    rows = tried(structures)
    return rows[rows["pick"] != chosen]


def curse_words(about: dict[str, object], unit: str) -> Iterator[str]:
    """What was lost of the lead of the policy that was best at selection."""
    curse, best = about.get("curse"), about.get("best_at_selection")
    if not (isinstance(curse, list) and len(curse) == 3 and best):
        return
    if None in curse:
        yield f"{best} looked best when policies were looked for; so few states can't tell what became of its lead."
        return
    mean, low, high = map(float, curse)
    side = "smaller" if mean > 0 else "larger"
    yield (
        f"{best} looked best when policies were looked for; on fresh states its lead over the base is "
        f"{amount(abs(mean), unit)} {side} (of the change: 95% interval {amount(low, unit)} to {amount(high, unit)}, "
        "worse above 0)."
    )


def share_words(share: float) -> str:
    """A share of the states in words; nothing if it is not known."""
    return "" if share != share else percent(share)
