"""Many runs for a study: states of the world × policies × replicates, in the engine room, kept and resumed.

A study is made of stages. Runs are known by their content: a stage that was run before, in part or whole, is not run
again, and stages share runs.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any, ParamSpec, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from experiments.runs.archive import Archive
from experiments.runs.bases import Bases, Given
from experiments.runs.design import STATE, Design, Point
from experiments.runs.outputs import Columns, Output
from experiments.runs.plan import Plan, make_plan, plan_of
from experiments.runs.pools import Pool
from experiments.runs.room import Progress, Room
from experiments.studies.weights import kept
from sim.draws import replicate_seed
from sim.errors import RunError
from sim.measures import MEASURES
from sim.scenario import Scenario
from sim.statistics import Values

P = ParamSpec("P")
T = TypeVar("T")

_COLUMN = {measure.name: n for n, measure in enumerate(MEASURES)}
_GATHER = 20_000  # runs whose rows are in memory at a time
Seeds: TypeAlias = NDArray[np.int64]
_STREAMS_APART = 1 << 40  # beyond any number of replicates


def seeds_of(*path: int, n: int) -> Seeds:
    """`n` seeds that belong to a path of numbers (base seed, stage …); the first stay when `n` grows.

    They have 49 bits, and so 15 digits at most, as many as spreadsheets keep.
    """
    words = np.random.SeedSequence(path).generate_state(n, np.uint64)
    return np.asarray(words >> np.uint64(15), dtype=np.int64)


@dataclass(frozen=True)
class Outcomes:
    """`values[measure]`: states × policies × replicates; NaN where a run failed."""

    values: dict[str, Values]

    @property
    def failed(self) -> int:
        """How many runs failed."""
        return int(np.isnan(next(iter(self.values.values()))).sum())

    def whole(self) -> NDArray[np.bool_]:
        """Which states were finished in every policy and replicate."""
        first = next(iter(self.values.values()))
        return np.asarray(np.isfinite(first).all(axis=(1, 2)))

    def counting(self, weights: Values | None) -> NDArray[np.bool_]:
        """Which of these have a weight."""
        return self.whole() if weights is None else self.whole() & (weights > 0.0)


@dataclass
class StudyRunner:
    """Where and how a study runs. `stages` records what each stage asked for, ran, and lost."""

    folder: Path
    pool: Pool
    seed: int = 1
    quick: bool = False
    progress: Callable[[str], AbstractContextManager[Progress]] = lambda stage: nullcontext(Progress())
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    say: Callable[[str], None] = lambda line: None
    _bases: Bases | None = None
    _alone: dict[int, Given] = field(default_factory=dict)

    @cached_property
    def room(self) -> Room:
        """The engine room: one archive and one pool for all stages."""
        return Room(self.folder, self.pool)

    def clear(self) -> None:
        """Throw away what was run before."""
        shutil.rmtree(self.folder / "chunks", ignore_errors=True)

    def step(self, what: str, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Do some work that runs nothing, and say first what it is: it may take minutes."""
        self.say(f"{what} …")
        return work(*given, **named)

    def run(
        self,
        stage: str,
        states: Sequence[Point],
        policies: Sequence[Point],
        replicates: int,
        measures: Sequence[str],
        *,
        streams: int = 0,
        own_streams: bool = False,
        counted: Columns | None = None,
    ) -> Outcomes:
        """Run every policy in every state; what a policy sets wins over the state. `counted` adds what it counts.

        Replicate r has the same streams in every policy and, unless states have `own_streams`, in every state: factors
        of a design share streams, draws of what nobody knows must not. Another number of `streams` deals them anew.
        """
        start, seed = time.monotonic(), _seed_of(self.seed, streams)
        numbers: list[Point] = [{STATE: n} if own_streams else {} for n in range(len(states))]
        points = tuple({**s, **p, **n} for s, n in zip(states, numbers, strict=True) for p in policies)
        design = Design(name="stage", title=stage, replicates=replicates, seed=seed, points=points)
        more = () if counted is None else (counted,)
        plan = make_plan(design, stage, check=False, bases=self._bases, more=more)
        self._bases = plan.bases
        with self.progress(stage) as progress:
            ran = self.room.run(plan, progress)
        archive = self.room.archive
        tables = [_gather(archive, plan, measures), *(_counts(archive, plan, each) for each in more)]
        names = [*measures, *(name for each in more for name in each.columns)]
        table = np.concatenate(tables).reshape(len(names), len(states), len(policies), -1)
        outcomes = Outcomes(dict(zip(names, table, strict=True)))
        self._record(stage, plan, outcomes.failed, ran, time.monotonic() - start)
        return outcomes

    def ran_before(self, stage: str, scenario: Scenario, n: int, failed: int) -> None:
        """A stage of `n` runs, one a point, of which this folder keeps a file: it counts as if they were looked up."""
        self._note(stage, (n, n, 0, failed, 0.0), [scenario])

    def reduce(
        self, stage: str, scenario: Scenario, points: Sequence[Point], seeds: Sequence[int] | Seeds, output: Output
    ) -> list[NDArray[Any]]:
        """One run of a scenario at each point, with its own seed: the rows of its output; NaN where a run failed.

        Stages of one name are one entry of `stages`.
        """
        rows = self.rows(stage, scenario, points, seeds, output)
        good = next(row for row in rows if row is not None)
        return [np.full_like(good, np.nan) if row is None else row for row in rows]

    def rows(
        self, stage: str, scenario: Scenario, points: Sequence[Point], seeds: Sequence[int] | Seeds, output: Output
    ) -> list[NDArray[Any] | None]:
        """The same, with None where a run failed. It is an error if all did."""
        start, base = time.monotonic(), self._alone.setdefault(id(scenario), Given([scenario]))
        plan = plan_of(list(points), base, np.array(seeds, np.uint64).reshape(-1, 1), (output,))
        with self.progress(stage) as progress:
            ran = self.room.run(plan, progress)
        keys = plan.keys.ravel()
        rows, failed = list(self.room.archive.rows(keys, output.name)), self.room.archive.failed(keys)
        if failed.all():
            raise RunError(f"{stage}: every run failed: {self.room.archive.failures(keys)[0].error}")
        self._record(stage, plan, int(failed.sum()), ran, time.monotonic() - start)
        return [None if bad else row for row, bad in zip(rows, failed, strict=True)]

    def _record(self, stage: str, plan: Plan, failed: int, ran: int, seconds: float) -> None:
        numbers = (len(plan.points), plan.n_runs, ran, failed, seconds)
        self._note(stage, numbers, [base.scenario for base in plan.bases])

    def _note(self, stage: str, numbers: Sequence[float], scenarios: Sequence[Scenario]) -> None:
        entry = self.stages.setdefault(stage, dict.fromkeys(("points", "runs", "ran_now", "failed", "seconds"), 0.0))
        for key, number in zip(entry, numbers, strict=True):
            entry[key] = round(entry[key] + number, 1) if key == "seconds" else int(entry[key] + number)
        self.scenarios.update({scenario.label: scenario for scenario in scenarios})


