"""A job: a few runs of a few points of one base scenario, as plain data that any worker can take.

`run_job` is a function of its job alone: the same arrays come from a thread, a process, or another machine.
"""

from __future__ import annotations

import hashlib
import pickle
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from experiments.runs.design import as_given
from experiments.runs.outputs import Output
from sim.compiled import source_hash
from sim.engine import Batch, simulate_many
from sim.errors import PostureError, RunError
from sim.measures import MEASURES, Periods, measure_runs
from sim.numbers import counted
from sim.scenario import Scenario
from sim.state import TALLY
from sim.theatre import Theatre, build_theatre
from sim.theatre_config import TheatreConfig
from sim.world import build_like, build_world

Arrays = dict[str, NDArray[Any]]
_WORD = (1 << 64) - 1
_TOGETHER = 16  # runs whose measures are found together: 4 MB of days if they are 274 days long


class Base:
    """The scenario that points change, with its world; travels compressed, and is unpacked once per worker."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.day_seconds = 0.0
        """What a day of a run takes, once a pilot has found out; 0 before."""
        self._packed: bytes | None = None

    @property
    def world(self) -> NDArray[Any]:
        """Its packed world; a design may have thousands of bases, so only those of late are kept."""
        return _world(self)

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        if self._packed is None:
            s = self.scenario
            parts = (source_hash(), s.posture, s.theatre.config, s.file, s.responses, s.calendar)
            self._packed = zlib.compress(pickle.dumps(parts))
        return _unpacked, (self._packed,)


@lru_cache(maxsize=64)
def _world(base: Base) -> NDArray[Any]:
    return build_world(base.scenario)


@lru_cache(maxsize=64)
def _unpacked(packed: bytes) -> Base:
    rules, posture, theatre, file, responses, calendar = pickle.loads(zlib.decompress(packed))
    if rules != source_hash():
        raise RunError(f"a worker has other rules ({source_hash()}) than the sweep ({rules}): install the same version")
    return Base(Scenario(posture, _theatre(theatre.model_dump_json(by_alias=True)), file, responses, calendar))


@lru_cache(maxsize=4)
def _theatre(text: str) -> Theatre:
    """The theatre of a config as JSON: built again, which is less than sending its tables."""
    return build_theatre(TheatreConfig.model_validate_json(text))


def changed(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The same as `scenario.with_changes`; quicker, and without a look at any file, where parameters alone change."""
    sections: dict[str, dict[str, Any]] = {}
    for key, value in changes.items():
        section, _, name = key.partition(".")
        if name not in getattr(type(getattr(scenario.parameters, section, None)), "model_fields", {}):
            return scenario.with_changes({**changes})
        sections.setdefault(section, {})[name] = value
    try:
        parameters = {name: _section(scenario, name, values) for name, values in sections.items()}
    except ValidationError:
        return scenario.with_changes({**changes})  # which refuses in words
    posture = scenario.posture.model_copy(update={"parameters": scenario.parameters.model_copy(update=parameters)})
    return replace(scenario, posture=posture)


def _section(scenario: Scenario, name: str, values: dict[str, Any]) -> Any:
    section = getattr(scenario.parameters, name)
    return type(section).model_validate({**dict(section), **values})


