"""Pairs of postures with equal budgets: what the sites alone do, without the people and batteries that go with them.

A posture NAME has a partner, `equal_NAME`, where there is a posture of that name on the same sites. Partners are
compared beside the postures that they stand for if both have as many people and batteries, and those two have not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.config_files import names
from sim.scenario import Scenario

PREFIX = "equal_"


def partners(
    words: Sequence[str], scenarios: Sequence[Scenario], load: Callable[[Sequence[str]], list[Scenario]]
) -> tuple[list[Scenario], list[tuple[str, str]]]:
    """Which scenarios are to be run beside those named by some words, and which labels are a pair (base, posture)."""
    found = {s.label: _partner(word, s, load) for word, s in zip(words, scenarios, strict=True)}
    base, *others = scenarios
    pairs = [(found[base.label], found[o.label]) for o in others if _budget(o) != _budget(base)]
    kept = [(a, b) for a, b in pairs if a and b and _budget(a) == _budget(b)]
    beside = {s.label: s for pair in kept for s in pair if s.label not in found}
    return list(beside.values()), [(a.label, b.label) for a, b in kept]


def _partner(word: str, scenario: Scenario, load: Callable[[Sequence[str]], list[Scenario]]) -> Scenario | None:
    """The partner, with the same responses and changes; None if there is none on the same sites."""
    if PREFIX + scenario.name not in names("postures") or not word.startswith(scenario.name):
        return None
    (partner,) = load([PREFIX + word])
    return partner if _sites(partner) == _sites(scenario) else None


def _sites(scenario: Scenario) -> set[str]:
    return {site.name for site in scenario.posture.sites}


def _budget(scenario: Scenario) -> tuple[int, int]:
    sites = scenario.posture.sites
    return sum(site.people for site in sites), sum(site.batteries for site in sites)
