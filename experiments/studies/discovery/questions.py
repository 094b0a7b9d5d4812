"""In which states of the world is fourteen better than six, or a response worse than none; what is robust.

Every state has streams of its own, equal for the policies compared in it: so states are independent, and what their
replicates leave open does not go the same way in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.runs.design import Point
from experiments.studies.discovery import boxes, robustness
from experiments.studies.discovery.boxes import Fit, Limits, Mask
from experiments.studies.discovery.robustness import Regret
from experiments.studies.priors import Priors
from experiments.studies.runner import Kept, StudyRunner, keep_whole
from experiments.studies.settings import DiscoverySizes
from sim.draws import replicate_seed
from sim.measures import BY_NAME
from sim.statistics import Values

POSTURES = ("fourteen", "six")
EQUAL = ("equal_fourteen", "equal_six")
"""The same people and batteries on both: what differs is dispersal alone."""
STAGES = ("states", "fresh states")
RARE = 0.02
"""Too few or too many cases of interest for a box to say anything."""


@dataclass(frozen=True)
class Question:
    """In which states of the world is `other` worse than `base` in a measure?"""

    base: str
    other: str
    measure: str


@dataclass(frozen=True)
class Region:
    """A box for a question: how it was found, its limits in words, how it fits the first states and fresh ones."""

    question: Question
    method: str
    limits: str
    found: Fit
    fresh: Fit


@dataclass(frozen=True)
class AnswerShares:
    """Shares of states where `other` is worse, in the fresh ones too; worse or better beyond two standard errors."""

    question: Question
    worse: float
    fresh_worse: float
    surely_worse: float
    surely_better: float
    mean_difference: float
    n: int


@dataclass(frozen=True)
class Discovery:
    """What the study found."""

    answers: list[AnswerShares]
    regions: list[Region]
    regrets: list[Regret]
    satisficing: dict[str, float]
    left_out: dict[str, int]


def pairs_of(sizes: DiscoverySizes) -> list[Point]:
    """Every posture with every response."""
    return [{"posture": p, "responses": r} for p in POSTURES for r in sizes.responses]


def asked_of(sizes: DiscoverySizes) -> list[Point]:
    """What the questions are about: fourteen without a response, six with every one, the postures of equal budget."""
    asked = [pair for pair in pairs_of(sizes) if pair["posture"] == "six" or pair["responses"] == "none"]
    return asked + equal_pairs()


def equal_pairs() -> list[Point]:
    """The two postures of equal budget, without a response: for the questions, not among the choices."""
    return [{"posture": posture, "responses": "none"} for posture in EQUAL]


def name_of(pair: Point) -> str:
    """A pair as it is named in tables: `six+surge`, or `six` without a response."""
    return str(pair["posture"]) + ("" if pair["responses"] == "none" else f"+{pair['responses']}")


def questions(sizes: DiscoverySizes) -> list[Question]:
    """Six against fourteen in every measure, as they are and of equal budget; each response on six sites or none."""
    sites = [Question(*pair, measure) for pair in (POSTURES, EQUAL) for measure in sizes.measures]
    responses = [r for r in sizes.responses if r != "none"]
    return sites + [Question("six", f"six+{r}", m) for r in responses for m in sizes.metrics]


def worse(question: Question, sample: Kept) -> tuple[Mask, Values, Values]:
    """Where `other` is worse on average, the mean difference, and its standard error, by state."""
    difference = sample.of(question.other, question.measure) - sample.of(question.base, question.measure)
    mean = difference.mean(axis=1)
    error = difference.std(axis=1, ddof=1) / np.sqrt(difference.shape[1])
    good = BY_NAME[question.measure].better or -1
    return np.asarray(good * mean < 0), mean, error


def discovery(priors: Priors, sizes: DiscoverySizes, runner: StudyRunner) -> Discovery:
    """Run both samples, look for boxes in the first, try them on the second."""
    choices = [name_of(pair) for pair in pairs_of(sizes)]
    first = sampled(runner, priors, sizes, pairs_of(sizes) + equal_pairs(), sizes.states, 0)
    fresh = sampled(runner, priors, sizes, asked_of(sizes), sizes.fresh_states, 1)
    asked = questions(sizes)
    answers = [answer(question, first, fresh) for question in asked]
    regions = [region for question in asked for region in regions_of(question, first, fresh, sizes)]
    means = {m: np.asarray(values[:, : len(choices)].mean(axis=2)) for m, values in first.values.items()}
    shares = robustness.satisficing(means, sizes.satisfice)
    left_out = dict(zip(STAGES, (first.left_out, fresh.left_out), strict=True))
    regrets = robustness.regrets(means, choices, sizes.metrics)
    return Discovery(answers, regions, regrets, dict(zip(choices, shares.tolist(), strict=True)), left_out)


def sampled(
    runner: StudyRunner, priors: Priors, sizes: DiscoverySizes, policies: Sequence[Point], n: int, streams: int
) -> Kept:
    """A Latin hypercube over the priors, run with every policy; states with a failed run are left out."""
    stage, seed = STAGES[streams], int(replicate_seed(runner.seed, (1 << 42) + streams)) % (1 << 32)
    states = priors.sample(n, seed, "latin_hypercube")
    outcomes = runner.run(
        stage, states, policies, sizes.replicates, measures_of(sizes), streams=streams, own_streams=True
    )
    return keep_whole(outcomes, states, stage, [name_of(each) for each in policies])


def measures_of(sizes: DiscoverySizes) -> list[str]:
    """Every measure that the study looks at, each once."""
    return list(dict.fromkeys([*sizes.measures, *sizes.metrics, *(limit.measure for limit in sizes.satisfice)]))


def answer(question: Question, first: Kept, fresh: Kept) -> AnswerShares:
    """How often `other` is worse, and in how many states that can be told from replicate noise."""
    there, mean, error = worse(question, first)
    sure, again = np.abs(mean) > 2 * error, worse(question, fresh)[0]
    a, b, c, d, e = (float(each.mean()) for each in (there, again, there & sure, ~there & sure, mean))
    return AnswerShares(question, a, b, c, d, e, len(there))


def regions_of(question: Question, first: Kept, fresh: Kept, sizes: DiscoverySizes) -> list[Region]:
    """The box of PRIM and the best leaf of the tree, unless cases of interest are rare or nearly all."""
    searched, again = ((boxes.as_table(pd.DataFrame(each.states)), worse(question, each)[0]) for each in (first, fresh))
    if not RARE < searched[1].mean() < 1 - RARE:
        return []
    found, both = boxes.search(*searched, sizes.least_mass, sizes.least_density), (searched, again)
    return [
        Region(question, how, in_words(box), *(boxes.fit_of(box, *each) for each in both)) for how, box in found.items()
    ]


def in_words(limits: Limits) -> str:
    """`defence.p_intercept ≤ 0.61 and skill.at_start ≥ 0.4`."""
    return " and ".join(_part(key, low, high) for key, (low, high) in limits.ends.items()) or "everywhere"


def _part(key: str, low: float, high: float) -> str:
    if "=" in key:
        return key if low > 0 else f"not {key}"
    if np.isinf(low):
        return f"{key} ≤ {high:.3g}"
    return f"{key} ≥ {low:.3g}" if np.isinf(high) else f"{low:.3g} ≤ {key} ≤ {high:.3g}"
