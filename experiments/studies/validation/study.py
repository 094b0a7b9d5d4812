"""The validation as the frame takes it."""

from __future__ import annotations

from functools import partial
from typing import Any

from experiments.studies.ensemble import sample_of, short_name
from experiments.studies.priors import load_priors
from experiments.studies.settings import ValidationSizes
from experiments.studies.study import Lines, Row, Said, Study, StudyRequest, check_extra
from experiments.studies.targets import load_targets
from experiments.studies.validation.checks import Validation, validate
from experiments.studies.validation.left_out import MODEL, SEEN, totals
from experiments.studies.validation.tables import FORMS, tables


def prepare(request: StudyRequest[ValidationSizes]) -> partial[Validation]:
    """The validation of an ensemble on targets."""
    check_extra("scoringrules")
    loaded, priors = load_targets(request.targets), load_priors(request.priors)
    points = sample_of(request.ensemble, request.sizes.runs, request.seed)
    return partial(validate, loaded, short_name(request.ensemble), points, priors, request.sizes)


def lines(found: Validation) -> Said:
    """Targets, scores and facts."""
    rows: list[Row] = [
        (check.target.name, check.target.reported, *(float(check.quantiles[n]) for n in (2, 0, 4)), check.p_agree)
        for check in found.checked
    ]
    title = f"Targets, {len(found.predicted)} runs, ensemble {found.ensemble}"
    yield Lines(title, ("target", "reported", "median", "5%", "95%", "agree"), rows)
    for level, (inside, of) in found.coverage().items():
        yield f"{inside} of {of} targets lie in the middle {100 * level:.0f}% of the runs."
    if found.scores:
        yield from _score_lines(found)


def _score_lines(found: Validation) -> Said:
    """Scores of model and null models; plainly, where a null model does as well."""
    scores = totals(found.scores)
    rows = [(model, measure, *values[:2]) for (measure, model), values in scores.items()]
    columns = ("model", "measure", "log score", "CRPS")
    yield Lines("Each window predicted from the others; lower is better", columns, rows, numbers_from=2)
    for (measure, model), values in scores.items():
        pairs = zip(("log score", "CRPS"), values, scores[measure, MODEL], strict=False)
        better = [name for name, other, own in pairs if other <= own]
        if model not in (MODEL, SEEN) and better:
            yield f"{measure}: {model} does as well as the model, or better, by {' and '.join(better)}."


def about(found: Validation) -> dict[str, Any]:
    """What the manifest says beside sizes and stages."""
    return {
        "targets": found.loaded.targets.model_dump(mode="json", by_alias=True),
        "ensemble": found.ensemble,
        "start": str(found.loaded.start),
        "runs": len(found.predicted),
        "coverage": {str(level): list(counts) for level, counts in found.coverage().items()},
    }


STUDY = Study(
    "validation",
    ValidationSizes,
    prepare,
    FORMS,
    tables,
    lines,
    about,
)
