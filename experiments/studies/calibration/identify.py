"""What the counts determine, and what they leave open: posterior beside prior, parameter by parameter.

All in the unit interval of the prior, where every prior is uniform with variance 1/12: the contraction is
1 − 12 · posterior variance. 0 says nothing was learned, 1 everything. `floor` is what chance makes of parameters of
which nothing was learned: the 95% point of the largest |contraction| among them, over as many draws as the posterior
is worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.studies.calibration.posterior import quantiles
from experiments.studies.priors import Prior, Priors
from sim.statistics import Values

LEVELS = [0.05, 0.5, 0.95]


@dataclass(frozen=True)
class Learned:
    """One parameter: prior and posterior quantiles (5, 50, 95%) in its unit, contraction, shift in prior deviations."""

    key: str
    calibrated: bool
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    contraction: float
    shift: float


@dataclass(frozen=True)
class Identified:
    """All parameters; the floor of chance; correlations, the strongest first."""

    parameters: list[Learned]
    floor: float
    pairs: list[tuple[str, str, float]]


def identify(priors: Priors, unit: Values, weights: Values) -> Identified:
    """From weighted draws in the unit cube (draws × parameters, in the order of the priors)."""
    effective = 1.0 / np.sum(weights**2)
    learned = [_learned(prior, column, weights) for prior, column in zip(priors.priors, unit.T, strict=True)]
    fitted = [n for n, prior in enumerate(priors.priors) if prior.calibrated]
    covariance = np.atleast_2d(np.cov(unit[:, fitted], rowvar=False, aweights=weights))
    pairs = _pairs([priors.keys[n] for n in fitted], covariance)
    return Identified(learned, chance_floor(effective, len(learned)), pairs)


def chance_floor(effective: float, parameters: int = 1) -> float:
    """95% point of the largest |1 − 12·s²| of some parameters, for the variance s² of that many uniform draws.

    Var(s²) is (μ₄ − σ⁴)/n, with μ₄ = 1/80 and σ⁴ = 1/144 for the uniform law; the point is Bonferroni's.
    """
    from scipy.stats import norm

    return float(norm.ppf(1.0 - 0.025 / parameters) * 12.0 * np.sqrt((1 / 80 - 1 / 144) / effective))


def _learned(prior: Prior, unit: Values, weights: Values) -> Learned:
    mean = float(weights @ unit)
    variance = float(weights @ (unit - mean) ** 2)
    before, after = _values(prior, np.array(LEVELS)), _values(prior, quantiles(unit, weights, LEVELS))
    return Learned(prior.key, prior.calibrated, before, after, 1.0 - 12.0 * variance, (mean - 0.5) * np.sqrt(12.0))


def _values(prior: Prior, unit: Values) -> tuple[float, float, float]:
    """Quantiles in the parameter's unit; of words there are none."""
    if prior.law == "choice":
        return (np.nan, np.nan, np.nan)
    low, middle, high = (float(value) for value in prior.from_unit(unit))
    return low, middle, high


def _pairs(keys: list[str], covariance: Values) -> list[tuple[str, str, float]]:
    """Correlations of the calibrated parameters, the strongest first."""
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    pairs = [(keys[a], keys[b], float(correlation[a, b])) for a in range(len(keys)) for b in range(a)]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))
