"""What a calibration writes: the ensemble, small tables, and the manifest. The first column says which setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.files import store
from experiments.files.columns import Field
from experiments.files.study_tables import CsvTable, fields
from experiments.studies.calibration.posterior import quantiles
from experiments.studies.calibration.recovery import BINS, DRAWS, Found, rank_test
from experiments.studies.ensemble import write_ensemble, write_with_command
from sim.parameter_schema import ParameterSection
from sim.parameters import Parameters
from sim.statistics import holm

if TYPE_CHECKING:
    import pandas as pd

    from experiments.studies.calibration.study import Calibration

QUANTILES = [0.05, 0.5, 0.95]
ALL = "all"

_SETTING = "setting | | full, or quick: a try-out whose numbers mean nothing"
PARAMETERS = fields(
    _SETTING
    + """
parameter     | | dotted key of the parameter
unit          | | unit of its quantiles in this row
calibrated    | 1 | 1: its prior was to be narrowed by the counts; 0: drawn anew from its prior in every run
prior_q05     | of the row | quantile of the prior; empty for words
prior_q50     | of the row | median of the prior
prior_q95     | of the row | quantile of the prior
posterior_q05 | of the row | weighted quantile of the draws
posterior_q50 | of the row | weighted median of the draws
posterior_q95 | of the row | weighted quantile of the draws
contraction   | 1 | 1 − posterior variance over prior variance, on the prior's quantiles: 0 nothing learned, 1 all
chance_floor  | 1 | in 95 of 100 cases in which nothing is learned, no parameter's contraction is above it
shift_sd      | 1 | shift of the mean, in standard deviations of the prior, on the prior's quantiles
"""
)
CORRELATIONS = fields(
    _SETTING
    + """
parameter   | | a calibrated parameter
other       | | another
correlation | 1 | their correlation among the weighted draws, on the priors' quantiles
"""
)
TARGETS = fields(
    _SETTING
    + """
target       | | name of the fitted target
measure      | | what is counted in its window
source       | | where the reported figure comes from
reported     | | the figure (a count, at least …, at most …)
prior_q05    | of the measure | quantile of single runs from the prior
prior_q50    | of the measure | their median
prior_q95    | of the measure | quantile of single runs from the prior
accepted_q05 | of the measure | weighted quantile of the accepted runs
accepted_q50 | of the measure | their weighted median
accepted_q95 | of the measure | weighted quantile of the accepted runs
"""
)
GENERATIONS = fields(
    _SETTING
    + """
generation      | 1 | number of the generation, from 0; the last one is the ensemble
tolerance       | 1 | largest discrepancy of a run that is accepted: about standard deviations of a report
runs            | 1 | runs spent
accepted        | 1 | runs accepted
acceptance      | 1 | accepted over runs
effective_draws | 1 | equally weighted draws that are worth as much: 1 / Σ weight²
"""
)
RECOVERY = fields(
    _SETTING
    + """
method      | | method of inference
parameter   | | dotted key; all: all calibrated parameters together
sets        | 1 | synthetic data sets whose parameters are known
rank_p      | 1 | probability of ranks of the truth at least as uneven, if the method is right (chi-square)
rank_p_holm | 1 | the same corrected for the number of parameters (Holm); of all: the smallest
error_rms   | 1 | root mean square of posterior mean − truth, as a share of the prior (unit interval)
sd_mean     | 1 | mean standard deviation of the posterior, same scale
crps_mean   | 1 | mean CRPS of the posterior at the truth, same scale; lower is better
coverage_50 | 1 | share of the truths inside the middle 50% of the posterior
coverage_80 | 1 | share inside the middle 80%
coverage_90 | 1 | share inside the middle 90%
runs_mean   | 1 | runs spent on a set (rejection and regression: one table of runs for all sets)
draws_mean  | 1 | effective draws of a set
"""
)
RANKS = fields(
    _SETTING
    + """
