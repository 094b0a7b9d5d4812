"""What the cases share: a figure with its goal, and how things are timed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure and its goal; `ratio` above 1 means better than the goal."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    higher_is_better: bool = False

    def line(self) -> str:
        """The figure as one line of the report."""
        text = f"  {self.name:58s} {self.value:12.3f} {self.unit:18s}"
        if self.goal is None:
            return text
        ratio = self.value / self.goal if self.higher_is_better else self.goal / self.value
        return f"{text} goal {self.goal:9.3f}   {ratio:7.2f} × the goal"


def timed(function: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def program() -> Path:
    """The `posture` of this environment."""
    return Path(sys.executable).parent / "posture"


def posture(*words: str, cache: str | None = None) -> float:
    """Seconds that one `posture` command takes as a whole process; it must succeed."""
    environment = {**os.environ, **({"POSTURE_CACHE": cache} if cache else {})}
    return timed(lambda: subprocess.run([program(), *words], check=True, capture_output=True, env=environment))


@dataclass(frozen=True)
class Usage:
    """What a process took: wall and processor seconds, and the most memory it had at a time (MiB)."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


_ALONE = """
import os, sys, time
start = time.perf_counter()
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet), 0)
seconds = time.perf_counter() - start
print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss, os.waitstatus_to_exitcode(status))
"""
"""A small parent: the system counts what a parent has at the start to the peak of its child."""


def measured(*words: str | Path) -> Usage:
    """One `posture` command as a whole process, with its own peak of memory (not that of its siblings, or of this)."""
    command = [sys.executable, "-S", "-c", _ALONE, str(program()), *map(str, words)]
    seconds, cpu_seconds, peak, code = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.split()
    if int(code):
        raise SystemExit(f"posture {' '.join(map(str, words))}: exit code {int(code)}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # bytes there, KiB elsewhere
    return Usage(float(seconds), float(cpu_seconds), float(peak) / unit)
