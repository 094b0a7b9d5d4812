"""What a verdict hangs on: the rival structures, and parts of the prior of each parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.studies.claims.shares import Holds, Share
from experiments.studies.claims.tried import Tried
from experiments.studies.claims.words import SUPPORTED, UNDETERMINED, verdict_of
from experiments.studies.structures.rivals import Rivals
from sim.statistics import Interval, Values

CLEAR_Z = 3.5
"""A part is named only if it differs from the rest by so many standard errors: dozens of them are tried."""
LEAST = 10
"""States in a part."""
MOST_NAMED = 3


@dataclass(frozen=True)
class Side:
    """How often a claim holds with a rival structure and without it; `differs` if the two can be told apart."""

    structure: str
    with_it: Share
    n_with: int
    without: Share
    n_without: int
    differs: bool


@dataclass(frozen=True)
class Overturns:
    """A part of a parameter's prior in which the verdict is another one: how often the claim holds there."""

    parameter: str
    where: str
    share: Share
    n: int


# --- structures --------------------------------------------------------------------------------------------
def by_structure(holds: Values, tried: Tried, rivals: Rivals) -> list[Side]:
    """Each rival that some states have and some do not; the others cannot be told apart by these states."""
    there, found = ~np.isnan(holds[0]), []
    for rival, column in zip(rivals.structures, rivals.included(tried.kept.states).T, strict=True):
        inside = column & there
        outside = ~inside & there
        counts = tried.count(inside), tried.count(outside)
        if min(counts) >= LEAST:
            having, lacking = tried.share(holds, inside), tried.share(holds, outside)
            found.append(Side(rival.name, having, counts[0], lacking, counts[1], differ(having, lacking)))
    return found


def differ(a: Share, b: Share) -> bool:
    """Whether two shares differ by CLEAR_Z standard errors, of as many states as each is worth."""
    pooled = (a.mean * a.worth + b.mean * b.worth) / (a.worth + b.worth)
    variance = pooled * (1.0 - pooled) * (1.0 / a.worth + 1.0 / b.worth)
    return bool(variance > 0.0 and abs(a.mean - b.mean) > CLEAR_Z * math.sqrt(variance))


# --- parameters --------------------------------------------------------------------------------------------
def overturning(holds: Values, tried: Tried, verdict: str, supported_from: float) -> list[Overturns]:
    """Parameters for which the verdict is another one in their lowest or highest third (or for one of their words)."""
    found, there, states = list[Overturns](), ~np.isnan(holds[0]), tried.kept.states
    for key in states[0] if states else ():
        for where, part in parts([state[key] for state in states]):
            inside, rest = part & there, ~part & there
            if min(n := tried.count(inside), tried.count(rest)) >= LEAST:
                here = tried.share(holds, inside)
                if differ(here, tried.share(holds, rest)) and changes_verdict(here, verdict, supported_from):
                    found.append(Overturns(key, where, here, n))
    overall = float(holds[0][there].mean()) if there.any() else 0.0
    return sorted(found, key=lambda o: -abs(o.share.mean - overall))[:MOST_NAMED]


def changes_verdict(share: Interval, verdict: str, supported_from: float) -> bool:
    """A clear verdict is overturned when the odds turn; an open one when it becomes clear."""
    if verdict == UNDETERMINED:
        return verdict_of(share, supported_from) != verdict
    return share.mean < 0.5 if verdict == SUPPORTED else share.mean > 0.5


def parts(values: Sequence[object]) -> list[tuple[str, Holds]]:
    """The lowest and the highest third of numbers; each word of a switch.

    Of numbers of which a third and more are the same, as of a rival that is out: those below it, and those above.
    """
    column = np.array(values)
    if column.dtype.kind not in "fiu":
        return [(f"= {word}", column == word) for word in sorted(set(column.tolist()))]
    low, high = np.quantile(column, [1 / 3, 2 / 3])
    if low == high:
        return [(f"< {low:.3g}", np.asarray(column < low)), (f"> {high:.3g}", np.asarray(column > high))]
    return [(f"≤ {low:.3g}", np.asarray(column <= low)), (f"≥ {high:.3g}", np.asarray(column >= high))]
