"""Many runs, in chunks, in order: `run_chunks → run_chunk → sim.engine.simulate_many`.

The caller owns the executor; None runs the chunks one after the other. A chunk is plain data, and each run
is a function of its scenario and seed alone, so rows don't depend on the workers or on the size of a chunk.
The compiled loop releases the interpreter lock: threads use every core.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from experiments.files.squares import Codes, codes_of
from experiments.files.weekly import weeks_of
from sim import engine
from sim.draws import replicate_seed
from sim.engine import Batch, Run, simulate, simulate_many
from sim.errors import RunError
from sim.measures import MEASURES
from sim.scenario import Scenario
from sim.statistics import Values
from sim.world import build_world

CHUNK_RUNS = 10


@dataclass(frozen=True)
class Chunk:
    """A few replicates of one scenario."""

    scenario: Scenario
    world: Any  # as `build_world` gives it
    replicates: tuple[int, ...]
    seeds: tuple[int, ...]
    tracks: bool = False  # whether rows bring theirs


@dataclass(frozen=True)
class Tracks:
    """What a run leaves for `weekly.csv` and `squares.csv`."""

    weeks: Values  # weeks × measures of `weekly.WEEKLY`
    attacks: Codes


class Measures(Mapping[str, float]):
    """The measures of a run by name, in a fifth of the room of a dict: many runs are kept until the end."""

    __slots__ = ("_values",)

    def __init__(self, values: Values) -> None:
        self._values = values  # in the order of MEASURES

    def __getitem__(self, name: str) -> float:
        return float(self._values[_PLACES[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


_PLACES = {measure.name: n for n, measure in enumerate(MEASURES)}


@dataclass(frozen=True)
class Row:
    """One run: a row of `runs.csv`. A failed run has an error, and NaN for every measure."""

    posture: str
    responses: str  # joined by +
    replicate: int | None
    seed: int
    digest: str
    error: str
    measures: Mapping[str, float]
    tracks: Tracks | None = field(default=None, compare=False, repr=False)

    @property
    def status(self) -> str:
        """`ok` or `failed`."""
        return "failed" if self.error else "ok"

    @property
    def label(self) -> str:
        """Posture and responses, joined by +: the label of its scenario."""
        return "+".join(filter(None, (self.posture, self.responses)))


def chunks_of(
    scenario: Scenario, seed: int, replicates: int, size: int = CHUNK_RUNS, *, tracks: bool = False
) -> Iterator[Chunk]:
    """The replicates 0 … n−1 of a scenario; each replicate has the same run seed in every scenario."""
    world = build_world(scenario)
    for first in range(0, replicates, size):
        numbers = tuple(range(first, min(first + size, replicates)))
        yield Chunk(scenario, world, numbers, tuple(replicate_seed(seed, number) for number in numbers), tracks)


def run_chunks(executor: Executor | None, chunks: Iterable[Chunk], in_flight: int = 64) -> Iterator[list[Row]]:
    """The rows of each chunk, in the order of the chunks; at most `in_flight` chunks wait at a time."""
    if executor is None:
        yield from map(run_chunk, chunks)
        return
    waiting: deque[Future[list[Row]]] = deque()
    try:
        for chunk in chunks:
            waiting.append(executor.submit(run_chunk, chunk))
            while waiting and (len(waiting) >= in_flight or waiting[0].done()):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def run_chunk(chunk: Chunk) -> list[Row]:
    """Run a chunk. Should it break, each of its runs is tried alone, so that only the guilty fail."""
    try:
        batch = simulate_many(chunk.scenario, chunk.seeds, events=chunk.tracks, world=chunk.world)
    except Exception as error:
        if len(chunk.seeds) == 1:
            return [failed_row(chunk.scenario, chunk.replicates[0], chunk.seeds[0], error)]
        return [row for single in _singles(chunk) for row in run_chunk(single)]
    return _rows(chunk.scenario, chunk.replicates, batch)


def _singles(chunk: Chunk) -> Iterator[Chunk]:
    for replicate, seed in zip(chunk.replicates, chunk.seeds, strict=True):
        yield replace(chunk, replicates=(replicate,), seeds=(seed,))


def _rows(scenario: Scenario, replicates: Sequence[int], batch: Batch) -> list[Row]:
    tracks = _tracks(scenario, batch) if batch.events else [None] * len(replicates)
    measures = np.column_stack([batch.measures[measure.name] for measure in MEASURES])
    return [
        Row(
            scenario.name,
            scenario.response_names,
            replicate,
            batch.seeds[n],
            "" if batch.errors[n] else batch.digests[n],
            batch.errors[n],
            Measures(measures[n]),
            tracks[n],
        )
        for n, replicate in enumerate(replicates)
    ]


def _tracks(scenario: Scenario, batch: Batch) -> list[Tracks]:
    """The weeks and attacks of each run."""
    weeks = weeks_of(batch.days)
    return [Tracks(weeks[n], codes_of(events, scenario.theatre)) for n, events in enumerate(batch.events)]


def warm_up(scenario: Scenario) -> None:
    """Compile everything that runs need, with one short run."""
    engine.simulate_many(scenario.with_changes({"days": 1}), [0])


def failed_row(scenario: Scenario, replicate: int | None, seed: int, error: Exception) -> Row:
    """The row of a run that raised an error."""
    text = str(error) if isinstance(error, RunError) else f"{type(error).__name__}: {error}"
    nothing = {measure.name: float("nan") for measure in MEASURES}
    return Row(scenario.name, scenario.response_names, replicate, seed, "", text, nothing)


def run_one(scenario: Scenario, seed: int, *, events: bool = False) -> tuple[Row, Run | None]:
    """One run with its tables; a run that stops early is a failed row without them."""
    try:
        run = simulate(scenario, seed, events=events)
    except RunError as error:
        return failed_row(scenario, None, seed, error), None
    return Row(scenario.name, scenario.response_names, None, seed, run.digest, "", run.measures), run
