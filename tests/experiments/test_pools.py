"""How jobs are fed to workers, with real executors."""

from __future__ import annotations

import os
import signal
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from experiments.runs import pools
from experiments.runs.jobs import name_of, told
from experiments.runs.plan import jobs_of, make_plan
from sim.errors import RunError
from tests.experiments.designs import design


@pytest.fixture(scope="module")
def jobs():
    plan = make_plan(design(replicates=6), "x")
    return list(jobs_of(plan, np.ones(plan.keys.shape, bool), lambda: 4.0))


class Mortal(Executor):
    """Threads that break for good at the nth submission, as a pool of processes does when one dies."""

    def __init__(self, at: int) -> None:
        self._threads, self._left = ThreadPoolExecutor(2), at
        self._broken, self._pending = False, list[Future]()

    def submit(self, function, *arguments):
        self._left -= 1
        if self._left < 0:
            self._broken = True
        if self._broken:
            raise BrokenExecutor("a process of the pool died")
        return self._threads.submit(function, *arguments)

    def shutdown(self, wait=True, *, cancel_futures=False):
        self._threads.shutdown(wait, cancel_futures=cancel_futures)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_every_job_comes_back_once(jobs, kind):
    with getattr(pools, kind)(2) as pool:
        assert (pool.kind, pool.slots()) == (kind, 2)
        for _ in range(2):
            executor = pool.executor
            done = [name_of(job) for job, _ in pools.run_jobs(pool, iter(jobs))]
            assert sorted(done) == sorted(map(name_of, jobs))
            assert pool.executor is executor, "workers are started once"
    with pytest.raises(RuntimeError, match="shutdown"):
        executor.submit(len, "")


@pytest.mark.parametrize("lives", [[0, 99], [1, 99], [2, 3, 99], [5, 1, 0, 99]])
def test_no_job_is_lost_when_pools_break(jobs, lives):
    life = iter(lives)
    pool = pools.Pool("threads", lambda: Mortal(next(life)), lambda: 2)
    done = [name_of(job) for job, _ in pools.run_jobs(pool, iter(jobs))]
    assert sorted(done) == sorted(map(name_of, jobs))


def test_a_pool_that_always_breaks_is_given_up(jobs):
    pool = pools.Pool("threads", lambda: Mortal(0), lambda: 2)
    with pytest.raises(RunError, match="worker processes died 4 times"):
        list(pools.run_jobs(pool, iter(jobs)))


@dataclass(frozen=True)
class Deadly:
    """An output that ends the worker that makes it, in the run of one seed, so many times."""

    folder: Path
    seed: int
    times: int
    name: str = "deadly"
    events: bool = False

    def reduce(self, scenario, batch, k):
        deaths = len(list(self.folder.iterdir()))
        if int(batch.seeds[k]) == self.seed and deaths < self.times:
            (self.folder / str(deaths)).touch()
            os._exit(1)
        return np.zeros((1, 1))


def deadly(jobs, folder, times):
    """The jobs, the fourth of which kills its worker."""
    outputs = (Deadly(folder, jobs[3].points[0].seeds[0], times),)
    return [replace(job, outputs=outputs) if job is jobs[3] else job for job in jobs]


def test_a_worker_that_dies_once_with_a_job_costs_nothing(jobs, tmp_path):
    with pools.processes(2) as pool:
        done = [name_of(job) for job, _ in pools.run_jobs(pool, iter(deadly(jobs, tmp_path, 1)))]
    assert sorted(done) == sorted(map(name_of, jobs))


def test_a_job_with_which_workers_die_twice_is_named_and_the_others_are_done(jobs, tmp_path):
    found, all_jobs = [], deadly(jobs, tmp_path, 99)
    with (
        pools.processes(2) as pool,
        pytest.raises(RunError, match=r"a worker process died 2 times as it ran") as refused,
    ):
        found.extend(name_of(job) for job, _ in pools.run_jobs(pool, iter(all_jobs)))
    assert told(all_jobs[3]) in str(refused.value)
    assert f"of {jobs[3].base.scenario.label} (" in str(refused.value)
    assert name_of(jobs[3]) not in found
    assert len(list(tmp_path.iterdir())) == 2


def test_no_more_than_two_jobs_wait_for_each_slot(jobs):
    taken = []
    results = pools.run_jobs(pools.threads(1), (taken.append(job) or job for job in jobs))
    next(results)
    assert len(taken) <= 3
    results.close()
    assert len(taken) <= 3


def test_processes_leave_control_c_to_their_parent(jobs):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with pools.processes(1) as pool:
        executor = pool.executor
        (worker,) = executor._processes
        with open(f"/proc/{worker}/status", encoding="ascii") as file:
            blocked = next(int(line.split()[1], 16) for line in file if line.startswith("SigBlk"))
        assert blocked >> (signal.SIGINT - 1) & 1
        os.kill(worker, signal.SIGINT)
        assert executor.submit(os.getpid).result() == worker
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
