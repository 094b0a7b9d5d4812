"""Scenarios compared: what was found of each, the paired differences, and over how many states of the world.

At one point of the parameters a replicate is a pair, and stands for itself. Over an ensemble the states of the world
do: runs of a state are averaged first, intervals are over states, and how effects differ between states is told
without replicate noise (`nested.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import MAIN_MEASURES
from experiments.files.labels import label_of
from experiments.files.states import States, state_means
from experiments.runs.nested import Nested, by_state, of_replicates
from sim.errors import RunError
from sim.measures import BY_NAME, MEASURES
from sim.numbers import counted
from sim.statistics import Interval, Sides, Values, known, mean_interval, paired_difference, sides

Quarters: TypeAlias = tuple[date, tuple[int, ...]]


@dataclass(frozen=True)
class Pair:
    """One measure of one scenario against the base; `base` and `posture` are labels.

    `pairs` counts what stands for itself: replicates or, of an `effect` over states of the world, states.
    """

    measure: str
    unit: str
    base: str
    posture: str
    base_value: Interval
    posture_value: Interval
    difference: Interval
    sides: Sides
    pairs: int
    effect: Nested | None = None


@dataclass(frozen=True)
class FailedRun:
    """A run that did not finish, and why."""

    posture: str
    responses: str  # joined by +
    replicate: int | None
    seed: int
    error: str

    @property
    def label(self) -> str:
        """The label of its scenario."""
        return label_of(self.posture, self.responses)


@dataclass(frozen=True)
class Comparison:
    """Labels in the order given, the base first; `values[label][measure]`: one number for each whole replicate.

    A replicate is whole if every scenario finished it; a measure that a run has not is NaN. `quarters`: first day and
    last days (from 1) of those that the runs cover, if every scenario has the same. `states`: the state of the world of
    each replicate, if they are of several. `equal`: pairs (base, posture) with equal budgets that were run beside.
    """

    names: tuple[str, ...]
    values: dict[str, dict[str, Values]]
    n: int
    quarters: Quarters | None = None
    failed: tuple[FailedRun, ...] = ()
    states: States | None = None
    equal: tuple[tuple[str, str], ...] = ()

    @property
    def n_states(self) -> int:
        """States of the world; 1 for one point of the parameters."""
        return 1 if self.states is None else len(np.unique(self.states))

    @property
    def sample(self) -> str:
        """What intervals are over, in words: `20 pairs`, `200 states of the world`."""
        return f"{self.n} pairs" if self.states is None else f"{counted(self.n_states, 'state')} of the world"

    @property
    def compared(self) -> tuple[tuple[str, str], ...]:
        """(base, posture) of all that is compared: each with the first, then those with equal budgets."""
        return (*((self.names[0], name) for name in self.names[1:]), *self.equal)

    def within(self, states: NDArray[np.bool_]) -> Comparison:
        """The same in some of the states alone: whether each is in, by its number."""
        assert self.states is not None
        kept = states[self.states]
        values = {name: {m: each[kept] for m, each in of.items()} for name, of in self.values.items()}
        return replace(self, values=values, n=int(kept.sum()), states=self.states[kept])

    def among(self, measures: Sequence[str], most: int = len(MAIN_MEASURES)) -> list[str]:
        """Those of some measures that the runs have; if they have none of them, the first that they have."""
        there = self.values[self.names[0]]
        return [m for m in measures if m in there] or list(there)[:most]

    def interval(self, posture: str, measure: str) -> Interval:
        """The mean of a measure with its interval, over the runs that have it."""
        return self._mean(self.values[posture][measure])

    def pair(self, posture: str, measure: str, base: str = "") -> Pair:
        """A posture against the base (the first, unless it is named) in one measure, where both runs have it."""
        base = base or self.names[0]
        before, after = self.values[base][measure], self.values[posture][measure]
        there = ~np.isnan(before) & ~np.isnan(after)
        nowhere = np.where(there, 0.0, np.nan)
        means = self._mean(before + nowhere), self._mean(after + nowhere)
        ends = measure, BY_NAME[measure].unit, base, posture, *means
        if self.states is None:
            difference, told = paired_difference(before[there], after[there]), sides((after - before)[there])
            return Pair(*ends, difference, told, int(there.sum()))
        effect = of_replicates(by_state(after - before, self.states))
        return Pair(*ends, effect.mean, _shares_of(effect), effect.states, effect)

    def _mean(self, values: Values) -> Interval:
        """The mean over what stands for itself."""
        if self.states is None:
            (there_are,) = known(values)
            return mean_interval(there_are)
        there = ~np.isnan(values)
        return mean_interval(state_means(values[None, there], self.states[there])[0])

    def pairs(self) -> Iterator[Pair]:
        """Every measure of all that is compared, in the order of the columns of `runs.csv`."""
        for base, posture in self.compared:
            for measure in MEASURES:
                yield self.pair(posture, measure.name, base)


def _shares_of(effect: Nested) -> Sides:
    """The shares of states; NaN where replicate noise can't be told from them."""
    if math.isnan(effect.noise):
        return Sides(math.nan, math.nan, math.nan)
    return Sides(effect.lower, effect.equal, effect.higher)


