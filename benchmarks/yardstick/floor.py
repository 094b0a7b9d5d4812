"""The floor in C, compiled where there is a compiler."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.yardstick.workload import AGENTS, HOURS

SOURCE = Path(__file__).with_name("floor.c")


def compiler() -> str | None:
    """A C compiler, if there is one."""
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def build(folder: Path) -> Path:
    """The program, compiled into a folder."""
    program = folder / "floor"
    subprocess.run([compiler() or "cc", "-O3", "-march=native", "-o", program, SOURCE], check=True)
    return program


def run(program: Path, runs: int, due: Mapping[str, float]) -> tuple[int, int]:
    """So many runs; acts of agents and of sites in each. Agents of a kind are due as often as they are on average."""
    kinds = [kind for kind in AGENTS if kind != "sites"]
    each = [word for kind in kinds for word in (AGENTS[kind], max(1, round(AGENTS[kind] * HOURS / due[kind])))]
    words = [str(word) for word in (runs, HOURS, AGENTS["sites"], *each)]
    printed = subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout.split()
    return int(printed[0]), int(printed[1])
