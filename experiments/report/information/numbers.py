"""The numbers of information: what is worth most to know, by question and kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.report.style.names import in_prose, policy_words
from experiments.report.style.words import readable
from sim.numbers import amount, percent

CHOICE = "choice"
_LABEL = re.compile(r"[a-z0-9_+@=.:/]+")
SHOWN = 12
"""Single data in a figure: those worth most."""
SINGLE, GROUPS = ("parameter", "rival"), ("perfect", "all", "group")


def of_question(frame: pd.DataFrame, question: str) -> pd.DataFrame:
    """The rows of a question."""
    return frame[frame["question"] == question]


def single(rows: pd.DataFrame) -> pd.DataFrame:
    """Single data, those worth most first."""
    return rows[rows["kind"].isin(SINGLE)].sort_values("mean", ascending=False, kind="stable")


def groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Everything, all parameters, and groups of them."""
    return rows[rows["kind"].isin(GROUPS)]


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a figure: groups, then the single data that are worth most."""
    return pd.concat([groups(rows), single(rows).head(SHOWN)])


def clear(rows: pd.DataFrame) -> pd.DataFrame:
    """What is worth more than chance would make it seem."""
    return rows[rows["clear"] == 1]


def most(rows: pd.DataFrame) -> pd.DataFrame:
    """What knowing everything is worth: the row of the larger of the two ways to find it, if it is clear of 0."""
    both = rows[rows["kind"].isin(("perfect", "all"))].sort_values("mean", ascending=False, kind="stable")
    return clear(both).head(1)


def told(rows: pd.DataFrame) -> bool:
    """Whether a single datum is worth more than chance would make it seem."""
    return not clear(single(rows)).empty


def worth_words(value: float, unit: str) -> str:
    """`12.3 points`, or `8% less chance of being wrong`."""
    return f"{percent(value)} less chance of being wrong" if unit == "chance" else amount(value, unit)


def label(row: Mapping[Any, Any]) -> str:
    """A datum in a figure or table."""
    what = str(row["what"])
    if row["kind"] in SINGLE:
        return in_prose(what)
    return f"{readable(what)} (group)" if row["kind"] == "group" else readable(what)


def rule_words(rule: str) -> str:
    """`six; from 0.3 fourteen+surge@0` with its policies in words."""
    parts = re.split(r"(; from \S+ )", rule)
    return "".join(policy_words(part) if _LABEL.fullmatch(part) else part for part in parts)


def prose(row: Mapping[Any, Any]) -> str:
    """A datum in a sentence."""
    return f"“{in_prose(str(row['what']))}”"
