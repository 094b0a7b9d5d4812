"""`posture sweep`: run what is missing of a design, keep each chunk, write the tables: `sweep → run_jobs → run_job`.

A results folder holds `chunks/` (what has been run, by content), `design.json` (what was asked for), and at the end
`runs.csv` and `manifest.json`. Running the same sweep again runs only what is missing.
"""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from experiments.archive import Archive, keep
from experiments.design import Design
from experiments.jobs import Job, Result, run_job
from experiments.pools import Pool, run_jobs
from experiments.store import replacing, write_json
from experiments.sweep_plan import Plan, jobs_of, make_plan
from experiments.sweep_tables import write_daily, write_events, write_runs
from sim.compiled import source_hash
from sim.errors import ConfigError, PostureError, RunError

OnFailure = Literal["go-on", "at-end", "at-once"]
JOB_SECONDS = 0.4  # so that a stop is quick, and a kill loses little
_PILOT_RUNS = 3
_MOST_JOB_BYTES = 16 << 20


class StoreError(PostureError):
    """Results can't be written; what is complete is kept."""

    exit_code = 1


@dataclass
class Progress:
    """What a sweep tells its caller as it goes on; the screen is one of its listeners."""

    total_cost: float = 0.0
    total_runs: int = 0
    on_runs: Callable[[int, float], None] = lambda runs, cost: None
    on_failure: Callable[[str], None] = lambda message: None
    on_stage: Callable[[str], None] = lambda stage: None


@dataclass
class Outcome:
    """How a sweep ended."""

    plan: Plan
    ran: int = 0
    failed: int = 0
    torn: int = 0
    files: list[str] = field(default_factory=list)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One sweep at a time in a folder. The system frees the lock of a process that has died."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        allowed = "expected a folder that no other sweep is writing to at the moment"
        raise ConfigError(None, "--out", str(folder), allowed) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def whole_or_kept(folder: Path) -> Iterator[None]:
    """An error in writing becomes one message that says what is safe."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "no space is left for the results" if full else f"the results can't be written ({error.strerror})"
        raise StoreError(
            f"{folder}: {why}. What is complete is kept: make room, then run the same command again to go on."
        ) from error


def described(design: Design, replicates: int) -> dict[str, Any]:
    """What `design.json` keeps: the design, and the version of the rules."""
    content = design.model_dump(mode="json", exclude={"replicates", "title", "question", "source"})
    return {"rules": source_hash(), "replicates": replicates, "design": content}


def check_design(folder: Path, plan: Plan, archive: Archive, *, fresh: bool) -> None:
    """Refuse a design that the runs of the folder do not belong to, unless it is to be started afresh."""
    import json

    path = folder / "design.json"
    if fresh or not path.is_file() or len(archive.keys()) == 0:
        return
    wanted = described(plan.design, plan.replicates)
    stored = json.loads(path.read_text(encoding="utf-8"))
    orphans = ~np.isin(archive.keys(), plan.keys)
    if not orphans.any():
        return
    changes = [key for key in differences(stored, wanted) if key != "replicates"]
    if not changes:  # fewer replicates, or rows of a run that was stopped when narrow enough
        return
    allowed = f"expected the design that the folder was begun with; --fresh throws its {len(archive.keys())} runs away"
    raise ConfigError(path, "design", "; ".join(changes), allowed)


def differences(before: Any, after: Any, key: str = "") -> list[str]:
    """Where two trees differ, in words."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys([*before, *after])
        return [
            line for n in names for line in differences(before.get(n), after.get(n), f"{key}.{n}" if key else str(n))
        ]
    return [] if before == after else [f"{key}: {_short(before)} → {_short(after)}"]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def pilot(plan: Plan) -> float:
    """Time a few runs of each base; fills `plan.costs` (seconds per day of a run). Returns the bytes of a run."""
    size = 0.0
    for base in plan.bases:
        scenario = base.scenario
        seeds = tuple(int(seed) for seed in np.resize(plan.seeds, _PILOT_RUNS))
        from experiments.jobs import JobPoint

        job = Job(base, (JobPoint((), tuple(range(len(seeds))), seeds),), plan.design.outputs)
        run_job(Job(base, (JobPoint((), (0,), seeds[:1]),)))  # compiled, warm
        start = time.perf_counter()
        result = run_job(job)
        plan.costs[id(base)] = (time.perf_counter() - start) / len(seeds) / max(1, scenario.days)
        size = max(size, sum(a.nbytes for a in result.arrays.values()) / len(seeds))
    return size


