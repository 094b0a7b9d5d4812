"""The effect that a test is about, in each state of the world and replicate.

A relative effect or a ratio divides by what is itself a mean over few replicates. So each replicate is given its part
in the result of its state to first order (the delta method: Cox & Hinkley, Theoretical Statistics, 1974, ch. 9): these
parts have the state's effect as their mean, and what they differ by is all of its replicate noise, the divisor's too.
0/0 is no effect (NaN); a change from 0 has no size as a share of it, and is infinite.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from experiments.studies.claims.catalogue import Case, Check
from experiments.studies.claims.counts import Quantity, parts_of
from experiments.studies.runner import Kept
from sim.measures import BY_NAME, Ratio
from sim.statistics import Values


def effects(test: Check, tried: Kept) -> Values:
    """The effect in each state and replicate, in pairs with the base (states × replicates)."""
    quantity = test.quantity(test.case)
    values = levels(quantity, test.case, tried)
    if test.base is None:
        return values
    base = levels(quantity, test.base, tried)
    return relative(values, base) if test.relative else values - base


def levels(quantity: Quantity, case: Case, tried: Kept) -> Values:
    """A quantity of a case (states × replicates)."""
    if not quantity.plain or not isinstance(BY_NAME[quantity.measure], Ratio):
        return tried.of(case, quantity.name)
    ratio = cast(Ratio, BY_NAME[quantity.measure])
    above, *below = (tried.of(case, part) for part in parts_of(quantity.measure))
    return quotient(ratio.factor * above, np.sum(below, axis=0))


def quotient(above: Values, below: Values) -> Values:
    """The ratio of sums over the replicates of each state, with what each replicate gives to it."""
    a, b = above.mean(axis=1, keepdims=True), below.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = a / b
        return np.asarray(np.where(np.isfinite(ratio), ratio + (above - ratio * below) / b, ratio))


def relative(values: Values, base: Values) -> Values:
    """The change as a share of the base."""
    return quotient(values, base) - 1.0


def left_out(table: Values) -> NDArray[np.bool_]:
    """In which states there is no effect, 0/0."""
    return np.asarray(np.isnan(table).any(axis=1))
