"""`posture verify`: files held against the manifest, then runs made again and every cell of their rows compared.

A file that is not as it was written is named with its checksum and, as far as the runs of the folder say what must
stand in it, with line, column and value.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import RUN_FIELDS, Field
from experiments.files.finished import record_of
from experiments.files.labels import responses_of
from experiments.files.tables import Table
from experiments.runs.against import Against, Difference
from experiments.runs.archive import Archive
from experiments.runs.bases import Given
from experiments.runs.compare import WRITTEN, Compared, OverStates, plan_of_scenarios
from experiments.runs.comparison_files import run_columns, run_fields
from experiments.runs.jobs import Failure, run_job
from experiments.runs.outputs import outputs_of
from experiments.runs.plan import DesignPlan, Plan, jobs_of, plan_of
from experiments.runs.points import NAMES, measure_fields
from experiments.runs.recorded import Recorded
from experiments.runs.tables import Runs, all_tables, how_columns
from sim.errors import ConfigError
from sim.measures import MEASURES
from sim.numbers import counted

_JOB_DAYS = 20_000.0  # days of the runs that are made again at a time
_SHOWN = 5  # differences of a file
_RUNS = "runs.csv"


@dataclass
class Verdict:
    """What was found: how many files and runs were looked at, and whatever is not as it was."""

    files: int = 0
    tried: int = 0
    changed: list[Difference] = field(default_factory=list)
    """Of files, in their order."""
    different: list[Difference] = field(default_factory=list)
    """Of rows of `runs.csv`: of their runs made again, and of what they must be of."""

    def shown(self, *, same_rules: bool) -> Iterator[str]:
        """What is said one by one, the first few of each file. Other rules make other runs: that is said once."""
        told = [*self.changed, *(each for each in self.different if same_rules or not each.of_run)]
        for name in dict.fromkeys(each.file for each in told):
            few = sorted((each for each in told if each.file == name), key=lambda each: each.line)
            yield from map(str, few[:_SHOWN])
            if len(few) > _SHOWN:
                yield f"{name}: {len(few) - _SHOWN} more differences"

    def in_words(self, *, same_rules: bool) -> str:
        """What is wrong, in a line; empty if nothing is."""
        words = []
        if files := list(dict.fromkeys(each.file for each in self.changed)):
            words.append(f"{', '.join(files)}: not as written")
        if rows := sum(each.of_run for each in self.different):
            why = "" if same_rules else " under these rules: check out that version to make them again"
            words.append(f"{rows} of {counted(self.tried, 'run')} came out differently{why}")
        elif self.different and not files:
            words.append(f"{_RUNS}: not the runs of the manifest")
        return "; ".join(words)

    def good(self, *, same_rules: bool) -> str:
        """What was looked at, all of which is right."""
        of_files = [f"{counted(self.files, 'file')} checked"] if self.files else []
        of_runs = [f"{counted(self.tried, 'run')} made again"] if self.tried else []
        return f"{', '.join([*of_runs, *of_files])}: all the same{'' if same_rules else ', though the rules differ'}"


def verify(recorded: Recorded, n: int, seed: int) -> Verdict:
    """Look at every file that the manifest names, and make up to `n` runs again, chosen by a seed."""
    verdict, files = Verdict(len(recorded.files)), dict[str, list[Difference]]()
    for name, entry in recorded.files.items():
        if found := list(_changed(recorded.folder / name, entry)):
            files[name] = found
    source = _source(recorded)
    if source is None:
        if not recorded.files:
            raise ConfigError(recorded.folder, "files", None, "there must be files that the manifest has checksums of")
    else:
        _check_runs(recorded, source, n, seed, verdict)
        _find_places(recorded, source, files, verdict)
    verdict.changed = [each for found in files.values() for each in found]
    return verdict


# --- files -----------------------------------------------------------------------------------------------
def _changed(path: Path, entry: Mapping[str, Any]) -> Iterator[Difference]:
    """How a file is not what the manifest says."""
    try:
        now = record_of(path)
    except FileNotFoundError:
        yield Difference(path.name, "file", "missing", "there: the manifest names it")
        return
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise ConfigError(path, "file", path.name, f"it must be a file that can be read: {error}") from error
    for key, words in (("rows", ""), ("sha256", " as the manifest has it")):
        if now.get(key) != entry.get(key):
            yield Difference(path.name, key, now.get(key), entry.get(key), note=words)


def _find_places(recorded: Recorded, source: _Source, files: dict[str, list[Difference]], verdict: Verdict) -> None:
    """Where a table of runs was changed, from the chunks of its folder if they hold all of its runs."""
    suspects = files if recorded.files else dict.fromkeys(f"{name}.csv" for name in source.tables)
    archive = _archive(recorded)
    if archive is None or not archive.has(source.plan.keys).all():
        return
    told = {(each.file, each.line) for each in verdict.different}
    for name in [each for each in suspects if (recorded.folder / each).is_file() and each.endswith(".csv")]:
        if table := source.table(recorded.folder / name):
            against = Against(recorded.folder / name, table[0], limits=source.limits, same=recorded.same_rules)
            table[1](archive, cast(Table, against))
            against.end()
            found = [each for each in against.differences if (each.file, each.line) not in told]
            files.setdefault(name, []).extend(found)
            if not files[name]:
                del files[name]


def _archive(recorded: Recorded) -> Archive | None:
    chunks = recorded.folder / "chunks"
    return Archive.open(chunks) if chunks.is_dir() else None


# --- runs ------------------------------------------------------------------------------------------------
def _check_runs(recorded: Recorded, source: _Source, n: int, seed: int, verdict: Verdict) -> None:
    """Hold `runs.csv` against what each row must be of, and some rows against their runs made again."""
    plan, path = source.plan, recorded.folder / _RUNS
    chosen = np.sort(np.random.default_rng(seed).permutation(plan.n_runs)[:n])
    made = made_again(plan, chosen)
    archive = _archive(recorded)

    def note(row: int, column: str) -> str:
        key = plan.keys.ravel()[[row]]
        return (
            f"; {_where(archive.day_digests(key) if archive else None, made.days(key))}" if column == "digest" else ""
        )

    fields, write = source.tables["runs"]
    some = set(chosen.tolist())
    how: dict[str, Any] = {"limits": source.limits, "same": recorded.same_rules}
    against = Against(path, fields, some.__contains__, note, **how)
    write(cast(Archive, made), cast(Table, against))
    against.end()
    verdict.tried, verdict.different = len(chosen), against.differences


class Made:
    """Runs that were made again, in memory, by their keys; of all others there is nothing."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[NDArray[np.float64], np.uint64, NDArray[np.uint64]]] = {}
        self._failed: dict[int, Failure] = {}

    def add(self, arrays: Mapping[str, NDArray[Any]], failures: Sequence[Failure]) -> None:
        """The runs of a job."""
        ends, keys = np.cumsum(arrays["n_days"]), arrays["keys"].tolist()
        days = np.split(arrays["day_digests"], ends[:-1])
        for key, *row in zip(keys, arrays["measures"], arrays["digests"], days, strict=True):
            self._rows[key] = (row[0], row[1], row[2])
        self._failed |= {keys[failure.row]: failure for failure in failures}

    def gather(self, keys: NDArray[np.uint64], names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Measures and digests, as those of an archive."""
        found: dict[str, NDArray[Any]] = {
            "measures": np.full((len(keys), len(MEASURES)), np.nan),
            "digests": np.zeros(len(keys), np.uint64),
        }
        for n, key in enumerate(keys.tolist()):
            if key in self._rows:
                found["measures"][n], found["digests"][n], _ = self._rows[key]
        return {name: found[name] for name in names}

    def failures(self, keys: NDArray[np.uint64]) -> dict[int, Failure]:
        """Number of a key → why its run failed."""
        return {n: self._failed[key] for n, key in enumerate(keys.tolist()) if key in self._failed}

    def days(self, key: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The daily digests of a run."""
        return self._rows[int(key[0])][2]


def made_again(plan: Plan, rows: NDArray[np.int64]) -> Made:
    """The runs of some rows (points × replicates, flat), made now."""
    wanted, made = np.zeros(plan.n_runs, np.bool_), Made()
    wanted[rows] = True
    for job in jobs_of(plan, wanted.reshape(plan.keys.shape), lambda: _JOB_DAYS):
        result = run_job(job)
        made.add(result.arrays, result.failures)
    return made


def _where(before: NDArray[np.uint64] | None, after: NDArray[np.uint64]) -> str:
    """On which day two runs part, in words."""
    if before is None or len(before) != len(after):
        return "day unknown: the folder keeps no daily digests of it"
    different = np.flatnonzero(before != after)
    if len(different) == 0:
        return "every day agrees with what the chunks keep: runs.csv itself was changed"
    return f"first different on day {different[0] + 1}"


# --- what made the runs ----------------------------------------------------------------------------------
_Write = Callable[[Archive, Table], None]


@dataclass(frozen=True)
class _Source:
    """The plan of a folder's runs, and the tables that they make: name → columns, and what writes them."""

    plan: Plan
    tables: Mapping[str, tuple[Sequence[Field], _Write]]
    limits: Mapping[str, int] = field(default_factory=dict)
    """How many points, replicates and states there are."""

    def table(self, path: Path) -> tuple[Sequence[Field], _Write] | None:
        """The table of a file; None if it is not made of runs alone."""
        if path.stem == "points" and isinstance(self.plan, DesignPlan):
            return _table(self.plan, "points", _measures_in(path))
        return self.tables.get(path.stem)


def _source(recorded: Recorded) -> _Source | None:
    """Where the runs of a folder come from; None of a study, which has no table of single runs."""
    if recorded.plan:
        plan = recorded.plan
        wanted: list[str] = [name for name in plan.design.outputs if name in all_tables(NAMES)]
        tables = {name: _table(plan, name, NAMES) for name in dict.fromkeys(["runs", *wanted])}
        return _Source(plan, tables, {"point": len(plan.points), "replicate": plan.replicates})
    if "study" in recorded.manifest:
        return None
    if recorded.count("postures") == recorded.count("runs") == 1:
        return _of_run(recorded)
    return _of_comparison(recorded)


def _table(plan: DesignPlan, name: str, measures: Sequence[str]) -> tuple[Sequence[Field], _Write]:
    fields, write = all_tables(measures)[name]
    return fields(plan), lambda archive, file: write(plan, archive, file)


def _measures_in(path: Path) -> list[str]:
    """The measures that a `points.csv` has."""
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        columns = set(next(csv.reader([file.readline()]), []))
    return [name for name in NAMES if measure_fields([name])[0].name in columns]


def _of_run(recorded: Recorded) -> _Source:
    (scenario,), seed = recorded.scenarios(), recorded.manifest["seed"]
    bases = Given([scenario])
    plan = plan_of(bases.points, bases, np.array([[seed]], np.uint64))

    def write(runs: Runs, file: Table) -> None:
        status, _, error, digest = how_columns(runs, plan.keys[0])
        keys = [scenario.name, responses_of(scenario), None, plan.seeds[0]]
        file.write([*keys, status, error, digest, *runs.gather(plan.keys[0], ("measures",))["measures"].T])

    return _Source(plan, {"runs": (RUN_FIELDS, write)})


def _of_comparison(recorded: Recorded) -> _Source:
    scenarios, over = recorded.scenarios(), None
    if "states" in recorded.manifest["counts"]:
        numbers = range(recorded.count("states"))
        if list(recorded.states) != list(numbers):
            path, given = recorded.folder / "states.csv", len(recorded.states)
            raise ConfigError(path, "states", given, f"it must be states 0 to {len(numbers) - 1}, each once")
        over = OverStates(str(recorded.manifest.get("ensemble")), tuple(recorded.states[n] for n in numbers), {})
    states = over.states if over else ()
    seed, replicates = recorded.manifest["seed"], recorded.count("replicates")
    plan = plan_of_scenarios(scenarios, seed, replicates, outputs_of(WRITTEN), states)

    def write(archive: Archive, file: Table) -> None:
        for columns in run_columns(Compared(tuple(scenarios), plan, archive, over=over)):
            file.write(columns)

    compared = Compared(tuple(scenarios), plan, cast(Archive, Made()), over=over)
    limits = {"replicate": replicates, "state": len(states)}
    return _Source(plan, {"runs": (run_fields(compared.states), write)}, limits)
