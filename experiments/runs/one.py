"""The files of a single run: its tables and its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.files import store
from experiments.files.columns import DAILY_FIELDS, RUN_FIELDS
from experiments.files.events import EVENT_FIELDS, event_cells
from experiments.runs.row import Row
from sim.engine import Run
from sim.scenario import Scenario


def write_tables(folder: Path, row: Row, run: Run | None, daily: bool, events: bool) -> list[str]:
    """Write the tables of a run (None: it failed); their names."""
    tables: dict[str, Any] = {"runs.csv": (RUN_FIELDS, [store.run_cells(row)])}
    if run and daily:
        tables["daily.csv"] = (DAILY_FIELDS, store.daily_cells(run.scenario, run.seed, run.days))
    if run and events:
        tables["events.csv"] = (EVENT_FIELDS, event_cells(run.scenario, run.seed, run.events))
    for name, (fields, rows) in tables.items():
        store.write_table(folder / name, fields, rows)
    return list(tables)


def write_manifest(folder: Path, scenario: Scenario, row: Row, command: Sequence[str], started: str) -> None:
    """Write `manifest.json`; `command` is what was typed behind the program's name."""
    counts = {"postures": 1, "replicates": 1, "runs": 1, "failed": int(bool(row.error))}
    store.write_json(folder / "manifest.json", store.manifest(command, [scenario], row.seed, counts, started))
