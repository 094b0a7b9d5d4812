"""The answer of a comparison over states of the world, by rule from its numbers: headline, scorecard, what turns it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from experiments.report.style.words import policy, sentence
from experiments.runs.comparison import Comparison, Pair, sides_of
from experiments.studies.structures.rivals import load_rivals
from sim.measures import BY_NAME
from sim.numbers import UNKNOWN, chance, counted, fixed, percent

SCORECARD: Mapping[str, str] = {
    "fire_attacks": "fire attacks",
    "rounds_leaked": "rounds that land",
    "us_wounded": "US people hurt",
    "convoy_attacks": "convoy attacks",
    "hits_per_100_convoys": "hits/100 convoys",
    "drivers_wounded": "drivers hurt",
    "relation_mean": "relation, 0 to 1",
}
"""Measures of the scorecard in its order, in words that are no longer than a narrow screen allows."""
FIRST = ("rounds_leaked", "hits_per_100_convoys", "relation_mean", "fire_attacks")
"""What is shown of each posture where there are many, the first first."""
HEADLINE: Mapping[str, str] = {"rounds_leaked": "rounds land", "hits_per_100_convoys": "hits for every 100 convoys"}
"""What there are fewer of, or more."""
EQUAL = ("fire_attacks", "rounds_leaked", "convoy_attacks", "hits_per_100_convoys")
"""What is said of postures with equal budgets."""
LEFT = ("sites_evacuated", "embassy_days_lost")
"""What tells that the mission ends: attacks on people who have left fall, and nobody is safer."""
LINES = 8
"""Rows of all postures together."""
BETTER, WORSE, OPEN = "better", "worse", "open"
_STAY = "\N{NO-BREAK SPACE}"  # a number is not broken over two lines
_SURE = 2.0
"""A structure turns a sign if its effect is as many half-widths of its 95% interval from 0: it is one of many."""


_SURE_OF_MANY = 1.5
"""The structure that moves an effect most is named if its sides are so many half-widths apart: it is picked of many."""


@dataclass(frozen=True)
class Row:
    """A measure of a posture against its base as text, and whether that is better for the defence."""

    words: str
    base: str
    posture: str
    change: str
    range: str
    holds: str
    verdict: str


@dataclass(frozen=True)
class Turn:
    """A structure in which an effect has the other sign: whether it is in, and the effect in those states."""

    structure: str
    is_in: bool
    pair: Pair


# --- rows ------------------------------------------------------------------------------------------------
def rows(comparison: Comparison, posture: str) -> list[Row]:
    """The scorecard of a posture against the base."""
    pairs = [comparison.pair(posture, measure) for measure in shown(comparison)]
    return [replace(row_of(pair), verdict=verdict_in(comparison, pair)) for pair in pairs]


def carded(comparison: Comparison) -> Sequence[tuple[str, str]]:
    """(base, posture) of the rows of a card: each with the first, then the first pair of equal budgets."""
    return [*((comparison.names[0], name) for name in comparison.names[1:]), *comparison.equal[:1]]


def verdict_in(comparison: Comparison, pair: Pair) -> str:
    """Whether the change is better or worse for the defence; nothing is better for a mission that ends."""
    found = verdict(pair)
    return OPEN if found == BETTER and is_abandoned(comparison, pair.posture, pair.base) else found


def is_abandoned(comparison: Comparison, posture: str, base: str = "") -> bool:
    """Whether the mission ends with a posture more often than with its base: then what falls is no gain in security."""
    measure = next((name for name in LEFT if name in comparison.values[posture]), None)
    return measure is not None and comparison.pair(posture, measure, base).difference.low > 0


def shown(comparison: Comparison) -> list[str]:
    """The measures of the scorecard: of many postures the first alone."""
    each = max(2, LINES // (len(comparison.names) - 1))
    return [measure for measure in SCORECARD if each >= len(SCORECARD) - 1 or measure in FIRST[:each]]


def row_of(pair: Pair) -> Row:
    """A row, with as many digits as its means need."""
    before, after = (value_words(pair, each.mean) for each in (pair.base_value, pair.posture_value))
    told = range_of(pair), chance_of(pair), verdict(pair)
    return Row(SCORECARD[pair.measure], before, after, change_words(pair), *told)


def value_words(pair: Pair, value: float) -> str:
    """A mean of either posture."""
    return fixed(value, _digits(pair))


def range_of(pair: Pair) -> str:
    """`−22.1 to −8.0`: where nine states of ten lie; a dash where it is not known."""
    if pair.effect is None or math.isnan(pair.effect.low):
        return UNKNOWN
    low, high = (fixed(end, _digits(pair), sign=True) for end in (pair.effect.low, pair.effect.high))
    return f"{low} to {high}"


def change_words(pair: Pair) -> str:
    """`−14.1 ± 1.7`."""
    d, digits = pair.difference, _digits(pair)
    half = (d.high - d.low) / 2.0
    return fixed(d.mean, digits, sign=True) + ("" if math.isnan(half) else f"{_STAY}±{_STAY}{fixed(half, digits)}")


def chance_of(pair: Pair) -> str:
    """The share of states in which the sign of the mean holds; a dash where it is not known."""
    share = pair.sides.lower if pair.difference.mean < 0 else pair.sides.higher
    return UNKNOWN if math.isnan(share) else chance(share)


def verdict(pair: Pair) -> str:
    """Whether the change is better or worse for the defence; open if its sign isn't clear, or neither is good."""
    good = BY_NAME[pair.measure].better
    if not pair.difference.clear or not good:
        return OPEN
    return BETTER if pair.difference.mean * good > 0 else WORSE


