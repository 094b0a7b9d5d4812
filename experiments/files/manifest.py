"""The manifest of a results folder: what is needed to know where results come from, and to make them again.

Scenarios are as the manifest has recorded them, whatever their files say by now.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sim
from sim.calendars import Calendar
from sim.in_force import InForce, numbered
from sim.responses import Response, Use
from sim.scenario import Posture, Scenario
from sim.theatre import build_theatre
from sim.theatre_config import TheatreConfig

FORMAT_VERSION = 1


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def manifest(
    command: Sequence[str],
    scenarios: Sequence[Scenario],
    seed: int,
    counts: dict[str, int],
    started: str,
    made_by: Sequence[dict[str, str]] = (),
) -> dict[str, Any]:
    """What is needed to know where results come from, and to make them again; ends now.

    `made_by` are the sets of versions that made the rows, if some were made before: those of now are of the tables.
    """
    from sim.compiled import source_hash  # numba takes half a second, and whoever reads results needs none

    return {
        "format_version": FORMAT_VERSION,
        "command": ["posture", *command],
        "seed": seed,
        "counts": counts,
        "started": started,
        "ended": now(),
        "versions": versions(),
        "rows_made_by": list(made_by) or [versions()],
        "source_hash": source_hash(),
        "git": git_state(Path(sim.__file__).parent.parent),
        "postures": {scenario.label: resolved(scenario) for scenario in scenarios},
        "theatres": {scenario.theatre.name: _theatre(scenario) for scenario in scenarios},
        "out_of_reach": {scenario.label: out_of_reach(scenario) for scenario in scenarios},
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


def out_of_reach(scenario: Scenario) -> list[str]:
    """Sites that no cell can fire at: that they are safe is the theatre's doing, not the posture's."""
    from sim.reach import sites_out_of_reach
    from sim.world import build_world

    return sites_out_of_reach(scenario, build_world(scenario)[0])


def _theatre(scenario: Scenario) -> dict[str, Any]:
    return scenario.theatre.config.model_dump(mode="json", by_alias=True)


# --- and back ------------------------------------------------------------------------------------------
def scenario_of(label: str, manifest: dict[str, Any], path: Path) -> Scenario:
    """The scenario of a label; what is changed in it, or added to it, needs no file of those recorded."""
    tree = dict(manifest["postures"][label])
    forces, calendar = uses_of(tree["responses"]), _calendar(tree["calendar"])
    tree |= {"responses": [force.use.model_dump() for force in forces], "calendar": calendar.name if calendar else ""}
    posture = Posture.model_validate_json(json.dumps(tree))
    theatre = TheatreConfig.model_validate_json(json.dumps(manifest["theatres"][Path(posture.theatre).stem]))
    return Scenario(posture, build_theatre(theatre), str(path), forces, calendar)


def uses_of(recorded: Iterable[dict[str, Any]]) -> tuple[InForce, ...]:
    """The responses in force, from what `resolved` says."""
    return numbered(_in_force(use) for use in recorded)


def _in_force(use: dict[str, Any]) -> InForce:
    response = Response.model_validate_json(json.dumps(use["response"]))
    words = {key: value for key, value in use.items() if key in Use.model_fields}
    return InForce(response, Use.model_validate_json(json.dumps(words)), use["file"])


def _calendar(tree: Any) -> Calendar | None:
    return Calendar.model_validate_json(json.dumps(tree)) if tree else None


# --- what can move a number ----------------------------------------------------------------------------
@cache
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
