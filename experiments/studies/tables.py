"""The CSV tables of the studies: columns with units and meanings, rows from what a study found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from experiments.files.columns import Field
from experiments.files.study_tables import CsvTable, fields
from experiments.studies.boxes import Fit
from experiments.studies.claims import Claims, Finding
from experiments.studies.claims_config import Check
from experiments.studies.discovery import Discovery, Question, in_words
from experiments.studies.factorial import Factorial, Term
from experiments.studies.sensitivity import Sensitivity
from sim.measures import BY_NAME

_QUANTITY = """
scope    | | fourteen, six, or the paired difference six − fourteen
measure  | | name of the measure
unit     | | unit of the measure
"""
SWING = fields(
    _QUANTITY
    + """
parameter | | the one that moves, the others in the middle of their priors
low_mean  | of the measure | at its 5% quantile, less the middle: paired mean
low_low   | of the measure | 95% t interval
low_high  | of the measure | 95% t interval
high_mean | of the measure | at its 95% quantile, less the middle: paired mean
high_low  | of the measure | 95% t interval
high_high | of the measure | 95% t interval
"""
)
SCREENING = fields(
    _QUANTITY
    + """
parameter          | | the parameter; luck (dummy): nothing moves but the luck
mu                 | of the measure | mean elementary effect, over the width 5% to 95% of the prior
mu_star            | of the measure | mean of its absolute values
mu_star_half_width | of the measure | half-width of its 95% bootstrap interval
sigma              | of the measure | standard deviation of the effects: interaction, curvature, luck
above_luck         | 1 | 1 if the interval of mu_star lies above that of the dummy
"""
)
SOBOL = fields(
    _QUANTITY
    + """
parameter        | | the parameter; luck (dummy): luck dealt anew
first            | 1 | first-order index, of the variance of the mean over replicates
first_half_width | 1 | half-width of its 95% bootstrap interval
total            | 1 | total index
total_half_width | 1 | half-width of its 95% bootstrap interval
above_luck       | 1 | 1 if the interval of the total index lies above that of the dummy
"""
)
PAIRS = fields(
    _QUANTITY
    + """
parameter         | | one parameter
other             | | another
second            | 1 | second-order index: variance from the two together beyond their own parts
second_half_width | 1 | half-width of its 95% bootstrap interval
"""
)
LUCK = fields(
    _QUANTITY
    + """
parameters  | 1 | share of the variance of a single run that the Sobol parameters explain
shared_luck | 1 | share of luck that all points share: cancels in pairs
own_luck    | 1 | share of luck that meets each point in its own way
"""
)


def _unit(measure: str) -> str:
    return BY_NAME[measure].unit


def sensitivity(found: Sensitivity) -> dict[str, CsvTable]:
    """The tables of the sensitivity study."""
    swings = [
        (s.scope, s.measure, _unit(s.measure), s.parameter, *_parts(s.low), *_parts(s.high)) for s in found.swings
    ]
    effects = [
        (*key, _unit(key[1]), e.parameter, e.mu, e.mu_star, e.mu_star_half_width, e.sigma, int(e.matters))
        for key, each in found.effects.items()
        for e in each
    ]
    singles = [
        (*key, _unit(key[1]), i.parameter, i.first, i.first_half_width, i.total, i.total_half_width, int(i.matters))
        for key, each in found.singles.items()
        for i in each
    ]
    pairs = [
        (*key, _unit(key[1]), p.parameter, p.other, p.second, p.second_half_width)
        for key, each_pair in found.pairs.items()
        for p in each_pair
    ]
    luck = [(*key, _unit(key[1]), s.parameters, s.shared_luck, s.own_luck) for key, s in found.luck.items()]
    return {
        "tornado": CsvTable(SWING, swings),
        "screening": CsvTable(SCREENING, effects),
        "sobol": CsvTable(SOBOL, singles),
        "sobol_pairs": CsvTable(PAIRS, pairs),
        "luck": CsvTable(LUCK, luck),
    }


def _parts(interval: Any) -> tuple[float, float, float]:
    return interval.mean, interval.low, interval.high


# --- factorial -------------------------------------------------------------------------------------------
TERMS = fields(
    """
