"""Parts of a sweep joined: folders checked, their chunks copied into one, tables written as by a sweep that is done.

Everything is checked before anything is written. A merge that was killed goes on: chunks that are there stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.finished import PART
from experiments.runs.archive import Archive, ChunkFile, TornFileError, checksum_of
from experiments.runs.design import Design
from experiments.runs.plan import DesignPlan, make_plan
from experiments.runs.pools import threads
from experiments.runs.room import Progress, whole_or_kept
from experiments.runs.shards import Shard, keys_of_part, parse_shard
from experiments.runs.sweep import Outcome, described, differences, opened, written
from sim.compiled import source_hash
from sim.errors import ConfigError, RunError
from sim.input_files import read_json
from sim.numbers import counted

_AGAIN = "run the same command again (posture sweep … --shard {}), then merge"


@dataclass(frozen=True)
class Finished:
    """The folder of a finished part, and what sweep it is a part of."""

    folder: Path
    shard: Shard
    sweep: dict[str, Any]
    made: dict[str, Any]
    """By which command, when, and by which versions."""

    def refused(self, why: str) -> ConfigError:
        """The error that names the folder and its part."""
        return ConfigError(self.folder, "shard", str(self.shard), why)

    @property
    def again(self) -> str:
        """What to do about a part that is not whole."""
        return _AGAIN.format(self.shard)


@dataclass(frozen=True)
class Whole:
    """A sweep of which every run is there, in files of its parts."""

    plan: DesignPlan
    files: tuple[ChunkFile, ...]
    made: tuple[dict[str, Any], ...]
    """How each part was made, in their order: for the manifest."""


def joined(folders: Sequence[Path], out: Path) -> Whole:
    """All parts of a sweep, checked, and `out` with them; refused with the folder that is not right, and what to do."""
    parts = sorted((_finished(folder) for folder in folders), key=lambda part: part.shard.number)
    _check_together(parts)
    plan = _plan(parts[0])
    own = [keys_of_part(plan, part.shard) for part in parts]
    archives = [_archive(part, keys) for part, keys in zip(parts, own, strict=True)]
    _check_apart(parts, own, archives)
    _check_out(out, folders, plan)
    files = tuple(file for archive in archives for file in archive.files)
    return Whole(plan, files, tuple(part.made for part in parts))


def merge(
    whole: Whole,
    folder: Path,
    progress: Progress | None = None,
    *,
    fresh: bool = False,
    formats: Sequence[str] = ("csv",),
    measures: Sequence[str] = (),
) -> Outcome:
    """Copy the chunks of a sweep's parts into a folder, which the caller has locked, and write its tables."""
    progress, plan = progress or Progress(), whole.plan
    archive = opened(folder, threads(1), described(plan), plan.keys, fresh=fresh, part=True).archive
    progress.on_stage("copying")
    with whole_or_kept(folder):
        for file in whole.files:
            _take(archive, file)
    return written(Outcome(plan, archive), folder, progress, formats, measures)


def _take(archive: Archive, file: ChunkFile) -> None:
    try:
        archive.take(file)
    except TornFileError:
        raise RunError(f"{file.path}: it changed while it was copied: run the same command again to go on") from None


# --- a folder ----------------------------------------------------------------------------------------------------
def _finished(folder: Path) -> Finished:
    """What a folder says of its part, which must be finished."""
    if not folder.is_dir():
        raise ConfigError(None, "DIR", str(folder), "it must be the folder of a part, and there is none of this name")
    asked = _read(folder / "design.json")
    if "shard" not in asked:
        raise ConfigError(
            None, "DIR", str(folder), "it must be the folder of a part, made by posture sweep --shard i/n"
        )
    shard = parse_shard(str(asked.pop("shard")))
    if not (folder / PART).is_file():
        raise ConfigError(folder, "shard", str(shard), f"it is not finished: {_AGAIN.format(shard)}")
    record = _read(folder / PART)  # its design has title and question too
    made = {key: record.get(key) for key in ("command", "started", "ended", "versions", "git")}
    return Finished(folder, shard, {**asked, "parts": shard.of, "design": record.get("design")}, made)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = read_json(path)
    except ConfigError:
        content = None
    return content if isinstance(content, dict) else {}


