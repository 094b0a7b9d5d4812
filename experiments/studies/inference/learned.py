"""ABC on learned summaries: the distance is measured in what the reports say of parameters and rivals, not in the
reports.

Twenty counts are too many to come near all at once, and raw distances blur whatever lies in their pattern: a
structure that makes attacks cluster gives odd records, whose nearest neighbours are ordinary ones. So a small network
first learns from the table what each place and each rival is expected to be, given the reports (Fearnhead and Prangle
2012, JRSS B 74, 419-474; Jiang et al. 2017, Statistica Sinica 27, 1595-1618), and runs are near if these expectations
are. Whatever the network is worth, the posterior stays calibrated; a poor one makes it wide.

Two networks learn from a half of the table each, and each serves the half that it has not seen, so that no run looks
closer than a new observation would. What a network cannot foretell of unseen runs is left out of the distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.studies.inference.abc import adjusted
from experiments.studies.inference.draws import Draws, Mask, Method, Table
from experiments.studies.inference.networks import predicted, trained
from sim.statistics import Values

LEAST = 0.01
"""Share of the variance of a place that must be foretold if it is to count in the distance."""


@dataclass(frozen=True)
class Half:
    """A half of the table in learned summaries, with the network that made them and has not seen it."""

    table: Table
    rows: Mask
    network: Any
    kept: Mask

    def posterior(self, observed: Values, n: int) -> Draws:
        """The nearest of this half, adjusted."""
        at = predicted(self.network, observed[None])[0, self.kept]
        draws = adjusted(self.table, at, n)
        return Draws(draws.unit, draws.included, draws.weights, np.flatnonzero(self.rows)[draws.rows])


@dataclass(frozen=True)
class Learned:
    """Both halves; `foretold` is the share of variance foretold of unseen runs, of each parameter and then each
    rival.
    """

    halves: tuple[Half, Half]
    foretold: Values

    def posterior(self, observed: Values, n: int) -> Draws:
        """The `n` nearest, half of them from each half, with their structure and adjusted within it."""
        one, other = (half.posterior(observed, n // 2) for half in self.halves)
        return Draws(
            np.concatenate([one.unit, other.unit]),
            np.concatenate([one.included, other.included]),
            np.concatenate([one.weights, other.weights]) / 2.0,
            np.concatenate([one.rows, other.rows]),
        )

    def on(self, table: Table) -> Learned:
        """The same networks and the same distance on another table of as many rows: one whose reports were dealt
        anew.
        """
        halves = [_half(table, half.rows, half.network, half.kept) for half in self.halves]
        return Learned((halves[0], halves[1]), self.foretold)


def method(table: Table, n: int, seed: int) -> Method:
    """The `n` nearest in summaries that are learned once, from this table."""
    learned = learn(table, seed)
    return lambda of, observed: (learned if of is table else learned.on(of)).posterior(observed, n)


def learn(table: Table, seed: int) -> Learned:
    """Train both networks on the table."""
    first = np.arange(len(table)) % 2 == 0
    wanted = _standardised(np.concatenate([table.unit, table.included], axis=1))
    networks = [trained(table.summaries[rows], wanted[rows], seed + k) for k, rows in enumerate((~first, first))]
    said = np.where(first[:, None], *(predicted(network, table.summaries) for network in networks))
    foretold = 1.0 - np.mean((said - wanted) ** 2, axis=0)
    kept = foretold > min(LEAST, float(foretold.max()) / 2.0)
    halves = [_half(table, rows, network, kept) for network, rows in zip(networks, (first, ~first), strict=True)]
    return Learned((halves[0], halves[1]), foretold)


def _standardised(values: Values) -> Values:
    sd = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(sd > 0, sd, 1.0))


def _half(table: Table, rows: Mask, network: Any, kept: Mask) -> Half:
    part = table.take(rows)
    said = predicted(network, part.summaries)[:, kept]
    return Half(Table(part.unit, part.included, said, part.held), rows, network, kept)
