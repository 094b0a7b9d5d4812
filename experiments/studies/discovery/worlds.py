"""States of the world to search: draws of the prior in which each rival structure is in or out.

They are taken at random from one large sample of the prior, so that states are as good as independent and intervals
over them hold; first states and fresh ones are different draws. The sample itself needs no runs, and says how much of
the prior a box holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.runs.design import Point
from experiments.studies.discovery.boxes import as_table
from experiments.studies.mixture import draw_points
from experiments.studies.priors import Priors, Unit
from experiments.studies.structures.rivals import Rivals
from sim.statistics import Values

DRAWS = 1 << 14
"""Many more than are run: few of a scrambled sequence, taken at random, are as good as independent."""


@dataclass(frozen=True)
class Worlds:
    """Draws of the prior as places in its unit cube, and as columns of numbers, row by row.

    A rival is a column of its own beside those of its parameters: `encounter=in`. `weights` of the rows sum to 1; None:
    all count alike.
    """

    priors: Priors
    unit: Unit
    table: pd.DataFrame
    weights: Values | None = None

    @property
    def points(self) -> list[Point]:
        """The draws as points of a design."""
        return self.priors.from_unit(self.unit)

    def part(self, first: int, n: int) -> Worlds:
        """`n` draws from the row `first` on, all alike."""
        rows = slice(first, first + n)
        return Worlds(self.priors, self.unit[rows], self.table[rows].reset_index(drop=True))


def worlds(priors: Priors, rivals: Rivals, seed: int, n: int = DRAWS) -> Worlds:
    """The large sample, in random order."""
    unit, included = draw_points(priors, rivals.structures, n, seed)
    order = np.random.default_rng(seed).permutation(n)
    unit, included = unit[order], included[order]
    columns = {prior.key: prior.from_unit(places) for prior, places in zip(priors.priors, unit.T, strict=True)}
    words = {
        rival.name: np.where(inside, "in", "out") for rival, inside in zip(rivals.structures, included.T, strict=True)
    }
    return Worlds(priors, unit, as_table(pd.DataFrame({**columns, **words})))
