"""The claims as the frame takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from experiments.studies.claims.catalogue import load_claims
from experiments.studies.claims.tables import FORMS, at_most_sure, tables
from experiments.studies.claims.verdicts import Claims, claims
from experiments.studies.ensemble import PRIOR
from experiments.studies.settings import ClaimsSizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.study import Study, StudyRequest
from experiments.studies.weights import weighed_states


def prepare(request: StudyRequest[ClaimsSizes]) -> partial[Claims]:
    """The study of a catalogue of claims over an ensemble, and over the wide priors."""
    catalogue, sizes = load_claims(request.claims), request.sizes
    inside = weighed_states(request.ensemble, sizes.draws, request.seed, request.weights)
    outside = weighed_states(PRIOR, sizes.draws, request.seed)
    return partial(claims, catalogue, sizes, inside, outside, load_rivals())


def counted(request: StudyRequest[ClaimsSizes]) -> dict[str, int]:
    """Every case in every state; ceilings over the ensemble alone."""
    catalogue, sizes = load_claims(request.claims), request.sizes
    inside, outside = (len(weighed_states(name, sizes.draws, request.seed)) for name in (request.ensemble, PRIOR))
    cases, ceilings = len(catalogue.cases), len(catalogue.ceilings)
    return {
        "ensemble": inside * (cases + ceilings) * sizes.replicates,
        "priors": outside * cases * sizes.replicates,
    }


def lines(found: Claims) -> Iterator[str]:
    """A line a claim, and the counts."""
    if found.weighed:
        yield found.weighed
    for f in found.findings:
        yield f"{f.claim.id} {f.verdict} ({at_most_sure(f.probability, f.n)}): {f.claim.statement}"
    counts = Counter(f.verdict for f in found.findings)
    yield ", ".join(f"{n} {verdict}" for verdict, n in counts.items())


STUDY = Study(
    "claims",
    ClaimsSizes,
    prepare,
    FORMS,
    tables,
    lines,
    lambda found: {
        "catalogue": found.catalogue.model_dump(mode="json"),
        "left_out": found.left_out,
        **({"weighed": found.weighed} if found.weighed else {}),
    },
    counted,
    page="experiments.report.claims.page",
    weighs=True,
)
