"""What may differ between states: every uncertain parameter, and every rival structure, in or out.

A factor of a rival has the name `structure.RIVAL` and quantiles like the others: from ½ on the rival is in. One that
is out has its parameters at their old values, wherever their own quantiles stand; so a rival acts together with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from experiments.runs.design import Point
from experiments.studies.mixture import laid_out
from experiments.studies.priors import Priors, Unit
from experiments.studies.structures.rivals import Rival, load_rivals

STRUCTURE = "structure"
MIDDLE = 0.5
"""Every parameter at its median, every rival in."""
_IN, _OUT = 0.25, 0.75  # on the axes of the mixture, where a rival is in below a half


@dataclass(frozen=True)
class Factors:
    """Parameters with their priors, and rivals: the axes of a unit cube, in this order."""

    priors: Priors
    rivals: tuple[Rival, ...]

    @cached_property
    def names(self) -> list[str]:
        """Of each axis."""
        return [*self.priors.keys, *(f"{STRUCTURE}.{rival.name}" for rival in self.rivals)]

    @property
    def groups(self) -> list[str]:
        """The group of each axis, as the priors have it; rivals are structure."""
        return [*(prior.group for prior in self.priors.priors), *(STRUCTURE for _ in self.rivals)]

    def points(self, unit: Unit) -> list[Point]:
        """States at points of the cube (n × factors)."""
        cube = unit.copy()
        axes = slice(self.priors.dimension, None)
        cube[:, axes] = np.where(unit[:, axes] >= MIDDLE, _IN, _OUT)
        places, included = laid_out(self.priors, self.rivals, cube)
        points = self.priors.from_unit(places)
        for point, inside in zip(points, included, strict=True):
            for rival, is_in in zip(self.rivals, inside, strict=True):
                point.update({} if is_in else rival.old)
        return points

    def with_middle(self, unit: Unit, kept: Sequence[str]) -> Unit:
        """Quantiles of all factors: the kept ones as given, the others in the middle."""
        full = np.full((len(unit), len(self.names)), MIDDLE)
        full[:, [self.names.index(name) for name in kept]] = unit
        return full


def factors_of(priors: Priors) -> Factors:
    """Those of a file of priors; a rival whose parameters it lacks is none."""
    return Factors(priors, load_rivals().within(priors.keys))
