"""The ensemble behind the charts: many runs of one scenario, and where a run stands among them.

Counters are running totals since the start; levels are values at the end of a day. Days count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.draws import replicate_seed
from sim.engine import simulate_many
from sim.errors import RunError
from sim.measures import COLUMNS, Column, series
from sim.numbers import ordinal
from sim.scenario import Scenario
from sim.schedule import Block
from sim.statistics import PERCENTILES
from sim.world import build_like, build_world

Floats = NDArray[np.float64]
Stored = NDArray[np.float32]
WINDOW_DAYS, WEEK = 28, 7
_CHUNK = 25  # runs of one task
_FEW = 20  # runs below which a percentile says more than is known


@dataclass(frozen=True)
class Series:
    """What a chart may follow: a column of `measures.COLUMNS`, in the words of the page."""

    name: str
    title: str
    unit: str

    @property
    def column(self) -> Column:
        """Its definition: which way is good for the defence, whether it is a level, what it is the sum of."""
        return COLUMNS[self.name]

    def __call__(self, days: Any) -> Floats:
        """The series of tables of any shape (dtype TALLY)."""
        return series(days, self.name)


_SERIES = (
    Series("fire_attacks", "rocket and drone attacks", "attack"),
    Series("road_attacks", "bombs on convoys and details", "attack"),
    Series("rounds_leaked", "rounds leaked", "round"),
    Series("convoy_attacks", "bombs on convoys", "attack"),
    Series("trucks_lost", "trucks lost", "truck"),
    Series("us_wounded", "US wounded (dead included)", "person"),
    Series("us_killed", "US killed", "person"),
    Series("drivers_wounded", "Iraqi drivers and escorts wounded", "person"),
    Series("civilian_harm", "civilians and Iraqi soldiers harmed", "person"),
    Series("pressure", "pressure index", "point"),
    Series("lowest_supply_days", "lowest supply of a site", "day"),
    Series("relation", "relation US–Iraq", "0–1"),
    Series("capital", "Baghdad's capital", "0–1"),
    Series("patience", "Washington's patience", "0–1"),
)
SERIES: dict[str, Series] = {each.name: each for each in _SERIES}


@dataclass(frozen=True, eq=False)
class EnsembleBand:
    """The days of `n` runs: `values[series]` is runs × days (float32); `title` says which runs they are.

    `attacks` (runs × weeks × places) says where attacks fell, as `displacement` counts them; None where nobody asked.
    `ended` are the numbers (from 0) of the runs that are in it, of those that were begun: pairs have the same number.
    `ensemble` names the ensemble of whose states each run has one of its own; "" where all are in one state.
    """

    values: Mapping[str, Stored]
    title: str
    attacks: NDArray[np.uint8] | None = None
    ended: NDArray[np.int64] | None = None
    ensemble: str = ""

    @property
    def n(self) -> int:
        """Runs."""
        return len(next(iter(self.values.values())))

    @property
    def n_days(self) -> int:
        """Days of each run."""
        return next(iter(self.values.values())).shape[1]

    def only(self, numbers: NDArray[np.int64]) -> EnsembleBand:
        """The runs with these numbers alone; all must have ended."""
        rows = np.searchsorted(self._numbers, numbers)
        values = {name: each[rows] for name, each in self.values.items()}
        attacks = None if self.attacks is None else self.attacks[rows]
        return replace(self, values=values, attacks=attacks, ended=numbers)

    @property
    def _numbers(self) -> NDArray[np.int64]:
        return np.arange(self.n) if self.ended is None else self.ended

    @cached_property
    def _quantiles(self) -> dict[str, Floats]:
        return {}

    def quantiles(self, series: str) -> Floats:
        """PERCENTILES × days of a series."""
        return self._kept(series, lambda: self.values[series])

    def weekly(self, series: str) -> Floats:
        """PERCENTILES × whole weeks: what a running total grew by in each week."""
        return self._kept(f"{series} a week", lambda: weekly(self.values[series])[:, : self.n_days // 7])

    def _kept(self, key: str, make: Callable[[], NDArray[Any]]) -> Floats:
        if key not in self._quantiles:
            values = make()
            self._quantiles[key] = np.asarray(np.percentile(values, PERCENTILES, axis=0), np.float64)
        return self._quantiles[key]

    def percentile(self, series: str, day: int, value: float) -> float:
        """Per cent of the runs that are lower at the end of a day (from 1), those that tie counted half."""
        lower, same, n = self._ranks(series, day, value)
        return 100.0 * (lower + same / 2) / n

    def _ranks(self, series: str, day: int, value: float) -> tuple[int, int, int]:
        """Runs that are lower, runs that tie, all runs. Compared with the precision that is stored."""
        column, own = self.values[series][:, day - 1], np.float32(value)
        return int((column < own).sum()), int((column == own).sum()), len(column)

    def where_it_stands(self, series: str, day: int, value: float, of_runs: bool = True, ties: bool = True) -> str:
        """Where a run stands at the end of a day, such as `97th percentile in week 12 of 200 runs`.

        With `ties`, how many runs have the same, if they are many.
        """
        if day < 1:
            return "no day has ended yet"
        if day > self.n_days:
            return f"beyond the {self.n_days} days of the {self.n} runs"
        _, same, n = self._ranks(series, day, value)
        place, week = self.rank(series, day, value), f"in week {(day - 1) // 7 + 1}"
        if place.endswith(" all"):
            return f"{place} {n} runs {week}" if of_runs else f"{place} {week}"
        place = f"{place} percentile" if place[0].isdigit() else place
        tied = f", {round(100 * same / n)}% tie," if ties and n / 5 <= same and n >= _FEW else ""
        return f"{place}{tied} {week}" + (f" of {n} runs" if of_runs else "")

    def rank(self, series: str, day: int, value: float) -> str:
        """The place in short: `97th`, `above all`, `same as all`; among few runs `rank 3`."""
        lower, same, n = self._ranks(series, day, value) if 1 <= day <= self.n_days else (0, 0, 0)
        if n == 0:
            return "–"
        if same == n:
            return "same as all"
        if lower in (0, n) and same == 0:
            return "above all" if lower else "below all"
        if n < _FEW:
            return f"rank {lower + 1}" if same == 0 else f"ranks {lower + 1}–{lower + same + 1}"
        return ordinal(min(max(round(100.0 * (lower + same / 2) / n), 1), 99))


def paired(bands: Sequence[EnsembleBand]) -> list[EnsembleBand]:
    """Of bands of the same runs under two scenarios, the runs that ended under both."""
    both = reduce(np.intersect1d, (band._numbers for band in bands))
    return [band.only(both) for band in bands]


def weekly(values: NDArray[Any]) -> NDArray[Any]:
    """Growth of running totals (… × days) in each week; the last may be incomplete."""
    n_days = values.shape[-1]
    ends = [*range(7, n_days + 1, 7), *([n_days] if n_days % 7 else [])]
    totals = values[..., [end - 1 for end in ends]]
    return np.diff(totals, axis=-1, prepend=np.zeros((*totals.shape[:-1], 1), totals.dtype))


def per_week(totals: NDArray[Any]) -> Floats:
    """Running totals (… × days) as growth a week over the last four; before, over the days so far.

    NaN for the first days, until there are two weeks.
    """
    totals = np.asarray(totals, np.float64)
    ends = np.arange(1, totals.shape[-1] + 1)
    before = np.concatenate([np.zeros((*totals.shape[:-1], WINDOW_DAYS)), totals], axis=-1)[..., : totals.shape[-1]]
    means = (totals - before) * WEEK / np.minimum(ends, WINDOW_DAYS)
    return np.where(ends < WINDOW_DAYS / 2, np.nan, means)


# --- the ensemble, run now ----------------------------------------------------------------------------------
Count = Callable[[NDArray[Any]], NDArray[np.uint8]]
Tell = Callable[[float], None]
Member = tuple[Scenario, int]
"""The scenario in a state of the world, and the seed of its run."""
T = TypeVar("T")


def unsaid(_share: float) -> None:
    """Nobody is told how much is done."""


def compute_band(
    scenario: Scenario,
    n: int = 200,
    seed: int = 1,
    executor: Executor | None = None,
    count: Count | None = None,
    tell: Tell = unsaid,
) -> EnsembleBand:
    """`n` runs of a scenario by the compiled loop; a run that stops early is left out, and said.

    `count` makes the counts of `attacks` from the events of a run; `tell` is told the share that is done.
    """
    if n < 1:
        raise ValueError(f"n = {n}: expected at least one run")
    world, seeds = build_world(scenario), [replicate_seed(seed, k) for k in range(n)]
    chunks: list[list[tuple[Scenario, list[int]]]] = [
        [(scenario, seeds[first : first + _CHUNK])] for first in range(0, n, _CHUNK)
    ]
    run = partial(_run_chunk, world_of=lambda _: world, count=count)
    return _band(told((executor.map if executor else map)(run, chunks), len(chunks), tell), f"runs of {scenario.label}")


def band_over_states(
    members: Sequence[Member],
    ensemble: str,
    executor: Executor | None = None,
    count: Count | None = None,
    tell: Tell = unsaid,
) -> EnsembleBand:
    """A run of a scenario in each of many states of the world; a member is the scenario in a state, and a seed."""
    first = members[0][0]
    chunks = [[(each, [seed]) for each, seed in members[k : k + _CHUNK]] for k in range(0, len(members), _CHUNK)]
    run = partial(_run_chunk, world_of=partial(build_like, build_world(first), first), count=count)
    found = told((executor.map if executor else map)(run, chunks), len(chunks), tell)
    return replace(_band(found, f"states of the world ({ensemble}), {first.label}"), ensemble=ensemble)


Part = tuple[list[str], dict[str, Stored], list[NDArray[np.uint8]]]


def told(found: Iterable[list[T]], n_chunks: int, tell: Tell) -> Iterator[T]:
    """What comes of each member of chunks; after each chunk `tell` hears how much is done."""
    for k, parts in enumerate(found, 1):
        yield from parts
        tell(k / n_chunks)


def _band(found: Iterable[Part], title: str) -> EnsembleBand:
    parts = list(found)
    errors = [error for each, _, _ in parts for error in each]
    ended = np.flatnonzero([not error for error in errors])
    if not len(ended):
        raise RunError(f"every run of the ensemble stopped; the first {errors[0]}")
    values = {name: np.concatenate([part[name] for _, part, _ in parts]) for name in SERIES}
    stopped = f" ({len(errors) - len(ended)} more stopped early)" if len(ended) < len(errors) else ""
    counted = [each for *_, counts in parts for each in counts]
    attacks = np.stack(counted) if counted else None
    return EnsembleBand(values, f"{len(ended)} {title}{stopped}", attacks, ended)


def _run_chunk(
    members: Sequence[tuple[Scenario, Sequence[int]]], world_of: Callable[[Scenario], Block], count: Count | None
) -> list[Part]:
    return [_run_member(scenario, seeds, world_of(scenario), count) for scenario, seeds in members]


def _run_member(scenario: Scenario, seeds: Sequence[int], world: Block, count: Count | None) -> Part:
    batch = simulate_many(scenario, seeds, world=world, events=count is not None)
    good = [not error for error in batch.errors]
    counts = [count(log) for log, fine in zip(batch.events, good, strict=True) if fine] if count else []
    return batch.errors, charted(batch.days[good]), counts


def charted(days: NDArray[Any]) -> dict[str, Stored]:
    """Every series of tables (runs × days, dtype TALLY)."""
    return {name: each(days).astype(np.float32) for name, each in SERIES.items()}
