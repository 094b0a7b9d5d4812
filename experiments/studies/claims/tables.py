"""The tables of the claims."""

from __future__ import annotations

from experiments.studies.claims.catalogue import Check
from experiments.studies.claims.verdicts import Claims, Finding
from experiments.studies.forms import FilledForm, cells, fill, forms, unit_of

FORMS = forms(
    """
claims: one row a claim.
claim             | | number of the claim in the list of sources
kind              | | emergent, partly assumed, or assumed (then no verdict)
verdict           | | supported, contradicted, undetermined; assumed
probability       | 1 | share of the states of the ensemble in which every test holds
low               | 1 | 95% interval of it, from the number of states alone
high              | 1 | 95% interval of it
prior_probability | 1 | the same over the wide priors
draws             | 1 | states of the ensemble
overturned_by     | | parameters whose third of the prior (or word) would change the verdict, and the probability there

claim_tests: one row a test of a claim.
claim           | | number of the claim
case            | | what is run
base            | | what it is compared with; empty: the level itself
measure         | | name of the measure
unit            | | unit of the numbers of this row; share of the base for relative tests
sign            | | ≥ or ≤
size            | of the row | the size that matters
mean            | of the row | mean effect over the states
p05             | of the row | 5th percentile of the states
p95             | of the row | 95th percentile
reliability     | 1 | share of the variance between states that is not replicate noise
probability     | 1 | share of the states in which this test holds
raw_probability | 1 | the same without taking replicate noise out of the spread
""",
)


def tables(found: Claims) -> dict[str, FilledForm]:
    """All of them, filled."""
    rows = {
        "claims": [
            [f.claim.id, f.claim.kind, f.verdict, f.probability, f.low, f.high, f.prior_probability, f.n, overturned(f)]
            for f in found.findings
        ],
        "claim_tests": [[f.claim.id, *_tested(t.test), *list(cells(t))[1:]] for f in found.findings for t in f.tests],
    }
    return fill(FORMS, rows)


def _tested(test: Check) -> tuple[str, str, str, str, str, float]:
    """Case, base, measure, unit, sign, size."""
    base, unit = test.base.label if test.base else "", "share of the base" if test.relative else unit_of(test.measure)
    return test.case.label, base, test.measure, unit, test.sign, test.size


def overturned(finding: Finding) -> str:
    """`choice.cost_road ≥ 1.3 (0.35); …`."""
    return "; ".join(f"{o.parameter} {o.where} ({o.probability:.2f})" for o in finding.overturned_by)
