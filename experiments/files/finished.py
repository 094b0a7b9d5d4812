"""Whether a results folder is finished: no manifest stands while its tables are written, and it is written last.

The manifest says of each file how it was written: its SHA-256 and, of a table, how many rows it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from experiments.files.whole import write_json
from sim.errors import ConfigError, PostureError
from sim.input_files import read_json

MANIFEST = "manifest.json"
PART = "shard.json"
"""What a part of a sweep has in the place of a manifest: it has no tables."""
MARK = ".unfinished"
_BEGUN = (MARK, "design.json", "chunks")
_BLOCK = 1 << 20
_SAME = {"merge": "sweep"}  # a joined sweep can be added to


class UnfinishedError(PostureError):
    """The command that writes a folder was stopped before its end, or is at work still."""

    exit_code = 2

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: unfinished; run the same command again to finish it.")


def begin(folder: Path) -> None:
    """From now on the folder is unfinished: to be called before the first table is written."""
    (folder / MARK).touch()
    for last in (MANIFEST, PART):
        (folder / last).unlink(missing_ok=True)
    for torn in folder.glob(".*.part"):  # of a command that was killed as it wrote its tables
        if not torn.is_dir():
            torn.unlink(missing_ok=True)


def finish(folder: Path, manifest: Mapping[str, Any], files: Iterable[str], last: str = MANIFEST) -> None:
    """Write the manifest, with what the files of these names are: the folder is finished."""
    write_json(folder / last, {**manifest, "files": {name: record_of(folder / name) for name in files}})
    (folder / MARK).unlink(missing_ok=True)


def is_unfinished(folder: Path) -> bool:
    """Has a command begun to write the folder, and not finished?"""
    done = any((folder / last).exists() for last in (MANIFEST, PART))
    return not done and any((folder / begun).exists() for begun in _BEGUN)


def check_finished(folder: Path) -> None:
    """Refuse a folder that a command has begun to write and not finished; one that is made by hand is none."""
    if is_unfinished(folder):
        raise UnfinishedError(folder)


# --- whose a folder is ----------------------------------------------------------------------------------
def check_owner(folder: Path, command: str) -> None:
    """Refuse, for the results of a command, a folder that has another's: some would be replaced, others would stay."""
    before = _made_by(folder)
    if not before and command == "run" and any((folder / each).exists() for each in (PART, *_BEGUN[1:])):
        before = "sweep"
    if before and before != _SAME.get(command, command):
        raise ConfigError(None, "--out", str(folder), f"it must be a folder without the results of `posture {before}`")


def _made_by(folder: Path) -> str:
    """The command that a folder's manifest names; empty if none does."""
    try:
        match read_json(folder / MANIFEST):
            case {"command": [_, str(name), *_]}:
                return _SAME.get(name, name)
    except ConfigError:
        pass
    return ""


# --- what a file is ------------------------------------------------------------------------------------
def record_of(path: Path) -> dict[str, Any]:
    """SHA-256 of a file and, of a table, the number of its rows; read a block at a time, whatever its size."""
    counter, digest = _Rows(), hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            if path.suffix == ".csv":
                counter.add(block)
    rows = {"rows": counter.rows} if path.suffix == ".csv" else _parquet_rows(path)
    return {"sha256": digest.hexdigest(), **rows}


class _Rows:
    """Counts the rows of CSV below its header: ends of lines that are not within quotation marks."""

    def __init__(self) -> None:
        self._ends, self._quoted, self._last = 0, False, b"\n"

    def add(self, block: bytes) -> None:
        """Count on; quotation marks that are doubled end a text and begin it again."""
        for n, part in enumerate(block.split(b'"') if b'"' in block else (block,)):
            self._quoted ^= n > 0
            self._ends += 0 if self._quoted else part.count(b"\n")
        self._last = block[-1:]

    @property
    def rows(self) -> int:
        """So far; a last line that nothing ends is a row."""
        return max(0, self._ends + (self._last != b"\n") - 1)


def _parquet_rows(path: Path) -> dict[str, int]:
    if path.suffix != ".parquet":
        return {}
    from pyarrow import parquet

    return {"rows": parquet.read_metadata(path).num_rows}
