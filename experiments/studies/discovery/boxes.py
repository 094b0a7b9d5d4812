"""Boxes of the space of parameters in which cases of interest are dense: PRIM and CART of the EMA Workbench.

Bryant & Lempert, Technol. Forecast. Soc. Change 77, 2010; Kwakkel, Environ. Model. Softw. 96, 2017. Density is the
share of a box's states that are of interest, coverage the share of all that are of interest which lie in it. Both are
measured again on fresh states: what a search has found in its own data it has also fitted to their noise.

Peeling among dozens of columns follows noise: each cut takes the best of all columns, and of many that say nothing one
looks good. So columns are ranked first, by extremely randomised trees (Geurts, Ernst & Wehenkel, Mach. Learn. 63, 2006)
against copies of all columns in random order (Kursa & Rudnicki, J. Stat. Softw. 36, 2010); both searches get the first
of those that matter more than any copy does.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from experiments.runs.nested import worth_of
from experiments.studies.study import global_generator
from sim.statistics import Values

Mask = NDArray[np.bool_]
MOST_LIMITS = 4
"""A box with more restrictions than a reader can hold in mind explains nothing."""
NEEDED = 0.05
"""A restriction stays if the box without it would be as dense by luck less often than this (quasi-p-value)."""
SURE = 0.05
"""Where no box is dense enough, the one that is densest at this end of what its states leave open."""
_TREES, _DEPTH, _LEAF = 200, 5, 10
_PEEL = 0.1
"""Share of the states that a cut takes: smaller cuts follow noise (Friedman & Fisher, Stat. Comput. 9, 1999)."""
_TOLERANCE = 1e-9
_COPIES = 20
"""Of a state of mean weight, for searches that know of no weights."""


@dataclass(frozen=True)
class Limits:
    """A box: for each restricted column its lower and upper end, both inside."""

    ends: dict[str, tuple[float, float]]

    def inside(self, table: pd.DataFrame) -> Mask:
        """Which rows lie in the box."""
        found = np.ones(len(table), np.bool_)
        for key, (low, high) in self.ends.items():
            found &= np.asarray((table[key] >= low) & (table[key] <= high))
        return found

    def without(self, key: str) -> Limits:
        """The same but for one column."""
        return Limits({name: ends for name, ends in self.ends.items() if name != key})


@dataclass(frozen=True)
class Fit:
    """How a box catches cases of interest."""

    density: float
    coverage: float
    mass: float


def fit_of(limits: Limits, table: pd.DataFrame, interest: Mask, weights: Values | None = None) -> Fit:
    """Density, coverage and mass of a box on some states; NaN where there is nothing to divide by."""
    inside, each = limits.inside(table), np.ones(len(table)) if weights is None else weights
    caught, held, all_of = (float(each[part].sum()) for part in (inside & interest, inside, interest))
    density = caught / held if inside.any() else float("nan")
    coverage = caught / all_of if interest.any() else float("nan")
    return Fit(density, coverage, held / float(each.sum()))


def count(cases: Mask, weights: Values | None) -> int:
    """How many states of equal weight some are worth."""
    if weights is None or not cases.any():
        return int(cases.sum())
    return round(worth_of(weights[cases]))


def as_table(states: pd.DataFrame) -> pd.DataFrame:
    """States as numbers: a word becomes a column for each of its values (for one of two), 0 or 1.

    Trees of the workbench restrict no category on the right side of a split, so it gets none. Of columns that are the
    same in all states the first is kept.
    """
    table = states.copy()
    words = [key for key in table.columns if table[key].dtype.kind not in "fiu"]
    for key in words:
        values = sorted(table[key].unique())
        for word in values if len(values) > 2 else values[:1]:
            table[f"{key}={word}"] = (table[key] == word).astype(np.int64)
    table = table.drop(columns=words)
    _, first = np.unique(table.to_numpy(np.float64), axis=1, return_index=True)
    return table.iloc[:, np.sort(first)]


def standing_out(table: pd.DataFrame, interest: Mask, weights: Values | None = None) -> list[str]:
    """The columns that say more about interest than a copy of any column in random order, those that say most first."""
    from sklearn.ensemble import ExtraTreesClassifier

    values = table.to_numpy(np.float64)
    copies = np.random.default_rng(0).permuted(values, axis=0)
    trees = ExtraTreesClassifier(_TREES, max_depth=_DEPTH, min_samples_leaf=_LEAF, max_features=None, random_state=0)
    trees.fit(np.hstack([values, copies]), interest, sample_weight=weights)
    own, chance = np.split(trees.feature_importances_, 2)
    return [str(table.columns[n]) for n in np.argsort(-own, kind="stable") if own[n] > chance.max()]


def search(
    table: pd.DataFrame, interest: Mask, least_mass: float, least_density: float, weights: Values | None = None
) -> dict[str, Limits]:
    """Method → its box; none where no column stands out, and none that is everywhere."""
    few = table[standing_out(table, interest, weights)[:MOST_LIMITS]]
    if few.empty:
        return {}
    found = {"PRIM": prim(few, interest, least_mass, least_density, weights)}
    leaves = (
        cart(few, interest, least_mass, weights) if few.shape[1] > 1 else []
    )  # the workbench can't read a tree of one column
    if leaves:
        found["CART"] = leaves[0]
    return {method: box for method, box in found.items() if box.ends}


def prim(
    table: pd.DataFrame, interest: Mask, least_mass: float, least_density: float, weights: Values | None = None
) -> Limits:
    """The box of PRIM's peeling with most coverage among those dense enough, or else the one that is surely densest.

    Dense enough is `least_density`, and half of the way from the share of all states to 1: a box must say something.
    Each box of the peeling has lost the restrictions that it does not need.
    """
    wanted = max(least_density, (1.0 + float(np.average(interest, weights=weights))) / 2.0)
    often, seen = copied(table, interest, weights)
    with _workbench() as analysis:
        box = _search(analysis["prim"].Prim, often, seen, least_mass).find_box()
        peeled = [_limits(lims, often) for lims in box.box_lims] if box is not None else [Limits({})]
    boxes = [needed(each, table, interest, weights) for each in peeled]
    fits = [(fit_of(each, table, interest, weights), each) for each in boxes]
    dense = [pair for pair in fits if pair[0].density >= wanted]
    if dense:
        return max(dense, key=lambda pair: pair[0].coverage)[1]
    return max(fits, key=lambda pair: _surely(pair[0], count(pair[1].inside(table), weights)))[1]


def copied(table: pd.DataFrame, interest: Mask, weights: Values | None) -> tuple[pd.DataFrame, Mask]:
    """Each state as often as it weighs, up to a twentieth of a mean state: the workbench knows of no weights."""
    if weights is None:
        return table, interest
    times = np.rint(_COPIES * len(weights) * weights / weights.sum()).astype(np.int64)
    rows = np.repeat(np.arange(len(table)), times // np.gcd.reduce(times))
    return table.iloc[rows].reset_index(drop=True), interest[rows]


def needed(limits: Limits, table: pd.DataFrame, interest: Mask, weights: Values | None = None) -> Limits:
    """A box without the restrictions that leave its density as it would be by luck, the least needed first."""
    if not limits.ends:
        return limits
    chances = {key: _luck(limits, limits.without(key), table, interest, weights) for key in limits.ends}
    least = max(chances, key=chances.__getitem__)
    return limits if chances[least] < NEEDED else needed(limits.without(least), table, interest, weights)


def _luck(limits: Limits, wider: Limits, table: pd.DataFrame, interest: Mask, weights: Values | None) -> float:
    """The chance that as many states of a box are of interest, were its density that of a wider one."""
    n, density = count(limits.inside(table), weights), fit_of(wider, table, interest, weights).density
    caught = round(fit_of(limits, table, interest, weights).density * n) if n else 0
    return float(scipy.stats.binom.sf(caught - 1, n, density))


def _surely(fit: Fit, inside: int) -> float:
    """A low end of a box's density, of the states `inside` it (Jeffreys)."""
    caught = fit.density * inside if inside else 0.0
    return float(scipy.stats.beta.ppf(SURE, caught + 0.5, inside - caught + 0.5))


