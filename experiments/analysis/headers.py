"""A table as text: its first line against the data dictionary, its rows of the right length."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from experiments.analysis.schema import MEASURE_COLUMNS, UNKNOWN, Schema, is_swept, schema_of
from sim.errors import ConfigError

_UNIT = re.compile(
    "t|kg|g|lb|tonnes?|tons?|km|m|miles?|percent|pct|thousands?|seconds?|minutes?|h|hours?|days?|weeks?|months?|years?"
)
"""Words that name a unit within the name of a column."""
_LIKE = 0.9


@dataclass(frozen=True)
class Header:
    """The columns of a file, and on which line its first row stands."""

    path: Path
    table: str
    schema: Schema
    columns: tuple[str, ...]
    comments: int

    @property
    def first_line(self) -> int:
        """The line of the first row, counted from 1."""
        return self.comments + 2


def read_header(path: Path, table: str) -> Header:
    """The header of a file, checked against the data dictionary."""
    cells, comments = _first_line(path)
    header = Header(path, table, schema_of(table), tuple(cells), comments)
    for column in header.columns:
        if not column or header.columns.count(column) > 1:
            raise ConfigError(path, "header", column, "it must be names of columns, each once")
    _check_names(header)
    _check_needed(header)
    return header


def _first_line(path: Path) -> tuple[list[str], int]:
    """The names of the columns, and how many lines of comment stand before them."""
    comments = 0
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for line in file:
                if not line.startswith("#"):
                    return next(csv.reader([line])), comments
                comments += 1
    except UnicodeDecodeError as error:
        raise not_utf8(path, error) from None
    except OSError as error:
        raise ConfigError(path, "file", path.name, f"it must be a file that can be read: {error.strerror}") from error
    raise ConfigError(path, "header", "", "there must be a line with the names of the columns")


def not_utf8(path: Path, error: UnicodeDecodeError) -> ConfigError:
    """A file in another encoding."""
    given = error.object[error.start : error.start + 1]
    return ConfigError(path, "text", given, "it must be UTF-8: save the file as CSV UTF-8")


def _check_names(header: Header) -> None:
    """Refuse names that are nearly those of the data dictionary; names of one's own are welcome."""
    missing = [name for name in header.schema.fields if name not in header.columns]
    for column in header.columns:
        if column in header.schema.fields or (header.schema.swept and is_swept(column)):
            continue
        for name in _other_unit(column, missing):
            allowed = f"it must be {name}: the data dictionary has it in {header.schema.unit(name)}"
            raise ConfigError(header.path, f"column {column}", _unit_word(column), allowed)
        for name in _misspelt(column, missing):
            raise ConfigError(header.path, "column", column, f"it must be {name}, or a name less like it")


def _other_unit(column: str, missing: list[str]) -> Iterator[str]:
    """Columns of the data dictionary that differ in nothing but words for units."""
    bare = _bare(column)
    return (name for name in missing if bare and _bare(name) == bare and name != column)


def _misspelt(column: str, missing: list[str]) -> Iterator[str]:
    """The nearest column of the data dictionary; a name with another number (`fire_attacks_q4`) is another name."""
    digits = [letter for letter in column if letter.isdigit()]
    alike = get_close_matches(column.lower(), missing, 1, _LIKE)
    return (name for name in alike if digits == [letter for letter in name if letter.isdigit()])


def _bare(column: str) -> tuple[str, ...]:
    return tuple(word for word in column.split("_") if not _UNIT.fullmatch(word))


def _unit_word(column: str) -> str:
    return " ".join(word for word in column.split("_") if _UNIT.fullmatch(word)) or "no unit"


def _check_needed(header: Header) -> None:
    """Refuse a file that lacks a column it can't do without."""
    needed = [f.name for f in header.schema.fields.values() if f.name in header.schema.required]
    for name in needed:
        if name not in header.columns:
            raise no_column(header, name)
    if header.schema.name == "runs":
        _check_runs(header)


def _check_runs(header: Header) -> None:
    if not {"replicate", "seed"} & set(header.columns):
        raise no_column(header, "replicate", "or a seed, by which runs are paired")
    if not any(column in MEASURE_COLUMNS for column in header.columns):
        raise no_column(header, "fire_attacks", "or another measure of the data dictionary")


def no_column(header: Header, name: str, or_else: str = "") -> ConfigError:
    """A column is missing."""
    if len(header.columns) == 1 and any(mark in header.columns[0] for mark in ";\t"):
        return ConfigError(header.path, "header", header.columns[0][:60], "there must be commas between the columns")
    unit = header.schema.unit(name)
    what = f", in {unit}," if unit not in ("", "1", UNKNOWN) else ""
    words = f", {or_else}," if or_else else ""
    shown = ", ".join(header.columns[:8]) + (", …" if len(header.columns) > 8 else "")
    return ConfigError(header.path, f"column {name}", None, f"there must be one{what}{words} beside {shown}")


# --- rows ----------------------------------------------------------------------------------------------
_MAY_BE_EMPTY = ("events", "squares", "regions")  # nothing happened; no box held


def check_rows(header: Header) -> None:
    """Refuse a file without rows, with a row of another length than the header, or that is not UTF-8.

    The parser would fill rows that are too short and cut those that are too long, and cells would stand in the wrong
    column. Counting commas takes some seconds for a million rows; only if they don't add up rows are read one by one.
    """
    if _adds_up(header):
        return
    n = 0
    for line, cells in rows_of(header):
        check_length(header, line, cells)
        n += 1
    if not n and header.table not in _MAY_BE_EMPTY:
        raise ConfigError(header.path, "rows", n, "there must be at least one row below the header")


def check_length(header: Header, line: int, cells: list[str]) -> None:
    """Refuse a row that has not as many cells as the header."""
    if len(cells) != len(header.columns):
        allowed = f"there must be {len(header.columns)}, as in the header; is the file torn?"
        raise ConfigError(header.path, f"line {line}", f"{len(cells)} cells", allowed)


def rows_of(header: Header) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header with their lines; empty lines are passed over, as the parser does."""
    try:
        with open(header.path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if cells and reader.line_num >= header.first_line:
                    yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise not_utf8(header.path, error) from None
    except csv.Error as error:
        allowed = "it must be CSV that can be read; is the file torn, or a quote not closed?"
        raise ConfigError(header.path, f"line {reader.line_num}", str(error), allowed) from None


def _adds_up(header: Header) -> bool:
    """Whether there are rows, each a line with the right number of cells. False may be a false alarm."""
    commas, n = len(header.columns) - 1, 0
    with open(header.path, "rb") as file:
        for n, line in enumerate(file, 1 - header.first_line):
            plain = line.isascii() and b'"' not in line
            if n >= 0 and (line.count(b",") != commas if plain else not _has_cells(line, commas + 1)):
                return False
    return n > 0


def _has_cells(line: bytes, n: int) -> bool:
    """Whether a line with quotes or letters of other languages has `n` cells."""
    try:
        return len(next(csv.reader([line.decode()], strict=True))) == n
    except (UnicodeDecodeError, csv.Error):
        return False
