"""The validation: runs beside reports, null models on the same scores, and stylised facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from experiments.runs.design import Point
from experiments.studies.priors import Priors
from experiments.studies.runner import StudyRunner, seeds_of
from experiments.studies.settings import ValidationSizes
from experiments.studies.targets import Loaded
from experiments.studies.validation.facts import Fact, facts
from experiments.studies.validation.left_out import Score, kinds, scores
from experiments.studies.validation.predictive import LEVELS, Checked, Predicted, check_target, predict, target_values
from sim.scenario import load_scenario

KEPT = "fourteen"
"""The posture that keeps its sites, for what the drawdown changed."""
DRAWDOWN = "drawdown_2020"


@dataclass(frozen=True)
class Validation:
    """All that a validation found."""

    loaded: Loaded
    ensemble: str
    predicted: Predicted
    checked: list[Checked]
    scores: list[Score]
    facts: list[Fact]

    def coverage(self) -> dict[float, tuple[int, int]]:
        """Level → how many targets lie inside the middle of the runs, of how many."""
        return {
            level: (sum(check.inside[n] for check in self.checked), len(self.checked)) for n, level in enumerate(LEVELS)
        }


def validate(
    loaded: Loaded,
    ensemble: str,
    points: Sequence[Point],
    priors: Priors,
    sizes: ValidationSizes,
    runner: StudyRunner,
) -> Validation:
    """The whole study. `ensemble` is the name of what the points were drawn from."""
    seeds = seeds_of(runner.seed, 20, n=len(points))
    predicted = predict(runner, "runs of the ensemble", loaded, points, seeds)
    checked = [check_target(t, predicted.values[:, k]) for k, t in enumerate(loaded.targets.targets)]
    found = _left_out(loaded, priors, sizes, predicted, runner) if kinds(loaded) else []
    rows = []
    if loaded.scenario.name == DRAWDOWN:
        kept = predict(runner, "the same with fourteen sites", _kept(loaded), points, seeds)
        rows = facts(predicted, kept, loaded.scenario.posture.quarters)
    return Validation(loaded, ensemble, predicted, checked, found, rows)


def _left_out(
    loaded: Loaded, priors: Priors, sizes: ValidationSizes, predicted: Predicted, runner: StudyRunner
) -> list[Score]:
    """Scores of model and null models, each window left out in turn."""
    seed, n = runner.seed, sizes.prior_runs
    points, seeds = priors.sample(n, seed, "random"), seeds_of(seed, 21, n=n)
    prior = target_values(runner, "runs from the prior", loaded, points, seeds)
    return scores(loaded, prior, predicted.values, sizes.nearest, seed)


def _kept(loaded: Loaded) -> Loaded:
    """The same calendar and length with all fourteen sites."""
    scenario, posture = load_scenario(KEPT), loaded.scenario.posture
    changes = {"days": loaded.scenario.days, "start": posture.start}
    changes |= {"calendar": posture.calendar} if posture.calendar else {}
    return replace(loaded, scenario=scenario.with_changes(changes))
