"""Simulation-based calibration of any method from the table alone (Talts et al. 2018, arXiv:1804.06788).

Some rows of the table are taken out and play the observation, one after the other; their parameters are known. If a
method gives the right posterior, the rank of the truth among its draws is uniform, and intervals hold it as often as
they say. A rival that is out leaves its parameters at one value, which truth and draws share: ties are broken by
chance, in ranks and in intervals alike. Of the rivals, what is said of being in must come true as often as it is
said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.studies.inference.draws import Draws, Mask, Method, Table
from experiments.studies.inference.ranks import DRAWS, LEVELS, crps, rank_test
from sim.statistics import Interval, Values, holm, mean_interval

_SURE = 1e-4  # a forecast of being in that is nearer to 0 or 1 is scored as this


@dataclass(frozen=True)
class Checked:
    """What a method made of each set (sets × parameters, or sets × rivals for `p_in` and `was_in`).

    `places` are where the truth lies in the distribution function of the posterior; `errors` posterior mean less
    truth.
    """

    ranks: NDArray[np.int64]
    places: Values
    crps: Values
    errors: Values
    p_in: Values
    was_in: Mask
    effective: Values


@dataclass(frozen=True)
class Verdict:
    """Of one parameter: chi-square of its ranks, and corrected for the number of parameters (Holm); coverage by
    level.
    """

    p: float
    p_holm: float
    coverage: tuple[Interval, ...]
    crps: float


@dataclass(frozen=True)
class Inclusion:
    """Of one rival: said less what was, in standard errors; its p-value, corrected likewise; mean log losses."""

    z: float
    p_holm: float
    log_loss: float
    base_log_loss: float


def split(table: Table, n: int, seed: int) -> tuple[Table, Table]:
    """The table without `n` rows drawn by chance, and these rows: the sets."""
    rows = np.random.default_rng(seed).choice(len(table), size=n, replace=False)
    rest = np.ones(len(table), dtype=np.bool_)
    rest[rows] = False
    return table.take(rest), table.take(rows)


def check(method: Method, rest: Table, sets: Table, seed: int) -> Checked:
    """The method on every set."""
    found = [_check(method(rest, sets.summaries[k]), sets.unit[k], [seed, k]) for k in range(len(sets))]
    ranks, places, scores, errors, p_in, effective = (np.array(rows) for rows in zip(*found, strict=True))
    return Checked(ranks, places, scores, errors, p_in, sets.included, effective)


def _check(draws: Draws, truth: Values, seed: Sequence[int]) -> tuple[Values, ...]:
    rng = np.random.default_rng(seed)
    few = draws.unit[rng.choice(len(draws.unit), size=DRAWS, p=draws.weights)]
    ties = np.sum(few == truth, axis=0)
    ranks = np.sum(few < truth, axis=0) + rng.integers(0, ties + 1)
    below, at = draws.weights @ (draws.unit < truth), draws.weights @ (draws.unit == truth)
    places = below + at * rng.random(len(truth))
    scores, effective = crps(truth, draws.unit, draws.weights), np.array(draws.effective_size)
    return ranks, places, scores, draws.mean() - truth, draws.inclusion, effective


def verdicts(checked: Checked) -> list[Verdict]:
    """Of every parameter."""
    p_values = {str(j): rank_test(ranks) for j, ranks in enumerate(checked.ranks.T)}
    corrected = holm(p_values)
    inside = [held(checked.places, level) for level in LEVELS]
    return [
        Verdict(p, corrected[j], tuple(mean_interval(h[:, int(j)]) for h in inside), checked.crps[:, int(j)].mean())
        for j, p in p_values.items()
    ]


def held(places: Values, level: float) -> Values:
    """1 where the central interval of a level holds the truth, else 0."""
    return (np.abs(places - 0.5) <= level / 2).astype(np.float64)


def coverage(checked: Checked, level: float, parameters: Sequence[int] | None = None) -> Interval:
    """Share of truths inside over some parameters (None: all), with an interval over sets, which are independent."""
    columns = slice(None) if parameters is None else list(parameters)
    return mean_interval(held(checked.places[:, columns], level).mean(axis=1))


def inclusions(checked: Checked) -> list[Inclusion]:
    """Of every rival."""
    from scipy.stats import norm

    said, was = checked.p_in, checked.was_in
    z = (said - was).sum(axis=0) / np.sqrt(np.maximum((said * (1.0 - said)).sum(axis=0), 1e-12))
    corrected = holm({str(k): float(2 * norm.sf(abs(value))) for k, value in enumerate(z)})
    losses, base = log_losses(said, was).mean(axis=0), log_losses(np.full(said.shape, 0.5), was).mean(axis=0)
    return [Inclusion(float(value), corrected[str(k)], float(losses[k]), float(base[k])) for k, value in enumerate(z)]


def log_losses(said: Values, was: Mask) -> Values:
    """Minus the log of the probability that was given to what was."""
    sure = np.clip(said, _SURE, 1.0 - _SURE)
    return -np.log(np.where(was, sure, 1.0 - sure))
