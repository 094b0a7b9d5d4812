"""The ensemble of the live view from a stored results folder: its daily tables, or its runs made again.

Which runs: those that went well and have the posture and responses of the scenario that is watched, whatever other
values were swept; if there is none, all that went well. Of these the first `MOST_RUNS`, and of one length: that of the
scenario if there is one, else the commonest. The title says all of this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.files.columns import column_name
from experiments.runs.verify import Recorded, rows_of
from sim.app.ensemble_band import SERIES, EnsembleBand, charted
from sim.engine import simulate_many
from sim.errors import ConfigError
from sim.measures import TALLY
from sim.scenario import Scenario
from sim.state import TALLY as TALLY_ROW

MOST_RUNS = 300
_CHUNK = 25  # runs of one task
ROWS_AT_A_TIME = 20_000  # of daily.csv
_UNITS = {column.name: column.unit for column in TALLY}
_NAMES = {name: column_name(name, _UNITS[name]) for series in SERIES.values() for name in series.column.parts}
"""Column of TALLY → its column in daily.csv."""
_OF_A_RUN = ("replicate", "seed", "status", "stage", "error", "digest", "replay")
_KEYS = ("point", "replicate", "seed")

Row = dict[str, str]
Table = NDArray[Any]


@dataclass(frozen=True)
class _Chosen:
    """Rows to show, each with its number in runs.csv (from 1), and what they are."""

    rows: Sequence[tuple[int, Row]]
    of: int
    which: str


def stored_band(
    folder: Path,
    scenario: Scenario,
    executor: Executor | None = None,
    most_runs: int = MOST_RUNS,
    rows_at_a_time: int = ROWS_AT_A_TIME,
) -> EnsembleBand:
    """The runs of a results folder. Runs that are made again must come out as they did."""
    chosen = _choose(folder, scenario, most_runs)
    daily = (folder / "daily.csv").is_file()
    tables = _read(folder, chosen, rows_at_a_time) if daily else _run_again(folder, chosen, executor)
    return _band(tables, chosen, folder, scenario)


# --- which runs ------------------------------------------------------------------------------------------------
def _choose(folder: Path, scenario: Scenario, most: int) -> _Chosen:
    good = [(n, row) for n, row in enumerate(rows_of(folder), 1) if row["status"] == "ok"]
    if not good:
        raise ConfigError(folder / "runs.csv", "status", "ok", "expected at least one run that went well")
    wanted = (scenario.name, scenario.response_names)
    same = [(n, row) for n, row in good if (row["posture"], row["responses"]) == wanted]
    rows = same or good
    which = f"posture {scenario.label}" if same else f"none of {scenario.label}, so all: {_labels(good)}"
    points = len({row.get("point", "") for _, row in rows[:most]})
    return _Chosen(rows[:most], len(rows), which + (f", {points} points of the design" if points > 1 else ""))


def _labels(rows: Sequence[tuple[int, Row]]) -> str:
    labels = list(dict.fromkeys("+".join(filter(None, (row["posture"], row["responses"]))) for _, row in rows))
    return ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")


def _band(tables: Sequence[Table], chosen: _Chosen, folder: Path, scenario: Scenario) -> EnsembleBand:
    """Runs of one length put together."""
    lengths = Counter(len(table) for table in tables)
    length = scenario.days if scenario.days in lengths else lengths.most_common(1)[0][0]
    kept = [table for table in tables if len(table) == length]
    first = f"first {len(kept)} of {chosen.of} runs" if chosen.of > len(tables) else f"{len(kept)} runs"
    words = f"{first if len(kept) > 1 else '1 run'} of {folder}, {chosen.which}"
    if len(kept) < len(tables):
        words += f" ({len(tables) - len(kept)} of another length than {length} days left out)"
    return EnsembleBand(charted(np.stack(kept)), words)


# --- daily.csv -------------------------------------------------------------------------------------------------
def _read(folder: Path, chosen: _Chosen, rows_at_a_time: int) -> list[Table]:
    """The days of each chosen run, in the order of the file."""
    path = folder / "daily.csv"
    wanted = {tuple(row.get(key, "") for key in _KEYS) for _, row in chosen.rows}
    found: dict[tuple[str, ...], list[Table]] = {}
    with closing(_parts(path, rows_at_a_time)) as parts:
        for key, days in parts:
            if key in wanted:
                found.setdefault(key, []).append(days)
            elif len(found) == len(wanted):
                break
    if len(found) < len(wanted):
        allowed = f"expected the days of the {len(wanted)} runs that runs.csv names"
        raise ConfigError(path, "runs", len(found), allowed)
    return [np.concatenate(days) for days in found.values()]


def _parts(path: Path, rows_at_a_time: int) -> Generator[tuple[tuple[str, ...], Table], None, None]:
    """(point, replicate, seed) and days of one run after the other; a long one may come in two parts."""
    try:
        names = list(pd.read_csv(path, nrows=0).columns)
        keys = [key for key in _KEYS if key in names]
        columns = [*keys, "day", *_NAMES.values()]
        missing = [name for name in ("replicate", "seed", *columns) if name not in names]
        if missing:
            raise ConfigError(path, "column", missing[0], "expected this column in daily.csv")
        kinds: dict[Any, Any] = {name: str if name in keys else np.float64 for name in columns}
        with pd.read_csv(path, usecols=columns, dtype=kinds, chunksize=rows_at_a_time) as reader:
            for frame in reader:
                yield from _runs(path, frame.fillna(dict.fromkeys(keys, "")), keys)
    except (OSError, ValueError) as error:  # what can't be parsed is a ValueError in pandas too
        raise ConfigError(path, "daily.csv", path.name, f"expected a table of days: {error}") from error


def _runs(path: Path, frame: pd.DataFrame, keys: Sequence[str]) -> Iterator[tuple[tuple[str, ...], Table]]:
    for values, rows in frame.groupby(list(keys), sort=False):
        table = np.zeros(len(rows), TALLY_ROW)
        for name, column in _NAMES.items():
            table[name] = rows[column].to_numpy()
            if not np.isfinite(table[name]).all():
                raise ConfigError(path, column, "an empty cell", "expected a number on every day")
        if (np.diff(rows["day"].to_numpy()) != 1).any():
            raise ConfigError(path, "day", "out of order", "expected the days of a run one after the other")
        named = dict(zip(keys, map(str, values), strict=True))
        yield tuple(named.get(key, "") for key in _KEYS), table


# --- runs made again -------------------------------------------------------------------------------------------
def _run_again(folder: Path, chosen: _Chosen, executor: Executor | None) -> list[Table]:
    recorded = _recorded(folder)
    tasks = [task for group in _groups(chosen) for task in _tasks(folder, group, recorded)]
    parts = (executor.map if executor else map)(lambda task: _run_task(folder, *task), tasks)
    tables = []
    for (_, rows), (days, digests) in zip(tasks, parts, strict=True):
        for (n, row), table, digest in zip(rows, days, digests, strict=True):
            _check(folder, n, row, digest, recorded.same_rules)
            tables.append(table)
    return tables


def _recorded(folder: Path) -> Recorded:
    try:
        return Recorded(folder)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        path = folder / "manifest.json"
        raise ConfigError(path, "manifest.json", path.name, f"expected the manifest of a run: {error}") from error


def _groups(chosen: _Chosen) -> list[list[tuple[int, Row]]]:
    """Rows of one scenario each."""
    groups: dict[tuple[tuple[str, str], ...], list[tuple[int, Row]]] = {}
    for n, row in chosen.rows:
        key = tuple((name, value) for name, value in row.items() if name not in _OF_A_RUN)
        groups.setdefault(key, []).append((n, row))
    return list(groups.values())


_Task = tuple[Scenario, list[tuple[int, Row]]]


def _tasks(folder: Path, group: list[tuple[int, Row]], recorded: Recorded) -> list[_Task]:
    n, row = group[0]
    try:
        scenario = recorded(row)
    except (KeyError, IndexError, TypeError, ValueError) as error:  # pydantic's errors are ValueErrors
        words = f"expected the scenario of this row in manifest.json ({type(error).__name__}: {error})"
        raise ConfigError(folder / "runs.csv", f"row {n}", row["posture"], words) from error
    return [(scenario, group[first : first + _CHUNK]) for first in range(0, len(group), _CHUNK)]


def _run_task(folder: Path, scenario: Scenario, rows: list[tuple[int, Row]]) -> tuple[list[Table], list[str]]:
    batch = simulate_many(scenario, [_seed(folder, n, row) for n, row in rows])
    return list(batch.days), [error or digest for error, digest in zip(batch.errors, batch.digests, strict=True)]


def _seed(folder: Path, n: int, row: Row) -> int:
    if not (row["seed"].isascii() and row["seed"].isdigit() and int(row["seed"]) < 2**64):
        raise ConfigError(folder / "runs.csv", f"row {n}: seed", row["seed"], "expected a whole number below 2^64")
    return int(row["seed"])


def _check(folder: Path, n: int, row: Row, now: str, same_rules: bool) -> None:
    if now != row["digest"]:
        why = "" if same_rules else "; the rules have changed since these results were made"
        allowed = f"expected what this run gives now, {now}{why}"
        raise ConfigError(folder / "runs.csv", f"row {n}: digest", row["digest"], allowed)
