"""The calibration as the frame takes it."""

from __future__ import annotations

from functools import partial
from typing import Any

from experiments.studies.calibration.discrepancy import TIGHTEST
from experiments.studies.calibration.inference import Calibration, calibrate
from experiments.studies.calibration.tables import FORMS, tables
from experiments.studies.priors import load_priors
from experiments.studies.settings import CalibrationSizes
from experiments.studies.study import Lines, Row, Said, Study, StudyRequest, check_extra
from experiments.studies.targets import load_targets
from sim.errors import ConfigError


def prepare(request: StudyRequest[CalibrationSizes]) -> partial[Calibration]:
    """The calibration of the priors that are to be calibrated on the targets that are to be fitted."""
    check_extra("pyabc", "sklearn", "scoringrules")
    loaded, priors, last = load_targets(request.targets), load_priors(request.priors), request.sizes.tolerances[-1]
    if not priors.calibrated.priors:
        raise ConfigError(None, "--priors", request.priors, "expected one prior or more with calibrated = true")
    if not loaded.targets.fitted:
        raise ConfigError(loaded.file, "targets", "none with fit = true", "expected one target or more to fit")
    if last < TIGHTEST:
        raise ConfigError(None, "tolerances", last, f"expected {TIGHTEST} or more (E4)")
    return partial(calibrate, loaded, priors, request.sizes)


def lines(found: Calibration) -> Said:
    """The main findings."""
    posterior, identified = found.posterior, found.identified
    rows: list[Row] = [
        (p.key, *(f"{ends[0]:.3g} to {ends[2]:.3g}" for ends in (p.prior, p.posterior)), p.contraction)
        for p in identified.parameters
        if p.calibrated
    ]
    columns = ("parameter", "prior 5% to 95%", "posterior 5% to 95%", "contraction")
    yield Lines(f"{len(posterior.unit)} draws, worth {posterior.effective_size:.0f}", columns, rows)
    yield f"A contraction below {identified.floor:.2f} may be chance. 0: nothing learned, 1: everything."


def about(found: Calibration) -> dict[str, Any]:
    """What the manifest says beside sizes and stages."""
    return {
        "targets": found.loaded.targets.model_dump(mode="json", by_alias=True),
        "priors": found.priors.name,
        "draws": len(found.posterior.unit),
        "effective_draws": round(found.posterior.effective_size, 1),
        "runs_from_the_prior": len(found.prior_counts),
        "failed_runs_from_the_prior": found.failed,
    }


STUDY = Study(
    "calibration",
    CalibrationSizes,
    prepare,
    FORMS,
    tables,
    lines,
    about,
)
