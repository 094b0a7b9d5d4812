"""The validation as the frame takes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from experiments.studies.ensemble import sample_of, short_name
from experiments.studies.prior_runs.making import table_files, table_runs
from experiments.studies.priors import load_priors
from experiments.studies.settings import ValidationSizes
from experiments.studies.study import Lines, Row, Said, Study, StudyRequest
from experiments.studies.targets import load_targets
from experiments.studies.validation.checks import DRAWDOWN, ENSEMBLE, FOURTEEN, Asked, LookedAhead, Validation, validate
from experiments.studies.validation.contests import in_words, needed_in_words
from experiments.studies.validation.counting import WIDE
from experiments.studies.validation.forecasts import ENOUGH, MODEL
from experiments.studies.validation.nulls import NAMED
from experiments.studies.validation.predictive import QUANTILES, Checked
from experiments.studies.validation.record import record_of
from experiments.studies.validation.shape import ALL
from experiments.studies.validation.tables import FORMS, tables
from experiments.studies.weights import weighed
from sim.numbers import number


def prepare(request: StudyRequest[ValidationSizes]) -> partial[Validation]:
    """The validation of an ensemble on targets."""
    loaded, priors = load_targets(request.targets), load_priors(request.priors)
    states = weighed(sample_of(request.ensemble, request.sizes.runs, request.seed), request.weights)
    name = short_name(request.ensemble)
    asked = Asked(loaded, name, states, request.weights, priors, request.sizes, request.prior_runs)
    return partial(validate, asked)


def counted(request: StudyRequest[ValidationSizes]) -> dict[str, int]:
    """The ensemble, once more with fourteen sites where a drawdown is told of, and the table unless there is one."""
    loaded, n = load_targets(request.targets), len(sample_of(request.ensemble, request.sizes.runs, request.seed))
    runs = {ENSEMBLE: n, **({FOURTEEN: n} if loaded.scenario.name == DRAWDOWN else {})}
    table = record_of(loaded.targets.name) is not None
    return {**runs, **(table_runs(request.prior_runs, request.sizes.prior_runs) if table else {})}


def _also(request: StudyRequest[ValidationSizes]) -> tuple[str, ...]:
    return table_files(request.prior_runs) if record_of(load_targets(request.targets).targets.name) else ()


# --- on the screen -------------------------------------------------------------------------------------
def lines(found: Validation) -> Said:
    """A line for each target, how many lie inside, then forecasts, who wins, and the shape of the year."""
    if found.weighed:
        yield found.weighed
    rows: list[Row] = [_target_row(check) for check in found.checked]
    title = f"Targets, {len(found.predicted)} runs, ensemble {found.ensemble}; ranges of what would be reported"
    columns = ("target", "reported", "median", "50%", "", "90%", "", "fitted")
    yield Lines(title, columns, rows, numbers_from=2)
    for level, (inside, of) in found.coverage().items():
        free, n = found.coverage(fitted=False)[level]
        words = f"{inside} of {of} targets lie in the middle {100 * level:.0f}% of the runs"
        yield f"{words}; of the {n} that no fit was shown, {free}."
    if found.ahead:
        yield from _ahead(found.ahead)


def _target_row(check: Checked) -> Row:
    q05, q25, median, q75, q95 = (number(float(q)) for q in check.quantiles)
    half, wide = ("in" if inside else "OUT" for inside in check.inside)
    fitted = "fitted" if check.target.fit else ""
    return check.target.name, check.target.reported, median, f"{q25} to {q75}", half, f"{q05} to {q95}", wide, fitted


def _ahead(ahead: LookedAhead) -> Said:
    rows: list[Row] = [
        (f.asked.name, f.reported, f.model, f.ends[2], f.ends[0], f.ends[4], f.log_score, f.crps)
        for f in ahead.forecasts
        if f.counting == WIDE.name and f.model in (MODEL, NAMED)
    ]
    columns = ("forecast", "reported", "by", "median", "5%", "95%", "log score", "CRPS")
    title = f"Forecast from what was reported before; {ahead.draws} runs of the prior; lower scores are better"
    yield Lines(title, columns, rows, numbers_from=3)
    yield f"The null model to beat, named beforehand: {NAMED}."
    yield from in_words(ahead.contests)
    yield from needed_in_words(ahead.needed, ahead.contests)
    fewest = min(f.effective for f in ahead.forecasts if f.model == MODEL and f.counting == WIDE.name)
    few = ": too few, its scores are of a handful of runs" if fewest < ENOUGH else ""
    yield f"Fewest effective runs behind a forecast of the model: {fewest:.0f}{few}."
    yield "Dated inputs, handovers and deliveries are given, also after the origin; structures chosen in hindsight."
    yield from _shape_lines(ahead)


def _shape_lines(ahead: LookedAhead) -> Iterator[Lines]:
    rows: list[Row] = []
    for shape in ahead.shapes:
        if shape.structure == ALL:
            words = shape.words
            reported = "" if words.reported is None else number(words.reported)
            low, median, high = (number(end) for end in shape.weighted)
            where = {None: "", True: "in", False: "OUT"}[shape.inside]
            rows.append((f"{words.fact}, {words.window}", reported, median, f"{low} to {high}", where, words.rests_on))
    columns = ("shape of the year", "reported", "median", "90%", "", "rests on")
    yield Lines("The shape of the year, runs weighted by the totals of all quarters", columns, rows)


# --- for others ----------------------------------------------------------------------------------------
def as_json(found: Validation) -> dict[str, Any]:
    """Targets one by one, and how many lie inside: of all, of those fitted, of those that were not."""
    which = {"all": None, "fitted": True, "not_fitted": False}
    return {
        "ensemble": found.ensemble,
        "runs": len(found.predicted),
        "targets": [_target_json(check) for check in found.checked],
        "coverage": {name: _coverage_json(found, fitted) for name, fitted in which.items()},
        "forecasts": _contests_json(found.ahead) if found.ahead else [],
    }


def _target_json(check: Checked) -> dict[str, Any]:
    ends = {f"q{100 * q:02.0f}": _finite(float(value)) for q, value in zip(QUANTILES, check.quantiles, strict=True)}
    t, (half, wide) = check.target, check.inside
    days = {"from": str(t.first), "until": str(t.last)}
    words = {"target": t.name, "measure": t.measure, **days, "reported": t.reported, "fitted": t.fit}
    return {**words, **ends, "inside_50": half, "inside_90": wide, "p_below": _finite(check.p_below)}


def _coverage_json(found: Validation, fitted: bool | None) -> dict[str, Any]:
    counts = found.coverage(fitted=fitted).items()
    return {f"{100 * level:.0f}": {"inside": inside, "of": of} for level, (inside, of) in counts}


def _contests_json(ahead: LookedAhead) -> list[dict[str, Any]]:
    return [
        {
            "of": c.of,
            "against": c.against,
            "named": c.against == NAMED,
            "windows": c.windows,
            "log_score": c.log_model,
            "log_score_of_null": c.log_null,
            "difference": [_finite(end) for end in vars(c.log_difference).values()],
            "verdict": c.verdict,
        }
        for c in ahead.contests
        if c.counting == WIDE.name
    ]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def about(found: Validation) -> dict[str, Any]:
    """What the manifest says beside sizes and stages."""
    coverage = {str(level): list(counts) for level, counts in found.coverage().items()}
    return {
        "targets": found.loaded.targets.model_dump(mode="json", by_alias=True),
        "ensemble": found.ensemble,
        "start": str(found.loaded.start),
        "runs": len(found.predicted),
        "coverage": coverage,
        "prior_draws": found.ahead.draws if found.ahead else 0,
        "null_to_beat": NAMED,
        **({"weighed": found.weighed} if found.weighed else {}),
    }


STUDY = Study(
    "validation",
    ValidationSizes,
    prepare,
    FORMS,
    tables,
    lines,
    about,
    counted,
    also=_also,
    as_json=as_json,
    weighs=True,
)
