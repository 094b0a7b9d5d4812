"""The tables of the calibration, and the ensemble."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.runs.nested import quantiles
from experiments.studies.calibration.inference import Calibration
from experiments.studies.calibration.learned import LEVELS, learned, trade_offs
from experiments.studies.calibration.methods import Used
from experiments.studies.calibration.onward import SHOWN, scenario_of
from experiments.studies.ensemble import ensemble_table
from experiments.studies.forms import FilledForm, forms, unit_of
from experiments.studies.inference import sbc
from experiments.studies.inference.contraction import contraction
from experiments.studies.inference.ranks import BINS, DRAWS, rank_counts
from experiments.studies.inference.ranks import LEVELS as WIDTHS
from experiments.studies.inference.rivals import CANNOT_TELL, HALF
from experiments.studies.priors import field_of
from experiments.studies.structures.rivals import load_rivals

ALL = "all"
DIGITS = 6
"""Of the numbers of an ensemble."""

FORMS = forms(
    """
calibration_parameters: what was learned. One row a parameter.
parameter     | | dotted key of the parameter
unit          | | unit of its quantiles in this row
rival         | | the rival structure that it belongs to; empty: none
calibrated    | 1 | 1: its prior was meant to be narrowed by the counts
prior_q05     | of the row | quantile of the prior, with its rival out in half of the draws; empty for words
prior_q50     | of the row | median of the prior
prior_q95     | of the row | quantile of the prior
posterior_q05 | of the row | weighted quantile of the draws
posterior_q50 | of the row | weighted median of the draws
posterior_q95 | of the row | weighted quantile of the draws
contraction   | 1 | 1 − posterior variance over prior variance, on the prior's quantiles: 0 nothing learned, 1 all
by_itself     | 1 | what chance alone gives in 19 of 20 cases for this parameter: reports dealt to other runs
chance_floor  | 1 | what chance alone gives in 19 of 20 cases for the largest contraction of all parameters
by_the_second | 1 | contraction by the second method
shift_sd      | 1 | shift of the mean, in standard deviations of the prior, on the prior's quantiles

calibration_correlations: what trades off. One row a pair of parameters, the strongest first.
parameter   | | a parameter
other       | | another
correlation | 1 | their correlation among the weighted draws in which both are free, on the priors' quantiles

calibration_targets: the fit. One row a fitted target.
target       | | name of the fitted target
measure      | | what is counted in its window
per          | | what it is divided by; empty: nothing
counts       | | what the report counts: gone_off, found, claimed, harmed, held
source       | | where the reported figure comes from
reported     | | the figure (a number, so many of so many, at least …, at most …)
prior_q05    | of the measure | quantile of single runs from the prior
prior_q50    | of the measure | their median
prior_q95    | of the measure | quantile of single runs from the prior
accepted_q05 | of the measure | weighted quantile of one new run of each draw of the ensemble
accepted_q50 | of the measure | their weighted median
accepted_q95 | of the measure | weighted quantile of the same
below        | 1 | share of simulated reports of the prior below the figure, plus half of those equal to it
tail_p       | 1 | two-sided, corrected for the number of targets (Holm): small if the prior hardly reaches it

calibration_rivals: what the reports weigh of each rival structure, which had chance ½. One row a rival.
rival           | | name of the rival
old_word        | | what is so if it is out, for --weights
new_word        | | what is so if it is in
p_in            | 1 | posterior weight of the draws where it is in
p_in_low        | 1 | lower end of its 95% interval
p_in_high       | 1 | upper end of it
forest_p        | 1 | of runs whose reports look to a random forest like the figures, the share with the rival in
forest_low      | 1 | lower end of its 95% interval
forest_high     | 1 | upper end of it
forest_error    | 1 | share of runs of which the forest guesses wrong, out of bag
chance_error    | 1 | the same of one who always says the commoner answer
second_p_in     | 1 | posterior weight by the second method
verdict         | | what may be said: no more than posterior and forest both say

calibration_acceptance: how often runs with and without a rival come near. One row a rival and tolerance.
rival       | | name of the rival
tolerance   | 1 | largest distance of a run that counts as near: about standard deviations of a report
near_in     | 1 | runs with the rival that come near
near_out    | 1 | runs without it that come near
share_in    | 1 | share of the runs with the rival that come near
share_out   | 1 | share of those without
factor      | 1 | Bayes factor for the rival, of these figures
factor_low  | 1 | lower end of its 95% interval
factor_high | 1 | upper end of it

calibration_foresight: rivals by how well runs with and without them foretell later reports. One row a rival.
rival     | | name of the rival
forecasts | 1 | later reports that are foretold from those that were complete before
weight    | 1 | stacking weight of being in, shrunk towards ½
low       | 1 | lower end of its 95% interval, forecasts of one day of origin drawn again together
high      | 1 | upper end of it
plain     | 1 | the same weight without shrinking: few forecasts put it into a corner
p         | 1 | chance of a weight as far from ½ if neither foretells better
verdict   | | what may be said

