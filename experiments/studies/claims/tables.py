"""The tables of the claims."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from experiments.studies.claims.catalogue import Check
from experiments.studies.claims.shares import Share
from experiments.studies.claims.verdicts import Claims, Finding, Reached, Tested
from experiments.studies.forms import FilledForm, fill, forms, unit_of
from sim.numbers import fixed
from sim.statistics import Interval

FORMS = forms(
    """
claims: one row a claim.
claim             | | number of the claim in the list of sources
kind              | | emergent, partly assumed, or assumed (then no verdict)
verdict           | | supported, contradicted, undetermined (the interval crosses the bound), cannot be tested; assumed
probability       | 1 | share of the states (parameters and structures) in which every test that counts holds
low               | 1 | 95% interval of it, for states and replicates together
high              | 1 | 95% interval of it
prior_probability | 1 | the same over the wide priors
prior_low         | 1 | 95% interval of it
prior_high        | 1 | 95% interval of it
draws             | 1 | states of the ensemble in which the claim can be judged (no 0/0); weighed: their worth
overturned_by     | | parameters whose third of the prior (or word) would change the verdict, and the probability there

claim_tests: one row a test of a claim.
claim           | | number of the claim
role            | | counts; beside: shown, does not count; assumed: what a response's file says, does not count
case            | | what is run
base            | | what it is compared with; empty: the level itself
measure         | | name of the measure
on              | | what of it: areas whose bombs are added, days that count; empty: all days
unit            | | unit of the numbers of this row; share of the base for relative tests
sign            | | ≥ or ≤
size            | of the row | the size that matters
mean            | of the row | mean effect over the states
low             | of the row | 95% t interval of the mean over states
high            | of the row | 95% t interval of the mean over states
p05             | of the row | 5th percentile of the states; empty if they do not differ by more than replicate noise
p95             | of the row | 95th percentile
reliability     | 1 | share of the variance between states that is not replicate noise; 0 if they do not differ by more
probability     | 1 | share of the states in which this test holds
p_low           | 1 | 95% interval of it
p_high          | 1 | 95% interval of it
verdict         | | of this test alone
no_effect       | 1 | states left out because base and case have nothing (0/0)
ceiling         | | the same order at full strength, all the time; empty if there is none
ceiling_mean    | of the row | mean effect of the ceiling
reach           | 1 | share of the states in which the ceiling turns what the test says without any effect
reach_low       | 1 | 95% interval of it
reach_high      | 1 | 95% interval of it

claim_structures: one row a claim and rival structure that some states have and some do not.
claim       | | number of the claim
structure   | | name of the rival (configs/structures/2020.toml)
with        | 1 | share of the states with the rival in which the claim holds
with_low    | 1 | 95% interval of it
with_high   | 1 | 95% interval of it
n_with      | 1 | states with it
without     | 1 | share of the states without it
without_low | 1 | 95% interval of it
without_high | 1 | 95% interval of it
n_without   | 1 | states without it
differs     | 1 | 1: the two shares differ by 3.5 standard errors or more
""",
)


def tables(found: Claims) -> dict[str, FilledForm]:
    """All that have a row."""
    rows: dict[str, list[list[Any]]] = {
        "claims": [_claim(f) for f in found.findings],
        "claim_tests": [[f.claim.id, *_tested(t)] for f in found.findings for t in f.tests],
        "claim_structures": [[f.claim.id, *row] for f in found.findings for row in _sides(f)],
    }
    return fill(FORMS, {name: each for name, each in rows.items() if each})


def _claim(f: Finding) -> list[Any]:
    shares = (*three(f.probability), *three(f.prior_probability))
    return [f.claim.id, f.claim.kind, f.verdict, *shares, f.n, overturned(f)]


def three(interval: Interval | None) -> tuple[float, float, float]:
    """Mean, low, high; nothing of none."""
    return (interval.mean, interval.low, interval.high) if interval else (math.nan, math.nan, math.nan)


def _tested(t: Tested) -> list[Any]:
    spread, held = three(t.spread)[1:], (t.reliability, *three(t.holds), t.verdict, t.no_effect)
    return [*_test(t.test), *three(t.effect), *spread, *held, *_ceiling(t.reached)]


def _ceiling(reached: Reached | None) -> list[Any]:
    """Its case, its mean effect, the share in which it turns the test."""
    if reached is None:
        return ["", math.nan, *three(None)]
    return [reached.ceiling.case.label, reached.effect.mean, *three(reached.share)]


def _test(test: Check) -> tuple[str, str, str, str, str, str, str, float]:
    """Role, case, base, measure, what of it, unit, sign, size."""
    base, unit = test.base.label if test.base else "", "share of the base" if test.relative else unit_of(test.measure)
    return test.role, test.case.label, base, test.measure, test.words, unit, test.sign, test.size


def _sides(f: Finding) -> Iterator[list[Any]]:
    for side in f.structures:
        having, lacking = three(side.with_it), three(side.without)
        yield [side.structure, *having, side.n_with, *lacking, side.n_without, int(side.differs)]


def overturned(finding: Finding) -> str:
    """`choice.cost_road ≥ 1.3 (0.35); …`."""
    return "; ".join(f"{o.parameter} {o.where} ({at_most_sure(o.share, o.n)})" for o in finding.overturned_by)


def at_most_sure(share: Share, n: int) -> str:
    """A share with two digits; of all or none of n states with the bound of its interval: `all of 30, ≥ 0.89`."""
    if not n:
        return "no state"
    if share.mean > 1.0 - 0.5 / n:
        return f"all of {n}, ≥ {fixed(share.low, 2)}"
    return f"none of {n}, ≤ {fixed(share.high, 2)}" if share.mean < 0.5 / n else fixed(share.mean, 2)
