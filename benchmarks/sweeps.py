"""Sweeps against the bare engine, on one and two workers, and at length."""

from __future__ import annotations

import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from subprocess import DEVNULL

from benchmarks.measuring import Figure, measured, timed
from experiments.runs import pools
from experiments.runs.design import Design, load_design
from experiments.runs.plan import make_plan
from experiments.runs.sweep import sweep
from sim import load_scenario
from sim.draws import replicate_seed
from sim.engine import simulate_many

TURNS, LONG_TURNS = 5, 3
POSTURES = ("fourteen", "six")
MILLION_BYTES = 4 << 30  # of disk: chunk files and runs.csv

MILLION = """
name = "million"
title = "A million short runs: a thousand points of a sample, a thousand replicates"
replicates = 1000
sample = "sobol"
n = 1000
constants = { days = 1 }

[[factors]]
key = "operations.base_rate_per_day"
low = 0.01
high = 0.1
scale = "log"

[[factors]]
key = "defence.p_intercept"
low = 0.5
high = 0.9
"""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes when the case ends, however it ends."""
    with tempfile.TemporaryDirectory(prefix="posture_bench_") as name:
        yield Path(name)


Open = Callable[[int | None], pools.Pool]


def swept(design: Design, open_pool: Open, workers: int) -> None:
    """A whole sweep in this process, into a new folder."""
    with scratch() as folder, open_pool(workers) as pool:
        sweep(make_plan(design, design.name), folder, pool)


def designed(replicates: int, *outputs: str) -> Design:
    """The two postures, with so many replicates and these outputs beside `runs`."""
    return load_design("fourteen_vs_six").model_copy(update={"replicates": replicates, "outputs": ("runs", *outputs)})


def bare(replicates: int) -> None:
    """The same runs by the engine alone: nothing is kept."""
    seeds = [replicate_seed(1, r) for r in range(replicates)]
    for name in POSTURES:
        simulate_many(load_scenario(name), seeds)


def validate() -> None:
    """A sweep must give what the engine gives, run by run, on every kind of worker."""
    seeds = [replicate_seed(1, r) for r in range(4)]
    wanted = [digest for name in POSTURES for digest in simulate_many(load_scenario(name), seeds).digests]
    for open_pool, workers in ((pools.threads, 1), (pools.threads, 2), (pools.processes, 2)):
        with scratch() as folder, open_pool(workers) as pool:
            sweep(make_plan(designed(4), "fourteen_vs_six"), folder, pool)
            with open(folder / "runs.csv", encoding="utf-8", newline="") as file:
                if [row["digest"] for row in csv.DictReader(file)] != wanted:
                    raise SystemExit(f"a sweep on {pool.kind} does not give the engine's runs: nothing is timed")


def sweep_case() -> list[Figure]:
    """Sweeps of 2 points over the bare engine, by what is written; two workers over one; threads and processes."""
    validate()
    return [
        *overhead(500, 1.15),
        *overhead(200, 1.6, "daily"),
        *overhead(200, 2.5, "daily", "events"),
        *workers(2500),
    ]


def overhead(replicates: int, goal: float, *outputs: str) -> list[Figure]:
    """Both on one thread, in turn, each first every other time: 2 points of so many replicates."""
    ours, theirs = partial(swept, designed(replicates, *outputs), pools.threads, 1), partial(bare, replicates)
    wall, processor = in_turn(ours, theirs)
    name = f"sweep of {' + '.join(('runs', *outputs))} over the bare engine"
    return [Figure(f"{name}, time", wall, "times", goal), Figure(f"{name}, processor", processor, "times", goal)]


def in_turn(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """How many times as long, and as much processor time, one takes as the other: medians over turns."""
    ratios = []
    for turn in range(TURNS):
        cost = {function: spent(function) for function in ((ours, theirs), (theirs, ours))[turn % 2]}
        ratios.append([a / b for a, b in zip(cost[ours], cost[theirs], strict=True)])
    wall, processor = (statistics.median(column) for column in zip(*ratios, strict=True))
    return wall, processor


def spent(function: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds and processor seconds (of all threads) that one call takes."""
    processor = time.process_time()
    seconds = timed(function)
    return seconds, time.process_time() - processor


def workers(replicates: int) -> list[Figure]:
    """The same sweep on one and two threads and processes, in turn."""
    kinds = {f"{n} {kind.__name__}": (kind, n) for kind in (pools.threads, pools.processes) for n in (1, 2)}
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(LONG_TURNS):
        for name, (kind, n) in kinds.items():
            times[name].append(timed(partial(swept, designed(replicates), kind, n)))
    rates = [
        Figure(f"sweep on {name}", 2 * replicates / statistics.median(seconds), "runs/s")
        for name, seconds in times.items()
    ]
    return [*rates, *(_gain(times, kind) for kind in ("threads", "processes"))]


