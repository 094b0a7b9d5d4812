"""Responses: security gained against Baghdad's capital spent, the Pareto front, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.files.states import STATE
from experiments.report.style.words import policy
from experiments.studies.fronts import undominated
from sim.measures import BY_NAME
from sim.numbers import counted, percent
from sim.statistics import Interval, Values, mean_interval

GAINS = ("pressure", "rounds_leaked", "fire_attacks")
"""Security gained: how far these get better. The first has the large panel."""
CAPITAL, RELATION, CLOSURES, EVACUATED = "capital_mean", "relation_mean", "closure_hours", "sites_evacuated"
MEASURES = (*GAINS, CAPITAL, RELATION, CLOSURES, EVACUATED)
NONE = "none"
PAIRED_BY = ("replicate", "seed")
SURE = 0.95
"""A scenario is surely on the front, or surely off it, if it is so in this share of the resamples."""
GROUPS = 1000
"""More replicates than this are averaged in so many groups first: the same uncertainty of the means, in less time."""
RESAMPLES = 2000
_GAP = 4.0
"""A panel is cut where the next value, going outwards in the upper half of them, lies so many times further out."""


@dataclass(frozen=True)
class TradeOff:
    """Responses on one posture. Arrays have a row a replicate and a column a scenario; the first is the base.

    `gain[measure]`: how much better than the base, in the unit of the measure; `spent`: of capital, on its scale from 0
    to 1; `relation` and `closure_hours`: scenario − base; `ended`: whether the mission ended in a run, 0 or 1. `base`
    is the name of the base, posture and responses joined by +. `left_out` replicates are not whole in every scenario.
    Over states of the world `what` a row is a state, with means over its runs.
    """

    posture: str
    base: str
    names: tuple[str, ...]
    gain: dict[str, Values]
    spent: Values
    relation: Values
    closure_hours: Values
    ended: Values
    left_out: int
    what: str = "pair"

    @property
    def n(self) -> int:
        """Replicates, each of them whole in every scenario."""
        return len(self.spent)

    @property
    def ended_shares(self) -> dict[str, float]:
        """Share of the runs of each scenario in which the mission ends."""
        return dict(zip(self.names, self.ended.mean(axis=0).tolist(), strict=True))

    def front(self, measure: str) -> list[str]:
        """The scenarios that none beats in both, in their means."""
        mask = on_front(self.gain[measure].mean(axis=0), self.spent.mean(axis=0))
        return [name for name, there in zip(self.names, mask, strict=True) if there]

    def shares(self, measure: str) -> dict[str, float]:
        """Share of bootstrap resamples in which each is on the front; NaN with one replicate alone."""
        if self.n < 2:
            return dict.fromkeys(self.names, float("nan"))
        return dict(zip(self.names, front_shares(self.gain[measure], self.spent).tolist(), strict=True))


def intervals(values: Values) -> list[Interval]:
    """Mean and 95% t interval of each column."""
    return [mean_interval(column) for column in values.T]


# --- from the table ------------------------------------------------------------------------------------
def trade_offs(runs: pd.DataFrame) -> list[TradeOff]:
    """One for each posture that was run without a response and with some, over the same replicates.

    `runs` has posture, responses, replicate or seed (or both), and MEASURES; rows without a measure are left out.
    """
    runs = runs.assign(**{name: runs[name].astype(object).fillna("").astype(str) for name in ("posture", "responses")})
    what = "pair"
    if STATE.name in runs and "point" not in runs:  # of a sweep, its own section tells of states
        what, runs = STATE.name, _state_means(runs)
    keys = [name for name in PAIRED_BY if name in runs and runs[name].notna().any()]
    parts = (_trade_off(str(name), part, keys) for name, part in runs.groupby("posture", sort=False))
    return [replace(part, what=what) for part in parts if part is not None]


def _state_means(runs: pd.DataFrame) -> pd.DataFrame:
    """States in the place of replicates: means over the runs of each, and the share of them in which a site is left."""
    left = runs[EVACUATED].where(runs[EVACUATED].isna(), (runs[EVACUATED] > 0).astype(float))
    of = runs.assign(**{EVACUATED: left}).groupby(["posture", "responses", STATE.name], sort=False)
    return of[list(MEASURES)].mean().reset_index().rename(columns={STATE.name: "replicate"})


def _trade_off(posture: str, runs: pd.DataFrame, keys: list[str]) -> TradeOff | None:
    names = list(dict.fromkeys(runs["responses"]))
    base = _base(names)
    if base is None or len(names) < 2 or _in_worlds(runs, keys):
        return None  # a sweep's own section has what there is to say of several states
    order = [base, *(name for name in names if name != base)]
    every = runs.pivot(index=keys, columns="responses", values=list(MEASURES))
    whole = every.dropna()
    if whole.empty:
        return None
    values = {m: whole[m][order].to_numpy(np.float64) for m in MEASURES}
    over = {m: table - table[:, :1] for m, table in values.items()}
    return TradeOff(
        posture=posture,
        base="+".join(filter(None, (posture, base))),
        names=tuple(_label(name, base) for name in order),
        gain={m: BY_NAME[m].better * over[m] + 0.0 for m in GAINS},
        spent=0.0 - over[CAPITAL],
        relation=over[RELATION],
        closure_hours=over[CLOSURES],
        ended=np.minimum(values[EVACUATED], 1.0),
        left_out=len(every) - len(whole),
    )


def _in_worlds(runs: pd.DataFrame, keys: list[str]) -> bool:
    """Whether a scenario was run at several points, or a run is there twice."""
    places = runs[["responses", "point"] if "point" in runs else ["responses"]].drop_duplicates()
    return len(places) > runs["responses"].nunique() or bool(runs.duplicated(["responses", *keys]).any())


def _base(names: Sequence[str]) -> str | None:
    """The responses that all others have too: none, or what the whole study has in force."""
    sets = {name: set(filter(None, name.split("+"))) for name in names}
    return next((name for name in names if all(sets[name] <= other for other in sets.values())), None)


def _label(name: str, base: str) -> str:
    """A scenario's responses beyond those of the base, in words."""
    common = set(filter(None, base.split("+")))
    return policy("+".join(part for part in name.split("+") if part not in common) or NONE)


