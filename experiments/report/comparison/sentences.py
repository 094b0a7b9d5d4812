"""The answer of a comparison in sentences, by rule from its numbers: what falls, rises, what it costs, how sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from experiments.report.comparison import answer
from experiments.report.comparison.answer import HEADLINE, SCORECARD, WORSE
from experiments.report.style.words import listed, policy, sentence
from experiments.runs.comparison import Comparison, Pair
from sim.measures import BY_NAME
from sim.numbers import UNKNOWN, counted, percent_change, signed

WORDS = {
    **SCORECARD,
    "hits_per_100_convoys": "hits for every 100 convoys",
    "us_wounded": "US people wounded or killed",
    "drivers_wounded": "drivers wounded or killed",
    "detail_attacks": "bombs against foreign details",
}
"""Measures as a sentence names them."""
MOVES = tuple(measure for measure in WORDS if measure != "relation_mean")
"""What falls or rises: attacks and harm."""
COSTS: Mapping[str, str] = {
    "relation_mean": "relation of Washington and Baghdad (0 to 1)",
    "capital_mean": "Baghdad's political capital (0 to 1)",
    "embassy_days_lost": "days without an embassy",
    "closure_hours": "hours of closed areas",
    "site_hours_short": "hours of sites short of supply",
    "trucks_lost": "trucks lost",
    "civilian_harm": "civilians hurt by stray fire",
}
"""What a posture may be paid with, in words."""
_MOST = 4
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def title(comparison: Comparison) -> str:
    """The finding in a line."""
    measures = _headlined(comparison)
    if len(comparison.names) == 2 and set(measures) == set(HEADLINE):
        return answer.headline(comparison, comparison.names[1]).removesuffix(".")
    base, others = comparison.names[0], comparison.names[1:]
    who = policy(others[0]) if len(others) == 1 else f"{_number(len(others))} policies"
    parts = [f"{WORDS.get(m, _plain(m))} {_changes(_staying(comparison, m))}" for m in measures]
    return f"{sentence(who)} against {policy(base)}: {', '.join(parts)}"


def _headlined(comparison: Comparison) -> list[str]:
    there = comparison.values[comparison.names[0]]
    return [m for m in HEADLINE if m in there] or [m for m in MOVES if m in there][:2] or list(there)[:2]


def _plain(measure: str) -> str:
    return measure.replace("_", " ")


def _number(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)


def _against(comparison: Comparison, measure: str) -> list[Pair]:
    return [comparison.pair(name, measure) for name in comparison.names[1:]]


def _staying(comparison: Comparison, measure: str) -> list[Pair]:
    """Without policies that end the mission: what falls with these is no finding."""
    pairs = _against(comparison, measure)
    return [pair for pair in pairs if not answer.is_abandoned(comparison, pair.posture)] or pairs


def percent_of(pair: Pair) -> str:
    """The change in per cent of the base; in its own unit where the base has none of it."""
    base = abs(pair.base_value.mean)
    return percent_change(pair.difference.mean / base) if base else signed(pair.difference.mean)


def _changes(pairs: Sequence[Pair]) -> str:
    """`−28%`, or from the least change to the largest."""
    in_order = sorted(pairs, key=lambda pair: pair.difference.mean)
    ends = dict.fromkeys(percent_of(pair) for pair in (in_order[0], in_order[-1]))
    return " to ".join(ends)


# --- what moves ------------------------------------------------------------------------------------------
def sentences(comparison: Comparison, turns: str) -> Iterator[tuple[str, str]]:
    """Heading and sentence; `turns`: what would turn the answer, if that is known."""
    yield "Falls", _moves(comparison, -1)
    yield "Rises", _moves(comparison, 1)
    yield "Costs", _costs(comparison)
    ended = [policy(name) for name in comparison.names[1:] if answer.is_abandoned(comparison, name)]
    if ended:
        yield "Ends", f"the mission, with {listed(ended)}: attacks on people who have left are no gain in security."
    yield "How sure", _sure(comparison)
    if turns:
        yield "What would turn it", turns


def _moves(comparison: Comparison, sign: int) -> str:
    """What falls for certain, or rises, the most first."""
    found = []
    for measure in MOVES:
        if measure in comparison.values[comparison.names[0]]:
            moved = [p for p in _staying(comparison, measure) if p.difference.clear and p.difference.mean * sign > 0]
            if moved:
                found.append((_size(moved), f"{WORDS[measure]} {_changes(moved)}{_who(comparison, moved)}"))
    words = [words for _, words in sorted(found, key=lambda each: -each[0])[:_MOST]]
    return f"{listed(words)}." if words else "nothing for certain."


def _size(pairs: Sequence[Pair]) -> float:
    """The largest change as a share of the base."""
    return max((abs(p.difference.mean) / (abs(p.base_value.mean) or 1.0) for p in pairs), default=0.0)


def _who(comparison: Comparison, moved: Sequence[Pair]) -> str:
    """With which policies, where there are several."""
    others = len(comparison.names) - 1
    if others == 1:
        return ""
    if len(moved) == others:
        return " with all of them"
    if len(moved) > 2:
        return f" with {len(moved)} of {others}"
    return f" with {listed(policy(pair.posture) for pair in moved)}"


# --- what it costs, how sure ---------------------------------------------------------------------------
def _costs(comparison: Comparison) -> str:
    """What gets worse for certain of what a posture is paid with; of what is neither good nor bad, more of it."""
    there = [measure for measure in COSTS if measure in comparison.values[comparison.names[0]]]
    paid = {m: [pair for pair in _against(comparison, m) if _is_paid(pair)] for m in there}
    words = [f"{COSTS[m]} {_amounts(some)}{_who(comparison, some)}" for m, some in paid.items() if some]
    if words:
        return f"{listed(words)}."
    return f"nothing for certain of {listed(COSTS[m] for m in there[:4])}." if there else "not measured here."


def _is_paid(pair: Pair) -> bool:
    neutral = BY_NAME[pair.measure].better == 0
    return pair.difference.low > 0 if neutral else answer.verdict(pair) == WORSE


def _amounts(pairs: Sequence[Pair]) -> str:
    if len(pairs) == 1:
        return answer.change_words(pairs[0])
    values = sorted(pair.difference.mean for pair in pairs)
    return f"{signed(values[0])} to {signed(values[-1])}"


def _sure(comparison: Comparison) -> str:
    """In what share of the states, or pairs, the signs of the headline hold, and which sign is least sure."""
    measures = _headlined(comparison)
    shares = {m: _shares(_staying(comparison, m)) for m in measures}
    parts = [f"{WORDS.get(m, _plain(m))} in {share}" for m, share in shares.items() if share != UNKNOWN]
    if not parts:
        return "with one run in each state, shares of states are not known."
    if comparison.states is None:
        over = f"{counted(comparison.n, 'pair')} of runs at one point of the parameters (of others nothing is said)"
    else:
        over = f"{counted(comparison.n_states, 'state')} of the world"
    return f"the sign holds for {listed(parts)} of {over}."


def _shares(pairs: Sequence[Pair]) -> str:
    """The share in which a sign holds, from the least to the largest."""
    known = [pair for pair in pairs if answer.chance_of(pair) != UNKNOWN]
    in_order = sorted(known, key=lambda pair: max(pair.sides.lower, pair.sides.higher))
    ends = dict.fromkeys(answer.chance_of(pair) for pair in in_order[:1] + in_order[-1:])
    return " to ".join(ends) or UNKNOWN
