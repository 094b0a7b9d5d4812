"""Scenario discovery as the frame takes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from experiments.studies.discovery.questions import (
    STAGES,
    Discovery,
    asked_of,
    discovery,
    drawn,
    equal_pairs,
    pairs_of,
)
from experiments.studies.discovery.regions import Region
from experiments.studies.discovery.tables import FORMS, tables
from experiments.studies.priors import load_priors
from experiments.studies.settings import DiscoverySizes
from experiments.studies.structures.rivals import load_rivals, not_covered
from experiments.studies.study import Lines, Study, StudyRequest
from sim.statistics import Interval

_TOP = 3  # pairs that are named on the screen


def prepare(request: StudyRequest[DiscoverySizes]) -> partial[Discovery]:
    """The study of the wide priors."""
    states = drawn(load_priors(request.priors), load_rivals(), request.sizes, request.seed, request.weights)
    return partial(discovery, states, request.sizes)


def counted(request: StudyRequest[DiscoverySizes]) -> dict[str, int]:
    """Both samples, each with what is asked of it."""
    sizes = request.sizes
    asked = len(pairs_of(sizes)) + len(equal_pairs()), len(asked_of(sizes))
    states = sizes.states, sizes.fresh_states
    return {STAGES[k]: states[k] * asked[k] * sizes.replicates for k in (0, 1)}


def lines(found: Discovery) -> Iterator[str | Lines]:
    """Each answer, the boxes that hold, the most robust pairs, and what no state varies."""
    if found.weighed:
        yield found.weighed
    columns = ("second − first", "measure", "mean", "better", "equal", "worse", "at least", "at most")
    rows = [
        (f"{q.other} − {q.base}", q.measure, a.mean, a.better.mean, a.equal, a.worse.mean, a.worse.low, a.worse.high)
        for a in found.answers
        for q in (a.question,)
    ]
    yield Lines(
        "Mean over states, and shares of the states; 95% intervals of mean and worse", columns, rows, numbers_from=2
    )
    yield f"{len(found.regions)} of {len(found.tried)} boxes hold on fresh states."
    yield from map(_region_words, found.regions)
    best = sorted(found.satisficing, key=lambda pair: -found.satisficing[pair].mean)[:_TOP]
    yield "Good enough in most states: " + ", ".join(f"{p} {_percent(found.satisficing[p])}" for p in best)
    yield not_covered()


def _region_words(region: Region) -> str:
    q = region.question
    return (
        f"{q.other} worse than {q.base} in {q.measure} where {region.limits} ({region.method}): in "
        f"{_percent(region.density)} of the fresh states there, {100 * region.share:.0f}% of all"
    )


def _percent(share: Interval) -> str:
    return f"{100 * share.mean:.0f}% ({100 * share.low:.0f} to {100 * share.high:.0f}%)"


STUDY = Study(
    "discovery",
    DiscoverySizes,
    prepare,
    FORMS,
    tables,
    lines,
    lambda found: {
        "left_out": found.left_out,
        "boxes": len(found.tried),
        "held": len(found.regions),
        **({"weighed": found.weighed} if found.weighed else {}),
    },
    counted,
    weighs=True,
)
