"""The numbers of a sweep over its states of the world: shares in which a lever is worse, regret, rank correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are imported when used
from numpy.typing import NDArray

from experiments.analysis.intervals import share
from experiments.report.sweep.numbers import ALL, Swept, mean_over
from experiments.studies.regret import Regret, best_apart, regret_of
from sim.measures import BY_NAME
from sim.statistics import LEVEL, Interval, Values

MOST_STATES, RESAMPLES = 500, 400
"""Of more states, the first so many have their rank correlations resampled; how often."""
_BLOCK = 50  # resamples in memory at a time


# --- levers against each other ---------------------------------------------------------------------------
@dataclass(frozen=True)
class Worse:
    """In what share of the states a lever is worse than the base on average; and clearly so, by its paired interval."""

    lever: str
    base: str
    measure: str
    worse: Interval
    clearly_worse: float
    clearly_better: float
    difference: float
    states: int


def worse_shares(swept: Swept) -> list[Worse]:
    """Every lever against the first, in measures of which one direction is good."""
    found = []
    for n, name in enumerate(swept.names[1:], 1):
        for measure in swept.measures:
            better = BY_NAME[measure].better
            over = swept.values[measure][n] - swept.values[measure][0]
            means = mean_over(over, axis=1)
            known = np.isfinite(means)
            if better and known.any():
                found.append(_worse(name, swept.names[0], measure, over[known] * -better, float(means[known].mean())))
    return found


def _worse(lever: str, base: str, measure: str, harm: Values, difference: float) -> Worse:
    """`harm`: states × replicates of how much worse the lever is."""
    means, n = mean_over(harm, axis=1), np.isfinite(harm).sum(axis=1)
    spread = np.sqrt(mean_over((harm - means[:, None]) ** 2, axis=1) * n / np.maximum(n - 1, 1))
    reach = scipy.stats.t.ppf((1 + LEVEL) / 2, np.maximum(n - 1, 1)) * spread / np.sqrt(n)
    sure = n > 1
    rounding = 1e-12 * np.abs(means).max(initial=0.0)
    worse = share(int((means > rounding).sum()), len(means))
    clear = sure & (np.abs(means) > np.maximum(reach, rounding))
    clearly_worse, clearly_better = (float((clear & (sign * means > 0)).mean()) for sign in (1, -1))
    return Worse(lever, base, measure, worse, clearly_worse, clearly_better, difference, len(means))


def losses(swept: Swept, measure: str) -> Values:
    """A measure turned so that less is better: states × levers × replicates, those in which every lever was run.

    States differ in how many of their replicates are whole: each has the first so many as all of them have. States with
    fewer than half of the replicates are left out.
    """
    table = np.swapaxes(swept.values[measure], 0, 1) * -(BY_NAME[measure].better or -1)
    whole = np.asarray(np.isfinite(table).all(axis=1))
    kept = np.asarray(whole.sum(axis=1)) >= max(1, swept.replicates / 2)
    table, whole = table[kept], whole[kept]
    first = np.argsort(~whole, axis=1, kind="stable")[:, : int(whole.sum(axis=1).min(initial=swept.replicates))]
    return np.asarray(np.take_along_axis(table, first[:, None], axis=2))


def regrets(swept: Swept, measure: str) -> list[Regret]:
    """What each lever loses against the best of each state; none of a single replicate, which cannot tell."""
    loss = losses(swept, measure)
    if loss.shape[0] == 0 or loss.shape[2] < 2:
        return []
    best = best_apart(loss)
    return [regret_of(loss[:, n], best) for n in range(loss.shape[1])]


# --- rank correlations ---------------------------------------------------------------------------------------
def scopes(swept: Swept) -> dict[str, Values]:
    """What is correlated: name → weights of the levers; each posture, and of two their difference."""
    posture = swept.factor("posture")
    if posture is None or not posture.lever or "posture" not in swept.levers:
        return {ALL: np.full(max(len(swept.levers), 1), 1 / max(len(swept.levers), 1))}
    at = {name: (swept.levers["posture"] == name).to_numpy(float) for name in posture.levels}
    found = {str(name): weights / weights.sum() for name, weights in at.items()}
    if len(found) == 2:
        first, second = found
        found[f"{second} − {first}"] = found[second] - found[first]
    return found


def rank_correlations(swept: Swept, weights: Values, keys: Sequence[str], seed: int = 0) -> NDArray[np.object_]:
    """Spearman's rank correlation of each factor with each main measure over the states, with bootstrap interval.

    A table of Interval, keys × measures. Measures are means over levers (by their weights) and replicates.
    """
    results = np.array([np.tensordot(weights, np.nan_to_num(swept.means(m)), 1) for m in swept.measures])
    known = np.all([np.isfinite(swept.means(m)).all(axis=0) for m in swept.measures], axis=0)
    factors, results = swept.states[list(keys)].to_numpy(float).T[:, known], results[:, known]
    middle = _spearman(factors, results)
    few = slice(0, MOST_STATES)
    low, high = _bootstrap(factors[:, few], results[:, few], np.random.default_rng(seed))
    table = np.empty(middle.shape, dtype=object)
    for at in np.ndindex(middle.shape):
        table[at] = Interval(float(middle[at]), float(low[at]), float(high[at]))
    return table


def _spearman(factors: Values, results: Values) -> Values:
    """… × factors × n and … × results × n → … × factors × results; NaN where all values are the same."""
    a, b = (scipy.stats.rankdata(values, axis=-1) for values in (factors, results))
    a, b = (ranks - ranks.mean(axis=-1, keepdims=True) for ranks in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (ranks / np.sqrt((ranks**2).sum(axis=-1, keepdims=True)) for ranks in (a, b))
    return np.asarray(a @ np.swapaxes(b, -1, -2))


def _bootstrap(factors: Values, results: Values, rng: np.random.Generator) -> tuple[Values, Values]:
    n = factors.shape[1]
    found = []
    for _ in range(RESAMPLES // _BLOCK):
        drawn = rng.integers(n, size=(_BLOCK, n))
        found.append(_spearman(np.moveaxis(factors[:, drawn], 0, 1), np.moveaxis(results[:, drawn], 0, 1)))
    low, high = np.percentile(np.concatenate(found), [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2], axis=0)
    return low, high
