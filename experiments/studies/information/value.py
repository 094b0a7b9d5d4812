"""What knowing something is worth for a choice, from runs of options in states of the world.

A rule that picks an option from what is known is learnt on four fifths of the states and tried on the others, in turn.
What it loses less than the option that is best in the mean over all states, the choice without knowing, is the worth of
knowing (expected value of partial perfect information). Replicate noise drops out: it is independent of what was
picked. A rule that learns nothing is worth nothing, or less; how much it seems worth by chance is found by shuffling
the states of what is known: the 95th percentile of that is the floor.

The regression is that of Strong, Oakley & Brennan, Med. Decis. Making 34, 2014: of losses on what is known. One datum:
cubic splines of its rank with a ridge penalty. Several: the mean of added splines and of extremely randomised trees,
which find what works together. A rule can only be learnt as well as the states allow, so a worth is a lower bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies.regret import best_apart
from sim.statistics import LEVEL, Interval, Values, mean_interval

FOLDS = 5
TREES = 30
KNOTS = 5
FLOOR_PERCENTILE = 95
_NO_SPREAD = 1e-12
_ALPHAS = tuple(10.0**power for power in range(-1, 5))


@dataclass(frozen=True)
class Question:
    """A choice: options, what each loses in each state (states × options; less is better), and the unit."""

    name: str
    options: tuple[str, ...]
    losses: Values
    unit: str


@dataclass(frozen=True)
class Worth:
    """What knowing something is worth: per state on average, with its 95% t interval over states; the floor of chance.

    `changed`: share of the states in which the rule picks another option than the one that is best in the mean;
    `sure`: whether the worth is above 0 in an interval that is corrected for how many data were tried.
    """

    value: Interval
    floor: float
    changed: float
    sure: bool

    @property
    def clear(self) -> bool:
        """Whether it is above chance, and surely above 0."""
        return self.sure and self.value.mean > self.floor


# --- what is known, as columns -----------------------------------------------------------------------------------
def columns_of(states: Sequence[Point], keys: Sequence[str]) -> Values:
    """States × columns, each from 0 to 1: ranks of numbers (ties share theirs), one column a word of a switch."""
    found: list[Values] = []
    for key in keys:
        values = [state[key] for state in states]
        if isinstance(values[0], str):
            words = sorted(set(map(str, values)))[1:]
            found += [np.array([value == word for value in values], np.float64) for word in words]
        else:
            ranks = scipy.stats.rankdata(np.array(values, np.float64))
            found.append((ranks - 0.5) / len(ranks))
    return np.column_stack(found) if found else np.empty((len(states), 0))


def varied(states: Sequence[Point]) -> list[str]:
    """The parameters that are not the same in all states."""
    return [key for key in (states[0] if states else ()) if len({state[key] for state in states}) > 1]


# --- rules -------------------------------------------------------------------------------------------------------
def splines_of(known: Values) -> Values:
    """Cubic splines of each column, added up by who takes them."""
    from sklearn.preprocessing import SplineTransformer

    made = SplineTransformer(n_knots=KNOTS, degree=3, extrapolation="linear", include_bias=False)
    return np.asarray(made.fit_transform(known))


def added(learnt_on: Values, targets: Values, tried_on: Values) -> Values:
    """Targets predicted from splines with a ridge penalty that leaving one out finds."""
    from sklearn.linear_model import RidgeCV

    return np.asarray(RidgeCV(_ALPHAS, alpha_per_target=True).fit(learnt_on, targets).predict(tried_on)).reshape(
        len(tried_on), -1
    )


def by_trees(learnt_on: Values, targets: Values, tried_on: Values, seed: int) -> Values:
    """Targets predicted by extremely randomised trees."""
    from sklearn.ensemble import ExtraTreesRegressor

    trees = ExtraTreesRegressor(TREES, min_samples_leaf=8, max_features=0.5, random_state=seed)
    return np.asarray(trees.fit(learnt_on, targets).predict(tried_on)).reshape(len(tried_on), -1)


def predicted(known: Values, targets: Values, seed: int) -> Values:
    """Targets of every state (states × targets) from what is known, by models that have not seen the state."""
    from threadpoolctl import threadpool_limits

    found, splines = np.empty_like(targets), splines_of(known)
    with threadpool_limits(1):  # small matrices: threads would wait for each other
        for learnt, tried in folds(len(targets), seed):
            each = [added(splines[learnt], targets[learnt], splines[tried])]
            if known.shape[1] > 1:
                each.append(by_trees(known[learnt], targets[learnt], known[tried], seed))
            found[tried] = np.mean(each, axis=0)
    return found


def folds(n: int, seed: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(states to learn on, states to try on), each state tried once."""
    parts = np.array_split(np.random.default_rng(seed).permutation(n), FOLDS)
    for part in parts:
        yield np.setdiff1d(np.arange(n), part), part


