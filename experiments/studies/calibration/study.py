"""The calibration as the frame takes it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from experiments.studies.calibration.inference import Calibration, calibrate
from experiments.studies.calibration.learned import Learned, learned
from experiments.studies.calibration.onward import STAGE as ONWARD
from experiments.studies.calibration.tables import FORMS, tables
from experiments.studies.prior_runs.making import table_files, table_runs
from experiments.studies.priors import load_priors
from experiments.studies.settings import CalibrationSizes
from experiments.studies.study import Lines, Row, Said, Study, StudyRequest
from experiments.studies.targets import load_targets
from sim.errors import ConfigError


def prepare(request: StudyRequest[CalibrationSizes]) -> partial[Calibration]:
    """The calibration of the priors on the targets that are to be fitted."""
    loaded, priors = load_targets(request.targets), load_priors(request.priors)
    if not loaded.targets.fitted:
        raise ConfigError(loaded.file, "targets", "none with fit = true", "there must be one target or more to fit")
    return partial(calibrate, loaded, priors, request.sizes, request.prior_runs)


def counted(request: StudyRequest[CalibrationSizes]) -> dict[str, int]:
    """The table, unless there is one, and the nearest draws once more."""
    return {**table_runs(request.prior_runs, request.sizes.draws), ONWARD: request.sizes.nearest}


def lines(found: Calibration) -> Said:
    """The main findings."""
    yield f"What was reported is {found.inside.words}."
    yield _parameters(found)
    mine = found.contraction
    yield f"Contraction above {mine.floor_of_largest:.2f} is more than chance makes of the largest. 1: all is learned."
    yield _rivals(found)
    unknown = [each.name for each in found.rivals if each.verdict.startswith("the data can't tell")]
    if unknown:
        yield f"The data can't tell of {', '.join(unknown)}: the ensemble carries both, with the weights above."


def _parameters(found: Calibration) -> Lines:
    """Those of which more was learned than by chance, the most first."""
    mine, draws = found.contraction, found.draws
    parameters = learned(found.priors, found.runs.unit, draws)
    order = sorted((k for k, known in enumerate(mine.learned) if known), key=lambda k: -mine.contraction[k])
    rows: list[Row] = [(parameters[k].key, *_ends(found, parameters[k]), float(mine.contraction[k])) for k in order]
    columns = ("parameter", "prior 5% to 95%", "posterior 5% to 95%", "contraction")
    of = f"{len(rows)} of {len(parameters)} parameters learned"
    title = f"{len(draws.unit)} draws, worth {draws.effective_size:.0f}: {of}"
    return Lines(title, columns, rows)


def _ends(found: Calibration, p: Learned) -> tuple[str, str]:
    """5% to 95% of prior and posterior; of a switch the weight of each word."""
    (prior,) = found.priors.only([p.key]).priors
    if prior.values is None:
        before, after = (f"{ends[0]:.3g} to {ends[2]:.3g}" for ends in (p.prior, p.posterior))
        return before, after
    said = np.array([state[p.key] for state in found.states])
    return "any", ", ".join(f"{word} {found.draws.weights[said == word].sum():.2f}" for word in prior.values)


def _rivals(found: Calibration) -> Lines:
    rows: list[Row] = [
        (w.name, *(f"{s.p:.2f} [{s.low:.2f}, {s.high:.2f}]" for s in (w.inclusion, w.guess.share)), w.verdict)
        for w in found.rivals
    ]
    columns = ("rival", "weight of being in", "by the forest", "what may be said")
    return Lines("Rival structures, each with chance one half before", columns, rows, numbers_from=4)


def about(found: Calibration) -> dict[str, Any]:
    """What the manifest says beside sizes and stages."""
    draws = found.draws
    return {
        "targets": found.loaded.targets.model_dump(mode="json", by_alias=True),
        "priors": found.priors.name,
        "runs_from_the_prior": len(found.runs),
        "draws": len(draws.unit),
        "effective_draws": round(draws.effective_size, 1),
        "inside": {
            "words": found.inside.words,
            "p": round(found.inside.p, 4),
            "mahalanobis": round(found.inside.mahalanobis, 4),
            "neighbours": round(found.inside.neighbours, 4),
        },
        "left_out": {"accepted states run on": found.onward.failed},
    }


STUDY = Study(
    "calibration",
    CalibrationSizes,
    prepare,
    FORMS,
    tables,
    lines,
    about,
    counted,
    also=lambda request: table_files(request.prior_runs),
)