def _plan(part: Finished) -> DesignPlan:
    """The plan of the sweep, made again; refused if what its design names is another thing here."""
    allowed = "merge where its command was given: its design names files that are not the same here"
    try:
        design = Design.model_validate_json(json.dumps(part.sweep["design"]))
        plan = make_plan(design, part.folder / PART, check=False)
    except ConfigError as error:
        raise part.refused(f"{allowed} ({error})") from error
    except ValueError as error:
        raise part.refused(f"its {PART} can't be read: {part.again}") from error
    if described(plan)["scenarios"] != part.sweep.get("scenarios"):
        raise part.refused(allowed)
    return plan


# --- folders beside each other -----------------------------------------------------------------------------------
def _check_together(parts: Sequence[Finished]) -> None:
    """Refuse parts of different sweeps or of other rules, the same part twice, and a part that is not there."""
    first, known = parts[0], dict[Shard, Finished]()
    for part in parts:
        if changes := differences(first.sweep, part.sweep):
            allowed = f"it must be a part of the sweep of {first.folder}: leave it out, or run that part of it"
            raise ConfigError(part.folder, "design", "; ".join(changes), allowed)
        if part.shard in known:
            raise part.refused(f"{known[part.shard].folder} is this part too: give each part once")
        known[part.shard] = part
    if first.sweep.get("rules") != source_hash():
        allowed = f"it must be the rules that are here ({source_hash()}): merge with the version that ran the parts"
        raise ConfigError(first.folder, "rules", first.sweep.get("rules"), allowed)
    if missing := [n for n in range(1, first.shard.of + 1) if Shard(n, first.shard.of) not in known]:
        _refuse_missing(first, missing)


def _refuse_missing(first: Finished, missing: Sequence[int]) -> None:
    of, few = first.shard.of, ", ".join(str(Shard(n, first.shard.of)) for n in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    allowed = (
        f"there must be all {of} parts of the sweep of {first.folder}: run those too, and name their folders as well"
    )
    raise ConfigError(None, "the missing shard", few + more, allowed)


def _archive(part: Finished, own: NDArray[np.uint64]) -> Archive:
    """The chunks of a part, every byte checked; refused if one is damaged or a run is not there."""
    archive = Archive.open(part.folder / "chunks")
    if archive.torn:
        raise part.refused(f"{counted(len(archive.torn), 'damaged chunk')} ({archive.torn[0].name}): {part.again}")
    if missing := int((~archive.has(own)).sum()):
        raise part.refused(f"{missing} of its {counted(len(own), 'run')} are not there: {part.again}")
    return archive


def _check_apart(parts: Sequence[Finished], own: Sequence[NDArray[np.uint64]], archives: Sequence[Archive]) -> None:
    """Refuse chunks that hold runs of another part, unless they are a copy of that part's own."""
    originals = {_id(file) for keys, archive in zip(own, archives, strict=True) for file in _within(archive, keys)}
    for part, archive in zip(parts, archives, strict=True):
        strange = [file for file in archive.files if _id(file) not in originals]
        if strange:
            few = f"{counted(len(strange), 'chunk')} ({strange[0].path.name})"
            raise part.refused(f"{few} overlap other parts: run its command again with --fresh, then merge")


def _id(file: ChunkFile) -> tuple[str, bytes]:
    return file.path.name, checksum_of(file.path)


def _within(archive: Archive, own: NDArray[np.uint64]) -> Iterator[ChunkFile]:
    """The files that hold runs of a part alone."""
    return (file for file in archive.files if np.isin(file.array("keys"), own).all())


def _check_out(out: Path, folders: Sequence[Path], plan: DesignPlan) -> None:
    """Refuse to write into a part, or `points.csv` over the points that a design was read from."""
    if out.resolve() in {folder.resolve() for folder in folders}:
        raise ConfigError(None, "--out", str(out), "it must be a folder of its own: this is one of the parts")
    if plan.design.points_file and (out / "points.csv").is_file() and not (out / "design.json").is_file():
        allowed = "it must be another folder: its points.csv, which the design may have read, would be written over"
        raise ConfigError(None, "--out", str(out), allowed)
