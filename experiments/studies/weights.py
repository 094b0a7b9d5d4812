"""Finished runs weighed anew: how likely is each rival structure?

`--weights encounter=tip_off:0.8,waiting=budget:0.5` says that of some rivals; the words are those of
`configs/structures`. The states stay as they are and get weights, found by raking (iterative proportional fitting:
Deming and Stephan 1940, Annals of Mathematical Statistics 11, 427-444): those nearest to the weights before under which
each rival has the chance that is wanted. Nothing is run. What the states are then worth is said: 1 / Σ w².
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.runs.nested import worth_of
from experiments.studies.ensemble import states_of
from experiments.studies.structures.rivals import Rival, Rivals, included, load_rivals
from sim.errors import ConfigError
from sim.input_files import number_of
from sim.statistics import Values
from sim.suggestions import one_of

OPTION = "--weights"
_ROUNDS, _CLOSE = 1000, 1e-9
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Wanted:
    """A rival, and the chance that it is in."""

    rival: Rival
    p_in: float

    @property
    def words(self) -> str:
        """`encounter tip_off 0.8`."""
        return f"{self.rival.name} {self.rival.words[1]} {self.p_in:g}"


@dataclass(frozen=True)
class WeighedStates:
    """States of the world; `weights` (states; they sum to 1), None where all count alike; `words` say what was done."""

    points: list[Point]
    weights: Values | None = None
    words: str = ""

    def __len__(self) -> int:
        return len(self.points)


def weighed_states(ensemble: str, n: int, seed: int, weights: str = "") -> WeighedStates:
    """`n` states of an ensemble, the same whatever the weights, weighed as asked."""
    return weighed(states_of(ensemble, n, seed), weights)


def weighed(states: list[Point], weights: str) -> WeighedStates:
    """States weighed as asked; "" asks for nothing."""
    if not weights:
        return WeighedStates(states)
    wanted = parse_weights(weights)
    inside = told(states, [each.rival for each in wanted])
    before = np.full(len(states), 1.0 / len(states))
    found = reweigh(before, inside, [each.p_in for each in wanted], wanted)
    return WeighedStates(states, found, _said(wanted, inside, found))


def _said(wanted: Sequence[Wanted], inside: Mask, found: Values) -> str:
    shares = (f"{each.words} ({share:.2f} before)" for each, share in zip(wanted, inside.mean(axis=0), strict=True))
    return f"Weighed: {', '.join(shares)}. {len(found)} states, worth {worth_of(found):.0f}."


def in_words(first: WeighedStates, others: Mapping[str, WeighedStates]) -> str:
    """What was done to the first states, and what the others are worth, in one line; "" where nothing was asked."""
    if first.weights is None:
        return ""
    worth = (f"{name} {len(each)}, worth {worth_of(np.asarray(each.weights)):.0f}" for name, each in others.items())
    return f"{first.words.removesuffix('.')}; {', '.join(worth)}."


def kept(weights: Values | None, whole: Mask) -> Values | None:
    """The weights of some states, such as those finished; they sum to 1 again. Weights that are all alike are none."""
    if weights is None or not whole.any():
        return None
    found = weights[whole] / weights[whole].sum()
    return found if np.ptp(found) > _CLOSE * found.max() else None


# --- what is asked -----------------------------------------------------------------------------------------
def parse_weights(text: str, rivals: Rivals | None = None) -> tuple[Wanted, ...]:
    """`RIVAL=WORD:CHANCE`, joined by commas."""
    known = {rival.name: rival for rival in (rivals or load_rivals()).structures}
    found: dict[str, Wanted] = {}
    for part in text.split(","):
        wanted = _parsed(part.strip(), known)
        if wanted.rival.name in found:
            raise ConfigError(None, OPTION, part, "each rival may be given once")
        found[wanted.rival.name] = wanted
    return tuple(found.values())


def _parsed(part: str, known: dict[str, Rival]) -> Wanted:
    name, equals, rest = part.partition("=")
    word, colon, number = rest.partition(":")
    if not equals or not colon:
        raise ConfigError(None, OPTION, part, "it must be RIVAL=WORD:CHANCE, such as encounter=tip_off:0.8")
    if name not in known:
        raise ConfigError(None, OPTION, name, f"it must be {one_of(name, known)}")
    rival = known[name]
    if word not in rival.words:
        raise ConfigError(None, OPTION, f"{name}={word}", f"it must be {rival.words[0]} or {rival.words[1]}")
    p = _chance(part, number)
    return Wanted(rival, p if word == rival.words[1] else 1.0 - p)


def _chance(part: str, number: str) -> float:
    try:
        p = number_of(number)
    except ValueError:
        p = np.nan
    if not 0.0 <= p <= 1.0:
        raise ConfigError(None, OPTION, part, "it must be a chance of 0 to 1")
    return p


# --- what comes of it --------------------------------------------------------------------------------------
def told(states: Sequence[Point], rivals: Sequence[Rival]) -> Mask:
    """Whether each rival is in, in each state (states × rivals); refused of states that do not say so."""
    for rival in rivals:
        lacking = [key for key in rival.old if any(key not in state for state in states)]
        if lacking:
            allowed = f"it must be rivals that the states vary: they say nothing of {', '.join(lacking)}"
            raise ConfigError(None, OPTION, rival.name, allowed)
    return included(states, rivals)


def reweigh(weights: Values, inside: Mask, p_in: Sequence[float], wanted: Sequence[Wanted] = ()) -> Values:
    """Weights (states; they sum to 1) nearest to those before, under which each rival (column) has its `p_in`."""
    names = [each.words for each in wanted] or [f"column {k}" for k in range(len(p_in))]
    for name, column, p in zip(names, inside.T, p_in, strict=True):
        _check_both(name, weights, column, p)
    found = weights / weights.sum()
    for _ in range(_ROUNDS):
        for column, p in zip(inside.T, p_in, strict=True):
            found = _shifted(found, column, p)
        if np.abs(found @ inside - p_in).max(initial=0.0) < _CLOSE:
            return found
    raise ConfigError(None, OPTION, ", ".join(names), "the states cannot have these chances together")


def _check_both(name: str, weights: Values, column: Mask, p: float) -> None:
    for there, side, share, only in (("with", column, p, 0), ("without", ~column, 1.0 - p, 1)):
        if share > 0 and not weights[side].sum() > 0:
            raise ConfigError(None, OPTION, name, f"no state is {there} it: its chance can only be {only}")


def _shifted(weights: Values, column: Mask, p: float) -> Values:
    """Weights in proportion on each side, `p` on the one."""
    now = float(weights[column].sum())
    factor = np.where(column, p / now if now > 0 else 0.0, (1.0 - p) / (1.0 - now) if now < 1 else 0.0)
    new = weights * factor
    total = new.sum()
    return np.asarray(new / total) if total > 0 else weights
