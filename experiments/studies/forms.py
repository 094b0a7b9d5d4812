"""Tables of a study before they are files: forms (words and columns, for the data dictionary) and filled ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.files.columns import Field, fields, frame_of
from experiments.files.tables import table_bytes
from experiments.files.whole import replacing
from sim.measures import BY_NAME

if TYPE_CHECKING:
    import pandas as pd

SETTING = Field("setting", "", "full, or quick: a try-out whose numbers mean little")


@dataclass(frozen=True)
class Form:
    """What a table holds, in words, and its columns."""

    words: str
    fields: tuple[Field, ...]

    def filled(self, rows: Iterable[Sequence[Any]]) -> FilledForm:
        """The table with these rows."""
        return FilledForm(self.fields, list(rows))


def forms(text: str, shared: str = "") -> dict[str, Form]:
    """Forms by name, from a line `name: words` for each table and lines `name | unit | meaning` of its columns.

    Every table begins with the columns that they have in `shared`.
    """
    found: dict[str, Form] = {}
    for line in filter(str.strip, text.splitlines()):
        if "|" not in line:
            name, _, words = line.partition(": ")
            found[name] = Form(words, fields(shared))
        else:
            found[name] = replace(found[name], fields=(*found[name].fields, *fields(line)))
    return found


def fill(forms: Mapping[str, Form], rows: Mapping[str, Iterable[Sequence[Any]]]) -> dict[str, FilledForm]:
    """The forms that there are rows for, with their rows."""
    return {name: forms[name].filled(each) for name, each in rows.items()}


@dataclass(frozen=True)
class FilledForm:
    """A table to be written: its columns and rows. One that is to be used `alone` takes its manifest along."""

    fields: tuple[Field, ...]
    rows: Sequence[Sequence[Any]]
    alone: bool = False

    def marked(self, setting: str) -> FilledForm:
        """The same with a first column that says which setting made it."""
        if self.alone:
            return self
        return FilledForm((SETTING, *self.fields), [[setting, *row] for row in self.rows])

    def shortened(self, digits: int) -> FilledForm:
        """The same with so many digits of every number."""
        short = [[float(f"{v:.{digits}g}") if isinstance(v, float) else v for v in row] for row in self.rows]
        return replace(self, rows=short)

    def frame(self) -> pd.DataFrame:
        """The rows as a report would read them from the file."""
        return frame_of(self.fields, [*zip(*self.rows, strict=True)] or [[]] * len(self.fields))


def write_csv(path: Path, table: FilledForm, made_by: Sequence[str] = ()) -> None:
    """Write a table; with `made_by`, a command, its first line names that."""
    first = f"# made by: {' '.join(made_by)}\n" if made_by else ""
    with replacing(path, "wb") as file:
        file.write(first.encode() + table_bytes(table.fields, table.rows))


def unit_of(measure: str) -> str:
    """The unit of a measure."""
    return BY_NAME[measure].unit


def cells(record: Any, *, units: bool = False) -> Iterator[Any]:
    """What the fields of a record hold, in their order; with `units`, a measure is followed by its own.

    A record in a record is cells in its place, such as the three of an interval; a truth value is 0 or 1.
    """
    for name, value in vars(record).items():
        if is_dataclass(value):
            yield from cells(value, units=units)
        else:
            yield int(value) if isinstance(value, bool) else value
        if units and name == "measure":
            yield unit_of(value)
