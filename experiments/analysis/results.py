"""A results folder as typed tables, read when they are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Results:
    """The tables of a folder by name (`runs` for `runs.csv`), and its manifest ({} if it has none)."""

    folder: Path
    manifest: Mapping[str, Any]
    files: Mapping[str, Path]
    failed: str = "refuse"
    _read: dict[tuple[str, tuple[str, ...]], pd.DataFrame] = field(default_factory=dict, repr=False)

    def __contains__(self, name: object) -> bool:
        return name in self.files

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A table, or some of its columns; `attrs["units"]` has the unit of each. Read once and kept."""
        key = (name, tuple(columns or ()))
        if key not in self._read:
            self._read[key] = pd.read_csv(self.files[name], comment="#", usecols=columns, keep_default_na=True)
        return self._read[key]

    @cached_property
    def runs(self) -> pd.DataFrame:
        """`runs.csv` with a column `scenario` (posture and responses, joined by +)."""
        return self.table("runs")


def load(folder: Path | str, failed: str = "refuse") -> Results:
    """A sketch: to be replaced."""
    path = Path(folder)
    files = {file.stem: file for file in sorted(path.glob("*.csv"))}
    manifest = path / "manifest.json"
    return Results(path, json.loads(manifest.read_text()) if manifest.is_file() else {}, files, failed)
