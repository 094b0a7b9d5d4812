"""`posture validate`: runs, checks, scores and facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from experiments.studies.calibration.request import Asked
from experiments.studies.calibration.simulator import seeds_of
from experiments.studies.calibration.work import Work
from experiments.studies.ensemble import Ensemble
from experiments.studies.targets import Loaded
from experiments.studies.validation.facts import Fact, facts
from experiments.studies.validation.left_out import Score, kinds, nearest_without, scores
from experiments.studies.validation.predictive import LEVELS, Checked, Predicted, check_target, predict
from experiments.studies.validation.settings import Setting
from sim.scenario import load_scenario

KEPT = "fourteen"
"""The posture that keeps its sites, for what the drawdown changed."""
DRAWDOWN = "drawdown_2020"


@dataclass(frozen=True)
class Question(Asked[Setting]):
    """What is asked of an ensemble."""

    ensemble: Ensemble

    def content(self) -> dict[str, Any]:
        """What decides the result."""
        return super().content() | {"ensemble": [self.ensemble.weights.tolist(), self.ensemble.draws]}


@dataclass(frozen=True)
class Validation:
    """All that a validation found. `reached`: how near the runs are that predict each window left out."""

    question: Question
    predicted: Predicted
    checked: list[Checked]
    scores: list[Score]
    reached: dict[str, float]
    facts: list[Fact]

    def coverage(self) -> dict[float, tuple[int, int]]:
        """Level → how many targets lie inside the middle of the runs, of how many."""
        return {
            level: (sum(check.inside[n] for check in self.checked), len(self.checked)) for n, level in enumerate(LEVELS)
        }


def validate(question: Question, work: Work) -> Validation:
    """The whole study; runs that are in `work` are not made again."""
    loaded, setting, seed = question.loaded, question.setting, question.seed
    points, luck = question.ensemble.sample(setting.runs, seed), seeds_of(seed, 20, n=setting.runs)
    how = (question.workers, work)
    predicted = predict(loaded, points, luck, *how, "runs of the ensemble", question.told)
    checked = [check_target(t, predicted.values[:, k]) for k, t in enumerate(loaded.targets.targets)]
    found, reached = _left_out(question, predicted, work) if kinds(loaded) else ([], {})
    rows = []
    if loaded.scenario.name == DRAWDOWN:
        kept = predict(_kept(loaded), points, luck, *how, "the same with fourteen sites", question.told)
        rows = facts(predicted, kept, loaded.scenario.posture.quarter_ends_days)
    return Validation(question, predicted, checked, found, reached, rows)


def _left_out(question: Question, predicted: Predicted, work: Work) -> tuple[list[Score], dict[str, float]]:
    """Scores of model and null models, each window left out in turn."""
    loaded, setting, seed = question.loaded, question.setting, question.seed
    points = question.priors.sample(setting.prior_runs, seed, "random")
    luck = seeds_of(seed, 21, n=setting.prior_runs)
    prior = predict(loaded, points, luck, question.workers, work, "runs from the prior", question.told)
    reached = {
        target.name: nearest_without(loaded, prior.values, target.first, target.last, setting.nearest)[1]
        for targets in kinds(loaded).values()
        for target in targets
    }
    return scores(loaded, prior.values, predicted.values, setting.nearest, seed), reached


def _kept(loaded: Loaded) -> Loaded:
    """The same calendar and length with all fourteen sites."""
    scenario, posture = load_scenario(KEPT), loaded.scenario.posture
    changes = {"days": loaded.scenario.days, "start": posture.start}
    changes |= {"calendar": posture.calendar} if posture.calendar else {}
    return replace(loaded, scenario=scenario.with_changes(changes))
