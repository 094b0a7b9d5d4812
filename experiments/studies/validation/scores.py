"""Proper scores of a predictive distribution, given as draws of the count that happens (scoringrules).

What is reported differs from what happened by a share (E4), whoever predicts. So every model's prediction of the
report is a mixture of normals around its draws, each with the standard deviation √((c·y)² + ½²): the sources'
disagreement, and the rounding to whole attacks. The same for all models, it favours none. Both scores: lower is better.
"""

from __future__ import annotations

import numpy as np

from sim.statistics import Values

ROUNDING = 0.5
MOST_DRAWS = 400
"""The CRPS of a mixture takes the square of this many operations."""


def _mixture(draws: Values, share: float) -> tuple[Values, Values]:
    means = np.sort(np.asarray(draws, dtype=np.float64))
    if len(means) > MOST_DRAWS:  # evenly spaced quantiles stand for all
        means = np.quantile(means, (np.arange(MOST_DRAWS) + 0.5) / MOST_DRAWS)
    return means, np.sqrt((share * means) ** 2 + ROUNDING**2)


def log_score(reported: float, draws: Values, share: float) -> float:
    """Minus the logarithm of the predictive density at the report."""
    import scoringrules

    means, sds = _mixture(draws, share)
    return float(scoringrules.logs_mixnorm(reported, means, sds))


def crps(reported: float, draws: Values, share: float) -> float:
    """Continuous ranked probability score, in attacks (Gneiting and Raftery 2007, JASA 102, 359-378)."""
    import scoringrules

    means, sds = _mixture(draws, share)
    return float(scoringrules.crps_mixnorm(reported, means, sds))
