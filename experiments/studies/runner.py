"""Many runs for a study: states of the world × scenarios × replicates, under the same luck, kept and resumed.

A study is made of stages. A stage is a sweep whose design is made in code (`experiments.runs.sweep` runs it), so runs
are known by their content: one that was run before is not run again, and stages share runs.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.runs.archive import Archive
from experiments.runs.design import Design, Point
from experiments.runs.plan import Plan, make_plan
from experiments.runs.pools import Pool
from experiments.runs.sweep import Progress, run_missing, whole_or_kept
from sim.draws import replicate_seed
from sim.errors import RunError
from sim.measures import MEASURES
from sim.statistics import Values

_COLUMN = {measure.name: n for n, measure in enumerate(MEASURES)}
_GATHER = 20_000  # runs whose rows are in memory at a time
_LUCKS_APART = 1 << 40  # beyond any number of replicates


@dataclass(frozen=True)
class Outcomes:
    """`values[measure]`: worlds × scenarios × replicates; NaN where a run failed."""

    values: dict[str, Values]
    failed: int

    def mean(self, measure: str, scenario: int) -> Values:
        """Mean over the replicates of each world; NaN if any of them failed."""
        return np.asarray(self.values[measure][:, scenario].mean(axis=-1))

    def whole(self) -> NDArray[np.bool_]:
        """Which worlds were finished in every scenario and replicate."""
        first = next(iter(self.values.values()))
        return np.asarray(np.isfinite(first).all(axis=(1, 2)))


@dataclass
class Bench:
    """Where and how a study runs. `stages` records what each stage asked for, ran, and lost."""

    folder: Path
    pool: Pool
    seed: int = 1
    quick: bool = False
    progress: Callable[[str], AbstractContextManager[Progress]] = lambda stage: nullcontext(Progress())
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    scenarios: dict[str, Any] = field(default_factory=dict)

    def clear(self) -> None:
        """Throw away what was run before."""
        shutil.rmtree(self.folder / "chunks", ignore_errors=True)

    def run(
        self,
        stage: str,
        worlds: Sequence[Point],
        scenarios: Sequence[Point],
        replicates: int,
        measures: Sequence[str],
        luck: int = 0,
    ) -> Outcomes:
        """Run every world in every scenario; what a scenario sets wins over the world.

        Replicate r meets the same luck in every world and scenario; another `luck` deals it anew.
        """
        start, seed = time.monotonic(), _seed_of(self.seed, luck)
        points = tuple({**world, **scenario} for world in worlds for scenario in scenarios)
        design = Design(name="stage", title=stage, replicates=replicates, seed=seed, points=points)
        plan = make_plan(design, stage, check=False)
        archive, ran = self._run(plan, stage)
        values = _gather(archive, plan, measures)
        shape = (len(worlds), len(scenarios), replicates)
        outcomes = Outcomes({m: values[m].reshape(shape) for m in measures}, _failed(values))
        self._record(stage, plan, outcomes, ran, time.monotonic() - start)
        return outcomes

    def _run(self, plan: Plan, stage: str) -> tuple[Archive, int]:
        chunks = self.folder / "chunks"
        with whole_or_kept(self.folder):
            chunks.mkdir(parents=True, exist_ok=True)
            archive = Archive.open(chunks, tidy=True)
        with self.progress(stage) as progress:
            ran = run_missing(plan, archive, self.pool, progress)
        return (Archive.open(chunks) if ran else archive), ran

    def _record(self, stage: str, plan: Plan, outcomes: Outcomes, ran: int, seconds: float) -> None:
        self.stages[stage] = {
            "points": len(plan.points),
            "runs": plan.n_runs,
            "ran_now": ran,
            "failed": outcomes.failed,
            "seconds": round(seconds, 1),
        }
        self.scenarios.update({base.scenario.label: base.scenario for base in plan.bases})


def _seed_of(seed: int, luck: int) -> int:
    return seed if luck == 0 else int(replicate_seed(seed, _LUCKS_APART + luck))


def _gather(archive: Archive, plan: Plan, measures: Sequence[str]) -> dict[str, Values]:
    """The wanted measures of all runs, in the order of the plan."""
    keys, wanted = plan.keys.ravel(), [_COLUMN[m] for m in measures]
    parts = [
        archive.gather(keys[n : n + _GATHER], ("measures",))["measures"][:, wanted]
        for n in range(0, len(keys), _GATHER)
    ]
    table = np.concatenate(parts)
    return {m: table[:, n] for n, m in enumerate(measures)}


def _failed(values: Mapping[str, Values]) -> int:
    return int(np.isnan(next(iter(values.values()))).sum())


def keep_whole(outcomes: Outcomes, what: str) -> NDArray[np.bool_]:
    """Which worlds to analyse: those that are whole. It is an error if fewer than half are."""
    whole = outcomes.whole()
    if whole.mean() < 0.5:
        raise RunError(f"{what}: only {whole.sum()} of {len(whole)} points were finished; too few to analyse")
    return whole


def point_rows(
    worlds: Sequence[Point], scenarios: Sequence[Point], outcomes: Outcomes, keys: Sequence[str]
) -> Iterator[list[Any]]:
    """A row for each world and scenario: its keys, runs finished, means of the measures over them."""
    for w, world in enumerate(worlds):
        for s, scenario in enumerate(scenarios):
            point = {**world, **scenario}
            runs = [values[w, s] for values in outcomes.values.values()]
            n = int(np.isfinite(runs[0]).sum())
            means = [float(np.nanmean(each)) if n else float("nan") for each in runs]
            yield [w, *(point.get(key) for key in keys), n, *means]