@dataclass(frozen=True)
class JobPoint:
    """A point of the base with the runs wanted of it: their content keys and seeds."""

    changes: tuple[tuple[str, Any], ...]
    keys: tuple[int, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Job:
    """Runs of a few points of one base."""

    base: Base
    points: tuple[JobPoint, ...]
    outputs: tuple[Output, ...] = ()

    @property
    def n_runs(self) -> int:
        """How many runs."""
        return sum(len(point.seeds) for point in self.points)


@dataclass
class Failure:
    """A run that failed: its row in the result, at which stage, and why."""

    row: int
    stage: str
    error: str


@dataclass
class Result:
    """What comes of a job: arrays (the archive keeps them), the failures, and the processor time it took.

    Processor time, since a machine that is busy with other things must not make jobs smaller.
    """

    arrays: Arrays
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0


def name_of(job: Job) -> str:
    """The name of a job's file: a hash of what it runs."""
    digest = hashlib.blake2b(digest_size=12)
    for point in job.points:
        digest.update(np.array(point.keys, np.uint64).tobytes())
    return digest.hexdigest()


def told(job: Job) -> str:
    """What a job runs: policy, how many points and runs, and what the first changes, with its seed."""
    first = job.points[0]
    changes = ", ".join(f"{key} = {value}" for key, value in first.changes)
    of = counted(len(job.points), "point") + (f", the first with {changes}" if changes else "")
    return f"{counted(job.n_runs, 'run')} of {job.base.scenario.label} ({of}, seed {first.seeds[0]})"


def run_job(job: Job) -> Result:
    """Run a job. A point or run that fails leaves a row that says so; the others go on."""
    start, shared, parts, failures, row = time.thread_time(), _Shared(job.base), [], [], 0
    for point in job.points:
        arrays, failed = _run_point(job, point, shared)
        failures += [Failure(row + n, stage, error) for n, stage, error in failed]
        parts.append(arrays)
        row += len(point.seeds)
    shared.measure_rest()
    arrays = {name: np.concatenate([part[name] for part in parts if name in part]) for name in _names(parts)}
    arrays["measures"][[failure.row for failure in failures]] = np.nan
    return Result(arrays, failures, time.thread_time() - start)


class _Shared:
    """What the points of a job share: the memory of their worlds, and one search for the measures of many runs.

    A point may have a single run, and numpy takes almost as long over the measures of one as of many.
    """

    def __init__(self, base: Base) -> None:
        self._base, self._room = base, cast(NDArray[Any] | None, None)
        self._waiting: dict[tuple[int, Periods], list[tuple[NDArray[np.float64], NDArray[Any]]]] = {}

    def world(self, scenario: Scenario) -> NDArray[Any]:
        """The world of a point; it is there until the next one's is asked for."""
        self._room = build_like(self._base.world, self._base.scenario, scenario, self._room)
        return self._room

    def measure_later(self, rows: NDArray[np.float64], batch: Batch) -> None:
        """The measures of a batch belong into these rows: with those of others that are as long, or at the end."""
        kind = (batch.days.shape[1], batch.scenario.posture.periods)
        waiting = self._waiting.setdefault(kind, [])
        waiting.append((rows, batch.days))
        if sum(len(rows) for rows, _ in waiting) >= _TOGETHER:
            _measure(kind[1], self._waiting.pop(kind))

    def measure_rest(self) -> None:
        """Fill in the measures that are still waiting."""
        for (_, periods), waiting in self._waiting.items():
            _measure(periods, waiting)
        self._waiting = {}


def _measure(periods: Periods, waiting: Sequence[tuple[NDArray[np.float64], NDArray[Any]]]) -> None:
    """Fill rows (runs × measures), each from its daily tables (runs × days), all of the same length."""
    numbers = np.concatenate([days.view(np.float64) for _, days in waiting])  # records are copied field by field
    values, first = measure_runs(numbers.view(TALLY), periods), 0
    table = np.stack([values[measure.name] for measure in MEASURES], axis=1)
    for rows, _ in waiting:
        rows[:] = table[first : first + len(rows)]
        first += len(rows)


def _names(parts: Sequence[Arrays]) -> dict[str, None]:
    """Names of the arrays; a point whose runs all failed has no rows of outputs."""
    return dict.fromkeys(name for part in parts for name in part)


def _run_point(job: Job, point: JobPoint, shared: _Shared) -> tuple[Arrays, list[tuple[int, str, str]]]:
    """The arrays of a point, and (run, stage, error) of those that failed."""
    stage = "scenario"
    try:
        scenario = changed(job.base.scenario, as_given(point.changes))
        stage = "world"
        world = shared.world(scenario)
    except Exception as error:
        return _nothing(job, point, 0), [(n, stage, in_words(error)) for n in range(len(point.seeds))]
    return _run_seeds(job, point, shared, scenario, world)


def _run_seeds(
    job: Job, point: JobPoint, shared: _Shared, scenario: Scenario, world: Any
) -> tuple[Arrays, list[tuple[int, str, str]]]:
    """All runs at once; should that break, each alone, so that only the guilty fail."""
    arrays, failed, row = _nothing(job, point, scenario.days), [], 0
    rows: dict[str, list[NDArray[Any]]] = {output.name: [] for output in job.outputs}
    for batch in _batches(scenario, point.seeds, any(output.events for output in job.outputs), world):
        if isinstance(batch, Exception):
            failed.append((row, "run", in_words(batch)))
            row += 1
            continue
        _fill(arrays, row, batch)
        shared.measure_later(arrays["measures"][row : row + len(batch.seeds)], batch)
        for k, error in enumerate(batch.errors):
            if error:
                failed.append((row + k, "run", error))
            elif error := _reduce(job.outputs, scenario, batch, k, rows):
                failed.append((row + k, "output", error))
        row += len(batch.seeds)
    bad = {n for n, _, _ in failed}
    good = [n for n in range(row) if n not in bad]
    for name, found in rows.items():
        arrays[length_of(name)][good] = [len(each) for each in found]
        arrays |= {name: np.concatenate(found)} if found else {}
    return arrays, failed


def _batches(scenario: Scenario, seeds: Sequence[int], events: bool, world: Any) -> Iterator[Batch | Exception]:
    try:
        yield simulate_many(scenario, seeds, events=events, world=world)
    except Exception:
        for seed in seeds:
            try:
                yield simulate_many(scenario, [seed], events=events, world=world)
            except Exception as error:
                yield error


def in_words(error: Exception) -> str:
    """An error as one line."""
    return str(error) if isinstance(error, PostureError) else f"{type(error).__name__}: {error}"


def _nothing(job: Job, point: JobPoint, n_days: int) -> Arrays:
    """The arrays of a point before anything has run: measures NaN, digests 0, no rows of any output."""
    n = len(point.seeds)
    arrays: Arrays = {
        "keys": np.array(point.keys, np.uint64),
        "seeds": np.array([seed & _WORD for seed in point.seeds], np.uint64),  # a bad one fails in its run, not here
        "measures": np.full((n, len(MEASURES)), np.nan),
        "n_days": np.full(n, n_days, np.int64),
        "digests": np.zeros(n, np.uint64),
        "day_digests": np.zeros(n * n_days, np.uint64),  # one run after the other: points may differ in days
    }
    return arrays | {length_of(output.name): np.zeros(n, np.int64) for output in job.outputs}


def length_of(output: str) -> str:
    """The name of the array that says how many rows of an output each run has."""
    return f"n_{output}"


def _fill(arrays: Arrays, row: int, batch: Batch) -> None:
    """Put the digests of a batch into the rows from `row` on."""
    n, n_days = batch.days.shape
    arrays["digests"][row : row + n] = batch.day_digests[:, -1]
    arrays["day_digests"][row * n_days : (row + n) * n_days] = batch.day_digests.ravel()


def _reduce(
    outputs: Sequence[Output], scenario: Scenario, batch: Batch, k: int, rows: Mapping[str, list[NDArray[Any]]]
) -> str:
    """Add the rows of every output of run k; or none, and say what went wrong."""
    try:
        found = [output.reduce(scenario, batch, k) for output in outputs]
    except Exception as error:
        return in_words(error)
    for output, each in zip(outputs, found, strict=True):
        rows[output.name].append(each)
    return ""
