"""A results folder as typed tables, read when they are asked for, and checked when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.alignment import Dropped, scenario_column
from experiments.analysis.cells import check_cells, check_keys, check_runs, read_columns
from experiments.analysis.headers import Header, check_rows, no_column, read_header
from experiments.analysis.schema import number_of, schemas, swept_in, tables_in
from experiments.files.finished import check_finished
from experiments.files.manifest import FORMAT_VERSION
from sim.errors import ConfigError
from sim.input_files import read_json

Failed = Literal["refuse", "drop", "keep"]
SCENARIO = "scenario"
_KEYS = ("posture", "responses", "point", "state", "replicate", "seed", "status")
_FEW_ROWS = 100_000


@dataclass(frozen=True)
class Results:
    """The tables of a folder by name (`runs` for `runs.csv`), and its manifest ({} if it has none)."""

    folder: Path
    manifest: Mapping[str, Any]
    files: Mapping[str, Path]
    failed: Failed = "refuse"
    _headers: dict[str, Header] = field(default_factory=dict, repr=False)
    _columns: dict[str, dict[str, pd.Series[Any]]] = field(default_factory=dict, repr=False)

    def __contains__(self, name: object) -> bool:
        return name in self.files

    def columns(self, name: str) -> tuple[str, ...]:
        """The columns that a table has, from its first line alone."""
        return self._header(name).columns

    def units(self, name: str) -> dict[str, str]:
        """The unit of each column of a table; empty for text, `unknown` for numbers of one's own."""
        header = self._header(name)
        return {column: header.schema.unit(column) for column in header.columns}

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A table, or some of its columns: only these are read, once, and kept.

        `attrs["units"]` has the unit of each column, `attrs["file"]` the file; `attrs["over"]` is "state" where what
        stands for itself is a state of the world (see `sampled`). An empty cell is a missing value. Rows of failed runs
        are refused, dropped or kept, as `load` was told. Of `runs` a column `scenario` may be asked for too.
        """
        header = self._header(name)
        wanted = list(header.columns if columns is None else columns)
        self._read(header, wanted)
        kept = self._columns[name]
        frame = pd.DataFrame({column: kept[column] for column in wanted}, copy=len(kept[wanted[0]]) < _FEW_ROWS)
        if name == "runs":
            frame = self._without_failed(frame)
        units = self.units(name)
        frame.attrs |= {"units": {c: units.get(c, "") for c in wanted}, "file": str(header.path)}
        frame.attrs |= {"over": "state"} if "ensemble" in self.manifest else {}
        return frame

    @cached_property
    def runs(self) -> pd.DataFrame:
        """`runs.csv` with a column `scenario` (posture and responses, joined by +)."""
        return self.table("runs", [*self.columns("runs"), SCENARIO])

    @cached_property
    def n_failed(self) -> int:
        """How many rows of `runs.csv` are those of failed runs."""
        return int(self._is_failed.sum())

    @cached_property
    def _is_failed(self) -> NDArray[np.bool_]:
        self._read(self._header("runs"), [])
        return _failed_in(self._columns["runs"])

    def _header(self, name: str) -> Header:
        if name not in self.files:
            known = ", ".join(self.files)
            raise ConfigError(self.folder, "table", name, f"it must be one that the folder holds: {known}")
        if name not in self._headers:
            self._headers[name] = read_header(self.files[name], name)
        return self._headers[name]

    def _read(self, header: Header, wanted: Sequence[str]) -> None:
        """Read and check what is wanted and not read yet; of `runs` the keys come first."""
        kept = self._columns.setdefault(header.table, {})
        keys = _keys(header) if header.table == "runs" else []
        made = {SCENARIO} if header.table == "runs" else set()  # of posture and responses
        missing = [c for c in dict.fromkeys([*keys, *wanted]) if c not in kept and c not in made]
        for column in missing:
            if column not in header.columns:
                raise no_column(header, column)
        if not kept:
            check_rows(header)
        if missing:
            frame = read_columns(header, missing)
            check_cells(header, frame, _failed_in(kept | dict(frame.items())))
            if "posture" in missing and keys:
                check_keys(header, frame[keys])
                kept[SCENARIO] = scenario_column(frame)
                check_runs(header, frame[keys].assign(scenario=kept[SCENARIO]), self.manifest)
            self._check_count(header, frame)
            kept.update({column: frame[column] for column in missing})

    def _check_count(self, header: Header, frame: pd.DataFrame) -> None:
        """Refuse a table with rows more or less than were written."""
        rows = _entry(_entry(self.manifest, "files"), header.path.name).get("rows")
        if rows is not None and rows != len(frame):
            allowed = f"it must be {rows}, as manifest.json has it: were some taken out or added?"
            raise ConfigError(header.path, "rows", len(frame), allowed)

    def _without_failed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of failed runs refused, dropped, or kept."""
        if not self.n_failed or self.failed == "keep":
            return frame
        if self.failed == "drop":
            left = frame[~self._is_failed].reset_index(drop=True)
            left.attrs["dropped"] = self._dropped()
            return left
        allowed = (
            f"there must be finished runs only, but {self.n_failed} of {len(frame)} rows are of failed ones: "
            'load(…, failed="drop") leaves them out, failed="keep" keeps them with empty measures'
        )
        raise ConfigError(self.files["runs"], "status", "failed", allowed)

    def _dropped(self) -> Dropped:
        """Which replicates lack a run: so paired() knows why a partner is missing."""
        kept = self._columns["runs"]
        return Dropped(frozenset(int(n) for n in kept[number_of(kept)][self._is_failed]))