over       | | defaults: replicates at the default values; ensemble: draws of the ensemble, means over few replicates
measure    | | name of the measure
unit       | | unit of the measure
effect     | | which change, from fourteen to six: sites, batteries (number and places), people, and their products
kind       | | main effect, interaction, share (main effect with a third of the interaction of three), total
mean       | of the measure | mean
low        | of the measure | 95% t interval of the mean
high       | of the measure | 95% t interval of the mean
p05        | of the measure | 5th percentile of the replicates or draws
p95        | of the measure | 95th percentile
p_negative | 1 | share of the replicates or draws in which it is below 0, plus half the ties
n          | 1 | replicates or draws
"""
)
CURVE = fields(
    """
measure   | | name of the measure
unit      | | unit of the measure
sites     | | posture
people    | person | people in all
batteries | battery | batteries in all, placed by symbolic value
mean      | of the measure | mean over replicates
low       | of the measure | 95% t interval
high      | of the measure | 95% t interval
step_mean | of the measure | paired change from the row before (0 in the first)
step_low  | of the measure | 95% t interval
step_high | of the measure | 95% t interval
"""
)


def factorial(found: Factorial) -> dict[str, CsvTable]:
    """The tables of the factorial."""
    rows = [*_term_rows("defaults", found.defaults), *_term_rows("ensemble", found.ensemble)]
    curve = [
        (r.measure, _unit(r.measure), r.sites, r.people, r.batteries, *_parts(r.mean), *_parts(r.step))
        for r in found.curve
    ]
    return {"factorial": CsvTable(TERMS, rows), "batteries": CsvTable(CURVE, curve)}


def _term_rows(over: str, terms: Iterable[Term]) -> list[Sequence[Any]]:
    return [(over, t.measure, _unit(t.measure), t.effect, t.kind, *_parts(t.estimate), *_rest(t)) for t in terms]


def _rest(term: Term) -> tuple[float, float, float, int]:
    return term.low_spread, term.high_spread, term.p_negative, term.n


# --- discovery -------------------------------------------------------------------------------------------
ANSWERS = fields(
    """
base            | | posture and response
other           | | what is compared with it
measure         | | in which measure
unit            | | unit of the measure
worse           | 1 | share of the worlds in which other is worse than base on average
fresh_worse     | 1 | the same in the fresh worlds
surely_worse    | 1 | share in which it is worse by more than two standard errors
surely_better   | 1 | share in which it is better by as much
mean_difference | of the measure | other − base, mean over the worlds
worlds          | 1 | number of worlds
"""
)
REGIONS = fields(
    """
base           | | posture and response
other          | | what is compared with it
measure        | | in which measure it is worse
unit           | | unit of the measure
method         | | PRIM, or CART (the fullest leaf of the tree)
region         | | the box
density        | 1 | share of the box's worlds in which other is worse
coverage       | 1 | share of the worlds in which other is worse that lie in the box
mass           | 1 | share of all worlds in the box
fresh_density  | 1 | the same on fresh worlds, with fresh luck
fresh_coverage | 1 | the same on fresh worlds
fresh_mass     | 1 | the same on fresh worlds
"""
)
ROBUSTNESS = fields(
    """
pair        | | posture and response
measure     | | the measure of regret
unit        | | unit of the measure
regret_mean | of the measure | distance from the best pair of each world, mean over the worlds
regret_p90  | of the measure | 90th percentile
regret_most | of the measure | largest
best        | 1 | share of the worlds in which the pair is the best (ties shared)
satisficing | 1 | share of the worlds in which the pair meets every limit of the study
"""
)


def discovery(found: Discovery) -> dict[str, CsvTable]:
    """The tables of scenario discovery."""
    answers = [
        (*_asked(a.question), a.worse, a.fresh_worse, a.surely_worse, a.surely_better, a.mean_difference, a.n)
        for a in found.answers
    ]
    regions = [
        (*_asked(r.question), r.method, in_words(r.limits), *_fit(r.found), *_fit(r.fresh)) for r in found.regions
    ]
    robustness = [
        (r.pair, r.measure, _unit(r.measure), r.mean, r.p90, r.most, r.best_share, found.satisficing[r.pair])
        for r in found.regrets
    ]
    return {
        "answers": CsvTable(ANSWERS, answers),
        "regions": CsvTable(REGIONS, regions),
        "robustness": CsvTable(ROBUSTNESS, robustness),
    }


def _asked(question: Question) -> tuple[str, str, str, str]:
    return question.base, question.other, question.measure, _unit(question.measure)


def _fit(fit: Fit) -> tuple[float, float, float]:
    return fit.density, fit.coverage, fit.mass


# --- claims ----------------------------------------------------------------------------------------------
CLAIMS = fields(
    """
