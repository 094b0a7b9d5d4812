"""Proper scores of the law of a reported count, and its quantiles; lower is better."""

from __future__ import annotations

import numpy as np

from sim.statistics import Values


def log_score(reported: int, chances: Values) -> float:
    """Minus the logarithm of the chance that was given to the report [nats]."""
    return float(-np.log(chances[reported]))


def crps(reported: int, chances: Values) -> float:
    """Continuous ranked probability score, in attacks (Gneiting & Raftery 2007, JASA 102, 359-378).

    Of a law on whole numbers it is the discrete ranked probability score.
    """
    return float(np.sum((np.cumsum(chances) - (np.arange(len(chances)) >= reported)) ** 2))


def quantiles(chances: Values, levels: Values) -> Values:
    """The smallest counts with at least these shares at or below them."""
    cumulative = np.cumsum(chances)
    return np.searchsorted(cumulative / cumulative[-1], levels - 1e-12).astype(np.float64)


def place(reported: int, chances: Values) -> float:
    """Share of the law below the report, and half of what is on it."""
    return float(chances[:reported].sum() + 0.5 * chances[reported])
