"""What is asked: where six sites are worse than fourteen, where a response does harm; which pair is robust.

Every state has streams of its own, equal for the policies compared in it: so states are independent, and what their
replicates leave open does not go the same way in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.runs.design import Point
from experiments.studies.discovery.comparing import Answer, Question, answer, columns_of, wilson, worse
from experiments.studies.discovery.regions import Cases, Region, corrected, regions_of
from experiments.studies.discovery.robustness import PairRegret, regrets
from experiments.studies.discovery.worlds import DRAWS, Worlds, worlds
from experiments.studies.priors import Priors
from experiments.studies.regret import satisficing
from experiments.studies.runner import Kept, StudyRunner, keep_whole
from experiments.studies.settings import DiscoverySizes
from experiments.studies.structures.rivals import Rivals
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

    @property
    def regions(self) -> list[Region]:
        """The boxes that hold."""
        return [region for region in self.tried if region.held]


@dataclass(frozen=True)
class Sample:
    """Some worlds, run; states with a failed run are in neither."""

    kept: Kept
    worlds: Worlds

    def cases(self, question: Question) -> Cases:
        """The states that have an answer, and in which of them the second is worse."""
        there, interest = worse(question, self.kept)
        return self.worlds.table[there].reset_index(drop=True), interest[there]


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


def discovery(priors: Priors, rivals: Rivals, sizes: DiscoverySizes, runner: StudyRunner) -> Discovery:
    """Run both samples, look for boxes in the first, try them on the second."""
    total = sizes.states + sizes.fresh_states
    prior = worlds(priors, rivals, int(replicate_seed(runner.seed, 1 << 42)) % (1 << 32), max(DRAWS, total))
    parts = prior.part(0, sizes.states), prior.part(sizes.states, sizes.fresh_states)
    asked = pairs_of(sizes) + equal_pairs(), asked_of(sizes)
    first, fresh = (sampled(runner, parts[k], sizes, asked[k], k) for k in (0, 1))
    answers = [answer(question, first.kept, fresh.kept) for question in questions(sizes)]
    tried = [
        region
        for question in questions(sizes)
        for region in regions_of(question, first.cases(question), fresh.cases(question), prior.table, sizes)
    ]
    left_out = {stage: sample.kept.left_out for stage, sample in zip(STAGES, (first, fresh), strict=True)}
    return Discovery(answers, corrected(tried), *_robust(first.kept, sizes), left_out)


def _robust(first: Kept, sizes: DiscoverySizes) -> tuple[list[PairRegret], dict[str, Interval]]:
    """Regret of every pair, and in how many states it is good enough."""
    choices = [name_of(pair) for pair in pairs_of(sizes)]
    values = {measure: every[:, : len(choices)] for measure, every in first.values.items()}
    met = satisficing({measure: each.mean(axis=2) for measure, each in values.items()}, sizes.satisfice)
    shares = [wilson(int(column.sum()), len(column)) for column in met.T]
    return regrets(values, choices, sizes.metrics), dict(zip(choices, shares, strict=True))


def sampled(
    runner: StudyRunner, part: Worlds, sizes: DiscoverySizes, policies: Sequence[Point], streams: int
) -> Sample:
    """Some worlds, run with every policy; states with a failed run are left out."""
    stage, points = STAGES[streams], part.points
    outcomes = runner.run(
        stage, points, policies, sizes.replicates, measures_of(sizes), streams=streams, own_streams=True
    )
    whole = outcomes.whole()
    kept = keep_whole(outcomes, points, stage, [name_of(each) for each in policies])
    return Sample(kept, Worlds(part.priors, part.unit[whole], part.table[whole].reset_index(drop=True)))


def measures_of(sizes: DiscoverySizes) -> list[str]:
    """Every measure that the study looks at, each once; of a ratio its parts."""
    named = [*sizes.measures, *sizes.harms, *sizes.metrics, *(limit.measure for limit in sizes.satisfice)]
    return list(dict.fromkeys(column for name in named for column in columns_of(name)))
