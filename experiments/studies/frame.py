"""What a study leaves behind, in one way for all: tables, figures, reference copies, and the manifest last."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.files import manifest as manifests
from experiments.files.finished import MANIFEST, begin, finish
from experiments.files.whole import results_folder, write_json
from experiments.studies.catalogue import commands
from experiments.studies.forms import FilledForm, write_csv
from experiments.studies.runner import StudyRunner
from experiments.studies.study import Study, StudyRequest
from sim.errors import ConfigError

if TYPE_CHECKING:
    from pandas import DataFrame

REFERENCE_DIGITS = 6
Draw = Callable[[Mapping[str, "DataFrame"], Mapping[str, Any]], list[str]]
"""(tables as a report reads them, the manifest's entry) → names of the files that were drawn."""


def check_reference(reference: Path | None, *, quick: bool) -> None:
    """A quick run is no reference."""
    if reference is not None and quick:
        raise ConfigError(None, "--reference", str(reference), "it needs the full setting, without --quick")


def entry_of(
    study: Study[Any, Any], request: StudyRequest[Any], runner: StudyRunner, about: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest's `study`: name, setting, sizes, stages, what it was asked over, and what it says of itself."""
    own = commands()[study.name].options
    return {
        "name": study.name,
        "setting": "quick" if runner.quick else "full",
        "settings": request.sizes.model_dump(mode="json"),
        "stages": runner.stages,
        **{name: getattr(request, name) for name in ("ensemble", "priors") if name in own},
        **({"weights": request.weights} if request.weights else {}),
        **about,
    }


def keep(
    study: Study[Any, Any],
    found: Any,
    request: StudyRequest[Any],
    runner: StudyRunner,
    command: Sequence[str],
    started: str,
    draw: Draw,
    reference: Path | None = None,
) -> list[str]:
    """Write all that a study leaves behind; the names of the files. `draw` makes figures and pages."""
    entry, tables = told(entry_of(study, request, runner, study.about(found))), study.tables(found)
    counts = {key: int(sum(stage[key] for stage in runner.stages.values())) for key in ("runs", "failed")}
    made_by = runner.room.archive.made_by(runner.room.archive.keys())
    manifest = manifests.manifest(command, list(runner.scenarios.values()), request.seed, counts, started, made_by)
    manifest["study"] = entry
    begin(runner.folder)
    marked = {name: table.marked(entry["setting"]) for name, table in tables.items()}
    files = write_tables(marked, runner.folder, manifest)
    files += draw(frames(marked), entry)
    if reference is not None:
        write_reference(tables, study.name, reference, manifest)
    also = [name for name in study.also(request) if (runner.folder / name).is_file()]
    finish(runner.folder, manifest, dict.fromkeys([*files, *also]))
    return [*files, MANIFEST]


def told(tree: Any) -> Any:
    """What a study says of itself as JSON can hold it: None where there is no number, as of too few states."""
    if isinstance(tree, Mapping):
        return {key: told(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [told(value) for value in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree


def write_tables(
    tables: Mapping[str, FilledForm], folder: Path, manifest: Mapping[str, Any], *, made_by: Sequence[str] = ()
) -> list[str]:
    """Write tables into a folder, and the manifest beside each that is to be used alone; their names."""
    files = []
    for name, table in tables.items():
        files.append(f"{name}.csv")
        write_csv(folder / files[-1], table, made_by)
        if table.alone:
            files.append(f"{name}.json")
            write_json(folder / files[-1], manifest)
    return files


def write_reference(tables: Mapping[str, FilledForm], study: str, folder: Path, manifest: Mapping[str, Any]) -> None:
    """The same tables as small reference files: the first line names the command, numbers have six digits.

    Beside them `STUDY.json` says how they were made, and the checksum of each.
    """
    results_folder(folder)
    named = {
        name if table.alone or name.startswith(study) else f"{study}_{name}": table.shortened(REFERENCE_DIGITS)
        for name, table in tables.items()
    }
    files = write_tables(named, folder, manifest, made_by=manifest["command"])
    sums = {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files if file.endswith(".csv")}
    made = {key: value for key, value in manifest.items() if key not in ("postures", "theatres")}
    write_json(folder / f"{study}.json", {**made, "sha256": sums})


def frames(tables: Mapping[str, FilledForm]) -> dict[str, DataFrame]:
    """The tables as a report reads them from their files; one that is used alone is called by the kind of its name."""
    return {name.partition("_")[0] if table.alone else name: table.frame() for name, table in tables.items()}


def counts_in_words(runner: StudyRunner, about: Mapping[str, Any]) -> Iterator[str]:
    """Runs, failures and what was left out, in words."""
    stages = runner.stages.values()
    runs, ran, failed = (int(sum(stage[key] for stage in stages)) for key in ("runs", "ran_now", "failed"))
    yield f"{runs} runs ({ran} run now), {failed} failed, {sum(stage['seconds'] for stage in stages):.0f} s of running."
    lost = [f"{n} points of {stage}" for stage, n in about.get("left_out", {}).items() if n]
    if lost:
        yield f"Left out of the analysis: {', '.join(lost)}"
    if runner.quick:
        yield "QUICK setting: a try-out. Its numbers mean little."
