"""The calibration: prior predictive, proof by simulation, posterior, and what was learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from experiments.studies.calibration import rejection
from experiments.studies.calibration.discrepancy import observed
from experiments.studies.calibration.identify import Identified, identify
from experiments.studies.calibration.posterior import Posterior, Schedule
from experiments.studies.calibration.recovery import Found, Method, recover, synthetic
from experiments.studies.calibration.simulator import Simulator, seeds_of
from experiments.studies.priors import Priors, unit_points
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import CalibrationSizes
from experiments.studies.targets import Loaded
from sim.statistics import Values

CHEAP_DAYS = 91
"""Synthetic data are of the first quarter alone: a third of the time, and the same engine, priors and methods."""


@dataclass(frozen=True)
class Calibration:
    """All that a calibration found. `prior_counts` (runs × fitted targets); `posterior_counts` (draws × targets)."""

    loaded: Loaded
    priors: Priors
    quick: bool
    prior_counts: Values
    failed: int
    found: list[Found]
    posterior: Posterior
    posterior_counts: Values
    whole: Values
    identified: Identified


def calibrate(loaded: Loaded, priors: Priors, sizes: CalibrationSizes, runner: StudyRunner) -> Calibration:
    """The whole study."""
    simulator = Simulator(loaded, priors, runner)
    counts = _prior_counts(simulator.at("runs from the prior"), sizes)
    found = list(_recovery(replace(simulator, loaded=cheap(loaded)), sizes))
    last = simulator.at("posterior")
    schedule = Schedule(sizes.population, sizes.tolerances)
    posterior = _smc(last, observed(loaded.targets.fitted), schedule, runner.seed)
    whole = simulator.whole(posterior.unit, posterior.seeds)
    return Calibration(
        loaded,
        priors,
        runner.quick,
        counts,
        int(np.sum(~np.isfinite(counts).all(axis=1))),
        found,
        posterior,
        last.counts(posterior.unit, posterior.seeds),
        whole,
        identify(priors, whole, posterior.weights),
    )


# --- prior predictive ----------------------------------------------------------------------------------
def _prior_counts(simulator: Simulator, sizes: CalibrationSizes) -> Values:
    """The fitted targets of runs at points of the prior (runs × targets)."""
    seed, dimension = simulator.runner.seed, simulator.priors.calibrated.dimension
    return simulator.counts(unit_points(sizes.runs, dimension, seed, "random"), seeds_of(seed, 10, n=sizes.runs))


# --- proof by simulation -------------------------------------------------------------------------------
def cheap(loaded: Loaded) -> Loaded:
    """The same scenario over its first quarter, with the fitted targets that lie inside it."""
    last = loaded.start + timedelta(days=CHEAP_DAYS - 1)
    inside = tuple(target for target in loaded.targets.fitted if target.last <= last)
    if not inside:
        return loaded
    targets = loaded.targets.model_copy(update={"targets": inside})
    return replace(loaded, targets=targets, scenario=loaded.scenario.with_changes({"days": CHEAP_DAYS}))


def _recovery(simulator: Simulator, sizes: CalibrationSizes) -> Iterator[Found]:
    """Every method on every synthetic set."""
    dimension, seed, last = simulator.priors.calibrated.dimension, simulator.runner.seed, sizes.cheap_tolerances[-1]
    sets = synthetic(simulator.at("synthetic sets"), dimension, sizes.sets, last, seed)
    table = rejection.table_of(simulator.at("table for the synthetic sets"), dimension, sizes.cheap_table, seed + 1)
    methods = _methods(simulator.at("ABC-SMC on the synthetic sets"), table, sizes)
    for k in range(len(sets)):
        for name, method in methods.items():
            yield from recover(name, method, sets, k, seed)


def _methods(simulator: Simulator, table: rejection.PriorRuns, sizes: CalibrationSizes) -> dict[str, Method]:
    """Name → method, at the cheap setting."""
    last, nearest = sizes.cheap_tolerances[-1], sizes.cheap_nearest
    schedule = Schedule(sizes.cheap_population, sizes.cheap_tolerances)
    return {
        "ABC-SMC": lambda reported, seed: _smc(simulator, reported, schedule, seed),
        "rejection": lambda reported, seed: rejection.rejected(table, reported, last),
        "regression": lambda reported, seed: rejection.adjusted(table, reported, last, nearest, seed),
    }


# --- posterior -----------------------------------------------------------------------------------------
def _smc(simulator: Simulator, reported: Values, schedule: Schedule, seed: int) -> Posterior:
    """The posterior of the calibrated parameters, by sequential Monte Carlo."""
    from experiments.studies.calibration import smc  # pyabc takes seconds to import

    return smc.smc(simulator, simulator.priors.calibrated.dimension, reported, schedule, seed)
