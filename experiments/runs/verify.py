"""`posture verify`: runs made again from what their rows record, and their digests compared."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import sim
from experiments.files import manifest
from experiments.files.columns import RUN_FIELDS, RUN_KEYS
from experiments.files.labels import label_of
from experiments.files.sites import fire_on_sites
from experiments.files.states import STATE, State, met_by, read_states, value_of
from experiments.runs.archive import Archive
from experiments.runs.design import Design, as_given
from experiments.runs.plan import ASIDE, DesignPlan, make_plan
from sim.compiled import source_hash
from sim.engine import Run, simulate
from sim.errors import ConfigError, RunError
from sim.parameters import Parameters, flat
from sim.scenario import Scenario

Row: TypeAlias = tuple[int, dict[str, str]]
"""A row of runs.csv with its number, from 1, as in a spreadsheet without its header."""
_MEASURES = {field.name for field in RUN_FIELDS} - {field.name for field in RUN_KEYS}


@dataclass(frozen=True)
class Difference:
    """A row whose run came out differently."""

    row: int
    recorded: str
    now: str
    where: str

    def __str__(self) -> str:
        return f"row {self.row}: digest {self.recorded} recorded, {self.now} now; {self.where}"


def rows_of(folder: Path) -> list[dict[str, str]]:
    """The rows of `runs.csv`, without their measures; refused with what is missing."""
    path = folder / "runs.csv"
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = [{key: row[key] for key in row if key not in _MEASURES} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        allowed = f"it must be a results folder: {getattr(error, 'strerror', error)}"
        raise ConfigError(path, "runs.csv", path.name, allowed) from error
    for name in ("posture", "responses", "seed", "status", "digest"):
        if rows and name not in rows[0]:
            raise ConfigError(path, "column", name, "runs.csv must have it")
    return rows


def sample_of(rows: list[dict[str, str]], n: int, seed: int) -> list[int]:
    """Numbers of up to `n` rows of runs that went well, spread by chance."""
    good = [k for k, row in enumerate(rows) if row["status"] == "ok"]
    chosen = np.random.default_rng(seed).permutation(len(good))[:n]
    return sorted(good[int(k)] for k in chosen)


class Recorded:
    """What rows say of their runs, with the manifest of their folder; what can't be read is a `ConfigError`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "manifest.json"
        self._table = folder / "runs.csv"
        with self._refusing():
            self._manifest: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            self._manifest.keys()  # there are none of a list

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """What can't be read is refused in words."""
        try:
            yield
        except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
            path = self._path
            raise ConfigError(path, "manifest.json", path.name, f"it must be a manifest of runs: {error}") from error

    @cached_property
    def plan(self) -> DesignPlan | None:
        """The plan of the design that made the runs; none if they are of no sweep."""
        with self._refusing():
            design = self._manifest.get("design")
            return make_plan(Design.model_validate(design), self._path) if design else None

    @property
    def command(self) -> str:
        """The command that made the folder."""
        return shlex.join(self._manifest["command"])

    @property
    def same_rules(self) -> bool:
        """Were the results made with the rules that are here?"""
        return bool(self._manifest.get("source_hash") == source_hash())

    @property
    def rules(self) -> str:
        """The rules that the results were made by, with version and commit as far as they are recorded, and ours."""
        made, here = self._manifest.get("source_hash", "unknown"), manifest.git_state(Path(sim.__file__).parent.parent)
        by = _version(self._manifest.get("versions"), self._manifest.get("git"))
        return f"made by rules {made} ({by}); these rules are {source_hash()} ({_version(manifest.versions(), here)})"

    def seed(self, row: Row) -> int:
        """The seed that a row says."""
        n, text = row[0], row[1]["seed"]
        if not (text.isascii() and text.isdigit() and int(text) < 2**64):
            raise ConfigError(self._table, f"row {n}: seed", text, "it must be a whole number below 2^64")
        return int(text)

    def scenario(self, row: Row) -> Scenario:
        """The scenario that a row says."""
        try:
            return self._scenario(row[1])
        except (LookupError, TypeError, ValueError) as error:  # pydantic's errors are ValueErrors
            allowed = f"it must be a row of which the manifest of its folder says the rest ({type(error).__name__})"
            raise ConfigError(self._table, "row", row[0], allowed) from error

    def _scenario(self, row: dict[str, str]) -> Scenario:
        if self.plan is None:
            label = label_of(row["posture"], row["responses"])
            return self._in_state(manifest.scenario_of(label, self._manifest, self._path), row.get(STATE.name))
        base = self.plan.bases(self.plan.points[int(row["point"])])
        swept = {key: row[key] for key in self.plan.swept if key not in ASIDE and row[key]}
        return base.scenario.with_changes(as_given((key, value_of(text)) for key, text in swept.items()))

    def _in_state(self, scenario: Scenario, state: str | None) -> Scenario:
        """A scenario of a comparison in the state of the world that a row names, if it names any."""
        if not state:
            return scenario
        met = met_by(self._states[int(state)], flat(scenario.parameters), flat(Parameters()))
        return scenario.with_changes(as_given(met.items()))

    @cached_property
    def _states(self) -> dict[int, State]:
        return read_states(self._path.with_name("states.csv"))

    def key(self, row: dict[str, str]) -> NDArray[np.uint64]:
        """The content key of a row of a sweep."""
        assert self.plan is not None
        return self.plan.keys[int(row["point"]), [int(row["replicate"])]]


