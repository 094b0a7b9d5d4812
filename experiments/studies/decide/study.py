"""Deciding as the frame takes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from experiments.studies.decide.choice import hangs_on
from experiments.studies.decide.decision import CHECKED, FRESH, Decision, decide
from experiments.studies.decide.policies import all_policies, check
from experiments.studies.decide.rounds import STAGE as SETS
from experiments.studies.decide.search import STAGE as SEARCH
from experiments.studies.decide.tables import FORMS, tables
from experiments.studies.settings import DecideSizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.study import Lines, Study, StudyRequest
from experiments.studies.weights import WeighedStates, weighed_states
from sim.draws import replicate_seed
from sim.numbers import percent

_TOP = 8  # policies that are shown on the screen
_CHECKED = 3  # at most: the base, the best at selection, the choice


def sets_of(request: StudyRequest[DecideSizes]) -> list[WeighedStates]:
    """The three sets of states, each weighed as asked: to look, to choose, to look at the choice again."""
    numbers = (request.sizes.rounds[-1], request.sizes.fresh_states, request.sizes.fresh_states)
    seeds = (seed_of(request.seed, part) for part in range(3))
    return [weighed_states(request.ensemble, n, s, request.weights) for n, s in zip(numbers, seeds, strict=True)]


def seed_of(seed: int, part: int) -> int:
    """The seed of a set of states: those of the other sets are others."""
    return seed if part == 0 else int(replicate_seed(seed, part)) % (1 << 32)


def prepare(request: StudyRequest[DecideSizes]) -> partial[Decision]:
    """The study over an ensemble."""
    check(request.sizes)
    return partial(decide, request.sizes, load_rivals(), sets_of(request))


def counted(request: StudyRequest[DecideSizes]) -> dict[str, int]:
    """The most: if no policy is dropped, and every policy of the search is a new one."""
    sizes, asked = request.sizes, sets_of(request)
    looked, fresh = len(asked[0]) * sizes.replicates, len(asked[1]) * sizes.fresh_replicates
    return {
        SETS: looked * len(all_policies(sizes)),
        SEARCH: looked * sizes.generations * sizes.population,
        FRESH: fresh * (sizes.finalists + len(sizes.postures)),
        CHECKED: fresh * _CHECKED,
    }


def lines(found: Decision) -> Iterator[str | Lines]:
    """The policies that come nearest, the choice, and what it hangs on."""
    if found.weighed:
        yield found.weighed
    unit = found.sizes.objective(found.sizes.decides).unit
    rows = [row for row in found.rows if not row.evacuation and not row.broken]
    shown = sorted(rows, key=lambda row: row.regret_p90)[:_TOP]
    columns = ("policy", f"mean regret ({unit})", f"90th percentile ({unit})", "good enough")
    table = [(r.policy.name, r.regret_mean, r.regret_p90, percent(r.satisficing)) for r in shown]
    yield Lines(f"Least regret in {found.sizes.decides}, on fresh states", columns, table)
    yield found.choice.reason
    hangs = hangs_on(found.structures)
    yield f"The choice turns under: {', '.join(hangs) or 'none of the rival structures, as far as these states tell'}."
    apart = sum(bool(row.evacuation) for row in found.rows)
    yield f"{apart} evacuations are shown apart: no attacks because nothing is left."


def about(found: Decision) -> dict[str, Any]:
    """What the manifest says: the choice, and the runs of the final stage, which `posture information` reads."""
    final = {
        "policies": [policy.point for policy in found.fresh.policies],
        "states": found.sizes.fresh_states,
        "replicates": found.sizes.fresh_replicates,
        "part": 1,
    }
    chosen = found.choice.policy
    return {
        "left_out": found.left_out,
        **({"weighed": found.weighed} if found.weighed else {}),
        "reason": found.choice.reason,
        "chosen": chosen.point if chosen else None,
        "best_at_selection": found.best_at_selection,
        "curse": [found.curse.mean, found.curse.low, found.curse.high],
        "final_stage": FRESH,
        "final": final,
    }


STUDY = Study("decide", DecideSizes, prepare, FORMS, tables, lines, about, counted, adapts=True, weighs=True)
