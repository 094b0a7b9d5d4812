"""The factorial as the frame takes it."""

from __future__ import annotations

from functools import partial

from experiments.studies.factorial.effects import Factorial, cells, factorial
from experiments.studies.factorial.tables import FORMS, tables
from experiments.studies.settings import FactorialSizes
from experiments.studies.study import Lines, Said, Study, StudyRequest
from experiments.studies.weights import weighed_states


def prepare(request: StudyRequest[FactorialSizes]) -> partial[Factorial]:
    """The study of an ensemble."""
    states = weighed_states(request.ensemble, request.sizes.draws, request.seed, request.weights)
    return partial(factorial, states, request.sizes)


def counted(request: StudyRequest[FactorialSizes]) -> dict[str, int]:
    """The eight cells at the defaults and in every state, and the curve of batteries."""
    sizes, n = request.sizes, len(weighed_states(request.ensemble, request.sizes.draws, request.seed))
    each, curve = len(cells(sizes)), len(sizes.sites) * len(sizes.people) * len(sizes.curve_batteries)
    found = {"defaults": each * sizes.replicates, "batteries": curve * sizes.curve_replicates}
    return {**found, "ensemble": n * each * sizes.draw_replicates} if n > 1 else found


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
    counted,
    weighs=True,
)
