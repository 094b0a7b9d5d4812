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
class Screen:
    """A Morris sample: trajectories of d + 2 points in the unit cube of d parameters and the dummy."""

    names: tuple[str, ...]
    unit: NDArray[np.float64]

    @property
    def parameters(self) -> NDArray[np.float64]:
        """Quantiles of the parameters at each point (n × d)."""
        return LOW + (HIGH - LOW) * self.unit[:, :-1]

    @property
    def other_streams(self) -> NDArray[np.bool_]:
        """Which points meet the second streams."""
        return np.asarray(self.unit[:, -1] > 0.5)

    @property
    def per_trajectory(self) -> int:
        """Points of a trajectory."""
        return self.unit.shape[1] + 1


def problem(names: Sequence[str]) -> dict[str, Any]:
    """The parameters as SALib wants them, on the unit interval."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def sample(parameters: Sequence[str], trajectories: int, seed: int) -> Screen:
    """Morris trajectories through the parameters and the dummy."""
    from SALib.sample import morris

    names = (*parameters, STREAMS)
    # trajectories are drawn, not optimised: with dozens of parameters the search costs more than further runs
    return Screen(names, np.asarray(morris.sample(problem(names), trajectories, LEVELS, seed=seed)))


def analyse(screen: Screen, y: Values, resamples: int, seed: int) -> list[Effect]:
    """Effects on `y` (one value per point; NaN where runs failed: the whole trajectory is left out)."""
    from SALib.analyze import morris

    whole = np.isfinite(y.reshape(-1, screen.per_trajectory)).all(axis=1)
    kept = np.repeat(whole, screen.per_trajectory)
    options = {"num_levels": LEVELS, "num_resamples": resamples, "seed": seed}
    found = morris.analyze(problem(screen.names), screen.unit[kept], y[kept], **options)
    columns = (found["mu"], found["mu_star"], found["mu_star_conf"], found["sigma"])
    numbers = np.ma.filled(np.ma.stack(columns), np.nan).astype(float)
    floor = numbers[1, -1] + numbers[2, -1]
    matters = numbers[1] - numbers[2] > floor
    each = zip(screen.names, numbers.T.tolist(), matters.tolist(), strict=True)
    return [Effect(name, mu, star, half, sigma, above) for name, (mu, star, half, sigma), above in each]
