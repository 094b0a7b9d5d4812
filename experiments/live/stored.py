"""What the live view opens of a results folder: the run of a row, or an ensemble of many.

Which runs are the ensemble: those that went well and have the posture and responses of the scenario that is watched,
whatever other values were swept; if there is none, all that went well. Of these the first `MOST_RUNS`, and of one
length: that of the scenario if there is one, else the commonest. The title says all of this. They come from the daily
table of the folder, or are made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.files.columns import column_name
from experiments.files.labels import label_of
from experiments.runs.recorded import Recorded, Row, rows_of
from sim.app.ensemble_band import SERIES, EnsembleBand, charted
from sim.engine import simulate_many
from sim.errors import ConfigError
from sim.measures import TALLY
from sim.scenario import Scenario
from sim.state import TALLY as TALLY_ROW

MOST_RUNS = 300
ROWS_AT_A_TIME = 20_000  # of daily.csv
_CHUNK = 25  # runs of one task
_UNITS = {column.name: column.unit for column in TALLY}
_NAMES = {name: column_name(name, _UNITS[name]) for series in SERIES.values() for name in series.column.parts}
"""Column of TALLY → its column in daily.csv."""
_OF_A_RUN = ("replicate", "seed", "status", "stage", "error", "digest", "replay")
_KEYS = ["point", "replicate", "seed"]

Table = NDArray[Any]


# --- a row ---------------------------------------------------------------------------------------------
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
    file, colon, digits = text.rpartition(":")
    if not colon or not (digits.isascii() and digits.isdigit()) or Path(file).name != "runs.csv":
        raise ConfigError(None, "--row", text, "it must be DIR/runs.csv:N, the row N (from 1) of a results folder")
    folder, number = Path(file).parent, int(digits)
    rows = rows_of(folder)
    if not 1 <= number <= len(rows):
        allowed = f"it must be 1 to {len(rows)}" if rows else "there are no runs in this file"
        raise ConfigError(folder / "runs.csv", "row", number, allowed)
    row = rows[number - 1]
    if row["status"] != "ok":
        raise ConfigError(folder / "runs.csv", "row", number, f"it must be a run that went well: {row.get('error')}")
    recorded = Recorded(folder)
    scenario, seed = recorded.scenario((number, row)), recorded.seed((number, row))
    warning = "" if recorded.same_rules else "Made with other rules than those here: the run may differ from its row."
    return OpenedRow(scenario, seed, number, row["digest"], row.get("replay") or recorded.command, warning)


# --- an ensemble ---------------------------------------------------------------------------------------
def stored_ensemble(
    folder: Path,
    scenario: Scenario,
    executor: Executor | None = None,
    most_runs: int = MOST_RUNS,
    rows_at_a_time: int = ROWS_AT_A_TIME,
) -> EnsembleBand:
    """The runs of a results folder. Runs that are made again must come out as they did."""
    rows, which = _choose(folder, scenario)
    some, daily = rows[:most_runs], (folder / "daily.csv").is_file()
    tables = _read(folder, some, rows_at_a_time) if daily else _run_again(folder, some, executor)
    points = len({row.get("point", "") for _, row in some})
    words = f" of {folder}, {which}" + (f", {points} points of the design" if points > 1 else "")
    return _put_together(tables, len(rows), words, scenario.days)


def _choose(folder: Path, scenario: Scenario) -> tuple[list[Row], str]:
    """The runs to show, and what they are."""
    good = [(n, row) for n, row in enumerate(rows_of(folder), 1) if row["status"] == "ok"]
    if not good:
        raise ConfigError(folder / "runs.csv", "status", "ok", "there must be at least one run that went well")
    if same := [(n, row) for n, row in good if label_of(row["posture"], row["responses"]) == scenario.label]:
        return same, f"posture {scenario.label}"
    labels = list(dict.fromkeys(label_of(row["posture"], row["responses"]) for _, row in good))
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return good, f"none of {scenario.label}, so all: {', '.join(labels[:3])}{more}"


def _put_together(tables: Sequence[Table], of: int, words: str, n_days: int) -> EnsembleBand:
    """Runs of one length, of how many there are; `words` say which they are."""
    lengths = Counter(len(table) for table in tables)
    length = n_days if n_days in lengths else lengths.most_common(1)[0][0]
    kept = [table for table in tables if len(table) == length]
    first = f"first {len(kept)} of {of} runs" if of > len(tables) else f"{len(kept)} runs"
    title = (first if len(kept) > 1 else "1 run") + words
    if len(kept) < len(tables):
        title += f" ({len(tables) - len(kept)} of another length than {length} days left out)"
    return EnsembleBand(charted(np.stack(kept)), title)


# --- its daily table -----------------------------------------------------------------------------------
def _read(folder: Path, rows: Sequence[Row], rows_at_a_time: int) -> list[Table]:
    """The days of each run, in the order of the file, which is read no further than it must be."""
    path = folder / "daily.csv"
    keys = ([row.get(key, "") for key in _KEYS] for _, row in rows)
    wanted = pd.DataFrame(keys, columns=_KEYS).drop_duplicates()
    days = wanted[:0]
    with closing(_frames(path, rows_at_a_time)) as frames:
        for frame in frames:
            known = frame.merge(wanted, on=_KEYS)
            days = pd.concat([days, known])
            if len(known) < len(frame) and len(days[_KEYS].drop_duplicates()) == len(wanted):
                break
    tables = [_table(path, run) for _, run in days.groupby(_KEYS, sort=False)]
    if len(tables) < len(wanted):
        allowed = f"there must be the days of the {len(wanted)} runs that runs.csv names"
        raise ConfigError(path, "runs", len(tables), allowed)
    return tables


def _frames(path: Path, rows_at_a_time: int) -> Generator[pd.DataFrame, None, None]:
    """The columns that are needed, some rows at a time."""
    try:
        names = pd.read_csv(path, nrows=0).columns
        columns = ["replicate", "seed", "day", *_NAMES.values(), *(["point"] if "point" in names else [])]
        missing = [name for name in columns if name not in names]
        if missing:
            raise ConfigError(path, "column", missing[0], "daily.csv must have it")
        kinds: dict[Any, Any] = {name: str if name in _KEYS else np.float64 for name in columns}
        with pd.read_csv(path, usecols=columns, dtype=kinds, chunksize=rows_at_a_time) as reader:
            for frame in reader:
                yield frame.assign(point=frame.get("point", "")).fillna(dict.fromkeys(_KEYS, ""))
    except (OSError, ValueError) as error:  # what can't be parsed is a ValueError in pandas too
        raise ConfigError(path, "daily.csv", path.name, f"it must be a table of days: {error}") from error


def _table(path: Path, run: pd.DataFrame) -> Table:
    """The days of a run (dtype TALLY) as far as they are charted."""
    table = np.zeros(len(run), TALLY_ROW)
    for name, column in _NAMES.items():
        table[name] = run[column]
        if not np.isfinite(table[name]).all():
            raise ConfigError(path, column, "", "there must be a number on every day")
    if (np.diff(run["day"]) != 1).any():
        raise ConfigError(path, "day", "out of order", "the days of a run must follow one another")
    return table


# --- its runs made again -------------------------------------------------------------------------------
def _run_again(folder: Path, rows: Sequence[Row], executor: Executor | None) -> list[Table]:
    recorded, groups = Recorded(folder), dict[tuple[tuple[str, str], ...], list[Row]]()
    for n, row in rows:  # those of one scenario together
        key = tuple((name, value) for name, value in row.items() if name not in _OF_A_RUN)
        groups.setdefault(key, []).append((n, row))
    tasks = [group[k : k + _CHUNK] for group in groups.values() for k in range(0, len(group), _CHUNK)]
    parts = (executor.map if executor else map)(lambda some: _run_rows(folder, recorded, some), tasks)
    return [table for part in parts for table in part]


def _run_rows(folder: Path, recorded: Recorded, rows: Sequence[Row]) -> list[Table]:
    """Rows of one scenario."""
    batch = simulate_many(recorded.scenario(rows[0]), [recorded.seed(row) for row in rows])
    for (n, row), digest, error in zip(rows, batch.digests, batch.errors, strict=True):
        if (error or digest) != row["digest"]:
            why = "" if recorded.same_rules else "; the rules have changed since these results were made"
            allowed = f"it must be what this run gives now, {error or digest}{why}"
            raise ConfigError(folder / "runs.csv", f"row {n}: digest", row["digest"], allowed)
    return list(batch.days)
