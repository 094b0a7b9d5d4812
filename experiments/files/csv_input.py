"""Reading CSV that others wrote: what is no file of rows separated by commas is refused in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sim.errors import ConfigError
from sim.input_files import MOST_TABLE_BYTES, read_text

_OTHER_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def rows_of(path: Path, key: str) -> Iterator[tuple[int, list[str]]]:
    """(line where it ends, cells) of every row that is not empty, the header among them; no comments are left out."""
    text = read_text(path, MOST_TABLE_BYTES, "CSV", key)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        place = f"{key}, line {reader.line_num}"
        raise ConfigError(path, place, path.name, f"it must be CSV that can be read: {error}") from error


def check_commas(path: Path, header: Sequence[str], line: int = 1) -> None:
    """Refuse a header of one cell in which other marks stand where commas should."""
    mark = next((mark for mark in _OTHER_MARKS if mark in header[0]), "") if len(header) == 1 else ""
    if mark:
        allowed = f"there must be commas between the columns, and these are {_OTHER_MARKS[mark]}"
        raise ConfigError(path, f"line {line}", header[0][:60], allowed)


def by_name(path: Path, key: str, rows: Iterable[tuple[int, list[str]]] | None = None) -> list[dict[str, str]]:
    """The rows below the header as cells by column; refused where a row has not as many cells as the header."""
    found = iter(rows or rows_of(path, key))
    line, header = next(found, (1, [""]))
    check_commas(path, header, line)
    table = []
    for line, row in found:
        if len(row) != len(header):
            allowed = f"there must be {len(header)}, as in the header; is the file torn?"
            raise ConfigError(path, f"line {line}", f"{len(row)} cells", allowed)
        table.append(dict(zip(header, row, strict=True)))
    return table
