"""Null models (E4): what one gets without any model of postures. Each predicts a window from the other windows.

All three are a rate per day, of which the counts of some windows tell; they differ in which windows, and in how far
counts spread around their mean m: with variance F·m.

- `constant rate`: the rate is the same in every window; F = 1 (Poisson).
- `last count`: the rate is that of the window before; of the first window, that of the next. F = 1.
- `self-excitation`: the same rate everywhere, and a stationary Hawkes process around it, whose F over a window of T
  days is that of E16, with branching ratio and delay from their prior (E15); the law is negative binomial with this
  mean and variance. That neighbouring windows share some of a cluster is left out: delays are of weeks.

Rates are log-uniform before the counts; draws of (rate, F) are weighted by the likelihood of the counts seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.statistics import Values

CONSTANT, LAST, EXCITED = "constant rate", "last count", "self-excitation"
NULLS = (CONSTANT, LAST, EXCITED)
DRAWS, KEPT = 40_000, 4000
_RATES = (0.001, 10.0)
_BRANCHING, _DELAY_DAYS = (0.0, 0.5), (7.0, 42.0)


def fano(branching: Any, delay_days: Any, window_days: float) -> Any:
    """Variance over mean of the counts of a stationary Hawkes process in a window (E16)."""
    k = 1.0 / (1.0 - branching)
    x = (1.0 - branching) / delay_days * window_days
    return k**2 + (1.0 - k**2) * (1.0 - np.exp(-x)) / x


def predict_null(name: str, counts: Sequence[float], days: Sequence[int], left_out: int, seed: int) -> Values:
    """Draws of the count in the window `left_out`, from the counts of the others (`counts`, `days`: by window)."""
    rng = np.random.default_rng([seed, NULLS.index(name), left_out])
    rates = _RATES[0] * (_RATES[1] / _RATES[0]) ** rng.random(DRAWS)
    branching, delays = rng.uniform(*_BRANCHING, DRAWS), rng.uniform(*_DELAY_DAYS, DRAWS)

    def spread(window: int) -> Any:
        return fano(branching, delays, days[window]) if name == EXCITED else np.ones(DRAWS)

    seen = [_neighbour(left_out)] if name == LAST else [w for w in range(len(counts)) if w != left_out]
    logs = sum(_log_mass(counts[w], rates * days[w], spread(w)) for w in seen)
    weights = np.exp(logs - np.max(logs))
    rows = rng.choice(DRAWS, size=KEPT, p=weights / weights.sum())
    return _draw(rng, (rates * days[left_out])[rows], spread(left_out)[rows])


def _neighbour(window: int) -> int:
    return window - 1 if window > 0 else 1


def _log_mass(count: float, mean: Values, spread: Values) -> Values:
    """Log probability of a count: Poisson where the spread is 1, else negative binomial."""
    from scipy.stats import nbinom, poisson

    wide = spread > 1.0 + 1e-6
    safe = np.where(wide, spread, 2.0)
    negative = nbinom.logpmf(count, mean / (safe - 1.0), 1.0 / safe)
    return np.where(wide, negative, poisson.logpmf(count, mean))


def _draw(rng: np.random.Generator, mean: Values, spread: Values) -> Values:
    """Counts of that mean and spread: Poisson of a gamma."""
    wide = spread > 1.0 + 1e-6
    excess = np.where(wide, spread - 1.0, 1.0)
    return rng.poisson(np.where(wide, rng.gamma(mean / excess, excess), mean)).astype(np.float64)
