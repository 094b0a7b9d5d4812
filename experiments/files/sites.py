"""`sites.csv`: fire on each site of the theatre, and in how many runs it is fired at at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.states import States, state_means
from sim.rules.events import FIRE
from sim.statistics import Values, intervals, no_intervals, share_interval
from sim.theatre import Theatre


def fire_on_sites(events: NDArray[Any], theatre: Theatre) -> Values:
    """Fire attacks on each site of the theatre, in its order, among the events of a run (dtype EVENT)."""
    targets = events["target"][events["kind"] == FIRE].astype(np.int64)
    return np.bincount(targets, minlength=len(theatre.config.sites)).astype(np.float64)


@dataclass(frozen=True)
class SiteFire:
    """Fire on sites under a scenario: `counts` is runs × sites of the theatre; `held` names those of the posture.

    Runs in states of the world say in which.
    """

    scenario: str
    theatre: Theatre
    held: frozenset[str]
    counts: Values
    states: States | None = None

    @cached_property
    def means(self) -> Values:
        """Fire by site and state; of runs at one point, by site and run."""
        return state_means(self.counts.T, self.states)

    @property
    def sites(self) -> list[str]:
        """Names, in the order of the theatre."""
        return [site.name for site in self.theatre.config.sites]


def site_columns(scenarios: Sequence[SiteFire]) -> list[NDArray[Any]]:
    """The columns of `sites.csv`; the first scenario is the base, runs of the same place are pairs."""
    parts = [_columns(scenarios[0], scenario) for scenario in scenarios]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _columns(base: SiteFire, scenario: SiteFire) -> Iterator[NDArray[Any]]:
    yield np.full(len(scenario.sites), scenario.scenario)
    yield np.array(scenario.sites)
    yield np.array([site.title for site in scenario.theatre.config.sites])
    yield np.array([float(name in scenario.held) for name in scenario.sites])
    yield from np.hstack([intervals(scenario.means), _differences(base, scenario), _shares(scenario)]).T
    yield np.full(len(scenario.sites), scenario.means.shape[1])


def _differences(base: SiteFire, scenario: SiteFire) -> Values:
    """Scenario − base by site; none for the base itself, and for a site that the base's theatre does not have."""
    found = no_intervals(len(scenario.sites))
    if scenario is not base:
        rows = [n for n, name in enumerate(scenario.sites) if name in base.sites]
        theirs = [base.sites.index(scenario.sites[n]) for n in rows]
        found[rows] = intervals(scenario.means[rows] - base.means[theirs])
    return found


def _shares(scenario: SiteFire) -> Values:
    """Of the runs those in which each site is fired at (sites × share, low, high).

    Runs of a state are more alike than those of different ones: the interval is then over states, by t.
    """
    hit = np.asarray(scenario.counts > 0)
    if scenario.states is not None:
        return np.clip(intervals(state_means(hit.T.astype(np.float64), scenario.states)), 0.0, 1.0)
    runs = [int(n) for n in np.count_nonzero(hit, axis=0)]
    return np.array([[s.mean, s.low, s.high] for s in (share_interval(n, len(hit)) for n in runs)])
