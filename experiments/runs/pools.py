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
from collections.abc import Callable, Collection, Generator, Iterator
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

from experiments.runs.jobs import Job, Result, name_of, run_job, told
from sim.errors import ConfigError, PostureError, RunError
from sim.kept_files import notice

RESTARTS = 3  # of pools that died and did nothing between, and of a job of a cluster
DEATHS = 2  # of workers that had one job alone: it is the job
NO_WORKERS_SECONDS = 10.0  # before it is said that a cluster has none
_TICK_SECONDS = 0.2
_COUNT_SECONDS = 5.0  # between looks at how many workers a cluster has
_CLOSE_SECONDS = 1.0


class Pool:
    """Workers, started when the first job comes; as a context, they end with it.

    `kind` is `threads`, `processes` or `cluster`; `open` starts an executor; `slots` says how many jobs run at a time
    (a cluster may grow); `look` is called now and then while jobs are waited for.
    """

    def __init__(
        self, kind: str, open: Callable[[], Executor], slots: Callable[[], int], look: Callable[[], None] = lambda: None
    ) -> None:
        self.kind, self.slots, self.look = kind, slots, look
        self._open, self._executor = open, cast(Executor | None, None)

    def at_once(self) -> int:
        """How many jobs have a processor: on this machine no more than it has."""
        slots = self.slots()
        return slots if self.kind == "cluster" else min(slots, os.cpu_count() or 1)

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
    """Workers that leave Ctrl-C to this process."""
    import multiprocessing

    executor = ProcessPoolExecutor(n, multiprocessing.get_context("spawn"), initializer=_end_with_parent)
    try:
        with _interrupts_held():
            for _ in range(n):  # a submission starts one worker at most, where none is idle: none is yet
                executor.submit(os.getpid)
    except BaseException:
        executor.shutdown(cancel_futures=True)
        raise
    return executor


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C counts at the end alone: a worker that is half started would leave a traceback.

    It is blocked too, which workers inherit; that is not enough here, as the system may tell any other thread.
    """
    main = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    caught: list[object] = []
    handler = signal.signal(signal.SIGINT, lambda *about: caught.append(about)) if main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
        if caught:
            signal.raise_signal(signal.SIGINT)


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
        with Pool("cluster", lambda: client.get_executor(pure=False, retries=RESTARTS), count, count.look) as pool:
            yield pool
    finally:
        with suppress(Exception):  # a scheduler that has gone can't be told
            client.close(timeout=_CLOSE_SECONDS)


def _client(address: str | None, file: str | None) -> Any:
    from distributed import Client

    _quieten()
    try:
        return Client(address=address, scheduler_file=file, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        option = "--scheduler-file" if file else "--scheduler"
        allowed = f"it must be a Dask scheduler that answers ({error})"
        raise ConfigError(None, option, address or file, allowed) from error


def _quieten() -> None:
    """No log lines of the cluster's client on the screen: what matters comes as an error of ours."""
    for name in ("asyncio", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class _Count:
    """The workers of a cluster, who are counted every few seconds at most; it is said when there are none."""

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask, self._known, self._asked = ask, 1, float("-inf")
        self._had = time.monotonic()  # when it had workers last, or began

    def __call__(self) -> int:
        """How many there are; 1 if there are none, so that something waits for the first."""
        if time.monotonic() - self._asked > _COUNT_SECONDS:
            with suppress(Exception):  # then the number of before
                self._known = self._ask()
            self._asked = time.monotonic()
        return max(1, self._known)

    def look(self) -> None:
        """Say it in one line if there have been none for a while."""
        now = time.monotonic()
        if self() and self._known:
            self._had = now
        elif now - self._had > NO_WORKERS_SECONDS:
            self._had = float("inf")  # said, until some have come
            what = f"the cluster has had no workers for {NO_WORKERS_SECONDS:.0f} s"
            notice(what, "they are waited for, and Ctrl-C keeps what is complete")


class _Jobs:
    """Jobs to be done. What was in hand when a worker died comes first, one at a time: so it is known which it is."""

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs, self._suspects, self._deaths = jobs, deque[Job](), Counter[str]()
        self._in_vain = 0  # pools that died, since the last result

    def take(self, in_hand: int) -> Job | None:
        """The next one, None at the end, or while one that may be deadly is to be alone."""
        if self._suspects:
            return None if in_hand else self._suspects.popleft()
        return next(self._jobs, None)

    def done(self) -> None:
        """There is a result."""
        self._in_vain = 0

    def give_back(self, in_hand: Collection[Job], not_begun: Collection[Job] = ()) -> None:
        """Jobs of a pool that died; raises RunError if it is one job's doing, or if pools do nothing but die."""
        self._in_vain += 1
        for job in in_hand:
            self._deaths[name_of(job)] += 1
            if len(in_hand) == 1 and self._deaths[name_of(job)] >= DEATHS:
                raise RunError(f"a worker process died {DEATHS} times as it ran {told(job)}. {_SAFE}")
        if self._in_vain > RESTARTS:
            raise RunError(f"worker processes died {self._in_vain} times and did nothing between. {_SAFE}")
        self._suspects.extend([*in_hand, *not_begun])


_SAFE = "What is complete is kept; is there enough memory? Fewer --workers need less, and threads least"


def run_jobs(pool: Pool, jobs: Iterator[Job]) -> Generator[tuple[Job, Result], None, None]:
    """Jobs with their results, in the order in which they end. Never more than two jobs wait for each slot.

    When a process of the pool dies, the jobs that it had are run again in a new pool.
    """
    todo = _Jobs(jobs)
    while True:
        try:
            yield from _feed(pool, todo)
            return
        except _Broken:
            continue


def _feed(pool: Pool, todo: _Jobs) -> Iterator[tuple[Job, Result]]:
    """One executor's life, or until there are no more jobs."""
    waiting: dict[Future[Any], Job] = {}
    try:
        while _fill(pool, waiting, todo):
            done, _ = wait(waiting, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            pool.look()
            for future in done:
                result = _result(pool, future, waiting[future])  # a broken pool raises here, its job still in `waiting`
                todo.done()
                yield waiting.pop(future), result
    except _Broken as broken:
        todo.give_back(waiting.values(), broken.not_begun)
        pool.abandon()
        raise
    finally:
        for future in waiting:
            future.cancel()


def _fill(pool: Pool, waiting: dict[Future[Any], Job], todo: _Jobs) -> bool:
    """Hand out jobs; is there anything to wait for?"""
    while len(waiting) < 2 * pool.slots() and (job := todo.take(len(waiting))) is not None:
        try:
            waiting[pool.executor.submit(run_job, job)] = job
        except BrokenExecutor:
            raise _Broken(job) from None
    return bool(waiting)


class _Broken(BrokenExecutor):
    """A pool is broken; perhaps before it took a job."""

    def __init__(self, *not_begun: Job) -> None:
        super().__init__()
        self.not_begun = not_begun


def _result(pool: Pool, future: Future[Any], job: Job) -> Any:
    """A job's result. It catches what its runs raise, so anything else is the pool's affair."""
    try:
        return future.result()
    except BrokenExecutor:
        raise _Broken from None
    except PostureError:
        raise
    except Exception as error:
        if pool.kind != "cluster":
            raise
        why = f"{type(error).__name__}: {error}"
        raise RunError(
            f"the cluster lost work that it had, {told(job)} ({why}). What is complete is kept; run again to go on"
        ) from (error)
