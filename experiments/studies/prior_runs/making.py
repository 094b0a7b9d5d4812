"""The table made: draws in blocks through the engine room, so that memory is that of a block."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from experiments.files.whole import results_folder
from experiments.runs.plan import structure
from experiments.runs.room import locked
from experiments.studies.mixture import draw_points
from experiments.studies.prior_runs.counting import COUNTED, DailyCounts
from experiments.studies.prior_runs.store import BLOCK, FILE, Block, Origin, load_prior_runs, origin_of, writing
from experiments.studies.prior_runs.table import PriorRuns
from experiments.studies.priors import Priors
from experiments.studies.runner import StudyRunner, seeds_of
from experiments.studies.structures.rivals import load_rivals
from sim.errors import ConfigError
from sim.measures import quarters_covered
from sim.scenario import Scenario

STAGE = "runs of the prior"
_SEEDS_APART = 77
"""Streams of these runs belong to them alone."""


@dataclass(frozen=True)
class Draws:
    """What is to be run: `n` draws of priors in a scenario, and the seed of it all."""

    scenario: Scenario
    priors: Priors
    n: int
    seed: int

    def empty(self) -> PriorRuns:
        """All draws with the seeds of their runs, before anything was counted."""
        rivals = load_rivals().within(self.priors.keys)
        unit, included = draw_points(self.priors, rivals, self.n, self.seed)
        names = tuple(rival.name for rival in rivals)
        start = self.scenario.posture.start
        seeds = seeds_of(self.seed, _SEEDS_APART, n=self.n).astype(np.uint64)
        return PriorRuns(self.priors, unit, names, included, start, {}, seeds)

    def origin(self) -> Origin:
        """What its table comes from."""
        names = tuple(rival.name for rival in load_rivals().within(self.priors.keys))
        return Origin(
            rules=rules_of(self.scenario),
            priors=self.priors.model_dump_json(),
            rivals=names,
            columns=COUNTED,
            start=self.scenario.posture.start,
            days=self.scenario.days,
            seed=self.seed,
            draws=self.n,
        )


def rules_of(scenario: Scenario) -> str:
    """A name for rules, posture, theatre, responses, calendar and parameters: all but the length of runs."""
    content = structure(scenario) + scenario.parameters.model_dump_json().encode()
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def make(runner: StudyRunner, draws: Draws) -> PriorRuns:
    """Run what is missing, and write the table into the runner's folder. Runs that failed are left out of it."""
    path = runner.folder / FILE
    with writing(path, draws.origin()) as writer:
        for block in _blocks(runner, draws):
            writer.write(block)
    return load_prior_runs(path.parent)


def table_in(folder: Path | None, wanted: Draws, runner: StudyRunner) -> PriorRuns:
    """The table in a folder (None: the runner's own), made if it is not there.

    One that is there may have other draws, but must be of the same rules, scenario and priors.
    """
    place = folder or runner.folder
    if (place / FILE).is_file():
        differs = differing(origin_of(place / FILE), wanted)
        if not differs and (folder or origin_of(place / FILE) == wanted.origin()):
            return _kept(place, wanted, runner, own=folder is None)
        if folder:
            allowed = f"it must be a table of the same {differs}: posture prior-runs makes one"
            raise ConfigError(None, "--prior-runs", str(folder), allowed)
    if folder is None:
        return make(runner, wanted)
    with locked(results_folder(folder)):
        return make(replace(runner, folder=folder), wanted)


def _kept(place: Path, wanted: Draws, runner: StudyRunner, *, own: bool) -> PriorRuns:
    """A table that is there; the runs of the runner's own are those of a command that was stopped, and are its."""
    table = load_prior_runs(place)
    if own:
        runner.ran_before(STAGE, wanted.scenario, wanted.n, wanted.n - len(table))
    return table


def table_runs(folder: Path | None, draws: int) -> dict[str, int]:
    """The runs of a table of so many draws; none if it is in the folder that was given."""
    return {} if folder and (folder / FILE).is_file() else {STAGE: draws}


def table_files(folder: Path | None) -> tuple[str, ...]:
    """The file of the table, unless it has a folder of its own."""
    return () if folder else (FILE,)


def differing(origin: Origin, wanted: Draws) -> str:
    """What of a table is not as it would be made now, in words; "" if all is."""
    mine = wanted.origin()
    pairs = {
        "rules, posture and calendar": origin.rules == mine.rules,
        "first day": origin.start == mine.start,
        "length": origin.days >= mine.days,
        "priors": laws_of(origin.priors) == laws_of(mine.priors),
        "rivals": origin.rivals == mine.rivals,
    }
    return " and ".join(name for name, same in pairs.items() if not same)


def laws_of(priors: str) -> list[dict[str, Any]]:
    """Keys and laws of priors given as JSON: what moves a draw."""
    law = ("key", "law", "low", "high", "alpha", "beta", "values")
    return [{name: prior.get(name) for name in law} for prior in json.loads(priors)["priors"]]


def _blocks(runner: StudyRunner, draws: Draws) -> Iterator[Block]:
    """The draws with their counts."""
    table, output = draws.empty(), DailyCounts()
    for first in range(0, len(table), BLOCK):
        rows = np.arange(first, min(first + BLOCK, len(table)))
        found = runner.rows(STAGE, draws.scenario, table.points(rows), table.seeds[rows].astype(np.int64), output)
        good = rows[[row is not None for row in found]]
        counts = np.stack([output.unpacked(row) for row in found if row is not None])
        yield Block(table.seeds[good], table.unit[good], table.included[good], counts)


@dataclass(frozen=True)
class Made:
    """The table as a study of its own: `measures` are those of its summary."""

    draws: Draws
    measures: tuple[str, ...]
    runs: PriorRuns
    path: Path

    def quarters(self) -> list[tuple[date, date]]:
        """First and last day of each quarter that the runs reach."""
        ends = [0, *quarters_covered(self.draws.scenario.posture.quarter_ends_days, self.runs.days)]
        if ends[-1] < self.runs.days:
            ends.append(self.runs.days)
        first = self.runs.start
        return [(first + timedelta(days=a), first + timedelta(days=b - 1)) for a, b in pairwise(ends)]


def made_of(draws: Draws, measures: tuple[str, ...], runner: StudyRunner) -> Made:
    """The study."""
    return Made(draws, measures, make(runner, draws), runner.folder / FILE)
