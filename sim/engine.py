"""The compiled loop: one run, many runs, or a run that goes on from a stored state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import entry, rule
from sim.digest import digest_rows
from sim.errors import RunError
from sim.measures import measure_runs
from sim.memory import Address, address, rows_at
from sim.rules import agenda
from sim.scenario import Scenario
from sim.schedule import Block, begin, hour, state_at, world_at
from sim.state import EVENT, PARTS, STATE, STATUS, TALLY, State
from sim.world import World, build_world

_TALLY_WORDS, _STATE_WORDS = TALLY.itemsize // 8, STATE.itemsize // 8
_FIELDS: Any = STATE.fields
_TALLY_START = _FIELDS["tally"][1] // 8
_FIRST_EVENTS = 4096


_HEAD = 2  # the state's own words up to its tally, and the tally, are digested as rows of one word
SPANS = np.array(
    [(0, 1), (_TALLY_START, 1), *((_FIELDS[part][1] // 8, STATE[part].base.itemsize // 8) for part in PARTS)], np.int64
)
"""(first word, words per row) of what a digest covers: the head, the tally, and each of `PARTS`; see `rows_in_use`."""
_N_SPANS = len(SPANS)
_GROWING = np.array(
    [(_HEAD + n, _FIELDS[f"n_{part}"][1] // 8) for n, part in enumerate(PARTS) if f"n_{part}" in _FIELDS], np.int64
)
"""(row of `SPANS`, word that counts it) of the parts that the state itself counts: their number changes in a run."""


def rows_in_use(world: World) -> NDArray[np.int64]:
    """How many rows of each part of `SPANS` are in use; 0 for a part that changes in a run (`keep_day` fills it in)."""
    names = world.dtype.names or ()
    counts = [int(world[f"n_{part}"]) if f"n_{part}" in names else int(f"n_{part}" not in _FIELDS) for part in PARTS]
    return np.array([_TALLY_START, _TALLY_WORDS, *counts], np.int64)


@rule
def keep_day(state: State, words: Any, spans: Any, rows: Any, days: Any, digests: Any, first_day: int) -> None:
    """Keep the tally of the day that has just ended, and chain its digest to that of the day before, if wanted."""
    day = state.hour // 24 - 1 - first_day
    for n in range(days.shape[1]):
        days[day, n] = words[_TALLY_START + n]
    if len(digests) == 0:
        return
    for n in range(len(_GROWING)):
        rows[_GROWING[n, 0]] = np.int64(words[_GROWING[n, 1]])
    before = digests[day - 1] if day > 0 else np.uint64(0)
    digests[day] = digest_rows(words, spans, rows, before)


@rule
def words_at(state: Address) -> Any:
    """A state as 64-bit words."""
    return rows_at(state, _STATE_WORDS, np.uint64)


@rule
def days_at(days: Address, n_days: int) -> Any:
    """A table of tallies as 64-bit words (days × words of a tally)."""
    return rows_at(days, (n_days, _TALLY_WORDS), np.uint64)


@entry
def close_day(state: Address, spans: Address, rows: Address, days: Address, n_days: int, digests: Address) -> None:
    """`keep_day` for the Mesa driver."""
    spans_, rows_ = rows_at(spans, (_N_SPANS, 2), np.int64), rows_at(rows, _N_SPANS, np.int64)
    kept = rows_at(digests, n_days, np.uint64)
    keep_day(state_at(state), words_at(state), spans_, rows_, days_at(days, n_days), kept, 0)


@entry
def first_hour(world: Address, state: Address, seed: int) -> None:
    """Fill an empty state."""
    begin(world_at(world), state_at(state), np.uint64(seed))


@entry
def run_hours(
    world_address: Address,
    state_address: Address,
    until: int,
    spans: Address,
    rows: Address,
    days: Address,
    n_days: int,
    first_day: int,
    digests: Address,
    n_digests: int,
    events: Address,
    n_events: int,
) -> int:
    """Run to hour `until`; fill the daily table, the daily digests and, as far as there is room, the events.

    `days` has `n_days` rows from day `first_day` on, `digests` as many or none, `events` room for `n_events`. Returns
    the number of events that happened, which may be more than there was room for.
    """
    world, state, words = world_at(world_address), state_at(state_address), words_at(state_address)
    spans_, rows_ = rows_at(spans, (_N_SPANS, 2), np.int64), rows_at(rows, _N_SPANS, np.int64)
    table, kept = days_at(days, n_days), rows_at(digests, n_digests, np.uint64)
    log, happened = rows_at(events, n_events, EVENT), 0
    agenda.fill(world, state)
    while state.hour < until and state.status == 0:
        hour(world, state)
        for n in range(state.n_events):
            if happened < n_events:
                log[happened] = state.events[n]
            happened += 1
        if state.hour % 24 == 0:
            keep_day(state, words, spans_, rows_, table, kept, first_day)
    agenda.clear(state)
    return happened


class Tables:
    """The daily tally and digests of one run, with what the compiled functions need to fill them.

    They are kept in `days` and `digests` if these are given: rows of a batch, all zero.
    """

    def __init__(
        self, world: Block, block: Block, days: NDArray[Any] | None = None, digests: NDArray[np.uint64] | None = None
    ) -> None:
        n_days = int(world[0].n_hours) // 24
        self.days = np.zeros(n_days, TALLY) if days is None else days
        self.digests = np.zeros(n_days, np.uint64) if digests is None else digests
        self._state, self.rows = block, rows_in_use(world[0])
        self._of_day = address(block), address(SPANS), address(self.rows)

    def close_hour(self) -> None:
        """After an hour: at the end of a day, keep it."""
        if self._state["hour"][0] % 24 == 0:
            close_day(*self._of_day, address(self.days), len(self.days), address(self.digests))

    def forget(self) -> None:
        """Back to the first hour: no day is kept."""
        self.days.view(np.uint64)[:], self.digests[:] = 0, 0

    def digest(self, n_days: int) -> str:
        """Sixteen hex digits for the first `n_days` days."""
        return f"{int(self.digests[n_days - 1]):016x}" if n_days else ""


@dataclass
class Run:
    """One run: its final state and tables. `days` has one row per day (dtype TALLY), `events` dtype EVENT."""

    scenario: Scenario
    seed: int
    state: Block
    days: NDArray[Any]
    digests: NDArray[np.uint64]
    events: NDArray[Any]

    @property
    def digest(self) -> str:
        """Sixteen hex digits that name the whole trajectory."""
        return f"{int(self.digests[-1]):016x}" if len(self.digests) else ""

    @property
    def measures(self) -> dict[str, float]:
        """Name → value of each measure of `measures.MEASURES`."""
        periods = self.scenario.posture.periods
        return {name: float(value) for name, value in measure_runs(self.days, periods).items()}


def new_state(world: Block, seed: int) -> Block:
    """The state of the first hour (an array of one row of type `STATE`)."""
    block = np.zeros(1, STATE)
    first_hour(address(world), address(block), int(np.uint64(seed)))  # OverflowError beyond 0 … 2^64 − 1
    return block


def run_to(world: Block, state: Block, tables: Tables, until: int, log: NDArray[Any]) -> int:
    """Run a state on to hour `until`; returns how many events happened."""
    days = address(tables.days), len(tables.days), 0, address(tables.digests), len(tables.digests)
    both = address(world), address(state), until, address(SPANS), address(tables.rows)
    return run_hours(*both, *days, address(log), len(log))


def run_future(world: Block, state: Block, until: int, tallies: NDArray[Any]) -> None:
    """Run a state on to hour `until`; `tallies` (days that end × words of a tally) gets the tally of each day."""
    day = int(state[0].hour) // 24
    run_hours(address(world), address(state), until, 0, 0, address(tallies), len(tallies), day, 0, 0, 0, 0)


def simulate(scenario: Scenario, seed: int = 1, *, events: bool = False, world: Block | None = None) -> Run:
    """One run of a scenario. The seed is an integer of 0 … 2^64 − 1."""
    world = build_world(scenario) if world is None else world
    state, tables, log = _one(world, seed, events)
    if state[0].status != 0:
        raise RunError(f"seed {seed}: {why_stopped(state)}")
    return Run(scenario, seed, state, tables.days, tables.digests, log)


def _one(world: Block, seed: int, events: bool, *rows: NDArray[Any]) -> tuple[Block, Tables, NDArray[Any]]:
    """The last state of a run, its tables (in `rows`, if given) and, if asked for, its events (none otherwise)."""
    room = _FIRST_EVENTS if events else 0
    while True:
        state, log = new_state(world, seed), np.zeros(room, EVENT)
        tables = Tables(world, state, *rows)
        n_events = run_to(world, state, tables, int(world[0].n_hours), log)
        if not events or n_events <= room:
            return state, tables, log[:n_events].copy()  # the room itself is not kept
        room = n_events  # the run is the same again, now with room for all


def why_stopped(state: Block) -> str:
    """Why a run stopped before its end, "" if it did not."""
    return f"stopped at hour {state[0].hour}: {STATUS[state[0].status]}" if state[0].status else ""


@dataclass
class Batch:
    """Runs of one scenario with several seeds: measures by name, one value per run; digests; errors ("" if none).

    `days` (runs × days, dtype TALLY) and `day_digests` (runs × days) are the tables of each run; one that stopped early
    has rows of zeros. `events` (dtype EVENT) has an array for each run, up to where it stopped; [] if not asked for.
    """

    scenario: Scenario
    seeds: list[int]
    digests: list[str]
    errors: list[str]
    days: NDArray[Any]
    day_digests: NDArray[np.uint64]
    events: list[NDArray[Any]]

    @cached_property
    def measures(self) -> dict[str, NDArray[np.float64]]:
        """Found when asked for: a sweep finds those of several batches at once."""
        measures = measure_runs(self.days, self.scenario.posture.periods)
        for values in measures.values():
            values[[bool(error) for error in self.errors]] = np.nan
        return measures


def simulate_many(
    scenario: Scenario, seeds: Sequence[int], *, events: bool = False, world: Block | None = None
) -> Batch:
    """Run a scenario once per seed. A run that stops early has NaN measures and says why in `errors`."""
    world = build_world(scenario) if world is None else world
    digests, errors, logs = [], [], []
    days = np.zeros((len(seeds), int(world[0].n_hours) // 24), TALLY)
    day_digests = np.zeros(days.shape, np.uint64)
    for n, seed in enumerate(seeds):
        state, tables, log = _one(world, seed, events, days[n], day_digests[n])
        digests.append(tables.digest(len(tables.days)))
        errors.append(why_stopped(state))
        logs.append(log)
    return Batch(scenario, list(seeds), digests, errors, days, day_digests, logs if events else [])