def _digits(pair: Pair) -> int:
    largest = max(abs(pair.base_value.mean), abs(pair.posture_value.mean))
    return 0 if largest >= 1000 else 1 if largest >= 10 else 2


# --- sentences -------------------------------------------------------------------------------------------
def headline(comparison: Comparison, posture: str) -> str:
    """`Six against fourteen: 28% fewer rounds land, 51% more hits for every 100 convoys.`"""
    parts = [_headline_part(comparison.pair(posture, measure)) for measure in HEADLINE]
    ends = "the mission ends; " if is_abandoned(comparison, posture) else ""
    return f"{sentence(policy(posture))} against {policy(comparison.names[0])}: {ends}{', '.join(parts)}."


def _headline_part(pair: Pair) -> str:
    words, base = HEADLINE[pair.measure], pair.base_value.mean
    if not pair.difference.clear:
        return f"{SCORECARD[pair.measure]} not told apart"
    word = "fewer" if pair.difference.mean < 0 else "more"
    return f"{percent(abs(pair.difference.mean / base))} {word} {words}" if base else f"{word} {words}"


def sample(comparison: Comparison, ensemble: str, replicates: int) -> str:
    """Over what the answer is."""
    what = f"{comparison.sample} (ensemble {ensemble}) × {counted(replicates, 'replicate')}"
    return f"{what}. ±: 95% interval of the mean over states."


def equal_words(comparison: Comparison, pair: tuple[str, str]) -> str:
    """What the sites alone do, in a sentence."""
    base, posture = pair
    parts = [comparison.pair(posture, measure, base) for measure in EQUAL]
    words = ", ".join(f"{SCORECARD[each.measure]} {change_words(each)} ({verdict(each)})" for each in parts)
    return f"Same people and batteries ({posture} against {base}): {words}."


# --- what would turn it ----------------------------------------------------------------------------------
def turns(comparison: Comparison, included: Mapping[str, NDArray[np.bool_]]) -> Iterator[Turn]:
    """Structures with which, or without which, an effect of the scorecard has clearly the other sign."""
    whole = {key: comparison.pair(key[1], key[2], key[0]) for key in _keys(comparison)}
    for structure, is_in, some in sides_of(comparison, included):
        for (base, posture, measure), overall in whole.items():
            pair = some.pair(posture, measure, base)
            if overall.difference.mean * pair.difference.mean < 0 and _is_sure(pair):
                yield Turn(structure, is_in, pair)


