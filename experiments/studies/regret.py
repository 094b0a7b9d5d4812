"""What is lost against the best choice of each state, and how often a choice is good enough: one formula for all.

Regret (Savage, J. Am. Stat. Assoc. 46, 1951) is against the best option of each state. That best one is found on half
of a state's replicates and its loss is taken from the other half, and the halves change places: one that is found and
scored on the same runs is the luckiest, and all regrets are too large. Half of the replicates find the best a little
less often than all would, so regrets are rather too small than too large. Percentiles are of effects whose spread is
taken back to that of the true ones (`experiments/runs/nested.py`). Satisficing is the domain criterion of Starr 1963;
both as reviewed by McPhail et al., Earth's Future 6, 2018.

A loss is a measure turned so that less is better, states × options × replicates; `weights` (states; they sum to 1) are
None where all states count alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.runs.nested import effects_of, over_states, quantiles
from experiments.studies.settings import Limit
from sim.statistics import Values

Mask = NDArray[np.bool_]
_P90 = 0.9


class Regret(NamedTuple):
    """What an option loses against the best of each state: over states the mean, 90th percentile and largest.

    None is below 0: what looks better than the best of each state is luck. Reliability is the share of the variance
    between states that is not replicate noise; at 0 percentile and largest are no more than the mean. The largest of
    many states is partly luck all the same.
    """

    mean: float
    p90: float
    reliability: float
    most: float


def best_apart(loss: Values, among: Mask | None = None) -> Values:
    """States × replicates: the loss, in each replicate, of the option that is best on the other half of them."""
    if loss.shape[2] < 2:
        raise ValueError("one replicate a state cannot tell the best option from the luckiest")
    halves = [np.arange(n, loss.shape[2], 2) for n in (0, 1)]
    rows, columns = np.arange(len(loss)), np.flatnonzero(np.ones(loss.shape[1]) if among is None else among)
    found = np.empty((loss.shape[0], loss.shape[2]))
    for found_on, scored_on in (halves, halves[::-1]):
        best = columns[loss[:, columns][:, :, found_on].mean(axis=2).argmin(axis=1)]
        found[:, scored_on] = loss[rows, best][:, scored_on]
    return found


def regret_of(loss: Values, best: Values, weights: Values | None = None) -> Regret:
    """The regret of one option; its loss and that of the best are states × replicates."""
    table = loss - best
    effects, noise = effects_of(table, weights)
    mean, p90 = float(over_states(table, weights, 1)), quantiles(effects, weights, (_P90,))[0]
    most = float((effects if weights is None else effects[weights > 0]).max())
    return Regret(max(mean, 0.0), max(p90, mean, 0.0), 1.0 - noise, max(most, mean, 0.0))


def regrets(loss: Values, best: Values, weights: Values | None = None) -> Values:
    """The regret of each option (options × what `Regret` has)."""
    return np.array([regret_of(loss[:, n], best, weights) for n in range(loss.shape[1])])


def best_shares(loss: Values, weights: Values | None = None) -> Values:
    """In what share of the states each option is the best in the mean of its replicates (ties shared).

    Luck favours none, but draws the shares of good and bad options together.
    """
    means = loss.mean(axis=2)
    first = means == means.min(axis=1, keepdims=True)
    return over_states(first / first.sum(axis=1, keepdims=True), weights)


def satisficing(means: Mapping[str, Values], limits: Sequence[Limit]) -> Mask:
    """In which states each option meets every limit (states × options), by the means over replicates."""
    met = np.ones_like(means[limits[0].measure], dtype=np.bool_)
    for limit in limits:
        values = means[limit.measure]
        if limit.at_most is not None:
            met &= values <= limit.at_most
        if limit.at_least is not None:
            met &= values >= limit.at_least
    return np.asarray(met)
