"""The files of a sweep, written by column from its archive, in the order of the design and in bounded memory."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import DAILY_FIELDS, MEASURE_FIELDS, RUN_KEYS, SITE_FIRE_FIELDS, Field
from experiments.files.daily import daily_columns
from experiments.files.events import EVENT_FIELDS, event_columns
from experiments.files.labels import responses_of
from experiments.files.tables import Table, table
from experiments.runs.archive import Archive
from experiments.runs.bases import no_response
from experiments.runs.design import Point, Value, as_given
from experiments.runs.jobs import Base, Failure, changed
from experiments.runs.plan import DesignPlan
from experiments.runs.points import NAMES, measure_fields, summaries
from sim.parameters import Parameters, flat
from sim.scenario import Scenario

_BATCH = 4096  # runs whose rows are in memory at a time
_TOGETHER = 32  # runs whose days or events are formatted at a time
POINT = Field("point", "1", "number of the point in the design, from 0")
STAGE = Field("stage", "", "where a failed run failed: scenario, world, run or output; empty if it did not")
REPLAY = Field("replay", "", "the command that makes this run again")
T = TypeVar("T")
_Kind: TypeAlias = tuple[
    Callable[[DesignPlan], tuple[Field, ...]],
    Callable[[DesignPlan, Archive, Table], None],
]
"""A table: its columns, and what writes it."""


def write_tables(
    plan: DesignPlan,
    archive: Archive,
    folder: Path,
    formats: Sequence[str] = ("csv",),
    measures: Sequence[str] = NAMES,
) -> tuple[int, list[str]]:
    """Write the tables that the design wants; how many runs failed, and the names of the files.

    Each table has a thread of its own: what formats numbers gives up the interpreter lock. `points` has the `measures`.
    """
    wanted = {name: each for name, each in all_tables(measures).items() if name in (*plan.design.outputs, "points")}
    failed = len(archive.failures(plan.keys.ravel()))
    with ThreadPoolExecutor(len(wanted)) as pool:
        for done in [pool.submit(_write, name, kind, plan, archive, folder, formats) for name, kind in wanted.items()]:
            done.result()
    return failed, [f"{name}.{format}" for format in formats for name in wanted]


def _write(name: str, kind: _Kind, plan: DesignPlan, archive: Archive, folder: Path, formats: Sequence[str]) -> None:
    fields, write = kind
    with table(folder / f"{name}.csv", fields(plan), formats) as file:
        write(plan, archive, file)


# --- runs ------------------------------------------------------------------------------------------------
def run_fields(plan: DesignPlan) -> tuple[Field, ...]:
    """The columns of `runs`: keys, swept values, how it went, measures."""
    posture, responses, replicate, seed, status, error, digest = RUN_KEYS
    how = (status, STAGE, error, digest, REPLAY)
    return (POINT, posture, responses, replicate, seed, *_swept_fields(plan), *how, *MEASURE_FIELDS)


def _swept_fields(plan: DesignPlan) -> Iterator[Field]:
    return (Field(key, _unit(plan, key), f"the value of {key} in this run") for key in plan.swept)


def _unit(plan: DesignPlan, key: str) -> str:
    """Of a swept key: none if any of its values is text."""
    listed = [value for factor in plan.design.listed if factor.key == key for value in factor.values or ()]
    explicit = [point[key] for point in plan.design.points if key in point]
    return "" if any(isinstance(value, str) for value in (*listed, *explicit)) else "of the key"


def write_runs(plan: DesignPlan, archive: Archive, file: Table) -> None:
    """One row a run, in the order of points and replicates."""
    keys, last = plan.keys.ravel(), _remembered(lambda k: _known(plan, plan.points[k]))
    for first in range(0, plan.n_runs, _BATCH):
        some = keys[first : first + _BATCH]
        point, replicate = np.divmod(np.arange(first, first + len(some)), plan.replicates)
        seeds = plan.seeds[point, replicate]
        known = [last(k) for k in point.tolist()]
        replay = [f"{row.replay} --seed {seed}" for row, seed in zip(known, seeds.tolist(), strict=True)]
        file.write(
            [
                point,
                column(row.posture for row in known),
                column(row.responses for row in known),
                replicate,
                seeds,
                *(column(row.swept[n] for row in known) for n in range(len(plan.swept))),
                *how_columns(archive, some),
                column(replay),
                *archive.gather(some, ("measures",))["measures"].T,
            ]
        )


@dataclass(frozen=True)
class _Known:
    """What all runs of a point share: posture, responses, swept values, `posture run` command without a seed."""

    posture: str
    responses: str
    swept: list[Value | None]
    replay: str


def _known(plan: DesignPlan, point: Point) -> _Known:
    scenario = plan.bases(point).scenario
    swept = [point.get(key) for key in plan.swept]
    return _Known(scenario.name, responses_of(scenario), swept, replay_command(plan, point))


def _remembered(function: Callable[[int], T]) -> Callable[[int], T]:
    """A function of a point's number that knows its last value: the runs of a point come one after the other."""
    return lru_cache(maxsize=1)(function)


