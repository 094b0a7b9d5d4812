"""States of the world: what nobody knows, from the wide priors or from the calibrated ensemble."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.runs.design import Point
from sim.statistics import Values

if TYPE_CHECKING:
    from experiments.studies.priors import Priors

MIDDLE = 0.5


def priors(name: str = "2020") -> Priors:
    """The priors of a name or file."""
    from experiments.studies.priors import load_priors

    return load_priors(name)


def draws(ensemble: str, n: int, seed: int) -> list[Point]:
    """`n` draws of an ensemble, or of the wide priors (`prior`); with `none` one world: every default."""
    if ensemble == "none":
        return [{}]
    if ensemble == "prior":
        wide = priors()
        return list(wide.from_unit(hypercube(n, len(wide.keys), seed % (1 << 32))))
    from experiments.studies.ensemble import load_ensemble

    return [dict(point) for point in load_ensemble(ensemble).sample(n, seed)]


def hypercube(n: int, d: int, seed: int) -> Values:
    """A Latin hypercube of the unit cube (n × d)."""
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(n))
