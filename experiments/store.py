"""Results on disk: what the columns are, and files that are whole or not there.

A column's name carries its unit, unless it counts things (rounds, people, trucks …) or says the unit already.
"""

from __future__ import annotations

import csv
import json
import math
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sim
from sim.errors import ConfigError
from sim.measures import MEASURES, TALLY, Measure
from sim.names import agent_names, convoy_name

if TYPE_CHECKING:
    from experiments.compare import Comparison, Pair
    from experiments.runner import Row
    from sim.engine import Run
    from sim.scenario import Scenario

FORMAT_VERSION = 1
COUNTED = ("1", "round", "burst", "shell", "person", "truck", "site", "battery", "cell")


@dataclass(frozen=True)
class Field:
    """A column: name, unit (1: a number without unit; empty: text), meaning, how a run is reduced to it."""

    name: str
    unit: str
    meaning: str
    how: str = ""


# --- columns -------------------------------------------------------------------------------------------
def column_name(name: str, unit: str) -> str:
    """`cargo_sent` in t is `cargo_sent_t`; `rounds_fired` and `lowest_supply_days_mean` stay as they are."""
    word = unit.replace("/", "_per_").replace(" ", "_")
    if unit in COUNTED or f"{word}s" in name or name.endswith(f"_{word}"):
        return name
    return f"{name}_{word}"


_POSTURE = Field("posture", "", "name of the posture")
_SEED = Field("seed", "1", "run seed: `posture run POSTURE --seed SEED` repeats the run")
_REPLICATE = Field("replicate", "1", "number of the replicate, from 0; empty for a single run")
RUN_KEYS: tuple[Field, ...] = (
    _POSTURE,
    Field("responses", "", "names of the responses in force, joined by +; empty for none"),
    _REPLICATE,
    _SEED,
    Field("status", "", "ok or failed"),
    Field("error", "", "why the run failed; empty if it did not"),
    Field("digest", "", "sixteen hex digits that name the whole trajectory"),
)
_LEVELS = {column.name for column in TALLY if column.level}


def _reduction(measure: Measure) -> str:
    """How days become the measure, in words."""
    if measure.how.startswith("quarter"):
        return f"total of {measure.how}"
    if measure.columns[0] not in _LEVELS:
        return "total over the run"
    return {"end": "value of the last day", "mean": "mean over the days", "lowest": "lowest of the days"}[measure.how]


RUN_FIELDS: tuple[Field, ...] = (
    *RUN_KEYS,
    *(Field(column_name(m.name, m.unit), m.unit, m.meaning, _reduction(m)) for m in MEASURES),
)
DAILY_FIELDS: tuple[Field, ...] = (
    _POSTURE,
    _REPLICATE,
    _SEED,
    Field("day", "day", "day of the run, from 1"),
    Field("date", "", "calendar date"),
    *(
        Field(
            column_name(c.name, c.unit),
            c.unit,
            c.meaning,
            "end of the day" if c.level else "total since the start",
        )
        for c in TALLY
    ),
)
EVENT_VALUE_FIELDS: tuple[Field, ...] = (
    Field("hazard_per_day", "1/day", "hazard of an operation, as the cell felt it"),
    Field("utility", "utility", "utility of the chosen option"),
    Field("expected_success", "1", "success that the cell expected of it"),
    Field("other_utility", "utility", "utility of the best option not chosen; empty if there was none"),
    Field("rounds", "round", "rounds or drones fired"),
    Field("inside", "round", "of these, on course to land inside the perimeter"),
    Field("engaged", "round", "of these, engaged by C-RAM"),
    Field("intercepted", "round", "of these, destroyed"),
    Field("leaked", "round", "rounds that landed inside"),
    Field("drone", "1", "1 for a drone, 0 for rockets"),
    Field("effect", "1", "1 if the bomb had an effect, 0 if none"),
    Field("convoy", "1", "running number of the convoy among those of its site"),
    Field("trucks_lost", "truck", "trucks lost"),
    Field("wounded", "person", "people wounded, the dead included"),
    Field("killed", "person", "people killed"),
    Field("caught", "1", "1 if the raid caught the cell"),
    Field("warned", "1", "1 if the cell was warned"),
    Field("gone", "1", "1 if the cell had left before the raid"),
    Field("people", "person", "people who moved to the next site"),
    Field("people_left", "person", "people who left the theatre"),
    Field("batteries", "battery", "C-RAM batteries moved or delivered"),
    Field("trucks", "truck", "trucks that turned back"),
    Field("cargo_t", "t", "cargo that turned back"),
)
EVENT_FIELDS: tuple[Field, ...] = (
    _POSTURE,
    _SEED,
    Field("event", "1", "number of the event in the run, from 1"),
    Field("hour", "hour", "hours since the start"),
    Field("date_time", "", "calendar date and hour at its start, ISO 8601"),
    Field("kind", "", "kind of event"),
    Field("actor", "", "who did it"),
    Field("target", "", "against whom or what; for an operation, the option chosen"),
    Field("place", "", "name of the square; empty on the open road"),
    Field("x_km", "km", "the square's position east of Baghdad's centre"),
    Field("y_km", "km", "the square's position north of Baghdad's centre"),
    *EVENT_VALUE_FIELDS,
)
_MEAN, _BOUND = "mean over the pairs", "bound of the 95% t interval of the mean"


