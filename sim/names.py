"""Readable names of the agents, in the order of their rows. Their hashes are the `who` of the named draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sim.scenario import Scenario


def agent_names(scenario: Scenario) -> dict[str, list[str]]:
    """Names by kind of agent; convoys come and go and are named by `convoy_name`."""
    config = scenario.theatre.config
    return {
        "sites": [site.name for site in config.sites],
        "washington": ["Washington"],
        "baghdad": ["Baghdad"],
        "factions": [faction.name for faction in config.factions],
        "cells": [name for faction in config.factions for name in _numbered(faction.name, faction.cells)],
        "units": _unit_names(scenario),
        "details": [name for r in config.detail_routes for name in _numbered(f"detail/{r.start}", {r.to: r.count})],
    }


def convoy_name(site: str, number: int) -> str:
    """A convoy is named by the site it was ordered for and its running number there."""
    return f"convoy/{site}/{number}"


def _numbered(first: str, counts: dict[str, int]) -> Iterator[str]:
    """`first/place/0`, `first/place/1`, … for each place in alphabetical order."""
    return (f"{first}/{place}/{k}" for place, n in sorted(counts.items()) for k in range(n))


def _unit_names(scenario: Scenario) -> list[str]:
    """Units of a role at a place are numbered through, whatever garrison they belong to."""
    seen: Counter[tuple[str, str]] = Counter()
    names = []
    for garrison in scenario.theatre.config.garrisons:
        for place, n in sorted(garrison.units.items()):
            for _ in range(n):
                names.append(f"{garrison.role}/{place}/{seen[garrison.role, place]}")
                seen[garrison.role, place] += 1
    return names
