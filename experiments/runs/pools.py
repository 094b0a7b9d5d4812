"""Where jobs run: threads by default, processes, or a Dask cluster; one way to feed them all.

Threads, since the compiled loop gives up the interpreter lock: no copies, no start-up (docs/sweeps.md has the figures).
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager, suppress
from typing import Any, cast

from experiments.runs.jobs import Job, Result, name_of, run_job
from sim.errors import ConfigError, PostureError, RunError

RESTARTS = 3  # of a job whose worker died
_TICK_SECONDS = 0.2
_COUNT_SECONDS = 5.0  # between looks at how many workers a cluster has
_CLOSE_SECONDS = 1.0


class Pool:
    """Workers, started when the first job comes; as a context, they end with it.

    `kind` is `threads`, `processes` or `cluster`; `open` starts an executor; `slots` says how many jobs run at a time
    (a cluster may grow).
    """

    def __init__(self, kind: str, open: Callable[[], Executor], slots: Callable[[], int]) -> None:
        self.kind, self.slots = kind, slots
        self._open, self._executor = open, cast(Executor | None, None)

    @property
    def executor(self) -> Executor:
        """The executor that is running."""
        if self._executor is None:
            self._executor = self._open()
        return self._executor

    def abandon(self) -> None:
        """Leave an executor that is broken: waiting for the dead may take for ever. The next job starts another."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def close(self) -> None:
        """Let running jobs end and forget the others; a cluster forgets all."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        if self.kind != "cluster":
            executor.shutdown(cancel_futures=True)
            return
        with suppress(Exception):  # a scheduler that has gone can't be told
            executor.shutdown(wait=False)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def threads(workers: int | None) -> Pool:
    """Threads of this process."""
    n = workers or os.cpu_count() or 1
    return Pool("threads", lambda: ThreadPoolExecutor(n), lambda: n)


def processes(workers: int | None) -> Pool:
    """Processes of this machine, started anew (no fork of a process that has threads)."""
    n = workers or os.cpu_count() or 1
    return Pool("processes", lambda: _open_processes(n), lambda: n)


def _open_processes(n: int) -> Executor:
    """Workers that leave Ctrl-C to this process: they are started while it is blocked, and inherit that."""
    import multiprocessing

    executor = ProcessPoolExecutor(n, multiprocessing.get_context("spawn"), initializer=_end_with_parent)
    if not hasattr(signal, "pthread_sigmask"):
        return executor
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        for _ in range(n):  # a submission starts one worker at most, where none is idle: none is yet
            executor.submit(os.getpid)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return executor


def _end_with_parent() -> None:
    """A worker whose sweep was killed ends too, instead of waiting for work for ever."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_TICK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def cluster(address: str | None, file: str | None) -> Iterator[Pool]:
    """A Dask cluster, by the address of its scheduler or by its scheduler file (extra `cluster`)."""
    client = _client(address, file)
    try:
        count = _Count(lambda: sum(client.nthreads().values()))
        with Pool("cluster", lambda: client.get_executor(pure=False, retries=RESTARTS), count) as pool:
            yield pool
    finally:
        with suppress(Exception):  # a scheduler that has gone can't be told
            client.close(timeout=_CLOSE_SECONDS)


def _client(address: str | None, file: str | None) -> Any:
    from distributed import Client

    _quieten()
    client = None
    try:
        client = Client(address=address, scheduler_file=file, timeout=10, set_as_default=False)
        client.wait_for_workers(1, timeout=60)
    except (OSError, TimeoutError, ValueError) as error:
        if client is not None:
            client.close(timeout=_CLOSE_SECONDS)
        option = "--scheduler-file" if file else "--scheduler"
        allowed = f"it must be a Dask scheduler that answers and has a worker ({error})"
        raise ConfigError(None, option, address or file, allowed) from error
    return client


def _quieten() -> None:
    """No log lines of the cluster's client on the screen: what matters comes as an error of ours."""
    for name in ("asyncio", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class _Count:
    """A number that is asked for every few seconds at most."""

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask, self._known, self._asked = ask, 1, float("-inf")

    def __call__(self) -> int:
        if time.monotonic() - self._asked > _COUNT_SECONDS:
            with suppress(Exception):  # then the number of before
                self._known = max(1, self._ask())
            self._asked = time.monotonic()
        return self._known


class _Jobs:
    """Jobs to be done; those that a dead worker has left come first."""

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs, self._again, self._deaths = jobs, deque[Job](), Counter[str]()

    def take(self) -> Job | None:
        """The next one, None at the end."""
        return self._again.popleft() if self._again else next(self._jobs, None)

    def give_back(self, jobs: Iterable[Job]) -> None:
        """Jobs whose worker died; one that has seen too many die is given up."""
        for job in jobs:
            self._again.append(job)
            self._deaths[name_of(job)] += 1
            if self._deaths[name_of(job)] > RESTARTS:
                raise RunError(
                    f"worker processes died {RESTARTS + 1} times with the same work. What is complete is kept; is "
                    "there enough memory? Fewer --workers need less, and threads (without --processes) least"
                )


def run_jobs(pool: Pool, jobs: Iterator[Job]) -> Generator[tuple[Job, Result], None, None]:
    """Jobs with their results, in the order in which they end. Never more than two jobs wait for each slot.

    When a process of the pool dies, the jobs that it had are run again in a new pool.
    """
    todo = _Jobs(jobs)
    while True:
        try:
            yield from _feed(pool, todo)
            return
        except BrokenExecutor:
            continue


def _feed(pool: Pool, todo: _Jobs) -> Iterator[tuple[Job, Result]]:
    """One executor's life, or until there are no more jobs."""
    waiting: dict[Future[Any], Job] = {}
    try:
        while _fill(pool, waiting, todo):
            done, _ = wait(waiting, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                result = _result(pool, future)  # a broken pool raises here, its job still in `waiting`
                yield waiting.pop(future), result
    except BrokenExecutor:
        todo.give_back(waiting.values())
        pool.abandon()
        raise
    finally:
        for future in waiting:
            future.cancel()


def _fill(pool: Pool, waiting: dict[Future[Any], Job], todo: _Jobs) -> bool:
    """Hand out jobs; is there anything to wait for?"""
    while len(waiting) < 2 * pool.slots() and (job := todo.take()) is not None:
        try:
            waiting[pool.executor.submit(run_job, job)] = job
        except BrokenExecutor:
            todo.give_back([job])
            raise
    return bool(waiting)


def _result(pool: Pool, future: Future[Any]) -> Any:
    """A job's result. It catches what its runs raise, so anything else is the pool's affair."""
    try:
        return future.result()
    except (BrokenExecutor, PostureError):
        raise
    except Exception as error:
        if pool.kind != "cluster":
            raise
        why = f"{type(error).__name__}: {error}"
        raise RunError(
            f"the cluster lost work that it had ({why}). What is complete is kept; run again to go on"
        ) from (error)
