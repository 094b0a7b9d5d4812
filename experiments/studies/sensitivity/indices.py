"""Sobol indices: shares of variance of each parameter alone, in pairs, and in all; streams are one more input (SALib).

Saltelli et al., Comput. Phys. Commun. 181, 2010; bootstrap intervals as in SALib. The last input of the sample is the
dummy: matrix A has the first streams and matrix B others, so its total index is what replicate noise still does to a
mean over replicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.studies.sensitivity.screening import STREAMS, problem
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


@dataclass(frozen=True)
class SobolSample:
    """Saltelli's points, one base row after the other: A, each AB, each BA, B (2D + 2 points, D with the dummy)."""

    names: tuple[str, ...]
    unit: NDArray[np.float64]

    @property
    def parameters(self) -> NDArray[np.float64]:
        """Quantiles of the parameters at each point (n × d)."""
        return self.unit[:, :-1]

    @property
    def per_row(self) -> int:
        """Points of a base row."""
        return 2 * len(self.names) + 2

    @property
    def other_streams(self) -> NDArray[np.bool_]:
        """Which points have the streams of B: B itself, each BA but that of the dummy, and the AB of the dummy."""
        d = len(self.names)
        pattern = np.zeros(self.per_row, np.bool_)
        pattern[d] = True
        pattern[d + 1 : 2 * d] = True
        pattern[-1] = True
        return np.tile(pattern, len(self.unit) // self.per_row)


def sample(parameters: Sequence[str], base_points: int, seed: int) -> SobolSample:
    """Points for first, second and total order, from a scrambled Sobol sequence."""
    from SALib.sample import sobol

    names = (*parameters, STREAMS)
    points = sobol.sample(problem(names), base_points, calc_second_order=True, seed=seed)
    return SobolSample(names, np.asarray(points))


def analyse(points: SobolSample, y: Values, resamples: int, seed: int) -> tuple[list[Index], list[PairIndex]]:
    """Indices of `y` (one value per point; NaN where runs failed: the whole base row is left out)."""
    from SALib.analyze import sobol

    table = y.reshape(-1, points.per_row)
    kept = table[np.isfinite(table).all(axis=1)].ravel()
    if kept.std() == 0.0:
        return _nothing(points.names), []
    scaled = (kept - kept.mean()) / kept.std()
    found = sobol.analyze(problem(points.names), scaled, num_resamples=resamples, seed=seed)
    columns = np.array([found[key] for key in ("S1", "S1_conf", "ST", "ST_conf")])
    floor = columns[2, -1] + columns[3, -1]
    matters = columns[2] - columns[3] > floor
    each = zip(points.names, columns.T.tolist(), matters.tolist(), strict=True)
    singles = [Index(name, s1, s1_half, st, st_half, above) for name, (s1, s1_half, st, st_half), above in each]
    return singles, _pairs(points.names, found["S2"], found["S2_conf"])


def _nothing(names: Sequence[str]) -> list[Index]:
    """Where nothing varies there is nothing to share out."""
    nan = float("nan")
    return [Index(name, nan, nan, nan, nan, False) for name in names]


def _pairs(names: Sequence[str], second: Values, half: Values) -> list[PairIndex]:
    d = len(names) - 1  # the dummy has no pairs worth telling
    return [
        PairIndex(names[i], names[j], float(second[i, j]), float(half[i, j])) for i in range(d) for j in range(i + 1, d)
    ]