def _gain(times: dict[str, list[float]], kind: str) -> Figure:
    pairs = zip(times[f"1 {kind}"], times[f"2 {kind}"], strict=True)
    return Figure(f"two {kind} over one", statistics.median(a / b for a, b in pairs), "times", 1.9, True)


def compare_case() -> list[Figure]:
    """`posture compare --out` of 2 × 1,000 runs over the bare engine: processor time as a whole process."""
    validate()
    with scratch() as folder:
        used = measured("compare", "--ensemble", "none", *POSTURES, "--replicates", "1000", "--out", folder / "out")
        check_rows(folder / "out" / "runs.csv", 2000)
    _, processor = spent(partial(bare, 1000))
    return [
        Figure("compare --out, processor time", used.cpu_seconds, "s", 1.5 * processor + 5.0),
        Figure("  the same runs by the bare engine", processor, "s"),
        Figure("  time on two cores", used.seconds, "s"),
    ]


def many() -> list[Figure]:
    """20,000 base runs on two cores, as a whole `posture sweep`."""
    with scratch() as folder:
        words = ("sweep", "fourteen_vs_six", "--replicates", "10000", "--workers", "2", "--out", folder / "out")
        used = measured(*words)
        check_rows(folder / "out" / "runs.csv", 20_000)
    return [
        Figure("20,000 base runs on two cores", used.seconds, "s"),
        Figure("  their processor time", used.cpu_seconds, "s"),
        Figure("  their peak of memory", used.peak_mib, "MiB", 500.0),
        Figure("  so a million would take", used.seconds * 50 / 60, "min", 45.0),
    ]


def dask() -> list[Figure]:
    """20,000 base runs on two Dask workers of one machine, over the same on two threads, in turn."""
    words = ("sweep", "fourteen_vs_six", "--replicates", "10000")
    ratios = []
    with scratch() as folder:
        for turn in range(LONG_TURNS):
            threads = measured(*words, "--workers", "2", "--out", folder / f"threads{turn}").seconds
            with cluster(folder / f"scheduler{turn}.json") as file:
                took = measured(*words, "--scheduler-file", file, "--out", folder / f"dask{turn}").seconds
            if (folder / f"dask{turn}" / "runs.csv").read_bytes() != (
                folder / f"threads{turn}" / "runs.csv"
            ).read_bytes():
                raise SystemExit("Dask's table is another than that of threads")
            ratios.append(took / threads)
    return [Figure("two Dask workers over two threads, 20,000 base runs", statistics.median(ratios), "times", 1.1)]


@contextmanager
def cluster(file: Path) -> Iterator[Path]:
    """A Dask scheduler with two workers of one thread, each a process, all there; its scheduler file."""
    from distributed import Client

    program = Path(sys.executable).with_name("dask")
    worker = (program, "worker", "--scheduler-file", file, "--nworkers", "1", "--nthreads", "1", "--no-nanny")
    with ExitStack() as running:
        for command in ((program, "scheduler", "--scheduler-file", file, "--port", "0"), worker, worker):
            child = running.enter_context(subprocess.Popen(command, stdout=DEVNULL, stderr=DEVNULL))
            running.callback(child.terminate)
            while not (file.exists() and file.stat().st_size):
                time.sleep(0.1)
        with Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(2)
        yield file


def million() -> list[Figure]:
    """A million runs of one day: 1,000 points, 1,000 replicates each."""
    with scratch() as folder:
        if shutil.disk_usage(folder).free < MILLION_BYTES:
            raise SystemExit(f"{folder}: {MILLION_BYTES >> 30} GiB of disk are needed")
        design, out = folder / "million.toml", folder / "out"
        design.write_text(MILLION, encoding="utf-8")
        used = measured("sweep", design, "--workers", "2", "--out", out)
        check_rows(out / "runs.csv", 1_000_000)
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return [
        Figure("a million rows: peak of memory", used.peak_mib, "MiB", 1024.0),
        Figure("  time on two cores", used.seconds, "s"),
        Figure("  processor time", used.cpu_seconds, "s"),
        Figure("  disk, chunks and runs.csv", size / (1 << 20), "MiB"),
    ]


def check_rows(path: Path, n: int) -> None:
    """As many whole rows as runs, each of them well."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        status = next(rows).index("status")
        if sum(row[status] == "ok" for row in rows) != n:
            raise SystemExit(f"{path.name}: not {n} rows of runs that went well")