def _interval_fields(who: str, words: str) -> Iterator[Field]:
    for part in ("mean", "low", "high"):
        yield Field(f"{who}_{part}", "of the row", f"{words}, {part}", _MEAN if part == "mean" else _BOUND)


COMPARISON_FIELDS: tuple[Field, ...] = (
    Field("measure", "", "name of the measure"),
    Field("unit", "", "unit of the numbers of this row (1: a number without unit)"),
    Field("base", "", "the first posture named"),
    Field("posture", "", "the posture compared with the base"),
    *_interval_fields("base", "the base"),
    *_interval_fields("posture", "the posture"),
    *_interval_fields("difference", "posture − base, paired"),
    Field("p_lower", "1", "chance that the posture is lower in a pair", "share of pairs lower + half the ties"),
    Field("pairs", "1", "pairs of finished runs"),
)


# --- rows ----------------------------------------------------------------------------------------------
def text(value: Any) -> str:
    """One cell: whole numbers without a point, others with all digits; None, NaN and infinities are empty."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(float(value))
    return "" if value is None else str(value)


def run_cells(row: Row) -> list[Any]:
    """A run as a row of `runs.csv`."""
    keys = [row.posture, "", row.replicate, row.seed, row.status, row.error, row.digest]
    return [*keys, *(row.measures[measure.name] for measure in MEASURES)]


def daily_cells(run: Run) -> Iterator[list[Any]]:
    """A run as rows of `daily.csv`."""
    start = run.scenario.posture.start
    for day, tally in enumerate(run.days):
        keys = [run.scenario.name, None, run.seed, day + 1, start + timedelta(days=day)]
        yield [*keys, *(float(tally[column.name]) for column in TALLY)]


def event_cells(run: Run) -> Iterator[list[Any]]:
    """A run as rows of `events.csv`."""
    from sim.rules.events import KINDS

    names, start = _Names(run.scenario), datetime.combine(run.scenario.posture.start, datetime.min.time())
    for number, event in enumerate(run.events, 1):
        kind, hour = KINDS[event["kind"]], int(event["hour"])
        keys = [
            run.scenario.name,
            run.seed,
            number,
            hour,
            (start + timedelta(hours=hour)).isoformat(timespec="minutes"),
        ]
        number = int(event["convoy"])
        who = [names(kind.actor, int(event["actor"]), number), names(kind.target, int(event["target"]), number)]
        values = [float(event[f.name]) if f.name in kind.values else None for f in EVENT_VALUE_FIELDS]
        yield [*keys, kind.name, *who, *names.square(int(event["square"])), *values]


class _Names:
    """Readable names of the row numbers in an event."""

    def __init__(self, scenario: Scenario) -> None:
        theatre = scenario.theatre
        names = agent_names(scenario)
        self.x_km, self.y_km = theatre.x_km, theatre.y_km
        self.by_kind = {kind: names[f"{kind}s"] for kind in ("cell", "unit", "site", "detail")}
        self.by_kind["option"] = _option_names(names["sites"])
        self.places: dict[int, str] = {}
        for place, square in sorted(theatre.places.items()):
            self.places.setdefault(square, place)

    def __call__(self, kind: str, row: int, convoy: int) -> str:
        """The name of a row; that of a convoy from the row of its site and its number."""
        if kind == "none" or row < 0:
            return ""
        return convoy_name(self.by_kind["site"][row], convoy) if kind == "convoy" else self.by_kind[kind][row]

    def square(self, square: int) -> list[Any]:
        """Place (empty on the open road), x and y in km."""
        if square < 0:
            return ["", None, None]
        return [self.places.get(square, ""), float(self.x_km[square]), float(self.y_km[square])]


def _option_names(sites: Sequence[str]) -> list[str]:
    """What the options of a cell are called, by their numbers."""
    from sim.world import ABSTAIN, DETAIL, DRONE, ROAD

    names = [""] * (ABSTAIN + 1)
    for j, site in enumerate(sites):
        names[j], names[DRONE + j] = f"rockets at {site}", f"drone at {site}"
    names[ROAD], names[DETAIL], names[ABSTAIN] = (
        "bomb against a convoy",
        "bomb against a foreign detail",
        "wait",
    )
    return names


def comparison_cells(pair: Pair) -> list[Any]:
    """A pair as a row of `comparison.csv`."""
    intervals = (pair.base_value, pair.posture_value, pair.difference)
    numbers = [part for i in intervals for part in (i.mean, i.low, i.high)]
    return [pair.measure, pair.unit, pair.base, pair.posture, *numbers, pair.p_lower, pair.pairs]


# --- files ---------------------------------------------------------------------------------------------
def results_folder(path: Path) -> Path:
    """The folder, made if need be; refused at once if nothing can be written there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise ConfigError(
            None, "--out", str(path), f"expected a folder that can be written: {error.strerror}"
        ) from error


