"""The tables of the calibration, and the ensemble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from experiments.studies.calibration.inference import Calibration
from experiments.studies.calibration.posterior import quantiles
from experiments.studies.calibration.recovery import BINS, DRAWS, Found, rank_counts, rank_test
from experiments.studies.ensemble import ensemble_table
from experiments.studies.forms import FilledForm, forms
from experiments.studies.priors import field_of
from sim.statistics import holm

QUANTILES = [0.05, 0.5, 0.95]
ALL = "all"
DIGITS = 6
"""Of the numbers of an ensemble."""

FORMS = forms(
    """
calibration_parameters: what was learned. One row a parameter.
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

calibration_correlations: what trades off. One row a pair of calibrated parameters, the strongest first.
parameter   | | a calibrated parameter
other       | | another
correlation | 1 | their correlation among the weighted draws, on the priors' quantiles

calibration_targets: the fit. One row a fitted target.
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

calibration_generations: what it cost. One row a generation.
generation      | 1 | number of the generation, from 0; the last one is the ensemble
tolerance       | 1 | largest discrepancy of a run that is accepted: about standard deviations of a report
runs            | 1 | runs spent
accepted        | 1 | runs accepted
acceptance      | 1 | accepted over runs
effective_draws | 1 | equally weighted draws that are worth as much: 1 / Σ weight²

calibration_recovery: the proof by simulation. One row a method and parameter.
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

calibration_ranks: the proof by simulation, ranks of the truth. One row a method, parameter and bin.
method    | | method of inference
parameter | | dotted key
ranks     | 1 | ranks that are possible, from 0
bin       | 1 | which part of them, from 0 (truth lowest among the draws)
bins      | 1 | number of parts, all equally wide
count     | 1 | synthetic sets whose rank lies in it
""",
)


def tables(found: Calibration) -> dict[str, FilledForm]:
    """All of them, filled, the ensemble first."""
    rows = (_parameters, _correlations, _targets, _generations, _recovery_rows, _rank_rows)
    made = {name: form.filled(fill(found)) for (name, form), fill in zip(FORMS.items(), rows, strict=True)}
    return {ensemble_name(found): _ensemble(found), **made}


def _ensemble(found: Calibration) -> FilledForm:
    """Weighted draws."""
    return ensemble_table(found.posterior.weights.tolist(), found.priors.from_unit(found.whole)).shortened(DIGITS)


def ensemble_name(found: Calibration) -> str:
    """`ensemble_2020`; a quick one says so, and no study takes it by itself."""
    return f"ensemble_{found.loaded.targets.name}{'_quick' if found.quick else ''}"


# --- parameters ----------------------------------------------------------------------------------------
def _parameters(calibration: Calibration) -> Iterator[list[Any]]:
    floor = calibration.identified.floor
    for p in calibration.identified.parameters:
        unit, both = field_of(p.key).json_schema_extra["unit"], map(_short, (*p.prior, *p.posterior))
        rest = (round(float(value), 3) for value in (p.contraction, floor, p.shift))
        yield [p.key, unit, int(p.calibrated), *both, *rest]


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
        p_values = {key: rank_test([row.rank for row in rows]) for key, rows in parts.items()}
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
            counts = rank_counts([row.rank for row in rows])
            yield from ([method, key, DRAWS + 1, n, BINS, int(count)] for n, count in enumerate(counts))
