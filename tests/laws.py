"""Comparing counts of draws with a law. Draws are fixed by their names: a test that passes once passes for ever."""

from __future__ import annotations

import numpy as np
from scipy import stats

UNLIKELY = 1e-4


def agrees(observed, expected):
    """Chi-square of counts; classes that are expected fewer than eight times are put together."""
    order = np.argsort(expected)[::-1]
    observed, expected = np.asarray(observed)[order], np.asarray(expected)[order]
    n_groups = max(1, (expected >= 8).sum())
    groups = np.minimum(np.arange(len(expected)), n_groups - 1)
    observed, expected = np.bincount(groups, observed), np.bincount(groups, expected)
    if n_groups == 1:
        return True
    return stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > UNLIKELY