calibration_methods: what each method of inference used, and what its draws are worth. One row a method.
method          | | method of inference; the first makes the ensemble
runs            | 1 | runs of the table
draws           | 1 | draws of the posterior
effective_draws | 1 | equally weighted draws that are worth as much: 1 / Σ weight²
rivals_in       | 1 | mean number of rivals that are in (of the prior half of them)
sets            | 1 | synthetic reports of the proof

calibration_recovery: the proof by simulation. One row a method and parameter.
method      | | method of inference
parameter   | | dotted key; all: all parameters together
sets        | 1 | rows of the table that played the report, their parameters known
rank_p      | 1 | probability of ranks of the truth at least as uneven, if the method is right (chi-square)
rank_p_holm | 1 | the same corrected for the number of parameters (Holm); of all: the smallest
error_rms   | 1 | root mean square of posterior mean − truth, as a share of the prior (unit interval)
crps_mean   | 1 | mean CRPS of the posterior at the truth, same scale; lower is better
coverage_50 | 1 | share of the truths inside the middle 50% of the posterior
coverage_80 | 1 | share inside the middle 80%
coverage_90 | 1 | share inside the middle 90%
draws_mean  | 1 | mean effective draws of a set

calibration_recovery_rivals: the same of rivals: does what is said come true as often? One row a method and rival.
method        | | method of inference
rival         | | name of the rival
sets          | 1 | synthetic reports
said          | 1 | mean posterior weight of the rival being in
was           | 1 | share of the sets in which it was
z             | 1 | difference in standard errors, if what is said is right
p_holm        | 1 | two-sided, corrected for the number of rivals (Holm)
log_loss      | 1 | mean −log of the weight that was given to what was so
base_log_loss | 1 | the same of one who always says ½

calibration_ranks: the proof by simulation, ranks of the truth. One row a method, parameter and bin.
method    | | method of inference
parameter | | dotted key
ranks     | 1 | ranks that are possible, from 0
bin       | 1 | which part of them, from 0 (truth lowest among the draws)
bins      | 1 | number of parts, all equally wide
count     | 1 | synthetic sets whose rank lies in it

