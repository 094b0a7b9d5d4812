"""The manifest of a results folder: what is needed to know where results come from, and to make them again."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sim

if TYPE_CHECKING:
    from sim.scenario import Scenario

FORMAT_VERSION = 1


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def manifest(
    command: Sequence[str], scenarios: Sequence[Scenario], seed: int, counts: dict[str, int], started: str
) -> dict[str, Any]:
    """What is needed to know where results come from, and to make them again; ends now."""
    from sim.compiled import source_hash  # numba takes half a second, and whoever reads results needs none

    return {
        "format_version": FORMAT_VERSION,
        "command": ["posture", *command],
        "seed": seed,
        "counts": counts,
        "started": started,
        "ended": now(),
        "versions": versions(),
        "source_hash": source_hash(),
        "git": git_state(Path(sim.__file__).parent.parent),
        "postures": {scenario.label: resolved(scenario) for scenario in scenarios},
        "theatres": {scenario.theatre.name: _theatre(scenario) for scenario in scenarios},
    }


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The posture with every parameter, its responses with their orders, and its calendar, as plain JSON."""
    tree: dict[str, Any] = scenario.posture.model_dump(mode="json", by_alias=True)
    tree["responses"] = [
        {
            **use.use.model_dump(mode="json"),
            "shift_hours": use.use.shift_hours(use.response),
            "file": use.file,
            "response": use.response.model_dump(mode="json"),
        }
        for use in scenario.responses
    ]
    tree["calendar"] = scenario.calendar.model_dump(mode="json", by_alias=True) if scenario.calendar else None
    return tree


def _theatre(scenario: Scenario) -> dict[str, Any]:
    return scenario.theatre.config.model_dump(mode="json", by_alias=True)


def versions() -> dict[str, str]:
    """Versions of all that can move a number."""
    packages = {"posture": "posture-sim"} | {name: name for name in ("mesa", "numpy", "numba", "scipy")}
    return {"python": platform.python_version()} | {name: version(package) for name, package in packages.items()}


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and whether files differ from it, if the program runs from a git checkout."""
    if not (folder / ".git").exists():
        return None
    commit, changes = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain")
    return None if commit is None or changes is None else {"commit": commit, "dirty": bool(changes)}


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
