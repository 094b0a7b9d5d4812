"""A design into a folder: run what is missing, write the tables: `sweep → Room.run`, `write_tables`.

A results folder holds `chunks/` (what has been run, by content), `design.json` (what was asked for), and at the end
`runs.csv` and `manifest.json`. Running the same sweep again runs only what is missing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from experiments.files.whole import write_json
from experiments.runs.archive import Archive
from experiments.runs.plan import DesignPlan, structure
from experiments.runs.pools import Pool
from experiments.runs.room import OnFailure, Progress, Room, whole_or_kept
from experiments.runs.stopping import StopRule, check_rule, half_width, until_known
from experiments.runs.tables import write_tables
from sim.compiled import source_hash
from sim.errors import ConfigError
from sim.parameters import flat
from sim.scenario import Scenario


@dataclass
class Outcome:
    """How a sweep ended."""

    plan: DesignPlan
    ran: int = 0
    failed: int = 0
    torn: int = 0
    files: list[str] = field(default_factory=list)


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
) -> Outcome:
    """Run the plan of a design into a folder, which the caller has locked; resumes what is there.

    With a `rule`, replicates are added until it is met or the design's number is reached; `say` hears how far it is.
    """
    progress = progress or Progress()
    if rule:
        check_rule(rule, plan)
    room = opened(folder, pool, described(plan), plan.keys, fresh=fresh)

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
    progress.on_stage("writing")
    with whole_or_kept(folder):
        failed, files = write_tables(plan, room.archive, folder, formats)
    return Outcome(plan, ran, failed, room.torn, files)


# --- whose runs a folder holds ---------------------------------------------------------------------------
def opened(folder: Path, pool: Pool, asked: dict[str, Any], keys: Any, *, fresh: bool) -> Room:
    """The room of a folder, tidied up, empty if it is to be `fresh`; refused if its runs belong to something else.

    `asked` is what is kept of the question in `design.json`, `keys` are those of the runs that it needs.
    """
    with whole_or_kept(folder):
        if fresh:
            shutil.rmtree(folder / "chunks", ignore_errors=True)
        for part in folder.glob(".*.part"):  # of a command that was killed as it wrote its tables
            part.unlink(missing_ok=True)
        room = Room(folder, pool)
        _check(folder / "design.json", asked, keys, room.archive)
        (folder / "manifest.json").unlink(missing_ok=True)  # its presence means that all is written
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


def _check(path: Path, asked: dict[str, Any], keys: Any, archive: Archive) -> None:
    """Refuse a question that runs of the folder do not belong to."""
    if not path.is_file() or np.isin(archive.keys(), keys).all():
        return
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        stored = None
    changes = [line for line in differences(stored, asked) if not line.startswith(("replicates:", "states:"))]
    if not changes:  # fewer replicates or states, or rows of a sweep that was stopped when narrow enough
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
