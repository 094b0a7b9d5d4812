"""The tables of the validation; the first column says which ensemble was run."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.studies.forms import FilledForm, cells, fill, forms
from experiments.studies.validation.checks import Validation
from experiments.studies.validation.left_out import MODEL, totals
from experiments.studies.validation.predictive import QUANTILES, weekly

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
q05                | of the measure | quantile of single runs
q25                | of the measure | quantile of single runs
q50                | of the measure | their median
q75                | of the measure | quantile of single runs
q95                | of the measure | quantile of single runs
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

validation_scores: each window predicted from the others. One row a measure, window and model.
measure   | | what is counted
window    | | the target whose window was left out
model     | | Posture (not shown the window), Posture, whole ensemble (shown it), or a null model (not shown it)
reported  | attack | the reported count
q05       | attack | quantile of the prediction
q50       | attack | its median
q95       | attack | quantile of the prediction
log_score | nat | −log of the predicted density at the report; lower is better
crps      | attack | continuous ranked probability score; lower is better
reached   | 1 | discrepancy of the farthest run that predicts (Posture only)

validation_summary: mean scores. One row a measure and model.
measure                 | | what is counted
model                   | | as in validation_scores.csv
windows                 | 1 | windows left out in turn
log_score               | nat | mean over the windows
crps                    | attack | mean over the windows
log_score_minus_posture | nat | less that of Posture: above 0 the model does better than this one
crps_minus_posture      | attack | less that of Posture

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
)
COUNTED = ("fire_attacks", "convoy_attacks", "detail_attacks")
DIGITS = 4


def tables(found: Validation) -> dict[str, FilledForm]:
    """Those that there is something for, filled; numbers have four digits."""
    rows = {
        "validation_targets": _targets(found),
        "validation_weekly": _weekly(found),
        "validation_scores": [list(cells(score)) for score in found.scores],
        "validation_summary": _summary(found),
        "validation_facts": [list(cells(fact)) for fact in found.facts],
    }
    some = {name: [[found.ensemble, *row] for row in filled] for name, filled in rows.items() if filled}
    return {name: form.shortened(DIGITS) for name, form in fill(FORMS, some).items()}


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
            rows.append([measure, int(day), *(float(q) for q in np.quantile(column, QUANTILES))])
    return rows


def _summary(validation: Validation) -> list[list[Any]]:
    """Means over the windows, and the difference from the model's own; above 0 the model does better."""
    found = totals(validation.scores)
    rows: list[list[Any]] = []
    for (measure, model), (log_score, crps, windows) in found.items():
        own = found[(measure, MODEL)]
        rows.append([measure, model, windows, log_score, crps, log_score - own[0], crps - own[1]])
    return rows
