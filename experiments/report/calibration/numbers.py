"""The numbers of a calibration: what was learned, the fit, whether the truth is found where it is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from experiments.analysis.intervals import share
from experiments.report.reports import reported
from experiments.report.study import in_order
from experiments.report.style.names import in_prose
from experiments.report.style.words import listed
from experiments.runs.nested import quantiles
from experiments.studies.calibration.methods import LEARNED
from experiments.studies.inference.rivals import CANNOT_TELL
from sim.numbers import number, percent
from sim.statistics import LEVEL, Interval, Values

PRIOR, POSTERIOR = (tuple(f"{when}_q{q}" for q in ("05", "50", "95")) for when in ("prior", "posterior"))
ALL, DOUBTFUL = "all", 0.05
METHOD = LEARNED
"""The method that makes the ensemble; the others are asked for comparison."""
LEVELS = (50, 80, 90)
COUNTS = "attacks, or people killed or wounded, in the window of the target (axis of square roots)"


# --- what was learned ----------------------------------------------------------------------------------
def most_first(parameters: pd.DataFrame) -> pd.DataFrame:
    """Parameters, those first of which most was learned."""
    return parameters.sort_values("contraction", ascending=False, kind="stable")


def informed(parameters: pd.DataFrame) -> pd.DataFrame:
    """The parameters of which more was learned than chance allows, the most first."""
    return most_first(parameters[parameters["contraction"] > parameters["chance_floor"]])


def worth(ensemble: pd.DataFrame) -> float:
    """How many equally weighted draws are worth as much (Kish 1965)."""
    weights = ensemble["weight"].to_numpy(float)
    return float(weights.sum() ** 2 / np.sum(weights**2))


def draws_in_words(ensemble: pd.DataFrame | None) -> str:
    """`520 draws, worth 428`; empty without the ensemble."""
    return "" if ensemble is None else f"{len(ensemble):,} draws, worth {worth(ensemble):,.0f}"


def learned_title(parameters: pd.DataFrame) -> str:
    """Of how many parameters more was learned than by chance, and of which."""
    clear = informed(parameters)
    names = f": {listed(in_prose(key) for key in clear['parameter'])}" if len(clear) else ""
    return f"The reported figures tell more than chance of {len(clear)} of {len(parameters)} parameters{names}"


def middle_half(ensemble: pd.DataFrame, parameter: str) -> Values:
    """Where the middle half of the weighted draws of a number lies."""
    ends = quantiles(ensemble[parameter].to_numpy(float), ensemble["weight"].to_numpy(float), (0.25, 0.75))
    return np.array(ends)


def words_of(ensemble: pd.DataFrame, parameter: str) -> str:
    """The weighted shares of a switch's words."""
    weights = ensemble["weight"]
    shares = weights.groupby(ensemble[parameter]).sum() / weights.sum()
    return ", ".join(f"{word} {percent(value)}" for word, value in shares.sort_values(ascending=False).items())


def places(values: Values, prior: Sequence[float]) -> Values:
    """Where values lie between the prior's 5% (0) and 95% (1); of logarithms where its median says so."""
    low, middle, high = prior
    if low == high:
        return np.full(len(values), 0.5)
    if low > 0 and abs(middle - np.sqrt(low * high)) < abs(middle - (low + high) / 2):
        values, low, high = np.log(values), np.log(low), np.log(high)
    return (np.asarray(values) - low) / (high - low)


def strongest_first(correlations: pd.DataFrame) -> pd.DataFrame:
    """Pairs of parameters, the strongest trade-off first."""
    return correlations.sort_values("correlation", key=lambda each: -each.abs(), kind="stable")


# --- the fit -------------------------------------------------------------------------------------------
def held(targets: pd.DataFrame) -> int:
    """How many reported figures lie between 5% and 95% of the accepted runs (of bounds: touch them)."""
    ends = targets[["reported", "accepted_q05", "accepted_q95"]].to_numpy()
    return sum(reported(cell).meets(float(low), float(high)) for cell, low, high in ends)