@dataclass(frozen=True)
class Estimate:
    """What a sweep would take."""

    seconds: float
    memory_bytes: float
    disk_bytes: float


def estimate(plan: Plan, workers: int) -> Estimate:
    """From a timed pilot; a point counts by its length and base."""
    size = pilot(plan)
    per_run = float(np.mean([plan.cost(plan.points[k]) for k in _a_few(len(plan.points))]))
    job_bytes = min(_MOST_JOB_BYTES, size * max(1.0, JOB_SECONDS / per_run))
    memory = 200e6 + plan.keys.nbytes * 4 + job_bytes * 4 * workers
    return Estimate(per_run * plan.n_runs / workers, memory, size * plan.n_runs + 2000.0 * plan.n_runs)


def run_missing(
    plan: Plan,
    archive: Archive,
    pool: Pool,
    progress: Progress,
    *,
    retry_failed: bool = False,
    fail: OnFailure = "go-on",
) -> int:
    """Run and keep what the archive lacks; returns how many runs that were."""
    missing = ~archive.has(plan.keys, retry_failed=retry_failed)
    if not missing.any():
        return 0
    size = pilot(plan)
    per_run = float(np.mean([plan.cost(plan.points[k]) for k in _a_few(len(plan.points))]))
    progress.total_runs = int(missing.sum())
    progress.total_cost = per_run * progress.total_runs
    cost = min(JOB_SECONDS, per_run * _MOST_JOB_BYTES / max(size, 1.0))
    done = 0
    for job, result in run_jobs(pool, jobs_of(plan, missing, cost)):
        keep(archive.folder, job, result)
        done += job.n_runs
        progress.on_runs(job.n_runs, _cost_of(plan, job))
        _tell(job, result, progress, fail)
    return done


def _a_few(n: int) -> list[int]:
    return sorted({int(k) for k in np.linspace(0, n - 1, min(n, 50))})


def _cost_of(plan: Plan, job: Job) -> float:
    unit = plan.costs.get(id(job.base), 0.0)
    return sum(dict(p.changes).get("days", job.base.scenario.days) * unit * len(p.seeds) for p in job.points)


def _tell(job: Job, result: Result, progress: Progress, fail: OnFailure) -> None:
    """Say at once that runs failed, or stop."""
    if not result.failures:
        return
    first = result.failures[0]
    message = f"run failed ({first.stage}), seed {int(result.arrays['seeds'][first.row])}: {first.error}"
    if len(result.failures) > 1:
        message += f" (and {len(result.failures) - 1} more in this chunk)"
    if fail == "at-once":
        raise RunError(f"{message}. What is complete is kept; --fail go-on runs the rest.")
    if fail == "go-on":
        progress.on_failure(message)


def sweep(
    design: Design,
    file: str | Path,
    folder: Path,
    pool: Pool,
    progress: Progress | None = None,
    *,
    fresh: bool = False,
    retry_failed: bool = False,
    fail: OnFailure = "go-on",
    replicates: int | None = None,
) -> Outcome:
    """Run a design into a folder, which the caller has locked; resumes what is there."""
    progress = progress or Progress()
    plan = make_plan(design, file, replicates)
    with whole_or_kept(folder):
        chunks = folder / "chunks"
        if fresh:
            shutil.rmtree(chunks, ignore_errors=True)
        archive = Archive.open(chunks)
        check_design(folder, plan, archive, fresh=fresh)
        write_json(folder / "design.json", described(design, plan.replicates))
        torn = len(archive.torn)
        ran = run_missing(plan, archive, pool, progress, retry_failed=retry_failed, fail=fail)
        progress.on_stage("writing")
        outcome = write_tables(plan, Archive.open(chunks) if ran else archive, folder)
    outcome.ran, outcome.torn = ran, torn
    return outcome


def write_tables(plan: Plan, archive: Archive, folder: Path) -> Outcome:
    """Write the CSV files that the design wants."""
    outcome = Outcome(plan, failed=write_runs(folder / "runs.csv", plan, archive), files=["runs.csv"])
    if "daily" in plan.design.outputs:
        write_daily(folder / "daily.csv", plan, archive)
        outcome.files.append("daily.csv")
    if "events" in plan.design.outputs:
        write_events(folder / "events.csv", plan, archive)
        outcome.files.append("events.csv")
    return outcome


__all__ = ["Outcome", "Progress", "locked", "replacing", "sweep"]