def _keys(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    for base, posture in comparison.compared:
        yield from ((base, posture, measure) for measure in shown(comparison))


def _is_sure(pair: Pair) -> bool:
    d = pair.difference
    return abs(d.mean) > _SURE * (d.high - d.low) / 2.0


def turn_words(comparison: Comparison, included: Mapping[str, NDArray[np.bool_]]) -> str:
    """What would turn the answer, or how near any structure comes to that."""
    return f"What would turn it: {turned(comparison, included)}"


def turned(comparison: Comparison, included: Mapping[str, NDArray[np.bool_]]) -> str:
    """The same without its heading."""
    found = sorted(turns(comparison, included), key=lambda turn: -_strength(turn.pair))
    if found:
        return f"{'; '.join(_turn_words(turn, comparison) for turn in _of_each(found)[:3])}."
    known = [pair for pair in _pairs(comparison) if not math.isnan(pair.sides.lower)]
    if not known:
        return "no sign is known well enough to be turned."
    least = max(known, key=lambda pair: min(pair.sides.lower, pair.sides.higher))
    words = f"{_of(least, comparison)} in {chance_of(least)} of states{_hanging_on(least, comparison, included)}"
    return f"no structure alone. Least sure: {words}."


def _pairs(comparison: Comparison) -> Iterator[Pair]:
    yield from (comparison.pair(posture, measure, base) for base, posture, measure in _keys(comparison))


def _hanging_on(pair: Pair, comparison: Comparison, included: Mapping[str, NDArray[np.bool_]]) -> str:
    """` (+2.1 ± 0.4 if "…" is in, −1.0 ± 0.5 if out)`: what moves an effect most, if it does so for certain."""
    found: dict[str, dict[bool, Pair]] = {}
    for structure, is_in, some in sides_of(comparison, included):
        found.setdefault(structure, {})[is_in] = some.pair(pair.posture, pair.measure, pair.base)
    most = max(found, key=lambda name: _apart(found[name]), default=None)
    if most is None or not _apart(found[most]) > _SURE_OF_MANY:
        return ""
    inside, outside = (change_words(found[most][side]) for side in (True, False))
    return f' ({inside} if "{structure_title(most)}" is in, {outside} if out)'


def _apart(sides: Mapping[bool, Pair]) -> float:
    """How far the effects with and without a structure are apart, in half-widths of the interval of that."""
    halves = [(each.difference.high - each.difference.low) / 2.0 for each in sides.values()]
    apart = abs(sides[True].difference.mean - sides[False].difference.mean)
    return apart / width if (width := math.hypot(*halves)) else 0.0


def structure_title(structure: str) -> str:
    """A rival structure in words."""
    return {rival.name: rival.title for rival in load_rivals().structures}[structure]


def _strength(pair: Pair) -> float:
    """How many half-widths the effect is from 0; one that never varies is as sure as can be."""
    half = (pair.difference.high - pair.difference.low) / 2.0
    return abs(pair.difference.mean) / half if half else math.inf


def _of_each(found: Sequence[Turn]) -> list[Turn]:
    """The surest of each measure."""
    first: dict[tuple[str, str], Turn] = {}
    for turn in found:
        first.setdefault((turn.pair.posture, turn.pair.measure), turn)
    return list(first.values())


def _turn_words(turn: Turn, comparison: Comparison) -> str:
    """`convoy attacks rise (+4.1 ± 0.9) if "Bombs are laid on a tip-off" is out`."""
    side = "is in" if turn.is_in else "is out"
    return f'{_of(turn.pair, comparison)} ({change_words(turn.pair)}) if "{structure_title(turn.structure)}" {side}'


def _of(pair: Pair, comparison: Comparison) -> str:
    """`convoy attacks rise`, and with which posture where it is not clear."""
    verb = "fall" if pair.difference.mean < 0 else "rise"
    words = f"{SCORECARD[pair.measure]} {verb}"
    return (
        words
        if (pair.base, pair.posture) == comparison.names[:2] and len(comparison.names) == 2
        else (f"{words} with {policy(pair.posture)}")
    )