def tabulate(
    values: Mapping[str, Values],
    failed: Sequence[FailedRun] = (),
    *,
    quarters: Quarters | None = None,
    states: States | None = None,
    names: Sequence[str] = (),
    equal: Sequence[tuple[str, str]] = (),
) -> Comparison:
    """Measures by label (replicates × MEASURES, NaN where a run failed) → the comparison of whole replicates.

    `names` (none: all of the labels), `states` and `equal` are those of `Comparison`.
    """
    whole = ~np.any([np.isnan(table).all(axis=1) for table in values.values()], axis=0)
    if not whole.any():
        raise RunError(f"no replicate was finished in every posture; the first failure: {failed[0].error}")
    columns = {label: {m.name: table[whole, n] for n, m in enumerate(MEASURES)} for label, table in values.items()}
    kept = None if states is None else states[whole]
    return Comparison(tuple(names or values), columns, int(whole.sum()), quarters, tuple(failed), kept, tuple(equal))


# --- as JSON -------------------------------------------------------------------------------------------
def as_json(comparison: Comparison, structures: Mapping[str, NDArray[np.bool_]] | None = None) -> dict[str, object]:
    """The object of `posture compare --json`; with three postures or more, differences are named.

    Over states of the world it has the same of each pair of equal budgets, and of the states with each structure.
    """
    found: dict[str, object] = {"postures": list(comparison.names)}
    if comparison.states is None:
        return found | {"replicates": comparison.n, "measures": _measures(comparison)}
    found |= {"states": comparison.n_states, "replicates": replicates_in(comparison.states)}
    found |= {"measures": _measures(comparison), "equal_budgets": [_equal(comparison, p) for p in comparison.equal]}
    sides = _in_and_out(comparison, structures or {})
    return found | {"structures": {name: dict(each) for name, each in sides.items()}}


def replicates_in(states: States) -> int:
    """The most replicates of any state."""
    return int(np.bincount(states).max())


def _measures(comparison: Comparison, among: Sequence[str] = ()) -> dict[str, dict[str, object]]:
    names = comparison.names
    table: dict[str, dict[str, object]] = {}
    for measure in among or BY_NAME:
        entry: dict[str, object] = {"unit": BY_NAME[measure].unit}
        for name in names:
            entry[name] = _plain(comparison.interval(name, measure))
        for name in names[1:]:
            pair = comparison.pair(name, measure)
            entry["difference" if len(names) == 2 else f"difference_{name}"] = _difference(pair)
            entry |= {f"p_{name}_{side}": _or_null(share) for side, share in vars(pair.sides).items()}
        table[measure] = entry
    return table


def _difference(pair: Pair) -> dict[str, object]:
    """With the range over states, where there are several."""
    found: dict[str, object] = {**_plain(pair.difference)}
    return found | ({"range": [_or_null(pair.effect.low), _or_null(pair.effect.high)]} if pair.effect else {})


def _equal(comparison: Comparison, pair: tuple[str, str]) -> dict[str, object]:
    return {"postures": list(pair), "measures": _measures(replace(comparison, names=pair))}


def _in_and_out(
    comparison: Comparison, structures: Mapping[str, NDArray[np.bool_]]
) -> dict[str, list[tuple[str, object]]]:
    """Main measures in the states with and without each structure."""
    found: dict[str, list[tuple[str, object]]] = {}
    for structure, included, some in sides_of(comparison, structures):
        entry = {"states": some.n_states, "measures": _measures(some, MAIN_MEASURES)}
        found.setdefault(structure, []).append(("in" if included else "out", entry))
    return found


FEWEST = 10
"""Of fewer states with a structure, or without it, nothing is said."""


def sides_of(
    comparison: Comparison, structures: Mapping[str, NDArray[np.bool_]]
) -> Iterator[tuple[str, bool, Comparison]]:
    """(structure, whether it is in, the comparison of those states); `structures`: whether each is in, by state.

    A structure of which a side has too few states is left out whole.
    """
    for name, included in structures.items():
        sides = [(each, comparison.within(included == each)) for each in (True, False)]
        if all(some.n_states >= FEWEST for _, some in sides):
            yield from ((name, each, some) for each, some in sides)


def _plain(interval: Interval) -> dict[str, float | None]:
    return {key: _or_null(value) for key, value in vars(interval).items()}


def _or_null(value: float) -> float | None:
    """JSON knows no NaN: what is not known is null."""
    return None if math.isnan(value) else value
