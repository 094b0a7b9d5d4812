"""`posture sweep`: run what is missing of a design, keep each chunk, write the tables: `sweep → run_jobs → run_job`.

A results folder holds `chunks/` (what has been run, by content), `design.json` (what was asked for), and at the end
`runs.csv` and `manifest.json`. Running the same sweep again runs only what is missing.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from experiments.files.store import write_json
from experiments.runs.archive import Archive, keep
from experiments.runs.design import Design
from experiments.runs.jobs import Job, Result
from experiments.runs.pilot import JobCost, mean_cost, pilot
from experiments.runs.plan import Plan, jobs_of, make_plan, structure
from experiments.runs.pools import Pool, run_jobs
from experiments.runs.tables import write_daily, write_events, write_runs
from sim.compiled import source_hash
from sim.errors import ConfigError, PostureError, RunError
from sim.parameters import flat

OnFailure = Literal["go-on", "at-end", "at-once"]


class StoreError(PostureError):
    """Results can't be written; what is complete is kept."""


@dataclass
class Progress:
    """What a sweep tells its caller as it goes on; the screen is one of its listeners."""

    total_cost: float = 0.0
    total_runs: int = 0
    on_runs: Callable[[int, float], None] = lambda runs, cost: None
    on_failure: Callable[[str], None] = lambda message: None
    on_stage: Callable[[str], None] = lambda stage: None


@dataclass
class Outcome:
    """How a sweep ended."""

    plan: Plan
    ran: int = 0
    failed: int = 0
    torn: int = 0
    files: list[str] = field(default_factory=list)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One sweep at a time in a folder. The system frees the lock of a process that has died."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        allowed = "expected a folder that no other sweep is writing to at the moment"
        raise ConfigError(None, "--out", str(folder), allowed) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def whole_or_kept(folder: Path) -> Iterator[None]:
    """An error in writing becomes one message that says what is safe."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "no space is left for the results" if full else f"the results can't be written ({error.strerror})"
        raise StoreError(
            f"{folder}: {why}. What is complete is kept: make room, then run the same command again to go on."
        ) from error


def described(plan: Plan) -> dict[str, Any]:
    """What `design.json` keeps: the design, the version of the rules, and a hash of what the files it names say."""
    content = plan.design.model_dump(mode="json", exclude={"replicates", "title", "question"})
    return {
        "rules": source_hash(),
        "replicates": plan.replicates,
        "design": content,
        "scenarios": {" ".join(key): _hash_of(base.scenario) for key, base in plan.bases.items()},
    }


def _hash_of(scenario: Any) -> str:
    content = structure(scenario, ()) + json.dumps([scenario.days, flat(scenario.parameters)]).encode()
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def check_design(folder: Path, plan: Plan, archive: Archive) -> None:
    """Refuse a design that runs of the folder do not belong to."""
    path = folder / "design.json"
    if not path.is_file() or np.isin(archive.keys(), plan.keys).all():
        return
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        stored = None
    changes = [line for line in differences(stored, described(plan)) if not line.startswith("replicates:")]
    if not changes:  # fewer replicates, or rows of a sweep that was stopped when narrow enough
        return
    allowed = f"expected the design that the folder was begun with; --fresh throws its {len(archive.keys())} runs away"
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


def run_missing(
    plan: Plan,
    archive: Archive,
    pool: Pool,
    progress: Progress,
    *,
    retry_failed: bool = False,
    fail: OnFailure = "go-on",
) -> int:
    """Run and keep what the archive lacks; returns how many runs that were."""
    missing = ~archive.has(plan.keys, retry_failed=retry_failed)
    if not missing.any():
        return 0
    job_cost = JobCost(plan, pilot(plan))
    progress.total_runs = len(np.unique(plan.keys[missing]))
    progress.total_cost = mean_cost(plan) * progress.total_runs
    done = 0
    with closing(run_jobs(pool, jobs_of(plan, missing, job_cost))) as results:
        for job, result in results:
            with whole_or_kept(archive.folder.parent):
                keep(archive.folder, job, result)
            done += job.n_runs
            cost = _cost_of(plan, job)
            job_cost.learn(cost, result.seconds)
            progress.on_runs(job.n_runs, cost)
            _tell(job, result, progress, fail)
    return done


def _cost_of(plan: Plan, job: Job) -> float:
    unit = plan.costs.get(id(job.base), 0.0)
    return sum(dict(p.changes).get("days", job.base.scenario.days) * unit * len(p.seeds) for p in job.points)


def _tell(job: Job, result: Result, progress: Progress, fail: OnFailure) -> None:
    """Say at once that runs failed, or stop."""
    if not result.failures:
        return
    first = result.failures[0]
    message = f"run failed ({first.stage}), seed {int(result.arrays['seeds'][first.row])}: {first.error}"
    if len(result.failures) > 1:
        message += f" (and {len(result.failures) - 1} more in this chunk)"
    if fail == "at-once":
        raise RunError(f"{message}. What is complete is kept; --fail go-on runs the rest.")
    if fail == "go-on":
        progress.on_failure(message)


def sweep(
    design: Design,
    file: str | Path,
    folder: Path,
    pool: Pool,
    progress: Progress | None = None,
    *,
    fresh: bool = False,
    retry_failed: bool = False,
    fail: OnFailure = "go-on",
    replicates: int | None = None,
) -> Outcome:
    """Run a design into a folder, which the caller has locked; resumes what is there."""
    progress = progress or Progress()
    plan, chunks = make_plan(design, file, replicates), folder / "chunks"
    with whole_or_kept(folder):
        archive = _opened(folder, fresh=fresh)
        check_design(folder, plan, archive)
        write_json(folder / "design.json", described(plan))
    ran = run_missing(plan, archive, pool, progress, retry_failed=retry_failed, fail=fail)
    progress.on_stage("writing")
    torn = len(archive.torn)
    with whole_or_kept(folder):
        outcome = write_tables(plan, Archive.open(chunks) if ran else archive, folder)
    outcome.ran, outcome.torn = ran, torn
    return outcome


def _opened(folder: Path, *, fresh: bool) -> Archive:
    """The archive of a folder, tidied up, empty if it is to be `fresh`."""
    chunks = folder / "chunks"
    if fresh and chunks.is_dir():
        shutil.rmtree(chunks)
    chunks.mkdir(parents=True, exist_ok=True)
    for part in folder.glob(".*.part"):  # of a sweep that was killed as it wrote its tables
        part.unlink(missing_ok=True)
    return Archive.open(chunks, tidy=True)


def write_tables(plan: Plan, archive: Archive, folder: Path) -> Outcome:
    """Write the CSV files that the design wants."""
    outcome = Outcome(plan, failed=write_runs(folder / "runs.csv", plan, archive), files=["runs.csv"])
    if "daily" in plan.design.outputs:
        write_daily(folder / "daily.csv", plan, archive)
        outcome.files.append("daily.csv")
    if "events" in plan.design.outputs:
        write_events(folder / "events.csv", plan, archive)
        outcome.files.append("events.csv")
    return outcome