# --- the front: what nobody beats in both of gain (more is better) and cost (less is better) -
def on_front(gains: Values, costs: Values) -> NDArray[np.bool_]:
    """Whether each scenario (last axis) has no other that gains as much for no more, and is better in one of the two.

    Both have the same shape. Scenarios that tie in both stand or fall together.
    """
    return undominated(np.stack([-gains, costs], axis=-1))


def front_shares(gains: Values, costs: Values, seed: int = 0) -> Values:
    """Share of bootstrap resamples of the replicates (rows) in which each scenario (column) is on the front."""
    gains, costs = grouped(gains), grouped(costs)
    n = len(gains)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
    return np.asarray(on_front(weights @ gains, weights @ costs).mean(axis=0))


def grouped(values: Values) -> Values:
    """The rows, or means of GROUPS groups of rows if there are more."""
    if len(values) <= GROUPS:
        return values
    starts = np.linspace(0, len(values), GROUPS, endpoint=False).astype(int)
    sizes = np.diff([*starts, len(values)])
    return np.asarray(np.add.reduceat(values, starts, axis=0) / sizes[:, None])


# --- words and ends of axes ----------------------------------------------------------------------------
def front_title(found: TradeOff) -> str:
    """Which scenarios are on the front of pressure against capital, and how surely."""
    shares, front = found.shares(GAINS[0]), found.front(GAINS[0])
    parts = [f"{name} ({percent(shares[name])})" if shares[name] == shares[name] else name for name in front]
    beaten = len(found.names) - len(front)
    who = f"the other {beaten} are" if beaten > 1 else "the other one is"
    rest = f"; {who} beaten: another gains as much or more for as little or less" if beaten else ""
    return (
        f"Pressure against Baghdad's capital, {counted(len(found.names) - 1, 'response')} on {policy(found.posture)}: "
        f"on the front stand {', '.join(parts)}{rest}\n(%: share of bootstrap resamples in which it is on the front; "
        f"bars: 95% t interval of the paired difference from no response, n = {counted(found.n, found.what)})"
    )


def ends_of(of: Sequence[Interval]) -> tuple[float, float]:
    """Ends of an axis that shows 0 and all intervals, or leaves out the few that would crush the others."""
    lows, highs = (np.array([np.nan_to_num(getattr(i, end), nan=i.mean) for i in of]) for end in ("low", "high"))
    reach = np.sort(np.maximum(abs(lows), abs(highs)))
    steps = [k for k in range(len(reach) // 2 + 1, len(reach)) if reach[k] > _GAP * reach[k - 1] > 0]
    cut = reach[steps[0] - 1] if steps else reach[-1]
    low, high = max(min(lows.min(), 0.0), -cut), min(max(highs.max(), 0.0), cut)
    space = 0.06 * (high - low) or 1.0
    return low - space, high + space