claim             | | number of the claim in the list of sources
kind              | | emergent, partly assumed, or assumed (then no verdict)
verdict           | | supported, contradicted, undetermined; assumed
probability       | 1 | share of the draws of the ensemble in which every test holds
low               | 1 | 95% interval of it, from the number of draws alone
high              | 1 | 95% interval of it
prior_probability | 1 | the same over the wide priors
draws             | 1 | draws of the ensemble
overturned_by     | | parameters whose third of the prior (or word) would change the verdict, and the probability there
"""
)
TESTS = fields(
    """
claim           | | number of the claim
case            | | what is run
base            | | what it is compared with; empty: the level itself
measure         | | name of the measure
unit            | | unit of the numbers of this row; share of the base for relative tests
sign            | | ≥ or ≤
size            | of the row | the size that matters
mean            | of the row | mean effect over the draws
p05             | of the row | 5th percentile of the draws
p95             | of the row | 95th percentile
reliability     | 1 | share of the variance between draws that is not luck
probability     | 1 | share of the draws in which this test holds
raw_probability | 1 | the same without taking luck out of the spread
"""
)


def claims(found: Claims) -> dict[str, CsvTable]:
    """The tables of the claims ledger."""
    rows = [
        (f.claim.id, f.claim.kind, f.verdict, f.probability, f.low, f.high, f.prior_probability, f.n, overturned(f))
        for f in found.findings
    ]
    tests = [
        (f.claim.id, *_tested(t.test), t.mean, t.low, t.high, t.reliability, t.probability, t.raw_probability)
        for f in found.findings
        for t in f.tests
    ]
    return {"claims": CsvTable(CLAIMS, rows), "claim_tests": CsvTable(TESTS, tests)}


def _tested(test: Check) -> tuple[str, str, str, str, str, float]:
    """Case, base, measure, unit, sign, size."""
    base, unit = test.base.label if test.base else "", "share of the base" if test.relative else _unit(test.measure)
    return test.case.label, base, test.measure, unit, test.sign, test.size


def overturned(finding: Finding) -> str:
    """`choice.cost_road ≥ 1.3 (0.35); …`."""
    return "; ".join(f"{o.parameter} {o.where} ({o.probability:.2f})" for o in finding.overturned_by)


SETTING = Field("setting", "", "full, or quick: a try-out whose numbers mean little")
FILES: tuple[tuple[str, str, tuple[Field, ...]], ...] = (
    ("tornado.csv", "`posture sensitivity`: one parameter at a time. One row a scope, measure and parameter.", SWING),
    ("screening.csv", "`posture sensitivity`: Morris screening. One row a scope, measure and parameter.", SCREENING),
    ("sobol.csv", "`posture sensitivity`: Sobol indices. One row a scope, measure and parameter.", SOBOL),
    ("sobol_pairs.csv", "`posture sensitivity`: interactions. One row a scope, measure and pair of parameters.", PAIRS),
    ("luck.csv", "`posture sensitivity`: parameters and luck. One row a scope and measure.", LUCK),
    ("factorial.csv", "`posture factorial`: effects. One row a measure and effect.", TERMS),
    ("batteries.csv", "`posture factorial`: one row a measure and combination of sites, people, batteries.", CURVE),
    ("answers.csv", "`posture discover`: how often an answer flips. One row a question.", ANSWERS),
    ("regions.csv", "`posture discover`: where. One row a question and method.", REGIONS),
    ("robustness.csv", "`posture discover`: regret and satisficing. One row a pair and measure.", ROBUSTNESS),
    ("claims.csv", "`posture claims`: one row a claim.", CLAIMS),
    ("claim_tests.csv", "`posture claims`: one row a test of a claim.", TESTS),
)
"""Every file of the studies for the data dictionary: name, words, columns (before them comes `setting`)."""
