"""Boxes of the space of parameters in which cases of interest are dense: PRIM and CART of the EMA Workbench.

Bryant & Lempert, Technol. Forecast. Soc. Change 77, 2010; Kwakkel, Environ. Model. Softw. 96, 2017. Density is the
share of a box's states that are of interest, coverage the share of all that are of interest which lie in it. Both are
measured again on fresh states: what a search has found in its own data it has also fitted to their noise.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies.study import global_generator

Mask = NDArray[np.bool_]
MOST_LIMITS = 4
"""A box with more restrictions than a reader can hold in mind explains nothing."""
_TOLERANCE = 1e-9


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


@dataclass(frozen=True)
class Fit:
    """How a box catches cases of interest."""

    density: float
    coverage: float
    mass: float


def fit_of(limits: Limits, table: pd.DataFrame, interest: Mask) -> Fit:
    """Density, coverage and mass of a box on some states; NaN where there is nothing to divide by."""
    inside = limits.inside(table)
    caught = int((inside & interest).sum())
    density = caught / int(inside.sum()) if inside.any() else float("nan")
    coverage = caught / int(interest.sum()) if interest.any() else float("nan")
    return Fit(density, coverage, float(inside.mean()))


def as_table(states: Sequence[Point]) -> pd.DataFrame:
    """States as numbers: a word becomes a column for each of its values, 0 or 1.

    Trees of the workbench restrict no category on the right side of a split, so it gets none.
    """
    table = pd.DataFrame(list(states))
    words = [key for key in table.columns if table[key].dtype.kind not in "fiu"]
    for key in words:
        for word in sorted(table[key].unique()):
            table[f"{key}={word}"] = (table[key] == word).astype(np.int64)
    return table.drop(columns=words)


def prim(table: pd.DataFrame, interest: Mask, least_mass: float, least_density: float) -> Limits:
    """The box of PRIM's peeling with most coverage among those dense enough, or else the densest.

    Dense enough is `least_density`, and half of the way from the share of all states to 1: a box must say something.
    """
    wanted = max(least_density, (1.0 + float(interest.mean())) / 2.0)
    with _workbench() as analysis:
        box = _search(analysis["prim"].Prim, table, interest, least_mass).find_box()
        limits = [_limits(lims, table) for lims in box.box_lims] if box is not None else [Limits({})]
    few = [each for each in limits if len(each.ends) <= MOST_LIMITS]
    fits = [(fit_of(each, table, interest), each) for each in few]
    dense = [pair for pair in fits if pair[0].density >= wanted]
    if dense:
        return max(dense, key=lambda pair: pair[0].coverage)[1]
    return max(fits, key=lambda pair: pair[0].density)[1]


def _search(prim: Any, table: pd.DataFrame, interest: Mask, least_mass: float) -> Any:
    """A search of the workbench, of version 2 (which wants a threshold to stop at) or 3."""
    options = {"mass_min": least_mass}
    if "threshold" in inspect.signature(prim).parameters:
        options["threshold"] = 0.01
    return prim(table.astype(float), interest, **options)


def cart(table: pd.DataFrame, interest: Mask, least_mass: float) -> list[Limits]:
    """The leaves of a classification tree in which most states are of interest, the fullest first."""
    with _workbench() as analysis:
        tree = analysis["cart"].CART(table.astype(float), interest, mass_min=least_mass)
        tree.build_tree()
        leaves = [_limits(box, table) for box in tree.boxes] if tree.clf.tree_.node_count > 1 else []
    fits = [(fit_of(leaf, table, interest), leaf) for leaf in leaves]
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
