"""A single run, its tables and its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.files.columns import DAILY_FIELDS, RUN_FIELDS
from experiments.files.finished import finish
from experiments.files.labels import responses_of
from experiments.files.manifest import manifest
from sim.engine import Run, simulate, simulate_many
from sim.errors import RunError
from sim.measures import MEASURES
from sim.scenario import Scenario
from sim.schedule import Block


@dataclass(frozen=True)
class OneRun:
    """One run of a scenario; `run` is None if it stopped early, and `error` says why."""

    scenario: Scenario
    seed: int
    run: Run | None
    error: str = ""

    @property
    def digest(self) -> str:
        """The digest of the run; empty if it failed."""
        return self.run.digest if self.run else ""

    @property
    def measures(self) -> dict[str, float]:
        """Every measure; NaN if it failed."""
        return self.run.measures if self.run else {measure.name: float("nan") for measure in MEASURES}

    @property
    def status(self) -> str:
        """`ok` or `failed`."""
        return "ok" if self.run else "failed"


def run_one(scenario: Scenario, seed: int, *, events: bool = False, world: Block | None = None) -> OneRun:
    """Run a scenario once, in its world if that was built already."""
    try:
        return OneRun(scenario, seed, simulate(scenario, seed, events=events, world=world))
    except RunError as error:
        return OneRun(scenario, seed, None, str(error))


def warm_up(scenario: Scenario) -> None:
    """Compile everything that runs need, with one short run."""
    simulate_many(scenario.with_changes({"days": 1}), [0])


def write_tables(folder: Path, one: OneRun, *, daily: bool, events: bool) -> list[str]:
    """Write the tables of a run; their names. One that failed has no days and no events."""
    # Here, for they import pyarrow: a run that writes nothing starts a tenth sooner.
    from experiments.files.daily import daily_columns
    from experiments.files.events import EVENT_FIELDS, event_columns
    from experiments.files.tables import write_columns, write_table

    scenario, run = one.scenario, one.run
    keys = [scenario.name, responses_of(scenario), None, one.seed, one.status, one.error, one.digest]
    write_table(folder / "runs.csv", RUN_FIELDS, [[*keys, *one.measures.values()]])
    wanted: dict[str, Any] = {}
    if run and daily:
        wanted["daily.csv"] = DAILY_FIELDS, [scenario.name, None, one.seed, *daily_columns(scenario, run.days[None])]
    if run and events:
        wanted["events.csv"] = (
            EVENT_FIELDS,
            [scenario.name, one.seed, *event_columns(scenario, run.events, [len(run.events)])],
        )
    for name, (fields, columns) in wanted.items():
        write_columns(folder / name, fields, columns)
    return ["runs.csv", *wanted]


def write_manifest(folder: Path, one: OneRun, command: Sequence[str], started: str, files: Sequence[str]) -> None:
    """Write `manifest.json`, last; `command` is what was typed behind the program's name."""
    counts = {"postures": 1, "replicates": 1, "runs": 1, "failed": int(one.run is None)}
    finish(folder, manifest(command, [one.scenario], one.seed, counts, started), files)
