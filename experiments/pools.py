"""Where jobs run: threads by default, processes, or a Dask cluster; one way to feed them all.

Threads, since the compiled loop gives up the interpreter lock: no copies, no start-up (docs/sweeps.md has the figures).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from experiments.jobs import Job, Result, run_job
from sim.errors import ConfigError, RunError

RESTARTS = 3  # of a pool whose worker died
_TICK_SECONDS = 0.2


@dataclass(frozen=True)
class Pool:
    """How to open a pool, and how many jobs it runs at a time."""

    kind: str
    open: Callable[[], Executor]
    slots: int


def threads(workers: int | None) -> Pool:
    """Threads of this process."""
    n = workers or os.cpu_count() or 1
    return Pool("threads", lambda: ThreadPoolExecutor(n), n)


def processes(workers: int | None) -> Pool:
    """Processes of this machine, started anew (no fork of a process that has threads)."""
    import multiprocessing

    n = workers or os.cpu_count() or 1
    return Pool("processes", lambda: ProcessPoolExecutor(n, multiprocessing.get_context("spawn")), n)


@contextmanager
def cluster(address: str | None, file: str | None) -> Iterator[Pool]:
    """A Dask cluster, by the address of its scheduler or by its scheduler file (extra `cluster`)."""
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError(
            None, "--scheduler", address or file, 'expected the extra cluster: pip install "posture-sim[cluster]"'
        ) from None
    try:
        client = Client(address=address, scheduler_file=file, timeout=10, set_as_default=False)
        client.wait_for_workers(1, timeout=60)
    except (OSError, TimeoutError, ValueError) as error:
        allowed = f"expected a Dask scheduler that answers and has a worker: {error}"
        raise ConfigError(None, "--scheduler", address or file, allowed) from error
    try:
        slots = sum(client.nthreads().values())
        yield Pool("cluster", lambda: client.get_executor(pure=False, retries=RESTARTS), slots)
    finally:
        client.close()


def run_jobs(pool: Pool, jobs: Iterator[Job]) -> Iterator[tuple[Job, Result]]:
    """Jobs with their results, in the order in which they end. Never more than two jobs wait for each slot.

    When a process of the pool dies, its jobs are run again in a new pool, at most `RESTARTS` times.
    """
    left: list[Job] = []
    for attempt in range(RESTARTS + 1):
        try:
            yield from _feed(pool, jobs, left)
            return
        except BrokenExecutor as error:
            if attempt == RESTARTS:
                raise RunError(f"worker processes died {attempt + 1} times: {error}") from error


def _feed(pool: Pool, jobs: Iterator[Job], left: list[Job]) -> Iterator[tuple[Job, Result]]:
    """One pool's life; `left` holds the jobs that it has taken and not finished."""
    executor, waiting = pool.open(), dict[Future[Any], Job]()
    again, left[:] = list(left), []
    try:
        for job in again:
            waiting[executor.submit(run_job, job)] = job
        more = True
        while more or waiting:
            while more and len(waiting) < 2 * pool.slots:
                job_or_none = next(jobs, None)
                more = job_or_none is not None
                if job_or_none is not None:
                    waiting[executor.submit(run_job, job_or_none)] = job_or_none
            done, _ = wait(waiting, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                result = future.result()  # a broken pool raises here, its job still in `waiting`
                yield waiting.pop(future), result
    finally:
        left.extend(waiting.values())
        executor.shutdown(wait=pool.kind != "cluster", cancel_futures=True)
