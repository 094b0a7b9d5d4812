"""Whether every row of a file has as many cells as its header, and the rows one by one where that is in doubt."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from experiments.analysis.headers import Header, not_utf8
from sim.errors import ConfigError


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
    if not n:
        raise ConfigError(header.path, "rows", n, "expected at least one row below the header")


def check_length(header: Header, line: int, cells: list[str]) -> None:
    """Refuse a row that has not as many cells as the header."""
    if len(cells) != len(header.columns):
        allowed = f"expected {len(header.columns)} cells, as in the header; is the file torn?"
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
        allowed = "expected CSV that can be read; is the file torn, or a quote not closed?"
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
