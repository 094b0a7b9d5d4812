"""What is asked: where six sites are worse than fourteen, where a response does harm; which pair is robust.

Every state has streams of its own, equal for the policies compared in it: so states are independent, and what their
replicates leave open does not go the same way in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from experiments.runs.design import Point
from experiments.runs.shares import share_of
from experiments.studies.discovery.comparing import Answer, Question, answer, columns_of, worse
from experiments.studies.discovery.regions import Cases, Region, corrected, regions_of
from experiments.studies.discovery.robustness import PairRegret, regrets
from experiments.studies.discovery.worlds import DRAWS, Worlds, worlds
from experiments.studies.priors import Priors
from experiments.studies.regret import satisficing
from experiments.studies.runner import Kept, StudyRunner, keep_whole
from experiments.studies.settings import DiscoverySizes
from experiments.studies.structures.rivals import Rivals
from experiments.studies.weights import in_words, weighed
from sim.draws import replicate_seed
from sim.statistics import Interval

POSTURES = ("fourteen", "six")
EQUAL = ("equal_fourteen", "equal_six")
"""The same people and batteries on both: what differs is dispersal alone."""
STAGES = ("states", "fresh states")


@dataclass(frozen=True)
class Discovery:
    """What the study found: every answer, the boxes that hold on fresh states, and of how many."""

    answers: list[Answer]
    tried: list[Region]
    regrets: list[PairRegret]
    satisficing: dict[str, Interval]
    left_out: dict[str, int]
    weighed: str = ""

    @property
    def regions(self) -> list[Region]:
        """The boxes that hold."""
        return [region for region in self.tried if region.held]


@dataclass(frozen=True)
class Drawn:
    """The states to search, fresh ones, and the large sample of the prior they are from; how they were weighed."""

    first: Worlds
    fresh: Worlds
    prior: Worlds
    weighed: str = ""


def drawn(priors: Priors, rivals: Rivals, sizes: DiscoverySizes, seed: int, weights: str = "") -> Drawn:
    """The states of the study, the same whatever the weights; each sample is weighed to the chances asked for."""
    total = sizes.states + sizes.fresh_states
    prior = worlds(priors, rivals, int(replicate_seed(seed, 1 << 42)) % (1 << 32), max(DRAWS, total))
    parts = prior.part(0, sizes.states), prior.part(sizes.states, sizes.fresh_states), prior
    if not weights:
        return Drawn(*parts)
    first, fresh, every = (weighed(part.points, weights) for part in parts)
    a, b, c = (replace(part, weights=each.weights) for part, each in zip(parts, (first, fresh, every), strict=True))
    return Drawn(a, b, c, in_words(first, {"fresh": fresh}))


@dataclass(frozen=True)
class Sample:
    """Some worlds, run; states with a failed run, or of no weight, are in neither."""

    kept: Kept
    worlds: Worlds

    def cases(self, question: Question) -> Cases:
        """The states that have an answer, in which of them the second is worse, and their weights."""
        (there, interest), weights = worse(question, self.kept), self.kept.weights
        part = None if weights is None else weights[there]
        return Cases(self.worlds.table[there].reset_index(drop=True), interest[there], part)


def pairs_of(sizes: DiscoverySizes) -> list[Point]:
    """Every posture with every response."""
    return [{"posture": p, "responses": r} for p in POSTURES for r in sizes.responses]


def asked_of(sizes: DiscoverySizes) -> list[Point]:
    """What the questions are about: six without a response and with every one, the postures of equal budget."""
    return [pair for pair in pairs_of(sizes) if pair["posture"] == "six"] + equal_pairs()


def equal_pairs() -> list[Point]:
    """The two postures of equal budget, without a response: for the questions, not among the choices."""
    return [{"posture": posture, "responses": "none"} for posture in EQUAL]


def name_of(pair: Point) -> str:
    """A pair as it is named in tables: `six+surge`, or `six` without a response."""
    return str(pair["posture"]) + ("" if pair["responses"] == "none" else f"+{pair['responses']}")


def questions(sizes: DiscoverySizes) -> list[Question]:
    """Six against fourteen of equal budget in every measure; each response on six sites against none, in every harm."""
    sites = [Question(*EQUAL, measure) for measure in sizes.measures]
    responses = [r for r in sizes.responses if r != "none"]
    return sites + [Question("six", f"six+{r}", harm) for r in responses for harm in sizes.harms]


def discovery(states: Drawn, sizes: DiscoverySizes, runner: StudyRunner) -> Discovery:
    """Run both samples, look for boxes in the first, try them on the second."""
    parts = states.first, states.fresh
    asked = pairs_of(sizes) + equal_pairs(), asked_of(sizes)
    first, fresh = (sampled(runner, parts[k], sizes, asked[k], k) for k in (0, 1))
    answers = [answer(question, first.kept, fresh.kept) for question in questions(sizes)]
    tried = [
        region
        for question in questions(sizes)
        for region in regions_of(question, first.cases(question), fresh.cases(question), states.prior, sizes)
    ]
    left_out = {stage: sample.kept.left_out for stage, sample in zip(STAGES, (first, fresh), strict=True)}
    return Discovery(answers, corrected(tried), *_robust(first.kept, sizes), left_out, states.weighed)


def _robust(first: Kept, sizes: DiscoverySizes) -> tuple[list[PairRegret], dict[str, Interval]]:
    """Regret of every pair, and in how many states it is good enough."""
    choices = [name_of(pair) for pair in pairs_of(sizes)]
    values = {measure: every[:, : len(choices)] for measure, every in first.values.items()}
    met = satisficing({measure: each.mean(axis=2) for measure, each in values.items()}, sizes.satisfice)
    shares = [share_of(column, first.weights) for column in met.T]
    return regrets(values, choices, sizes.metrics, first.weights), dict(zip(choices, shares, strict=True))


def sampled(
    runner: StudyRunner, part: Worlds, sizes: DiscoverySizes, policies: Sequence[Point], streams: int
) -> Sample:
    """Some worlds, run with every policy; states with a failed run are left out."""
    stage, points = STAGES[streams], part.points
    outcomes = runner.run(
        stage, points, policies, sizes.replicates, measures_of(sizes), streams=streams, own_streams=True
    )
    kept = keep_whole(outcomes, points, stage, [name_of(each) for each in policies], part.weights)
    there = outcomes.counting(part.weights)
    return Sample(kept, Worlds(part.priors, part.unit[there], part.table[there].reset_index(drop=True), kept.weights))


def measures_of(sizes: DiscoverySizes) -> list[str]:
    """Every measure that the study looks at, each once; of a ratio its parts."""
    named = [*sizes.measures, *sizes.harms, *sizes.metrics, *(limit.measure for limit in sizes.satisfice)]
    return list(dict.fromkeys(column for name in named for column in columns_of(name)))