def _entry(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A table within a manifest; {} where there is none."""
    entry = tree.get(key)
    return entry if isinstance(entry, Mapping) else {}


def _keys(header: Header) -> list[str]:
    """The columns that say which run a row is."""
    return [*(key for key in _KEYS if key in header.columns), *swept_in(header.columns)]


def _failed_in(columns: Mapping[Any, pd.Series[Any]]) -> NDArray[np.bool_]:
    """Which rows are those of failed runs; none without a column that says so."""
    if "status" in columns:
        return np.asarray(columns["status"] == "failed")
    return np.zeros(len(next(iter(columns.values()))), dtype=np.bool_)


def sampled(table: pd.DataFrame, else_: str = "run") -> str:
    """What the column `n` of a table counts: states of the world, or what it counts at one point."""
    return str(table.attrs.get("over", else_))


def load(folder: Path | str, failed: Failed = "refuse") -> Results:
    """The results in a folder: those of any command, or made by hand after the data dictionary.

    `failed` says what becomes of the rows of failed runs in `runs.csv`: `refuse` (an error as soon as they are read),
    `drop`, or `keep`. A `runs.csv` made by hand needs `posture`, `replicate` or `seed`, and one measure; without
    `status` every run counts as finished.

    The folder, its manifests and the first line of every table are checked at once, cells when they are read. Raises
    ConfigError, which names file and column.
    """
    path = Path(folder)
    if failed not in get_args(Failed):
        raise ConfigError(None, "failed", failed, f"it must be {', '.join(get_args(Failed))}")
    if not path.is_dir():
        raise ConfigError(None, "DIR", str(folder), "it must be a results folder that exists")
    check_finished(path)
    files = tables_in(path)
    if not files:
        known = ", ".join(f"{name}.csv" for name in schemas())
        raise ConfigError(None, "DIR", str(folder), f"it must be a results folder, with at least one of {known}")
    results = Results(path, read_manifest(path), files, failed)
    for name in files:
        results.columns(name)
    return results


# --- manifests -----------------------------------------------------------------------------------------
def read_manifest(folder: Path) -> dict[str, Any]:
    """`manifest.json`, {} if there is none; every manifest of the folder is checked."""
    found = {path.name: content for path, content in _manifests(folder)}
    versions = {name: content.get("format_version") for name, content in found.items()}
    for name, version in versions.items():
        first = next(iter(versions))
        if version != versions[first]:
            allowed = f"it must be {versions[first]}, as in {first}: files of one folder have one format"
            raise ConfigError(folder / name, "format_version", version, allowed)
        if version != FORMAT_VERSION:
            allowed = f"it must be {FORMAT_VERSION}, the format that this program reads"
            raise ConfigError(folder / name, "format_version", version, allowed)
    manifest = found.get("manifest.json", {})
    _check_rules(folder, manifest)
    return manifest


def _manifests(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """`manifest.json` first, then every other JSON file that says its format."""
    paths = sorted(folder.glob("*.json"), key=lambda path: (path.name != "manifest.json", path.name))
    for path in paths:
        content = _json(path)
        if path.name == "manifest.json" or (isinstance(content, dict) and "format_version" in content):
            if not isinstance(content, dict):
                raise ConfigError(path, "manifest", type(content).__name__, "it must be an object with keys and values")
            yield path, content


def _json(path: Path) -> Any:
    return read_json(path, "file", "it must be JSON in UTF-8 that can be read")


def _check_rules(folder: Path, manifest: dict[str, Any]) -> None:
    """A sweep writes its design first and its manifest last: both name the rules that made the runs."""
    path = folder / "design.json"
    if manifest and path.is_file():
        rules, made = _json(path).get("rules"), manifest.get("source_hash")
        if rules and made and rules != made:
            allowed = (
                f"it must be {made}, the source_hash of manifest.json: the runs are of another version of the model"
            )
            raise ConfigError(path, "rules", rules, allowed)
