"""The table on disk: one Parquet file, a row a draw, and what it comes from in the file's own words.

Columns: `seed`, `unit.KEY` for each parameter, `in.RIVAL` for each rival, and for each count a list of its days. Only
what is asked for is read. Row groups are of `BLOCK` draws, so that the bytes do not depend on how often it was stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet
from pydantic import Field

from experiments.files.finished import MANIFEST, begin
from experiments.files.whole import replacing
from experiments.studies.prior_runs.counting import SUMS_OF, Counts
from experiments.studies.prior_runs.table import PriorRuns
from experiments.studies.priors import Priors
from experiments.studies.settings import StudyTable
from sim.errors import ConfigError
from sim.statistics import Values

FILE = "prior_runs.parquet"
BLOCK = 4096
_OURS = b"posture"


class Origin(StudyTable):
    """What a table comes from. `rules` names rules, posture, theatre, responses, calendar and parameters.

    `priors` is the file of priors as JSON.
    """

    rules: str
    priors: str
    rivals: Annotated[tuple[str, ...], Field(strict=False)]
    columns: Annotated[tuple[str, ...], Field(strict=False)]
    start: date
    days: int
    seed: int
    draws: int


@dataclass(frozen=True)
class Block:
    """Some draws on the way into the file: `counts` is draws × columns × days."""

    seeds: NDArray[np.uint64]
    unit: Values
    included: NDArray[np.bool_]
    counts: Counts


class Writer:
    """A table in the making."""

    def __init__(self, origin: Origin, file: Any) -> None:
        keys = Priors.model_validate_json(origin.priors).keys
        days = pa.list_(pa.int16(), origin.days)
        fields = [("seed", pa.uint64()), *((f"unit.{key}", pa.float64()) for key in keys)]
        fields += [(f"in.{rival}", pa.bool_()) for rival in origin.rivals]
        fields += [(column, days) for column in origin.columns]
        self._schema = pa.schema(fields, metadata={_OURS: origin.model_dump_json()})
        self._days = origin.days
        self.file = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, block: Block) -> None:
        """Add the draws of a block."""
        lists = (
            pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(each).ravel()), self._days)
            for each in block.counts.transpose(1, 0, 2)
        )
        arrays = [pa.array(block.seeds), *map(pa.array, block.unit.T), *map(pa.array, block.included.T), *lists]
        self.file.write_table(pa.table(arrays, self._schema), len(block.seeds))


@contextmanager
def writing(path: Path, origin: Origin) -> Iterator[Writer]:
    """A table that appears under its name when all draws are in it. Parts that a killed process left are removed."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        part.unlink()
    if (path.parent / MANIFEST).is_file():  # it says what this file was
        begin(path.parent)
    with replacing(path, "wb") as file:
        writer = Writer(origin, file)
        try:
            yield writer
        finally:
            writer.file.close()


class StoredCounts(Mapping[str, Counts]):
    """Counts by measure (draws × days), read when they are asked for; sums of counts too."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path, self._columns, self._read = path, columns, dict[str, Counts]()
        self._sums = {name: parts for name, parts in SUMS_OF.items() if set(parts) <= set(columns)}

    def __getitem__(self, measure: str) -> Counts:
        if measure in self._sums:
            return np.sum([self[part] for part in self._sums[measure]], axis=0, dtype=np.int16)
        if measure not in self._columns:
            raise KeyError(measure)
        if measure not in self._read:
            self._read[measure] = _lists(self._path, measure)
        return self._read[measure]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._columns, *self._sums))

    def __len__(self) -> int:
        return len(self._columns) + len(self._sums)


def _lists(path: Path, column: str) -> Counts:
    """A column of lists as draws × days."""
    table = parquet.read_table(path, columns=[column]).column(0).combine_chunks()
    return np.asarray(table.flatten().to_numpy(), np.int16).reshape(len(table), -1)


def origin_of(path: Path) -> Origin:
    """What a table comes from."""
    try:
        return Origin.model_validate_json(parquet.read_schema(path).metadata[_OURS])
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        allowed = "it must be a table that posture prior-runs made"
        raise ConfigError(None, "--prior-runs", str(path), allowed) from error


def load_prior_runs(folder: Path) -> PriorRuns:
    """The table in a folder. Counts are read when they are asked for."""
    path = folder / FILE
    origin = origin_of(path)
    priors = Priors.model_validate_json(origin.priors)
    columns = ["seed", *(f"unit.{key}" for key in priors.keys), *(f"in.{rival}" for rival in origin.rivals)]
    table = parquet.read_table(path, columns=columns)
    unit = np.stack([table[f"unit.{key}"].to_numpy() for key in priors.keys], axis=1)
    included = np.zeros((len(unit), len(origin.rivals)), np.bool_)
    for k, rival in enumerate(origin.rivals):
        included[:, k] = table[f"in.{rival}"].to_numpy()
    counts = StoredCounts(path, origin.columns)
    return PriorRuns(priors, unit, origin.rivals, included, origin.start, counts, table["seed"].to_numpy())
