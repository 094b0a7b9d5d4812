"""The factorial as the frame takes it."""

from __future__ import annotations

from functools import partial

from experiments.studies.factorial.effects import Factorial, factorial
from experiments.studies.factorial.tables import FORMS, tables
from experiments.studies.settings import FactorialSizes
from experiments.studies.study import Lines, Said, Study, StudyRequest
from experiments.studies.weights import weighed_states


def prepare(request: StudyRequest[FactorialSizes]) -> partial[Factorial]:
    """The study of an ensemble."""
    states = weighed_states(request.ensemble, request.sizes.draws, request.seed, request.weights)
    return partial(factorial, states, request.sizes)


def lines(found: Factorial) -> Said:
    """Main effects and the total of each measure."""
    if found.weighed:
        yield found.weighed
    over, terms = ("ensemble", found.ensemble) if found.ensemble else ("defaults", found.defaults)
    rows = [(t.measure, t.effect, t.estimate) for t in terms if t.kind in ("main effect", "total")]
    title = f"Six against fourteen, {over} (mean [95% t interval])"
    yield Lines(title, ("measure", "change", "effect"), rows, numbers_from=2)


STUDY = Study(
    "factorial",
    FactorialSizes,
    prepare,
    FORMS,
    tables,
    lines,
    lambda found: {"left_out": found.left_out, **({"weighed": found.weighed} if found.weighed else {})},
    weighs=True,
)
