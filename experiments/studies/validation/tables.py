"""The tables of the validation; the first column says which ensemble was run."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.studies.forms import FilledForm, cells, fill, forms
from experiments.studies.validation.checks import LookedAhead, Validation
from experiments.studies.validation.contests import Contest
from experiments.studies.validation.forecasts import Forecast
from experiments.studies.validation.nulls import NAMED
from experiments.studies.validation.predictive import QUANTILES, quantiles_of, weekly
from experiments.studies.validation.shape import Shape

_ENSEMBLE = "ensemble | | the ensemble of parameters that was run"
FORMS = forms(
    """
validation_targets: runs beside reports. One row a target.
target             | | name of the target
measure            | | what is counted, or a level
per                | | what it is divided by; empty: nothing
from               | | first day of its window
until              | | last day of its window
source             | | where the reported figure comes from
fitted             | 1 | 1: the calibration was shown it, so that agreement is no evidence
reported           | | the figure (a number, at least …, at most …, … to …)
q05                | of the measure | quantile of what would be reported of single runs
q25                | of the measure | quantile of what would be reported of single runs
q50                | of the measure | its median
q75                | of the measure | quantile of what would be reported of single runs
q95                | of the measure | quantile of what would be reported of single runs
p_below            | 1 | share of the runs below the reported figure, plus half the ties; empty for bounds
p_agree            | 1 | share of the runs within the report's tolerance or bounds
inside_50          | 1 | 1: the report lies in the middle 50% of the runs (of bounds: a run of that middle agrees)
inside_90          | 1 | the same for the middle 90%
runs_without_value | 1 | runs left out: a ratio of nothing

validation_weekly: running totals. One row a kind of attack and week.
measure | | what is counted
day     | day | last day of the week, from 1
q05     | attack | attacks since the start: quantile of single runs
q25     | attack | quantile of single runs
q50     | attack | their median
q75     | attack | quantile of single runs
q95     | attack | quantile of single runs

validation_facts: stylised facts. One row a fact and measure.
fact     | | the stylised fact
source   | | where it comes from
rests_on | | assumed (a rule or input says so), fitted (the calibration was shown it), emergent (neither)
measure  | | what shows it in a run
unit     | | unit of the quantiles of this row
known    | | what is known of it
q50      | of the row | median of the runs
q05      | of the row | quantile of the runs
q95      | of the row | quantile of the runs
p_agree  | 1 | share of the runs that agree with the fact
runs     | 1 | runs with a value (of salvos: salvos of all runs; 1: one share for all runs)
""",
    shared=_ENSEMBLE,
) | forms(
    """
validation_forecasts: windows forecast from what was reported before. One row a forecast, law of reports and model.
forecast     | | what is forecast: a measure, or the mix (share of convoys among attacks), and its window
of           | | a measure, or mix
from         | | first day of the window
until        | | last day of the window
origin       | | last day of what is known
counting     | | law of reports: Poisson or 15%, whichever is wider (the one that counts); 15% alone
model        | | Posture, or a null model; the one to beat is named in validation_contests.csv
reported     | of the row | what was reported: attacks, of the mix a share
q05          | of the row | quantile of the forecast
q25          | of the row | quantile of the forecast
q50          | of the row | its median
q75          | of the row | quantile of the forecast
q95          | of the row | quantile of the forecast
log_score    | nat | −log of the chance given to the report; lower is better
log_error    | nat | its standard error, from the number of runs (Posture only)
crps         | of the row | continuous ranked probability score; lower is better
below        | 1 | share of the forecast below the report, plus half of what is on it
effective    | 1 | runs of equal weight that would say as much (Posture only)

validation_contests: summed scores of model and null. One row a kind of forecast, law of reports and null model.
of              | | a measure; all counts: fire and convoys together; mix
counting        | | as in validation_forecasts.csv
against         | | the null model
named           | 1 | 1: the one that was named beforehand as the one to beat
windows         | 1 | forecasts that are summed
log_model       | nat | summed log score of the model; lower is better
log_null        | nat | summed log score of the null model
log_difference  | nat | model − null: below 0 the model is better
log_low         | nat | 95% t interval of the sum, paired by window; empty below four windows
log_high        | nat | the same
crps_model      | of the row | summed CRPS of the model
crps_null       | of the row | summed CRPS of the null model
crps_difference | of the row | model − null
crps_low        | of the row | 95% t interval
crps_high       | of the row | the same
verdict         | | ahead, behind, or level (the interval of the log score holds 0, or is not known)

