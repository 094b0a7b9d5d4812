"""Results on disk: files that are whole or not there, and the manifest that says where they come from."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sim
from experiments.files.columns import COMPARISON_FIELDS, Field
from sim.errors import ConfigError
from sim.measures import MEASURES, TALLY

if TYPE_CHECKING:
    from experiments.runs.compare import Comparison, Pair
    from experiments.runs.row import Row
    from sim.scenario import Scenario

FORMAT_VERSION = 1


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
    keys = [row.posture, row.responses, row.replicate, row.seed, row.status, row.error, row.digest]
    return [*keys, *(row.measures[measure.name] for measure in MEASURES)]


def daily_cells(scenario: Scenario, seed: int, days: Iterable[Any]) -> Iterator[list[Any]]:
    """The days of a run (dtype TALLY) as rows of `daily.csv`."""
    for day, tally in enumerate(days):
        keys = [scenario.name, None, seed, day + 1, scenario.posture.start + timedelta(days=day)]
        yield [*keys, *(float(tally[column.name]) for column in TALLY)]


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


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder written beside its name and renamed into place when whole; one that has files in it is refused."""
    path = path.absolute()
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise ConfigError(None, "--out", str(path), "expected a folder that is not there yet")
    part = results_folder(path.parent) / f".{path.name}.{os.getpid()}.part"
    try:
        part.mkdir()
        yield part
        part.replace(path)
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


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


def table_bytes(fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> bytes:
    """A whole CSV file as it is written."""
    file = io.StringIO(newline="")
    Table(file, fields).write(rows)
    return file.getvalue().encode()


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
        "postures": {scenario.label: resolved(scenario) for scenario in scenarios},
        "theatres": {scenario.theatre.name: _theatre(scenario) for scenario in scenarios},
    }


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The posture with every parameter, its responses with their orders, and its calendar, as plain JSON."""
    tree: dict[str, Any] = scenario.posture.model_dump(mode="json", by_alias=True)
    tree["responses"] = [
        {
            **use.use.model_dump(mode="json"),
            "shift_hours": use.use.shift_hours(use.response),
            "file": use.file,
            "response": use.response.model_dump(mode="json"),
        }
        for use in scenario.responses
    ]
    tree["calendar"] = scenario.calendar.model_dump(mode="json", by_alias=True) if scenario.calendar else None
    return tree


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
