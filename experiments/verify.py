"""`posture verify`: runs made again from what their rows record, and their digests compared."""

from __future__ import annotations

import csv
import itertools
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.archive import Archive
from experiments.columns import RUN_KEYS
from experiments.design import Design, Value
from experiments.settings import parse_changes
from experiments.sweep_plan import Bases, Plan, make_plan, no_response
from experiments.sweep_tables import POINT
from sim.compiled import source_hash
from sim.engine import simulate
from sim.errors import ConfigError, RunError
from sim.scenario import Scenario, load_scenario

_KNOWN = {POINT.name, "stage", "replay", *(field.name for field in RUN_KEYS)}


@dataclass(frozen=True)
class Difference:
    """A row whose run came out differently."""

    row: int
    day: int | None
    recorded: str
    now: str

    def __str__(self) -> str:
        day = f"first different on day {self.day}" if self.day else "day unknown: the folder keeps no daily digests"
        return f"row {self.row}: digest {self.recorded} recorded, {self.now} now; {day}"


def rows_of(folder: Path) -> list[dict[str, str]]:
    """The rows of `runs.csv`; refused with what is missing."""
    path = folder / "runs.csv"
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise ConfigError(path, "runs.csv", path.name, f"expected a results folder: {error.strerror}") from error
    for name in ("posture", "responses", "seed", "status", "digest"):
        if rows and name not in rows[0]:
            raise ConfigError(path, "column", name, "expected this column in runs.csv")
    return rows


def sample_of(rows: list[dict[str, str]], n: int, seed: int) -> list[int]:
    """Numbers of up to `n` rows of runs that went well, spread by chance."""
    good = [k for k, row in enumerate(rows) if row["status"] == "ok"]
    chosen = np.random.default_rng(seed).permutation(len(good))[:n]
    return sorted(good[int(k)] for k in chosen)


class Recorded:
    """The scenario of a row, from the row and the manifest of its folder."""

    def __init__(self, folder: Path) -> None:
        path = folder / "manifest.json"
        try:
            self._manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(path, "manifest.json", path.name, f"expected a manifest: {error}") from error
        self.folder = folder
        design = self._manifest.get("design")
        self.design = Design.model_validate(design) if design else None
        self._bases = Bases(self.design) if self.design else None

    @property
    def same_rules(self) -> bool:
        """Were the results made with the rules that are here?"""
        return bool(self._manifest.get("source_hash") == source_hash())

    def __call__(self, row: dict[str, str]) -> Scenario:
        """The scenario that a row says."""
        swept = {key: _value(text) for key, text in row.items() if key not in _KNOWN and key in self._swept() and text}
        point = {"posture": row["posture"], **swept}
        if self.design is None or self._bases is None:
            return load_scenario(row["posture"], self._changes(), no_response(row["responses"]))
        extra = [r for r in no_response(row["responses"]) if r not in self.design.responses]
        base = self._bases({**point, "responses": "+".join(extra)})
        return base.scenario.with_changes({k: v for k, v in swept.items() if k != "calendar"})

    def _swept(self) -> set[str]:
        return set(self.design.keys) if self.design else set()

    def _changes(self) -> dict[str, Any]:
        """The `--set`, `--days` and `--calendar` of the command line that made the folder."""
        words = self._manifest.get("command", [])
        given = {"--set": [], "--days": [], "--calendar": []}  # type: dict[str, list[str]]
        for word, after in itertools.pairwise(words):
            if word in given:
                given[word].append(after)
        days = int(given["--days"][-1]) if given["--days"] else None
        return parse_changes(given["--set"], days, given["--calendar"][-1] if given["--calendar"] else None)


def _value(text: str) -> Value:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, (int, float)) else text


def verify(folder: Path, n: int, seed: int) -> Iterator[tuple[int, Difference | None]]:
    """(row, difference or None) for a sample of rows; rows count from 1, as in a spreadsheet without its header."""
    rows, recorded = rows_of(folder), Recorded(folder)
    archived = _Archived(folder, recorded) if (folder / "chunks").is_dir() and recorded.design else None
    for k in sample_of(rows, n, seed):
        row = rows[k]
        try:
            run = simulate(recorded(row), int(row["seed"]))
            now, days = run.digest, run.digests
        except RunError as error:
            now, days = f"an error ({error})", np.zeros(0, np.uint64)
        if now == row["digest"]:
            yield k + 1, None
        else:
            before = archived(row) if archived else None
            yield k + 1, Difference(k + 1, _first_difference(before, days), row["digest"], now)


class _Archived:
    """The daily digests that a sweep has kept."""

    def __init__(self, folder: Path, recorded: Recorded) -> None:
        assert recorded.design is not None
        self._plan: Plan = make_plan(recorded.design, folder / "manifest.json")
        self._archive = Archive.open(folder / "chunks")

    def __call__(self, row: dict[str, str]) -> Any:
        key = self._plan.keys[int(row["point"]), int(row["replicate"])]
        file, at = self._archive.places(np.array([key]))[0].tolist()
        if file < 0:
            return None
        lengths = self._archive.files[file].array("n_days")
        start = int(lengths[:at].sum())
        return self._archive.files[file].rows("day_digests", start, start + int(lengths[at]))


def _first_difference(before: Any, after: Any) -> int | None:
    """The first day (from 1) on which two runs differ."""
    if before is None or len(before) != len(after):
        return None
    different = np.flatnonzero(np.asarray(before) != np.asarray(after))
    return int(different[0]) + 1 if len(different) else None
