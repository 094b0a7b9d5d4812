"""The table of prior runs as the frame takes it."""

from __future__ import annotations

from functools import partial
from typing import Any

from experiments.studies.prior_runs.counting import MEASURES
from experiments.studies.prior_runs.making import STAGE, Draws, Made, made_of, table_files
from experiments.studies.prior_runs.tables import FORMS, tables
from experiments.studies.priors import load_priors
from experiments.studies.settings import PriorRunsSizes
from experiments.studies.study import Lines, Row, Said, Study, StudyRequest
from experiments.studies.targets import load_targets
from sim.errors import ConfigError


def prepare(request: StudyRequest[PriorRunsSizes]) -> partial[Made]:
    """The table of all priors in the scenario of the targets."""
    scenario, sizes = load_targets(request.targets).scenario, request.sizes
    for measure in sizes.measures:
        if measure not in MEASURES:
            raise ConfigError(None, "measures", measure, f"it must be a count, such as {', '.join(MEASURES[:3])}")
    draws = Draws(scenario, load_priors(request.priors), request.draws or sizes.draws, request.seed)
    return partial(made_of, draws, sizes.measures)


def counted(request: StudyRequest[PriorRunsSizes]) -> dict[str, int]:
    """A run a draw."""
    return {STAGE: request.draws or request.sizes.draws}


def lines(made: Made) -> Said:
    """What was counted, and where."""
    rows: list[Row] = []
    for measure in made.measures:
        means = (float(made.runs.window(measure, *quarter).mean()) for quarter in made.quarters())
        rows.append((measure, *means))
    quarters = [f"to {last}" for _, last in made.quarters()]
    yield Lines(f"{len(made.runs)} runs of the prior, means", ("measure", *quarters), rows)
    yield f"The table: {made.path}, {made.path.stat().st_size / 1e6:.0f} MB"


def about(made: Made) -> dict[str, Any]:
    """What the manifest says beside sizes and stages."""
    return {
        "draws": made.draws.n,
        "rules": made.draws.origin().rules,
        "rivals": list(made.runs.rivals),
        "in": {name: int(n) for name, n in zip(made.runs.rivals, made.runs.included.sum(axis=0), strict=True)},
        "left_out": {"runs of the prior": made.draws.n - len(made.runs)},
    }


STUDY = Study(
    "prior_runs",
    PriorRunsSizes,
    prepare,
    FORMS,
    tables,
    lines,
    about,
    counted,
    also=lambda request: table_files(None),
    drawn=False,
)
