"""How much narrower each parameter became, beside what chance alone makes narrower.

Contraction is 1 − posterior variance / prior variance, on the prior's unit interval: 0 says nothing was learned, 1
everything. The floor is that of the whole method, not of a formula: the reports of the table are dealt to other rows,
so that they say nothing of any parameter, and the method is asked again. What it then finds is chance: few draws,
uneven weights, a regression that follows noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.studies.inference.draws import Draws, Method, Table
from sim.statistics import Values

LEVEL = 0.95


@dataclass(frozen=True)
class Contraction:
    """Of each parameter: contraction, its floor of chance by itself, and the floor of the largest among all of them."""

    contraction: Values
    floor: Values
    floor_of_largest: float

    @property
    def learned(self) -> Values:
        """Which parameters contracted beyond what chance makes of the largest."""
        return np.asarray(self.contraction > self.floor_of_largest)


def contraction(draws: Draws, table: Table) -> Values:
    """Of each parameter; of a rival's, over rows where it is in and out alike."""
    return np.asarray(1.0 - draws.variance() / table.unit.var(axis=0))


def contracted(method: Method, table: Table, observed: Values, seed: int, deals: int = 40) -> Contraction:
    """Contraction with its floors; the more `deals`, the steadier these are."""
    chance = np.array([contraction(method(dealt(table, seed + k), observed), table) for k in range(deals)])
    floor, largest = np.quantile(chance, LEVEL, axis=0), float(np.quantile(chance.max(axis=1), LEVEL))
    return Contraction(contraction(method(table, observed), table), np.asarray(floor), largest)


def dealt(table: Table, seed: int) -> Table:
    """The table with its reports dealt to other rows."""
    order = np.random.default_rng(seed).permutation(len(table))
    return Table(table.unit, table.included, table.summaries[order], table.held)
