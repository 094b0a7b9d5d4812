"""The numbers of the sensitivity study: which groups and factors move a measure, how much of a run is noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.report.study import Tabled, in_order, of_measure
from experiments.report.style.names import in_prose
from experiments.report.style.words import listed, readable, sentence
from sim.numbers import number

SCOPE_WORDS = {"six_minus_fourteen": "six − fourteen", "six": "six sites", "fourteen": "fourteen sites"}
DIFFERENCE = "six_minus_fourteen"
STREAMS = "streams (dummy)"
"""The row of the tables that moves no parameter and takes other streams: the floor above which a parameter counts."""


def scopes(frame: pd.DataFrame) -> list[str]:
    """The scopes of a table, the difference first: it is what the choice is about."""
    return [scope for scope in SCOPE_WORDS if scope in set(frame["scope"])]


def of_scope(frame: pd.DataFrame, scope: str) -> pd.DataFrame:
    """The rows of one scope."""
    return frame[frame["scope"] == scope]


def counted(names: Sequence[str], of: int) -> str:
    """`a in 3 of 7 measures, b in 2`, the most frequent first."""
    (top, n), *rest = Counter(names).most_common()
    return ", ".join([f"{in_prose(top)} in {n} of {of} measures", *(f"{in_prose(name)} in {k}" for name, k in rest)])


# --- one at a time ---------------------------------------------------------------------------------------
def widest(swings: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The rows of a measure, the widest first; `size` is the wider of the two mean changes, `clear` if it is no noise.

    Clear: the 95% interval of the wider end leaves 0 out.
    """
    rows = of_measure(swings, measure).copy()
    ends = rows[["low_mean", "high_mean"]].abs().fillna(0.0)
    rows["size"], wider = ends.max(axis=1), np.where(ends["high_mean"] > ends["low_mean"], "high", "low")
    parts = [rows[f"{end}_low"].gt(0) | rows[f"{end}_high"].lt(0) for end in ("low", "high")]
    rows["clear"] = np.where(wider == "low", *parts)
    return rows.sort_values("size", ascending=False, kind="stable")


def tornado_title(swings: pd.DataFrame, scope: str) -> str:
    """Which parameter moves how many measures most."""
    measures = in_order(swings, "measure")
    first = [widest(swings, measure).iloc[0] for measure in measures]
    clear = [row["parameter"] for row in first if row["clear"]]
    words = f"moves most: {counted(clear, len(measures))}" if clear else "no clear change in any measure"
    if clear and len(clear) < len(measures):
        words += f", undecided in {len(measures) - len(clear)}"
    return f"{sentence(SCOPE_WORDS[scope])}, one parameter at a time: {words}"


# --- screening -------------------------------------------------------------------------------------------
def screened(effects: pd.DataFrame) -> pd.DataFrame:
    """By parameter: its largest share of the strongest μ* of a measure, and measures above noise; strongest first."""
    rows = effects[effects["parameter"] != STREAMS]
    most = rows.groupby("measure")["mu_star"].transform("max")
    shares = (rows["mu_star"] / most).where(most > 0, 0.0)
    parts = rows[["parameter"]].assign(share=shares, above=rows["above_noise"])
    top = parts.groupby("parameter").agg({"share": "max", "above": "sum"})
    return top.sort_values("share", ascending=False, kind="stable")


# --- Sobol -----------------------------------------------------------------------------------------------
def above_noise(singles: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The parameters of a measure that stand clear of replicate noise, the most influential first."""
    rows = singles[(singles["measure"] == measure) & (singles["above_noise"] == 1) & (singles["parameter"] != STREAMS)]
    return rows.sort_values("total", ascending=False, kind="stable")


def noise_share(found: Tabled, scope: str, measure: str) -> float | None:
    """Share of replicate noise in the variance of a single run; None if no table tells."""
    if "replicate_noise" not in found:
        return None
    noise = found["replicate_noise"]
    row = noise[(noise["scope"] == scope) & (noise["measure"] == measure)]
    share = float((row["shared"] + row["own"]).sum(min_count=1)) if len(row) else np.nan
    return share if np.isfinite(share) else None


def sobol_title(singles: pd.DataFrame, scope: str) -> str:
    """Which input has the largest total index in how many measures, and where none stands above replicate noise."""
    measures = in_order(singles, "measure")
    tops = {measure: above_noise(singles, measure)["parameter"] for measure in measures}
    first = [top.iloc[0] for top in tops.values() if len(top)]
    none = [readable(measure) for measure, top in tops.items() if not len(top)]
    words = [f"largest share of variance: {counted(first, len(measures))}"] if first else []
    words += [f"nothing above replicate noise in {listed(none)}"] if none else []
    return f"{sentence(SCOPE_WORDS[scope])}: {'; '.join(words)}"


def clear_pairs(pairs: pd.DataFrame, singles: pd.DataFrame) -> pd.DataFrame:
    """Pairs whose interval leaves 0 out and whose parameters both stand above replicate noise, the strongest first."""
    above = {(m, p) for m in in_order(singles, "measure") for p in above_noise(singles, m)["parameter"]}
    ends = zip(pairs["measure"], pairs["parameter"], pairs["other"], strict=True)
    both = [(m, one) in above and (m, other) in above for m, one, other in ends]
    rows = pairs[(pairs["second"].abs() > pairs["second_half_width"]) & np.array(both, bool)]
    return rows.sort_values("second", key=lambda s: -s.abs(), kind="stable")


def interactions_title(pairs: pd.DataFrame, clear: pd.DataFrame) -> str:
    """How many pairs act together for certain, and the strongest of them."""
    words = (
        f"Six − fourteen: of {len(pairs)} indices of two parameters together {len(clear)} stand clear of 0 and of noise"
    )
    if not len(clear):
        return words
    top = clear.iloc[0]
    names = listed(in_prose(top[key]) for key in ("parameter", "other"))
    value = f"{number(top['second'])} ± {number(top['second_half_width'])}"
    return f"{words}; strongest {value}: {names}, {readable(top['measure'])}"