def gains(question: Question, fitted: Values) -> tuple[Values, NDArray[np.bool_]]:
    """What the rule of some fitted losses loses less than the blind choice, by state; where it picks another option."""
    rows, blind = np.arange(len(fitted)), int(question.losses.mean(axis=0).argmin())
    informed = fitted.argmin(axis=1)
    return question.losses[:, blind] - question.losses[rows, informed], informed != blind


# --- worth -------------------------------------------------------------------------------------------------------
def worths(questions: Sequence[Question], known: Values, shuffles: int, seed: int, n_tried: int = 1) -> list[Worth]:
    """What some knowledge is worth for each question over the same states, fitted together, each by its spread."""
    ends = np.cumsum([0, *(len(question.options) for question in questions)])
    parts = [slice(a, b) for a, b in pairwise(ends)]
    spreads = [max(float(centred(question.losses).std()), _NO_SPREAD) for question in questions]
    targets = np.hstack([centred(q.losses) / spread for q, spread in zip(questions, spreads, strict=True)])
    rng = np.random.default_rng(seed)

    def tried(columns: Values) -> list[tuple[Values, NDArray[np.bool_]]]:
        fitted = predicted(columns, targets, seed)
        each = zip(questions, parts, spreads, strict=True)
        return [gains(q, fitted[:, part] * spread + q.losses.mean(axis=0)) for q, part, spread in each]

    real = tried(known)
    chance = [[gain.mean() for gain, _ in tried(known[rng.permutation(len(known))])] for _ in range(shuffles)]
    floors = np.percentile(np.array(chance), FLOOR_PERCENTILE, axis=0) if shuffles else np.zeros(len(questions))
    return [
        worth_of(gain, max(float(floor), 0.0), float(other.mean()), n_tried)
        for (gain, other), floor in zip(real, floors, strict=True)
    ]


def worth_of(gain: Values, floor: float, changed: float, n_tried: int = 1) -> Worth:
    """The worth of what saves so much in each state, one of `n_tried` data that were tried (Bonferroni)."""
    corrected = mean_interval(gain, 1.0 - (1.0 - LEVEL) / n_tried)
    return Worth(mean_interval(gain), floor, changed, bool(corrected.low > 0))


def centred(losses: Values) -> Values:
    """Losses against the mean of all options of the state, and of each option: what is common to all picks nothing."""
    apart = losses - losses.mean(axis=1, keepdims=True)
    return np.asarray(apart - apart.mean(axis=0))


def perfect(question: Question, replicates: Values) -> Worth:
    """What knowing everything is worth: the best option of each state, found on half of its replicates.

    `replicates` is states × options × replicates. Tried on the other half; no rule is learnt, so it holds for all that
    differs between states, and too few replicates make it too small.
    """
    without = question.losses[:, int(question.losses.mean(axis=0).argmin())]
    gain = without - best_apart(replicates).mean(axis=1)
    return worth_of(gain, 0.0, math.nan)


# --- in words ----------------------------------------------------------------------------------------------------
def rule_of(question: Question, states: Sequence[Point], key: str) -> str:
    """Which option to pick for which values of one datum: `six; from 2.1 fourteen`."""
    splines = splines_of(columns_of(states, [key]))
    best = (added(splines, centred(question.losses), splines) + question.losses.mean(axis=0)).argmin(axis=1)
    values = [state[key] for state in states]
    if isinstance(values[0], str):
        picks = {str(value): question.options[b] for value, b in zip(values, best, strict=True)}
        return "; ".join(f"{word}: {option}" for word, option in sorted(picks.items()))
    return _steps(np.array(values, np.float64), best, question.options)


def _steps(values: Values, best: NDArray[np.int64], options: Sequence[str]) -> str:
    """Stretches of one pick, by rising values."""
    order = np.argsort(values, kind="stable")
    values, best = values[order], best[order]
    turns = np.flatnonzero(np.diff(best)) + 1
    later = [f"from {values[turn]:.3g} {options[best[turn]]}" for turn in turns]
    return "; ".join([options[best[0]], *later])


def by_name(states: Sequence[Point], groups: Mapping[str, Sequence[str]]) -> dict[str, Values]:
    """Columns of each group of keys; groups of which nothing varies are left out."""
    there = set(varied(states))
    chosen = {name: [key for key in keys if key in there] for name, keys in groups.items()}
    return {name: columns_of(states, keys) for name, keys in chosen.items() if keys}
