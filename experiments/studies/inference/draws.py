"""What goes into every method and what comes out: the table of prior runs, and weighted draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.runs.nested import quantiles, worth_of
from sim.statistics import Values

Mask: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Runs from the prior, a row each.

    `unit` (draws × parameters, in the unit cube), `included` (draws × rivals), `summaries` (draws × counts: the
    simulated reports, on a scale where distances mean something), `held` (draws × parameters: places that belong to
    the structure of the row and never move; see `held_places`).
    """

    unit: Values
    included: Mask
    summaries: Values
    held: Mask

    def __len__(self) -> int:
        return len(self.unit)

    def take(self, rows: Rows | Mask) -> Table:
        """Some of its rows."""
        return Table(self.unit[rows], self.included[rows], self.summaries[rows], self.held[rows])


def held_places(included: Mask, rival_of: Sequence[int], words: Sequence[bool]) -> Mask:
    """Places that may not move (draws × parameters): old values of rivals that are out, and words of switches.

    `rival_of` is the rival that a parameter belongs to (−1: none), `words` whether it is a switch.
    """
    owner, fixed = np.asarray(rival_of), np.asarray(words, dtype=np.bool_)
    out = ~included[:, np.maximum(owner, 0)] & (owner >= 0)
    return np.asarray(out | fixed)


@dataclass(frozen=True)
class Draws:
    """A posterior: `unit` (draws × parameters), `included` (draws × rivals), `weights` (they sum to 1).

    `rows` are the rows of the table that the draws began as: these are the runs to go on with.
    """

    unit: Values
    included: Mask
    weights: Values
    rows: Rows

    @property
    def effective_size(self) -> float:
        """1 / Σ w² (Kish 1965)."""
        return worth_of(self.weights)

    @property
    def inclusion(self) -> Values:
        """Posterior weight of each rival being in."""
        return np.asarray(self.weights @ self.included)

    def mean(self) -> Values:
        """Weighted mean of each parameter."""
        return np.asarray(self.weights @ self.unit)

    def variance(self) -> Values:
        """Weighted variance of each parameter."""
        return np.asarray(self.weights @ (self.unit - self.mean()) ** 2)

    def quantiles(self, levels: Sequence[float]) -> Values:
        """Weighted quantiles (levels × parameters)."""
        return np.array([quantiles(column, self.weights, levels) for column in self.unit.T]).T


Method: TypeAlias = Callable[[Table, Values], Draws]
"""(table, observed summaries) → posterior."""
