"""The CSV files of a sweep, written from its archive in the order of the design, in bounded memory."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import DAILY_FIELDS, RUN_FIELDS, RUN_KEYS, Field
from experiments.files.events import EVENT_FIELDS, event_cells
from experiments.files.store import table
from experiments.runs.archive import Archive
from experiments.runs.bases import BASE_KEYS, no_response
from experiments.runs.design import Point, Value, as_given
from experiments.runs.jobs import Failure, changed
from experiments.runs.plan import Plan
from sim.scenario import Scenario
from sim.state import EVENT

_BATCH = 4096  # runs whose rows are in memory at a time
POINT = Field("point", "1", "number of the point in the design, from 0")
STAGE = Field("stage", "", "where a failed run failed: scenario, world or run; empty if it did not")
REPLAY = Field("replay", "", "the command that makes this run again")
MEASURE_FIELDS: tuple[Field, ...] = RUN_FIELDS[len(RUN_KEYS) :]


def run_fields(plan: Plan) -> tuple[Field, ...]:
    """The columns of `runs.csv`: keys, swept values, how it went, measures."""
    posture, responses, replicate, seed, status, error, digest = RUN_KEYS
    swept = tuple(Field(key, _unit(plan, key), f"the value of {key} in this run") for key in plan.swept)
    how = (status, STAGE, error, digest, REPLAY)
    return (POINT, posture, responses, replicate, seed, *swept, *how, *MEASURE_FIELDS)


def _unit(plan: Plan, key: str) -> str:
    """Of a swept key: none if any of its values is text."""
    listed = [value for factor in plan.design.listed if factor.key == key for value in factor.values or ()]
    explicit = [point[key] for point in plan.design.points if key in point]
    return "" if any(isinstance(value, str) for value in (*listed, *explicit)) else "of the key"


def write_runs(path: Path, plan: Plan, archive: Archive, tick: Callable[[int], None] = lambda n: None) -> int:
    """Write `runs.csv`; returns how many rows are those of failed runs."""
    failed = 0
    with table(path, run_fields(plan)) as file:
        for first in range(0, plan.n_runs, _BATCH):
            rows = list(_batch(plan, archive, first, min(first + _BATCH, plan.n_runs)))
            failed += sum(row[-len(MEASURE_FIELDS) - 5] == "failed" for row in rows)
            file.write(rows)
            tick(len(rows))
    return failed


def _batch(plan: Plan, archive: Archive, first: int, last: int) -> Iterator[list[Any]]:
    """Rows `first` to before `last` of `runs.csv`."""
    keys = plan.keys.ravel()[first:last]
    arrays, failures = archive.gather(keys, ("digests", "measures")), archive.failures(keys)
    point: Point = {}
    before = -1
    for n in range(last - first):
        k, r = divmod(first + n, plan.replicates)
        if k != before:
            point, before = plan.points[k], k
            known = _known(plan, point)
        seed = int(plan.seeds[r])
        how = _how(failures.get(n), int(arrays["digests"][n]), f"{known[-1]} --seed {seed}")
        yield [k, *known[:2], r, seed, *known[2], *how, *arrays["measures"][n].tolist()]


def _known(plan: Plan, point: Point) -> tuple[str, str, list[Value | None], str]:
    """Posture, responses and swept values of a point, and its `posture run` command without a seed."""
    scenario = plan.bases(point).scenario
    swept = [point.get(key) for key in plan.swept]
    return scenario.name, scenario.response_names, swept, replay_command(plan, point)


def replay_command(plan: Plan, point: Point) -> str:
    """The command that makes a run of a point, but for its seed."""
    design = plan.design
    words = ["posture", "run", str(point.get("posture", design.posture))]
    responses = [*design.responses, *no_response(str(point.get("responses", "")))]
    words += [word for name in responses for word in ("--response", name)]
    calendar = str(point.get("calendar", design.calendar))
    words += ["--calendar", calendar] if calendar else []
    changes = {**design.constants, **{k: v for k, v in point.items() if k not in BASE_KEYS}}
    words += [word for key, value in changes.items() for word in ("--set", f"{key}={toml_value(key, value)}")]
    return shlex.join(words)


def toml_value(key: str, value: Value) -> str:
    """A value as `--set` takes it."""
    return json.dumps(value) if isinstance(value, str) and key != "start" else str(value)


def _how(failure: Failure | None, digest: int, replay: str) -> list[str]:
    """status, stage, error, digest, replay."""
    if failure is None:
        return ["ok", "", "", f"{digest:016x}", replay]
    return ["failed", failure.stage, failure.error, "", replay]


def tables(plan: Plan) -> dict[str, tuple[Field, ...]]:
    """The files that a design wants, and their columns."""
    every = {"runs": run_fields(plan), "daily": daily_fields(plan), "events": event_fields(plan)}
    return {f"{name}.csv": every[name] for name in every if name in plan.design.outputs}


# --- daily.csv and events.csv ----------------------------------------------------------------------------
def _runs(plan: Plan, archive: Archive) -> Iterator[tuple[int, int, int, int]]:
    """(point, replicate, file, row) of every run that went well, in the order of `runs.csv`."""
    for k, keys in enumerate(plan.keys):
        places, failures = archive.places(keys), archive.failures(keys)
        for r, (file, row) in enumerate(places.tolist()):
            if file >= 0 and r not in failures:
                yield k, r, file, row


class _Scenarios:
    """The scenario of a point; the last one is kept, since the runs of a point come one after the other."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._last = plan, (-1, next(iter(plan.bases)).scenario)

    def __call__(self, k: int) -> Scenario:
        """The scenario of point k."""
        if self._last[0] != k:
            point = self._plan.points[k]
            base = self._plan.bases(point).scenario
            self._last = k, changed(base, as_given(self._plan.changes(point).items()))
        return self._last[1]