method    | | method of inference
parameter | | dotted key
ranks     | 1 | ranks that are possible, from 0
bin       | 1 | which part of them, from 0 (truth lowest among the draws)
bins      | 1 | number of parts, all equally wide
count     | 1 | synthetic sets whose rank lies in it
"""
)
ENSEMBLE = (
    Field("draw", "1", "number of the draw"),
    Field("weight", "1", "its weight; all sum to 1"),
    Field(
        "operations.base_rate_per_day …",
        "of the parameter",
        "a column for each uncertain parameter, named by its dotted key: its value (units: parameters.md), or a word",
    ),
)
FILES: tuple[tuple[str, str, tuple[Field, ...]], ...] = (
    ("calibration_parameters.csv", "`posture calibrate`: what was learned. One row a parameter.", PARAMETERS),
    (
        "calibration_correlations.csv",
        "`posture calibrate`: what trades off. One row a pair of calibrated parameters, the strongest first.",
        CORRELATIONS,
    ),
    ("calibration_targets.csv", "`posture calibrate`: the fit. One row a fitted target.", TARGETS),
    ("calibration_generations.csv", "`posture calibrate`: what it cost. One row a generation.", GENERATIONS),
    (
        "calibration_recovery.csv",
        "`posture calibrate`: the proof by simulation. One row a method and parameter.",
        RECOVERY,
    ),
    (
        "calibration_ranks.csv",
        "`posture calibrate`: the proof by simulation, ranks of the truth. One row a method, parameter and bin.",
        RANKS,
    ),
    (
        "ensemble_2020.csv",
        "`posture calibrate`: the ensemble (of a quick run `ensemble_2020_quick.csv`). One row a draw.",
        ENSEMBLE,
    ),
)
"""Every file of a calibration for the data dictionary: name, words, columns."""


def tables(calibration: Calibration) -> dict[str, CsvTable]:
    """Table name (its file without `.csv`) → table, all but the ensemble."""
    made = {
        "calibration_parameters": CsvTable(PARAMETERS, _parameters(calibration)),
        "calibration_correlations": CsvTable(CORRELATIONS, _correlations(calibration)),
        "calibration_targets": CsvTable(TARGETS, _targets(calibration)),
        "calibration_generations": CsvTable(GENERATIONS, _generations(calibration)),
        "calibration_recovery": CsvTable(RECOVERY, list(_recovery_rows(calibration))),
        "calibration_ranks": CsvTable(RANKS, list(_rank_rows(calibration))),
    }
    setting = calibration.setting.name
    return {name: CsvTable(table.fields, [[setting, *row] for row in table.rows]) for name, table in made.items()}


def write(calibration: Calibration, folder: Path, manifest: dict[str, Any], made_by: str = "") -> list[str]:
    """Write tables, ensemble and the manifest of the ensemble into a folder; their names.

    `made_by` is the command for the first line of a reference table.
    """
    made = tables(calibration)
    for name, table in made.items():
        write_with_command(folder / f"{name}.csv", table.fields, table.rows, made_by)
    ensemble = ensemble_name(calibration)
    write_ensemble(folder / f"{ensemble}.csv", *draws(calibration), made_by)
    store.write_json(folder / f"{ensemble}.json", manifest)
    return [f"{ensemble}.csv", f"{ensemble}.json", *(f"{name}.csv" for name in made)]


def draws(calibration: Calibration) -> tuple[list[float], list[dict[str, Any]]]:
    """Weights and points of the ensemble, with six digits."""
    points = [
        {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in point.items()}
        for point in calibration.priors.from_unit(calibration.whole)
    ]
    return [float(f"{weight:.6g}") for weight in calibration.posterior.weights], points


def frames(calibration: Calibration) -> dict[str, pd.DataFrame]:
    """The tables as a report reads them, with the draws as `ensemble`."""
    import pandas as pd

    weights, points = draws(calibration)
    made = {name: table.frame() for name, table in tables(calibration).items()}
    return made | {"ensemble": pd.DataFrame(points).assign(weight=weights)}


def ensemble_name(calibration: Calibration) -> str:
    """`ensemble_2020`; a quick one says so, and no study takes it by itself."""
    return f"ensemble_{calibration.loaded.targets.name}{'_quick' if calibration.setting.quick else ''}"


def about(calibration: Calibration) -> dict[str, Any]:
    """What the manifest says of the calibration beside versions and scenario."""
    posterior = calibration.posterior
    return {
        "setting": calibration.setting.name,
        "warning": "quick setting: a try-out, its numbers mean nothing" if calibration.setting.quick else "",
        "targets": calibration.loaded.targets.model_dump(mode="json", by_alias=True),
        "priors": calibration.priors.name,
        "tolerances": list(calibration.setting.tolerances),
        "draws": len(posterior.unit),
        "effective_draws": round(posterior.effective_size, 1),
        "runs_from_the_prior": len(calibration.prior_counts),
        "failed_runs_from_the_prior": calibration.failed,
        "times": calibration.times,
    }


# --- parameters ----------------------------------------------------------------------------------------
def unit_of(key: str) -> str:
    """The unit of a parameter."""
    section, name = key.split(".")
    model: type[ParameterSection] = Parameters.model_fields[section].annotation  # type: ignore[assignment]
    extra: Any = model.model_fields[name].json_schema_extra
    return str(extra["unit"])


def _parameters(calibration: Calibration) -> list[list[Any]]:
    floor = calibration.identified.floor
    return [
        [p.key, unit_of(p.key), int(p.calibrated), *map(_short, (*p.prior, *p.posterior)), *_three(p, floor)]
        for p in calibration.identified.parameters
    ]


def _three(learned: Any, floor: float) -> list[float]:
    return [round(learned.contraction, 3), round(floor, 3), round(float(learned.shift), 3)]


def _short(value: float) -> float:
    """Four digits."""
    return float(f"{value:.4g}")


def _correlations(calibration: Calibration) -> list[list[Any]]:
    return [[a, b, round(r, 3)] for a, b, r in calibration.identified.pairs]


# --- targets and generations ---------------------------------------------------------------------------
def _targets(calibration: Calibration) -> list[list[Any]]:
    """Each fitted target: reported, and quantiles of single runs from the prior and of the accepted runs."""
    rows = []
    for k, target in enumerate(calibration.loaded.targets.fitted):
        before = calibration.prior_counts[:, k]
        after, weights = calibration.posterior_counts[:, k], calibration.posterior.weights
        values = [*np.nanquantile(before, QUANTILES), *quantiles(after, weights, QUANTILES)]
        rows.append([target.name, target.measure, target.source, target.reported, *map(_short, values)])
    return rows


def _generations(calibration: Calibration) -> list[list[Any]]:
    return [
        [n, g.tolerance, g.runs, g.accepted, round(g.accepted / g.runs, 5), round(g.effective, 1)]
        for n, g in enumerate(calibration.posterior.generations)
    ]


# --- recovery ------------------------------------------------------------------------------------------
def _by_parameter(calibration: Calibration) -> Iterator[tuple[str, dict[str, list[Found]]]]:
    """Each method, with what it found of each calibrated parameter."""
    keys = calibration.priors.calibrated.keys
    for method in dict.fromkeys(row.method for row in calibration.found):
        mine = [row for row in calibration.found if row.method == method]
        yield method, {key: [row for row in mine if row.parameter == j] for j, key in enumerate(keys)}


def _recovery_rows(calibration: Calibration) -> Iterator[list[Any]]:
    for method, parts in _by_parameter(calibration):
        p_values = {key: rank_test(np.array([row.rank for row in rows])) for key, rows in parts.items()}
        corrected = holm(p_values)
        for key, rows in parts.items():
            yield [method, key, len(rows), round(p_values[key], 4), round(corrected[key], 4), *_worth(rows)]
        together = [row for row in calibration.found if row.method == method]
        sets = len({row.number for row in together})
        yield [method, ALL, sets, None, min(corrected.values()), *_worth(together)]


def _worth(rows: Sequence[Found]) -> list[float]:
    """Error, width, score, coverage, cost."""
    errors = np.array([row.mean - row.truth for row in rows])
    values = [
        np.sqrt(np.mean(errors**2)),
        np.mean([row.sd for row in rows]),
        np.mean([row.crps for row in rows]),
        *np.mean([row.inside for row in rows], axis=0),
        np.mean([row.runs for row in rows]),
        np.mean([row.draws for row in rows]),
    ]
    return [round(float(value), 4) for value in values]


def _rank_rows(calibration: Calibration) -> Iterator[list[Any]]:
    for method, parts in _by_parameter(calibration):
        for key, rows in parts.items():
            counts = np.bincount([row.rank * BINS // (DRAWS + 1) for row in rows], minlength=BINS)
            yield from ([method, key, DRAWS + 1, n, BINS, int(count)] for n, count in enumerate(counts))
