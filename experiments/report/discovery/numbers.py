"""The numbers of scenario discovery: where answers flip, which boxes hold, which pairs are robust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.report.study import Tabled, in_order, of_measure, share_words, with_unit_of
from experiments.report.style.heatmap import overall_rank
from experiments.report.style.names import leaves
from sim.measures import BY_NAME, NEITHER
from sim.numbers import amount, percent
from sim.statistics import Interval

PARTS = {"regret_mean": "mean", "regret_p90": "90th percentile"}
ASKED = ["base", "other", "measure"]
SIDES = ("better", "worse", "neither")


def told(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that can say better or worse: no embassy closed, no measure that is neither."""
    kept = pd.Series(data=True, index=frame.index)
    for column in ("base", "other", "pair"):
        if column in frame:
            kept &= ~frame[column].map(leaves)
    if "measure" in frame:
        kept &= frame["measure"].map(lambda measure: measure not in BY_NAME or BY_NAME[measure].better != NEITHER)
    return frame[kept]


def added(row: Mapping[Any, Any]) -> str:
    """What the second has and the first has not: its responses, or all of it."""
    return str(row["other"]).removeprefix(f"{row['base']} with ")


def states_in(found: Tabled) -> str:
    """`500 states of the world`, from the answers or the manifest; else just the word."""
    n = int(found["answers"]["states"].max()) if "answers" in found else found.size("states")
    return f"{n:,} states of the world" if n else "states of the world"


# --- answers -------------------------------------------------------------------------------------------
def side_of(row: Mapping[Any, Any]) -> str:
    """Whether the second is better or worse in most states, clearly: the interval of that share lies above one half."""
    return next((side for side in ("better", "worse") if row[f"{side}_low"] > 0.5), "neither")


def sides(asked: pd.DataFrame) -> dict[str, list[Mapping[Any, Any]]]:
    """The questions by side, in their order."""
    found: dict[str, list[Mapping[Any, Any]]] = {side: [] for side in SIDES}
    for row in asked.to_dict("records"):
        found[side_of(row)].append(row)
    return found


def answers_title(asked: pd.DataFrame) -> str:
    """On which side most states are, question by question."""
    better, worse, neither = (len(rows) for rows in sides(asked).values())
    words = f"{better} clearly for the better in most states, {worse} clearly for the worse, {neither} neither"
    return f"{len(asked)} questions: {words}"


def most_open(asked: pd.DataFrame) -> pd.DataFrame:
    """The questions, those first where many states are on either side; where states aren't told apart, last."""
    both = asked.assign(both=asked[["better", "worse"]].min(axis=1))
    return both.sort_values(["both", "worse"], ascending=False, kind="stable", na_position="last")


def worse_words(row: Mapping[Any, Any]) -> str:
    """`worse in 54% of the states (95% interval 34% to 70%), better in 46%`; or that states can't be told apart."""
    if pd.isna(row["worse"]):
        return "states not told apart by more than replicate noise"
    worse = share_words(Interval(float(row["worse"]), float(row["worse_low"]), float(row["worse_high"])))
    return f"worse in {worse} of the states, equal in {percent(row['equal'])}, better in {percent(row['better'])}"


def most_explained(regions: pd.DataFrame) -> pd.DataFrame:
    """The boxes, those first which hold most cases beyond what as many states anywhere would."""
    beyond = regions.assign(beyond=regions["fresh_coverage"] - regions["mass"])
    return beyond.sort_values("beyond", ascending=False, kind="stable")


# --- robustness ----------------------------------------------------------------------------------------
def regret_table(robust: pd.DataFrame) -> pd.DataFrame:
    """Pairs × (measure and part) of regret; columns are labels with units in two lines."""
    parts = {}
    for measure in in_order(robust, "measure"):
        rows = of_measure(robust, measure).set_index("pair")
        for column, words in PARTS.items():
            parts[f"{with_unit_of(robust, measure)}\n{words}"] = rows[column]
    return pd.DataFrame(parts).loc[in_order(robust, "pair")]


def mean_regret(robust: pd.DataFrame) -> pd.DataFrame:
    """Pairs × measures of mean regret; columns are labels with units."""
    wide = robust.pivot_table(index="pair", columns="measure", values="regret_mean", sort=False)
    return wide.rename(columns={measure: with_unit_of(robust, measure) for measure in wide.columns})


def good_enough(robust: pd.DataFrame) -> pd.Series:
    """The satisficing share of each pair, the largest first."""
    shares = robust.drop_duplicates("pair").set_index("pair")["satisficing"]
    return shares.sort_values(ascending=False, kind="stable")


def robustness_title(robust: pd.DataFrame) -> str:
    """Which pairs are good enough in most states, and which in fewest."""
    shares = good_enough(robust)
    top = ", ".join(f"{pair} {percent(share)}" for pair, share in shares[:3].items())
    return f"Good enough in most states: {top}; in fewest: {shares.index[-1]} {percent(shares.iloc[-1])}"


def most_robust(robust: pd.DataFrame) -> tuple[list[str], float]:
    """The pairs of the best mean rank in mean regret, and that rank."""
    ranks = overall_rank(mean_regret(robust))
    return [str(pair) for pair in ranks.index[ranks == ranks.min()]], float(ranks.min())


def least_regret(robust: pd.DataFrame, measure: str) -> str:
    """`six (8.5, 90th percentile 20 point)`."""
    row = of_measure(robust, measure).sort_values("regret_mean", kind="stable").iloc[0]
    mean, high = (amount(float(row[part]), str(row["unit"])) for part in ("regret_mean", "regret_p90"))
    return f"{row['pair']} ({mean}, 90th percentile {high})"
