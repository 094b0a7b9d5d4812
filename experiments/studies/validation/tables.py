"""What a validation writes: small tables, the first columns say which setting and which ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.files.columns import Field
from experiments.files.study_tables import CsvTable, fields
from experiments.studies.ensemble import write_with_command
from experiments.studies.validation.left_out import MODEL, totals
from experiments.studies.validation.predictive import QUANTILES, weekly

if TYPE_CHECKING:
    from experiments.studies.validation.study import Validation

_KEY = """
setting  | | full, or quick: a try-out whose numbers mean nothing
ensemble | | the ensemble of parameters that was run
"""
TARGETS = fields(
    _KEY
    + """
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
"""
)
WEEKLY = fields(
    _KEY
    + """
measure | | what is counted
day     | day | last day of the week, from 1
q05     | attack | attacks since the start: quantile of single runs
q25     | attack | quantile of single runs
q50     | attack | their median
q75     | attack | quantile of single runs
q95     | attack | quantile of single runs
"""
)
SCORES = fields(
    _KEY
    + """
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
"""
)
SUMMARY = fields(
    _KEY
    + """
measure                 | | what is counted
model                   | | as in validation_scores.csv
windows                 | 1 | windows left out in turn
log_score               | nat | mean over the windows
crps                    | attack | mean over the windows
log_score_minus_posture | nat | less that of Posture: above 0 the model does better than this one
crps_minus_posture      | attack | less that of Posture
"""
)
FACTS = fields(
    _KEY
    + """
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
"""
)
FILES: tuple[tuple[str, str, tuple[Field, ...]], ...] = (
    ("validation_targets.csv", "`posture validate`: runs beside reports. One row a target.", TARGETS),
    (
        "validation_weekly.csv",
        "`posture validate`: running totals. One row a kind of attack and week.",
        WEEKLY,
    ),
    (
        "validation_scores.csv",
        "`posture validate`: each window predicted from the others. One row a measure, window and model.",
        SCORES,
    ),
    ("validation_summary.csv", "`posture validate`: mean scores. One row a measure and model.", SUMMARY),
    ("validation_facts.csv", "`posture validate`: stylised facts. One row a fact and measure.", FACTS),
)
"""Every file of a validation for the data dictionary: name, words, columns."""
COUNTED = ("fire_attacks", "convoy_attacks", "detail_attacks")


def tables(validation: Validation) -> dict[str, CsvTable]:
    """Table name (its file without `.csv`) → table."""
    made = {
        "validation_targets": CsvTable(TARGETS, _targets(validation)),
        "validation_weekly": CsvTable(WEEKLY, _weekly(validation)),
    }
    if validation.scores:
        made["validation_scores"] = CsvTable(SCORES, _scores(validation))
        made["validation_summary"] = CsvTable(SUMMARY, _summary(validation))
    if validation.facts:
        made["validation_facts"] = CsvTable(FACTS, [list(vars(fact).values()) for fact in validation.facts])
    key = [validation.question.setting.name, validation.question.ensemble.name]
    return {
        name: CsvTable(table.fields, [[*key, *map(_short, row)] for row in table.rows]) for name, table in made.items()
    }


def write(validation: Validation, folder: Path, made_by: str = "") -> list[str]:
    """Write the tables; their names. `made_by` is the command for the first line of a reference table."""
    made = tables(validation)
    for name, table in made.items():
        write_with_command(folder / f"{name}.csv", table.fields, table.rows, made_by)
    return [f"{name}.csv" for name in made]


def about(validation: Validation) -> dict[str, Any]:
    """What the manifest says beside versions and scenario."""
    question = validation.question
    warning = "quick setting: a try-out, its numbers mean nothing" if question.setting.quick else ""
    return {
        "setting": question.setting.name,
        "warning": warning,
        "targets": question.loaded.targets.model_dump(mode="json", by_alias=True),
        "ensemble": question.ensemble.name,
        "priors": question.priors.name,
        "start": str(question.loaded.start),
        "runs": len(validation.predicted),
        "coverage": {str(level): list(counts) for level, counts in validation.coverage().items()},
    }


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _targets(validation: Validation) -> list[list[Any]]:
    rows = []
    for check in validation.checked:
        t = check.target
        words = [t.name, t.measure, t.per or "", str(t.first), str(t.last), t.source, int(t.fit), t.reported]
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


def _scores(validation: Validation) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for s in validation.scores:
        reached = validation.reached.get(s.window) if s.model == MODEL else None
        rows.append([s.measure, s.window, s.model, s.reported, s.low, s.median, s.high, s.log_score, s.crps, reached])
    return rows


def _summary(validation: Validation) -> list[list[Any]]:
    """Means over the windows, and the difference from the model's own; above 0 the model does better."""
    found = totals(validation.scores)
    rows: list[list[Any]] = []
    for (measure, model), (log_score, crps, windows) in found.items():
        own = found[(measure, MODEL)]
        rows.append([measure, model, windows, log_score, crps, log_score - own[0], crps - own[1]])
    return rows