@contextmanager
def replacing(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file written beside its name and renamed into place when whole; an error leaves all as it was."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    options: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with open(part, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    """Make the renaming last through a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Table:
    """A CSV file in the making."""

    def __init__(self, file: IO[str], fields: Sequence[Field]) -> None:
        self._writer, self._width = csv.writer(file, lineterminator="\n"), len(fields)
        self._writer.writerow([field.name for field in fields])

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows, each with one value per field."""
        for row in rows:
            assert len(row) == self._width
            self._writer.writerow([text(value) for value in row])


@contextmanager
def table(path: Path, fields: Sequence[Field]) -> Iterator[Table]:
    """A CSV file that appears under its name when all rows are in it."""
    with replacing(path) as file:
        yield Table(file, fields)


def write_table(path: Path, fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> None:
    """Write a whole CSV file."""
    with table(path, fields) as file:
        file.write(rows)


def write_comparison(path: Path, comparison: Comparison) -> None:
    """Write `comparison.csv`."""
    write_table(path, COMPARISON_FIELDS, (comparison_cells(pair) for pair in comparison.pairs()))


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file."""
    with replacing(path) as file:
        json.dump(content, file, indent=2, ensure_ascii=False, allow_nan=False)
        file.write("\n")


# --- manifest ------------------------------------------------------------------------------------------
def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def manifest(
    command: Sequence[str], scenarios: Sequence[Scenario], seed: int, counts: dict[str, int], started: str
) -> dict[str, Any]:
    """What is needed to know where results come from, and to make them again; ends now."""
    from sim.compiled import source_hash

    return {
        "format_version": FORMAT_VERSION,
        "command": ["posture", *command],
        "seed": seed,
        "counts": counts,
        "started": started,
        "ended": now(),
        "versions": versions(),
        "source_hash": source_hash(),
        "git": git_state(Path(sim.__file__).parent.parent),
        "postures": {scenario.name: resolved(scenario) for scenario in scenarios},
        "theatres": {scenario.theatre.name: _theatre(scenario) for scenario in scenarios},
    }


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The posture with every parameter, as plain JSON."""
    return scenario.posture.model_dump(mode="json", by_alias=True)


def _theatre(scenario: Scenario) -> dict[str, Any]:
    return scenario.theatre.config.model_dump(mode="json", by_alias=True)


def versions() -> dict[str, str]:
    """Versions of all that can move a number."""
    packages = {"posture": "posture-sim"} | {name: name for name in ("mesa", "numpy", "numba", "scipy")}
    return {"python": platform.python_version()} | {name: version(package) for name, package in packages.items()}


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and whether files differ from it, if the program runs from a git checkout."""
    if not (folder / ".git").exists():
        return None
    commit, changes = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain")
    return None if commit is None or changes is None else {"commit": commit, "dirty": bool(changes)}


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