calibration_onward: draws of the ensemble run on, one run each. One row a measure and quarter.
measure | | what is counted
unit    | | its unit
first   | | first day of the quarter
last    | | last day of the quarter
fitted  | 1 | 1: the quarter lies within what was fitted
q05     | of the measure | weighted quantile of the runs
q50     | of the measure | their weighted median
q95     | of the measure | weighted quantile of the runs
"""
)


def tables(found: Calibration) -> dict[str, FilledForm]:
    """All of them, filled, the ensemble first."""
    rows = (
        *(_parameters, _correlations, _targets, _rivals, _acceptance, _foresight, _methods),
        *(_recovery, _recovery_rivals, _ranks, _onward),
    )
    made = {name: form.filled(fill(found)) for (name, form), fill in zip(FORMS.items(), rows, strict=True)}
    return {ensemble_name(found): _ensemble(found), **made}


def _ensemble(found: Calibration) -> FilledForm:
    """Weighted draws, structure and parameters together."""
    return ensemble_table(found.draws.weights.tolist(), found.states).shortened(DIGITS)


def ensemble_name(found: Calibration) -> str:
    """`ensemble_2020`; a quick one says so, and no study takes it by itself."""
    return f"ensemble_{found.loaded.targets.name}{'_quick' if found.quick else ''}"


def _short(value: float) -> float:
    """Four digits."""
    return float(f"{value:.4g}")


# --- parameters ----------------------------------------------------------------------------------------
def _parameters(found: Calibration) -> Iterator[list[Any]]:
    rows = learned(found.priors, found.runs.unit, found.draws)
    owner = {key: rival.name for rival in load_rivals().structures for key in rival.old}
    mine, second = found.contraction, contraction(found.used[1].draws, found.reports.table)
    for k, (row, prior) in enumerate(zip(rows, found.priors.priors, strict=True)):
        unit, both = field_of(row.key).json_schema_extra["unit"], map(_short, (*row.prior, *row.posterior))
        numbers = (mine.contraction[k], mine.floor[k], mine.floor_of_largest, second[k], row.shift)
        rest = (round(float(value), 3) for value in numbers)
        yield [row.key, unit, owner.get(row.key, ""), int(prior.calibrated), *both, *rest]


def _correlations(found: Calibration) -> list[list[Any]]:
    free = ~found.reports.table.held[found.draws.rows]
    return [[a, b, round(r, 3)] for a, b, r in trade_offs(found.priors.keys, found.draws, free)]


# --- targets -------------------------------------------------------------------------------------------
def _targets(found: Calibration) -> Iterator[list[Any]]:
    """Each fitted target: reported, and quantiles of single runs from the prior and of the accepted states."""
    for target, tail in zip(found.reports.targets, found.inside.tails, strict=True):
        before, after = target.read(found.runs), target.read(found.onward.runs)
        known = np.isfinite(after)
        weighed = quantiles(after[known], found.onward.weights[known], LEVELS)
        values = map(_short, (*np.nanquantile(before, LEVELS), *weighed))
        words = (
            target.name,
            target.measure,
            " + ".join(target.per or ()),
            target.counts,
            target.source,
            target.reported,
        )
        yield [*words, *values, round(tail.below, 4), round(tail.p_holm, 4)]


def _onward(found: Calibration) -> Iterator[list[Any]]:
    last = max(target.last for target in found.reports.targets)
    for measure in SHOWN:
        for first, end in found.onward.quarters(scenario_of(found.loaded)):
            values = found.onward.runs.window(measure, first, end)
            ends = map(_short, quantiles(values, found.onward.weights, LEVELS))
            yield [measure, unit_of(measure), str(first), str(end), int(end <= last), *ends]


# --- rivals --------------------------------------------------------------------------------------------
def _rivals(found: Calibration) -> Iterator[list[Any]]:
    words = {rival.name: rival.words for rival in load_rivals().structures}
    second = found.used[1].draws.inclusion
    for k, w in enumerate(found.rivals):
        shares = (share for each in (w.inclusion, w.guess.share) for share in (each.p, each.low, each.high))
        numbers = (*shares, w.guess.error, w.guess.chance, second[k])
        yield [w.name, *words[w.name], *(round(float(value), 4) for value in numbers), w.verdict]


def _acceptance(found: Calibration) -> Iterator[list[Any]]:
    for weighed in found.rivals:
        for a in weighed.acceptance:
            numbers = (a.with_it, a.without, a.bayes_factor, a.low, a.high)
            yield [weighed.name, _short(a.tolerance), a.n_with, a.n_without, *map(_short, numbers)]


def _foresight(found: Calibration) -> Iterator[list[Any]]:
    for row in found.foreseen:
        s = row.stacked
        numbers = (round(float(value), 4) for value in (s.weights[0], s.low[0], s.high[0], s.plain[0], s.p))
        better = f"runs {'with' if s.weights[0] > HALF else 'without'} it foretell better"
        yield [row.rival, row.forecasts, *numbers, CANNOT_TELL if s.open else better]


# --- methods and their proof ---------------------------------------------------------------------------
def _methods(found: Calibration) -> Iterator[list[Any]]:
    for used in found.used:
        worth, inside = round(used.draws.effective_size, 1), float(used.draws.inclusion.sum())
        yield [used.name, len(found.runs), len(used.draws.unit), worth, round(inside, 3), len(used.sets)]


def _recovery(found: Calibration) -> Iterator[list[Any]]:
    for used in found.used:
        rows = sbc.verdicts(used.checked)
        for k, (key, row) in enumerate(zip(found.priors.keys, rows, strict=True)):
            p_values = round(row.p, 4), round(row.p_holm, 4)
            yield [used.name, key, len(used.sets), *p_values, *_worth(used, slice(k, k + 1))]
        least = round(min(row.p_holm for row in rows), 4)
        yield [used.name, ALL, len(used.sets), None, least, *_worth(used, slice(None))]


def _worth(used: Used, columns: slice) -> list[float]:
    """Error, score, coverage, cost, over some parameters."""
    checked = used.checked
    inside = [sbc.held(checked.places[:, columns], level).mean() for level in WIDTHS]
    values = (
        np.sqrt(np.mean(checked.errors[:, columns] ** 2)),
        checked.crps[:, columns].mean(),
        *inside,
        checked.effective.mean(),
    )
    return [round(float(value), 4) for value in values]


def _recovery_rivals(found: Calibration) -> Iterator[list[Any]]:
    for used in found.used:
        said, was = used.checked.p_in.mean(axis=0), used.checked.was_in.mean(axis=0)
        for k, (name, row) in enumerate(zip(found.runs.rivals, sbc.inclusions(used.checked), strict=True)):
            numbers = (said[k], was[k], row.z, row.p_holm, row.log_loss, row.base_log_loss)
            yield [used.name, name, len(used.sets), *(round(float(value), 4) for value in numbers)]


def _ranks(found: Calibration) -> Iterator[list[Any]]:
    for used in found.used:
        for key, ranks in zip(found.priors.keys, used.checked.ranks.T, strict=True):
            for n, count in enumerate(rank_counts(ranks)):
                yield [used.name, key, DRAWS + 1, n, BINS, int(count)]
