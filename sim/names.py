"""Readable names of the agents, in the order of their rows, and of a cell's options.

The hashes of agents' names are the `who` of the named draws.
"""

from __future__ import annotations

import numpy as np

from sim.errors import ConfigError
from sim.scenario import Scenario
from sim.state import DRONE, Row
from sim.theatre_config import AGENT_ROWS


def agent_names(scenario: Scenario) -> dict[str, list[str]]:
    """Names by kind of agent; convoys come and go and are named by `convoy_name`."""
    return {kind: [str(row[0]) for row in rows(scenario.theatre.config)] for kind, rows in AGENT_ROWS.items()}


def convoy_name(site: str, number: int) -> str:
    """A convoy is named by the site it was ordered for and its running number there."""
    return f"convoy/{site}/{number}"


def option_names(scenario: Scenario) -> list[str]:
    """What the options of a cell are called, by their numbers; those of sites that the theatre lacks have no name."""
    sites = [site.name for site in scenario.theatre.config.sites]
    none = [""] * (DRONE - len(sites))
    by_site = [f"rockets at {site}" for site in sites] + none + [f"drone at {site}" for site in sites] + none
    return [*by_site, "bomb against a convoy", "bomb against a foreign detail", "wait"]


def check_names(world: Row, *kinds: str) -> None:
    """Two agents or orders of a kind with the same word would share their draws."""
    for kind in kinds:
        words = world[kind]["name"][: world[f"n_{kind}"]]
        if len(np.unique(words)) != len(words):
            raise ConfigError(None, kind, "names", "two have the same hash: rename a place, a faction or a response")
