"""What a results folder records of its runs: its manifest, and the scenario and seed of each row of `runs.csv`."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import sim
from experiments.files import manifest
from experiments.files.columns import RUN_FIELDS, RUN_KEYS
from experiments.files.finished import MANIFEST, check_finished
from experiments.files.labels import label_of
from experiments.files.states import STATE, State, met_by, read_states
from experiments.runs.design import Design, as_given
from experiments.runs.plan import ASIDE, DesignPlan, make_plan
from sim.compiled import source_hash
from sim.errors import ConfigError
from sim.input_files import number_or_word, read_json
from sim.parameters import Parameters, flat
from sim.scenario import Scenario

Row: TypeAlias = tuple[int, dict[str, str]]
"""A row of runs.csv with its number, from 1, as in a spreadsheet without its header."""
_MEASURES = {field.name for field in RUN_FIELDS} - {field.name for field in RUN_KEYS}
_ENTRIES = {"command": list, "seed": int, "counts": dict, "postures": dict, "theatres": dict}


def rows_of(folder: Path) -> list[dict[str, str]]:
    """The rows of `runs.csv`, without their measures; refused with what is missing."""
    check_finished(folder)
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


class Recorded:
    """What rows say of their runs, with the manifest of their folder; what can't be read is a `ConfigError`."""

    def __init__(self, folder: Path) -> None:
        check_finished(folder)
        self.folder, self._path, self._table = folder, folder / MANIFEST, folder / "runs.csv"
        if not self._path.exists():
            raise ConfigError(self._path, MANIFEST, MANIFEST, "it must be a manifest of runs, and there is none")
        with self._refusing():
            self.manifest: dict[str, Any] = read_json(self._path, self._path.name, "it must be a manifest of runs")
            self.manifest.keys()  # there are none of a list
        for name, kind in _ENTRIES.items():
            value = self.manifest.get(name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise ConfigError(self._path, name, value, f"it must be {_KINDS[kind]}: is this a manifest of runs?")

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """What can't be read is refused in words."""
        try:
            yield
        except (OSError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            path, words = self._path, " ".join(str(getattr(error, "strerror", None) or error).split())
            raise ConfigError(path, path.name, path.name, f"it must be a manifest of runs: {words}") from error

    @cached_property
    def plan(self) -> DesignPlan | None:
        """The plan of the design that made the runs; none if they are of no sweep."""
        with self._refusing():
            design = self.manifest.get("design")
            return make_plan(Design.model_validate(design), self._path) if design else None

    @property
    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """What the manifest says of each file; {} of a folder that an older version wrote."""
        files = self.manifest.get("files", {})
        known = isinstance(files, dict) and all(isinstance(each, dict) for each in files.values())
        if not known or any(Path(name).is_absolute() or ".." in Path(name).parts for name in files):
            raise ConfigError(self._path, "files", files, "it must be names of files in this folder, with their sha256")
        return files

    @property
    def command(self) -> str:
        """The command that made the folder."""
        return shlex.join(map(str, self.manifest["command"]))

    @property
    def same_rules(self) -> bool:
        """Were the results made with the rules that are here?"""
        return bool(self.manifest.get("source_hash") == source_hash())

    @property
    def rules(self) -> str:
        """The rules that the results were made by, with version and commit as far as they are recorded, and ours."""
        made, here = self.manifest.get("source_hash", "unknown"), manifest.git_state(Path(sim.__file__).parent.parent)
        by = _version(self.manifest.get("versions"), self.manifest.get("git"))
        return f"made by rules {made} ({by}); these rules are {source_hash()} ({_version(manifest.versions(), here)})"

    def count(self, name: str) -> int:
        """One of the manifest's counts, such as `replicates`."""
        n = self.manifest["counts"].get(name)
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise ConfigError(self._path, f"counts.{name}", n, "it must be a whole number above 0")
        return n

    def scenarios(self) -> list[Scenario]:
        """Every scenario of a run or a comparison, as the manifest has it."""
        with self._refusing():
            return [manifest.scenario_of(label, self.manifest, self._path) for label in self.manifest["postures"]]

    # --- of a row --------------------------------------------------------------------------------------
    def seed(self, row: Row) -> int:
        """The seed that a row says."""
        n, text = row[0], row[1]["seed"]
        if not is_seed(text):
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
            return self._in_state(manifest.scenario_of(label, self.manifest, self._path), row.get(STATE.name))
        base = self.plan.bases(self.plan.points[int(row["point"])])
        swept = {key: row[key] for key in self.plan.swept if key not in ASIDE and row[key]}
        return base.scenario.with_changes(as_given((key, number_or_word(text)) for key, text in swept.items()))

    def _in_state(self, scenario: Scenario, state: str | None) -> Scenario:
        """A scenario of a comparison in the state of the world that a row names, if it names any."""
        if not state:
            return scenario
        met = met_by(self.states[int(state)], flat(scenario.parameters), flat(Parameters()))
        return scenario.with_changes(as_given(met.items()))

    @cached_property
    def states(self) -> dict[int, State]:
        """The states of the world of a comparison, by number."""
        return read_states(self.folder / "states.csv")


_KINDS = {list: "a list of words", int: "a whole number", dict: "a table"}


def is_seed(text: str) -> bool:
    """Whether a cell is a seed."""
    return text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**64


def _version(versions: Any, git: Any) -> str:
    """A version of the program in words, from two entries of a manifest that may lack them."""
    version = versions.get("posture") if isinstance(versions, dict) else None
    words = [f"version {version or 'unknown'}"]
    if isinstance(git, dict):
        words += [f"commit {git.get('commit')}{', with changes that no commit has' if git.get('dirty') else ''}"]
    return ", ".join(words)
