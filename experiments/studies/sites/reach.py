"""Each site of a posture over draws of the priors: can a cell fire at it, and did one?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.sites import fire_on_sites
from experiments.studies.priors import Priors
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import SitesSizes
from sim.draws import replicate_seed
from sim.engine import Batch
from sim.reach import sites_out_of_reach
from sim.scenario import Scenario, load_scenario
from sim.statistics import Interval, Values, mean_interval, share_interval
from sim.world import build_world

STAGE = "fire on sites"


@dataclass(frozen=True)
class FireAndReach:
    """The output of a run: fire attacks on each site of the theatre, and whether a cell can fire at it (2 × sites)."""

    name: str = "fire_and_reach"
    events: bool = True

    def reduce(self, scenario: Scenario, batch: Batch, k: int) -> NDArray[Any]:
        """The two rows of run k of a batch; a site that is not held counts as reached by none."""
        beyond, held = sites_out_of_reach(scenario, build_world(scenario)[0]), held_by(scenario)
        reached = [site.name in held and site.name not in beyond for site in scenario.theatre.config.sites]
        return np.stack([fire_on_sites(batch.events[k], scenario.theatre), np.array(reached, np.float64)])


def held_by(scenario: Scenario) -> list[str]:
    """The sites of a posture."""
    return [plan.name for plan in scenario.posture.sites]


@dataclass(frozen=True)
class SiteOverPrior:
    """A site of a posture: `reached` is a share of the draws, `fired` the number of those with any fire at it."""

    posture: str
    site: str
    title: str
    reached: float
    fired: int
    n: int
    share: Interval
    attacks: Interval


@dataclass(frozen=True)
class SitesFound:
    """The sites in the order of the theatre; draws whose run failed are left out and counted."""

    sites: list[SiteOverPrior]
    left_out: int


def sites_over_prior(priors: Priors, sizes: SitesSizes, runner: StudyRunner) -> SitesFound:
    """A run for each draw, with streams of its own."""
    scenario, points = load_scenario(sizes.posture), priors.sample(sizes.draws, runner.seed)
    seeds = [replicate_seed(runner.seed, n) for n in range(len(points))]
    rows = np.array(runner.reduce(STAGE, scenario, points, seeds, FireAndReach()))
    whole = rows[np.isfinite(rows).all(axis=(1, 2))]
    held = held_by(scenario)
    found = [
        _site(scenario.name, site.name, site.title, whole[:, :, j])
        for j, site in enumerate(scenario.theatre.config.sites)
        if site.name in held
    ]
    return SitesFound(found, len(rows) - len(whole))


def _site(posture: str, name: str, title: str, draws: Values) -> SiteOverPrior:
    """One site, from its attacks and reach in each draw (draws × 2)."""
    attacks, reached = draws.T
    fired, n = int(np.count_nonzero(attacks)), len(attacks)
    share, mean = share_interval(fired, n), mean_interval(attacks)
    return SiteOverPrior(posture, name, title, float(reached.mean()), fired, n, share, mean)
