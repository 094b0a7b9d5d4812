"""A design into a folder: run what is missing, write the tables: `sweep → Room.run`, `write_tables`.

A results folder holds `chunks/` (what has been run, by content), `design.json` (what was asked for), and at the end
`runs.csv` and `manifest.json`; a part of a sweep has `shard.json` instead of both. Running the same sweep again runs
only what is missing.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.finished import begin
from experiments.files.whole import write_json
from experiments.runs.archive import Archive
from experiments.runs.plan import DesignPlan, structure
from experiments.runs.points import NAMES
from experiments.runs.pools import Pool
from experiments.runs.room import OnFailure, Progress, Room, whole_or_kept
from experiments.runs.stopping import StopRule, check_rule, half_width, until_known
from experiments.runs.tables import write_tables
from sim.compiled import source_hash
from sim.errors import ConfigError
from sim.input_files import read_json
from sim.parameters import flat
from sim.scenario import Scenario


@dataclass(frozen=True)
class LeftOut:
    """Runs of the folder that the design does not have: of further replicates, and of other points."""

    runs: int = 0
    replicates: int = 0
    points: int = 0


@dataclass
class Outcome:
    """How a sweep ended."""

    plan: DesignPlan
    archive: Archive
    ran: int = 0
    failed: int = 0
    torn: int = 0
    files: list[str] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)


def sweep(
    plan: DesignPlan,
    folder: Path,
    pool: Pool,
    progress: Progress | None = None,
    *,
    fresh: bool = False,
    retry_failed: bool = False,
    fail: OnFailure = "go-on",
    rule: StopRule | None = None,
    say: Callable[[str], None] = lambda line: None,
    formats: Sequence[str] = ("csv",),
    measures: Sequence[str] = (),
) -> Outcome:
    """Run the plan of a design into a folder, which the caller has locked; resumes what is there.

    With a `rule`, replicates are added until it is met or the design's number is reached; `say` hears how far it is.
    `measures` are those of `points`, all if there are none.
    """
    progress = progress or Progress()
    if rule:
        check_rule(rule, plan)
    _keep_points_file(plan, folder)
    room = opened(folder, pool, described(plan), plan.keys, fresh=fresh, part=True)

    def run(plan: DesignPlan) -> int:
        return room.run(plan, progress, retry_failed=retry_failed, fail=fail)

    if rule:
        plan, ran = until_known(
            rule, plan.with_replicates, run, lambda p: half_width(rule, p, room.archive), plan.replicates, say
        )
        with whole_or_kept(folder):
            write_json(folder / "design.json", described(plan))
    else:
        ran = run(plan)
    return written(Outcome(plan, room.archive, ran, torn=room.torn), folder, progress, formats, measures)


def written(
    outcome: Outcome, folder: Path, progress: Progress, formats: Sequence[str], measures: Sequence[str]
) -> Outcome:
    """Write the tables of a plan whose runs are all there; the outcome, with what they say."""
    progress.on_stage("writing")
    plan, archive = outcome.plan, outcome.archive
    with whole_or_kept(folder):
        outcome.failed, outcome.files = write_tables(plan, archive, folder, formats, measures or NAMES)
    outcome.left_out = left_out(plan, archive)
    return outcome


def _keep_points_file(plan: DesignPlan, folder: Path) -> None:
    """Refuse to write `points.csv` over the points that the design was read from."""
    given = plan.design.points_file
    if given and (Path(plan.file).parent / given).resolve() == (folder / "points.csv").resolve():
        allowed = f"it must be another folder: its points.csv is what {plan.file} reads, and would be written over"
        raise ConfigError(None, "--out", str(folder), allowed)


# --- what is stored and not asked for ----------------------------------------------------------------------
def left_out(plan: DesignPlan, archive: Archive) -> LeftOut:
    """What the tables leave out of what is stored. A seed that the plan has is a replicate of another point."""
    stored = archive.keys()
    others = stored[~np.isin(stored, plan.keys)]
    if not len(others):
        return LeftOut()
    seeds, counts = np.unique(archive.gather(others, ("seeds",))["seeds"], return_counts=True)
    known = np.isin(seeds, plan.seeds)
    per_state = len(np.unique(plan.seeds)) / plan.replicates  # states of the world have seeds of their own
    return LeftOut(len(others), math.ceil((~known).sum() / per_state), int(counts[known].max(initial=0)))


# --- whose runs a folder holds ---------------------------------------------------------------------------
def opened(
    folder: Path, pool: Pool, asked: dict[str, Any], keys: NDArray[np.uint64], *, fresh: bool, part: bool = False
) -> Room:
    """The room of a folder, tidied up, empty if it is to be `fresh`; refused if its runs belong to something else.

    `asked` is what is kept of the question in `design.json`, `keys` (points × replicates) are those of the runs that
    it needs. It may be a `part` of what is there: some of the points.
    """
    with whole_or_kept(folder):
        if fresh:
            shutil.rmtree(folder / "chunks", ignore_errors=True)
        room = Room(folder, pool)
        _check(folder / "design.json", asked, keys, room.archive, part)
        begin(folder)
        write_json(folder / "design.json", asked)
    return room


def described(plan: DesignPlan) -> dict[str, Any]:
    """What `design.json` keeps: the design, the version of the rules, and a hash of what the files it names say."""
    content = plan.design.model_dump(mode="json", exclude={"replicates", "title", "question"})
    return {
        "rules": source_hash(),
        "replicates": plan.replicates,
        "design": content,
        "scenarios": {" ".join(key): hash_of(base.scenario) for key, base in plan.bases.items()},
    }


def hash_of(scenario: Scenario) -> str:
    """Sixteen hex digits for all that decides the runs of a scenario."""
    content = structure(scenario) + json.dumps([scenario.days, flat(scenario.parameters)]).encode()
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _check(path: Path, asked: dict[str, Any], keys: Any, archive: Archive, part: bool) -> None:
    """Refuse a question that runs of the folder do not belong to."""
    if not path.is_file() or np.isin(archive.keys(), keys).all():
        return
    if part and archive.has(keys).any(axis=1).all():  # there are runs of every point
        return
    try:
        stored = read_json(path)
    except ConfigError:
        stored = None
    may_differ = () if "shard" in asked else ("replicates:", "states:")  # a part of more replicates is another part
    changes = [line for line in differences(stored, asked) if not line.startswith(may_differ)]
    if not changes:  # fewer replicates or states, or rows of a sweep that was stopped when narrow enough
        return
    allowed = (
        f"it must be the design that the folder was begun with; --fresh throws its {len(archive.keys())} runs away"
    )
    raise ConfigError(path, "design", "; ".join(changes), allowed)


def differences(before: Any, after: Any, key: str = "") -> list[str]:
    """Where two trees differ, in words."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys([*before, *after])
        return [line for n in names for line in differences(before.get(n), after.get(n), f"{key}.{n}".lstrip("."))]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [line for n, (b, a) in pairs for line in differences(b, a, f"{key}[{n}]")]
    return [] if before == after else [f"{key}: {_short(before)} → {_short(after)}"]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
