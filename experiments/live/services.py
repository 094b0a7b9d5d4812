"""What the live page asks of the rest: words for events, the files of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import DAILY_FIELDS
from experiments.files.daily import daily_columns
from experiments.files.events import EVENT_FIELDS, event_columns
from experiments.files.manifest import now
from experiments.files.scenario_file import scenario_files
from experiments.files.tables import columns_bytes
from experiments.files.whole import whole_folder
from experiments.runs.one import run_one, write_manifest, write_tables
from experiments.studies.targets import reported_quarters
from experiments.why.event_log import event_log_of
from experiments.why.reasons import brief
from experiments.why.stories import Explanation, explain, what
from sim.errors import ConfigError, RunError
from sim.scenario import Scenario

Events: TypeAlias = NDArray[Any]  # dtype EVENT, from the start of the run


# --- events in words -----------------------------------------------------------------------------------
def explain_event(scenario: Scenario, seed: int, events: Events, number: int) -> Explanation:
    """Event `number` (from 1) of a run that is under way, explained as `posture why` does it from files."""
    if not 1 <= number <= len(events):
        allowed = f"it must be 1 to {len(events)}" if len(events) else "nothing has happened yet"
        raise ConfigError(None, "event", number, allowed)
    return explain(event_log_of(scenario, seed, events), number)


def log_rows(scenario: Scenario, seed: int, events: Events, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of the page's log, for the events with these numbers (from 1)."""
    log = event_log_of(scenario, seed, events[np.array(numbers, np.int64) - 1])
    return [
        {
            "number": number,
            "hour": event.hours,
            "when": event.date_time.replace("T", " "),
            **{key: event.row[key] for key in ("kind", "actor", "target", "place")},
            "words": what(log, event),
        }
        for number, event in zip(numbers, log.events, strict=True)
    ]


def events_of(scenario: Scenario, seed: int, events: Events, name: str) -> Iterator[tuple[int, str]]:
    """Number and words of each event of an agent, done by it or to it; the latest first."""
    every = reversed(event_log_of(scenario, seed, events).events)
    return ((event.number, brief(event)) for event in every if name in (event.actor, event.target))


# --- what was reported ---------------------------------------------------------------------------------
def reported_counts(scenario: Scenario) -> Mapping[str, tuple[str, tuple[int, ...]]]:
    """Series → source and counts of the quarters; nothing for a run with other quarters than those reported."""
    reported, posture = reported_quarters(), scenario.posture
    return reported.counts if reported.are((posture.start, posture.quarters)) else {}


# --- files ---------------------------------------------------------------------------------------------
def save_run(scenario: Scenario, seed: int, folder: Path, command: Sequence[str]) -> list[str]:
    """Write the whole run to its last day into a folder that is there only when all is in it; names of the files.

    The tables are those of `posture run FOLDER/scenario.toml --seed SEED --daily --events`, byte for byte. A run that
    stops before its end is refused. `command` (without the program's name) goes into the manifest.
    """
    started = now()
    one = run_one(scenario, seed, events=True)
    if one.run is None:
        raise RunError(one.error)
    with whole_folder(folder) as part:
        files = write_tables(part, one, daily=True, events=True)
        for name, content in scenario_files(scenario).items():
            (part / name).parent.mkdir(exist_ok=True)
            (part / name).write_text(content, encoding="utf-8")
            files.append(name)
        write_manifest(part, one, command, started, files)
    return [*files, "manifest.json"]


def files_of(scenario: Scenario, seed: int, days: NDArray[Any], events: Events) -> dict[str, bytes]:
    """Name → content of what a run that is under way has so far, for download, and of its scenario."""
    tables = {
        "daily.csv": (DAILY_FIELDS, [scenario.name, None, seed, *daily_columns(scenario, days[np.newaxis])]),
        "events.csv": (EVENT_FIELDS, [scenario.name, seed, *event_columns(scenario, events, [len(events)])]),
    }
    texts = {name: content.encode() for name, content in scenario_files(scenario).items()}
    return {name: columns_bytes(*table) for name, table in tables.items()} | texts
