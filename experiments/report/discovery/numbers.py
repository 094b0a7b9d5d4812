"""The numbers of scenario discovery: where answers flip, which boxes hold, which pairs are robust."""

from __future__ import annotations

import pandas as pd

from experiments.report.study import Tabled, in_order, of_measure, with_unit_of
from experiments.report.style.heatmap import overall_rank
from sim.numbers import amount, percent

PARTS = {"regret_mean": "mean", "regret_p90": "90th percentile"}
KEPT = 0.5
"""A box holds if on fresh states it keeps this part of its lead over the share of all states: a judgement."""
ASKED = ["base", "other", "measure"]


def states_in(found: Tabled) -> str:
    """`500 states of the world`, from the answers or the manifest; else just the word."""
    n = int(found["answers"]["states"].max()) if "answers" in found else found.size("states")
    return f"{n} states of the world" if n else "states of the world"


# --- answers -------------------------------------------------------------------------------------------
def sides(asked: pd.DataFrame) -> tuple[int, int, int]:
    """Questions where the second is surely better in most states, surely worse in most, and neither."""
    better, worse = int((asked["surely_better"] > 0.5).sum()), int((asked["surely_worse"] > 0.5).sum())
    return better, worse, len(asked) - better - worse


def answers_title(asked: pd.DataFrame) -> str:
    """On which side most states are, question by question."""
    better, worse, neither = sides(asked)
    words = f"in {better} the second is surely better in most states, in {worse} surely worse, in {neither} neither"
    return f"Of {len(asked)} questions, {words}"


def most_open(asked: pd.DataFrame) -> pd.DataFrame:
    """The questions, those first where many states are surely on either side."""
    both = asked.assign(both=asked[["surely_better", "surely_worse"]].min(axis=1))
    return both.sort_values(["both", "surely_worse"], ascending=False, kind="stable")


def surely(asked: pd.DataFrame, side: str) -> pd.DataFrame:
    """The questions where the second is surely on a side in most states, those of the most states first."""
    rows = asked[asked[f"surely_{side}"] > KEPT]
    return rows.sort_values(f"surely_{side}", ascending=False, kind="stable")


def tested(regions: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """Boxes with the share of all states and of all fresh ones in which the answer flips, and whether a box held.

    `lead` is the density above the share of all states, `fresh_lead` the same on fresh states, `explained` the share of
    fresh states where the answer flips in the box beyond what a box of its size would hold by chance.
    """
    rows = regions.merge(asked[[*ASKED, "worse", "fresh_worse"]], on=ASKED, how="inner")
    rows["lead"], rows["fresh_lead"] = rows["density"] - rows["worse"], rows["fresh_density"] - rows["fresh_worse"]
    rows["explained"] = rows["fresh_lead"] * rows["fresh_mass"]
    rows["held"] = (rows["lead"] > 0) & (rows["fresh_lead"] >= KEPT * rows["lead"])
    return rows


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
