"""How far a run is from what was reported, in a unit that E4 gives.

A count y that is Poisson, and reported with an error of a share c, has the variance v(y) = y + (c·y)². Its
variance-stabilising transform g(y) = ∫ dy / √v(y) = (2/c)·asinh(c·√y) has about unit variance whatever the rate (for
c → 0 it is 2·√y; Bartlett 1947). The discrepancy of a run is the root mean square of the differences in g over the
fitted targets: 1 means as far away as Poisson chance and the sources' disagreement together would put it. A fit is
never scored tighter than that.

Acceptance at a tolerance ε is at the same time a model of the report: what was reported lies anywhere in the ball of
radius ε around what happened, with equal chance. Under this model the accepted runs are a sample of the exact
posterior (Wilkinson 2013, Statistical Applications in Genetics and Molecular Biology 12, 129-141), at every ε. So a
calibration can be tested by simulation at a cheap, wide tolerance: the reports get their error from `report`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.studies.reporting import figures, scaled
from experiments.studies.targets import Target
from sim.statistics import Values

TIGHTEST = 1.0
"""Smallest tolerance: Poisson chance and 15% (E4)."""


def coordinates(values: Values, targets: Sequence[Target]) -> Values:
    """Counts of runs (… × targets) as points of the space where distances are measured.

    Beyond the bound of a target `at_least` or `at_most` every value is as good as the bound.
    """
    columns = np.asarray(values, dtype=np.float64) * [target.among or 1 for target in targets]
    for k, target in enumerate(targets):
        if target.at_least is not None:
            columns[..., k] = np.minimum(columns[..., k], target.at_least)
        if target.at_most is not None:
            columns[..., k] = np.maximum(columns[..., k], target.at_most)
    return scaled(columns, targets)


def observed(targets: Sequence[Target]) -> Values:
    """The reported figures as a point of that space."""
    return scaled(figures(targets), targets)


def report(points: Values, tolerance: float, seed: int) -> Values:
    """Reports of what happened (n × targets): anywhere within `tolerance` of it, with equal chance."""
    rng = np.random.default_rng(seed)
    n, k = points.shape
    directions = rng.standard_normal((n, k))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    radii = tolerance * np.sqrt(k) * rng.random((n, 1)) ** (1.0 / k)
    return np.asarray(points + radii * directions)