class Runs(Protocol):
    """Where the rows of runs come from: an archive, or runs that were made just now."""

    def gather(self, keys: NDArray[np.uint64], names: Sequence[str]) -> dict[str, NDArray[Any]]: ...

    def failures(self, keys: NDArray[np.uint64]) -> dict[int, Failure]: ...


def how_columns(archive: Runs, keys: NDArray[np.uint64]) -> list[NDArray[Any]]:
    """status, stage, error, digest of each run."""
    failures, digests = archive.failures(keys), archive.gather(keys, ("digests",))["digests"].tolist()
    status, stage, error = ["ok"] * len(keys), [""] * len(keys), [""] * len(keys)
    words = [f"{digest:016x}" for digest in digests]
    for n, failure in failures.items():
        status[n], stage[n], error[n], words[n] = "failed", failure.stage, failure.error, ""
    return [column(each) for each in (status, stage, error, words)]


def column(values: Iterable[Any]) -> NDArray[Any]:
    """Values of any kind as a column."""
    return np.array(list(values), object)


def replay_command(plan: DesignPlan, point: Point) -> str:
    """The command that makes a run of a point, but for its seed."""
    design = plan.design
    words = ["posture", "run", str(point.get("posture", design.posture))]
    responses = [*design.responses, *no_response(str(point.get("responses", "")))]
    words += [word for name in responses for word in ("--response", name)]
    calendar = str(point.get("calendar", design.calendar))
    words += ["--calendar", calendar] if calendar else []
    changes = {**design.constants, **plan.changes(point)}
    words += [word for key, value in changes.items() for word in ("--set", f"{key}={toml_value(key, value)}")]
    return shlex.join(words)


def toml_value(key: str, value: Value) -> str:
    """A value as `--set` takes it."""
    return json.dumps(value) if isinstance(value, str) and key != "start" else str(value)


# --- points ----------------------------------------------------------------------------------------------
def _points_table(measures: Sequence[str]) -> dict[str, _Kind]:
    """The table of points, with some of the measures."""

    def fields(plan: DesignPlan) -> tuple[Field, ...]:
        return (POINT, *RUN_KEYS[:2], *_swept_fields(plan), *measure_fields(measures))

    def write(plan: DesignPlan, archive: Archive, file: Table) -> None:
        for some, summary in summaries(plan, archive):
            known = [_known(plan, point) for point in plan.points[some]]
            keys = [column(row.posture for row in known), column(row.responses for row in known)]
            swept = (column(row.swept[n] for row in known) for n in range(len(plan.swept)))
            file.write([np.arange(some.start, some.stop), *keys, *swept, *summary.columns(measures)])

    return {"points": (fields, write)}


