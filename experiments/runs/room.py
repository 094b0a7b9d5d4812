"""The engine room: runs what is missing of a plan and keeps each chunk: `Room.run → run_jobs → run_job`.

A room is a folder of chunks, a pool of workers and what runs were seen to cost. Sweeps, comparisons and studies all run
here, so that all are resumed, spread over workers and stopped in the same way.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from experiments.runs.archive import Archive
from experiments.runs.jobs import Job, Result
from experiments.runs.pilot import JobCost, mean_cost, pilot
from experiments.runs.plan import Plan, jobs_of
from experiments.runs.pools import Pool, run_jobs
from sim.errors import ConfigError, PostureError, RunError
from sim.kept_files import notice
from sim.locks import has_locks, lock_of

_SMALLEST = 1 / 8  # share of a whole job that is still worth a chunk of its own
OnFailure = Literal["go-on", "at-end", "at-once"]


class StoreError(PostureError):
    """Results can't be written; what is complete is kept."""


@dataclass
class Pace:
    """How long what is left takes, by the processor time of the jobs before: a busy machine does not change that."""

    workers: int = 1
    cost: float = 0.0
    seconds: float = 0.0
    jobs: int = 0

    def note(self, cost: float, seconds: float, workers: int) -> None:
        """A job that was thought to cost so much took so long."""
        self.cost += cost
        self.seconds += seconds
        self.jobs += 1
        self.workers = workers

    def left(self, cost: float) -> float | None:
        """Seconds that what costs so much takes if nothing else runs; None before every worker has had a job."""
        if self.jobs < self.workers or not self.cost:
            return None
        return cost * self.seconds / self.cost / self.workers


@dataclass
class Progress:
    """What a room tells its caller as it goes on; the screen is one of its listeners."""

    total_cost: float = 0.0
    total_runs: int = 0
    on_runs: Callable[[int, float], None] = lambda runs, cost: None
    on_failure: Callable[[str], None] = lambda message: None
    on_stage: Callable[[str], None] = lambda stage: None
    on_measured: Callable[[], None] = lambda: None
    """The pilot is over: `total_runs` are to be run, of `total_cost` seconds of processor time."""
    pace: Pace = field(default_factory=Pace)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One command at a time in a folder. The system frees the lock of a process that has died.

    Where it has no locks a file stands for one, and a line says so.
    """
    from filelock import Timeout

    file = folder / ".lock"
    with whole_or_kept(folder):
        soft = not has_locks(file)
        lock = lock_of(file, soft=soft)
        try:
            lock.acquire()
        except Timeout:
            allowed = "it must be a folder that nothing else is writing to at the moment"
            left = f"; if a command died on another machine, remove {lock.lock_file}" if soft else ""
            raise ConfigError(None, "--out", str(folder), allowed + left) from None
    if soft:
        notice(f"{folder} has no file locks", f"while this runs, {Path(lock.lock_file).name} keeps others out")
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
        raise StoreError(f"{_said(error, folder)}, then run the same command again to go on.") from error


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TO_DO = {
    errno.EISDIR: "move this folder away",
    errno.ENOTEMPTY: "move this folder away",
    errno.EEXIST: "move what has this name away",
    errno.ENOTDIR: "move what should be a folder and is none away",
    errno.EACCES: "allow writing there",
    errno.EPERM: "allow writing there",
    errno.EROFS: "allow writing there",
    errno.ENOENT: "see that this can be made",
    errno.ELOOP: "remove this link",
}


def _said(error: OSError, folder: Path) -> str:
    """What went wrong and where, and what to do about it: room cures a full disk, and nothing else."""
    if error.errno in _FULL:
        return f"{folder}: no space is left for the results. What is complete is kept: make room"
    path = error.filename2 or error.filename or folder
    why, cure = error.strerror or error, _TO_DO.get(error.errno or 0, "mend that")
    return f"{path}: the results can't be written ({why}). What is complete is kept: {cure}"


class Room:
    """The chunks in `folder/chunks` and the workers of a pool. The caller has locked the folder.

    Torn files, and parts of files that a killed process left behind, are removed at once; `torn` counts them.
    """

    def __init__(self, folder: Path, pool: Pool) -> None:
        self.folder, self._pool, self._job_cost = folder, pool, JobCost()
        chunks = folder / "chunks"
        with whole_or_kept(folder):
            chunks.mkdir(parents=True, exist_ok=True)
            self.archive = Archive.open(chunks, tidy=True)
        self.torn = len(self.archive.torn)

    def run(
        self,
        plan: Plan,
        progress: Progress | None = None,
        *,
        retry_failed: bool = False,
        fail: OnFailure = "go-on",
        only: NDArray[np.bool_] | None = None,
    ) -> int:
        """Run and keep what the archive lacks of a plan; returns how many runs that were.

        Of a part of a sweep, `only` says which runs (points × replicates) are its own.
        """
        progress, missing = progress or Progress(), ~self.archive.has(plan.keys, retry_failed=retry_failed)
        missing &= True if only is None else only
        if not missing.any():
            return 0
        progress.on_stage("measuring")
        pilot(plan)
        progress.total_runs = len(np.unique(plan.keys[missing]))
        progress.total_cost = mean_cost(plan) * progress.total_runs
        progress.on_measured()
        done = 0
        jobs = self._jobs(plan, missing, progress.total_cost)
        with closing(run_jobs(self._pool, jobs)) as results:
            for job, result in results:
                with whole_or_kept(self.folder):
                    self.archive.keep(job, result)
                done += job.n_runs
                self._note(job, result, progress)
                _tell(job, result, progress, fail)
        return done

    def _jobs(self, plan: Plan, missing: NDArray[np.bool_], left: float) -> Iterator[Job]:
        """Jobs, smaller ones towards the end: else the last may keep one worker busy while the others have none."""

        def job_cost() -> float:
            most = self._job_cost()
            return min(most, max(left / (2 * self._pool.slots()), _SMALLEST * most))

        for job in jobs_of(plan, missing, job_cost):
            left -= _cost(job)
            yield job

    def _note(self, job: Job, result: Result, progress: Progress) -> None:
        """What a job cost is known for the next ones."""
        cost = _cost(job)
        self._job_cost.learn(cost, result.seconds, sum(array.nbytes for array in result.arrays.values()))
        progress.pace.note(cost, result.seconds, self._pool.at_once())
        progress.on_runs(job.n_runs, cost)


def _cost(job: Job) -> float:
    """What a job is thought to cost, as `Plan.cost` has it."""
    base = job.base
    days = (float(dict(point.changes).get("days", base.scenario.days)) * len(point.seeds) for point in job.points)
    return sum(days) * base.day_seconds


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
