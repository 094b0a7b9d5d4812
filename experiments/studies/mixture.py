"""Draws of the prior with each rival structure in or out.

A rival is out with chance ½: its parameters then have their old values, the rule of the first edition. Else each of
them is drawn from its prior; of a switch, one of the other words. Rivals and parameters are independent: a scrambled
Sobol sequence has an axis for each parameter and one for each rival, so that each rival is in for half of the draws,
and each two rivals together for a quarter of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.studies.priors import Prior, Priors, Unit, unit_points
from experiments.studies.structures.rivals import Rival

P_IN = 0.5
"""Prior chance of a rival (judgement: neither way is favoured)."""


def draw_points(priors: Priors, rivals: Sequence[Rival], n: int, seed: int) -> tuple[Unit, NDArray[np.bool_]]:
    """`n` draws: places in the unit cube (n × parameters), and which rivals are in (n × rivals).

    Axes of a rival that is out hold the quantiles of its old values. The first draws stay when `n` grows.
    """
    return laid_out(priors, rivals, unit_points(n, priors.dimension + len(rivals), seed % (1 << 32)))


def laid_out(priors: Priors, rivals: Sequence[Rival], cube: Unit) -> tuple[Unit, NDArray[np.bool_]]:
    """The same of points of a cube with an axis for each parameter, then one for each rival (in below ½)."""
    unit, included = cube[:, : priors.dimension].copy(), cube[:, priors.dimension :] < P_IN
    for rival, inside in zip(rivals, included.T, strict=True):
        for key, old in rival.old.items():
            axis = priors.keys.index(key)
            prior = priors.priors[axis]
            unit[:, axis] = np.where(inside, _other_words(prior, old, unit[:, axis]), prior.quantile_of(old))
    return unit, included


def _other_words(prior: Prior, old: float | str, u: Unit) -> Unit:
    """Quantiles of a switch as quantiles of its words but for the old one; those of numbers as they are."""
    if prior.values is None:
        return u
    n = len(prior.values)
    places = u * (n - 1)
    places += np.floor(places) >= prior.values.index(str(old))
    return np.asarray(places / n)
