"""Where an answer flips: boxes that a search finds in some states, and what is left of them in fresh ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy

from experiments.studies.discovery import boxes
from experiments.studies.discovery.boxes import Fit, Limits, Mask
from experiments.studies.discovery.comparing import Question, wilson
from experiments.studies.settings import DiscoverySizes
from sim.statistics import LEVEL, Interval, holm

RARE = 0.02
"""Too few or too many cases of interest for a box to say anything."""


@dataclass(frozen=True)
class Region:
    """A box for a question: its limits in words, its fit where it was found, and what fresh states say of it.

    `mass` is the box's share of the prior, `share` that of fresh states in which the answer flips, `lift` how many
    times more often it flips in the box than everywhere. `chance`: how likely as many fresh cases in the box were if it
    had found nothing, for as many boxes as were tried (Holm).
    """

    question: Question
    method: str
    limits: str
    found: Fit
    mass: float
    share: float
    density: Interval
    coverage: float
    lift: Interval
    chance: float

    @property
    def held(self) -> bool:
        """Whether its lift on fresh states is clearly above 1."""
        return self.chance < 1.0 - LEVEL and self.lift.low > 1.0


Cases = tuple[pd.DataFrame, Mask]
"""States as columns, and in which of them the answer flips."""


def regions_of(
    question: Question, searched: Cases, fresh: Cases, prior: pd.DataFrame, sizes: DiscoverySizes
) -> list[Region]:
    """The box of PRIM and the fullest leaf of the tree; none where cases of interest are rare or nearly all."""
    table, interest = searched
    if not len(interest) or not RARE < interest.mean() < 1 - RARE:
        return []
    found = boxes.search(table, interest, sizes.least_mass, sizes.least_density)
    return [
        tested(Region(question, method, in_words(box), boxes.fit_of(box, *searched), *_NOT_YET), box, fresh, prior)
        for method, box in found.items()
    ]


_NOTHING = Interval(np.nan, np.nan, np.nan)
_NOT_YET = (np.nan, np.nan, _NOTHING, np.nan, _NOTHING, 1.0)


def tested(region: Region, box: Limits, fresh: Cases, prior: pd.DataFrame) -> Region:
    """A region with what fresh states say. How much of the prior lies in the box is known from draws without runs."""
    (table, interest), mass = fresh, float(box.inside(prior).mean())
    inside = box.inside(table)
    cases, caught = int(interest.sum()), int((inside & interest).sum())
    coverage = wilson(caught, cases)
    lift = Interval(coverage.mean / mass, coverage.low / mass, coverage.high / mass)
    chance = float(scipy.stats.binom.sf(caught - 1, cases, mass)) if cases else 1.0
    density = wilson(caught, int(inside.sum()))
    share = float(interest.mean())
    return replace(region, mass=mass, share=share, density=density, coverage=coverage.mean, lift=lift, chance=chance)


def corrected(tried: Sequence[Region]) -> list[Region]:
    """The same with chances for as many boxes as were tried."""
    chances: Mapping[str, float] = holm({str(n): region.chance for n, region in enumerate(tried)})
    return [replace(region, chance=chances[str(n)]) for n, region in enumerate(tried)]


def in_words(limits: Limits) -> str:
    """`defence.p_intercept ≤ 0.61 and encounter=in`."""
    return " and ".join(_part(key, low, high) for key, (low, high) in limits.ends.items()) or "everywhere"


def _part(key: str, low: float, high: float) -> str:
    if "=" in key:
        return key if low > 0 else f"not {key}"
    if np.isinf(low):
        return f"{key} ≤ {high:.3g}"
    return f"{key} ≥ {low:.3g}" if np.isinf(high) else f"{low:.3g} ≤ {key} ≤ {high:.3g}"
