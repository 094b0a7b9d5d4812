"""Each claim of the source against the ensemble: a verdict over parameters and structures, per structure, and what
would overturn it.

In every state of the ensemble a claim's tests hold or do not (`effects.py`, `shares.py`). A verdict is the side of the
bound on which the whole interval of the share lies; one that crosses it is undetermined. Before that comes the question
whether the rules can tell at all: a test has a ceiling, the same order at full strength all the time. If even that
does not change the test's answer from what it is without any effect, in any but few states, no verdict is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from experiments.studies.claims.catalogue import Case, Ceiling, Check, Claim, ClaimsCatalogue
from experiments.studies.claims.counts import Counts
from experiments.studies.claims.effects import effects, left_out
from experiments.studies.claims.overturns import Overturns, Side, by_structure, overturning
from experiments.studies.claims.shares import Share, chances, moments
from experiments.studies.claims.tried import Shown, Tried
from experiments.studies.claims.words import ASSUMED, UNTESTABLE, verdict_of
from experiments.studies.runner import StudyRunner, keep_whole
from experiments.studies.settings import ClaimsSizes
from experiments.studies.structures.rivals import Rivals
from experiments.studies.weights import WeighedStates
from sim.statistics import Interval, Values

RESPONSE_NUMBERS = "response_numbers."


@dataclass(frozen=True)
class Reached:
    """What a ceiling does: its effect, and in what share of `n` states it turns what a test says of no effect."""

    ceiling: Ceiling
    effect: Interval
    share: Share
    n: int


@dataclass(frozen=True)
class Tested:
    """A test over the `n` states in which it can be judged (in others it is 0/0), in the unit of its size."""

    test: Check
    effect: Interval
    spread: Interval | None
    reliability: float
    holds: Share
    verdict: str
    n: int
    no_effect: int
    reached: Reached | None = None


@dataclass(frozen=True)
class Finding:
    """What the study says of a claim."""

    claim: Claim
    verdict: str
    probability: Share
    prior_probability: Share
    tests: list[Tested]
    structures: list[Side]
    also: dict[str, Shown]
    overturned_by: list[Overturns] = field(default_factory=list)
    n: int = 0
    """States in which the claim can be judged; weighed ones are counted as what they are worth, here and everywhere."""


@dataclass(frozen=True)
class Claims:
    """All findings; states with a failed run are left out and counted."""

    catalogue: ClaimsCatalogue
    findings: list[Finding]
    left_out: dict[str, int]
    numbers_varied: bool
    """Whether the states vary the numbers in the files of responses."""
    weighed: str = ""
    """How states were weighed, and what they are worth."""


def claims(
    catalogue: ClaimsCatalogue,
    sizes: ClaimsSizes,
    ensemble: WeighedStates,
    wide: WeighedStates,
    rivals: Rivals,
    runner: StudyRunner,
) -> Claims:
    """Try every case over the ensemble, ceilings too; and over the wide priors to see what would overturn a verdict."""
    inside = run("ensemble", catalogue, [*catalogue.cases, *catalogue.ceilings], sizes.replicates, ensemble, runner)
    outside = run("priors", catalogue, catalogue.cases, sizes.replicates, wide, runner)
    findings = [find(claim, catalogue, inside, outside, rivals) for claim in catalogue.claims]
    lost = {"ensemble": inside.kept.left_out, "priors": outside.kept.left_out}
    varied = any(key.startswith(RESPONSE_NUMBERS) for key in inside.kept.states[0])
    words = f"{ensemble.words} The wide priors count as before." if ensemble.words else ""
    return Claims(catalogue, findings, lost, varied, words)


def run(
    stage: str,
    catalogue: ClaimsCatalogue,
    cases: Sequence[Case],
    replicates: int,
    states: WeighedStates,
    runner: StudyRunner,
) -> Tried:
    """Every case in every state, each state with streams of its own."""
    points, quantities = [case.point for case in cases], tuple(catalogue.quantities)
    counted = Counts(quantities) if quantities else None
    outcomes = runner.run(
        stage, states.points, points, replicates, catalogue.measures, own_streams=True, counted=counted
    )
    return Tried(keep_whole(outcomes, states.points, stage, cases, states.weights))


def find(claim: Claim, catalogue: ClaimsCatalogue, inside: Tried, outside: Tried, rivals: Rivals) -> Finding:
    """The verdict on one claim."""
    edge = catalogue.supported_from
    tests, holds = judge(claim, inside, edge)
    wide = all_hold(claim, outside)
    found, verdict = inside.share(holds), ASSUMED
    sides, overturned = by_structure(holds, inside, rivals), list[Overturns]()
    if claim.kind != ASSUMED:
        cannot = any(t.verdict == UNTESTABLE for t in tests if t.test.role == "counts")
        verdict = UNTESTABLE if cannot else verdict_of(found, edge)
    if verdict not in (ASSUMED, UNTESTABLE):
        overturned = overturning(wide, outside, verdict, edge)
    also = {measure: change(claim.tests[0], measure, inside) for measure in claim.also}
    n = inside.count(~np.isnan(holds[0]))
    return Finding(claim, verdict, found, outside.share(wide), tests, sides, also, overturned, n)


def judge(claim: Claim, tried: Tried, supported_from: float) -> tuple[list[Tested], Values]:
    """Each test, and for each draw and state the chance that all that count hold."""
    return [tested(test, tried, supported_from) for test in claim.tests], all_hold(claim, tried)


def all_hold(claim: Claim, tried: Tried) -> Values:
    """The chance that all tests that count hold (draws × states); NaN where one of them has no effect to judge."""
    together = [chances(test, moments(effects(test, tried.kept), tried.weights)) for test in claim.counted]
    return np.asarray(np.prod(together, axis=0))  # what replicates leave open is apart in each test


def tested(test: Check, tried: Tried, supported_from: float) -> Tested:
    """One test: its effect, how often it holds, and what its ceiling says."""
    table = effects(test, tried.kept)
    found = moments(table, tried.weights)
    holds = tried.share(chances(test, found))
    ceiling, verdict = reached(test, tried), verdict_of(holds, supported_from)
    if test.role == "assumed":
        verdict = ASSUMED
    elif ceiling is not None and 1.0 - ceiling.share.high >= supported_from:
        verdict = UNTESTABLE
    reliability = float(found.reliability[0, 0]) if found.clear else 0.0
    lost = left_out(table)
    n, no_effect = tried.count(~lost), tried.count(lost)
    return Tested(test, *tried.shown(found), reliability, holds, verdict, n, no_effect, ceiling)


def reached(test: Check, tried: Tried) -> Reached | None:
    """What the ceiling of a test does, if it has one."""
    if test.ceiling is None:
        return None
    at_most = test.at_ceiling()
    found = moments(table := effects(at_most, tried.kept), tried.weights)
    chance = chances(at_most, found)
    turned = tried.share(1.0 - chance if holds_without_effect(test) else chance)
    return Reached(test.ceiling, tried.shown(found)[0], turned, tried.count(~left_out(table)))


def holds_without_effect(test: Check) -> bool:
    """Whether a test holds if nothing changes at all: then it is about an effect that stays small."""
    return test.size <= 0.0 if test.at_least is not None else test.size >= 0.0


def change(test: Check, measure: str, tried: Tried) -> Shown:
    """Change of a further measure in its own unit."""
    update = {"relative": False, "measure": measure, "window": None, "road_areas": (), "ceiling": None}
    return tried.shown(moments(effects(test.model_copy(update=update), tried.kept), tried.weights))
