"""The question that a page asks, from what it runs."""

from __future__ import annotations

from collections.abc import Sequence

from sim.scenario import Scenario

# fmt: off
WORDS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen",
)
# fmt: on


def question_of(scenarios: Sequence[Scenario]) -> str:
    """What two runs, or one, are to show."""
    first, *other = scenarios
    if not other:
        return f"{sites(first).capitalize()} under fire: what gets through, and what do the roads and the relation pay?"
    one, two = sites(first), sites(other[0])
    if one == two:
        return f"{first.label} or {other[0].label}: which loses less, to fire, on the roads and in the relation?"
    few, many = sorted((first, other[0]), key=n_sites)
    return f"Does standing on {sites(few)} instead of {spelt(n_sites(many))} move attacks to the convoys?"


def n_sites(scenario: Scenario) -> int:
    """Sites held at the start."""
    return len(scenario.posture.sites)


def sites(scenario: Scenario) -> str:
    """`six sites`."""
    n = n_sites(scenario)
    return f"{spelt(n)} site{'' if n == 1 else 's'}"


def spelt(n: int) -> str:
    """A small number as a word."""
    return WORDS[n] if n < len(WORDS) else str(n)
