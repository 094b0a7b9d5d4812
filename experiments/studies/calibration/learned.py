"""What the reports say of each parameter: prior and posterior in its unit, contraction, and what trades off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.runs.nested import quantiles
from experiments.studies.inference.draws import Draws, Mask
from experiments.studies.priors import Prior, Priors
from sim.statistics import Values

LEVELS = [0.05, 0.5, 0.95]
STRONGEST = 20
_LEAST = 1e-9


@dataclass(frozen=True)
class Learned:
    """A parameter: quantiles (5, 50, 95%) of prior and posterior in its unit; shift of the mean in prior deviations."""

    key: str
    prior: tuple[float, ...]
    posterior: tuple[float, ...]
    shift: float


def learned(priors: Priors, before: Values, draws: Draws) -> list[Learned]:
    """Every parameter. `before` (draws × parameters): the prior as the table has it, with rivals out in half of it."""
    even = np.ones(len(before))
    shifts = (draws.mean() - before.mean(axis=0)) / before.std(axis=0)
    return [
        Learned(
            prior.key,
            _in_unit(prior, quantiles(before[:, k], even, LEVELS)),
            _in_unit(prior, quantiles(draws.unit[:, k], draws.weights, LEVELS)),
            float(shifts[k]),
        )
        for k, prior in enumerate(priors.priors)
    ]


def _in_unit(prior: Prior, unit: Sequence[float]) -> tuple[float, ...]:
    """Quantiles in the parameter's unit; of words there are none."""
    if prior.law == "choice":
        return (np.nan, np.nan, np.nan)
    return tuple(float(value) for value in prior.from_unit(np.array(unit)))


def trade_offs(keys: Sequence[str], draws: Draws, free: Mask, most: int = STRONGEST) -> list[tuple[str, str, float]]:
    """The strongest correlations of two parameters among the weighted draws in which both are `free` to move.

    Parameters of a rival that is out stand at their old values: over all draws they would go together by construction.
    """
    correlation = _correlations(draws.unit, draws.weights, free.astype(np.float64))
    rows, columns = np.tril_indices(len(keys), -1)
    order = np.argsort(-np.abs(correlation[rows, columns]), kind="stable")[:most]
    return [(keys[rows[n]], keys[columns[n]], float(correlation[rows[n], columns[n]])) for n in order]


def _correlations(unit: Values, weights: Values, free: Values) -> Values:
    """Of each two columns over their common rows (1 where a column is free); 0 where there is nothing to go by."""
    share, x = free * weights[:, None], unit * free
    both = share.T @ free
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (share * x).T @ free / both
        product = (share * x).T @ x / both - mean * mean.T
        variance = (share * x**2).T @ free / both - mean**2
        found = product / np.sqrt(variance * variance.T)
    return np.where((variance > _LEAST) & (variance.T > _LEAST), found, 0.0)