def _seed_of(seed: int, streams: int) -> int:
    return seed if streams == 0 else int(replicate_seed(seed, _STREAMS_APART + streams))


def _gather(archive: Archive, plan: Plan, measures: Sequence[str]) -> Values:
    """Each of the wanted measures of all runs, in the order of the plan (measures × runs)."""
    keys, wanted = plan.keys.ravel(), [_COLUMN[m] for m in measures]
    parts = [
        archive.gather(keys[n : n + _GATHER], ("measures",))["measures"][:, wanted]
        for n in range(0, len(keys), _GATHER)
    ]
    return np.ascontiguousarray(np.concatenate(parts).T)


def _counts(archive: Archive, plan: Plan, counted: Columns) -> Values:
    """Each column of an output of one row a run (columns × runs); NaN where a run failed."""
    none = np.full((1, len(counted.columns)), np.nan)
    rows = archive.rows(plan.keys.ravel(), counted.name)
    return np.concatenate([row if len(row) else none for row in rows]).T


@dataclass(frozen=True)
class Kept:
    """States that were finished in every run, what policies are called, values, and how many states were left out.

    `weights` (states; they sum to 1), None where all count alike. States of no weight are not among them.
    """

    states: list[Point]
    policies: Sequence[Any]
    values: dict[str, Values]
    left_out: int
    weights: Values | None = None

    def of(self, policy: Any, measure: str) -> Values:
        """A measure of a policy (states × replicates)."""
        return np.asarray(self.values[measure][:, self.policies.index(policy)])


def keep_whole(
    outcomes: Outcomes,
    states: Sequence[Point],
    what: str,
    policies: Sequence[Any] = (),
    weights: Values | None = None,
) -> Kept:
    """What to analyse: the states that are whole and count. It is an error if fewer than half are whole."""
    whole = outcomes.whole()
    if whole.mean() < 0.5:
        raise RunError(f"{what}: only {whole.sum()} of {len(whole)} points were finished; too few to analyse")
    counting = outcomes.counting(weights)
    values = {measure: table[counting] for measure, table in outcomes.values.items()}
    return Kept(list(compress(states, counting)), policies, values, int((~whole).sum()), kept(weights, counting))
