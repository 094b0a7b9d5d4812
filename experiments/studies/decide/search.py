"""A search over postures, responses, strengths and starts: NSGA-II (Platypus) with common streams.

Every policy meets the same states with the same streams, so what the search compares is policies. It knows the
defender's choices alone: a place in its space is a posture and slots of response, strength and start, nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.studies.decide.policies import Given, Policy, check_levers, policy, refusal
from experiments.studies.decide.scores import Scored
from experiments.studies.regret import best_apart, regret_of
from experiments.studies.settings import DecideSizes

STAGE = "search"
AIMS = ("mean", "regret_p90", "short_of_good_enough", "cost")
"""What the search makes small: the deciding objective's mean and regret, states that are not good enough, cost."""
FAR_OFF = 1e6
"""How far a policy that is refused misses: farther than any that was run."""
Score = Callable[[Sequence[Policy]], Scored]
"""Policies → their losses in the states of the search; the base and those regret is against come with them."""


@dataclass(frozen=True)
class Generation:
    """One generation: policies tried for the first time, refused ones, and the least regret so far."""

    generation: int
    tried: int
    refused: int
    least_regret: float


@dataclass(frozen=True)
class Aims:
    """What a policy comes to: AIMS, and by how much it misses each limit (0 or less: kept)."""

    aims: tuple[float, ...]
    missed: tuple[float, ...]


@dataclass(frozen=True)
class Space:
    """The places of the search: a posture, then response, strength and start of each slot, all whole numbers."""

    sizes: DecideSizes

    @property
    def ends(self) -> list[int]:
        """The largest whole number of each variable; a response beyond the last one is none."""
        slot = [len(self.sizes.responses), len(self.sizes.strengths) - 1, len(self.sizes.starts) - 1]
        return [len(self.sizes.postures) - 1, *slot * self.sizes.most_responses]

    @property
    def _choices(self) -> tuple[Sequence[Any], ...]:
        """What a slot chooses from: response, strength, start."""
        return self.sizes.responses, self.sizes.strengths, self.sizes.starts

    def policy(self, place: Sequence[int]) -> Policy | None:
        """The policy of a place; None if it is refused."""
        place = [min(number, end) for number, end in zip(place, self.ends, strict=True)]
        slots = [place[n : n + 3] for n in range(1, len(place), 3) if place[n] < len(self.sizes.responses)]
        given = [Given(self.sizes.responses[r], self.sizes.strengths[s], self.sizes.starts[d]) for r, s, d in slots]
        if refusal([each.response for each in given], self.sizes.refused):
            return None
        found = policy(self.sizes.postures[place[0]], given)
        check_levers(found.point)
        return found

    def place(self, wanted: Policy) -> list[int]:
        """A place of a policy whose strengths and starts are among those of the search."""
        none = [len(self.sizes.responses), 0, 0]
        slots = [
            [choices.index(value) for choices, value in zip(self._choices, vars(given).values(), strict=True)]
            for given in wanted.responses
        ]
        slots += [none] * (self.sizes.most_responses - len(slots))
        return [self.sizes.postures.index(wanted.posture), *(number for slot in slots for number in slot)]


def aims_of(scored: Scored, against: Sequence[Policy]) -> dict[Policy, Aims]:
    """The aims of every policy; regret is against the best of some policies in each state."""
    among = np.array([policy in against for policy in scored.policies])
    best, cost = best_apart(scored.loss, among), scored.losses[scored.sizes.cheapest_by].mean(axis=(0, 2))
    missed = np.column_stack(
        [scored.ended.mean(axis=(0, 2)) - scored.sizes.ended_at_most]
        + [scored.slack(c).mean(axis=0) for c in scored.sizes.constraints]
    )
    missed[[why != "" for why in scored.evacuates], 0] = FAR_OFF
    found = {}
    for n, each in enumerate(scored.policies):
        p90 = regret_of(scored.loss[:, n], best).p90
        aims = (scored.loss[:, n].mean(), p90, 1.0 - scored.satisficing[n], cost[n])
        found[each] = Aims(tuple(map(float, aims)), tuple(map(float, missed[n])))
    return found


def search(
    sizes: DecideSizes, start: Sequence[Policy], against: Sequence[Policy], score: Score, seed: int
) -> tuple[list[Generation], list[Policy]]:
    """The generations, and every policy within the limits that was tried, those of `start` first."""
    from platypus import NSGAII, Integer, Problem

    space, known = Space(sizes), _Known(sizes, against, score)
    problem = Problem(len(space.ends), len(AIMS), 1 + len(sizes.constraints), function=known.aims)
    for n, end in enumerate(space.ends):
        problem.types[n] = Integer(0, max(end, 1))  # one number alone has no bits; `policy` stays within the ends
    problem.constraints[:] = "<=0"
    first = _first([space.place(each) for each in start[: sizes.population]])
    with seeded(seed):
        algorithm = NSGAII(problem, sizes.population, first, evaluator=known.evaluator(problem))
        algorithm.run(sizes.population * sizes.generations)
    good = [each for each, found in known.found.items() if max(found.missed) <= 0]
    return known.generations, list(dict.fromkeys([*start, *good]))


def _first(places: Sequence[Sequence[int]]) -> Any:
    """The first generation: these places, then random ones."""
    from platypus import RandomGenerator, Solution

    left = list(places)

    class First(RandomGenerator):
        def generate(self, problem: Any) -> Any:
            if not left:
                return super().generate(problem)
            solution = Solution(problem)
            place = left.pop(0)
            solution.variables[:] = [kind.encode(v) for kind, v in zip(problem.types, place, strict=True)]
            return solution

    return First()


class _Known:
    """What is known of places: each generation is run together, then looked up place by place."""

    def __init__(self, sizes: DecideSizes, against: Sequence[Policy], score: Score) -> None:
        self.space, self.against, self.score = Space(sizes), against, score
        self.found: dict[Policy, Aims] = {}
        self.generations: list[Generation] = []

    def aims(self, place: Sequence[int]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The aims of a place and what it misses."""
        policy = self.space.policy(place)
        if policy is None:
            return (FAR_OFF,) * len(AIMS), (FAR_OFF,) * (1 + len(self.space.sizes.constraints))
        return self.found[policy].aims, self.found[policy].missed

    def run(self, places: Sequence[Sequence[int]]) -> None:
        """Find out about all places of a generation at once."""
        policies = [self.space.policy(place) for place in places]
        new = list(dict.fromkeys(p for p in policies if p is not None and p not in self.found))
        if new:
            self.found |= aims_of(self.score(new), self.against)
        within = [found.aims[1] for found in self.found.values() if max(found.missed) <= 0]
        refused, least = sum(policy is None for policy in policies), min(within, default=float("nan"))
        self.generations.append(Generation(len(self.generations), len(new), refused, least))

    def evaluator(self, problem: Any) -> Any:
        """What Platypus hands its generations to."""
        from platypus.evaluator import Evaluator, run_job

        known = self

        class Together(Evaluator):
            def evaluate_all(self, jobs: Sequence[Any], **_: Any) -> list[Any]:
                known.run([_decoded(job.solution, problem) for job in jobs])
                return [run_job(job) for job in jobs]

        return Together()


def _decoded(solution: Any, problem: Any) -> list[int]:
    return [int(kind.decode(v)) for kind, v in zip(problem.types, solution.variables, strict=True)]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Python's own generator, from which Platypus draws: seeded, and left as it was found."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
