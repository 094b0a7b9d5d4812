"""Information as the frame takes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from experiments.studies.claims.catalogue import load_claims
from experiments.studies.information.data import STAGE, data_of
from experiments.studies.information.findings import CHOICE, CLAIMS, Information, information
from experiments.studies.information.tables import FORMS, tables
from experiments.studies.settings import InformationSizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.study import Study, StudyRequest
from sim.numbers import amount, number, percent

_TOP = 5  # data that are named on the screen


def prepare(request: StudyRequest[InformationSizes]) -> partial[Information]:
    """The study over the runs of a folder, or over an ensemble."""
    return partial(information, data_of(request), load_claims(request.claims), load_rivals(), request.sizes)


def counted(request: StudyRequest[InformationSizes]) -> dict[str, int]:
    """The policies, unless a folder has them, and every case of the claims."""
    data, sizes = data_of(request), request.sizes
    claims = len(data.states[: sizes.claim_states]) * len(load_claims(request.claims).cases) * sizes.claim_replicates
    policies = 0 if data.folder else len(data.states) * len(data.policies) * data.replicates
    return {**({STAGE: policies} if policies else {}), CLAIMS: claims}


def lines(found: Information) -> Iterator[str]:
    """For each question what is worth most to know."""
    for asked in found.asked:
        rows = [k for k in found.known if k.question == asked.question and k.worth.clear]
        best = sorted((k for k in rows if k.kind == "parameter"), key=lambda k: -k.worth.value.mean)[:_TOP]
        head = f"{asked.question}: {asked.best} without knowing more"
        if not best:
            yield f"{head}; no single datum is worth anything that stands above chance."
        for k in best:
            worth = k.worth.value
            words = (
                amount(worth.mean, k.unit) if k.question == CHOICE else f"{percent(worth.mean)} less chance of error"
            )
            ends = f"95% interval {number(worth.low)} to {number(worth.high)}, floor of chance {number(k.worth.floor)}"
            yield f"{head}; {k.what} is worth {words} ({ends}): {k.rule}"


STUDY = Study(
    "information",
    InformationSizes,
    prepare,
    FORMS,
    tables,
    lines,
    lambda found: {"left_out": found.left_out, "decided": found.decided},
    counted,
)