class _Starts:
    """Where the tables of each run begin in a file whose runs have tables of different lengths."""

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive, self._name, self._known = archive, name, dict[int, NDArray[np.int64]]()

    def __call__(self, file: int, row: int) -> tuple[int, int]:
        """First and last + 1 of the rows of a run."""
        if file not in self._known:
            lengths = self._archive.files[file].array(self._name)
            self._known[file] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        starts = self._known[file]
        return int(starts[row]), int(starts[row + 1])


def daily_fields(plan: Plan) -> tuple[Field, ...]:
    """The columns of a sweep's `daily.csv`."""
    return (POINT, *DAILY_FIELDS)


def write_daily(path: Path, plan: Plan, archive: Archive) -> None:
    """Write `daily.csv`: one row a day of every run that went well."""
    starts = _Starts(archive, "n_days")
    of_point = _Scenarios(plan)
    with table(path, daily_fields(plan)) as file:
        for k, r, number, row in _runs(plan, archive):
            scenario = of_point(k)
            days = archive.files[number].rows("days", *starts(number, row))
            keys = [k, scenario.name, r, int(plan.seeds[r])]
            first = scenario.posture.start
            file.write([*keys, d + 1, first + timedelta(days=d), *day.tolist()] for d, day in enumerate(days))


def event_fields(plan: Plan) -> tuple[Field, ...]:
    """The columns of a sweep's `events.csv`."""
    return (POINT, Field("replicate", "1", "number of the replicate, from 0"), *EVENT_FIELDS)


def write_events(path: Path, plan: Plan, archive: Archive) -> None:
    """Write `events.csv`: one row an event of every run that went well."""
    starts = _Starts(archive, "n_events")
    of_point = _Scenarios(plan)
    with table(path, event_fields(plan)) as file:
        for k, r, number, row in _runs(plan, archive):
            events = archive.files[number].rows("events", *starts(number, row)).astype(EVENT)
            cells = event_cells(of_point(k), int(plan.seeds[r]), events)
            file.write([k, r, *row_cells] for row_cells in cells)
