"""What a calibration writes: the ensemble, small tables, and the manifest. The first column says which setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments import store
from experiments.calibration.posterior import quantiles
from experiments.calibration.recovery import LEVELS, Found, holm, rank_test
from experiments.calibration.study import Calibration
from experiments.columns import Field
from experiments.ensemble import write_ensemble, write_with_command
from sim.parameter_schema import Section
from sim.parameters import Parameters

QUANTILES = [0.05, 0.5, 0.95]
ALL = "all"


class CsvTable(NamedTuple):
    """A file to be: its columns, its rows."""

    columns: tuple[str, ...]
    rows: list[list[Any]]


def tables(calibration: Calibration) -> dict[str, CsvTable]:
    """File name → table, all but the ensemble."""
    return {
        "calibration_parameters.csv": _parameters(calibration),
        "calibration_correlations.csv": _correlations(calibration),
        "calibration_targets.csv": _targets(calibration),
        "calibration_generations.csv": _generations(calibration),
        "calibration_recovery.csv": _recovery(calibration),
    }


def write(calibration: Calibration, folder: Path, manifest: dict[str, Any], made_by: str = "") -> list[str]:
    """Write tables, ensemble and the manifest of the ensemble into a folder; their names.

    `made_by` is the command for the first line of a reference table.
    """
    made = tables(calibration)
    for name, table in made.items():
        fields = [Field(column, "", "") for column in ("setting", *table.columns)]
        rows = ([calibration.setting.name, *row] for row in table.rows)
        write_with_command(folder / name, fields, rows, made_by)
    ensemble = ensemble_name(calibration)
    points = [
        {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in point.items()}
        for point in calibration.priors.from_unit(calibration.whole)
    ]
    weights = [float(f"{weight:.6g}") for weight in calibration.posterior.weights]
    write_ensemble(folder / f"{ensemble}.csv", weights, points, made_by)
    store.write_json(folder / f"{ensemble}.json", manifest)
    return [f"{ensemble}.csv", f"{ensemble}.json", *made]


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
        "failed_runs_from_the_prior": calibration.failed,
        "times": calibration.times,
    }


# --- parameters ----------------------------------------------------------------------------------------
def unit_of(key: str) -> str:
    """The unit of a parameter."""
    section, name = key.split(".")
    model: type[Section] = Parameters.model_fields[section].annotation  # type: ignore[assignment]
    extra: Any = model.model_fields[name].json_schema_extra
    return str(extra["unit"])


def _parameters(calibration: Calibration) -> CsvTable:
    ends = [f"{when}_{q}" for when in ("prior", "posterior") for q in ("q05", "q50", "q95")]
    columns = ("parameter", "unit", "calibrated", *ends, "contraction", "chance_floor", "shift_sd")
    floor = calibration.identified.floor
    rows = [
        [p.key, unit_of(p.key), int(p.calibrated), *map(_short, (*p.prior, *p.posterior)), *_three(p, floor)]
        for p in calibration.identified.parameters
    ]
    return CsvTable(columns, rows)


def _three(learned: Any, floor: float) -> list[float]:
    return [round(learned.contraction, 3), round(floor, 3), round(float(learned.shift), 3)]


def _short(value: float) -> float:
    """Four digits."""
    return float(f"{value:.4g}")


def _correlations(calibration: Calibration) -> CsvTable:
    rows: list[list[Any]] = [[a, b, round(r, 3)] for a, b, r in calibration.identified.pairs]
    return CsvTable(("parameter", "other", "correlation"), rows)


# --- targets and generations ---------------------------------------------------------------------------
def _targets(calibration: Calibration) -> CsvTable:
    """Each fitted target: reported, and quantiles of single runs from the prior and of the accepted runs."""
    ends = [f"{when}_{q}" for when in ("prior", "accepted") for q in ("q05", "q50", "q95")]
    rows = []
    for k, target in enumerate(calibration.loaded.targets.fitted):
        before = calibration.prior_counts[:, k]
        after, weights = calibration.posterior_counts[:, k], calibration.posterior.weights
        values = [*np.nanquantile(before, QUANTILES), *quantiles(after, weights, QUANTILES)]
        rows.append([target.name, target.measure, target.source, target.reported, *map(_short, values)])
    return CsvTable(("target", "measure", "source", "reported", *ends), rows)


def _generations(calibration: Calibration) -> CsvTable:
    rows: list[list[Any]] = [
        [n, g.tolerance, g.runs, g.accepted, round(g.accepted / g.runs, 5), round(g.effective, 1)]
        for n, g in enumerate(calibration.posterior.generations)
    ]
    columns = ("generation", "tolerance", "runs", "accepted", "acceptance", "effective_draws")
    return CsvTable(columns, rows)


# --- recovery ------------------------------------------------------------------------------------------
def _recovery(calibration: Calibration) -> CsvTable:
    inside = tuple(f"coverage_{round(100 * level)}" for level in LEVELS)
    columns = ("method", "parameter", "sets", "rank_p", "rank_p_holm", "error_rms", "sd_mean", "crps_mean", *inside)
    return CsvTable((*columns, "runs_mean", "draws_mean"), list(_recovery_rows(calibration)))


def _recovery_rows(calibration: Calibration) -> Iterator[list[Any]]:
    keys = calibration.priors.calibrated.keys
    for method in dict.fromkeys(row.method for row in calibration.found):
        mine = [row for row in calibration.found if row.method == method]
        parts = {key: [row for row in mine if row.parameter == j] for j, key in enumerate(keys)}
        p_values = {key: rank_test(np.array([row.rank for row in rows])) for key, rows in parts.items()}
        corrected = holm(p_values)
        for key, rows in parts.items():
            yield [method, key, len(rows), round(p_values[key], 4), round(corrected[key], 4), *_worth(rows)]
        yield [method, ALL, len({row.number for row in mine}), None, min(corrected.values()), *_worth(mine)]


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
