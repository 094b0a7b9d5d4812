"""Where an answer flips: boxes that a search finds in some states, and what is left of them in fresh ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from experiments.runs.shares import share_of
from experiments.studies.discovery import boxes
from experiments.studies.discovery.boxes import Fit, Limits, Mask
from experiments.studies.discovery.comparing import Question
from experiments.studies.discovery.worlds import Worlds
from experiments.studies.settings import DiscoverySizes
from sim.statistics import LEVEL, Interval, Values, holm

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


class Cases(NamedTuple):
    """States as columns, in which of them the answer flips, and their weights (None: all alike)."""

    table: pd.DataFrame
    interest: Mask
    weights: Values | None = None

    def share_of(self, cases: Mask, among: Mask) -> Interval:
        """In what share of some states a case is there, by their weights."""
        return share_of(cases[among], self.weights_of(among))

    def weights_of(self, among: Mask) -> Values | None:
        """The weights of some."""
        return None if self.weights is None else self.weights[among]


def regions_of(question: Question, searched: Cases, fresh: Cases, prior: Worlds, sizes: DiscoverySizes) -> list[Region]:
    """The box of PRIM and the fullest leaf of the tree; none where cases of interest are rare or nearly all."""
    table, interest, weights = searched
    if not len(interest) or not RARE < np.average(interest, weights=weights) < 1 - RARE:
        return []
    found = boxes.search(table, interest, sizes.least_mass, sizes.least_density, weights)
    return [
        tested(Region(question, method, in_words(box), boxes.fit_of(box, *searched), *_NOT_YET), box, fresh, prior)
        for method, box in found.items()
    ]


_NOTHING = Interval(np.nan, np.nan, np.nan)
_NOT_YET = (np.nan, np.nan, _NOTHING, np.nan, _NOTHING, 1.0)


def tested(region: Region, box: Limits, fresh: Cases, prior: Worlds) -> Region:
    """A region with what fresh states say. How much of the prior lies in the box is known from draws without runs."""
    mass = float(np.average(box.inside(prior.table), weights=prior.weights))
    inside, interest = box.inside(fresh.table), fresh.interest
    coverage, density = fresh.share_of(inside, interest), fresh.share_of(interest, inside)
    lift = Interval(coverage.mean / mass, coverage.low / mass, coverage.high / mass)
    cases = boxes.count(interest, fresh.weights)
    caught = round(coverage.mean * cases) if cases else 0
    chance = float(scipy.stats.binom.sf(caught - 1, cases, mass)) if cases else 1.0
    share = float(np.average(interest, weights=fresh.weights))
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
