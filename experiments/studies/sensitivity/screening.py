"""Morris screening: elementary effects of every parameter, with other streams as one more (SALib).

Morris, Technometrics 33(2), 1991; μ* by Campolongo, Cariboni & Saltelli, Environ. Model. Softw. 22, 2007. The last
column of the sample is the dummy: it moves no parameter and gives the replicates other streams. An input that no rule
reads would be no floor here, since draws have names: it leaves every run as it is, and its effect is exactly 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.statistics import Values

STREAMS = "streams (dummy)"
LEVELS = 4
LOW, HIGH = 0.05, 0.95
"""Quantiles of the prior between which parameters move: the ends of an unbounded law are no places to stand."""


@dataclass(frozen=True)
class Effect:
    """Elementary effects of one parameter on one quantity, in its unit, over the width LOW to HIGH of the prior."""

    parameter: str
    mu: float
    mu_star: float
    mu_star_half_width: float
    sigma: float
    matters: bool


@dataclass(frozen=True)
class Sample:
    """Points in the unit cube of d parameters and the dummy, `per_row` of which stand or fall together.

    `parameters`: quantiles of the parameters at each point (n × d). `other_streams`: which points meet the second
    streams.
    """

    names: tuple[str, ...]
    unit: NDArray[np.float64]
    per_row: int
    parameters: NDArray[np.float64]
    other_streams: NDArray[np.bool_]

    def whole(self, y: Values) -> NDArray[np.bool_]:
        """Which points are in rows without a failed run (NaN in `y`)."""
        return np.isfinite(y.reshape(-1, self.per_row)).all(axis=1).repeat(self.per_row)


def clear_of_noise(measure: Values, half_width: Values) -> list[bool]:
    """Which inputs have an interval above that of the dummy, the last of them."""
    return list((measure - half_width > measure[-1] + half_width[-1]).tolist())


def problem(names: Sequence[str]) -> dict[str, Any]:
    """The parameters as SALib wants them, on the unit interval."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def sample(parameters: Sequence[str], trajectories: int, seed: int) -> Sample:
    """Morris trajectories of d + 2 points through the parameters and the dummy."""
    from SALib.sample import morris

    names = (*parameters, STREAMS)
    # trajectories are drawn, not optimised: with dozens of parameters the search costs more than further runs
    unit = np.asarray(morris.sample(problem(names), trajectories, LEVELS, seed=seed))
    return Sample(names, unit, len(names) + 1, LOW + (HIGH - LOW) * unit[:, :-1], unit[:, -1] > 0.5)


def analyse(drawn: Sample, y: Values, resamples: int, seed: int) -> list[Effect]:
    """Effects on `y` (one value per point; NaN where runs failed: the whole trajectory is left out)."""
    from SALib.analyze import morris

    kept, options = drawn.whole(y), {"num_levels": LEVELS, "num_resamples": resamples, "seed": seed}
    found = morris.analyze(problem(drawn.names), drawn.unit[kept], y[kept], **options)
    columns = (found["mu"], found["mu_star"], found["mu_star_conf"], found["sigma"])
    numbers = np.ma.filled(np.ma.stack(columns), np.nan).astype(float)
    each = zip(drawn.names, numbers.T.tolist(), clear_of_noise(numbers[1], numbers[2]), strict=True)
    return [Effect(name, mu, star, half, sigma, above) for name, (mu, star, half, sigma), above in each]
