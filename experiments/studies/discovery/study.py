"""Scenario discovery as the frame takes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from experiments.studies.discovery.questions import Discovery, discovery
from experiments.studies.discovery.tables import FORMS, tables
from experiments.studies.priors import load_priors
from experiments.studies.settings import DiscoverySizes
from experiments.studies.study import Study, StudyRequest, check_extra

_TOP = 3  # pairs that are named on the screen


def prepare(request: StudyRequest[DiscoverySizes]) -> partial[Discovery]:
    """The study of the wide priors."""
    check_extra("ema_workbench")
    return partial(discovery, load_priors(request.priors), request.sizes)


def lines(found: Discovery) -> Iterator[str]:
    """How often each answer flips, and the most robust pairs."""
    for a in found.answers:
        question = a.question
        yield (
            f"{question.other} worse than {question.base} in {question.measure}: {100 * a.worse:.0f}% of the states "
            f"({100 * a.fresh_worse:.0f}% of the fresh ones), surely {100 * a.surely_worse:.0f}%"
        )
    best = sorted(found.satisficing, key=lambda pair: -found.satisficing[pair])[:_TOP]
    yield "Good enough in most states: " + ", ".join(f"{p} {100 * found.satisficing[p]:.0f}%" for p in best)


STUDY = Study(
    "discovery",
    DiscoverySizes,
    prepare,
    FORMS,
    tables,
    lines,
    lambda found: {"left_out": found.left_out},
)
