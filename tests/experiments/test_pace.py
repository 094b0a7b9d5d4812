"""Time left and the size of jobs, beside other programs that take every processor."""

from __future__ import annotations

import os
import time

from machine import busy

from experiments.runs import pools
from experiments.runs.pilot import JOB_SECONDS
from experiments.runs.plan import make_plan
from experiments.runs.room import Pace, Progress, Room
from tests.experiments.designs import design


def test_it_is_not_known_before_every_worker_has_had_a_job():
    pace = Pace()
    assert pace.left(10.0) is None
    pace.note(cost=1.0, seconds=2.0, workers=2)
    assert pace.left(10.0) is None
    pace.note(cost=1.0, seconds=2.0, workers=2)
    assert pace.left(10.0) == 10.0


def test_a_busy_machine_makes_no_longer_estimates_and_no_smaller_jobs(tmp_path):
    """A job is as much as takes 0.4 s of processor time, save towards the end: not hundreds of tiny files."""
    progress, left, done = Progress(), [], []

    def on_runs(runs, cost):
        done.append(cost)
        left.append(progress.pace.left(progress.total_cost - sum(done)))

    progress.on_runs = on_runs
    plan = make_plan(design(replicates=250, constants={"days": 90}), "x")
    workers = min(2, os.cpu_count() or 1)
    with busy(4 * workers), pools.threads(workers) as pool:
        begun = time.process_time()
        assert Room(tmp_path, pool).run(plan, progress) == 2000
        spent = time.process_time() - begun
    assert len(done) <= 10 + 2 * spent / JOB_SECONDS
    known = [each for each in left if each is not None]
    assert known[0] <= 2 * spent / workers, "by the clock it takes many times as long beside such programs"
    assert known[-1] < 1e-9
