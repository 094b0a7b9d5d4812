"""Each claim of the source against the calibrated ensemble, and what would overturn the verdict.

In every state of the ensemble a claim's tests hold or do not. A state's effect is a mean over few replicates, so it
spreads more than the true effects do; before it is held against the size that matters its spread is taken back to that
of the true effects (Louis, J. Am. Stat. Assoc. 79, 1984: constrained empirical Bayes with a common reliability). What
replicates leave open about the mean over all states is kept: a state holds with a chance, not for certain.

Every state has streams of its own, equal for the cases compared in it. So replicate noise is what effects vary by
within states, n (r − 1) degrees of freedom for n states of r replicates; nothing of it is common to all states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies.claims.catalogue import Check, Claim, ClaimsCatalogue
from experiments.studies.runner import Kept, StudyRunner, keep_whole
from experiments.studies.settings import ClaimsSizes
from sim.statistics import Values

Holds = NDArray[np.bool_]
Chances = Values
"""For each state the chance that a claim holds in it."""
VERDICTS = ("supported", "contradicted", "undetermined")
CLEAR_Z = 3.5
"""A parameter is named only if its thirds differ by so many standard errors: dozens of them are tried."""
MOST_NAMED = 3


@dataclass(frozen=True)
class Tested:
    """A test over the states, in the unit of its size: mean effect, where nine of ten lie, how often it holds."""

    test: Check
    mean: float
    low: float
    high: float
    reliability: float
    probability: float
    raw_probability: float


@dataclass(frozen=True)
class Overturns:
    """A parameter whose third of the prior would change the verdict: with what chance the claim holds there."""

    parameter: str
    where: str
    probability: float
    n: int


@dataclass(frozen=True)
class Finding:
    """What the study says of a claim."""

    claim: Claim
    verdict: str
    probability: float
    low: float
    high: float
    prior_probability: float
    tests: list[Tested]
    also: dict[str, tuple[float, float, float]]
    overturned_by: list[Overturns] = field(default_factory=list)
    n: int = 0


@dataclass(frozen=True)
class Claims:
    """All findings; states with a failed run are left out and counted."""

    catalogue: ClaimsCatalogue
    findings: list[Finding]
    left_out: dict[str, int]


def claims(
    catalogue: ClaimsCatalogue,
    sizes: ClaimsSizes,
    ensemble: Sequence[Point],
    wide: Sequence[Point],
    runner: StudyRunner,
) -> Claims:
    """Try every case over the ensemble, and over the wide priors to see what would overturn a verdict."""
    cases, kept = catalogue.cases, dict[str, Kept]()
    for stage, states in (("ensemble", ensemble), ("priors", wide)):
        points = [case.point for case in cases]
        outcomes = runner.run(stage, states, points, sizes.replicates, catalogue.measures, own_streams=True)
        kept[stage] = keep_whole(outcomes, states, stage, cases)
    findings = [find(claim, catalogue, *kept.values()) for claim in catalogue.claims]
    return Claims(catalogue, findings, {stage: each.left_out for stage, each in kept.items()})


def find(claim: Claim, catalogue: ClaimsCatalogue, inside: Kept, outside: Kept) -> Finding:
    """The verdict on one claim."""
    tests, holds = judge(claim, inside)
    _, wide = judge(claim, outside)
    p, n = float(holds.mean()), len(holds)
    verdict = "assumed" if claim.kind == "assumed" else verdict_of(p, catalogue.supported_from)
    overturned = [] if claim.kind == "assumed" else overturning(outside.states, wide, verdict, catalogue.supported_from)
    also = {measure: change(claim.tests[0], measure, inside) for measure in claim.also}
    return Finding(claim, verdict, p, *wilson(p, n), float(wide.mean()), tests, also, overturned, n)


def verdict_of(p: float, supported_from: float) -> str:
    """Supported or contradicted by a clear majority of the states, else undetermined."""
    if p >= supported_from:
        return "supported"
    return "contradicted" if 1.0 - p >= supported_from else "undetermined"


def judge(claim: Claim, tried: Kept) -> tuple[list[Tested], Chances]:
    """Each test, and for each state the chance that all of them hold."""
    all_hold = np.ones(len(tried.states))
    tests = []
    for test in claim.tests:
        table = effects(test, test.measure, tried)
        settled, reliability = steadied(table)
        holds = chances(test, settled, error_of_mean(table))
        all_hold *= holds  # what replicates leave open is apart in each test
        low, high = np.percentile(settled, [5, 95]).tolist()
        raw = float(meets(test, table.mean(axis=1)).mean())
        tests.append(Tested(test, float(table.mean()), low, high, reliability, float(holds.mean()), raw))
    return tests, all_hold


def effects(test: Check, measure: str, tried: Kept) -> Values:
    """The effect in each state and replicate, in pairs with the base (states × replicates)."""
    values = tried.of(test.case, measure)
    scale = np.ones(len(values))
    if test.base is not None:
        base = tried.of(test.base, measure)
        values = values - base
        if test.relative:
            scale = np.maximum(np.abs(base.mean(axis=1)), 1e-9)
    return np.asarray(values / scale[:, None])


def steadied(table: Values) -> tuple[Values, float]:
    """Effects of the states with the spread of the true ones, and the share of their variance that is not noise."""
    means = table.mean(axis=1)
    total = float(means.var(ddof=1)) if len(means) > 1 else 0.0
    if total == 0.0:
        return means, 1.0
    reliability = float(np.clip(1.0 - noise_of_means(table) / total, 0.0, 1.0))
    return means.mean() + np.sqrt(reliability) * (means - means.mean()), reliability


def noise_of_means(table: Values) -> float:
    """Variance that replicate noise gives the mean of a state, from what its replicates differ by within states."""
    return float(table.var(axis=1, ddof=1).mean() / table.shape[1])


def error_of_mean(table: Values) -> float:
    """Standard error of the mean over these states: what replicates leave open, independent from state to state."""
    return float(np.sqrt(noise_of_means(table) / len(table)))


def chances(test: Check, settled: Values, error: float) -> Chances:
    """For each state the chance that its effect has the size that matters."""
    from scipy.stats import norm

    if error <= 1e-12 * max(1.0, float(np.abs(settled).max())):
        return meets(test, settled).astype(np.float64)
    beyond = (settled - test.size) / error
    return np.asarray(norm.cdf(beyond if test.at_least is not None else -beyond))


def meets(test: Check, values: Values) -> Holds:
    """In which states the effect has the size that matters."""
    return np.asarray(values >= test.size if test.at_least is not None else values <= test.size)


def change(test: Check, measure: str, tried: Kept) -> tuple[float, float, float]:
    """Mean change of a further measure in its own unit, and where nine states of ten lie."""
    plain = test.model_copy(update={"relative": False})
    table = effects(plain, measure, tried)
    low, high = np.percentile(steadied(table)[0], [5, 95])
    return float(table.mean()), float(low), float(high)


def wilson(p: float, n: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927): so many states, not more."""
    from scipy.stats import binomtest

    interval = binomtest(round(p * n), n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


# --- what would overturn it ----------------------------------------------------------------------------
def overturning(states: Sequence[Point], holds: Chances, verdict: str, supported_from: float) -> list[Overturns]:
    """Parameters for which the verdict is another one in their lowest or highest third (or for one of their words)."""
    found = []
    for key in states[0] if states else ():
        for where, inside in parts([state[key] for state in states]):
            p, n = float(holds[inside].mean()), int(inside.sum())
            if _differs(holds, inside) and changes_verdict(p, verdict, supported_from):
                found.append(Overturns(key, where, p, n))
    overall = float(holds.mean())
    return sorted(found, key=lambda o: -abs(o.probability - overall))[:MOST_NAMED]


def changes_verdict(p: float, verdict: str, supported_from: float) -> bool:
    """A clear verdict is overturned when the odds turn; an open one when it becomes clear."""
    if verdict == "undetermined":
        return verdict_of(p, supported_from) != verdict
    return p < 0.5 if verdict == "supported" else p > 0.5


def parts(values: Sequence[object]) -> list[tuple[str, Holds]]:
    """The lowest and the highest third of numbers; each word of a switch. Parts with too few states are left out."""
    column = np.array(values)
    if column.dtype.kind not in "fiu":
        return [(f"= {word}", column == word) for word in sorted(set(column.tolist()))]
    low, high = np.quantile(column, [1 / 3, 2 / 3])
    if low == high:
        return []
    return [(f"≤ {low:.3g}", np.asarray(column <= low)), (f"≥ {high:.3g}", np.asarray(column >= high))]


def _differs(holds: Chances, inside: Holds) -> bool:
    """Whether the share inside differs from that outside by CLEAR_Z standard errors."""
    n, m = int(inside.sum()), int((~inside).sum())
    if min(n, m) < 10:
        return False
    pooled = holds.mean()
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return bool(error > 0 and abs(holds[inside].mean() - holds[~inside].mean()) > CLEAR_Z * error)