# --- daily, events and sites ------------------------------------------------------------------------------------
def daily_fields(plan: DesignPlan) -> tuple[Field, ...]:
    """The columns of `daily`."""
    return (POINT, *DAILY_FIELDS)


def write_daily(plan: DesignPlan, archive: Archive, file: Table) -> None:
    """One row a day of every run that went well."""
    for scenario, runs in _alike(plan, archive):
        days = np.stack(list(archive.rows(runs.keys, "daily")))
        point, replicate, seed = (np.repeat(each, days.shape[1]) for each in (runs.point, runs.replicate, runs.seed))
        file.write([point, scenario.name, replicate, seed, *daily_columns(scenario, days)])


def event_fields(plan: DesignPlan) -> tuple[Field, ...]:
    """The columns of `events`."""
    return (POINT, Field("replicate", "1", "number of the replicate, from 0"), *EVENT_FIELDS)


def write_events(plan: DesignPlan, archive: Archive, file: Table) -> None:
    """One row an event of every run that went well."""
    for scenario, runs in _alike(plan, archive):
        events = list(archive.rows(runs.keys, "events"))
        lengths = [len(each) for each in events]
        if any(lengths):
            point, replicate, seed = (np.repeat(each, lengths) for each in (runs.point, runs.replicate, runs.seed))
            columns = event_columns(scenario, np.concatenate([each for each in events if len(each)]), lengths)
            file.write([point, replicate, scenario.name, seed, *columns])


def site_fire_fields(plan: DesignPlan) -> tuple[Field, ...]:
    """The columns of `site_fire`."""
    return (POINT, *SITE_FIRE_FIELDS)


def write_site_fire(plan: DesignPlan, archive: Archive, file: Table) -> None:
    """One row a site of the theatre of every run that went well."""
    for scenario, runs in _alike(plan, archive):
        counts = np.stack(list(archive.rows(runs.keys, "site_fire")))
        names = column(site.name for site in scenario.theatre.config.sites)
        point, replicate, seed = (np.repeat(each, len(names)) for each in (runs.point, runs.replicate, runs.seed))
        file.write([point, scenario.name, replicate, seed, np.tile(names, len(counts)), counts.ravel()])


@dataclass(frozen=True)
class _Runs:
    """A few runs by point and replicate, with their seeds and keys."""

    point: NDArray[np.int64]
    replicate: NDArray[np.int64]
    seed: NDArray[np.uint64]
    keys: NDArray[np.uint64]


def _alike(plan: DesignPlan, archive: Archive) -> Iterator[tuple[Scenario, _Runs]]:
    """All runs that went well in the order of the design, a few at a time, with a scenario for what is written of them.

    They are of points next to each other that differ in parameters alone: lengths, dates and names are the same.
    """
    parameters = frozenset(flat(Parameters()))

    def names(k: int) -> tuple[Base, Point]:
        point = plan.points[k]
        deep = {key: value for key, value in plan.changes(point).items() if key not in parameters}
        return plan.bases(point), deep

    failed, known = archive.failed(plan.keys), _remembered(names)
    good = ((k, r) for k in range(len(plan.points)) for r in range(plan.replicates) if not failed[k, r])
    for (base, deep), group in groupby(good, key=lambda run: known(run[0])):
        scenario = changed(base.scenario, as_given(deep.items()))
        while some := list(islice(group, _TOGETHER)):
            point, replicate = np.array(some, np.int64).T
            yield scenario, _Runs(point, replicate, plan.seeds[point, replicate], plan.keys[point, replicate])


TABLES: dict[str, _Kind] = {
    "runs": (run_fields, write_runs),
    "daily": (daily_fields, write_daily),
    "events": (event_fields, write_events),
    "site_fire": (site_fire_fields, write_site_fire),
}
"""The tables of a design by name: their columns, and what writes them."""


def all_tables(measures: Sequence[str]) -> dict[str, _Kind]:
    """The same with that of points, which has some of the measures."""
    return TABLES | _points_table(measures)
