"""A job of a sweep: a few runs of a few points of one base scenario, as plain data that any worker can take.

`run_job` is a function of its job alone: the same arrays come from a thread, a process, or another machine.
"""

from __future__ import annotations

import hashlib
import pickle
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from experiments.runs.design import as_given
from sim.compiled import source_hash
from sim.engine import Batch, simulate_many
from sim.errors import PostureError, RunError
from sim.measures import MEASURES, TALLY
from sim.scenario import Scenario
from sim.state import EVENT
from sim.theatre import Theatre, build_theatre
from sim.theatre_config import TheatreConfig
from sim.world import build_like, build_world

Arrays = dict[str, NDArray[Any]]


class Base:
    """The scenario that points change, with its world; travels compressed, and is unpacked once per worker."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
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
    outputs: tuple[str, ...] = ("runs",)

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
    """What comes of a job: arrays with a row per run (`chunk_files` keeps them), the failures, and the time it took."""

    arrays: Arrays
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0


def name_of(job: Job) -> str:
    """The name of a job's file: a hash of what it runs."""
    digest = hashlib.blake2b(digest_size=12)
    for point in job.points:
        digest.update(np.array(point.keys, np.uint64).tobytes())
    return digest.hexdigest()


def run_job(job: Job) -> Result:
    """Run a job. A point or run that fails leaves a row that says so; the others go on."""
    start, parts, failures, row = time.perf_counter(), [], [], 0
    for point in job.points:
        arrays, failed = _run_point(job, point)
        failures += [Failure(row + n, stage, error) for n, stage, error in failed]
        parts.append(arrays)
        row += len(point.seeds)
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Result(arrays, failures, time.perf_counter() - start)


def _run_point(job: Job, point: JobPoint) -> tuple[Arrays, list[tuple[int, str, str]]]:
    """The arrays of a point, and (run, stage, error) of those that failed."""
    stage = "scenario"
    try:
        scenario = changed(job.base.scenario, as_given(point.changes))
        stage = "world"
        world = build_like(job.base.world, job.base.scenario, scenario)
    except Exception as error:
        return _nothing(job, point, 0), [(n, stage, in_words(error)) for n in range(len(point.seeds))]
    return _run_seeds(job, point, scenario, world)


def _run_seeds(job: Job, point: JobPoint, scenario: Scenario, world: Any) -> tuple[Arrays, list[tuple[int, str, str]]]:
    """All runs at once; should that break, each alone, so that only the guilty fail."""
    arrays, failed = _nothing(job, point, scenario.days), []
    events = "events" in job.outputs
    try:
        batches: list[Batch | Exception] = [simulate_many(scenario, point.seeds, events=events, world=world)]
    except Exception:
        batches = [_alone(scenario, seed, events, world) for seed in point.seeds]
    row = 0
    for batch in batches:
        if isinstance(batch, Exception):
            failed.append((row, "run", in_words(batch)))
            row += 1
            continue
        _fill(arrays, row, batch)
        failed += [(row + n, "run", error) for n, error in enumerate(batch.errors) if error]
        row += len(batch.seeds)
    return arrays, failed


def _alone(scenario: Scenario, seed: int, events: bool, world: Any) -> Batch | Exception:
    try:
        return simulate_many(scenario, [seed], events=events, world=world)
    except Exception as error:
        return error


def in_words(error: Exception) -> str:
    """An error as one line."""
    return str(error) if isinstance(error, PostureError) else f"{type(error).__name__}: {error}"


def _nothing(job: Job, point: JobPoint, n_days: int) -> Arrays:
    """The arrays of a point before anything has run: measures NaN, digests 0."""
    n = len(point.seeds)
    arrays: Arrays = {
        "keys": np.array(point.keys, np.uint64),
        "seeds": np.array(point.seeds, np.uint64),
        "measures": np.full((n, len(MEASURES)), np.nan),
        "n_days": np.full(n, n_days, np.int64),
        "digests": np.zeros(n, np.uint64),
        "day_digests": np.zeros(n * n_days, np.uint64),  # one run after the other: points may differ in days
    }
    if "daily" in job.outputs:
        arrays["days"] = np.zeros((n * n_days, len(TALLY)))
    if "events" in job.outputs:
        arrays["n_events"] = np.zeros(n, np.int64)
        arrays["events"] = np.zeros(0, EVENT.descr)
    return arrays


def _fill(arrays: Arrays, row: int, batch: Batch) -> None:
    """Put a batch into the rows from `row` on."""
    n, n_days = batch.days.shape
    arrays["measures"][row : row + n] = np.stack([batch.measures[measure.name] for measure in MEASURES], axis=1)
    arrays["digests"][row : row + n] = batch.day_digests[:, -1]
    arrays["day_digests"][row * n_days : (row + n) * n_days] = batch.day_digests.ravel()
    if "days" in arrays:
        days = batch.days.view(np.float64).reshape(n * n_days, len(TALLY))
        arrays["days"][row * n_days : (row + n) * n_days] = days
    if "events" in arrays:
        whole = {k: log for k, log in enumerate(batch.events) if not batch.errors[k]}
        for k, log in whole.items():
            arrays["n_events"][row + k] = len(log)
        tables = [log.astype(EVENT.descr) for log in whole.values()]
        arrays["events"] = np.concatenate([arrays["events"], *tables])
