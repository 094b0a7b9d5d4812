"""The table of prior runs as an inference sees it: what would have been reported of each run, beside what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.studies.inference.draws import Table, held_places
from experiments.studies.prior_runs.table import PriorRuns
from experiments.studies.priors import Priors
from experiments.studies.reporting import figures, scaled, simulate_reports
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.targets import Target
from sim.statistics import Values


@dataclass(frozen=True)
class Reports:
    """Simulated reports of every run, with its draw, and what was reported, on the same scale (`reporting.scaled`)."""

    targets: tuple[Target, ...]
    table: Table
    observed: Values


def reports_of(runs: PriorRuns, targets: Sequence[Target], seed: int) -> Reports:
    """Each run gets a report of its own, with its error."""
    held = held_places(
        runs.included, rival_of(runs.priors, runs.rivals), [p.law == "choice" for p in runs.priors.priors]
    )
    summaries = scaled(simulate_reports(targets, runs, len(runs), seed), targets)
    table = Table(runs.unit, runs.included, summaries, held)
    return Reports(tuple(targets), table, scaled(figures(targets), targets))


def rival_of(priors: Priors, names: Sequence[str]) -> list[int]:
    """The rival that each parameter belongs to (its place among the names), −1 for none."""
    owner = {key: rival.name for rival in load_rivals().structures for key in rival.old}
    return [names.index(owner[key]) if owner.get(key) in names else -1 for key in priors.keys]