def _search(prim: Any, table: pd.DataFrame, interest: Mask, least_mass: float) -> Any:
    """A search of the workbench, of version 2 (which wants a threshold to stop at) or 3."""
    options = {"mass_min": least_mass, "peel_alpha": _PEEL}
    if "threshold" in inspect.signature(prim).parameters:
        options["threshold"] = 0.01
    return prim(table.astype(float), interest, **options)


def cart(table: pd.DataFrame, interest: Mask, least_mass: float, weights: Values | None = None) -> list[Limits]:
    """The leaves of a classification tree in which most states are of interest, the fullest first."""
    often, seen = copied(table, interest, weights)
    with _workbench() as analysis:
        tree = analysis["cart"].CART(often.astype(float), seen, mass_min=least_mass)
        tree.build_tree()
        leaves = [_limits(box, often) for box in tree.boxes] if tree.clf.tree_.node_count > 1 else []
    fits = [(fit_of(leaf, table, interest, weights), leaf) for leaf in leaves]
    good = [(fit, leaf) for fit, leaf in fits if fit.density > 0.5]
    return [leaf for _, leaf in sorted(good, key=lambda pair: -pair[0].coverage)]


def _limits(box: pd.DataFrame, table: pd.DataFrame) -> Limits:
    """The restrictions of a box of the workbench: ends that leave something of the table out."""
    ends: dict[str, tuple[float, float]] = {}
    for key in table.columns:
        low, high = float(box[key].iloc[0]), float(box[key].iloc[1])
        least, most = float(table[key].min()), float(table[key].max())
        if low > least + _TOLERANCE or high < most - _TOLERANCE:
            ends[key] = (low if low > least else -np.inf, high if high < most else np.inf)
    return Limits(ends)


@contextmanager
def _workbench() -> Iterator[Mapping[str, Any]]:
    """The analysis modules of the EMA Workbench, without what it warns of on import (extra packages for others' needs).

    Its tree takes ties from NumPy's global generator: that is put in a fixed state, and back as it was.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis import cart as cart_module
        from ema_workbench.analysis import prim as prim_module

        with global_generator(0):
            yield {"prim": prim_module, "cart": cart_module}
