"""Pareto fronts: what nothing else beats in every objective at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.statistics import Values

_DIGITS = 9  # rounding leaves differences of 1e-17 where there are none


def undominated(losses: Values) -> NDArray[np.bool_]:
    """Whether each candidate has no other that loses no more in any objective and less in one (… × n × objectives).

    Candidates that tie in all of them stand or fall together.
    """
    losses = np.round(losses, _DIGITS)
    front = np.ones(losses.shape[:-1], bool)
    for j in range(losses.shape[-2]):
        one = losses[..., j, None, :]
        front &= ~((one <= losses).all(axis=-1) & (one < losses).any(axis=-1))
    return front


def in_turn(losses: Values, n: int) -> list[int]:
    """`n` rows of candidates × objectives: the best in each objective in turn, then the second best, and so on."""
    orders = np.argsort(losses, axis=0, kind="stable")
    return list(dict.fromkeys(orders.ravel().tolist()))[:n]
