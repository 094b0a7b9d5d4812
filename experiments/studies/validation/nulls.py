"""Null models: what one gets without any model of postures. Each has a rate per day, of which past counts tell.

The rate λ has a gamma prior, shape ½ and mean one attack in five days (judgement: weak, after a month of counts it
hardly matters). Counts of what happens are Poisson; reports of them have the law of `counting`, as for everybody.

- `rate and quarter effect`, **named beforehand as the one to beat**: in each quarter the rate is λ·g, g gamma with mean
  1 and a coefficient of variation uniform between 0 and 1 (judgement). Months of one quarter share their g.
- `constant rate`: λ throughout.
- `last count`: the rate is that of the last window of the same kind (month or quarter).
- `self-excitation alone`: λ throughout, and a stationary Hawkes process around it. Its counts in T days have the
  variance over mean of E16, with branching and delay from their prior (E15, E37); the law is negative binomial. That
  neighbouring windows share some of a cluster is left out: delays are of weeks.

All four are exact: integrals over rates are sums on a grid of the logarithm, no draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from experiments.studies.validation.counting import MOST, Counting, law
from experiments.studies.validation.record import Seen, Window
from sim.statistics import Values

NAMED = "rate and quarter effect"
CONSTANT, LAST, EXCITED = "constant rate", "last count", "self-excitation alone"
SHAPE, MEAN = 0.5, 0.2
RATES = np.geomspace(1e-3, 8.0, 120)
"""Per day."""
_VARIATIONS = (np.arange(10) + 0.5) / 10
_BRANCHING, _DELAY_DAYS = (np.arange(4) + 0.5) / 8, 7.0 + 35.0 * (np.arange(3) + 0.5) / 3
_COUNTS = np.arange(MOST + 1)


def _on_grid(density: Values) -> Values:
    """Masses on the grid of a density of the rate: a step is a constant share of the rate."""
    masses = density * RATES
    return np.asarray(masses / masses.sum(axis=-1, keepdims=True))


@cache
def _prior() -> Values:
    from scipy.stats import gamma

    return _on_grid(gamma.pdf(RATES, SHAPE, scale=MEAN / SHAPE))


@cache
def _quarter_effects() -> Values:
    """Masses of a quarter's rate (variation × λ × rate)."""
    from scipy.stats import gamma

    shape = (_VARIATIONS**-2)[:, None, None]
    return _on_grid(gamma.pdf(RATES, shape, scale=RATES[:, None] / shape))


@cache
def _happens(days: int, spread: float = 1.0) -> Values:
    """Chance of each count in a window (rates × counts): Poisson, or with another variance over mean."""
    from scipy.stats import nbinom, poisson

    mean = RATES[:, None] * days
    if spread <= 1.0 + 1e-9:
        return np.asarray(poisson.pmf(_COUNTS, mean))
    return np.asarray(nbinom.pmf(_COUNTS, mean / (spread - 1.0), 1.0 / spread))


def _poisson(days: int) -> float:
    return 1.0


def _likelihood(windows: Sequence[Window], counting: Counting, spread: Callable[[int], float] = _poisson) -> Values:
    """Chance of what was reported, by rate."""
    chances = [_happens(w.days, spread(w.days)) @ law(counting)[w.value] for w in windows]
    return np.asarray(np.prod(chances, axis=0)) if chances else np.ones(len(RATES))


def _all(seen: Sequence[Seen]) -> list[Window]:
    return [window for quarter in seen for window in quarter.counted_once]


def _next(masses: Values, asked: Window) -> Values:
    """The law of a Poisson count, from masses of its rate."""
    return np.asarray(masses / masses.sum() @ _happens(asked.days))


def constant(seen: Sequence[Seen], asked: Window, counting: Counting) -> Values:
    """One rate for all."""
    return _next(_prior() * _likelihood(_all(seen), counting), asked)


def last(seen: Sequence[Seen], asked: Window, counting: Counting) -> Values:
    """The rate of the last window of the same kind; of none, that of all."""
    months = [month for quarter in seen for month in quarter.months]
    totals = [quarter.total for quarter in seen if quarter.total]
    kind = months if _is_month(asked) else totals
    return _next(_prior() * _likelihood(kind[-1:] or _all(seen), counting), asked)


def _is_month(window: Window) -> bool:
    return (window.first.year, window.first.month) == (window.last.year, window.last.month)


def quarter_effect(seen: Sequence[Seen], asked: Window, counting: Counting) -> Values:
    """A rate for each quarter, about a common one."""
    effects = _quarter_effects()
    before = [q for q in seen if q.counted_once[0].first < asked.first and q.total]
    now = [q for q in seen if not q.total]
    weights = np.broadcast_to(_prior(), effects.shape[:2])
    for quarter in before:
        weights = weights * (effects @ _likelihood(quarter.counted_once, counting))
    rates = np.einsum("vl,vlr->r", weights, effects)
    return _next(rates * _likelihood(_all(now), counting), asked)


def self_excitation(seen: Sequence[Seen], asked: Window, counting: Counting) -> Values:
    """One rate for all, and clusters."""
    total: Values = np.zeros(MOST + 1)
    weight = 0.0
    for branching in _BRANCHING:
        for delay in _DELAY_DAYS:

            def spread(days: int, n: float = branching, delay: float = delay) -> float:
                return float(fano(n, delay, days))

            masses = _prior() * _likelihood(_all(seen), counting, spread)
            total = total + masses @ _happens(asked.days, spread(asked.days))
            weight += float(masses.sum())
    return total / weight


def fano(branching: Any, delay_days: Any, window_days: float) -> Any:
    """Variance over mean of the counts of a stationary Hawkes process in a window (E16)."""
    k = 1.0 / (1.0 - branching)
    x = (1.0 - branching) / delay_days * window_days
    return k**2 + (1.0 - k**2) * (1.0 - np.exp(-x)) / x


NULLS: dict[str, Callable[[Sequence[Seen], Window, Counting], Values]] = {
    NAMED: quarter_effect,
    CONSTANT: constant,
    LAST: last,
    EXCITED: self_excitation,
}
"""Name → (what is known of a measure, the window asked, the law of reports) → chances of 0, 1, … attacks in it."""
