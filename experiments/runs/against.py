"""A table that is compared, cell by cell, with a file instead of being written: a batch in memory at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.files.columns import MEASURE_FIELDS, Field
from experiments.files.tables import Column, columns_bytes
from experiments.runs.recorded import is_seed
from sim.errors import ConfigError

RESULTS = frozenset({"status", "stage", "error", "digest", *(field.name for field in MEASURE_FIELDS)})
"""The columns of `runs.csv` that say how a run went; all others say which run it is."""


@dataclass(frozen=True)
class Difference:
    """Something in a file that is not what it must be."""

    file: str
    column: str
    value: object
    wanted: object
    line: int = 0
    note: str = ""
    of_run: bool = False
    """Whether it is how a run came out."""

    def __str__(self) -> str:
        shown = [repr(each) if isinstance(each, str) else str(each) for each in (self.value, self.wanted)]
        place = f"line {self.line}, {self.column}" if self.line else self.column
        return f"{self.file}: {place} is {shown[0]}; it must be {shown[1]}{self.note}"


class Against:
    """The file at `path` held against a table of these columns.

    Of each row the keys are compared, and where `whole` says so of its number (from 0) every cell. `note` says more of
    a row that came out differently. With rules that are not `same` columns may have come or gone since. A file of
    which no rows can be read is a `ConfigError`, as is a key that no row can have: `limits` has the number of points,
    replicates and so on by column.
    """

    def __init__(
        self,
        path: Path,
        fields: Sequence[Field],
        whole: Callable[[int], bool] = lambda n: True,
        note: Callable[[int, str], str] = lambda n, column: "",
        *,
        limits: Mapping[str, int],
        same: bool = True,
    ) -> None:
        self._path, self._fields, self._whole, self._note, self._limits = path, fields, whole, note, limits
        self.differences: list[Difference] = []
        self.rows, self._stopped = 0, False
        self._cells = _rows_of(path)
        self._header = next(self._cells, (1, []))[1]
        names = [field.name for field in fields]
        self._check_header(names, same=same)
        self._keys = [(k, self._header.index(n), n) for k, n in enumerate(names) if n not in RESULTS and self._has(n)]
        self._results = [(k, self._header.index(n), n) for k, n in enumerate(names) if n in RESULTS and self._has(n)]

    def _has(self, name: str) -> bool:
        return name in self._header

    def _check_header(self, names: Sequence[str], *, same: bool) -> None:
        """Refuse a file without the columns that it must have."""
        if not self._header:
            raise ConfigError(self._path, "header", "", "there must be a line with the names of the columns")
        if self._header == list(names) or (not same and set(names) - RESULTS <= set(self._header)):
            return
        pairs = zip([*self._header, *[""] * len(names)], [*names, *[""] * len(self._header)], strict=False)
        column, (given, wanted) = next((k, pair) for k, pair in enumerate(pairs, 1) if pair[0] != pair[1])
        allowed = f"it must be {wanted}" if wanted else "there must be no more columns"
        raise ConfigError(self._path, f"header, column {column}", given, allowed)

    def write(self, columns: Sequence[Column]) -> None:
        """The next rows of the table, as `Table.write` takes them."""
        if self._stopped:
            return
        text = io.StringIO(columns_bytes(self._fields, columns).decode(), newline="")
        wanted = csv.reader(text)
        next(wanted)
        for row in wanted:
            if not self._compare(row):
                self._stopped = True
                return
            self.rows += 1

    def end(self) -> None:
        """All rows of the table have been there: the file may have no more."""
        if not self._stopped and (more := sum(1 for _ in self._cells)):
            self._tell("rows", self.rows + more, self.rows)

    def _compare(self, wanted: Sequence[str]) -> bool:
        """The next row; is it of the run that its place says, so that those after it can be told apart?"""
        line, cells = next(self._cells, (0, []))
        if not line:
            if not self.rows:
                raise ConfigError(self._path, "rows", 0, "there must be at least one row below the header")
            self._tell("rows", self.rows, "more: the last are gone")
            return False
        if len(cells) != len(self._header):
            allowed = f"there must be {len(self._header)}, as in the header; is the file torn?"
            raise ConfigError(self._path, f"line {line}", f"{len(cells)} cells", allowed)
        for k, at, name in self._keys:
            if cells[at] != wanted[k] and not _equal(cells[at], wanted[k]):
                self._other_run(line, name, cells[at], wanted[k])
                return False
        if self._whole(self.rows):
            self._compare_results(line, cells, wanted)
        return True

    def _other_run(self, line: int, name: str, cell: str, wanted: str) -> None:
        """A row of another run than its place says; refused if no run can have such a key."""
        if (name == "seed" and not is_seed(cell)) or (name in self._limits and not _below(cell, self._limits[name])):
            raise ConfigError(self._path, f"line {line}, {name}", cell, f"it must be {wanted}")
        self._tell(name, cell, wanted, line)

    def _compare_results(self, line: int, cells: Sequence[str], wanted: Sequence[str]) -> None:
        """Of a run that came out differently the digest is named or, if that is the same, the first other cell."""
        others = [(n, cells[at], wanted[k]) for k, at, n in self._results if not _equal(cells[at], wanted[k])]
        if others:
            name, cell, want = next((each for each in others if each[0] == "digest"), others[0])
            more = f", and {len(others) - 1} more of its cells" if len(others) > 1 else ""
            self._tell(name, cell, want, line, f"{more}{self._note(self.rows, name)}", of_run=True)

    def _tell(self, column: str, value: object, wanted: object, line: int = 0, note: str = "", **of: bool) -> None:
        self.differences.append(Difference(self._path.name, column, value, wanted, line, note, **of))


def _rows_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of a CSV file with their numbers; what can't be read is refused."""
    line = 1
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                yield line, cells
                line = reader.line_num + 1
    except UnicodeDecodeError as error:
        given = error.object[error.start : error.start + 1]
        raise ConfigError(path, "text", given, "it must be UTF-8") from error
    except OSError as error:
        allowed = f"it must be a table of a results folder: {error.strerror}"
        raise ConfigError(path, "file", path.name, allowed) from error
    except csv.Error as error:
        allowed = "it must be CSV that can be read; is the file torn, or a quote not closed?"
        raise ConfigError(path, f"line {line}", str(error), allowed) from error


def _equal(cell: str, wanted: str) -> bool:
    """The same text, or the same number in other digits."""
    if cell == wanted:
        return True
    try:
        return float(cell) == float(wanted)
    except ValueError:
        return False


def _below(cell: str, limit: int) -> bool:
    return is_seed(cell) and int(cell) < limit
