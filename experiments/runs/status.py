"""How far a sweep is, from what its folder holds. Nothing is written or locked: it may be running meanwhile."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.finished import MANIFEST, PART
from experiments.runs.archive import Archive
from experiments.runs.design import Design, n_points
from experiments.runs.plan import DesignPlan, make_plan
from experiments.runs.shards import keys_of_part, parse_shard
from experiments.runs.sweep import described
from sim.compiled import source_hash
from sim.errors import ConfigError, RunError
from sim.input_files import read_json

_WINDOW_SECONDS = 60.0  # of the last chunks, for the rate


@dataclass(frozen=True)
class Status:
    """What is there of a sweep. Runs that come to the same count as one, as they are run once.

    `complete` and `fewest` (points with all their replicates; the fewest of any point) are −1 where the runs can't be
    told apart: by `unknown`, which then says why.
    """

    name: str
    points: int
    replicates: int
    wanted: int
    done: int
    failed: int
    others: int
    complete: int
    fewest: int
    torn: int
    idle_seconds: float
    runs_per_second: float
    finished: bool
    unknown: str = ""
    shard: str = ""
    """Which part of a sweep it is, such as 2/8; `wanted` are then its own runs alone."""

    @property
    def left_seconds(self) -> float:
        """At the pace of the last minute; infinite without any."""
        left = self.wanted - self.done
        return left / self.runs_per_second if self.runs_per_second else float("inf") * bool(left)


def status(folder: Path) -> Status:
    """The status of the sweep in a folder, which must have begun."""
    asked, design = _asked(folder)
    try:
        return _status(folder, asked, design)
    except FileNotFoundError as error:
        raise RunError(f"{folder}: it changed while it was read ({error.filename}): ask again") from None


def _status(folder: Path, asked: dict[str, Any], design: Design) -> Status:
    shard = str(asked.get("shard", ""))
    last = PART if shard else MANIFEST
    finished = (folder / last).is_file()  # first: what is there then was there when it finished
    archive = Archive.open(folder / "chunks")
    plan, unknown = _plan(asked, design)
    shape = (n_points(design), design.replicates)
    counts = _counts(plan, archive, shard) if plan else _all_counts(shape, archive)
    return Status(design.name, *shape, *counts, len(archive.torn), *_pace(archive), finished, unknown, shard)


def _asked(folder: Path) -> tuple[dict[str, Any], Design]:
    """What `design.json` says, and its design."""
    path = folder / "design.json"
    try:
        asked = read_json(path)
        design = Design.model_validate_json(
            json.dumps({**asked["design"], "title": "", "replicates": asked["replicates"]})
        )
    except (ConfigError, ValueError, KeyError, TypeError):
        allowed = "it must be a folder in which posture sweep has begun, with its design.json"
        raise ConfigError(None, "--status", str(folder), allowed) from None
    return asked, design


def _plan(asked: dict[str, Any], design: Design) -> tuple[DesignPlan | None, str]:
    """The plan of the design as it is here, or why it is another one."""
    if asked.get("rules") != source_hash():
        return None, "the runs are made with other rules than those here"
    try:
        plan = make_plan(design, "design.json", check=False)
    except ConfigError as error:  # its files are named from where the sweep was started
        return None, f"the design can't be made again here ({error})"
    if described(plan)["scenarios"] != asked.get("scenarios"):
        return None, "the files that the design names say something else here"
    return plan, ""


def _counts(plan: DesignPlan, archive: Archive, shard: str) -> tuple[int, int, int, int, int, int]:
    """Wanted, done, failed, others, complete, fewest."""
    keys, there = np.unique(plan.keys), archive.has(plan.keys)
    if shard:
        keys = keys_of_part(plan, parse_shard(shard))
    found = archive.has(keys)
    done, failed = int(found.sum()), int((archive.failed(keys) & found).sum())
    others = len(archive.keys()) - done
    return len(keys), done, failed, others, int(there.all(axis=1).sum()), int(there.sum(axis=1).min())


def _all_counts(shape: tuple[int, int], archive: Archive) -> tuple[int, int, int, int, int, int]:
    """The same where nobody knows which runs are the design's: all that are there."""
    keys = archive.keys()
    return shape[0] * shape[1], len(keys), int(archive.failed(keys).sum()), 0, -1, -1


def _pace(archive: Archive) -> tuple[float, float]:
    """Seconds since the last chunk (infinite without any), and runs a second over the last minute before it."""
    if not archive.files:
        return float("inf"), 0.0
    at = np.array([file.path.stat().st_mtime for file in archive.files])
    runs = np.array([file.plans["keys"]["shape"][0] for file in archive.files])
    return max(0.0, time.time() - at.max()), _rate(at, runs)


def _rate(at: NDArray[np.float64], runs: NDArray[np.int64]) -> float:
    """Runs a second: the first chunk of the window says when the others began, and does not count."""
    recent = at >= at.max() - _WINDOW_SECONDS
    first = at[recent].min()
    later = recent & (at > first)
    return float(runs[later].sum() / (at.max() - first)) if later.any() else 0.0
