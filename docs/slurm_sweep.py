"""A sweep on a cluster with SLURM: batch jobs are asked for, the sweep runs on them, they are given back.

    pip install ".[cluster]"  # in the checkout
    python slurm_sweep.py --jobs 10 --cores 16 --walltime 02:00:00 -- threat_level --out results/threat

Run it where `sbatch` works: on a login node, or as a small batch job of its own (the sweep itself takes one core and
little memory). What stands after `--` goes to `posture sweep`. Broken off, the same command goes on. `--print` shows
the batch script of one job, and asks for nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any


def arguments() -> argparse.Namespace:
    """What the batch jobs are like, and the words for the sweep."""
    parser = argparse.ArgumentParser(description="Run `posture sweep` on batch jobs of SLURM.")
    parser.add_argument("--jobs", type=int, default=4, help="batch jobs; the sweep begins with the first that starts")
    parser.add_argument("--cores", type=int, default=8, help="cores of a job: one worker with as many threads")
    parser.add_argument("--memory", default="4GB", help="memory of a job")
    parser.add_argument("--walltime", default="01:00:00", help="longest time of a job")
    parser.add_argument("--partition", help="SLURM's partition, if not the usual one")
    parser.add_argument("--account", help="SLURM's account, if one is needed")
    parser.add_argument("--interface", help="network interface that nodes share, such as ib0")
    parser.add_argument("--logs", default="slurm-logs", help="folder of the jobs' logs")
    parser.add_argument("--print", action="store_true", help="show the batch script of a job, and stop")
    parser.add_argument("words", nargs="*", metavar="-- DESIGN --out DIR", help="for `posture sweep`")
    return parser.parse_args()


def cluster_of(given: argparse.Namespace) -> Any:
    """A scheduler in this process, with no job asked for yet."""
    from dask_jobqueue import SLURMCluster

    return SLURMCluster(
        cores=given.cores,
        processes=1,  # threads in one process: the compiled loop gives up the interpreter lock
        memory=given.memory,
        walltime=given.walltime,
        queue=given.partition,
        account=given.account,
        interface=given.interface,
        log_directory=given.logs,
        python=sys.executable,
        job_name="posture",
    )


def main() -> int:
    """Ask for jobs, run the sweep on them; its exit code."""
    given = arguments()
    with cluster_of(given) as cluster:
        if given.print:
            print(cluster.job_script())
            return 0
        cluster.scale(jobs=given.jobs)
        program = Path(sys.executable).parent / "posture"
        command = [program, "sweep", *given.words, "--scheduler", cluster.scheduler_address]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