validation_structures: the model's forecasts by structure. One row a rival, side and forecast.
rival     | | the rival structure
side      | | in or out: from the draws of the table with it in, or at its old value
forecast  | | as in validation_forecasts.csv
of        | | a measure, or mix
log_score | nat | −log of the chance given to the report; lower is better; empty where no draw comes near
log_error | nat | its standard error
effective | 1 | effective runs

validation_needed: summed log scores by structure. One row a rival and side; with hindsight.
of        | | all counts, or mix
rival     | | the rival structure
side      | | in or out
log_score | nat | summed
gain      | nat | less that of all draws: below 0 this side forecasts better
gain_low  | nat | 95% t interval of the sum, paired by window; empty below four windows
gain_high | nat | the same

validation_shape: the shape of the year. One row a fact and structure.
fact      | | what is looked at
window    | | over which days
reported  | of the row | what was reported; empty: nothing was
source    | | where it comes from
rests_on  | | input (a parameter or prior holds it), fitted (a function of the totals), emergent (neither)
structure | | all draws of the table, or those with a rival in or out
prior_q05 | of the row | quantile of single runs of the prior: nothing fitted
prior_q50 | of the row | their median
prior_q95 | of the row | quantile
q05       | of the row | quantile of the same runs weighted by the totals of all quarters
q50       | of the row | their median
q95       | of the row | quantile
below     | 1 | share of the weighted runs below the report, plus half of what is on it
inside_90 | 1 | 1: the report lies in the middle 90% of the weighted runs; empty below 30 effective runs
runs      | 1 | effective runs with a value
"""
)
COUNTED = ("fire_attacks", "convoy_attacks", "detail_attacks")
DIGITS = 4


def tables(found: Validation) -> dict[str, FilledForm]:
    """Those that there is something for, filled; numbers have four digits."""
    rows = {
        "validation_targets": _targets(found),
        "validation_weekly": _weekly(found),
        "validation_facts": [list(cells(fact)) for fact in found.facts],
    }
    some = {name: [[found.ensemble, *row] for row in filled] for name, filled in rows.items() if filled}
    both = {**some, **(_ahead(found.ahead) if found.ahead else {})}
    return {name: form.shortened(DIGITS) for name, form in fill(FORMS, both).items()}


def _ahead(ahead: LookedAhead) -> dict[str, list[list[Any]]]:
    return {
        "validation_forecasts": [_forecast(each) for each in ahead.forecasts],
        "validation_contests": [_contest(each) for each in ahead.contests],
        "validation_structures": [
            [s.rival, s.side, s.asked.name, s.asked.of, s.log_score, s.error, s.effective] for s in ahead.sides
        ],
        "validation_needed": [list(cells(each)) for each in ahead.needed],
        "validation_shape": [_shape(each) for each in ahead.shapes],
    }


def _forecast(found: Forecast) -> list[Any]:
    window = found.asked.windows[0]
    days = [str(day) for day in (window.first, window.last, found.asked.origin)]
    words = [found.asked.name, found.asked.of, *days, found.counting, found.model]
    scores = [found.log_score, found.error, found.crps, found.below, found.effective]
    return [*words, found.reported, *found.ends, *scores]


def _contest(found: Contest) -> list[Any]:
    of, counting, against, *numbers = cells(found)
    return [of, counting, against, int(against == NAMED), *numbers, found.verdict]


def _shape(found: Shape) -> list[Any]:
    words = [np.nan if value is None else value for value in cells(found.words)][:-1]
    inside = np.nan if found.inside is None else int(found.inside)
    return [*words, found.structure, *found.prior, *found.weighted, found.below, inside, found.runs]


def _targets(validation: Validation) -> list[list[Any]]:
    rows = []
    for check in validation.checked:
        t = check.target
        words = [
            t.name,
            t.measure,
            " + ".join(t.per or ()),
            str(t.first),
            str(t.last),
            t.source,
            int(t.fit),
            t.reported,
        ]
        ends = [float(q) for q in check.quantiles]
        rows.append([*words, *ends, check.p_below, check.p_agree, *map(int, check.inside), check.undefined])
    return rows


def _weekly(validation: Validation) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for measure in COUNTED:
        series = validation.predicted.series[measure]
        ends, sums = weekly(series, series.shape[1])
        for day, column in zip(ends, sums.T, strict=True):
            rows.append([measure, int(day), *quantiles_of(column, QUANTILES, validation.predicted.weights).tolist()])
    return rows
