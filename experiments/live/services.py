"""What the live page asks of the rest: words for events, the files of a run, a row of a results folder to open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from experiments.files import store
from experiments.files.columns import DAILY_FIELDS
from experiments.files.events import EVENT_FIELDS, event_cells
from experiments.files.scenario_file import scenario_files
from experiments.runs.one import run_one, write_manifest, write_tables
from experiments.runs.verify import Recorded, rows_of
from experiments.studies.targets import reported_quarters
from experiments.why.ledger import Event, ledger_of
from experiments.why.reasons import brief
from experiments.why.stories import Explanation, explain, what
from sim.errors import ConfigError, RunError
from sim.scenario import Scenario

Events: TypeAlias = NDArray[Any]  # dtype EVENT, from the start of the run
_ROW = "expected DIR/runs.csv:N, the row N (from 1) of a results folder"


# --- events in words -----------------------------------------------------------------------------------
def explain_event(scenario: Scenario, seed: int, events: Events, number: int) -> Explanation:
    """Event `number` (from 1) of a run that is under way, explained as `posture why` does it from files."""
    if not 1 <= number <= len(events):
        allowed = f"expected 1 to {len(events)}" if len(events) else "nothing has happened yet"
        raise ConfigError(None, "event", number, allowed)
    return explain(ledger_of(scenario, seed, events), number)


def log_rows(scenario: Scenario, seed: int, events: Events, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of the page's log, for the events with these numbers (from 1)."""
    ledger = ledger_of(scenario, seed, events)
    return [
        {
            "number": event.number,
            "hour": event.hours,
            "when": event.date_time.replace("T", " "),
            **{key: event.row[key] for key in ("kind", "actor", "target", "place")},
            "words": what(ledger, event),
        }
        for event in (ledger.events[number - 1] for number in numbers)
    ]


def events_of(scenario: Scenario, seed: int, events: Events, name: str) -> Iterator[tuple[int, str]]:
    """Number and words of each event of an agent, done by it or to it; the latest first."""
    every = ledger_of(scenario, seed, events).events
    found: Iterator[Event] = (every[n] for n in range(len(every) - 1, -1, -1))
    return ((event.number, brief(event)) for event in found if name in (event.actor, event.target))


# --- what was reported ---------------------------------------------------------------------------------
def reported_counts(scenario: Scenario) -> Mapping[str, tuple[str, tuple[int, ...]]]:
    """Series → source and counts of the quarters; nothing for a run with other quarters than those reported."""
    reported, posture = reported_quarters(), scenario.posture
    return reported.counts if reported.are((posture.start, posture.quarter_ends_days)) else {}


# --- files ---------------------------------------------------------------------------------------------
def save_run(scenario: Scenario, seed: int, folder: Path, command: Sequence[str]) -> list[str]:
    """Write the whole run to its last day into a folder that is there only when all is in it; names of the files.

    The tables are those of `posture run FOLDER/scenario.toml --seed SEED --daily --events`, byte for byte. A run that
    stops before its end is refused. `command` (without the program's name) goes into the manifest.
    """
    started = store.now()
    one = run_one(scenario, seed, events=True)
    if one.run is None:
        raise RunError(one.error)
    with store.whole_folder(folder) as part:
        files = write_tables(part, one, daily=True, events=True)
        for name, content in scenario_files(scenario).items():
            (part / name).parent.mkdir(exist_ok=True)
            (part / name).write_text(content, encoding="utf-8")
            files.append(name)
        write_manifest(part, one, command, started)
    return [*files, "manifest.json"]


def files_of(scenario: Scenario, seed: int, days: NDArray[Any], events: Events) -> dict[str, bytes]:
    """Name → content of what a run that is under way has so far, for download, and of its scenario."""
    tables = {
        "daily.csv": store.table_bytes(DAILY_FIELDS, store.daily_cells(scenario, seed, days)),
        "events.csv": store.table_bytes(EVENT_FIELDS, event_cells(scenario, seed, events)),
    }
    return tables | {name: content.encode() for name, content in scenario_files(scenario).items()}


# --- a row of a results folder -------------------------------------------------------------------------
@dataclass(frozen=True)
class OpenedRow:
    """A run of a results folder: what to watch, what was recorded of it, and a warning ("" for none)."""

    scenario: Scenario
    seed: int
    row: int
    digest: str
    replay: str
    warning: str


def open_row(text: str) -> OpenedRow:
    """The run of `DIR/runs.csv:N`; rows count from 1, as in `posture verify`."""
    folder, number = _row_of(text)
    rows = rows_of(folder)
    if not 1 <= number <= len(rows):
        allowed = f"expected 1 to {len(rows)}" if rows else "there are no runs in this file"
        raise ConfigError(folder / "runs.csv", "row", number, allowed)
    row = rows[number - 1]
    if row["status"] != "ok":
        raise ConfigError(folder / "runs.csv", "row", number, f"expected a run that went well: {row.get('error')}")
    try:
        recorded = Recorded(folder)
        scenario, seed, replay = recorded(row), int(row["seed"]), row.get("replay") or recorded.command
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        allowed = f"expected a row of which the manifest of its folder says the rest ({type(error).__name__})"
        raise ConfigError(folder / "runs.csv", "row", number, allowed) from error
    warning = "" if recorded.same_rules else "Made with other rules than those here: the run may differ from its row."
    return OpenedRow(scenario, seed, number, row["digest"], replay, warning)


def _row_of(text: str) -> tuple[Path, int]:
    """Folder and number of a row."""
    file, colon, number = text.rpartition(":")
    if not colon or not (number.isascii() and number.isdigit()) or Path(file).name != "runs.csv":
        raise ConfigError(None, "--row", text, _ROW)
    return Path(file).parent, int(number)
