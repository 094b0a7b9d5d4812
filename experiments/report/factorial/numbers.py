"""The numbers of the factorial: which change makes the difference, which battery still makes one."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pandas as pd

from experiments.report.study import in_order
from experiments.report.style.words import listed

SHOWN = ("main effect", "interaction of two", "interaction of three", "total")
SOURCES = {"defaults": ("default values", "replicates"), "ensemble": ("ensemble", "draws")}
MAIN, TOTAL = "main effect", "total"


def best_source(terms: pd.DataFrame) -> str:
    """Over the ensemble if it was run, else at the default values."""
    return "ensemble" if "ensemble" in set(terms["over"]) else "defaults"


def main_effects(terms: pd.DataFrame, over: str) -> pd.DataFrame:
    """Main effects of one source, with a column `clear`: whether the 95% interval leaves 0 out."""
    rows = terms[(terms["over"] == over) & (terms["kind"] == MAIN)]
    return rows.assign(clear=(rows["low"] > 0) | (rows["high"] < 0))


def against(mains: pd.DataFrame, total: float) -> list[str]:
    """Changes whose effect is clear and of the other sign than the whole."""
    return list(mains.loc[mains["clear"] & (mains["mean"] * total < 0), "effect"])


def largest(terms: pd.DataFrame, over: str) -> dict[str, str]:
    """For each measure the change with the largest main effect, where its interval lies beyond those of the others."""
    found = {}
    for measure, rows in main_effects(terms, over).groupby("measure", sort=False):
        rows = rows.assign(size=rows["mean"].abs()).sort_values("size", ascending=False, kind="stable")
        reach = rows[["low", "high"]].abs()
        if rows["clear"].iloc[0] and reach.iloc[0].min() > reach.iloc[1:].max().max():
            found[str(measure)] = str(rows["effect"].iloc[0])
    return found


def shown(terms: pd.DataFrame) -> pd.DataFrame:
    """The rows that are drawn, main effects first and the total last."""
    rows = terms[terms["kind"].isin(SHOWN)]
    return rows.sort_values("kind", key=lambda kinds: kinds.map(SHOWN.index), kind="stable")


def effects_title(terms: pd.DataFrame) -> str:
    """Which change has the largest part in how many measures."""
    over = best_source(terms)
    found, n = largest(terms, over), len(in_order(terms, "measure"))
    where = "over the ensemble" if over == "ensemble" else "at the default values"
    counts = [f"{name} in {k}" for name, k in Counter(found.values()).most_common()]
    undecided = [f"undecided in {n - len(found)}"] if len(found) < n else []
    parts = listed([*counts, *undecided])
    return f"Six against fourteen, taken apart: largest part of the change, of {n} measures, {parts} ({where})"


# --- batteries -------------------------------------------------------------------------------------------
def clear_steps(rungs: pd.DataFrame) -> dict[tuple[float, float], tuple[int, int]]:
    """For each step from one number of batteries to the next: in how many curves the change is clear, and of how many.

    A curve is a measure on one number of sites with one number of people; clear: the 95% interval leaves 0 out.
    """
    clear = (rungs["step_low"] > 0) | (rungs["step_high"] < 0)
    steps = {}
    for before, after in pairwise(sorted(rungs["batteries"].unique().tolist())):
        rows = rungs["batteries"] == after
        steps[before, after] = (int((rows & clear).sum()), int(rows.sum()))
    return steps


def curves_of(rungs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each number of sites and people, by their words."""
    groups = rungs.groupby(["sites", "people"], sort=False)
    return {f"{sites}, {people:,.0f} people": line for (sites, people), line in groups}


def curves_title(rungs: pd.DataFrame) -> str:
    """How far up the ladder a further battery still makes a clear change."""
    steps = clear_steps(rungs)
    of = max((total for _, total in steps.values()), default=0)
    words = [f"from {a:g} to {b:g} in {n}" for (a, b), (n, _) in steps.items()]
    if words:
        words[0] += f" of {of} curves"
    return f"A further battery makes a clear change {', '.join(words)}"
