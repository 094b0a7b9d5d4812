"""Files by rows, until whoever writes them goes by column: `tables.py`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from experiments.files.columns import Field
from experiments.files.manifest import FORMAT_VERSION, git_state, manifest, now, resolved, versions
from experiments.files.whole import replacing, results_folder, whole_folder, write_json
from sim.measures import TALLY

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = [
    "FORMAT_VERSION",
    "git_state",
    "manifest",
    "now",
    "replacing",
    "resolved",
    "results_folder",
    "versions",
    "whole_folder",
    "write_json",
]


# --- rows ----------------------------------------------------------------------------------------------
def text(value: Any) -> str:
    """One cell: whole numbers without a point, others with all digits; None, NaN and infinities are empty."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(float(value))
    return "" if value is None else str(value)


def daily_cells(scenario: Scenario, seed: int, days: Iterable[Any]) -> Iterator[list[Any]]:
    """The days of a run (dtype TALLY) as rows of `daily.csv`."""
    for day, tally in enumerate(days):
        keys = [scenario.name, None, seed, day + 1, scenario.posture.start + timedelta(days=day)]
        yield [*keys, *(float(tally[column.name]) for column in TALLY)]


class Table:
    """A CSV file in the making."""

    def __init__(self, file: IO[str], fields: Sequence[Field]) -> None:
        self._writer, self._width = csv.writer(file, lineterminator="\n"), len(fields)
        self._writer.writerow([field.name for field in fields])

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows, each with one value per field."""
        for row in rows:
            assert len(row) == self._width
            self._writer.writerow([text(value) for value in row])


@contextmanager
def table(path: Path, fields: Sequence[Field]) -> Iterator[Table]:
    """A CSV file that appears under its name when all rows are in it."""
    with replacing(path) as file:
        yield Table(file, fields)


def write_table(path: Path, fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> None:
    """Write a whole CSV file."""
    with table(path, fields) as file:
        file.write(rows)


def table_bytes(fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> bytes:
    """A whole CSV file as it is written."""
    file = io.StringIO(newline="")
    Table(file, fields).write(rows)
    return file.getvalue().encode()