def counts_and_shares(targets: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The words of an axis, and its targets: counts, and what is divided by something."""
    shares = targets["per"].fillna("") != ""
    parts = {COUNTS: targets[~shares], "share, or ratio, in the window of the target": targets[shares]}
    return {words: part for words, part in parts.items() if len(part)}


def farthest(targets: pd.DataFrame) -> float:
    """The largest number that a figure of the fit must show."""
    reports = [reported(cell).place for cell in targets["reported"]]
    return float(max([*targets["prior_q95"], *targets["accepted_q95"], *reports]))


# --- rivals --------------------------------------------------------------------------------------------
def told(rivals: pd.DataFrame) -> pd.DataFrame:
    """Rivals of which the data say something."""
    return rivals[~rivals["verdict"].str.startswith(CANNOT_TELL)]


def rivals_title(rivals: pd.DataFrame) -> str:
    """Of how many rivals the data tell anything, and of which."""
    clear = told(rivals)
    names = f": {listed(in_prose(name) for name in clear['rival'])}" if len(clear) else ""
    return f"The reported figures say something of {len(clear)} of {len(rivals)} rival structures{names}"


# --- proof by simulation -------------------------------------------------------------------------------
def methods_of(recovery: pd.DataFrame) -> list[str]:
    """The methods, that of the ensemble first."""
    return sorted(in_order(recovery, "method"), key=lambda method: method != METHOD)


def one_by_one(recovery: pd.DataFrame) -> pd.DataFrame:
    """The rows of single parameters."""
    return recovery[recovery["parameter"] != ALL]


def uneven(recovery: pd.DataFrame) -> pd.DataFrame:
    """Parameters whose ranks are not even, after correction for their number."""
    single = one_by_one(recovery)
    return single[single["rank_p_holm"] < DOUBTFUL]


def covered(recovery: pd.DataFrame, method: str, level: int) -> tuple[Interval, int]:
    """Share of the truths inside the middle `level` per cent, all parameters together, with its exact interval; n.

    The interval counts each set and parameter as one try; the parameters of one set are not quite independent.
    """
    rows = one_by_one(recovery[recovery["method"] == method])
    n = int(rows["sets"].sum())
    return share(round(float((rows[f"coverage_{level}"] * rows["sets"]).sum())), n), n


def coverage(recovery: pd.DataFrame, method: str) -> list[Interval]:
    """Of all levels."""
    return [covered(recovery, method, level)[0] for level in LEVELS]


def sets_of(recovery: pd.DataFrame) -> int:
    """How many data sets with known parameters were made."""
    return int(recovery["sets"].max())


def sorted_p(recovery: pd.DataFrame, method: str) -> tuple[Values, Values]:
    """p-values of a method's parameters, the smallest first, and where they lie on average if all is right."""
    values = np.sort(one_by_one(recovery[recovery["method"] == method])["rank_p"].to_numpy(float))
    return np.arange(1, len(values) + 1) / (len(values) + 1), values


def recovery_title(found: pd.DataFrame) -> str:
    """What the p-values and the widest interval say of the method that makes the ensemble, and which others fail."""
    method, *others = methods_of(found)
    single = one_by_one(found[found["method"] == method])
    doubtful = len(uneven(found[found["method"] == method]))
    words = f"smallest of {len(single)} p-values {number(float(single['rank_p'].min()))}"
    first = f"{doubtful} of {len(single)} ranks uneven" if doubtful else "no ranks shown uneven"
    failed = [f"; {k} uneven by the {other}" for other in others if (k := len(uneven(found[found["method"] == other])))]
    inside, _ = covered(found, method, LEVELS[-1])
    ends = f"{percent(inside.mean)} of the truths [{percent(inside.low)}, {percent(inside.high)}]"
    last = f"{method}'s {LEVELS[-1]}% intervals hold {ends}"
    return f"Known parameters found again: {first} after correction ({words}); {last}{''.join(failed)}"


def rank_counts(ranks: pd.DataFrame, method: str) -> pd.Series:
    """How many ranks of the truth fall into each bin, all parameters together."""
    return ranks[ranks["method"] == method].groupby("bin")["count"].sum()


def even_band(ranks: pd.DataFrame, method: str) -> tuple[float, float]:
    """Between which counts 95% of the bins lie if ranks are even."""
    n, bins = int(rank_counts(ranks, method).sum()), int(ranks["bins"].iloc[0])
    low, high = stats.binom.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], n, 1 / bins)
    return float(low), float(high)


def counts_outside(ranks: pd.DataFrame, method: str) -> int:
    """How many bins lie outside that band."""
    counts, (low, high) = rank_counts(ranks, method), even_band(ranks, method)
    return int(((counts < low) | (counts > high)).sum())