def _version(versions: Any, git: Any) -> str:
    """A version of the program in words, from two entries of a manifest that may lack them."""
    version = versions.get("posture") if isinstance(versions, dict) else None
    words = [f"version {version or 'unknown'}"]
    if isinstance(git, dict):
        words += [f"commit {git.get('commit')}{', with changes that no commit has' if git.get('dirty') else ''}"]
    return ", ".join(words)


def verify(folder: Path, recorded: Recorded, n: int, seed: int) -> Iterator[tuple[int, Difference | None]]:
    """(number of the row, difference or None) for a sample of rows."""
    rows = rows_of(folder)
    archive = Archive.open(folder / "chunks") if recorded.plan and (folder / "chunks").is_dir() else None
    chosen = sample_of(rows, n, seed)
    fire = fire_of(folder / "site_fire.csv", {_run_of(rows[k]) for k in chosen}) if recorded.plan else {}
    for k in chosen:
        row, other = rows[k], ""
        try:
            run = simulate(recorded.scenario((k + 1, row)), recorded.seed((k + 1, row)), events=bool(fire))
            now, days = run.digest, run.digests
            other = _other_fire(fire.get(_run_of(row), {}), run) if fire else ""
        except RunError as error:
            now, days = f"an error ({error})", np.zeros(0, np.uint64)
        if now == row["digest"]:
            yield k + 1, Difference(k + 1, row["digest"], now, other) if other else None
        else:
            kept = archive.day_digests(recorded.key(row)) if archive else None
            yield k + 1, Difference(k + 1, row["digest"], now, _where(kept, days))


def fire_of(path: Path, runs: set[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, str]]:
    """Site → fire attacks as `site_fire.csv` has them, of some runs by point and replicate; {} without the file."""
    found: dict[tuple[str, ...], dict[str, str]] = {run: {} for run in runs} if path.is_file() else {}
    if found:
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if _run_of(row) in found:
                    found[_run_of(row)][row["site"]] = row["fire_attacks"]
    return found


def _run_of(row: dict[str, str]) -> tuple[str, ...]:
    return row.get("point", ""), row.get("replicate", "")


def _other_fire(before: dict[str, str], run: Run) -> str:
    """Where the counts of `site_fire.csv` differ from those of a run, in words; nothing if they don't."""
    sites, counts = run.scenario.theatre.config.sites, fire_on_sites(run.events, run.scenario.theatre)
    after = {site.name: f"{count:.0f}" for site, count in zip(sites, counts, strict=True)}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    changed = (f"{name} {before.get(name, 'missing')}, now {after.get(name, 'missing')}" for name in names)
    return f"site_fire.csv was changed: {'; '.join(changed)}" if names else ""


def _where(before: NDArray[np.uint64] | None, after: NDArray[np.uint64]) -> str:
    """On which day two runs part, in words."""
    if before is None or len(before) != len(after):
        return "day unknown: the folder keeps no daily digests of it"
    different = np.flatnonzero(before != after)
    if len(different) == 0:
        return "every day agrees with what the chunks keep: runs.csv itself was changed"
    return f"first different on day {different[0] + 1}"
