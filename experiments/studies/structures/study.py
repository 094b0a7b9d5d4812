"""The structures as the frame takes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from experiments.studies.priors import load_priors
from experiments.studies.settings import StructuresSizes
from experiments.studies.structures.answers import Structures, arms, structures
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.structures.tables import FORMS, tables
from experiments.studies.study import Lines, Study, StudyRequest


def prepare(request: StudyRequest[StructuresSizes]) -> partial[Structures]:
    """The study of states drawn from the priors."""
    return partial(structures, load_rivals(), load_priors(request.priors), request.sizes)


def counted(request: StudyRequest[StructuresSizes]) -> dict[str, int]:
    """Every posture in every arm, and the record in each."""
    sizes, n = request.sizes, len(arms(load_rivals(), []))
    policies = {name for pair in sizes.pairs for name in pair}
    return {
        f"{n} arms": n * sizes.states * len(policies) * sizes.replicates,
        "looking back": n * sizes.looking_back,
    }


def lines(found: Structures) -> Iterator[Lines]:
    """Differences of each structure."""
    columns = ("structure", "measure", "change")
    for pair in dict.fromkeys((answer.base, answer.posture) for answer in found.answers):
        chosen = [answer for answer in found.answers if (answer.base, answer.posture) == pair]
        rows = [(answer.structure, answer.measure, answer.difference) for answer in chosen]
        title = f"{pair[1]} against {pair[0]} (mean over states [95% t interval])"
        yield Lines(title, columns, rows, numbers_from=2)
    near = [(back.structure, back.near, back.n, back.share) for back in found.looking_back]
    yield Lines("Draws of the priors near every count of 2020", ("structure", "near", "of", "share"), near)


STUDY = Study(
    "structures",
    StructuresSizes,
    prepare,
    FORMS,
    tables,
    lines,
    lambda found: {"left_out": found.left_out},
    counted,
)
