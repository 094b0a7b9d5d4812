"""`posture calibrate`: prior predictive, proof by simulation, posterior, identifiability; tables and an ensemble."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import numpy as np

from experiments.studies.calibration import rejection, smc
from experiments.studies.calibration.discrepancy import TIGHTEST, Values, coordinates, observed
from experiments.studies.calibration.identify import Identified, identify
from experiments.studies.calibration.posterior import Posterior
from experiments.studies.calibration.recovery import Found, Method, Sets, recover, synthetic
from experiments.studies.calibration.request import Asked
from experiments.studies.calibration.settings import CHEAP_DAYS, Setting
from experiments.studies.calibration.simulator import Seeds, Simulator, seeds_of
from experiments.studies.calibration.work import Work
from experiments.studies.priors import Priors, unit_points
from experiments.studies.targets import Loaded
from sim.errors import ConfigError

BLOCK, RUNS_BLOCK = 5, 200


@dataclass(frozen=True)
class Calibration:
    """All that a calibration found. `prior_counts` (runs × fitted targets); `posterior_counts` (draws × targets)."""

    loaded: Loaded
    priors: Priors
    setting: Setting
    seed: int
    prior_counts: Values
    failed: int
    found: list[Found]
    sets: int
    posterior: Posterior
    posterior_counts: Values
    whole: Values
    adjusted: Posterior
    identified: Identified
    times: dict[str, dict[str, float]] = field(default_factory=dict)


Question = Asked[Setting]


def calibrate(question: Question, work: Work) -> Calibration:
    """The whole study; parts that are in `work` are not made again."""
    check(question.loaded)
    simulator = Simulator(question.loaded, question.priors, question.workers)
    with work.timed("runs from the prior"):
        unit, seeds, counts = _prior_runs(question, simulator, work)
    found, n_sets = _recovery(question, work)
    with work.timed("posterior"):
        posterior = _posterior(question, simulator, work)
    fitted, whole = question.loaded.targets.fitted, simulator.whole(posterior.unit, posterior.seeds)
    table = rejection.whole(unit, seeds, coordinates(counts, fitted))
    nearest, last = min(400, len(table) // 2), question.setting.tolerances[-1]
    again = rejection.adjusted(table, observed(fitted), last, nearest, question.seed)
    return Calibration(
        question.loaded,
        question.priors,
        question.setting,
        question.seed,
        counts,
        table.failed,
        found,
        n_sets,
        posterior,
        work.once("posterior_counts", lambda: simulator.counts(posterior.unit, posterior.seeds)),
        whole,
        again,
        identify(question.priors, whole, posterior.weights),
        work.times,
    )


def check(loaded: Loaded) -> None:
    """Refuse targets that can't be fitted."""
    if not loaded.targets.fitted:
        raise ConfigError(loaded.file, "targets", "none with fit = true", "expected one target or more to fit")


# --- prior predictive ----------------------------------------------------------------------------------
def _prior_runs(question: Question, simulator: Simulator, work: Work) -> tuple[Values, Seeds, Values]:
    """Runs at points of the prior: points, seeds, counts of the fitted targets."""
    n, seed = question.setting.runs, question.seed
    unit, seeds = unit_points(n, question.priors.calibrated.dimension, seed, "random"), seeds_of(seed, 10, n=n)
    rows = []
    for k in range(0, n, RUNS_BLOCK):
        part = slice(k, k + RUNS_BLOCK)
        rows.append(work.once(f"prior_{k}", partial(simulator.counts, unit[part], seeds[part])))
        question.told("runs from the prior", min(k + RUNS_BLOCK, n), n)
    return unit, seeds, np.concatenate(rows)


# --- proof by simulation -------------------------------------------------------------------------------
def cheap(loaded: Loaded) -> Loaded:
    """The same scenario over its first quarter, with the fitted targets that lie inside it."""
    last = loaded.start + timedelta(days=CHEAP_DAYS - 1)
    inside = tuple(target for target in loaded.targets.fitted if target.last <= last)
    if not inside:
        return loaded
    targets = loaded.targets.model_copy(update={"targets": inside})
    return replace(loaded, targets=targets, scenario=loaded.scenario.with_changes({"days": CHEAP_DAYS}))


def _recovery(question: Question, work: Work) -> tuple[list[Found], int]:
    """Every method on every synthetic set."""
    simulator = Simulator(cheap(question.loaded), question.priors, question.workers)
    setting, dimension, seed = question.setting, question.priors.calibrated.dimension, question.seed
    last = setting.cheap_tolerances[-1]
    sets = work.once("sets", lambda: synthetic(simulator, dimension, setting.sets, last, seed))
    question.told("table for the synthetic sets", 0, 1)
    with work.timed("table for the synthetic sets"):
        table = work.once("table", lambda: rejection.table_of(simulator, dimension, setting.cheap_table, seed + 1))
    methods = _methods(simulator, table, setting, dimension)
    found: list[Found] = []
    for first in range(0, len(sets), BLOCK):
        numbers = range(first, min(first + BLOCK, len(sets)))
        found += work.once(f"found_{first}", partial(_found, methods, sets, numbers, seed, work))
        question.told("synthetic sets", numbers.stop, len(sets))
    return found, len(sets)


def _methods(simulator: Simulator, table: rejection.Table, setting: Setting, dimension: int) -> dict[str, Method]:
    """Name → method, at the cheap setting."""
    cheap_setting = smc.Setting(setting.cheap_population, setting.cheap_tolerances)
    last, nearest = setting.cheap_tolerances[-1], setting.cheap_nearest
    return {
        "ABC-SMC": lambda reported, seed: smc.smc(simulator, dimension, reported, cheap_setting, seed),
        "rejection": lambda reported, seed: rejection.rejected(table, reported, last),
        "regression": lambda reported, seed: rejection.adjusted(table, reported, last, nearest, seed),
    }


def _found(methods: dict[str, Method], sets: Sets, numbers: range, seed: int, work: Work) -> list[Found]:
    found = []
    for name, method in methods.items():
        with work.timed(f"{name} on the synthetic sets"):
            found += [row for k in numbers for row in recover(name, method, sets, k, seed)]
    return found


# --- posterior -----------------------------------------------------------------------------------------
def _posterior(question: Question, simulator: Simulator, work: Work) -> Posterior:
    setting = question.setting
    if setting.tolerances[-1] < TIGHTEST:
        raise ConfigError(None, "tolerances", setting.tolerances[-1], f"expected {TIGHTEST} or more (E4)")
    of = setting.population * len(setting.tolerances)

    def told(t: int, accepted: int, runs: int) -> None:
        question.told("draws of the posterior", setting.population * t + accepted, of)

    return smc.smc(
        simulator,
        question.priors.calibrated.dimension,
        observed(question.loaded.targets.fitted),
        smc.Setting(setting.population, setting.tolerances),
        question.seed,
        database=work.database,
        told=told,
    )
