"""What a validation writes: small tables, the first column says which setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.calibration.outputs import CsvTable
from experiments.columns import Field
from experiments.ensemble import write_with_command
from experiments.validation.left_out import MODEL, totals
from experiments.validation.predictive import LEVELS, QUANTILES, weekly
from experiments.validation.study import Validation

_Q = tuple(f"q{round(100 * q):02d}" for q in QUANTILES)
WEEKLY = ("fire_attacks", "convoy_attacks", "detail_attacks")


def tables(validation: Validation) -> dict[str, CsvTable]:
    """File name → table."""
    made = {"validation_targets.csv": _targets(validation), "validation_weekly.csv": _weekly(validation)}
    if validation.scores:
        made |= {"validation_scores.csv": _scores(validation), "validation_summary.csv": _summary(validation)}
    if validation.facts:
        made["validation_facts.csv"] = _facts(validation)
    return made


def write(validation: Validation, folder: Path, made_by: str = "") -> list[str]:
    """Write the tables; their names. `made_by` is the command for the first line of a reference table."""
    made = tables(validation)
    for name, table in made.items():
        fields = [Field(column, "", "") for column in ("setting", "ensemble", *table.columns)]
        key = [validation.question.setting.name, validation.question.ensemble.name]
        write_with_command(folder / name, fields, ([*key, *map(_short, row)] for row in table.rows), made_by)
    return list(made)


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
        "runs": len(validation.predicted),
        "coverage": {str(level): list(counts) for level, counts in validation.coverage().items()},
    }


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _targets(validation: Validation) -> CsvTable:
    columns = ("target", "measure", "per", "from", "until", "source", "fitted", "reported", *_Q, "p_below", "p_agree")
    inside = tuple(f"inside_{round(100 * level)}" for level in LEVELS)
    rows = []
    for check in validation.checked:
        t = check.target
        words = [t.name, t.measure, t.per or "", t.first, t.last, t.source, int(t.fit), t.reported]
        ends = [float(q) for q in check.quantiles]
        rows.append([*words, *ends, check.p_below, check.p_agree, *map(int, check.inside), check.undefined])
    return CsvTable((*columns, *inside, "runs_without_value"), rows)


def _weekly(validation: Validation) -> CsvTable:
    import numpy as np

    rows: list[list[Any]] = []
    for measure in WEEKLY:
        series = validation.predicted.series[measure]
        ends, totals_ = weekly(series, series.shape[1])
        for day, column in zip(ends, totals_.T, strict=True):
            rows.append([measure, int(day), *(float(q) for q in np.quantile(column, QUANTILES))])
    return CsvTable(("measure", "day", *_Q), rows)


def _scores(validation: Validation) -> CsvTable:
    columns = ("measure", "window", "model", "reported", "q05", "q50", "q95", "log_score", "crps", "reached")
    rows: list[list[Any]] = []
    for s in validation.scores:
        reached = validation.reached.get(s.window) if s.model == MODEL else None
        rows.append([s.measure, s.window, s.model, s.reported, s.low, s.median, s.high, s.log_score, s.crps, reached])
    return CsvTable(columns, rows)


def _summary(validation: Validation) -> CsvTable:
    """Means over the windows, and the difference from the model's own; above 0 the model does better."""
    found = totals(validation.scores)
    rows: list[list[Any]] = []
    for (measure, model), (log_score, crps, windows) in found.items():
        own = found[(measure, MODEL)]
        rows.append([measure, model, windows, log_score, crps, log_score - own[0], crps - own[1]])
    return CsvTable(
        ("measure", "model", "windows", "log_score", "crps", "log_score_minus_posture", "crps_minus_posture"), rows
    )


def _facts(validation: Validation) -> CsvTable:
    columns = ("fact", "source", "rests_on", "measure", "unit", "known", "q50", "q05", "q95", "p_agree", "runs")
    rows: list[list[Any]] = [list(vars(fact).values()) for fact in validation.facts]
    return CsvTable(columns, rows)
