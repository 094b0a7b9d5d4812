"""Sobol indices: shares of variance of each input alone, in pairs, and in all; streams are one more input (SALib).

An input is a factor, or a group of factors that move together: the first-order index of a group is the share of all its
members and of what they do with each other, its total index adds what they do with other groups. Saltelli et al.,
Comput. Phys. Commun. 181, 2010; bootstrap intervals as in SALib. The last input of the sample is the dummy: matrix A
has the first streams and matrix B others, so its total index is what replicate noise still does to a mean over
replicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.studies.priors import unit_points
from experiments.studies.sensitivity.screening import STREAMS, Sample, clear_of_noise, problem
from sim.statistics import Values


@dataclass(frozen=True)
class Index:
    """First-order and total index of an input; half-widths of 95% bootstrap intervals."""

    parameter: str
    first: float
    first_half_width: float
    total: float
    total_half_width: float
    matters: bool


@dataclass(frozen=True)
class PairIndex:
    """Second-order index of two inputs: variance from their interaction beyond their own parts."""

    parameter: str
    other: str
    second: float
    second_half_width: float


def sample(factors: Sequence[str], base_points: int, seed: int) -> Sample:
    """Saltelli's points for first, second and total order of each factor by itself."""
    return sample_groups(factors, base_points, seed)


def sample_groups(groups: Sequence[str], base_points: int, seed: int) -> Sample:
    """The same for groups: `groups` has that of each factor. Inputs are groups, in the order of their first factor.

    One base row after the other: A, each AB, each BA, B (2D + 2 points, D with the dummy). B has other streams, and so
    have each BA but that of the dummy, and the AB of the dummy.

    A and B are a Latin hypercube. A Sobol sequence, which SALib would take, is sparse in some pairs of axes at a few
    hundred points: first-order indices were off by three times their interval, which a bootstrap over rows cannot see.
    """
    names, axes = (*dict.fromkeys(groups), STREAMS), np.array([*groups, STREAMS])
    a, b = np.split(unit_points(base_points, 2 * len(axes), seed, "latin_hypercube"), 2, axis=1)
    swapped = [axes == name for name in names]
    rows = [a, *(np.where(own, b, a) for own in swapped), *(np.where(own, a, b) for own in swapped), b]
    unit, d = np.stack(rows, axis=1).reshape(-1, len(axes)), len(names)
    row = np.repeat([False, True, False, True], [d, d, 1, 1])
    return Sample(names, unit, len(row), unit[:, :-1], np.tile(row, len(unit) // len(row)))


def analyse(drawn: Sample, y: Values, resamples: int, seed: int) -> tuple[list[Index], list[PairIndex]]:
    """Indices of `y` (one value per point; NaN where runs failed: the whole base row is left out)."""
    from SALib.analyze import sobol

    kept = y[drawn.whole(y)]
    if kept.std() == 0.0:  # where nothing varies there is nothing to share out
        return [Index(name, np.nan, np.nan, np.nan, np.nan, False) for name in drawn.names], []
    scaled = (kept - kept.mean()) / kept.std()
    found = sobol.analyze(problem(drawn.names), scaled, num_resamples=resamples, seed=seed)
    columns = np.array([found[key] for key in ("S1", "S1_conf", "ST", "ST_conf")])
    each = zip(drawn.names, columns.T.tolist(), clear_of_noise(columns[2], columns[3]), strict=True)
    singles = [Index(name, s1, s1_half, st, st_half, above) for name, (s1, s1_half, st, st_half), above in each]
    return singles, _pairs(drawn.names, found["S2"], found["S2_conf"])


def _pairs(names: Sequence[str], second: Values, half: Values) -> list[PairIndex]:
    d = len(names) - 1  # the dummy has no pairs worth telling
    return [
        PairIndex(names[i], names[j], float(second[i, j]), float(half[i, j])) for i in range(d) for j in range(i + 1, d)
    ]
