"""Displacement split exactly: how much of a change in attacks on convoys is volume, choice and encounter (ODD, 7.24).

Attacks A = N · s · e: operations started N, bombs laid for each s, attacks for each bomb laid e. Volume is what the
change of N makes, averaged over the orders in which the three may change (Shapley 1953):
ΔN · [(s₀e₀ + s₁e₁) / 3 + (s₀e₁ + s₁e₀) / 6]; choice and encounter by symmetry. They add up to ΔA. N = opportunities ·
share that goes splits volume likewise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy

from experiments.files.states import States, state_means
from sim.statistics import LEVEL, Interval, Values, mean_interval

Totals: TypeAlias = Mapping[str, Values]
"""Measure → one number for each replicate."""
MEASURES = ("operations", "abstained", "bombs_laid", "convoy_attacks", "bombs_waiting_end")
PARTS = {
    "volume": "more or fewer operations started",
    "opportunities": "of volume: more or fewer cells that were ready to act",
    "going": "of volume: a larger or smaller share of these that did not wait",
    "choice": "more or fewer bombs for each operation started",
    "encounter": "more or fewer attacks for each bomb laid",
    "total": "change in attacks on convoys: volume + choice + encounter",
    "waiting": "change in bombs that still lie waiting at the end: laid, and not yet met",
}


@dataclass(frozen=True)
class Split:
    """The parts of a change in attacks on convoys, each an array of the same shape as what was given."""

    volume: Values
    opportunities: Values
    going: Values
    choice: Values
    encounter: Values
    total: Values
    waiting: Values


def split(base: Totals, other: Totals) -> Split:
    """The split of other − base. Values are totals (over replicates of a state); 0 / 0 takes the other arm's ratio."""
    started, ready = _both(base, other, "operations"), _both(base, other, "operations", "abstained")
    laid, attacks = _both(base, other, "bombs_laid"), _both(base, other, "convoy_attacks")
    s, e, g = _ratio(laid, started), _ratio(attacks, laid), _ratio(started, ready)
    weight = _weight(s, e)
    return Split(
        volume=_change(started) * weight,
        opportunities=_change(ready) * (g[0] + g[1]) / 2 * weight,
        going=_change(g) * (ready[0] + ready[1]) / 2 * weight,
        choice=_change(s) * _weight(started, e),
        encounter=_change(e) * _weight(started, s),
        total=_change(attacks),
        waiting=_change(_both(base, other, "bombs_waiting_end")),
    )


def _both(base: Totals, other: Totals, *names: str) -> Values:
    """The sum of some measures in the two arms (2 × …)."""
    return np.array([np.sum([arm[name] for name in names], axis=0) for arm in (base, other)], np.float64)


def _change(arms: Values) -> Values:
    return np.asarray(arms[1] - arms[0])


def _ratio(above: Values, below: Values) -> Values:
    """Above / below in both arms; where there is nothing below, the other arm's ratio, and 0 where both lack it."""
    found = np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
    found = np.where(np.isnan(found), found[::-1], found)
    return np.nan_to_num(found)


def _weight(a: Values, b: Values) -> Values:
    return np.asarray((a[0] * b[0] + a[1] * b[1]) / 3 + (a[0] * b[1] + a[1] * b[0]) / 6)


def split_intervals(base: Totals, other: Totals, states: States | None = None) -> dict[str, Interval]:
    """Each part a run, with the 95% interval over replicates: ratios are of sums, so by leaving out one at a time.

    In states of the world (that of each replicate) each state is split alone, and the interval is over states.
    """
    if states is not None:
        return _over_states(base, other, states)
    n = len(base["operations"])
    arms = [{name: np.asarray(arm[name], np.float64) for name in MEASURES} for arm in (base, other)]
    whole = split(*({name: values.sum() for name, values in arm.items()} for arm in arms))
    without = (
        split(*({name: values.sum() - values for name, values in arm.items()} for arm in arms)) if n > 1 else whole
    )
    return {part: _jackknife(float(getattr(whole, part)), getattr(without, part), n) for part in PARTS}


def _over_states(base: Totals, other: Totals, states: States) -> dict[str, Interval]:
    """The mean over states of each part, a run."""
    arms = [
        {m: state_means(np.asarray(arm[m], np.float64)[None], states)[0] for m in MEASURES} for arm in (base, other)
    ]
    found = split(*arms)
    return {part: mean_interval(getattr(found, part)) for part in PARTS}


def _jackknife(total: float, without: Values, n: int) -> Interval:
    """The mean a run of a total, and its interval, from the totals of all runs but one (Efron 1982)."""
    if n < 2:
        return Interval(total, float("nan"), float("nan"))
    means = without / (n - 1)
    half = scipy.stats.t.ppf((1 + LEVEL) / 2, n - 1) * np.sqrt((n - 1) / n * ((means - means.mean()) ** 2).sum())
    return Interval(total / n, float(total / n - half), float(total / n + half))
