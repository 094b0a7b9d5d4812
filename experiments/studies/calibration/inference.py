"""The calibration: the table, whether the report is inside it, methods proved, posterior, rivals, what comes after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from experiments.runs.design import Point
from experiments.studies.calibration.foresight import Foreseen, foresee
from experiments.studies.calibration.methods import Used, methods, use
from experiments.studies.calibration.onward import Onward, run_on
from experiments.studies.calibration.reports import Reports, reports_of
from experiments.studies.inference.contraction import Contraction, contracted
from experiments.studies.inference.draws import Draws
from experiments.studies.inference.misspecification import Inside, look
from experiments.studies.inference.rivals import Weighed, tolerances_of, weigh
from experiments.studies.prior_runs.making import Draws as PriorDraws
from experiments.studies.prior_runs.making import table_in
from experiments.studies.prior_runs.table import PriorRuns, points_of
from experiments.studies.priors import Priors
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import CalibrationSizes
from experiments.studies.targets import Loaded
from sim.errors import ConfigError


@dataclass(frozen=True)
class Calibration:
    """All that a calibration found. The first of `used` makes the ensemble: `states`, drawn together with structure."""

    loaded: Loaded
    runs: PriorRuns
    quick: bool
    reports: Reports
    inside: Inside
    used: tuple[Used, ...]
    contraction: Contraction
    rivals: list[Weighed]
    foreseen: list[Foreseen]
    states: list[Point]
    onward: Onward

    @property
    def draws(self) -> Draws:
        """The posterior that makes the ensemble."""
        return self.used[0].draws

    @property
    def priors(self) -> Priors:
        """Those of the table."""
        return self.runs.priors


def calibrate(
    loaded: Loaded, priors: Priors, sizes: CalibrationSizes, folder: Path | None, runner: StudyRunner
) -> Calibration:
    """The whole study. The table is in `folder`, or in the study's own."""
    wanted = PriorDraws(loaded.scenario, priors, sizes.draws, runner.seed)
    runs = table_in(folder, wanted, runner)
    _check_enough(runs, sizes)
    reports, seed, step = reports_of(runs, loaded.targets.fitted, runner.seed), runner.seed, runner.step
    table, observed = reports.table, reports.observed
    used = tuple(
        step(f"{name}, proved on {sizes.sets} sets", use, name, each, table, observed, sizes.sets, seed)
        for name, each in methods(sizes.nearest).items()
    )
    names = [target.name for target in reports.targets]
    draws, near = used[0].draws, tolerances_of(table, observed, sizes.near).tolist()
    states = points_of(runs.priors, runs.rivals, draws.unit, draws.included)
    return Calibration(
        loaded,
        runs,
        runner.quick,
        reports,
        step("is the report inside the cloud", look, names, table.summaries, observed, seed),
        used,
        step("what is known better than by chance", contracted, used[0].method, table, observed, seed, sizes.deals),
        step("weighing the rivals", weigh, runs.rivals, table, observed, draws, near, seed=seed),
        step("what earlier counts foresee", foresee, runs, reports, sizes.nearest // 2, seed),
        states,
        _onward(runner, loaded, runs, draws, states),
    )


def _check_enough(runs: PriorRuns, sizes: CalibrationSizes) -> None:
    least = 2 * max(sizes.nearest, *sizes.near) + sizes.sets
    if len(runs) < least:
        raise ConfigError(None, "--prior-runs", len(runs), f"it must be {least} runs or more for the nearest of them")


def _onward(runner: StudyRunner, loaded: Loaded, runs: PriorRuns, draws: Draws, states: Sequence[Point]) -> Onward:
    """Each accepted state run once, with the streams of the run that it began as."""
    own = replace(runs, unit=draws.unit, included=draws.included, seeds=runs.seeds[draws.rows], counts={})
    return run_on(runner, loaded, own, states, own.seeds.astype(np.int64), draws.weights)
