"""The validation: runs beside reports, forecasts beside null models, the shape of the year, stylised facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.studies.prior_runs.making import Draws, table_in
from experiments.studies.prior_runs.table import PriorRuns
from experiments.studies.priors import Priors
from experiments.studies.runner import StudyRunner, seeds_of
from experiments.studies.settings import ValidationSizes
from experiments.studies.targets import Loaded
from experiments.studies.validation.contests import Contest, Needed, contests, needed
from experiments.studies.validation.facts import Fact, facts
from experiments.studies.validation.forecasts import Forecast, Side, by_structure, forecasts
from experiments.studies.validation.predictive import LEVELS, Checked, Predicted, check_target, predict, told_of
from experiments.studies.validation.record import Record, record_of
from experiments.studies.validation.shape import Shape, shapes
from experiments.studies.weights import WeighedStates, parse_weights, reweigh
from sim.scenario import load_scenario
from sim.statistics import Values

ENSEMBLE = "runs of the ensemble"
FOURTEEN = "the same with fourteen sites"
KEPT = "fourteen"
"""The posture that keeps its sites, for what the drawdown changed."""
DRAWDOWN = "drawdown_2020"


@dataclass(frozen=True)
class WeighedRuns:
    """A table of prior runs with the weights of its draws before anything was reported."""

    runs: PriorRuns
    before: Values

    @property
    def rivals(self) -> tuple[str, ...]:
        """Names of the rivals."""
        return self.runs.rivals

    @property
    def included(self) -> NDArray[np.bool_]:
        """Which are in (draws × rivals)."""
        return self.runs.included

    @property
    def start(self) -> date:
        """First day."""
        return self.runs.start

    @property
    def counts(self) -> Mapping[str, NDArray[np.int16]]:
        """New on each day (draws × days)."""
        return self.runs.counts

    def window(self, measure: str, first: date, last: date) -> Values:
        """What was counted over some days."""
        return self.runs.window(measure, first, last)

    def weekly(self, measure: str) -> Values:
        """What was counted in each week."""
        return self.runs.weekly(measure)


def weighed_runs(runs: PriorRuns, weights: str) -> WeighedRuns:
    """A table whose rivals are as likely as asked (`--weights`); "": as they were drawn."""
    before = np.full(len(runs), 1.0 / len(runs))
    if not weights:
        return WeighedRuns(runs, before)
    wanted = [each for each in parse_weights(weights) if each.rival.name in runs.rivals]
    columns = runs.included[:, [runs.rivals.index(each.rival.name) for each in wanted]]
    return WeighedRuns(runs, reweigh(before, columns, [each.p_in for each in wanted], wanted))


@dataclass(frozen=True)
class LookedAhead:
    """What a table of prior runs says of a record: forecasts, forecasts by structure, the shape of the year."""

    draws: int
    forecasts: list[Forecast]
    sides: list[Side]
    shapes: list[Shape]

    @cached_property
    def contests(self) -> list[Contest]:
        """The model against each null model."""
        return contests(self.forecasts)

    @cached_property
    def needed(self) -> list[Needed]:
        """Each rival in and out, beside all draws."""
        return needed(self.forecasts, self.sides)


@dataclass(frozen=True)
class Validation:
    """All that a validation found; `ahead` is None for targets without a record. `weighed`: in words, if it was."""

    loaded: Loaded
    ensemble: str
    weighed: str
    predicted: Predicted
    checked: list[Checked]
    ahead: LookedAhead | None
    facts: list[Fact]

    def coverage(self, *, fitted: bool | None = None) -> dict[float, tuple[int, int]]:
        """Level → how many targets lie inside the middle of the runs, of how many; of those fitted or not, if asked."""
        some = [check for check in self.checked if fitted in (None, check.target.fit)]
        return {level: (sum(check.inside[n] for check in some), len(some)) for n, level in enumerate(LEVELS)}


@dataclass(frozen=True)
class Asked:
    """What a validation is about: targets, states drawn from an ensemble, priors, and a table if one was given."""

    loaded: Loaded
    ensemble: str
    states: WeighedStates
    weights: str
    priors: Priors
    sizes: ValidationSizes
    prior_runs: Path | None


def validate(asked: Asked, runner: StudyRunner) -> Validation:
    """The whole study."""
    loaded, states, record = asked.loaded, asked.states, record_of(asked.loaded.targets.name)
    ahead = looked_ahead(table_of(asked, runner), record) if record else None
    seeds = seeds_of(runner.seed, 20, n=len(states))
    predicted = predict(runner, ENSEMBLE, loaded, states, seeds)
    told = told_of(loaded, predicted, runner.seed)
    each = zip(loaded.targets.targets, predicted.values.T, told, strict=True)
    checked = [check_target(*one, predicted.weights) for one in each]
    rows = []
    if loaded.scenario.name == DRAWDOWN:
        kept = predict(runner, FOURTEEN, _kept(loaded), states, seeds)
        rows = facts(predicted, kept, loaded.scenario.posture.quarters)
    return Validation(loaded, asked.ensemble, states.words, predicted, checked, ahead, rows)


def looked_ahead(runs: WeighedRuns, record: Record) -> LookedAhead:
    """All that a table says of a record."""
    return LookedAhead(len(runs.runs), list(forecasts(runs, record)), by_structure(runs, record), shapes(runs, record))


def table_of(asked: Asked, runner: StudyRunner) -> WeighedRuns:
    """The table of the folder that was given, or one of the study's own; weighed as asked."""
    wanted = Draws(asked.loaded.scenario, asked.priors, asked.sizes.prior_runs, runner.seed)
    return weighed_runs(table_in(asked.prior_runs, wanted, runner), asked.weights)


def _kept(loaded: Loaded) -> Loaded:
    """The same calendar and length with all fourteen sites."""
    scenario, posture = load_scenario(KEPT), loaded.scenario.posture
    changes = {"days": loaded.scenario.days, "start": posture.start}
    changes |= {"calendar": posture.calendar} if posture.calendar else {}
    return replace(loaded, scenario=scenario.with_changes(changes))
