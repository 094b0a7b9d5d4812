"""What a study leaves behind: its tables (marked quick or full), reference copies, and the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.files import store
from experiments.files.store import replacing, table_bytes
from experiments.files.study_tables import CsvTable
from experiments.studies.runner import StudyRunner
from experiments.studies.tables import SETTING
from sim.errors import ConfigError

if TYPE_CHECKING:
    from pandas import DataFrame


def write_tables(tables: Mapping[str, CsvTable], folder: Path, setting: str) -> list[str]:
    """Write every table into a folder, with a first column that says which setting made it; their names."""
    for name, table in tables.items():
        rows = ([setting, *row] for row in table.rows)
        store.write_table(folder / f"{name}.csv", (SETTING, *table.fields), rows)
    return [f"{name}.csv" for name in tables]


def write_reference(tables: Mapping[str, CsvTable], study: str, folder: Path, command: Sequence[str]) -> None:
    """The same tables as small reference files: the first line names the command, numbers have six digits."""
    store.results_folder(folder)
    for name, table in tables.items():
        stem = name if name.startswith(study) else f"{study}_{name}"
        first = f"# made by: {' '.join(['posture', *command])}\n"
        with replacing(folder / f"{stem}.csv", "wb") as file:
            file.write(first.encode() + table_bytes(table.fields, [[*map(_short, row)] for row in table.rows]))


def _short(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def check_reference(reference: Path | None, *, quick: bool) -> None:
    """A quick run is no reference."""
    if reference is not None and quick:
        raise ConfigError(None, "--reference", str(reference), "expected the full setting, without --quick")


def frames(tables: Mapping[str, CsvTable], setting: str) -> dict[str, DataFrame]:
    """The tables as a report reads them from their files, `setting` first."""
    made = {name: table.frame() for name, table in tables.items()}
    for frame in made.values():
        frame.insert(0, SETTING.name, setting)
    return made


def study_entry(bench: StudyRunner, study: str, settings: Any, about: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest's `study`: settings, stages, and what was left out; figures read their sizes from it."""
    return {
        "name": study,
        "setting": "quick" if bench.quick else "full",
        "settings": settings.model_dump(mode="json"),
        "stages": bench.stages,
        **about,
    }


def write_manifest(bench: StudyRunner, study: Mapping[str, Any], command: Sequence[str], started: str) -> None:
    """`manifest.json`: as for every run, with the study's entry."""
    counts = {key: int(sum(stage[key] for stage in bench.stages.values())) for key in ("runs", "failed")}
    content = store.manifest(command, list(bench.scenarios.values()), bench.seed, counts, started)
    content["study"] = study
    store.write_json(bench.folder / "manifest.json", content)
