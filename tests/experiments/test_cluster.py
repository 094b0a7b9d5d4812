"""Sweeps on a real Dask cluster: a scheduler and two workers, processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.experiments.designs import write
from tests.experiments.processes import chunks, finish, start, until

pytest.importorskip("distributed")

KEYS = {"replicates": 150, "constants": {"days": 40}}
LOCAL = ["--host", "127.0.0.1", "--no-dashboard"]


def dask(*words, cwd):
    command = [sys.executable, "-m", "dask", *map(str, words)]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def sweep(file, out, *options):
    return start("sweep", file, "--out", out, *options)


def end(process):
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """(scheduler file, [workers], scheduler); a worker is one process with one thread and no nanny.

    The first test that uses it kills a worker and the last one the scheduler: each needs one worker that lives.
    """
    tmp_path = tmp_path_factory.mktemp("cluster")
    file = tmp_path / "scheduler.json"
    scheduler = dask("scheduler", "--port", "0", *LOCAL, "--scheduler-file", file, cwd=tmp_path)
    workers = []
    try:
        until(scheduler, file.exists)
        one = ["--nthreads", "1", "--no-nanny", "--local-directory", tmp_path]
        workers = [dask("worker", "--scheduler-file", file, *LOCAL, *one, cwd=tmp_path) for _ in range(2)]
        yield file, workers, scheduler
    finally:
        for process in (*workers, scheduler):
            end(process)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write(tmp_path_factory.mktemp("design") / "d.toml", **KEYS)


@pytest.fixture(scope="module")
def whole(file, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    assert finish(sweep(file, out))[0] == 0
    return (out / "runs.csv").read_bytes()


def test_the_same_bytes_though_a_worker_is_killed(cluster, file, whole, tmp_path):
    scheduler_file, workers, _ = cluster
    out = tmp_path / "out"
    process = sweep(file, out, "--scheduler-file", scheduler_file)
    until(process, lambda: chunks(out) >= 2)
    assert process.poll() is None, process.stderr.read()
    os.kill(workers[0].pid, signal.SIGKILL)
    code, said, err = finish(process)
    assert (code, err) == (0, "")
    assert "1200 runs of 8 points: 1200 run" in said
    assert (out / "runs.csv").read_bytes() == whole


def test_a_scheduler_that_dies_is_one_message_and_the_sweep_goes_on_without_it(cluster, file, whole, tmp_path):
    scheduler_file, _, scheduler = cluster
    out = tmp_path / "out"
    process = sweep(file, out, "--scheduler-file", scheduler_file)
    until(process, lambda: chunks(out) >= 1)
    os.kill(scheduler.pid, signal.SIGKILL)
    code, _, err = finish(process)
    assert code == 1
    assert "the cluster lost work" in err
    assert "Traceback" not in err
    code, _, err = finish(sweep(file, out))
    assert (code, err) == (0, "")
    assert (out / "runs.csv").read_bytes() == whole


def test_a_cluster_without_workers_is_waited_for_with_a_line(tmp_path, file):
    """And Ctrl-C ends that."""
    place = tmp_path / "scheduler.json"
    scheduler = dask("scheduler", "--port", "0", *LOCAL, "--scheduler-file", place, cwd=tmp_path)
    try:
        until(scheduler, place.exists)
        process = sweep(file, tmp_path / "out", "--scheduler-file", place)
        begun = time.monotonic()
        said = process.stderr.readline()
        assert said == (
            "posture: the cluster has had no workers for 10 s; they are waited for, and Ctrl-C keeps what is complete; "
            "results are the same\n"
        )
        assert 10 <= time.monotonic() - begun < 100
        process.send_signal(signal.SIGINT)
        code, _, err = finish(process)
        assert code == 130
        assert err == f"posture: stopped; what is complete is kept in {tmp_path / 'out'}. The same command goes on.\n"
    finally:
        end(scheduler)


@pytest.mark.parametrize("option", ["--scheduler", "--scheduler-file"])
def test_a_scheduler_that_does_not_answer_is_one_message(file, tmp_path, option):
    given = "tcp://127.0.0.1:9" if option == "--scheduler" else str(tmp_path / "none.json")
    code, said, err = finish(sweep(file, tmp_path / "out", option, given))
    assert (code, said) == (2, "")
    allowed = "a Dask scheduler that answers" if option == "--scheduler" else "a file that a Dask scheduler has written"
    assert err.startswith(f"posture: {option} is '{given}'; it must be {allowed}")
    assert err.count("\n") == 1


def test_a_worker_with_other_rules_refuses():
    """The worker that unpacks a base made by other rules says so, instead of running something else."""
    import pickle
    import zlib

    from experiments.runs.jobs import Base, _unpacked
    from sim.errors import RunError
    from sim.scenario import load_scenario

    function, (packed,) = Base(load_scenario("six")).__reduce__()
    assert function(packed).scenario.posture == load_scenario("six").posture
    parts = pickle.loads(zlib.decompress(packed))
    with pytest.raises(RunError, match="other rules"):
        _unpacked(zlib.compress(pickle.dumps(("0123456789abcdef", *parts[1:]))))
